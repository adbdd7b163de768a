//! Frames of a program that says where each begins and ends: half a frame is nothing that anybody has seen.

const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// What has come of a frame that isn't whole yet.
#[derive(Debug, Default)]
pub struct Frames {
    held: Vec<u8>,
}

impl Frames {
    /// Takes bytes in and gives out all up to a frame that has begun and not ended.
    pub fn whole(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(bytes);
        let upto = match (last(&self.held, BEGIN), last(&self.held, END)) {
            (Some(begun), Some(ended)) if begun < ended => self.held.len() - partial(&self.held),
            (Some(begun), _) => begun,
            (None, _) => self.held.len() - partial(&self.held),
        };
        self.held.drain(..upto).collect()
    }

    /// What is left, whole or not: nothing more will come.
    pub fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.held)
    }
}

fn last(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    bytes.windows(mark.len()).rposition(|window| window == mark)
}

/// How many bytes at the end may be the first of a beginning.
fn partial(bytes: &[u8]) -> usize {
    (1..BEGIN.len()).rev().find(|n| bytes.ends_with(&BEGIN[..*n])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_held_until_it_is_whole_wherever_it_is_cut() {
        let stream = b"before\x1b[?2026hone\x1b[?2026l\x1b[?2026htwo\x1b[?2026lafter\x1b[?2026hthree";
        for cut in 0..stream.len() {
            let mut frames = Frames::default();
            let mut out = frames.whole(&stream[..cut]);
            let early = out.clone();
            out.extend(frames.whole(&stream[cut..]));
            assert!(out.ends_with(b"after"), "cut at {cut}: {}", String::from_utf8_lossy(&out));
            let (begun, ended) = (last(&early, BEGIN), last(&early, END));
            assert!(begun <= ended, "cut at {cut}, half a frame was shown: {}", String::from_utf8_lossy(&early));
            assert_eq!(frames.rest(), b"\x1b[?2026hthree", "cut at {cut}");
        }
    }
}
