//! A snapshot's file: `magic[8] [format u8] [version u16]`, then blocks `[kind u8][length u32][crc32c u32][payload]`.
//!
//! ```text
//! head        watermark, content hash, numbers of records        ┐
//! objects*    records in key order, 1 MiB a block                │ under the digest
//! requests*   records in key order                               ┘
//! digest      SHA-256 over every byte before this block
//! audit head  first revision kept, head of the chain before it   ┐ outside the digest,
//! audit*      rows in order                                      ┘ judged by the chain
//! end         number of audit rows; then the file ends
//! ```
//!
//! A record is `[length u16][key][length u32][value]`, key and value as in their key family.

use std::io::{BufReader, Read, Write};
use std::sync::Arc;

use bailiwick_policy::ids::Revision;
use bailiwick_policy::state::State;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use sha2::{Digest, Sha256};

use crate::audit;
use crate::codec::strict;
use crate::content::content_hash;
use crate::fault::{Fault, FaultKind};
use crate::keys;
use crate::keys::watermark::{self, Watermark};
use crate::state::load::begin;

const MAGIC: &[u8; 8] = b"BAILSNAP";
const FORMAT: u8 = 1;
const VERSION: u16 = 1;

/// Bytes after which a block is closed.
const BLOCK_BYTES: usize = 1 << 20;
/// Bytes of a block at most: one record may be larger than a block, an entry of the log bounds it.
const BLOCK_BYTES_MAX: u32 = 64 << 20;

const HEAD: u8 = 1;
const OBJECTS: u8 = 2;
const REQUESTS: u8 = 3;
const DIGEST: u8 = 4;
const AUDIT_HEAD: u8 = 5;
const AUDIT: u8 = 6;
const END: u8 = 7;

#[derive(Serialize, Deserialize)]
struct HeadRecord {
    watermark: ByteBuf,
    content: ByteBuf,
    objects: u64,
    requests: u64,
}

#[derive(Serialize, Deserialize)]
struct AuditHeadRecord {
    floor: Revision,
    head: ByteBuf,
}

#[derive(Serialize, Deserialize)]
struct EndRecord {
    audit_rows: u64,
}

/// What a file says of itself, once it has been judged.
pub(crate) struct Summary {
    pub(crate) mark: Watermark,
    pub(crate) digest: [u8; 32],
}

/// A file's state.
pub(crate) struct Contents {
    pub(crate) state: State,
    pub(crate) summary: Summary,
}

/// Receives audit rows: key and value as on disk.
pub(crate) type OnRow<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> Result<(), Fault>;

/// Writes a file, block by block.
pub(crate) struct Writer<W: Write> {
    out: W,
    place: String,
    hash: Sha256,
    kind: u8,
    block: Vec<u8>,
}

impl<W: Write> Writer<W> {
    /// Writes the state, and ends what is under the digest.
    pub(crate) fn state(place: &str, out: W, state: &State, mark: &Watermark) -> Result<(Self, [u8; 32]), Fault> {
        let mut writer =
            Self { out, place: place.to_owned(), hash: Sha256::new(), kind: HEAD, block: Vec::with_capacity(BLOCK_BYTES) };
        let [v0, v1] = VERSION.to_be_bytes();
        writer.raw(&[MAGIC.as_slice(), &[FORMAT, v0, v1]].concat())?;
        let objects: u64 = state.objects().map(|_| 1).sum();
        let head = HeadRecord {
            watermark: watermark::value(mark).into(),
            content: content_hash(state).to_vec().into(),
            objects,
            requests: state.requests.len() as u64,
        };
        writer.write_block(HEAD, &strict::to_named(&head))?;
        for object in state.objects() {
            writer.record(OBJECTS, &keys::object::key(&object.id()), &keys::object::value(&object))?;
        }
        for (id, recorded) in &state.requests {
            writer.record(REQUESTS, &keys::request::key(*id), &keys::request::value(recorded))?;
        }
        writer.end_block()?;
        let digest: [u8; 32] = writer.hash.clone().finalize().into();
        writer.write_block(DIGEST, &digest)?;
        Ok((writer, digest))
    }

    /// Begins the audit rows: from which revision on, and the head of the chain before it.
    pub(crate) fn audit(&mut self, floor: Revision, head: [u8; 32]) -> Result<(), Fault> {
        self.write_block(AUDIT_HEAD, &strict::to_named(&AuditHeadRecord { floor, head: head.to_vec().into() }))
    }

    /// Adds an audit row as it lies on disk.
    pub(crate) fn row(&mut self, revision: Revision, value: &[u8]) -> Result<(), Fault> {
        self.record(AUDIT, &keys::audit::key(revision), value)
    }

    /// Ends the file.
    pub(crate) fn end(mut self, audit_rows: u64) -> Result<W, Fault> {
        self.end_block()?;
        self.write_block(END, &strict::to_named(&EndRecord { audit_rows }))?;
        self.out.flush().map_err(|e| Fault::io(&self.place, &e))?;
        Ok(self.out)
    }

    fn record(&mut self, kind: u8, key: &[u8], value: &[u8]) -> Result<(), Fault> {
        if self.kind != kind || self.block.len() >= BLOCK_BYTES {
            self.end_block()?;
            self.kind = kind;
        }
        let lengths = u16::try_from(key.len()).ok().zip(u32::try_from(value.len()).ok());
        let Some((key_len, value_len)) = lengths.filter(|(_, v)| *v < BLOCK_BYTES_MAX / 2) else {
            return Err(Fault::new(FaultKind::Misuse, &self.place, "a record is too large for a snapshot"));
        };
        self.block.extend_from_slice(&key_len.to_be_bytes());
        self.block.extend_from_slice(key);
        self.block.extend_from_slice(&value_len.to_be_bytes());
        self.block.extend_from_slice(value);
        Ok(())
    }

    fn end_block(&mut self) -> Result<(), Fault> {
        if self.block.is_empty() {
            return Ok(());
        }
        let payload = std::mem::take(&mut self.block);
        self.write_block(self.kind, &payload)?;
        self.block = payload;
        self.block.clear();
        Ok(())
    }

    fn write_block(&mut self, kind: u8, payload: &[u8]) -> Result<(), Fault> {
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        let mut head = vec![kind];
        head.extend_from_slice(&length.to_be_bytes());
        head.extend_from_slice(&checksum(kind, length, payload).to_be_bytes());
        self.raw(&head)?;
        self.raw(payload)
    }

    fn raw(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.hash.update(bytes);
        self.out.write_all(bytes).map_err(|e| Fault::io(&self.place, &e))
    }
}

fn checksum(kind: u8, length: u32, payload: &[u8]) -> u32 {
    let [l0, l1, l2, l3] = length.to_be_bytes();
    crc32c::crc32c_append(crc32c::crc32c(&[kind, l0, l1, l2, l3]), payload)
}

/// Judges the blocks, the digest and the chain without making a state.
pub(crate) fn skim(place: &str, source: impl Read) -> Result<Summary, Fault> {
    scan(place, source, &mut |_, _, _| Ok(())).map(|(summary, _)| summary)
}

/// Reads and judges everything: blocks, digest, records, chain, numbers and the content hash.
pub(crate) fn read(place: &str, source: impl Read, on_row: OnRow<'_>) -> Result<Contents, Fault> {
    let mut state = State::default();
    let (mut objects, mut requests) = (0, 0);
    let (summary, head) = scan(place, source, &mut |kind, key, value| {
        match kind {
            OBJECTS => {
                state.put(&keys::object::decode(key, value)?);
                objects += 1;
            }
            REQUESTS => {
                let (id, recorded) = keys::request::decode(key, value)?;
                state.requests.insert(id, Arc::new(recorded));
                requests += 1;
            }
            _row => on_row(key, value)?,
        }
        Ok(())
    })?;
    if (objects, requests) != (head.objects, head.requests) {
        let cause = format_args!("{objects} objects and {requests} requests where {} and {} were written", head.objects, head.requests).to_string();
        return Err(Fault::corrupt(place, cause));
    }
    let empty = begin(&summary.mark);
    let state = State {
        revision: empty.revision,
        tick: empty.tick,
        requests_floor: empty.requests_floor,
        history: empty.history,
        audit_rows: empty.audit_rows,
        ..state
    };
    if content_hash(&state).as_slice() != head.content.as_slice() {
        return Err(Fault::corrupt(place, "the content hash of what was read is not the one that was written"));
    }
    Ok(Contents { state, summary })
}

/// Receives records: kind of block, key, value.
type OnRecord<'a> = &'a mut dyn FnMut(u8, &[u8], &[u8]) -> Result<(), Fault>;

fn scan(place: &str, source: impl Read, on_record: OnRecord<'_>) -> Result<(Summary, HeadRecord), Fault> {
    let corrupt = |cause: &str| Fault::corrupt(place, cause);
    let mut blocks = Blocks { place, source: BufReader::with_capacity(BLOCK_BYTES, source), hash: Sha256::new() };
    blocks.opening()?;

    let (kind, payload, _) = blocks.next()?;
    if kind != HEAD {
        return Err(corrupt("it does not begin with its head"));
    }
    let head: HeadRecord = strict::from_slice(place, &payload)?;
    let mut mark = watermark::decode(&head.watermark)?;

    let mut last_kind = HEAD;
    let digest = loop {
        let (kind, payload, digest_before) = blocks.next()?;
        match kind {
            OBJECTS | REQUESTS if kind >= last_kind => records(place, kind, &payload, on_record)?,
            DIGEST if payload.as_slice() == digest_before.as_slice() => break digest_before,
            DIGEST => return Err(corrupt("the digest of what was read is not the one that was written")),
            _other => return Err(corrupt("a block is out of its order")),
        }
        last_kind = kind;
    };

    let (kind, payload, _) = blocks.next()?;
    if kind != AUDIT_HEAD {
        return Err(corrupt("the audit does not begin with its head"));
    }
    let audit_head: AuditHeadRecord = strict::from_slice(place, &payload)?;
    let mut chain: [u8; 32] =
        audit_head.head.as_slice().try_into().map_err(|_length| corrupt("the audit's first head is too short"))?;
    mark.audit_floor = (audit_head.floor, chain);
    let mut rows = 0u64;
    loop {
        let (kind, payload, _) = blocks.next()?;
        match kind {
            AUDIT => records(place, kind, &payload, &mut |kind, key, value| {
                chain = audit::link(&chain, key, value)?;
                rows += 1;
                on_record(kind, key, value)
            })?,
            END => {
                let end: EndRecord = strict::from_slice(place, &payload)?;
                if end.audit_rows != rows {
                    return Err(corrupt("audit rows are missing"));
                }
                break;
            }
            _other => return Err(corrupt("a block is out of its order")),
        }
    }
    if chain != mark.history {
        return Err(corrupt("the audit does not end in the head that the state names"));
    }
    blocks.at_end()?;
    Ok((Summary { mark, digest }, head))
}

struct Blocks<'a, R: Read> {
    place: &'a str,
    source: BufReader<R>,
    hash: Sha256,
}

impl<R: Read> Blocks<'_, R> {
    fn opening(&mut self) -> Result<(), Fault> {
        let opening: [u8; 11] = self.exact()?;
        let Some((magic, [format, v0, v1])) = opening.split_first_chunk::<8>() else {
            return Err(Fault::corrupt(self.place, "it is too short"));
        };
        if magic != MAGIC {
            return Err(Fault::corrupt(self.place, "it is no snapshot"));
        }
        let version = u16::from_be_bytes([*v0, *v1]);
        if *format != FORMAT || version != VERSION {
            let cause = format_args!("format {format}, version {version} where {FORMAT}, {VERSION} are known").to_string();
            return Err(Fault::new(FaultKind::Newer, self.place, cause));
        }
        Ok(())
    }

    /// The next block, and the digest of everything before it.
    fn next(&mut self) -> Result<(u8, Vec<u8>, [u8; 32]), Fault> {
        let before = self.hash.clone();
        let [kind, l0, l1, l2, l3, c0, c1, c2, c3]: [u8; 9] = self.exact()?;
        let length = u32::from_be_bytes([l0, l1, l2, l3]);
        if length > BLOCK_BYTES_MAX {
            return Err(Fault::corrupt(self.place, format_args!("a block of {length} bytes")));
        }
        let mut payload = Vec::new();
        let source = &mut self.source;
        source.take(u64::from(length)).read_to_end(&mut payload).map_err(|e| Fault::io(self.place, &e))?;
        if payload.len() != length as usize {
            return Err(Fault::corrupt(self.place, "it ends in the middle of a block"));
        }
        if checksum(kind, length, &payload) != u32::from_be_bytes([c0, c1, c2, c3]) {
            return Err(Fault::corrupt(self.place, "the checksum of a block is wrong"));
        }
        self.hash.update(&payload);
        let digest = if kind == DIGEST { before.finalize().into() } else { [0; 32] };
        Ok((kind, payload, digest))
    }

    fn at_end(&mut self) -> Result<(), Fault> {
        let mut more = [0u8; 1];
        match self.source.read(&mut more) {
            Ok(0) => Ok(()),
            Ok(_) => Err(Fault::corrupt(self.place, "something follows its end")),
            Err(e) => Err(Fault::io(self.place, &e)),
        }
    }

    fn exact<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let mut bytes = [0; N];
        self.source.read_exact(&mut bytes).map_err(|e| match e.kind() {
            std::io::ErrorKind::UnexpectedEof => Fault::corrupt(self.place, "it ends too early"),
            _other => Fault::io(self.place, &e),
        })?;
        self.hash.update(bytes);
        Ok(bytes)
    }
}

fn records(place: &str, kind: u8, payload: &[u8], on_record: OnRecord<'_>) -> Result<(), Fault> {
    let mut rest = payload;
    while !rest.is_empty() {
        let (key, value, after) = record(rest).ok_or_else(|| Fault::corrupt(place, "a record is cut short"))?;
        on_record(kind, key, value).map_err(|fault| Fault { place: format!("{place} {}", fault.place), ..fault })?;
        rest = after;
    }
    Ok(())
}

fn record(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    let (key, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (value, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    Some((key, value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use proptest::prelude::*;

    fn written() -> (Vec<u8>, State) {
        let mut state = State::default();
        for object in sample::objects() {
            state.put(&object);
        }
        for (n, recorded) in sample::recorded(2).into_iter().enumerate() {
            state.requests.insert(bailiwick_policy::ids::RequestId(n as u128 + 1), Arc::new(recorded));
        }
        let rows: Vec<_> = (1..=3)
            .map(|n| {
                let chained = keys::audit::chain(&state.history, sample::audit_row(n));
                state.history = chained.head;
                state.audit_rows += 1;
                state.revision = Revision(n);
                chained
            })
            .collect();
        let membership = sample::stored_membership(2);
        let mark = crate::state::persist::mark_of(&state, Some(sample::log_id(3, 1, 9)), &membership);
        let (mut writer, _) = Writer::state("here", Vec::new(), &state, &mark).unwrap();
        writer.audit(Revision(0), [0; 32]).unwrap();
        for row in &rows {
            writer.row(row.row.revision, &row.value).unwrap();
        }
        (writer.end(3).unwrap(), state)
    }

    #[test]
    fn what_was_written_is_read_and_nothing_else_is() {
        let (bytes, state) = written();
        let mut rows = 0;
        let contents = read("here", bytes.as_slice(), &mut |_, _| {
            rows += 1;
            Ok(())
        })
        .unwrap();
        assert_eq!(rows, 3);
        assert!(contents.state.objects().eq(state.objects()));
        assert_eq!(contents.state.requests, state.requests);
        assert_eq!(contents.state.history, state.history);
        assert_eq!(contents.summary.mark.applied, Some(sample::log_id(3, 1, 9)));
        assert_eq!(written().0, bytes, "two of one state are equal, byte by byte");
    }

    #[test]
    fn every_flipped_byte_and_every_cut_is_refused() {
        let (bytes, _) = written();
        for at in 0..bytes.len() {
            let mut rotten = bytes.clone();
            rotten[at] ^= 0x10;
            assert!(read("here", rotten.as_slice(), &mut |_, _| Ok(())).is_err(), "byte {at}");
            assert!(skim("here", rotten.as_slice()).is_err(), "byte {at}");
            assert!(skim("here", &bytes[..at]).is_err(), "cut at {at}");
        }
        assert!(skim("here", [bytes.as_slice(), b"x"].concat().as_slice()).is_err());
    }

    proptest! {
        #[test]
        fn anything_at_all_is_answered_without_a_panic(bytes: Vec<u8>) {
            let with_opening = [MAGIC.as_slice(), &[FORMAT, 0, 1], &bytes].concat();
            prop_assert!(skim("here", with_opening.as_slice()).is_err());
        }
    }
}
