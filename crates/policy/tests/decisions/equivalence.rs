//! The index gives the reference's answers, however it came to be.

use bailiwick_policy::decide::{decide, decide_batch};
use bailiwick_policy::index::Index;
use bailiwick_policy::reference;
use bailiwick_policy::state::State;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::*;

/// Calls by stores and tills, and anything by anybody.
type Questions = (Vec<Question>, Vec<Inquiry>);

/// Asks everything about everybody for a few paths, one by one and as a batch.
fn same_answers(state: &State, index: &Index, (questions, inquiries): &Questions) -> Result<(), TestCaseError> {
    let mut all = questions.clone();
    for question in questions.iter().take(2) {
        all.extend(subjects().into_iter().map(|subject| Question { subject, ..question.clone() }));
    }
    let mut any = inquiries.clone();
    for inquiry in inquiries.iter().take(4) {
        any.extend(people().into_iter().map(|subject| Inquiry { call: Question { subject, ..inquiry.call.clone() }, ..inquiry.clone() }));
    }
    // A batch may be all of one kind for a while, and mixed then.
    let mut requests: Vec<_> = all.iter().map(Question::request).collect();
    requests.extend(any.iter().map(Inquiry::request));
    requests.extend(all.iter().take(3).map(Question::request));
    let mut batch = Vec::new();
    decide_batch(index, &requests, &mut batch);
    prop_assert_eq!(batch.len(), requests.len());
    for (request, batched) in requests.iter().zip(batch) {
        let expected = reference::decide(state, request);
        prop_assert_eq!(decide(index, request), expected, "{:?}", request);
        prop_assert_eq!(batched, expected, "in a batch: {:?}", request);
    }
    Ok(())
}

proptest! {
    #[test]
    fn an_index_built_answers_as_the_reference(state in state(), questions in (vec(question(), 1..40), vec(inquiry(), 4..40))) {
        same_answers(&state, &Index::build(&state), &questions)?;
    }

    #[test]
    fn an_index_advanced_answers_as_one_rebuilt(
        mut state in state(),
        batches in vec(vec(act(), 0..8), 1..8),
        questions in (vec(question(), 1..12), vec(inquiry(), 4..24)),
    ) {
        let mut index = Index::build(&state);
        for acts in &batches {
            let (state_before, index_before) = (state.clone(), index.clone());
            let changes = play(&mut state, acts);
            index.apply(&state, &changes);
            same_answers(&state, &index, &questions)?;
            same_answers(&state, &Index::build(&state), &questions)?;
            // Older views keep their answers.
            same_answers(&state_before, &index_before, &questions)?;
            // Changes are idempotent, and so is following them.
            index.apply(&state, &changes);
            same_answers(&state, &index, &questions)?;
        }
    }

    #[test]
    fn an_index_advanced_from_nothing_answers_as_one_built(state in state(), questions in (vec(question(), 1..12), vec(inquiry(), 4..24))) {
        let mut advanced = Index::build(&State::default());
        let mut so_far = State::default();
        for object in state.objects() {
            let changes = play(&mut so_far, &[Act::Put(object)]);
            advanced.apply(&so_far, &changes);
        }
        same_answers(&state, &advanced, &questions)?;
    }
}
