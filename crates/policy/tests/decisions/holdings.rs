//! What a preview says of users and applications: whoever's answers change is named, and nobody whose holdings don't.

use std::collections::BTreeSet;

use bailiwick_policy::decision::{Ask, Obligations, Reason, Request, Subject};
use bailiwick_policy::ids::ObjectId;
use bailiwick_policy::impact::impact;
use bailiwick_policy::object::UserType;
use bailiwick_policy::reference::people::gate;
use bailiwick_policy::reference::{self, Called};
use bailiwick_policy::state::State;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::*;

/// What an impact doesn't count: owners, who hold all there is; places that are closed, open or close; paths that another endpoint
/// takes; keys, which only let in; what the type of another registration forbids; and permits without a place where what is held and where one may act have no store in
/// common.
fn counts(before: &State, after: &State, request: &Request<'_>) -> bool {
    let (Some(old), Some(new)) = (before.orgs.get(request.org), after.orgs.get(request.org)) else { return false };
    let owner = |state: &State| match request.subject {
        Subject::User(id) => state.orgs.get(request.org).and_then(|org| org.users.get(id)).is_some_and(|user| user.user_type == UserType::Owner),
        Subject::Application(_) | Subject::Store(_) | Subject::Till(_) => false,
    };
    let endpoint = |state: &State| match request.ask {
        Ask::Endpoint { method, path } => {
            let org = state.orgs.get(request.org).expect("as above");
            Called::find(&state.platform, org, method, path).map(|called| called.id().clone())
        }
        Ask::Module { .. } | Ask::Scope { .. } | Ask::Entity { .. } => Err(Reason::EndpointUnknown),
    };
    let unplaced = request.context.place.is_none()
        && [before, after].iter().any(|state| reference::decide(state, request).obligations.contains(Obligations::PLACES));
    // No command makes a custom entity of a name that the platform has (AC-13).
    let unlawful = [before, after].iter().any(|state| {
        let custom = |entity: &str| state.orgs.get(request.org).is_some_and(|org| org.entities.contains_key(entity));
        let platform = &state.platform;
        platform.scopes.iter().any(|scope| custom(scope.entity.as_str())) || platform.domains.iter().any(|domain| custom(domain.id.as_str()))
    });
    let apart = [Reason::KeyExpired, Reason::ForbiddenToApplications];
    let keys = [before, after].iter().any(|state| apart.contains(&reference::decide(state, request).reason));
    !(owner(before) && owner(after)) && gate(old, request).is_ok() && gate(old, request) == gate(new, request) && endpoint(before) == endpoint(after) && !unplaced && !keys && !unlawful
}

proptest! {
    #[test]
    fn whoevers_answers_change_is_named(before in state(), acts in vec(act(), 1..4), inquiries in vec(inquiry(), 8..40)) {
        let mut after = before.clone();
        // Orgs stay.
        let acts: Vec<Act> = acts.into_iter().filter(|act| !matches!(act, Act::Remove(ObjectId::Org(_)))).collect();
        let changes = play(&mut after, &acts);
        let named: BTreeSet<String> = impact(&before, &after, &changes).people.iter().flat_map(|row| row.examples.iter().map(|id| id.to_string())).collect();
        let mut asked = inquiries.clone();
        for inquiry in inquiries.iter().take(6) {
            asked.extend(people().into_iter().map(|subject| Inquiry { call: Question { subject, ..inquiry.call.clone() }, ..inquiry.clone() }));
        }
        for inquiry in &asked {
            let request = inquiry.request();
            if !matches!(request.subject, Subject::User(_) | Subject::Application(_)) {
                continue;
            }
            let (was, is) = (reference::decide(&before, &request), reference::decide(&after, &request));
            if was.verdict() != is.verdict() && counts(&before, &after, &request) {
                prop_assert!(named.contains(&request.subject.to_string()), "{:?} was {:?}, is {:?}; named: {:?}", request, was, is, named);
            }
        }
    }
}
