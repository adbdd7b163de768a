//! An explanation proves its answer, and what it offers works.

use bailiwick_policy::decision::Verdict;
use bailiwick_policy::explain::{Explanation, explain};
use bailiwick_policy::reference;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::*;

proptest! {
    #[test]
    fn an_explanation_reproduces_the_decision(state in state(), questions in vec(question(), 1..20)) {
        for question in &questions {
            let explanation = explain(&state, &question.request());
            prop_assert_eq!(explanation.decision(), reference::decide(&state, &question.request()));
            prop_assert_eq!(explanation.replay(), explanation.decision(), "{:#?}", explanation);
            prop_assert!(!explanation.sentence.is_empty());
            let denied = explanation.decision().verdict() == Verdict::Deny;
            prop_assert_eq!(explanation.miss.is_some(), denied);
            prop_assert!(denied || explanation.remedies.is_empty());
        }
    }

    #[test]
    fn an_explanation_survives_the_wire(state in state(), question in question()) {
        let explanation = explain(&state, &question.request());
        let bytes = rmp_serde::to_vec_named(&explanation).unwrap();
        prop_assert_eq!(rmp_serde::from_slice::<Explanation>(&bytes).unwrap(), explanation);
    }
}
