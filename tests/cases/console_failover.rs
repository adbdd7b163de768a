//! The console while the leader is killed under it: it stays usable, goes on with another node, and keeps what was typed
//! and what was staged; then the preview and the commit go through.

use std::time::Duration;

use bailiwick_policy::access::Levels;
use bailiwick_rpc::api::At;
use bailiwick_tests::harness::*;

use crate::support::settings;

const ORG: &str = "acme";
/// Columns and rows of the terminal.
const SIZE: (u16, u16) = (120, 40);
/// How soon a key is answered on the screen, whatever the cluster does.
const ANSWERED: Duration = Duration::from_millis(500);
/// Consoles that are opened, at most, until one happens to read from the leader: each begins at a node of its choice.
const OPENED_MAX: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_typed_or_staged_is_lost_when_the_leader_is_killed() {
    let story = Story::begin("console_failover::nothing_typed_or_staged_is_lost_when_the_leader_is_killed");

    story.phase("establish");
    let cluster = Cluster::start(settings()).await;
    let caller = &cluster.node(1).caller;
    seed::retailer(caller, ORG, 20).await;
    caller.change(&seed::group(ORG, "Kiosk", &[("Customer", Levels::R)])).await;
    caller.change(&seed::allocate(ORG, &["s1", "s2"], Some("Kiosk"))).await;
    cluster.equal().await;
    answers(&cluster, "till:s1/t1", "POST", "/v2/customers/42", "needs_write").await;
    let mut console = on_the_leader(&cluster);

    story.phase("an edit is staged, and another is being typed");
    console.press("2 /");
    console.type_text("kiosk");
    console.press("enter");
    console.expect("Kiosk active custom");
    console.press("enter");
    console.expect("Kiosk (custom)");
    console.press("/");
    console.type_text("customer");
    console.press("enter");
    console.expect("Customer [Read]");
    console.press("b");
    console.expect("±Read+Write");
    console.press("2 n");
    console.type_text("Night shift");
    console.expect("Night shift");

    story.phase("break: the leader is killed");
    let leader = cluster.leader().await;
    let was = console.wait("node and leader", BOUND, |screen| named(screen).ok_or_else(|| "they aren't named".to_owned()));
    cluster.node(leader).process.kill();

    story.phase("observe: keys are answered, what is there stays there, another node takes over");
    let slowest = typed(&console, "Night shift", " tills");
    console.expect("± 1 pending");
    let now = another(&console, leader);
    story.note(&format!("node {leader} killed; read from node {} before, node {} after; slowest key {slowest:?}", was.0, now.0));
    console.expect("Night shift tills");
    console.press("enter enter");
    console.expect("± 2 pending");

    story.phase("both are previewed and committed");
    console.press("p");
    console.expect("edit Kiosk: 1 cell");
    console.expect("2 tills gain Write on Customer (Data)");
    console.press("enter tab enter");
    console.expect("± 1 pending");
    console.expect("nobody's access changes");
    console.press("enter tab enter");
    console.expect("nothing is staged");
    answers(&cluster, "till:s1/t1", "POST", "/v2/customers/42", "permit_group").await;
    console.press("2 esc");
    console.expect("Night shift tills active custom");

    story.phase("heal");
    cluster.start_node(leader).await;
    cluster.fresh_node(leader).await;

    story.phase("once more, while a filter is typed");
    console.press("3 /");
    console.type_text("s12");
    console.press("enter");
    console.expect("s12 Store s12");
    console.press("a");
    console.expect("Allocate which group?");
    console.type_text("instore");
    console.press("enter");
    console.expect("± 1 pending");
    console.press("/ ctrl-u");
    console.type_text("s");
    console.expect("s13 Store s13");
    let leader = cluster.leader().await;
    cluster.node(leader).process.kill();
    let slowest = typed(&console, "/s", "14");
    console.expect("s14 Store s14");
    console.expect_gone("s13 Store s13");
    console.expect("± 1 pending");
    let now = another(&console, leader);
    story.note(&format!("node {leader} killed; read from node {} after; slowest key {slowest:?}", now.0));
    console.press("enter p");
    console.expect("allocate Instore to 1 store");
    console.expect("1 till gains");
    console.press("enter tab enter");
    console.expect("nothing is staged");
    answers(&cluster, "till:s12/t1", "GET", "/v2/tasks", "permit_group").await;

    story.phase("judge: it ends in order, and all nodes are the same");
    console.press("q");
    assert!(console.ended(BOUND).success());
    cluster.start_node(leader).await;
    cluster.fresh_node(leader).await;
    cluster.equal().await;
}

/// Node read from, and leader, as the header names them; none while it can't.
fn named(screen: &vt100::Screen) -> Option<(u64, u64)> {
    let header = screen.rows(0, SIZE.0).next()?;
    let (before, after) = header.split_once(" · leader n")?;
    let number = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok();
    Some((number(before.rsplit_once('n')?.1)?, number(after)?))
}

/// A console that reads from the leader: the worst place to be when the leader dies.
fn on_the_leader(cluster: &Cluster) -> Terminal {
    for _ in 0..OPENED_MAX {
        let console = cluster.cli(ORG).console(SIZE);
        let (node, leader) = console.wait("node and leader", BOUND, |screen| named(screen).ok_or_else(|| "they aren't named".to_owned()));
        if node == leader {
            return console;
        }
    }
    panic!("of {OPENED_MAX} consoles none reads from the leader");
}

/// Types one character after the other; each must be on the screen in time. Returns the longest time.
fn typed(console: &Terminal, before: &str, text: &str) -> Duration {
    let mut shown = before.to_owned();
    let times = text.chars().map(|character| {
        console.type_text(&character.to_string());
        shown.push(character);
        console.expect_within(ANSWERED, shown.trim_end())
    });
    times.max().unwrap_or_default()
}

/// Waits until the header names another node and another leader than the one that is dead.
fn another(console: &Terminal, dead: u64) -> (u64, u64) {
    console.wait("another node, another leader", BOUND, |screen| {
        let named = named(screen);
        named.filter(|(node, leader)| *node != dead && *leader != dead).ok_or_else(|| format!("named are {named:?}"))
    })
}

/// Asks every node that runs; each must give this reason.
async fn answers(cluster: &Cluster, subject: &str, method: &str, path: &str, reason: &str) {
    for node in cluster.nodes().iter().filter(|node| node.process.pid().is_some()) {
        let reply = node.caller.check(check_of(ORG, subject, method, path, At::Linearizable)).await;
        let reply = reply.unwrap_or_else(|why| panic!("node {}: {why}", node.id));
        assert_eq!(reply.reason, reason, "{subject} {method} {path} on node {}", node.id);
    }
}
