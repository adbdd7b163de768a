//! Each screen as text: with data at four sizes; empty, loading, disconnected and failed at 80×24.

use super::driver::Driver;
use super::world::World;
use crate::console::api::Fault;
use crate::console::effect::Slot;

const SIZES: [(u16, u16); 4] = [(60, 15), (80, 24), (120, 40), (200, 50)];

/// A way to a screen, by keys.
struct Way {
    name: &'static str,
    go: fn(&mut Driver),
    slots: &'static [Slot],
}

const WAYS: [Way; 7] = [
    Way { name: "pulse", go: |d| { d.seconds(24); }, slots: &[Slot::Status] },
    Way { name: "groups", go: |d| { d.press("2 down down"); }, slots: &[Slot::Groups] },
    Way { name: "allocate", go: |d| { d.press("3 space space down space"); }, slots: &[Slot::Stores, Slot::Targets] },
    Way { name: "matrix", go: |d| { d.press("2 end enter down w right b"); }, slots: &[Slot::MatrixGroup, Slot::Resources] },
    Way { name: "endpoints", go: |d| { d.press("2 end enter enter"); }, slots: &[Slot::Endpoints] },
    Way { name: "cluster", go: |d| { d.press("8 down"); }, slots: &[Slot::Status] },
    Way { name: "pending", go: |d| { d.press("2 end enter down b p"); }, slots: &[Slot::Preview] },
];

#[test]
fn with_data_at_four_sizes() {
    for way in &WAYS {
        for (columns, rows) in SIZES {
            let mut driver = Driver::settled();
            driver.size(columns, rows);
            (way.go)(&mut driver);
            insta::assert_snapshot!(format!("{}-{columns}x{rows}", way.name), driver.screen());
        }
    }
}

#[test]
fn empty() {
    for name in ["2", "3", "4", "8", "p", "6"] {
        let mut world = World::bare();
        world.must(bailiwick_policy::command::Command::CreateOrg {
            org: super::world::ORG.parse().expect("a code"),
            name: "Harbour & Vale".parse().expect("a name"),
            owner: "ines".parse().expect("an id"),
            owner_name: "Ines Marlow".parse().expect("a name"),
        });
        let mut driver = Driver::new(world, false);
        driver.size(80, 24);
        let health = crate::console::api::Health { node: Some(1), connected: true, leader: Some(2), ..Default::default() };
        driver.send(crate::console::effect::Msg::Health(health));
        driver.settle();
        driver.press(name);
        insta::assert_snapshot!(format!("empty-{name}"), driver.screen());
    }
}

#[test]
fn loading() {
    let mut driver = Driver::new(World::retailer(), false);
    driver.size(80, 24);
    insta::assert_snapshot!("loading-first-paint", driver.screen());
    for way in WAYS.iter().filter(|way| way.name != "pending") {
        let mut driver = Driver::settled();
        driver.size(80, 24);
        let keys: &[&str] = match way.name {
            "groups" => &["2"],
            "allocate" => &["3"],
            "matrix" => &["2", "enter"],
            "endpoints" => &["2", "enter", "enter"],
            "cluster" => &["8"],
            _ => &[],
        };
        for (at, key) in keys.iter().enumerate() {
            driver.send(crate::console::effect::Msg::Input(super::driver::event_of(key)));
            if at + 1 == keys.len() {
                way.slots.iter().for_each(|slot| driver.drop_reads(*slot));
            }
            driver.settle();
        }
        driver.now_ms += 1_700;
        driver.send(crate::console::effect::Msg::Clock { mono_ms: driver.now_ms, wall_ms: super::world::WALL_MS });
        insta::assert_snapshot!(format!("loading-{}", way.name), driver.screen());
    }
}

#[test]
fn disconnected() {
    for way in &WAYS {
        let mut driver = Driver::settled();
        driver.size(80, 24);
        (way.go)(&mut driver);
        driver.cut();
        driver.settle();
        driver.press("R").seconds(4);
        insta::assert_snapshot!(format!("disconnected-{}", way.name), driver.screen());
    }
    let mut driver = Driver::new(World::retailer(), false);
    driver.size(80, 24);
    driver.cut();
    driver.settle();
    driver.seconds(3);
    insta::assert_snapshot!("disconnected-from-the-start", driver.screen());
}

#[test]
fn failed() {
    for way in WAYS.iter().filter(|way| way.name != "pending") {
        let mut driver = Driver::settled();
        driver.size(80, 24);
        driver.world.down = Some(Fault::new("forbidden", "an enforcement point searches nothing: use an operator's credential"));
        let keys = match way.name {
            "groups" => "2",
            "allocate" => "3",
            "matrix" => "4",
            "endpoints" => "2",
            "cluster" => "8",
            _ => "R",
        };
        driver.press(keys).seconds(1);
        insta::assert_snapshot!(format!("failed-{}", way.name), driver.screen());
    }
}

#[test]
fn overlays() {
    let shots: [(&str, &str); 10] = [
        ("help", "3 ?"),
        ("palette", ":"),
        ("new-group", "2 n"),
        ("pick-zone", "3 f"),
        ("pick-target", "3 space a"),
        ("confirm-plain", "2 end enter down b p enter"),
        ("confirm-loss", "2 end enter down n p enter"),
        ("confirm-typed", "2 end d p enter"),
        ("confirm-quit", "2 end d q"),
        ("explain", "6"),
    ];
    for (name, keys) in shots {
        let mut driver = Driver::settled();
        driver.size(80, 24);
        driver.press(keys);
        insta::assert_snapshot!(format!("overlay-{name}"), driver.screen());
    }
    let mut driver = Driver::settled();
    driver.size(80, 24);
    driver.press(":").type_text("self");
    insta::assert_snapshot!("overlay-palette-found", driver.screen());
    let mut driver = Driver::settled();
    driver.press("6").type_text("till:north-4/t1").press("enter").type_text("post").press("enter").type_text("/v2/customers").press("enter");
    insta::assert_snapshot!("explained", driver.screen());
}

#[test]
fn too_small_keeps_the_selection() {
    let mut driver = Driver::settled();
    driver.press("3 space space");
    driver.size(50, 10);
    insta::assert_snapshot!("too-small", driver.screen());
    driver.press("space");
    driver.size(80, 24);
    assert_eq!(driver.model.allocate.marks.len(), 2, "what can't be seen isn't done");
}
