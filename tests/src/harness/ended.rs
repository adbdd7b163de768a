//! Waiting for a process to end: the kernel says when, so nobody looks again and again.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::{Duration, Instant};

/// Waits until a child has ended, at most so long; whether it has. It is not reaped, so its id stays its own: ask it for
/// its status. Blocks the thread.
pub fn ended(pid: u32, within: Duration) -> bool {
    let began = Instant::now();
    let process = open(pid);
    loop {
        let left = within.saturating_sub(began.elapsed());
        // Rounded up: a wait that ends a little early would be asked for again, and again.
        let millis = i32::try_from(left.as_micros().div_ceil(1_000)).unwrap_or(i32::MAX);
        match poll(&process, millis) {
            Ok(told) => return told,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => panic!("process {pid} can't be waited for: {error}"),
        }
    }
}

#[expect(unsafe_code, reason = "the standard library has no stable handle of a process that can be polled")]
fn open(pid: u32) -> OwnedFd {
    // SAFETY: plain system call on numbers; what it returns is a new descriptor, and nobody else's.
    let opened = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    assert!(opened >= 0, "process {pid} has no handle: {}", io::Error::last_os_error());
    let opened = i32::try_from(opened).expect("a descriptor");
    // SAFETY: it was opened above, and is owned from here on.
    unsafe { OwnedFd::from_raw_fd(opened) }
}

/// Whether it is readable, which a process is once it has ended, within so many milliseconds.
#[expect(unsafe_code, reason = "the standard library doesn't poll")]
fn poll(process: &OwnedFd, millis: i32) -> io::Result<bool> {
    let mut of = libc::pollfd { fd: process.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: one descriptor, which lives as long as the call.
    match unsafe { libc::poll(&raw mut of, 1, millis) } {
        0 => Ok(false),
        1.. => Ok(true),
        _failed => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_process_is_waited_for_until_it_ends_and_no_longer_than_was_said() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().expect("cat");
        assert!(!ended(child.id(), Duration::from_millis(20)), "its input is open");
        drop(child.stdin.take());
        assert!(ended(child.id(), Duration::from_secs(20)));
        assert!(child.try_wait().expect("ours").is_some_and(|status| status.success()), "it can be reaped still");
    }
}
