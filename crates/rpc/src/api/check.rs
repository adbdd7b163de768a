//! Questions and answers of the check service.

use bailiwick_policy::decision::Context;
use bailiwick_policy::explain::Explanation;
use bailiwick_policy::ids::Revision;
use serde::{Deserialize, Serialize};

use super::At;

/// A question.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CheckRequest {
    /// The org; none is the caller's own.
    #[serde(default)]
    pub org: Option<String>,
    /// `till:STORE/TILL`, `store:STORE`, `user:ID` or `application:ID`.
    pub subject: String,
    /// The HTTP method; of a module or an entity what is done to it; of a scope anything.
    pub action: String,
    /// `/path` or `endpoint:/path`, `module:MODULE/SUB-MODULE`, `scope:SCOPE` or `entity:ID`.
    pub resource: String,
    /// Which state.
    #[serde(default)]
    pub at: At,
    /// What the asker knows beside.
    #[serde(default, skip_serializing_if = "CheckContext::is_blank")]
    pub context: CheckContext,
}

/// What the asker of a check knows beside.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CheckContext {
    /// Where it is done: `org`, `zone:CODE`, `concept:CODE`, `store:CODE` or `till:STORE/TILL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// It is about one instance of a scope's or an entity's, rather than a list.
    pub instance: bool,
    /// Who created the instance: a user's id, or `application:ID`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// Whom it is assigned to, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_to: Option<String>,
    /// The type in the body of a call about an application's registration (APP-4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_type: Option<String>,
}

impl CheckContext {
    /// Whether it says nothing.
    pub fn is_blank(&self) -> bool {
        let Self { place, instance, created_by, assigned_to, body_type } = self;
        !instance && [place, created_by, assigned_to, body_type].into_iter().all(Option::is_none)
    }

    /// As decisions read it.
    pub fn read(&self) -> Context<'_> {
        Context {
            place: self.place.as_deref(),
            instance: self.instance,
            created_by: self.created_by.as_deref(),
            assigned_to: self.assigned_to.as_deref(),
            body_type: self.body_type.as_deref(),
        }
    }
}

/// An answer.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CheckReply {
    /// `permit`, `deny` or `indeterminate`.
    pub decision: String,
    /// 0, 4000 or 4001.
    pub code: u16,
    /// Why.
    pub reason: String,
    /// What the enforcement point must do besides.
    #[serde(default)]
    pub obligations: Vec<String>,
    /// With the obligation `places`: where the permit holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<String>,
    /// The revision it was decided at.
    pub revision: Revision,
    /// How stale that can be, in milliseconds.
    pub staleness_ms: u64,
    /// Set on a permit that only an observing group gives: why it would have been denied (AG-33).
    #[serde(default)]
    pub would_deny: Option<String>,
}

/// Several questions at one revision.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CheckManyRequest {
    /// The org; none is the caller's own.
    #[serde(default)]
    pub org: Option<String>,
    /// Subject, action and resource of each.
    pub checks: Vec<(String, String, String)>,
    /// Which state.
    #[serde(default)]
    pub at: At,
    /// What the asker knows beside: nothing at all, or of each check in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contexts: Vec<CheckContext>,
}

/// Their answers.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CheckManyReply {
    /// Decision and reason of each, in order.
    pub answers: Vec<(String, String)>,
    /// The one revision they were decided at.
    pub revision: Revision,
    /// How stale that can be, in milliseconds.
    pub staleness_ms: u64,
    /// Of permits that only an observing group gives: the place among the answers, and why it would have been denied.
    #[serde(default)]
    pub would_deny: Vec<(u64, String)>,
    /// Of permits that have any: the place among the answers, and their obligations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub obligations: Vec<(u64, Vec<String>)>,
    /// Of those with the obligation `places`: the place among the answers, and where the permit holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<(u64, Vec<String>)>,
}

/// An answer with its proof.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ExplainReply {
    /// The answer.
    pub reply: CheckReply,
    /// The chain that led to it; none when indeterminate.
    #[serde(default)]
    pub explanation: Option<Explanation>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{decode, encode};

    #[test]
    fn a_check_of_an_older_caller_is_read_and_one_without_context_is_as_long_as_before() {
        #[derive(Serialize, Deserialize, PartialEq, Debug)]
        struct Older {
            org: Option<String>,
            subject: String,
            action: String,
            resource: String,
            at: At,
        }
        let older = Older { org: None, subject: "till:s/t".into(), action: "GET".into(), resource: "/v2/x".into(), at: At::Local };
        let read: CheckRequest = decode(&encode(&older).unwrap()).unwrap();
        assert!(read.context.is_blank());
        assert_eq!(encode(&read).unwrap(), encode(&older).unwrap());
        let context = CheckContext { place: Some("zone:North".into()), instance: true, ..CheckContext::default() };
        let newer = CheckRequest { context, ..read };
        assert_eq!(decode::<CheckRequest>(&encode(&newer).unwrap()).unwrap(), newer);
        assert_eq!(decode::<Older>(&encode(&newer).unwrap()).unwrap(), older);
    }
}
