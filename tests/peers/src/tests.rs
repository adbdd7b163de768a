//! Planted faults are noticed, and the corpus is what Cedar answers.

use std::path::PathBuf;

use crate::compare::{Counts, compare};
use crate::translate::{Plant, Translation};
use crate::{files, scene};

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

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
    assert_eq!(files::check(&corpus(), &catalogue), Ok(0));
}

#[test]
fn the_answers_on_file_alone_notice_each_rule_read_wrongly() {
    let catalogue = files::catalogue().expect("a catalogue");
    let scenes = files::scenes(&corpus()).expect("scenes");
    let differs = |scene: &crate::corpus::Scene, plant| {
        let translation = Translation::of(scene, &scene.catalogue(&catalogue), Some(plant)).expect("a translation");
        let mut questions = scene.questions().expect("questions").into_iter();
        questions.any(|(question, filed)| translation.ask(&question).expect("an answer").permit != filed)
    };
    let unnoticed = Plant::ALL.iter().filter(|(_, plant)| !scenes.iter().any(|(_, scene)| differs(scene, *plant)));
    assert_eq!(unnoticed.map(|(name, _)| *name).collect::<Vec<_>>(), [""; 0]);
}
