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

const WAYS: [Way; 12] = [
    Way { name: "pulse", go: |d| { d.seconds(24); }, slots: &[Slot::Status] },
    Way { name: "groups", go: |d| { d.press("2 down down"); }, slots: &[Slot::Groups] },
    Way { name: "allocate", go: |d| { d.press("3 space space down space"); }, slots: &[Slot::Stores, Slot::Targets] },
    Way { name: "matrix", go: |d| { d.press("2 end enter down w right b"); }, slots: &[Slot::MatrixGroup, Slot::Resources] },
    Way { name: "endpoints", go: |d| { d.press("2 end enter enter"); }, slots: &[Slot::Endpoints] },
    Way { name: "cluster", go: |d| { d.press("8 down"); }, slots: &[Slot::Status] },
    Way { name: "pending", go: |d| { d.press("2 end enter down b p"); }, slots: &[Slot::Preview] },
    Way { name: "tree", go: |d| { d.press("5 down right down down right"); }, slots: &[Slot::Zones, Slot::Concepts] },
    Way { name: "denies", go: |d| { calls(d); d.press("7 down"); }, slots: &[Slot::Denies] },
    Way { name: "audit", go: |d| { d.press("9 down"); }, slots: &[Slot::Audit] },
    Way { name: "credentials", go: |d| { d.press("0"); }, slots: &[Slot::Credentials] },
    Way { name: "narrowed", go: |d| { narrowed(d); }, slots: &[Slot::MatrixGroup, Slot::Resources] },
];

/// Tills have been calling.
fn calls(driver: &mut Driver) {
    driver.world.call("north-4/t1", "POST", "/v2/points/7/redeem", 1_204);
    driver.world.call("north-24/t2", "POST", "/v2/customers", 17);
    driver.world.call("west-7/t2", "GET", "/v2/nothing", 2);
    driver.world.call("south-9/t9", "GET", "/v2/customers/42", 1);
}

/// A cell of Coupon reaches one endpoint of two.
fn narrowed(driver: &mut Driver) {
    let endpoint = driver.world.state.orgs.get(super::world::ORG).and_then(|org| org.endpoints.keys().find(|id| id.as_str().contains("redeem") && id.as_str().contains("coupons")).cloned());
    let cell = bailiwick_policy::access::Grant {
        resource: "Coupon".parse().expect("a resource"),
        class: bailiwick_policy::access::Class::Data,
        levels: bailiwick_policy::access::Levels::all(),
        narrow: Some(bailiwick_policy::access::Narrow::Only(endpoint.into_iter().collect())),
    };
    driver.world.must(bailiwick_policy::command::Command::EditGroup {
        org: super::world::ORG.parse().expect("a code"),
        group: "self-checkout".into(),
        name: None,
        description: None,
        cells: vec![cell],
        widen: Vec::new(),
    });
    driver.press("2 /").type_text("self").press("enter enter");
}

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
    for name in ["2", "3", "4", "8", "p", "6", "5", "7", "9", "0"] {
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
            "tree" => &["5"],
            "denies" => &["7"],
            "audit" => &["9"],
            "credentials" => &["0"],
            "narrowed" => continue,
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
            "tree" => "5",
            "denies" => "7",
            "audit" => "9",
            "credentials" => "0",
            "narrowed" => continue,
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

/// What lies on top, and what only comes about by a story.
#[test]
fn states() {
    type Shot = (&'static str, fn(&mut Driver));
    let shots: [Shot; 8] = [
        ("conflict", |d| {
            d.press("2 /").type_text("self").press("enter e tab").type_text(" Mine.").press("enter p enter tab");
            narrowed_elsewhere(d);
            d.press("enter");
        }),
        ("remedies", |d| {
            calls(d);
            d.press("7 x");
        }),
        ("undo", |d| {
            narrowed_elsewhere(d);
            d.press("9 z");
        }),
        ("group-allocated", |d| {
            d.press("2 /").type_text("self").press("enter A p");
        }),
        ("members", |d| {
            d.press("8 down down d");
        }),
        ("new-credential", |d| {
            d.press("0 n");
        }),
        ("endpoints-marked", |d| {
            narrowed(d);
            d.press("/").type_text("coupon").press("enter enter space space");
        }),
        ("tree-groups", |d| {
            d.press("5 m down down right");
        }),
    ];
    for (name, go) in shots {
        for (columns, rows) in [(84, 24), (120, 40)] {
            let mut driver = Driver::settled();
            driver.size(columns, rows);
            go(&mut driver);
            insta::assert_snapshot!(format!("state-{name}-{columns}x{rows}"), driver.screen());
        }
    }
    let mut driver = Driver::new(World::bare(), false);
    driver.model.org = None;
    driver.size(84, 24);
    driver.settle();
    driver.seconds(3);
    insta::assert_snapshot!("state-no-org-84x24", driver.screen());
}

/// Somebody else edits the group that is being edited.
fn narrowed_elsewhere(driver: &mut Driver) {
    driver.world.must(bailiwick_policy::command::Command::EditGroup {
        org: super::world::ORG.parse().expect("a code"),
        group: "self-checkout".into(),
        name: None,
        description: Some("Unattended tills.".into()),
        cells: Vec::new(),
        widen: Vec::new(),
    });
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
