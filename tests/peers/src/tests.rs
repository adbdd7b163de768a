//! Planted faults are noticed, and the corpus is what Cedar answers.

use crate::compare::{Counts, compare};
use crate::translate::Plant;
use crate::{files, scene};

#[test]
fn a_rule_read_wrongly_is_noticed() {
    let catalogue = files::catalogue().expect("a catalogue");
    let made: Vec<_> = (1..=40).map(|seed| scene::make(seed, 300, &catalogue).expect("a scene")).collect();
    let differs = |made: &&_, plant| !compare(made, &catalogue, plant, &mut Counts::default()).expect("answers").1.is_empty();
    assert_eq!(made.iter().filter(|made| differs(made, None)).count(), 0);
    for (name, plant) in Plant::ALL {
        assert!(made.iter().any(|made| differs(&made, Some(*plant))), "nothing differs with {name}");
    }
}

#[test]
fn a_scene_is_the_same_from_its_file() {
    let catalogue = files::catalogue().expect("a catalogue");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    assert_eq!(files::check(&folder, &catalogue), Ok(0));
}
