//! Who can do what, what is held, and how: pages at one revision. A cursor names the revision, and its page is answered
//! from the view of it that is kept, or rebuilt from the audit; below what is kept it is `compacted`, never another answer.

use bailiwick_policy::decision::{Ask, Subject};
use bailiwick_policy::ids::{OrgCode, Revision};
use bailiwick_policy::object::CredentialKind;
use bailiwick_policy::scopes;
use bailiwick_policy::view::Viewer;
use bailiwick_policy::whatcan::{WhatCan, what_can};
use bailiwick_policy::whoami::whoami;
use bailiwick_policy::whocan::{Able, Deed, PageOf, SubjectKind, WhoCan, who_can};
use bailiwick_rpc::api::*;
use bailiwick_storage::View;

use super::check::{duties, upper};
use super::{App, Chosen, NoView, millis_up};

fn bad(message: impl Into<String>) -> ApiError {
    ApiError::new(ApiError::BAD_REQUEST, message)
}

fn ended(error: tokio::task::JoinError) -> ApiError {
    ApiError::new(ApiError::UNAVAILABLE, format!("looking through the org ended early: {error}"))
}

/// Where a page begins: a revision, and what the page before ended with.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Cursor {
    revision: Revision,
    after: String,
}

impl Cursor {
    fn parse(text: &str) -> Result<Self, ApiError> {
        let parts = text.split_once('.').and_then(|(revision, after)| Some((revision.parse().ok()?, after)));
        let (revision, after) = parts.ok_or_else(|| bad(format!("cursor `{text}`: give it as the page before had it")))?;
        Ok(Self { revision: Revision(revision), after: after.to_owned() })
    }

    fn text(revision: Revision, after: impl std::fmt::Display) -> String {
        format!("{revision}.{after}")
    }

    /// How many rows the pages before had.
    fn offset(&self) -> Result<usize, ApiError> {
        self.after.parse().map_err(|_no_number| bad(format!("cursor `{}.{}`: give it as the page before had it", self.revision, self.after)))
    }
}

/// Rows of a page.
fn rows(max: usize) -> usize {
    if max == 0 { REACH_PAGE_MAX } else { max.min(REACH_PAGE_MAX) }
}

/// Of lists that follow each other, the part that a page has.
struct Slice {
    skip: usize,
    left: usize,
    total: usize,
}

impl Slice {
    fn cut<T>(&mut self, list: &mut Vec<T>) {
        self.total += list.len();
        let skip = self.skip.min(list.len());
        self.skip -= skip;
        let kept = self.left.min(list.len() - skip);
        self.left -= kept;
        *list = std::mem::take(list).into_iter().skip(skip).take(kept).collect();
    }

    /// A page of all that somebody can, and how many rows there are.
    fn page(can: &mut WhatCan, skip: usize, rows: usize) -> usize {
        let mut slice = Self { skip, left: rows, total: 0 };
        let WhatCan { closed: _, endpoints, permissions, scopes, nodes, privileges } = can;
        slice.cut(endpoints);
        slice.cut(permissions);
        slice.cut(scopes);
        slice.cut(nodes);
        slice.cut(privileges);
        slice.total
    }
}

/// The subject that is asked about: the caller itself if none is named.
fn subject_of(viewer: &Viewer, asked: &str) -> Result<String, ApiError> {
    if !asked.is_empty() {
        Subject::parse(asked).map_err(bad)?;
        return Ok(asked.to_owned());
    }
    match &viewer.kind {
        CredentialKind::User { user, .. } => Ok(format!("user:{user}")),
        CredentialKind::Application { application, .. } => Ok(format!("application:{application}")),
        CredentialKind::Operator | CredentialKind::EnforcementPoint { .. } | CredentialKind::Invitation { .. } => {
            Err(bad("name the subject: this credential is no user's and no application's"))
        }
    }
}

fn word(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::User => "user",
        SubjectKind::Application => "application",
        SubjectKind::Store => "store",
        SubjectKind::Till => "till",
    }
}

fn kind_of(text: &str) -> Result<SubjectKind, ApiError> {
    let found = SubjectKind::ALL.into_iter().find(|kind| word(*kind) == text);
    found.ok_or_else(|| bad(format!("`{text}` is no kind of subject: it is user, application, store or till")))
}

/// A page for a viewer who sees a part of the org: of those that may, the ones that are seen. Neither a count nor a cursor
/// tells of the others.
fn seen_who_can(view: &View, viewer: &Viewer, deed: &Deed<'_>, page: &PageOf) -> Result<WhoCan, String> {
    let seen = |able: &Able| Subject::parse(&able.subject).is_ok_and(|subject| viewer.may_check(&view.state, deed.org, subject));
    let mut whole = WhoCan::default();
    let mut after = page.after.clone();
    loop {
        let found = who_can(&view.state, &view.index, deed, &PageOf { kind: page.kind, after, rows: REACH_PAGE_MAX })?;
        whole.rows.extend(found.rows.into_iter().filter(seen));
        after = found.next;
        if whole.rows.len() > page.rows || after.is_none() {
            break;
        }
    }
    if whole.rows.len() > page.rows {
        whole.rows.truncate(page.rows);
        whole.next = whole.rows.last().map(|last| last.subject.clone());
    }
    Ok(whole)
}

impl App {
    /// The org and the subject that are asked about, if this viewer may: else they aren't there (UM-2). Judged by the present
    /// view, and only once the one that was asked for is there: a node that lags must not deny what others know.
    fn about(&self, viewer: &Viewer, org: Option<OrgCode>, subject: &str) -> Result<(OrgCode, String), ApiError> {
        let org = org.or_else(|| viewer.org().cloned()).ok_or_else(|| bad("name the org: this credential spans all"))?;
        let text = subject_of(viewer, subject)?;
        let parsed = Subject::parse(&text).map_err(bad)?;
        let view = self.views.load();
        if !view.state.orgs.contains_key(&org) || viewer.org().is_some_and(|own| *own != org) {
            return Err(ApiError::new(ApiError::NOT_FOUND, format!("org_unknown: there is no org `{org}`")));
        }
        if !viewer.may_check(&view.state, org.as_str(), parsed) {
            return Err(ApiError::new(ApiError::NOT_FOUND, format!("subject_unknown: there is no `{text}`")));
        }
        Ok((org, text))
    }

    /// The view of a page: the cursor's revision, or what the first page is asked of.
    async fn page_view(&self, cursor: Option<&Cursor>, at: &At) -> Result<Chosen, ApiError> {
        match cursor {
            Some(cursor) => self.choose(&At::AtExactly(cursor.revision)).await.map_err(NoView::into_api),
            None => self.choose(at).await.map_err(NoView::into_api),
        }
    }

    /// A page of who may do something: of those that the viewer sees.
    pub async fn who_can(&self, viewer: &Viewer, request: WhoCanRequest) -> Result<WhoCanReply, ApiError> {
        let action = upper(&request.action).into_owned();
        Ask::parse(&action, &request.resource).map_err(bad)?;
        let kind = request.kind.as_deref().map(kind_of).transpose()?;
        let cursor = request.cursor.as_deref().map(Cursor::parse).transpose()?;
        let chosen = self.page_view(cursor.as_ref(), &request.at).await?;
        let org = self.org_asked(viewer, request.org.clone())?;
        let (staleness_ms, viewer) = (millis_up(chosen.staleness), viewer.clone());
        let task = tokio::task::spawn_blocking(move || {
            let view = chosen.view;
            let ask = Ask::parse(&action, &request.resource).map_err(bad)?;
            let deed = Deed { org: org.as_str(), ask, context: request.context.read() };
            let page = PageOf { kind, after: cursor.map(|cursor| cursor.after.into()), rows: rows(request.max) };
            let found = if viewer.sees_all(&view.state, org.as_str()) {
                who_can(&view.state, &view.index, &deed, &page)
            } else {
                seen_who_can(&view, &viewer, &deed, &page)
            };
            let found = found.map_err(bad)?;
            let row = |able: &Able| {
                let subject = Subject::parse(&able.subject).map_err(bad)?;
                let (obligations, places) = duties(able.decision, &view.state, &deed.by(subject));
                Ok(AbleRow {
                    subject: able.subject.to_string(),
                    reason: able.decision.reason.as_str().to_owned(),
                    obligations,
                    places,
                    would_deny: able.decision.would_deny.map(|reason| reason.as_str().to_owned()),
                })
            };
            Ok(WhoCanReply {
                rows: found.rows.iter().map(row).collect::<Result<_, ApiError>>()?,
                next: found.next.map(|after| Cursor::text(view.revision, after)),
                totals: found.totals.into_iter().map(|(kind, count)| (word(kind).to_owned(), count)).collect(),
                revision: view.revision,
                staleness_ms,
            })
        });
        task.await.map_err(ended)?
    }

    /// A page of what a subject may do.
    pub async fn what_can(&self, viewer: &Viewer, request: WhatCanRequest) -> Result<WhatCanReply, ApiError> {
        let cursor = request.cursor.as_deref().map(Cursor::parse).transpose()?;
        let skip = cursor.as_ref().map_or(Ok(0), Cursor::offset)?;
        let chosen = self.page_view(cursor.as_ref(), &request.at).await?;
        let (org, subject) = self.about(viewer, request.org.clone(), &request.subject)?;
        let staleness_ms = millis_up(chosen.staleness);
        let task = tokio::task::spawn_blocking(move || {
            let view = chosen.view;
            let parsed = Subject::parse(&subject).map_err(bad)?;
            let mut can = what_can(&view.state, &view.index, org.as_str(), parsed, request.context.read());
            if request.nodes {
                can = WhatCan { closed: can.closed, nodes: can.nodes, ..WhatCan::default() };
            }
            let rows = rows(request.max);
            let total = Slice::page(&mut can, skip, rows);
            let end = skip.saturating_add(rows);
            let next = (end < total).then(|| Cursor::text(view.revision, end));
            Ok(WhatCanReply { can, total: total as u64, next, revision: view.revision, staleness_ms })
        });
        task.await.map_err(ended)?
    }

    /// A page of the scopes that a subject holds (AC-23).
    pub async fn effective_scopes(&self, viewer: &Viewer, request: ScopesRequest) -> Result<ScopesReply, ApiError> {
        let cursor = request.cursor.as_deref().map(Cursor::parse).transpose()?;
        let skip = cursor.as_ref().map_or(Ok(0), Cursor::offset)?;
        let chosen = self.page_view(cursor.as_ref(), &request.at).await?;
        let (org, subject) = self.about(viewer, request.org.clone(), &request.subject)?;
        let (state, revision) = (&chosen.view.state, chosen.view.revision);
        let of = state.orgs.get(&org);
        let mut scopes = match (of, Subject::parse(&subject).map_err(bad)?) {
            (Some(of), Subject::User(id)) => of.users.get(id).map(|user| scopes::of_user(state, of, user)),
            (Some(of), Subject::Application(id)) => of.applications.get(id).map(|application| scopes::of_application(state, of, application)),
            (Some(_), Subject::Store(_) | Subject::Till(_)) | (None, _) => None,
        }
        .unwrap_or_default();
        let mut slice = Slice { skip, left: rows(request.max), total: 0 };
        let end = skip.saturating_add(slice.left);
        slice.cut(&mut scopes);
        let next = (end < slice.total).then(|| Cursor::text(revision, end));
        Ok(ScopesReply { scopes, total: slice.total as u64, next, revision, staleness_ms: millis_up(chosen.staleness) })
    }

    /// All that a user or an application holds (APP-17).
    pub async fn holdings(&self, viewer: &Viewer, request: HoldingsRequest) -> Result<HoldingsReply, ApiError> {
        let chosen = self.choose(&request.at).await.map_err(NoView::into_api)?;
        let (org, subject) = self.about(viewer, request.org.clone(), &request.subject)?;
        let parsed = Subject::parse(&subject).map_err(bad)?;
        let held = whoami(&chosen.view.state, &org, parsed)
            .ok_or_else(|| bad(format!("`{subject}` holds nothing by itself: users and applications do")))?;
        Ok(HoldingsReply { held, staleness_ms: millis_up(chosen.staleness) })
    }
}

#[cfg(test)]
mod tests {
    use bailiwick_policy::whatcan::NodeCan;

    use super::*;

    #[test]
    fn a_cursor_names_its_revision_and_comes_back() {
        let cursor = Cursor { revision: Revision(7), after: "till:north-7/t.1".to_owned() };
        assert_eq!(Cursor::parse(&Cursor::text(cursor.revision, &cursor.after)), Ok(cursor.clone()));
        assert!(cursor.offset().is_err());
        assert_eq!(Cursor::parse("7.250").and_then(|cursor| cursor.offset()), Ok(250));
        for wrong in ["", "7", "x.1", ".1"] {
            assert!(Cursor::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn pages_of_lists_that_follow_each_other_have_every_row_once() {
        let node = |n: usize| NodeCan { node: format!("n{n}").into(), full: true, limited: false };
        let whole = WhatCan { nodes: (0..5).map(node).collect(), scopes: Vec::new(), ..WhatCan::default() };
        let mut seen = Vec::new();
        for skip in [0, 2, 4] {
            let mut page = whole.clone();
            assert_eq!(Slice::page(&mut page, skip, 2), 5);
            seen.extend(page.nodes);
        }
        assert_eq!(seen, whole.nodes);
    }
}
