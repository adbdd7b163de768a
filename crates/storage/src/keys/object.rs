//! Space `objects`: every object of the state. Key: `[kind u8]`, then the parts of its id, each but the last ended
//! by a zero byte (no code has one). Kinds are numbered so that reading in order loads: an org before what is in
//! it, a store before its tills. Nothing in an org needs anything else of it to be there first. Value: the object by
//! position.

use bailiwick_policy::ids::ObjectId;
use bailiwick_policy::object::Object;
use serde::de::DeserializeOwned;
use std::sync::Arc;

use crate::codec::{frame, strict};
use crate::fault::Fault;

const VERSION: u16 = 1;
const PLACE: &str = "objects";

// On disk for good: never change one, never use one again.
const CLUSTER: u8 = 1;
const ORG: u8 = 2;
const ZONE: u8 = 3;
const CONCEPT: u8 = 4;
const RESOURCE: u8 = 5;
const ENDPOINT: u8 = 6;
const GROUP: u8 = 7;
const USER: u8 = 8;
const STORE: u8 = 9;
const TILL: u8 = 10;
const CREDENTIAL: u8 = 11;
const RETIRED: u8 = 12;
const SCOPE: u8 = 13;
const ENTITY: u8 = 14;
const CONTROL: u8 = 15;
const USER_GROUP: u8 = 16;
const SET: u8 = 17;
const ROLE: u8 = 18;
const APPLICATION: u8 = 19;
const OVERRIDE: u8 = 20;
const SETTINGS: u8 = 21;
const PLATFORM: u8 = 22;
const CLOCK: u8 = 23;
const PROPOSAL: u8 = 24;

/// The key of an id.
pub(crate) fn key(id: &ObjectId) -> Vec<u8> {
    match id {
        ObjectId::Cluster => vec![CLUSTER],
        ObjectId::Org(org) => join(ORG, &[org.as_str()]),
        ObjectId::Zone(org, code) => join(ZONE, &[org.as_str(), code.as_str()]),
        ObjectId::Concept(org, code) => join(CONCEPT, &[org.as_str(), code.as_str()]),
        ObjectId::Resource(org, id) => join(RESOURCE, &[org.as_str(), id.as_str()]),
        ObjectId::Endpoint(org, id) => join(ENDPOINT, &[org.as_str(), id.as_str()]),
        ObjectId::Group(org, id) => join(GROUP, &[org.as_str(), id.as_str()]),
        ObjectId::User(org, id) => join(USER, &[org.as_str(), id.as_str()]),
        ObjectId::Store(org, code) => join(STORE, &[org.as_str(), code.as_str()]),
        ObjectId::Till(org, store, code) => join(TILL, &[org.as_str(), store.as_str(), code.as_str()]),
        ObjectId::Credential(id) => join(CREDENTIAL, &[id.as_str()]),
        ObjectId::Retired(org, what) => join(RETIRED, &[org.as_str(), what]),
        ObjectId::Scope(org, id) => join(SCOPE, &[org.as_str(), id.as_str()]),
        ObjectId::Entity(org, id) => join(ENTITY, &[org.as_str(), id.as_str()]),
        ObjectId::Control(org, id) => join(CONTROL, &[org.as_str(), id.as_str()]),
        ObjectId::UserGroup(org, id) => join(USER_GROUP, &[org.as_str(), id.as_str()]),
        ObjectId::Set(org, id) => join(SET, &[org.as_str(), id.as_str()]),
        ObjectId::Role(org, id) => join(ROLE, &[org.as_str(), id.as_str()]),
        ObjectId::Application(org, id) => join(APPLICATION, &[org.as_str(), id.as_str()]),
        ObjectId::Override(org, store) => join(OVERRIDE, &[org.as_str(), store.as_str()]),
        ObjectId::Settings(org) => join(SETTINGS, &[org.as_str()]),
        ObjectId::Platform => vec![PLATFORM],
        ObjectId::Clock => vec![CLOCK],
        ObjectId::Proposal(org, id) => join(PROPOSAL, &[org.as_str(), &id.to_string()]),
    }
}

fn join(kind: u8, parts: &[&str]) -> Vec<u8> {
    let mut key = vec![kind];
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            key.push(0);
        }
        key.extend_from_slice(part.as_bytes());
    }
    key
}

/// The value of an object.
pub(crate) fn value(object: &Object) -> Vec<u8> {
    frame::wrap(VERSION, &body(object))
}

/// The object by position, without its kind: also what the content hash is made of.
pub(crate) fn body(object: &Object) -> Vec<u8> {
    match object {
        Object::Cluster(o) => strict::to_positional(o),
        Object::Org(o) => strict::to_positional(o),
        Object::Zone(o) => strict::to_positional(o),
        Object::Concept(o) => strict::to_positional(o),
        Object::Resource(o) => strict::to_positional(o),
        Object::Endpoint(o) => strict::to_positional(o),
        Object::Group(o) => strict::to_positional(o),
        Object::User(o) => strict::to_positional(o),
        Object::Store(o) => strict::to_positional(o),
        Object::Till(o) => strict::to_positional(o),
        Object::Credential(o) => strict::to_positional(o),
        Object::Retired(o) => strict::to_positional(o),
        Object::Scope(o) => strict::to_positional(o),
        Object::Entity(o) => strict::to_positional(o),
        Object::Control(o) => strict::to_positional(o),
        Object::UserGroup(o) => strict::to_positional(o),
        Object::Set(o) => strict::to_positional(o),
        Object::Role(o) => strict::to_positional(o),
        Object::Application(o) => strict::to_positional(o),
        Object::Override(o) => strict::to_positional(o),
        Object::Settings(o) => strict::to_positional(o),
        Object::Platform(o) => strict::to_positional(o),
        Object::Clock(o) => strict::to_positional(o),
        Object::Proposal(o) => strict::to_positional(o),
    }
}

/// The object of a row; one that lies under another's key is a fault.
pub(crate) fn decode(key: &[u8], value: &[u8]) -> Result<Object, Fault> {
    let (_version, payload) = frame::unwrap(PLACE, VERSION, value)?;
    let kind = key.first().copied().unwrap_or(0);
    let object = match kind {
        CLUSTER => Object::Cluster(read(payload)?),
        ORG => Object::Org(read(payload)?),
        ZONE => Object::Zone(read(payload)?),
        CONCEPT => Object::Concept(read(payload)?),
        RESOURCE => Object::Resource(read(payload)?),
        ENDPOINT => Object::Endpoint(read(payload)?),
        GROUP => Object::Group(read(payload)?),
        USER => Object::User(read(payload)?),
        STORE => Object::Store(read(payload)?),
        TILL => Object::Till(read(payload)?),
        CREDENTIAL => Object::Credential(read(payload)?),
        RETIRED => Object::Retired(read(payload)?),
        SCOPE => Object::Scope(read(payload)?),
        ENTITY => Object::Entity(read(payload)?),
        CONTROL => Object::Control(read(payload)?),
        USER_GROUP => Object::UserGroup(read(payload)?),
        SET => Object::Set(read(payload)?),
        ROLE => Object::Role(read(payload)?),
        APPLICATION => Object::Application(read(payload)?),
        OVERRIDE => Object::Override(read(payload)?),
        SETTINGS => Object::Settings(read(payload)?),
        PLATFORM => Object::Platform(read(payload)?),
        CLOCK => Object::Clock(read(payload)?),
        PROPOSAL => Object::Proposal(read(payload)?),
        unknown => return Err(Fault::corrupt(PLACE, format_args!("kind {unknown} is unknown"))),
    };
    if self::key(&object.id()) != key {
        return Err(Fault::corrupt(PLACE, format_args!("`{}` lies under another key", object.id())));
    }
    Ok(object)
}

fn read<T: DeserializeOwned>(payload: &[u8]) -> Result<Arc<T>, Fault> {
    strict::from_slice(PLACE, payload).map(Arc::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use bailiwick_policy::ids::Tick;
    use bailiwick_policy::state::State;
    use proptest::prelude::*;

    #[test]
    fn objects_of_every_kind_come_back() {
        let last = sample::proposals::objects().into_iter().map(|(_, object)| object);
        for object in sample::objects().into_iter().chain(sample::later_objects()).chain(last) {
            assert_eq!(decode(&key(&object.id()), &value(&object)), Ok(object));
        }
    }

    /// A proposal holds its command by position: every command must come back from there, as from the log.
    #[test]
    fn a_proposal_of_every_command_comes_back() {
        for envelope in sample::envelopes() {
            let object = sample::proposals::proposal(envelope.command);
            assert_eq!(decode(&key(&object.id()), &value(&object)), Ok(object));
        }
    }

    #[test]
    fn an_org_sorts_before_what_is_in_it_and_a_store_before_its_tills() {
        let keys: Vec<_> = sample::objects().iter().map(|o| key(&o.id())).collect();
        let at = |kind: u8| keys.iter().position(|k| k.first() == Some(&kind)).unwrap();
        let org = &keys[at(ORG)];
        for kind in [ZONE, CONCEPT, RESOURCE, ENDPOINT, GROUP, USER, STORE, TILL] {
            assert!(org < &keys[at(kind)]);
        }
        for object in sample::later_objects().iter().filter(|object| object.id().org().is_some_and(|org| object.id() != ObjectId::Org(org.clone()))) {
            assert!(*org < key(&object.id()), "{}", object.id());
        }
        assert!(keys[at(STORE)] < keys[at(TILL)]);
    }

    #[test]
    fn a_state_read_in_the_order_of_its_keys_has_derived_the_same() {
        let mut lived = State::default();
        for object in sample::objects().iter().chain(&sample::later_objects()) {
            lived.put(object);
        }
        let mut rows: Vec<_> = lived.objects().map(|object| (key(&object.id()), value(&object))).collect();
        rows.sort();
        let mut read = State::default();
        for (key, value) in &rows {
            read.put(&decode(key, value).unwrap());
        }
        assert_eq!(format!("{read:#?}"), format!("{lived:#?}"));
        assert_eq!((read.clock, read.platform.version, read.moments.len()), (Tick(1_700_000_000_900), 7, 9));
        let org = read.orgs.get("acme").unwrap();
        assert!(org.has_key(&read.credentials, &sample::id("erp"), read.clock), "the key came before its application");
    }

    proptest! {
        #[test]
        fn any_store_comes_back(code in "[a-z0-9][a-z0-9._-]{0,20}", name in "[a-zA-Z][a-zA-Z é]{0,30}", active: bool) {
            let object = sample::store(&code, &name, active);
            prop_assert_eq!(decode(&key(&object.id()), &value(&object)), Ok(object));
        }

        #[test]
        fn a_flipped_bit_is_refused(at: prop::sample::Index, bit in 0u8..8) {
            let object = sample::store("north-7", "North", true);
            let mut bytes = value(&object);
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            prop_assert!(decode(&key(&object.id()), &bytes).is_err());
        }
    }
}
