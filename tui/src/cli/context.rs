//! What every subcommand works with: the cluster, the flags, the organisation; and the reading that several share.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use bailiwick_policy::ids::{GroupId, ObjectId, OrgCode, Revision};
use bailiwick_policy::limits::PAGE_ROWS_MAX;
use bailiwick_policy::name::fold;
use bailiwick_policy::query::{Anchor, Item, List, ListQuery};
use bailiwick_rpc::api::{ApiError, At};
use tokio::time::sleep;

use super::api::{Api, CallFault};
use super::args::Common;

use super::exit::Trouble;
use super::proposals::Proposing;

/// How often a long list is begun again when its revision goes away under it.
const LIST_ATTEMPTS: usize = 3;

/// How long a node may take to know what another one knows.
const CATCH_UP_MAX: Duration = Duration::from_secs(5);
/// How long to wait before it is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(20);

/// What every subcommand works with.
pub(crate) struct Context<'a, A> {
    /// The cluster.
    pub api: &'a A,
    /// The flags.
    pub common: &'a Common,
    /// The organisation by flag, profile or development cluster.
    pub org: Option<OrgCode>,
    /// Whatever would change something is refused.
    pub read_only: bool,
    /// Where job files are kept.
    pub jobs: Option<PathBuf>,
    /// Reads a line that somebody types; none where nobody can.
    pub terminal: Option<fn() -> std::io::Result<String>>,
    /// What would be written is proposed.
    pub proposing: Option<Proposing>,
}

/// A list in full.
pub struct Listed {
    /// Its rows.
    pub items: Vec<Item>,
    /// The revision they are of.
    pub revision: Revision,
    /// How stale that can be, in milliseconds.
    pub staleness_ms: u64,
}

impl<A: Api> Context<'_, A> {
    /// The organisation: by flag or profile, or else the caller's own.
    pub async fn org(&self) -> Result<OrgCode, Trouble> {
        if let Some(org) = &self.org {
            return Ok(org.clone());
        }
        self.api.whoami().await?.org.ok_or_else(|| {
            Trouble::Usage("no organisation: this credential is bound to none, so name one by --org".to_owned())
        })
    }

    /// Which state to read.
    pub fn at(&self) -> At {
        self.common.at.clone().unwrap_or_default()
    }

    /// Refuses if nothing may be changed.
    pub fn writable(&self) -> Result<(), Trouble> {
        if self.read_only {
            return Err(Trouble::Local("read-only: nothing was sent; `preview` shows what it would do".to_owned()));
        }
        Ok(())
    }

    /// One object.
    pub async fn get(&self, id: ObjectId) -> Result<(Item, Revision), Trouble> {
        let shown = id.to_string();
        match self.api.get(id, self.at()).await {
            Ok(reply) => Ok((reply.item, reply.revision)),
            Err(CallFault::Api(error)) if error.code == ApiError::NOT_FOUND => {
                Err(CallFault::Api(ApiError::new(ApiError::NOT_FOUND, format!("there is no {shown}"))).into())
            }
            Err(fault) => Err(fault.into()),
        }
    }

    /// The id of a group given by id or name.
    pub async fn group_id(&self, org: &OrgCode, text: &str) -> Result<GroupId, Trouble> {
        if let Ok(id) = text.parse::<GroupId>() {
            match self.api.get(ObjectId::Group(org.clone(), id.clone()), self.at()).await {
                Ok(_) => return Ok(id),
                Err(CallFault::Api(error)) if error.code == ApiError::NOT_FOUND => {}
                Err(fault) => return Err(fault.into()),
            }
        }
        let wanted = fold(text);
        let listed = self.list(Some(org.clone()), List::Groups { active: None }, text, None).await?;
        let found = listed.items.iter().find_map(|item| match item {
            Item::Group { group, .. } if fold(group.name.as_str()) == wanted => Some(group.id.clone()),
            _other => None,
        });
        found.ok_or_else(|| Trouble::Local(format!("there is no access group `{text}` in org `{org}`: `bailiwick access-group list` shows them")))
    }

    /// The newest revision there is, for answers that must know what was just changed through another node. Without a
    /// leader nobody can say, and any will do.
    pub async fn newest(&self) -> Revision {
        let query = ListQuery { org: None, list: List::Orgs, text: String::new(), anchor: Anchor::Start, limit: 1 };
        self.api.list(query, At::Linearizable).await.map_or(Revision(0), |reply| reply.revision)
    }

    /// A list, page by page at one revision, up to `limit` rows.
    pub async fn list(&self, org: Option<OrgCode>, list: List, text: &str, limit: Option<usize>) -> Result<Listed, Trouble> {
        self.list_at(org, list, text, limit, self.at()).await
    }

    /// The same of a state that is said.
    pub async fn list_at(
        &self,
        org: Option<OrgCode>,
        list: List,
        text: &str,
        limit: Option<usize>,
        at: At,
    ) -> Result<Listed, Trouble> {
        let mut attempt = 1;
        loop {
            match self.pages(&org, &list, text, limit, at.clone()).await {
                Err(CallFault::Api(error)) if moved_on(&error) && attempt < LIST_ATTEMPTS => attempt += 1,
                Err(fault) => return Err(fault.into()),
                Ok(listed) => return Ok(listed),
            }
        }
    }

    async fn pages(
        &self,
        org: &Option<OrgCode>,
        list: &List,
        text: &str,
        limit: Option<usize>,
        mut at: At,
    ) -> Result<Listed, CallFault> {
        let mut listed: Option<Listed> = None;
        let mut anchor = Anchor::Start;
        loop {
            let have = listed.as_ref().map_or(0, |l| l.items.len());
            let room = limit.map_or(PAGE_ROWS_MAX, |limit| limit.saturating_sub(have).min(PAGE_ROWS_MAX));
            if room == 0 {
                break;
            }
            let query =
                ListQuery { org: org.clone(), list: list.clone(), text: text.to_owned(), anchor: anchor.clone(), limit: room };
            let reply = self.api.list(query, at).await?;
            at = At::AtExactly(reply.revision);
            let last = reply.window.items.last().map(Item::key);
            let into = listed.get_or_insert(Listed { items: Vec::new(), revision: reply.revision, staleness_ms: reply.staleness_ms });
            into.items.extend(reply.window.items);
            match last {
                Some(key) if reply.window.more_after => anchor = Anchor::After(key),
                Some(_) | None => break,
            }
        }
        Ok(listed.unwrap_or(Listed { items: Vec::new(), revision: Revision(0), staleness_ms: 0 }))
    }
}

/// Asks until the answer is of this revision or a later one, or time is up: then the last answer stands.
pub(crate) async fn no_older<T>(
    than: Revision,
    ask: impl AsyncFn() -> Result<T, Trouble>,
    revision: impl Fn(&T) -> Revision,
) -> Result<T, Trouble> {
    let until = Instant::now() + CATCH_UP_MAX;
    loop {
        let answer = ask().await?;
        if revision(&answer) >= than || Instant::now() >= until {
            return Ok(answer);
        }
        sleep(ASK_AGAIN).await;
    }
}

/// Whether a page failed because the revision of the first one is no longer, or not yet, held where it was asked.
fn moved_on(error: &ApiError) -> bool {
    matches!(error.code.as_str(), ApiError::COMPACTED | ApiError::BEHIND)
}

