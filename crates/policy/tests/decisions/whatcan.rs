//! What can is what asking about everything says.

use bailiwick_policy::decision::{Ask, Context, EntityAction, Obligations, Request, Subject, Verdict};
use bailiwick_policy::index::Index;
use bailiwick_policy::path::canonical_segments;
use bailiwick_policy::permission::Action;
use bailiwick_policy::place::{Place, cover};
use bailiwick_policy::reference;
use bailiwick_policy::reference::people::holder;
use bailiwick_policy::state::State;
use bailiwick_policy::whatcan::what_can;
use proptest::prelude::*;
use proptest::sample::select;

use crate::support::*;

/// Endpoints, by id, that a path which only they match is permitted for.
fn endpoints(state: &State, of: &str, subject: Subject<'_>, context: Context<'_>) -> Vec<String> {
    let org = state.orgs.get(of).unwrap();
    let own = org.endpoints.values().filter(|endpoint| endpoint.matchable).map(|endpoint| &endpoint.id);
    let beneath = state.platform.endpoints.iter().map(|endpoint| &endpoint.id).filter(|id| !org.endpoints.contains_key(*id));
    let mut open: Vec<String> = own
        .chain(beneath)
        .filter(|id| {
            let (method, template) = id.as_str().split_once(' ').unwrap();
            // One literal of the lists has what a path must encode.
            let segments: Vec<String> = canonical_segments(template).map(|s| s.unwrap_or("fresh").replace('%', "%25")).collect();
            let path = format!("/{}", segments.join("/"));
            let request = Request { org: of, subject, ask: Ask::Endpoint { method, path: &path }, context };
            reference::decide(state, &request).verdict() == Verdict::Permit
        })
        .map(ToString::to_string)
        .collect();
    open.sort();
    open
}

proptest! {
    #[test]
    fn what_can_is_what_asking_about_everything_says(state in state(), of in select(&ORGS[..]), subject in select([people(), subjects()].concat()), inquiry in inquiry()) {
        let index = Index::build(&state);
        let org = &state.orgs[of];
        let subject = Subject::parse(&subject).unwrap();
        let context = inquiry.request().context;
        let can = what_can(&state, &index, of, subject, context);
        let found = holder(&state, org, subject).err().or((!org.org.active).then_some(bailiwick_policy::decision::Reason::OrgSuspended));
        prop_assert_eq!(can.closed.is_some(), found.is_some());
        if can.closed.is_some() {
            return Ok(());
        }
        let ids: Vec<String> = can.endpoints.iter().map(|endpoint| endpoint.endpoint.to_string()).collect();
        prop_assert_eq!(ids, endpoints(&state, of, subject, context));

        // Permissions, at every place whose gate is open.
        let places = org.zones.keys().cloned().map(Place::Zone).chain(org.concepts.keys().cloned().map(Place::Concept));
        let stores = org.stores.values().filter(|store| store.active).map(|store| Place::Store(store.code.clone()));
        for place in places.chain(stores).chain([Place::Org]) {
            for module in state.platform.modules.iter().map(|module| &module.id) {
                for action in Action::ALL {
                    let at = place.to_string();
                    let ask = Ask::Module { module: module.as_str(), action };
                    let request = Request { org: of, subject, ask, context: Context { place: Some(&at), ..Context::default() } };
                    let permitted = reference::decide(&state, &request).verdict() == Verdict::Permit;
                    let listed = can.permissions.iter().any(|can| can.module == *module && can.actions.has(action) && cover(&can.places, org, &place));
                    prop_assert_eq!(listed, permitted, "{} {:?} at {}", module, action, place);
                }
            }
        }

        // Nodes, full or empty.
        for node in ["gift", "order", "stock", "sales", "stores", "nowhere"] {
            let request = Request { org: of, subject, ask: Ask::Entity { entity: node, action: EntityAction::View }, context };
            let decision = reference::decide(&state, &request);
            let listed = can.nodes.iter().find(|can| *can.node == *node);
            prop_assert_eq!(listed.is_some(), decision.verdict() == Verdict::Permit, "{}", node);
            if let Some(listed) = listed {
                prop_assert_eq!(listed.full, !decision.obligations.contains(Obligations::EMPTY));
                prop_assert_eq!(listed.limited, decision.obligations.contains(Obligations::PLACES));
            }
        }
    }
}
