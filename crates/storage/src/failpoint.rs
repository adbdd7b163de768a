//! Named points at which a test harness kills or slows this process. Without the feature `failpoints` they are
//! nothing at all.
//!
//! `BAILIWICK_FAILPOINT=name:kill:3` aborts the process the third time it comes to the point;
//! `BAILIWICK_FAILPOINT=name:delay:50` holds it up 50 ms each time. Several are separated by commas.

/// A point that has a name.
#[cfg(not(feature = "failpoints"))]
#[inline(always)]
pub(crate) fn at(_name: &'static str) {}

/// A point that has a name.
#[cfg(feature = "failpoints")]
pub(crate) fn at(name: &'static str) {
    use std::sync::atomic::Ordering;
    for point in points().iter().filter(|point| point.name == name) {
        match point.action {
            Action::Delay(time) => std::thread::sleep(time),
            Action::Kill(nth) => {
                if point.met.fetch_add(1, Ordering::SeqCst) + 1 == nth {
                    // No unwinding, no destructors, no flush: as near to a kill as a process gets by itself.
                    std::process::abort();
                }
            }
        }
    }
}

#[cfg(feature = "failpoints")]
enum Action {
    Kill(u64),
    Delay(std::time::Duration),
}

#[cfg(feature = "failpoints")]
struct Point {
    name: String,
    action: Action,
    met: std::sync::atomic::AtomicU64,
}

#[cfg(feature = "failpoints")]
fn points() -> &'static [Point] {
    static POINTS: std::sync::OnceLock<Vec<Point>> = std::sync::OnceLock::new();
    POINTS.get_or_init(|| {
        let text = std::env::var("BAILIWICK_FAILPOINT").unwrap_or_default();
        text.split(',').filter_map(parse).collect()
    })
}

#[cfg(feature = "failpoints")]
fn parse(text: &str) -> Option<Point> {
    let mut parts = text.trim().split(':');
    let name = parts.next()?.to_owned();
    let action = match (parts.next()?, parts.next()?.parse().ok()?) {
        ("kill", nth) => Action::Kill(nth),
        ("delay", ms) => Action::Delay(std::time::Duration::from_millis(ms)),
        _unknown => return None,
    };
    Some(Point { name, action, met: std::sync::atomic::AtomicU64::new(0) })
}
