//! Imports from file to state (AG-40): all of it or nothing, batch by batch, and on from where it stopped.

use std::path::{Path, PathBuf};

use super::fake::Fake;
use super::{Exit, bailiwick};
use crate::cli::api::Written;
use bailiwick_rpc::api::RejectionBody;

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn file(fake: &Fake, name: &str, text: &str) -> String {
    let path = fake.jobs.path().join(name);
    std::fs::write(&path, text).expect("written");
    path.display().to_string()
}

fn stores(n: usize) -> String {
    (0..n).fold("code,name,zone\n".to_owned(), |text, i| text + &format!("s{i},Store {i},north\n"))
}

fn count(fake: &Fake) -> usize {
    fake.state.borrow().orgs.values().map(|org| org.stores.len()).sum()
}

/// The job that a run printed.
fn job(stderr: &str) -> String {
    let line = stderr.lines().find(|line| line.starts_with("job ")).expect("a job");
    line.chars().skip(4).take(26).collect()
}

#[test]
fn ag_40_five_faults_each_by_line_column_and_cause_and_nothing_is_applied() {
    let fake = Fake::acme();
    for zone in ["scotland", "west", "ireland"] {
        bailiwick(&fake, &format!("zone create {zone} --name {zone}"));
    }
    let (before, name) = (fake.state.borrow().revision, repository("examples/stores-faulty.csv").display().to_string());
    fake.ids.borrow_mut().clear();
    let errors = fake.jobs.path().join("errors.txt");
    let seen = bailiwick(&fake, &format!("import stores {name} --errors {}", errors.display()));
    assert_eq!(seen.exit, Exit::Failed);
    let expected = [
        "4: code: `Pop 3` is no store code: it must start with a lower-case letter or a digit",
        "6: zone: there is no zone `nrth`",
        "8: code: `pop-2` stands on line 3 too, with another name, external_ids, latitude, longitude",
        "9: concept: the row ends after 4 of 10 columns",
        "11: latitude: `505.925` is no latitude: a decimal between -90 and 90 degrees",
    ]
    .map(|fault| format!("{name}:{fault}\n"))
    .concat();
    assert_eq!(seen.stderr, format!("{expected}5 faults: nothing has been applied\n"));
    assert_eq!(std::fs::read_to_string(errors).ok(), Some(expected));
    assert_eq!((fake.state.borrow().revision, fake.ids.borrow().len()), (before, 0));

    let json = bailiwick(&fake, &format!("import stores {name} --json"));
    assert_eq!((json.exit, json.field("outcome"), json.field("count")), (Exit::Failed, "faulty".to_owned(), "5".to_owned()));
    let fault = json.json().pointer("/faults/1").cloned().expect("a fault");
    assert_eq!((fault.get("line"), fault.get("column")), (Some(&6.into()), Some(&"zone".into())));
}

#[test]
fn ag_40_a_list_as_found_in_the_wild_is_imported_and_its_oddities_are_told() {
    let fake = Fake::acme();
    let line = format!(
        "import endpoints {} --map resource=access_group_resource --map name=title",
        repository("examples/endpoints.tsv").display().to_string().replace('_', "\u{0}")
    );
    let words = line.split_whitespace().map(|word| word.replace('\u{0}', "_"));
    let seen = super::words_of(&fake, std::iter::once("bailiwick".to_owned()).chain(words).collect(), None);
    assert_eq!(seen.exit, Exit::Done, "{}", seen.stderr);
    assert!(seen.stderr.contains("61 rows: 52 endpoints, 9 repeats (3 of them exact)"), "{}", seen.stderr);
    assert!(seen.stderr.contains("15 × no resource") && seen.stderr.contains("Account · Accounts · account"), "{}", seen.stderr);
    let endpoints: usize = fake.state.borrow().orgs.values().map(|org| org.endpoints.len()).sum();
    assert_eq!(endpoints, 54);
}

#[test]
fn ag_40_batches_of_one_job_and_an_equal_file_changes_nothing() {
    let fake = Fake::acme();
    let path = file(&fake, "s.csv", &stores(4_640));
    let seen = bailiwick(&fake, &format!("import stores {path} --json"));
    assert_eq!((seen.exit, seen.field("batches"), seen.field("applied"), seen.field("changed")), (Exit::Done, "3".to_owned(), "3".to_owned(), "true".to_owned()));
    let ids: Vec<u128> = fake.ids.borrow().iter().map(|id| id.0).collect();
    let of_job = seen.field("job").parse::<bailiwick_policy::ids::RequestId>().expect("a ULID").0 >> 32;
    assert_eq!(ids, [1, 2, 3].map(|batch| of_job << 32 | batch));
    assert_eq!(count(&fake), 4_643);
    let again = bailiwick(&fake, &format!("import stores {path} --json"));
    assert_eq!((again.field("changed"), again.field("job") == seen.field("job")), ("false".to_owned(), false));
}

#[test]
fn a_dry_run_and_a_preview_show_the_impact_and_change_nothing() {
    let fake = Fake::acme();
    let path = file(&fake, "s.csv", &stores(3));
    for line in [format!("import stores {path} --dry-run"), format!("preview import stores {path}")] {
        let seen = bailiwick(&fake, &line);
        assert!(seen.exit == Exit::Done && seen.stdout.contains(": 3 changes\n+ store:s0"), "{}{}", seen.stdout, seen.stderr);
        assert!(seen.stdout.ends_with("nothing has been changed\n"));
    }
    assert_eq!((count(&fake), fake.ids.borrow().len()), (3, 0));
}

#[test]
fn ag_26_several_stores_need_a_default_first() {
    let fake = Fake::acme();
    bailiwick(&fake, "default clear");
    fake.ids.borrow_mut().clear();
    let path = file(&fake, "s.csv", &stores(2));
    let seen = bailiwick(&fake, &format!("import stores {path}"));
    assert_eq!(seen.exit, Exit::Failed);
    assert!(seen.stderr.contains("default_group_required") && seen.stderr.contains("bailiwick default set POS"), "{}", seen.stderr);
    assert_eq!((count(&fake), fake.ids.borrow().len()), (3, 0));
    bailiwick(&fake, "default set POS");
    assert_eq!(bailiwick(&fake, &format!("import stores {path}")).exit, Exit::Done);
}

#[test]
fn an_import_cut_short_goes_on_where_it_stopped() {
    let fake = Fake::acme();
    let path = file(&fake, "s.csv", &stores(4_500));
    let conflict = RejectionBody { code: "zone_unknown".to_owned(), message: "there is no zone `north`".to_owned(), ..RejectionBody::default() };
    fake.writes.borrow_mut().extend([None, Some(Written::Rejected(conflict))]);
    let cut = bailiwick(&fake, &format!("import stores {path}"));
    assert_eq!((cut.exit, count(&fake)), (Exit::Failed, 2_003));
    let id = job(&cut.stderr);
    assert!(cut.stderr.contains("batch 1 of 3 is applied") && cut.stderr.contains(&format!("--resume {id}")), "{}", cut.stderr);

    fake.writes.borrow_mut().push_back(Some(Written::Unknown("gone".to_owned())));
    let unknown = bailiwick(&fake, &format!("import stores --resume {id}"));
    assert_eq!((unknown.exit, count(&fake)), (Exit::Unknown, 2_003));

    let on = bailiwick(&fake, &format!("import stores --resume {id}"));
    assert_eq!((on.exit, count(&fake)), (Exit::Done, 4_503), "{}", on.stderr);
    let low: Vec<u128> = fake.ids.borrow().iter().map(|id| id.0 & 0xffff_ffff).collect();
    // A refused batch is tried again under an id of its own; one whose outcome isn't known, under the same.
    assert_eq!(low, [1, 2, 0x100_0002, 0x100_0002, 3]);
    let done = bailiwick(&fake, &format!("import stores --resume {id}"));
    assert!(done.exit == Exit::Done && done.stdout.contains("was complete already"), "{}", done.stdout);
}

#[test]
fn a_job_goes_on_only_with_the_file_it_began_with() {
    let fake = Fake::acme();
    let path = file(&fake, "s.csv", &stores(3));
    fake.writes.borrow_mut().push_back(Some(Written::Unknown("gone".to_owned())));
    let cut = bailiwick(&fake, &format!("import stores {path}"));
    let id = job(&cut.stderr);
    file(&fake, "s.csv", &stores(4));
    let seen = bailiwick(&fake, &format!("import stores --resume {id}"));
    assert!(seen.exit == Exit::Failed && seen.stderr.contains("the file has changed"), "{}", seen.stderr);
    assert_eq!(bailiwick(&fake, &format!("import tills --resume {id}")).exit, Exit::Usage);
}

#[test]
fn ag_37_a_place_may_stand_after_those_below_it_and_a_faulty_one_is_told_once() {
    let fake = Fake::acme();
    let path = file(&fake, "z.csv", "code,name,parent\nisles,Islands,scotland\nscotland,Scotland,\n");
    assert_eq!(bailiwick(&fake, &format!("import zones {path}")).exit, Exit::Done);
    let path = file(&fake, "f.csv", "code,name,parent\na1,A1,a\na,,\nb,B,nowhere\n");
    let seen = bailiwick(&fake, &format!("import zones {path}"));
    assert_eq!(
        seen.stderr,
        format!("{path}:3: name: the cell is blank: it is needed\n{path}:4: parent: there is no zone `nowhere`\n2 faults: nothing has been applied\n")
    );
}

#[test]
fn words_that_do_not_fit_the_file_are_usage() {
    let fake = Fake::acme();
    let path = file(&fake, "s.csv", &stores(1));
    assert_eq!(bailiwick(&fake, &format!("import stores {path} --map colour=x")).exit, Exit::Usage);
    assert_eq!(bailiwick(&fake, &format!("import stores {path} --delimiter ab")).exit, Exit::Usage);
    assert_eq!(bailiwick(&fake, "import stores").exit, Exit::Usage);
    assert_eq!(bailiwick(&fake, "import stores nowhere.csv").exit, Exit::Failed);
}

#[test]
fn what_a_file_shows_by_itself_is_told_even_without_a_cluster() {
    let fake = Fake::acme();
    let path = file(&fake, "s.csv", "code,name\nA,a\nb,B\n");
    let gone = || crate::cli::api::CallFault::NoNode("no node answered in time".to_owned());
    fake.faults.borrow_mut().extend([gone(), gone()]);
    let seen = bailiwick(&fake, &format!("--org acme import stores {path}"));
    assert_eq!(
        (seen.exit, seen.stderr),
        (
            Exit::Failed,
            format!(
                "the cluster could not be asked about the other rows: no node answered in time\n\
                 {path}:2: code: `A` is no store code: it must start with a lower-case letter or a digit\n\
                 1 fault: nothing has been applied\n"
            )
        )
    );
}
