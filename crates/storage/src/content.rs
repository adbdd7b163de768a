//! The content hash: over what policy says, without times, authors, secrets, keys, retired ids, proposals and audit. Two clusters with
//! equal content have equal hashes; an export, an undo and a snapshot are checked by it. Computed on demand.

use std::sync::Arc;

use bailiwick_policy::object::{CredentialKind, Meta, Object, Secret};
use bailiwick_policy::state::State;
use sha2::{Digest, Sha256};

use crate::keys::object;

/// SHA-256 over every object in key order, `Meta` and the bytes of secrets left blank.
pub fn content_hash(state: &State) -> [u8; 32] {
    let mut hash = Sha256::new();
    for mut object in state.objects() {
        *object.meta_mut() = Meta::default();
        match &mut object {
            // Keys and one-time codes are made anew wherever a content is put again.
            Object::Credential(credential) => match credential.kind {
                CredentialKind::Application { .. } | CredentialKind::Invitation { .. } => continue,
                CredentialKind::Operator | CredentialKind::User { .. } | CredentialKind::EnforcementPoint { .. } => {
                    Arc::make_mut(credential).secret = Secret::TokenHash([0; 32]);
                }
            },
            Object::Cluster(cluster) => Arc::make_mut(cluster).retired_nodes.clear(),
            Object::Retired(_) | Object::Clock(_) | Object::Proposal(_) => continue,
            Object::Org(_)
            | Object::Zone(_)
            | Object::Concept(_)
            | Object::Store(_)
            | Object::Till(_)
            | Object::Resource(_)
            | Object::Endpoint(_)
            | Object::Group(_)
            | Object::User(_)
            | Object::Scope(_)
            | Object::Entity(_)
            | Object::Control(_)
            | Object::UserGroup(_)
            | Object::Set(_)
            | Object::Role(_)
            | Object::Application(_)
            | Object::Override(_)
            | Object::Settings(_)
            | Object::Platform(_) => {}
        }
        for part in [object::key(&object.id()), object::body(&object)] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(&part);
        }
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn state(objects: &[Object]) -> State {
        let mut state = State::default();
        for object in objects {
            state.put(object);
        }
        state
    }

    #[test]
    fn times_authors_and_secrets_do_not_count_and_everything_else_does() {
        let mut objects = sample::objects();
        let before = content_hash(&state(&objects));
        for object in &mut objects {
            object.meta_mut().updated_by = "somebody else".into();
            object.meta_mut().revision.0 += 9;
            if let Object::Credential(credential) = object {
                Arc::make_mut(credential).secret = Secret::CertificateFingerprint([9; 32]);
            }
        }
        assert_eq!(content_hash(&state(&objects)), before);
        for object in &mut objects {
            if let Object::Store(store) = object {
                Arc::make_mut(store).active ^= true;
            }
        }
        assert_ne!(content_hash(&state(&objects)), before);
    }

    #[test]
    fn keys_codes_and_the_clock_do_not_count_and_every_bundle_and_assignment_does() {
        let last = sample::proposals::objects().into_iter().map(|(_, object)| object);
        let objects: Vec<Object> = sample::objects().into_iter().chain(sample::later_objects()).chain(last).collect();
        let whole = content_hash(&state(&objects));
        for left_out in &objects {
            let mut without = state(&objects);
            without.remove(&left_out.id());
            let key = matches!(left_out, Object::Credential(c) if matches!(c.kind, CredentialKind::Application { .. } | CredentialKind::Invitation { .. }));
            let silent = key || matches!(left_out, Object::Clock(_) | Object::Retired(_) | Object::Proposal(_));
            assert_eq!(content_hash(&without) == whole, silent, "{}", left_out.id());
        }
    }
}
