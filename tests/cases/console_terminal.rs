//! The console and its terminal: given back at its end and on Ctrl-Z, taken again by `fg`, drawn right after any storm of
//! sizes; and a console whose terminal is gone goes too.

use bailiwick_policy::access::Levels;
use bailiwick_tests::harness::process::signal;
use bailiwick_tests::harness::*;

use crate::support::settings;

const ORG: &str = "acme";
/// Columns and rows of the terminal.
const SIZE: (u16, u16) = (120, 40);
/// What shows that a console is at home, with its data.
const HOME: &str = "Recent changes";

async fn retailer() -> Cluster {
    let cluster = Cluster::start(settings()).await;
    let caller = &cluster.node(1).caller;
    seed::retailer(caller, ORG, 60).await;
    caller.change(&seed::group(ORG, "Kiosk", &[("Customer", Levels::R)])).await;
    cluster.equal().await;
    cluster
}

/// Stages one cell of Kiosk's matrix.
fn stage_a_cell(console: &Terminal) {
    console.press("2 /");
    console.type_text("kiosk");
    console.press("enter enter");
    console.expect("Kiosk (custom)");
    console.expect("Customer [Read]");
    console.press("C w");
    console.expect("± 1 pending");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_terminal_is_given_back_and_taken_again() {
    let story = Story::begin("console_terminal::the_terminal_is_given_back_and_taken_again");
    story.phase("establish: a shell, and a console started in it");
    let cluster = retailer().await;
    let shell = cluster.cli(ORG).shell(SIZE);
    shell.expect("shell>");
    let modes = shell.modes();
    let start = "$CONSOLE\r";
    // What is shown differs from what is typed, so that the one isn't taken for the other.
    let ended_well = || {
        shell.type_text("echo ended-with-$?\r");
        shell.expect("ended-with-0");
    };
    // The shell has the keys before the last that the console drew has been read.
    let given_back = |how: &str| shell.is_given_back(how, &modes);
    shell.type_text(start);
    shell.expect(HOME);
    assert_ne!(shell.modes(), modes, "a console takes keys as they are typed");
    assert_eq!(shell.left_behind(), ["the alternate screen", "a hidden cursor", "bracketed paste"], "it has the screen");

    story.phase("Ctrl-Z: back in the shell, which works; `fg`: back in the console, with what was staged");
    stage_a_cell(&shell);
    shell.press("ctrl-z");
    shell.has_the_keys();
    shell.expect("Stopped");
    given_back("Ctrl-Z");
    shell.type_text("echo still-$((40 + 2))\r");
    shell.expect("still-42");
    shell.resize(100, 30);
    shell.type_text("fg\r");
    shell.expect("Kiosk (custom)");
    shell.expect("± 1 pending");
    shell.expect("n none r read w write");
    shell.press("1");
    shell.expect(HOME);
    shell.resize(SIZE.0, SIZE.1);

    story.phase("Ctrl-L draws anew");
    shell.press("ctrl-l ?");
    shell.expect("these keys");
    shell.press("esc");
    shell.expect_gone("these keys");

    story.phase("an end by the operator");
    shell.press("q");
    shell.expect("Quit?");
    shell.press("tab enter");
    shell.has_the_keys();
    given_back("an end");
    ended_well();

    story.phase("an end by a signal");
    shell.type_text("clear\r");
    shell.expect_gone("ended-with");
    shell.type_text(start);
    shell.expect(HOME);
    signal(shell.foreground(), libc::SIGTERM);
    shell.has_the_keys();
    given_back("SIGTERM");
    ended_well();

    story.phase("and a console whose shell is killed, with its terminal, ends too");
    shell.type_text("clear\r");
    shell.expect_gone("ended-with");
    shell.type_text(start);
    shell.expect(HOME);
    let console = shell.foreground();
    assert_ne!(console, shell.pid(), "the console is a process of its own");
    signal(shell.pid(), libc::SIGKILL);
    until("the end of the console", BOUND, async || if is_alive(console) { Err("it lives".to_owned()) } else { Ok(()) }).await;
}

/// Whether a process is there, and not merely not yet waited for.
fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_sizes_leaves_a_whole_screen() {
    let story = Story::begin("console_terminal::a_storm_of_sizes_leaves_a_whole_screen");
    story.phase("establish: an edit staged, a row chosen");
    let cluster = retailer().await;
    let mut console = cluster.cli(ORG).console(SIZE);
    console.expect(HOME);
    stage_a_cell(&console);

    story.phase("break: two hundred sizes as fast as they can be had");
    // A key right after every size: neither may make the console miss the other. Each press waits until it was read.
    for n in 0..200_u16 {
        // From far too small to very large, in no order.
        console.resize(10 + n * 37 % 190, 4 + n * 23 % 56);
        console.press("ctrl-l");
    }

    story.phase("observe: too small says so and keeps everything");
    console.resize(40, 10);
    console.expect("too small");
    console.resize(SIZE.0, SIZE.1);
    console.expect("Kiosk (custom)");
    console.expect("± 1 pending");
    console.expect("n none r read w write");

    story.phase("judge: what is on the screen is what a screen drawn anew has");
    // The header tells how old the data is and the message goes by itself.
    let still = |text: String| text.lines().skip(1).take(usize::from(SIZE.1) - 3).map(str::to_owned).collect::<Vec<_>>();
    let left = still(console.text());
    console.press("ctrl-l ?");
    console.expect("these keys");
    console.press("esc");
    console.expect_gone("these keys");
    assert_eq!(left, still(console.text()));
    console.press("q tab enter");
    assert!(console.ended(BOUND).success());
}
