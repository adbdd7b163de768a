//! Who can is what asking everybody says, in any pages.

use std::sync::Arc;

use bailiwick_policy::decision::{Ask, Context, Decision, Request, Subject, Verdict};
use bailiwick_policy::index::Index;
use bailiwick_policy::reference;
use bailiwick_policy::state::State;
use bailiwick_policy::whocan::{Able, Deed, PageOf, SubjectKind, who_can};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::support::*;

/// Everybody of an org, by kind and id.
fn everybody(state: &State, org: &str) -> Vec<(SubjectKind, String)> {
    let Some(org) = state.orgs.get(org) else { return Vec::new() };
    let users = org.users.keys().map(|id| (SubjectKind::User, format!("user:{id}")));
    let applications = org.applications.keys().map(|id| (SubjectKind::Application, format!("application:{id}")));
    let stores = org.stores.keys().map(|code| (SubjectKind::Store, format!("store:{code}")));
    let tills = org.tills.keys().map(|(store, till)| (SubjectKind::Till, format!("till:{store}/{till}")));
    users.chain(applications).chain(stores).chain(tills).collect()
}

fn brute_force(state: &State, deed: &Deed<'_>, only: Option<SubjectKind>) -> Vec<(SubjectKind, Able)> {
    let asked = everybody(state, deed.org).into_iter().filter(|(kind, _)| only.is_none_or(|only| only == *kind));
    asked
        .filter_map(|(kind, subject)| {
            let request = Request { org: deed.org, subject: Subject::parse(&subject).unwrap(), ask: deed.ask, context: deed.context };
            let decision: Decision = reference::decide(state, &request);
            (decision.verdict() == Verdict::Permit).then(|| (kind, Able { subject: subject.as_str().into(), decision }))
        })
        .collect()
}

proptest! {
    #[test]
    fn who_can_is_what_asking_everybody_says(
        state in state(),
        inquiries in proptest::collection::vec(inquiry(), 1..12),
        rows in 1usize..6,
        kind in option::weighted(0.3, select(&SubjectKind::ALL[..])),
    ) {
        let index = Index::build(&state);
        for inquiry in &inquiries {
            let request = inquiry.request();
            let deed = Deed { org: request.org, ask: request.ask, context: request.context };
            let expected = brute_force(&state, &deed, kind);
            let (mut all, mut after, mut first): (Vec<Able>, Option<Arc<str>>, _) = (Vec::new(), None, true);
            loop {
                let page = who_can(&state, &index, &deed, &PageOf { kind, after, rows }).unwrap();
                if first && state.orgs.contains_key(request.org) {
                    for (kind, total) in &page.totals {
                        prop_assert_eq!(*total, expected.iter().filter(|(of, _)| of == kind).count() as u64, "{:?} of {:?}", kind, deed);
                    }
                    prop_assert_eq!(page.totals.len(), if kind.is_some() { 1 } else { 4 });
                }
                first = false;
                prop_assert!(page.rows.len() <= rows);
                prop_assert!(page.next.is_none() || page.rows.len() == rows, "a page with a successor is full");
                all.extend(page.rows);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            let expected: Vec<Able> = expected.into_iter().map(|(_, able)| able).collect();
            prop_assert_eq!(all, expected, "{:?}", deed);
        }
    }

    /// Who stood at the cursor may be gone by the next page.
    #[test]
    fn a_page_goes_on_after_whoever_is_gone(state in state(), inquiry in inquiry(), subject in select([people(), subjects()].concat())) {
        let index = Index::build(&state);
        let request = inquiry.request();
        let deed = Deed { org: request.org, ask: request.ask, context: request.context };
        let all = who_can(&state, &index, &deed, &PageOf { rows: 1_000, ..PageOf::default() }).unwrap().rows;
        let page = PageOf { rows: 1_000, after: Some(subject.as_str().into()), kind: None };
        let rest = who_can(&state, &index, &deed, &page).unwrap().rows;
        prop_assert!(all.ends_with(&rest), "{:?} after {subject}", deed);
        prop_assert!(rest.iter().all(|able| *able.subject != *subject));
    }
}

#[test]
fn a_cursor_that_cannot_be_read_is_an_error() {
    let state = State::default();
    let page = PageOf { after: Some("nonsense".into()), rows: 1, kind: None };
    let deed = Deed { org: "acme", ask: Ask::Endpoint { method: "GET", path: "/a" }, context: Context::default() };
    assert_eq!(who_can(&state, &Index::build(&state), &deed, &page).map(|page| page.rows.len()), Ok(0), "an unknown org has nobody");
    let mut state = state;
    state.put(&org("acme", true, None));
    assert!(who_can(&state, &Index::build(&state), &deed, &page).is_err());
}
