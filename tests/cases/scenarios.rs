//! The scripts of `tests/scenarios/`, each run through every path that has an answer: the reference evaluator and the
//! index, both over the state as it came about and as a snapshot restores it, and tarpc on the leader and on a follower.
//! They must agree before anything is compared with the script. At last, a node that was down all the while gets
//! everything by snapshot, and answers the last questions of every script as the others do.
//!
//! A script has an org of its own, `acme` to itself. Its words are those of the commands; `question` says what can be asked,
//! and `explain` adds the sentence and the changes that would allow it.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use bailiwick_policy::access::{Class, Grant, Narrow};
use bailiwick_policy::command::*;
use bailiwick_policy::execute::execute;
use bailiwick_policy::explain::explain;
use bailiwick_policy::ids::*;
use bailiwick_policy::index::Index;
use bailiwick_policy::object::Secret;
use bailiwick_policy::outcome::Outcome;
use bailiwick_policy::state::State;
use bailiwick_policy::{decide, reference};
use bailiwick_rpc::api::{At, CheckRequest, Receipt, SubmitReply};
use bailiwick_storage::View;
use bailiwick_tests::harness::caller::request;
use bailiwick_tests::harness::restored::Original;
use bailiwick_tests::harness::*;
use bailiwick_tests::tidy;
use futures::future::join_all;
use goldenscript::{Argument, Context};
use tokio::runtime::Handle;

use crate::support::settings;

mod people;
mod question;

use question::{said, said_by};

/// The org as scripts know it; the cluster's is named by the script, since one cluster runs them all.
const ORG: &str = "acme";

/// A question, and what its answer said.
#[derive(Clone, Debug)]
struct Asked {
    request: CheckRequest,
    said: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_path_gives_the_answer_of_the_script() {
    let story = Story::begin("scenarios::every_path_gives_the_answer_of_the_script");
    let mut few = settings();
    few.raft.snapshot_log_bytes = 64 * 1024;
    few.raft.log_keep_entries = 10;
    let cluster = Cluster::start(few).await;
    let leader = cluster.leader().await;
    let (follower, down) = (cluster.others(leader)[0].id, cluster.others(leader)[1].id);
    let had = cluster.node(down).caller.status(false).await.expect("its status").last_log;
    cluster.node(down).process.kill();
    let mut scripts: Vec<PathBuf> = std::fs::read_dir(tidy::root().join("tests/scenarios"))
        .expect("the folder of scripts")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    scripts.sort();
    assert!(scripts.len() >= 12, "scripts: {scripts:?}");
    let mut last: Vec<Asked> = Vec::new();
    let mut restores = 0;
    for script in &scripts {
        story.phase(&script.display().to_string());
        let name = script.file_name().and_then(|name| name.to_str()).expect("a name of ASCII");
        let mut scenario = Scenario::new(&cluster, leader, follower, &format!("script-{name}"));
        // A script is synchronous; its calls block this thread, and the runtime's others carry them.
        tokio::task::block_in_place(|| goldenscript::run(&mut scenario, script)).unwrap_or_else(|why| panic!("`{}`: {why}", script.display()));
        assert!(!scenario.asked.is_empty(), "`{}` asks nothing after its last change", script.display());
        last.append(&mut scenario.asked);
        restores += scenario.restores;
    }

    story.phase("a node that has missed all of it gets it by snapshot");
    purge_beyond(&cluster, leader, had).await;
    cluster.start_node(down).await;
    cluster.fresh_node(down).await;
    cluster.equal().await;
    let status = cluster.node(down).caller.status(false).await.expect("its status");
    assert!(status.snapshot > had && status.purged > had, "it was sent no snapshot: {status:#?}");
    for asked in &last {
        let reply = cluster.node(down).caller.check(CheckRequest { at: At::Local, ..asked.request.clone() }).await;
        assert_eq!(said_by(&reply.expect("an answer")), asked.said, "{asked:?}");
    }
    println!(
        "scenarios: {} scripts, each through reference, index, {restores} restored states, leader {leader} and follower {follower}; {} questions to node {down}, restored",
        scripts.len(),
        last.len()
    );
}

/// Changes something that no script asks about, until the leader has purged its log beyond an index.
async fn purge_beyond(cluster: &Cluster, leader: u64, index: u64) {
    let caller = &cluster.node(leader).caller;
    let stores = Arc::new(seed::codes(64));
    seed::retailer(caller, "ballast", stores.len()).await;
    for round in 0..1_000 {
        let group = if round % 2 == 0 { "Admin" } else { "Instore" };
        join_all(stores.iter().map(|store| async move { caller.change(&seed::allocate("ballast", &[store], Some(group))).await })).await;
        if caller.status(false).await.expect("the leader's status").purged > index + 1 {
            return;
        }
    }
    panic!("nothing is purged after 64,000 writes");
}

struct Scenario<'a> {
    leader: &'a Caller,
    follower: &'a Caller,
    org: String,
    state: State,
    index: Index,
    /// The same state in a storage, and what a snapshot of it restores; none if it has changed since.
    original: Original,
    restored: Option<Arc<View>>,
    restores: usize,
    receipt: Option<Receipt>,
    /// What was asked since the last change.
    asked: Vec<Asked>,
}

type Answer = Result<String, Box<dyn Error>>;

impl<'a> Scenario<'a> {
    fn new(cluster: &'a Cluster, leader: u64, follower: u64, org: &str) -> Self {
        let mut state = State::default();
        let init = Command::InitCluster { cluster: "scenario".into(), operator: Secret::TokenHash([1; 32]) };
        let init = envelope(Actor::System, init);
        let mut original = Original::default();
        tokio::task::block_in_place(|| Handle::current().block_on(original.commit(&init)));
        let done = execute(&mut state, &init);
        assert!(matches!(done.outcome, Outcome::Committed { .. }), "{:?}", done.outcome);
        let index = Index::build(&state);
        let (leader, follower) = (&cluster.node(leader).caller, &cluster.node(follower).caller);
        let (restored, restores, receipt, asked) = (None, 0, None, Vec::new());
        Self { leader, follower, org: org.to_owned(), state, index, original, restored, restores, receipt, asked }
    }

    /// Runs a command here and in the cluster; both must say the same.
    fn command(&mut self, command: Command) -> Answer {
        let proposed = envelope(Actor::Credential(code("operator-1")), command.clone());
        Handle::current().block_on(self.original.commit(&proposed));
        self.restored = None;
        let done = execute(&mut self.state, &proposed);
        if !done.changes.is_empty() {
            self.asked.clear();
        }
        self.index.apply(&self.state, &done.changes);
        let here = match &done.outcome {
            Outcome::Committed { changed, warnings, .. } => committed(*changed, warnings.iter().map(|w| w.to_string())),
            Outcome::Rejected(rejection) => format!("rejected: {}", rejection.code),
        };
        let reply = Handle::current().block_on(self.leader.submit(request(new_id(), &command))).map_err(|why| why.to_string())?;
        let there = match reply {
            SubmitReply::Committed { receipt, changed, warnings, .. } => {
                self.receipt = Some(receipt);
                committed(changed, warnings)
            }
            SubmitReply::Rejected(rejection) => format!("rejected: {}", rejection.code),
            SubmitReply::Unknown { message } => return Err(format!("unknown: {message}").into()),
        };
        if here != there { Err(format!("the model says `{here}`, the cluster `{there}`").into()) } else { Ok(self.shown(&there)) }
    }

    /// Asks on every path; all must say the same.
    fn question(&mut self, args: &[Argument], explained: bool) -> Answer {
        let at = self.receipt.clone().map_or(At::Linearizable, At::AtLeast);
        let sent = question::parse(args, &self.org, at)?;
        let asked = question::request(&sent)?;
        let restored = match &self.restored {
            Some(view) => view.clone(),
            None => {
                self.restores += 1;
                self.restored.insert(Handle::current().block_on(self.original.restored())).clone()
            }
        };
        let (here, there) = (&self.state, &restored.state);
        let mut answers = vec![
            ("the reference", said(reference::decide(here, &asked), here, &asked)),
            ("the index", said(decide::decide(&self.index, &asked), here, &asked)),
            ("the index, built anew", said(decide::decide(&Index::build(here), &asked), here, &asked)),
            ("the reference, restored", said(reference::decide(there, &asked), there, &asked)),
            ("the index, restored", said(decide::decide(&restored.index, &asked), there, &asked)),
        ];
        for (name, caller) in [("the leader", self.leader), ("a follower", self.follower)] {
            let reply = Handle::current().block_on(caller.check(sent.clone()));
            answers.push((name, said_by(&reply.map_err(|why| why.to_string())?)));
        }
        if answers.windows(2).any(|pair| pair[0].1 != pair[1].1) {
            return Err(format!("the answers differ: {answers:?}").into());
        }
        let verdict = reference::decide(&self.state, &asked).verdict();
        let said = answers[0].1.clone();
        self.asked.push(Asked { request: sent.clone(), said });
        let mut lines = vec![format!("{verdict}: {}", answers[0].1)];
        if explained {
            let local = explain(&self.state, &asked);
            let reply = Handle::current().block_on(self.follower.explain(sent.clone()));
            let remote = reply.map_err(|why| why.to_string())?.explanation.ok_or("the cluster gave no chain")?;
            if local != remote {
                return Err(format!("the explanations differ: {local:#?}\n{remote:#?}").into());
            }
            lines.push(local.sentence.clone());
            lines.extend(local.remedies.iter().map(|remedy| format!("would allow it: {}", remedy.text)));
        }
        Ok(self.shown(&lines.join("\n")))
    }

    /// The cluster's org by the name that scripts know it by.
    fn shown(&self, text: &str) -> String {
        text.replace(&self.org, ORG)
    }
}

impl goldenscript::Runner for Scenario<'_> {
    type Command = goldenscript::Command;

    fn run(&mut self, command: &goldenscript::Command, _: &Context) -> Answer {
        let org = self.org.clone();
        let org = org.as_str();
        let words: Vec<&str> = command.args.iter().filter_map(|arg| if let Argument::Positional(word) = arg { Some(word.as_str()) } else { None }).collect();
        let value = |key: &str| {
            command.args.iter().find_map(|arg| match arg {
                Argument::KeyValue(name, value) if name == key => Some(value.as_str()),
                Argument::KeyValue(..) | Argument::Positional(_) => None,
                _other => None,
            })
        };
        let target = || -> Result<ObjectId, Box<dyn Error>> {
            if let Some(user) = value("user") {
                return Ok(ObjectId::User(org.parse()?, user.parse()?));
            }
            if let Some(application) = value("application") {
                return Ok(ObjectId::Application(org.parse()?, application.parse()?));
            }
            Ok(match (value("store"), value("till").and_then(|till| till.split_once('/'))) {
                (Some(store), None) => seed::store_id(org, store),
                (None, Some((store, till))) => seed::till_id(org, store, till),
                (None, None) if words == ["org"] => ObjectId::Org(org.parse()?),
                (None, None) | (Some(_), Some(_)) => return Err("name `store=`, `till=STORE/TILL`, `user=`, `application=` or `org`".into()),
            })
        };
        // Cells are written `Customer=RW`, `Store/config=R`, `Customer="RW only GET /v2/customers/{}"`.
        let grants = || -> Result<Vec<Grant>, Box<dyn Error>> {
            let cells = command.args.iter().filter_map(|arg| match arg {
                Argument::KeyValue(cell, levels) if cell != "name" && cell != "widen" => Some((cell, levels)),
                Argument::KeyValue(..) | Argument::Positional(_) => None,
                _other => None,
            });
            cells.map(|(cell, levels)| grant(cell, levels)).collect()
        };
        let is_true = |key: &str| value(key) == Some("true");
        match (command.name.as_str(), words.as_slice()) {
            ("check", _) => self.question(&command.args, false),
            ("explain", _) => self.question(&command.args, true),
            ("org", []) => self.command(seed::org(org)),
            ("zones", codes) => self.command(seed::zones(org, codes)),
            ("stores", codes) => {
                let mut command = seed::stores(org, codes);
                if let (Some(zone), Command::PutStores { rows, .. }) = (value("zone"), &mut command) {
                    let zone: ZoneCode = zone.parse()?;
                    rows.iter_mut().for_each(|row| row.zone = Field::To(zone.clone()));
                }
                self.command(command)
            }
            ("tills", ids) => self.command(seed::tills(org, ids)),
            ("endpoint", [method, path]) => {
                let class = value("class").map_or(Ok(Class::Data), str::parse)?;
                let row = seed::endpoint(method, path, value("resource"), class, value("level").map(str::parse).transpose()?);
                let row = people::routes(row, &command.args, org)?;
                self.command(Command::PutEndpoints { org: org.parse()?, mode: PutMode::Import, rows: vec![row] })
            }
            ("group", [name]) => {
                let command = Command::CreateGroup { org: org.parse()?, name: name.parse()?, description: "".into(), grants: grants()? };
                self.command(command)
            }
            ("edit", [group]) => {
                let name = value("name").map(str::parse).transpose()?;
                let widen = value("widen").map(cell_of).transpose()?.into_iter().collect();
                let command = Command::EditGroup { org: org.parse()?, group: (*group).into(), name, description: None, cells: grants()?, widen };
                self.command(command)
            }
            ("deactivate", [group]) => self.command(Command::DeactivateGroup { org: org.parse()?, group: (*group).into() }),
            ("reactivate", [group]) => self.command(Command::ReactivateGroup { org: org.parse()?, group: (*group).into() }),
            ("default", [group]) => {
                let command = Command::SetDefault { org: org.parse()?, group: Some((*group).into()), observe: is_true("observe") };
                self.command(command)
            }
            ("default", []) => self.command(seed::default(org, None)),
            ("allocate", stores) if value("till").is_some() => {
                let (store, till) = value("till").and_then(|till| till.split_once('/')).ok_or("`till=STORE/TILL`")?;
                let stores = stores.iter().map(|s| s.parse()).collect::<Result<_, _>>()?;
                let tills = vec![(store.parse()?, till.parse()?)];
                self.command(Command::Allocate { org: org.parse()?, stores, tills, group: value("group").map(GroupRef::from), observe: false })
            }
            ("allocate", stores) => {
                let stores = stores.iter().map(|s| s.parse()).collect::<Result<_, _>>()?;
                let group = value("group").map(GroupRef::from);
                self.command(Command::Allocate { org: org.parse()?, stores, tills: Vec::new(), group, observe: is_true("observe") })
            }
            ("move", []) => {
                let (store, till) = value("till").and_then(|till| till.split_once('/')).ok_or("`till=STORE/TILL`")?;
                let to = value("to").ok_or("`to=STORE`")?.parse()?;
                self.command(Command::MoveTill { org: org.parse()?, store: store.parse()?, till: till.parse()?, to })
            }
            ("remove", []) => {
                let target = match (value("zone"), value("control"), value("set")) {
                    (Some(zone), ..) => ObjectId::Zone(org.parse()?, zone.parse()?),
                    (None, Some(control), _) => ObjectId::Control(org.parse()?, control.parse()?),
                    (None, None, Some(set)) => ObjectId::Set(org.parse()?, set.parse()?),
                    (None, None, None) => target()?,
                };
                self.command(Command::Remove { target, force: is_true("force") })
            }
            ("suspend", _) => self.command(Command::Suspend { target: target()? }),
            ("resume", _) => self.command(Command::Resume { target: target()? }),
            (other, words) => match people::command(org, other, words, &command.args)? {
                Some(command) => self.command(command),
                None => Err(format!("`{other}` with {words:?} is no command of these scripts").into()),
            },
        }
    }
}

/// A resource, and its class if it isn't Data.
fn cell_of(text: &str) -> Result<(ResourceId, Class), Box<dyn Error>> {
    let (resource, class) = text.rsplit_once('/').map_or((text, Ok(Class::Data)), |(resource, class)| (resource, class.parse()));
    Ok((resource.parse()?, class?))
}

fn grant(cell: &str, text: &str) -> Result<Grant, Box<dyn Error>> {
    let (resource, class) = cell_of(cell)?;
    let endpoints = |text: &str| text.split(", ").map(str::parse).collect::<Result<Vec<EndpointId>, _>>();
    let (levels, narrow) = match (text.split_once(" only "), text.split_once(" except ")) {
        (Some((levels, only)), _) => (levels, Some(Narrow::Only(endpoints(only)?))),
        (None, Some((levels, except))) => (levels, Some(Narrow::Except(endpoints(except)?))),
        (None, None) => (text, None),
    };
    Ok(Grant { resource, class, levels: levels.parse()?, narrow })
}

fn envelope(actor: Actor, command: Command) -> Envelope {
    let id = new_id();
    Envelope { request_id: id, actor, proposed_at: id.made_at(), reads: Vec::new(), reason: None, job: None, command }
}

/// A command that did what it says has nothing to say.
fn committed(changed: bool, warnings: impl IntoIterator<Item = String>) -> String {
    let mut lines = if changed { Vec::new() } else { vec!["nothing to change".to_owned()] };
    lines.extend(warnings.into_iter().map(|warning| format!("warning: {warning}")));
    lines.join("\n")
}
