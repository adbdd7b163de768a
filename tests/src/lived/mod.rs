//! A year of a retailer on real nodes, beside the same year in memory: after each part, what the nodes hold is what the mirror
//! says, by the content hash.

pub mod options;

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bailiwick_client::{Client, WriteOutcome};
use bailiwick_policy::command::Command;
use bailiwick_policy::ids::{RequestId, Revision};
use bailiwick_rpc::api::{At, AuditEntry, AuditQuery, SubmitRequest, encode_command};
use bailiwick_storage::content_hash;

use crate::harness::cluster::NAME;
use crate::harness::{BOUND, Cluster, code, new_id, until};
use crate::year::mirror::{Mirror, REASON};
use crate::year::retailer::{ORG, Size};
use crate::year::{Excuse, Step, Year};

/// How long one change may take, an election included.
const CHANGE_MAX: Duration = Duration::from_secs(30);
/// How long a file of a large org may take to be written or applied.
pub const FILE_MAX: Duration = Duration::from_secs(600);
/// Break-glass of the mirror, in milliseconds. That of the nodes lasts a part of it: so what is over in the mirror is over
/// there too, and nothing that was lawful in the mirror is refused.
const BREAK_GLASS_MS: (u64, u64) = (8_000, 12_000);
const BREAK_GLASS_PART: u64 = 4;

/// The nodes, and the year as it has to be there.
pub struct Lived<'a> {
    cluster: &'a Cluster,
    client: Client,
    year: Year,
    /// What each change of the year came to on the nodes.
    made: Vec<(RequestId, Revision)>,
    begun: Revision,
}

/// What undoing came to.
#[derive(Clone, Debug, Default)]
pub struct Undone {
    /// Undone.
    pub undone: usize,
    /// Refused, by the command and the reason.
    pub refused: BTreeMap<(String, &'static str), usize>,
}

/// What the audit has of the year.
#[derive(Clone, Copy, Debug)]
pub struct Audited {
    /// Entries of changes.
    pub changes: usize,
    /// Entries of time, which the cluster makes itself.
    pub ticks: usize,
}

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

fn hash_of(mirror: &Mirror) -> String {
    content_hash(&mirror.state).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl<'a> Lived<'a> {
    /// Builds the org on a new cluster; returns it with the number of commands.
    pub async fn build(cluster: &'a Cluster, size: Size, listed: &[(String, String)], seed: u64) -> Result<(Self, usize), String> {
        let mut year = Year::new(NAME, seed, now_ms(), BREAK_GLASS_MS);
        let commands = year.build(size, listed);
        let client = cluster.client();
        let mut begun = Revision(0);
        for command in &commands {
            begun = change(&client, new_id(), command).await?;
        }
        Ok((Self { cluster, client, year, made: Vec::new(), begun }, commands.len()))
    }

    /// The content hash that all nodes have, which must be the mirror's.
    pub async fn agreed(&self, when: &str) -> String {
        let wanted = hash_of(&self.year.mirror);
        until(&format!("the nodes hold what the mirror does, {when}"), BOUND, async || {
            let (_, content, _) = self.cluster.equal().await;
            if content == wanted { Ok(content) } else { Err(format!("they have {content}, the mirror {wanted}")) }
        })
        .await
    }

    /// Makes so many changes, one after the other; returns how many draws were unlawful.
    pub async fn live(&mut self, changes: usize) -> Result<usize, String> {
        for _change in 0..changes {
            self.year.mirror.at(now_ms());
            let command = match self.year.go_on() {
                Step::Command(command) => encode_command(&shortened(*command)).map_err(|why| why.to_string())?,
                Step::Undo(at) => {
                    let (_, revision) = *self.made.get(at).ok_or("what is undone was done before")?;
                    self.client.inverse(revision).await.map_err(|why| why.to_string())?
                }
            };
            let id = new_id();
            let revision = match self.carry(id, command).await? {
                WriteOutcome::Committed(done) if done.changed => done.revision,
                other => return Err(format!("{}, which is lawful in the mirror, came to {other:?}", self.last())),
            };
            self.made.push((id, revision));
        }
        // What is bounded by the mirror's clock ends; on the nodes it has, or will within a moment.
        self.year.mirror.at(now_ms() + BREAK_GLASS_MS.1);
        Ok(self.year.refused)
    }

    fn last(&self) -> String {
        self.year.done.last().map_or_else(String::new, |done| format!("change {}, {}", self.made.len(), done.row.command))
    }

    async fn carry(&self, request_id: RequestId, command: serde_bytes::ByteBuf) -> Result<WriteOutcome, String> {
        let request = SubmitRequest { request_id, command, reads: Vec::new(), expect: None, reason: Some(REASON.to_owned()), job: None };
        self.client.carry(request, CHANGE_MAX).await.map_err(|why| why.to_string())
    }

    /// Every change has exactly one entry in the audit, at the revision that was answered, in the words of the mirror's.
    pub async fn audited(&self) -> Result<Audited, String> {
        let entries = self.entries().await?;
        let ticks = entries.iter().filter(|entry| entry.command == "tick").count();
        let mut by_request: HashMap<RequestId, &AuditEntry> = HashMap::new();
        for entry in entries.iter().filter(|entry| entry.command != "tick") {
            if let Some(other) = by_request.insert(entry.request_id, entry) {
                return Err(format!("request {} has entries {} and {}", entry.request_id, other.revision, entry.revision));
            }
        }
        for ((request, revision), done) in self.made.iter().zip(&self.year.done) {
            let entry = by_request.remove(request).ok_or_else(|| format!("{} at revision {revision} has no entry", done.row.command))?;
            let named = done.undid.is_some() == entry.command.starts_with("undo ") && (done.undid.is_some() || entry.command == *done.row.command);
            let whole = entry.changes_total == done.row.changes.len() as u64 && entry.reason.as_deref() == Some(REASON);
            if entry.revision != *revision || !named || !whole {
                return Err(format!("{} at revision {revision} has another entry: {entry:?}", done.row.command));
            }
        }
        match by_request.values().next() {
            None => Ok(Audited { changes: self.made.len(), ticks }),
            Some(strange) => Err(format!("entry {} is of no change of ours: {}", strange.revision, strange.command)),
        }
    }

    /// All entries since the year began.
    async fn entries(&self) -> Result<Vec<AuditEntry>, String> {
        let mut all = Vec::new();
        let mut cursor = Some(self.begun);
        while let Some(at) = cursor {
            let query = AuditQuery { cursor: Some(at), oldest_first: true, at: At::Linearizable, ..AuditQuery::default() };
            let page = self.client.audit(query).await.map_err(|why| why.to_string())?;
            all.extend(page.entries.into_iter().filter(|entry| entry.revision > self.begun));
            cursor = page.next;
        }
        Ok(all)
    }

    /// Undoes the year, the last change first. What is refused must be refused in the mirror too, and for a reason that there may
    /// be.
    pub async fn undo(&mut self) -> Result<Undone, String> {
        let mut undone = Undone::default();
        for at in (0..self.made.len()).rev() {
            let (_, revision) = *self.made.get(at).ok_or("it was made")?;
            let named = self.year.done.get(at).map_or_else(String::new, |done| done.row.command.to_string());
            let excuse = self.year.excuse(at);
            let expected = self.year.undo(at);
            let command = self.client.inverse(revision).await.map_err(|why| format!("{named} at {revision}: {why}"))?;
            match (self.carry(new_id(), command).await?, expected) {
                (WriteOutcome::Committed(_), Ok(())) => undone.undone += 1,
                (WriteOutcome::Rejected(no), Err(expected)) if no.code == expected.code.as_str() => {
                    let excuse = excuse.filter(|excuse| excuse.codes().contains(&expected.code));
                    let words = excuse.map(Excuse::words).ok_or_else(|| format!("{named} at {revision} must be undone, and is refused: {no}"))?;
                    let kind = named.split(' ').filter(|word| word.parse::<u64>().is_err()).collect::<Vec<_>>().join(" ");
                    *undone.refused.entry((kind, words)).or_default() += 1;
                }
                (outcome, expected) => return Err(format!("undoing {named} at {revision} came to {outcome:?}, and in the mirror to {expected:?}")),
            }
        }
        Ok(undone)
    }
}

/// Break-glass as the nodes get it.
fn shortened(command: Command) -> Command {
    match command {
        Command::BreakGlass { org, stores, group, lasts_ms } => Command::BreakGlass { org, stores, group, lasts_ms: lasts_ms / BREAK_GLASS_PART },
        other => other,
    }
}

/// A change that must be accepted; returns its revision.
async fn change(client: &Client, request_id: RequestId, command: &Command) -> Result<Revision, String> {
    let encoded = encode_command(command).map_err(|why| why.to_string())?;
    let request = SubmitRequest { request_id, command: encoded, reads: Vec::new(), expect: None, reason: None, job: None };
    match client.carry(request, CHANGE_MAX).await.map_err(|why| why.to_string())? {
        WriteOutcome::Committed(done) => Ok(done.revision),
        other => Err(format!("{}: {other:?}", command.name())),
    }
}

/// Every node loses all that it has, and the org is made anew from a file, where there is nothing but its first owner.
/// Returns the content hash.
pub async fn made_anew(cluster: &Cluster, file: &str) -> Result<String, String> {
    let nodes: Vec<u64> = cluster.nodes().iter().map(|node| node.id).collect();
    nodes.iter().for_each(|node| cluster.stop(*node));
    for node in &nodes {
        std::fs::remove_dir_all(cluster.folder().join(format!("data-{node}"))).map_err(|why| format!("node {node}: {why}"))?;
    }
    for node in nodes {
        cluster.start_node(node).await;
    }
    cluster.fresh().await;
    let org = Command::CreateOrg { org: code(ORG), name: code(ORG), owner: code("owner"), owner_name: code("Owner") };
    change(&cluster.client(), new_id(), &org).await?;
    let ran = cluster.cli(ORG).within(FILE_MAX).run(&["apply", file, "--prune"]);
    if ran.code != 0 {
        return Err(ran.to_string());
    }
    Ok(cluster.equal().await.1)
}
