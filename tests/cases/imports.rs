//! Files into a running cluster by the command line: what is found in the wild goes in, what is faulty is refused
//! whole, and thousands of stores take seconds (AG-40, AG-26).

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use bailiwick_policy::ids::Revision;
use bailiwick_policy::query::List;
use bailiwick_rpc::api::At;
use bailiwick_tests::harness::*;
use serde_json::Value;

use crate::support::{example, settings};

const ORG: &str = "acme";
/// Stores of the large file.
const STORES: usize = 4_640;
/// What its import is promised to take, and what this asserts: the machine may have much else to do.
const IMPORT_PROMISED: Duration = Duration::from_secs(5);
const IMPORT_MAX: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread")]
async fn examples_go_in_and_faulty_files_stay_out() {
    let story = Story::begin("imports::examples_go_in_and_faulty_files_stay_out");
    story.phase("establish");
    let cluster = Cluster::start(settings()).await;
    let caller = &cluster.node(1).caller;
    for command in [seed::org(ORG), seed::zones(ORG, &["north", "east", "south", "west", "scotland", "ireland"]), seed::concepts(ORG, &["quayside"])] {
        caller.change(&command).await;
    }
    let cli = cluster.cli(ORG);

    story.phase("endpoints with all the oddities of such lists");
    let file = example("endpoints.tsv");
    let ran = cli.expect(0, &["import", "endpoints", &file, "--map", "path=path", "--map", "resource=access_group_resource", "--map", "name=title", "--json"]);
    let notes = &ran.field("notes");
    assert_eq!(counts(notes, &["rows", "keys", "repeats", "repeats_exact", "unmapped"]), [61, 52, 9, 3, 15], "{ran}");
    let revision = Revision(ran.field("revision").as_u64().expect("a revision"));
    let again = cli.expect(0, &["import", "endpoints", &file, "--map", "resource=access_group_resource", "--map", "name=title", "--json"]);
    assert_eq!(again.field("changed"), false, "an equal row changes nothing: {again}");
    cluster.reached(revision).await;

    story.phase("AG-26: several new stores need a default group first");
    let file = example("stores.csv");
    let stores = ["import", "stores", file.as_str(), "--map", "code=store_id", "--map", "name=address", "--json"];
    let ran = cli.expect(1, &stores);
    assert!(ran.stdout.contains("default_group_required"), "{ran}");
    cli.expect(0, &["default", "set", "POS"]);

    story.phase("a dry run changes nothing, the run imports");
    let (before, _, _) = cluster.equal().await;
    let ran = cli.expect(0, &[&stores[..], &["--dry-run"]].concat());
    assert_eq!(cluster.equal().await.0, before, "{ran}");
    let ran = cli.expect(0, &stores);
    assert_eq!(ran.field("outcome"), "committed", "{ran}");
    assert_eq!(count_stores(&cluster).await, 50);

    story.phase("five faults, each named by line, column and cause; nothing is applied");
    let (before, _, _) = cluster.equal().await;
    let file = example("stores-faulty.csv");
    let ran = cli.expect(1, &["import", "stores", &file, "--json"]);
    let faults = ran.field("faults");
    let found: Vec<(u64, String, String)> = faults
        .as_array()
        .expect("faults")
        .iter()
        .map(|f| (f["line"].as_u64().unwrap_or(0), text(&f["column"]), text(&f["cause"])))
        .collect();
    let wanted = [(4, "code", "Pop 3"), (6, "zone", "nrth"), (8, "code", "pop-2"), (9, "concept", ""), (11, "latitude", "505.925")];
    for (line, column, part) in wanted {
        assert!(found.iter().any(|(l, c, cause)| *l == line && c == column && cause.contains(part)), "line {line}, {column}, `{part}`: {found:#?}");
    }
    let lines: BTreeSet<u64> = found.iter().map(|(line, _, _)| *line).collect();
    assert_eq!(lines, wanted.iter().map(|(line, _, _)| *line).collect(), "no other line is faulty: {found:#?}");
    assert_eq!(cluster.equal().await.0, before, "nothing is applied");
    // For people, the same by the file's name.
    let ran = cli.expect(1, &["import", "stores", &file]);
    for (line, column, _) in wanted {
        assert!(ran.stderr.contains(&format!("{file}:{line}: {column}: ")) || ran.stderr.contains(&format!("stores-faulty.csv:{line}: {column}: ")), "{ran}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_stores_take_seconds() {
    let story = Story::begin("imports::thousands_of_stores_take_seconds");
    story.phase("establish");
    let cluster = Cluster::start(settings()).await;
    let caller = &cluster.node(1).caller;
    for command in [seed::org(ORG), seed::default(ORG, Some("POS"))] {
        caller.change(&command).await;
    }
    let file = cluster.folder().join("stores.csv");
    std::fs::write(&file, generated(STORES)).expect("written");
    let file = file.display().to_string();

    story.phase("import");
    let ran = cluster.cli(ORG).expect(0, &["import", "stores", &file, "--map", "code=store_id", "--map", "name=address", "--json"]);
    let notes = ran.field("notes");
    assert_eq!(counts(&notes, &["rows", "keys"]), [STORES as u64; 2], "{ran}");
    let revision = Revision(ran.field("revision").as_u64().expect("a revision"));
    cluster.reached(revision).await;
    assert_eq!(count_stores(&cluster).await, STORES as u64);

    let batches = ran.field("batches");
    println!("imports: stores={STORES} batches={batches} took_ms={} promised_ms={}", ran.took.as_millis(), IMPORT_PROMISED.as_millis());
    assert!(ran.took <= IMPORT_MAX, "{STORES} stores took {:?}", ran.took);

    story.phase("the same file again changes nothing");
    let again = cluster.cli(ORG).expect(0, &["import", "stores", &file, "--map", "code=store_id", "--map", "name=address", "--json"]);
    assert_eq!(again.field("changed"), false, "{again}");
    cluster.equal().await;
}

/// A chain of stores as such files are: a number, a postal code, an address, quoted where it has commas.
fn generated(count: usize) -> String {
    const STREETS: [&str; 6] = ["County Road", "Windmill Way", "Old Ferry Rd", "Orchard Line Dr", "Commerce Blvd", "Mill Pond Ln"];
    const TOWNS: [&str; 5] = ["Marrow Bend, KS", "Dry Sparrow, AZ", "Lower Tamarack, MN", "Saltbox, ME", "Three Alders, OR"];
    let mut text = String::from("store_id,postal_code,address\n");
    for n in 0..count {
        let (street, town, code) = (STREETS[n % 6], TOWNS[n % 5], 10_000 + (n * 17) % 89_999);
        writeln!(text, "{},{code:05},\"{} {street} {}, {town} {code:05}\"", n + 1, 100 + n, n % 200).expect("a text grows");
    }
    text
}

async fn count_stores(cluster: &Cluster) -> u64 {
    let list = List::Stores { zone: None, concept: None, group: None, active: None, below: false };
    let reply = cluster.node(2).caller.rows(ORG, list, At::Linearizable).await.expect("a list");
    reply.window.total.expect("an unfiltered list is counted")
}

fn counts<const N: usize>(notes: &Value, names: &[&str; N]) -> [u64; N] {
    names.map(|name| notes[name].as_u64().unwrap_or_else(|| panic!("no count `{name}` in {notes}")))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
