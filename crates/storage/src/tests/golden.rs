//! Bytes on disk are promises. A golden file is added for every new version and never edited: what an older node
//! wrote must be read for ever. `GOLDEN_ADD=1` writes those that are missing.

use std::path::PathBuf;

use bailiwick_policy::ids::{RequestId, Revision, Tick};
use bailiwick_policy::outcome::{AuditRow, Change};

use crate::identity::{Identity, IdentityExpectation};
use crate::keys;
use crate::keys::watermark::Watermark;
use crate::sample;
use crate::snapshot::format;
use crate::{decode_entry, encode_entry};

fn golden(name: &str, written: &[u8]) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.bin"));
    if !path.exists() && std::env::var_os("GOLDEN_ADD").is_some() {
        std::fs::write(&path, written).unwrap();
    }
    let golden = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}; run with GOLDEN_ADD=1 to add it", path.display()));
    assert!(golden == written, "{name}: the bytes written now differ from the golden ones");
    golden
}

#[test]
fn log_entries() {
    for (entry, name) in sample::entries().iter().zip(["entry-blank-v1", "entry-envelope-v1", "entry-membership-v1"]) {
        assert_eq!(decode_entry(&golden(name, &encode_entry(entry))), Ok(entry.clone()));
    }
}

#[test]
fn marks() {
    let vote = crate::Vote::new_committed(7, 2);
    assert_eq!(keys::vote::decode(&golden("vote-v1", &keys::vote::value(&vote))), Ok(vote));
    let id = Some(sample::log_id(3, 1, 9));
    assert_eq!(keys::mark::decode("mark", &golden("mark-v1", &keys::mark::value(id))), Ok(id));
}

#[test]
fn an_object_of_every_kind() {
    for object in sample::objects() {
        let name = format!("object-{}-v1", object.id().kind());
        let key = keys::object::key(&object.id());
        assert_eq!(golden(&format!("{name}-key"), &key), key);
        assert_eq!(keys::object::decode(&key, &golden(&name, &keys::object::value(&object))), Ok(object));
    }
}

/// What an object got later stands behind what it had, and is left out where it isn't set: the bytes above are still
/// written and read.
#[test]
fn objects_with_what_they_got_later() {
    for (name, object) in sample::later() {
        let key = keys::object::key(&object.id());
        assert_eq!(keys::object::decode(&key, &golden(name, &keys::object::value(&object))), Ok(object));
    }
    let first: Vec<_> = sample::objects().iter().map(|object| object.id().kind()).collect();
    for (name, object) in sample::later().into_iter().filter(|(_, object)| !first.contains(&object.id().kind())) {
        let key = keys::object::key(&object.id());
        assert_eq!(golden(&format!("{name}-key"), &key), key);
    }
}

/// Proposals, the switch that requires them, and what the audit keeps of one that was approved.
#[test]
fn proposals() {
    let all = sample::proposals::objects();
    for (name, object) in &all {
        let key = keys::object::key(&object.id());
        assert_eq!(keys::object::decode(&key, &golden(name, &keys::object::value(object))).as_ref(), Ok(object));
    }
    let (_, proposal) = &all[0];
    let key = keys::object::key(&proposal.id());
    assert_eq!(golden("object-proposal-v1-key", &key), key);
    let changes = vec![Change { before: Some(proposal.clone()), after: None }];
    let chained = keys::audit::chain(&[3; 32], AuditRow { changes, ..sample::audit_row(9) });
    let value = golden("audit-v1-approved", &chained.value);
    assert_eq!(keys::audit::decode(&keys::audit::key(Revision(9)), &value), Ok(chained));
}

#[test]
fn an_audit_row_about_every_kind() {
    let changes = sample::later_objects().into_iter().map(|object| Change { before: None, after: Some(object) }).collect();
    let chained = keys::audit::chain(&[3; 32], AuditRow { changes, ..sample::audit_row(8) });
    let value = golden("audit-v1-every-kind", &chained.value);
    assert_eq!(keys::audit::decode(&keys::audit::key(Revision(8)), &value), Ok(chained));
}

#[test]
fn an_audit_row() {
    let chained = keys::audit::chain(&[3; 32], sample::audit_row(7));
    let value = golden("audit-v1", &chained.value);
    assert_eq!(keys::audit::decode(&keys::audit::key(Revision(7)), &value), Ok(chained.clone()));
    assert_eq!(keys::audit::follows(&[3; 32], &value), Ok(true));
    golden("audit-index-v1", &keys::audit_index::keys(&chained.row).concat());
}

#[test]
fn outcomes_of_requests() {
    for (recorded, name) in sample::recorded(9).into_iter().zip(["request-committed-v1", "request-rejected-v1"]) {
        let id = RequestId(77);
        let value = golden(name, &keys::request::value(&recorded));
        assert_eq!(keys::request::decode(&keys::request::key(id), &value), Ok((id, recorded)));
    }
}

fn mark() -> Watermark {
    Watermark {
        applied: Some(sample::log_id(3, 1, 9)),
        membership: sample::stored_membership(8),
        revision: Revision(0),
        tick: Tick(1_700_000_000_000),
        history: [0; 32],
        audit_rows: 0,
        requests_floor: RequestId(5),
        installed: None,
        audit_floor: (Revision(0), [0; 32]),
    }
}

#[test]
fn the_watermark() {
    assert_eq!(keys::watermark::decode(&golden("watermark-v1", &keys::watermark::value(&mark()))), Ok(mark()));
}

#[test]
fn the_content_hash() {
    let id = sample::log_id(3, 1, 9);
    let value = golden("content-v1", &keys::content::value(id, [4; 32]));
    assert_eq!(keys::content::decode(&value), Ok((id, [4; 32])));
}

#[test]
fn a_snapshot() {
    let mut state = crate::state::load::begin(&mark());
    for object in sample::objects() {
        state.put(&object);
    }
    let (mut writer, _) = format::Writer::state("golden", Vec::new(), &state, &mark()).unwrap();
    writer.audit(Revision(0), [0; 32]).unwrap();
    let bytes = golden("snapshot-v1", &writer.end(0).unwrap());
    let contents = format::read("golden", bytes.as_slice(), &mut |_, _| Ok(())).unwrap();
    assert!(contents.state.objects().eq(state.objects()));
    assert_eq!(contents.summary.mark, mark());
}

/// The catalogue and the clock come with the objects, and what is derived of them.
#[test]
fn a_snapshot_of_every_kind() {
    let mut state = crate::state::load::begin(&mark());
    for object in sample::objects().iter().chain(&sample::later_objects()) {
        state.put(object);
    }
    let (mut writer, _) = format::Writer::state("golden", Vec::new(), &state, &mark()).unwrap();
    writer.audit(Revision(0), [0; 32]).unwrap();
    let bytes = golden("snapshot-v1-every-kind", &writer.end(0).unwrap());
    let read = format::read("golden", bytes.as_slice(), &mut |_, _| Ok(())).unwrap().state;
    assert_eq!(format!("{read:?}"), format!("{state:?}"));
    assert_eq!((read.clock, read.platform.version), (Tick(1_700_000_000_900), 7));
}

#[test]
fn the_identity() {
    let identity = Identity::new(&IdentityExpectation { cluster: "c1".into(), node: 2 });
    assert_eq!(Identity::decode("identity", &golden("identity-v1", &identity.encode())), Ok(identity));
}
