//! Members of the cluster: who may come, go, vote and lead. The rules are functions of a picture of the cluster as its
//! leader sees it, and answer with a plan or with a refusal that names its remedy; `doing` carries a plan out.
//!
//! Ids are never used again: a node that comes back under an old id with an empty disk would have forgotten what it
//! voted for and what it acknowledged.

mod doing;
mod standing;
mod steps;
#[cfg(test)]
mod tests;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use bailiwick_policy::state::State;
use bailiwick_rpc::api::{ApiError, MemberChange, MemberSets};
use bailiwick_rpc::tls::server_name_of;
use bailiwick_storage::PeerNode;

pub use doing::{Answer, Asked, TOPIC};
pub use standing::Standing;
pub use words::{quorum_alarm, quorum_line};

/// A node that was heard within so many milliseconds counts as there: ten heartbeats.
const HEARD_WITHIN_MS: u64 = 1_000;
/// Entries that a node may lack and still count as caught up: a second or two of a busy log.
const LAG_MAX: u64 = 5_000;

/// The cluster as its leader sees it.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// The leader.
    pub leader: u64,
    /// Who has a vote.
    pub voters: BTreeSet<u64>,
    /// Every member and where it is reached.
    pub nodes: BTreeMap<u64, PeerNode>,
    /// Ids of nodes that were removed.
    pub retired: BTreeSet<u64>,
    /// Milliseconds since each was heard; those never heard are absent.
    pub heard_ms: BTreeMap<u64, u64>,
    /// Entries that each lacks; absent where it isn't known.
    pub lag: BTreeMap<u64, u64>,
}

/// What is to be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// Nothing: it is as asked.
    Nothing,
    /// A learner comes.
    Add(PeerNode),
    /// A learner becomes a voter.
    Promote,
    /// A learner goes.
    RemoveLearner,
    /// A voter goes.
    RemoveVoter,
    /// The leader goes: another leads first, and does the rest.
    StepAside {
        /// Who is to lead.
        to: u64,
    },
    /// Another leads.
    Transfer,
}

/// A step with what it does to the cluster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// What is to be done.
    pub step: Step,
    /// To which node; for a transfer, the one that is to lead.
    pub node: u64,
    /// Members before.
    pub before: MemberSets,
    /// Members after.
    pub after: MemberSets,
    /// The effect in words.
    pub lines: Vec<String>,
}

impl Picture {
    fn is_heard(&self, node: u64) -> bool {
        node == self.leader || self.heard_ms.get(&node).is_some_and(|ms| *ms <= HEARD_WITHIN_MS)
    }

    /// Why a node can't be relied on now, if so.
    fn behind(&self, node: u64) -> Option<String> {
        match (self.is_heard(node), self.heard_ms.get(&node), self.lag.get(&node)) {
            (true, _, Some(lag)) if *lag <= LAG_MAX => None,
            (true, _, Some(lag)) => Some(format!("lacks {lag} entries of the log, and may lack {LAG_MAX}")),
            (true, _, None) => Some("has not said yet how much of the log it has".to_owned()),
            (false, Some(ms), _) => Some(format!("was last heard {}.{} s ago", ms / 1_000, ms % 1_000 / 100)),
            (false, None, _) => Some("was not heard yet".to_owned()),
        }
    }

    /// The voter, but the leader, that lacks least.
    fn successor(&self) -> Option<u64> {
        let able = self.voters.iter().copied().filter(|id| *id != self.leader && self.behind(*id).is_none());
        able.min_by_key(|id| self.lag.get(id).copied().unwrap_or(u64::MAX))
    }

    fn sets(&self) -> MemberSets {
        sets_of(&self.voters, self.nodes.keys().copied())
    }

    /// A warning, if some of these voters are silent: what they tolerate is then used up in part.
    fn silent(&self, voters: &BTreeSet<u64>) -> Option<String> {
        let silent: Vec<String> = voters.iter().filter(|id| !self.is_heard(**id)).map(|id| words::node(*id)).collect();
        let verb = if silent.len() == 1 { "is" } else { "are" };
        (!silent.is_empty()).then(|| format!("{} {verb} not heard now, which counts among the failures", silent.join(" and ")))
    }

    fn safe(&self, voters: &BTreeSet<u64>) -> Result<(), ApiError> {
        let heard = voters.iter().filter(|id| self.is_heard(**id)).count();
        if heard >= majority(voters.len()) {
            return Ok(());
        }
        let silent: Vec<String> = voters.iter().filter(|id| !self.is_heard(**id)).map(|id| words::node(*id)).collect();
        let told = format!(
            "{heard} of the {} were heard within a second, {} must agree: start {} first, or remove what is gone for good",
            words::voters(voters.len()),
            majority(voters.len()),
            silent.join(" and "),
        );
        Err(ApiError::new(ApiError::QUORUM_AT_RISK, told))
    }

    /// The voters as they are and as they are to be must each be able to agree: in between, both must.
    fn safe_with(&self, after: &BTreeSet<u64>) -> Result<(), ApiError> {
        self.safe(&self.voters)?;
        self.safe(after)
    }

    fn unknown(&self, id: u64) -> ApiError {
        if self.retired.contains(&id) {
            let told = format!("node {id} was removed, and ids are never used again: give the new node another");
            return ApiError::new(ApiError::NODE_RETIRED, told);
        }
        let told = format!("no member is node {id}: `bailiwick cluster add {id} --peer HOST:PORT --client HOST:PORT` adds it");
        ApiError::new(ApiError::NODE_UNKNOWN, told)
    }
}

/// Ids of removed nodes.
fn retired(state: &State) -> BTreeSet<u64> {
    state.cluster.as_ref().map(|cluster| cluster.retired_nodes.iter().copied().collect()).unwrap_or_default()
}

fn sets_of(voters: &BTreeSet<u64>, nodes: impl Iterator<Item = u64>) -> MemberSets {
    MemberSets { voters: voters.iter().copied().collect(), learners: nodes.filter(|id| !voters.contains(id)).collect() }
}

/// How many of so many voters must agree.
fn majority(voters: usize) -> usize {
    voters / 2 + 1
}

/// What a change comes to in this picture.
pub fn plan(picture: &Picture, change: &MemberChange) -> Result<Plan, ApiError> {
    match change {
        MemberChange::Add { id, peer, client } => add(picture, *id, PeerNode { peer: peer.clone(), client: client.clone() }),
        MemberChange::Promote { id } => promote(picture, *id),
        MemberChange::Remove { id } => remove(picture, *id),
        MemberChange::Transfer { to } => transfer(picture, *to),
    }
}

fn unchanged(picture: &Picture, node: u64, line: String) -> Plan {
    Plan { step: Step::Nothing, node, before: picture.sets(), after: picture.sets(), lines: vec![line] }
}

fn add(picture: &Picture, id: u64, node: PeerNode) -> Result<Plan, ApiError> {
    if id == 0 {
        return Err(ApiError::new(ApiError::BAD_REQUEST, "ids of nodes start at 1"));
    }
    if picture.retired.contains(&id) {
        return Err(picture.unknown(id));
    }
    for address in [&node.peer, &node.client] {
        check_address(address)?;
    }
    if let Some(known) = picture.nodes.get(&id) {
        let role = if picture.voters.contains(&id) { "voter" } else { "learner" };
        if role == "learner" && *known == node {
            return Ok(unchanged(picture, id, format!("node {id} is a learner at {} already: nothing to change", node.peer)));
        }
        let told = format!("node {id} is a {role} at {known} already: give the new node another id, or remove this one for good");
        return Err(ApiError::new(ApiError::NODE_KNOWN, told));
    }
    let taken = |address: &str| picture.nodes.iter().find(|(_, other)| other.peer == address || other.client == address);
    for address in [&node.peer, &node.client] {
        if let Some((other, _)) = taken(address) {
            let told = format!("`{address}` is node {other}'s: each node has addresses of its own");
            return Err(ApiError::new(ApiError::ADDRESS_TAKEN, told));
        }
    }
    if node.peer == node.client {
        let told = format!("`{}` can't serve nodes and callers both: give two ports", node.peer);
        return Err(ApiError::new(ApiError::ADDRESS_TAKEN, told));
    }
    picture.safe(&picture.voters)?;
    let lines = vec![
        format!("{}, as before: node {id} gets the log and serves checks, and has no vote", words::quorum(picture.voters.len())),
        format!("`bailiwick cluster promote {id}` gives it one, once it has caught up"),
    ];
    let after = sets_of(&picture.voters, picture.nodes.keys().copied().chain([id]).collect::<BTreeSet<_>>().into_iter());
    Ok(Plan { step: Step::Add(node), node: id, before: picture.sets(), after, lines })
}

fn check_address(address: &str) -> Result<(), ApiError> {
    let port = address.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    if port.is_none_or(|port| port == 0) || server_name_of(address).is_err() {
        let told = format!("`{}` is no address: write HOST:PORT", address.escape_debug());
        return Err(ApiError::new(ApiError::BAD_REQUEST, told));
    }
    Ok(())
}

fn promote(picture: &Picture, id: u64) -> Result<Plan, ApiError> {
    if !picture.nodes.contains_key(&id) || picture.retired.contains(&id) {
        return Err(picture.unknown(id));
    }
    if picture.voters.contains(&id) {
        return Ok(unchanged(picture, id, format!("node {id} is a voter already: nothing to change")));
    }
    if let Some(why) = picture.behind(id) {
        let told = format!("node {id} {why}: see that it runs, wait until it has caught up, and ask again");
        return Err(ApiError::new(ApiError::LEARNER_BEHIND, told));
    }
    let after: BTreeSet<u64> = picture.voters.iter().copied().chain([id]).collect();
    picture.safe_with(&after)?;
    let mut lines = words::effect(picture.voters.len(), after.len());
    lines.extend(picture.silent(&after));
    let sets = sets_of(&after, picture.nodes.keys().copied());
    Ok(Plan { step: Step::Promote, node: id, before: picture.sets(), after: sets, lines })
}

fn remove(picture: &Picture, id: u64) -> Result<Plan, ApiError> {
    if !picture.nodes.contains_key(&id) {
        return if picture.retired.contains(&id) {
            Ok(unchanged(picture, id, format!("node {id} was removed already: nothing to change")))
        } else {
            Err(picture.unknown(id))
        };
    }
    let after: BTreeSet<u64> = picture.voters.iter().copied().filter(|voter| *voter != id).collect();
    if after.is_empty() {
        let told = format!("node {id} is the only voter: promote another first");
        return Err(ApiError::new(ApiError::LAST_VOTER, told));
    }
    picture.safe_with(&after)?;
    let left = picture.nodes.keys().copied().filter(|node| *node != id);
    let sets = sets_of(&after, left);
    let (step, mut lines) = if after.len() == picture.voters.len() {
        (Step::RemoveLearner, vec![format!("{}, as before: node {id} had no vote", words::quorum(after.len()))])
    } else if id == picture.leader {
        let to = picture.successor().ok_or_else(|| no_successor(picture))?;
        let mut lines = vec![format!("node {id} leads: leadership moves to node {to} first")];
        lines.extend(words::effect(picture.voters.len(), after.len()));
        (Step::StepAside { to }, lines)
    } else {
        (Step::RemoveVoter, words::effect(picture.voters.len(), after.len()))
    };
    lines.extend(picture.silent(&after));
    lines.push(format!("node {id} stops answering checks; its id is never used again"));
    Ok(Plan { step, node: id, before: picture.sets(), after: sets, lines })
}

fn no_successor(picture: &Picture) -> ApiError {
    let told: Vec<String> = picture
        .voters
        .iter()
        .filter(|id| **id != picture.leader)
        .filter_map(|id| picture.behind(*id).map(|why| format!("node {id} {why}")))
        .collect();
    ApiError::new(ApiError::VOTER_BEHIND, format!("no other voter can lead now: {}: wait until one has caught up", told.join("; ")))
}

fn transfer(picture: &Picture, to: Option<u64>) -> Result<Plan, ApiError> {
    let to = match to {
        Some(to) if to == picture.leader => return Ok(unchanged(picture, to, format!("node {to} leads already: nothing to change"))),
        Some(to) if picture.voters.contains(&to) => match picture.behind(to) {
            None => to,
            Some(why) => {
                let told = format!("node {to} {why}: wait until it has caught up, or name another voter");
                return Err(ApiError::new(ApiError::VOTER_BEHIND, told));
            }
        },
        Some(to) if picture.nodes.contains_key(&to) => {
            let told = format!("node {to} is a learner, and only voters lead: `bailiwick cluster promote {to}` first");
            return Err(ApiError::new(ApiError::NOT_VOTER, told));
        }
        Some(to) => return Err(picture.unknown(to)),
        None if picture.voters.len() < 2 => {
            let told = format!("node {} is the only voter: promote another first", picture.leader);
            return Err(ApiError::new(ApiError::LAST_VOTER, told));
        }
        None => picture.successor().ok_or_else(|| no_successor(picture))?,
    };
    picture.safe(&picture.voters)?;
    let lines = vec![
        format!("leadership: node {} → node {to}; writes wait for it, checks don't", picture.leader),
        format!("{}, as before", words::quorum(picture.voters.len())),
    ];
    Ok(Plan { step: Step::Transfer, node: to, before: picture.sets(), after: picture.sets(), lines })
}
