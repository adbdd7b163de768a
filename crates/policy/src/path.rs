//! Paths: templates of endpoints as the catalogue keeps them, and paths of requests as step 4 of a decision
//! reads them. Neither allocates on the way to a decision.

use std::borrow::Cow;

use crate::limits::{PATH_BYTES_MAX, PATH_SEGMENTS_MAX};

/// A template after normalising: a leading slash, no query, no empty segments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Template {
    /// As shown: parameters keep their names.
    pub shown: String,
    /// As compared: `{}` for every parameter, so the same template under other names is the same endpoint.
    pub canonical: String,
    /// False for a template that is kept but can match nothing.
    pub matchable: bool,
    /// What normalising found, for the lint.
    pub notes: Vec<TemplateNote>,
}

/// What was odd about a template as given.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum TemplateNote {
    /// It had no slash at its start.
    LeadingSlashMissing,
    /// It had empty segments: `//` or a slash at its end.
    EmptySegment,
    /// It had a query.
    Query,
    /// A brace is not closed, or not opened, within its segment: the template matches nothing.
    BracesUnbalanced,
    /// Braces are doubled: `{{id}}`.
    BracesDoubled,
    /// A segment is part text, part parameter, or has two parameters: all of it is one parameter.
    MixedSegment,
    /// A segment is `.` or `..`: no request can match.
    DotSegment,
}

impl TemplateNote {
    /// A sentence for people.
    pub fn text(self) -> &'static str {
        match self {
            Self::LeadingSlashMissing => "leading slash added",
            Self::EmptySegment => "empty segment dropped",
            Self::Query => "query dropped",
            Self::BracesUnbalanced => "braces don't balance: kept, matches nothing",
            Self::BracesDoubled => "doubled braces read as one parameter",
            Self::MixedSegment => "text beside a parameter: the whole segment is a parameter",
            Self::DotSegment => "a segment `.` or `..`: kept, matches nothing",
        }
    }
}

/// Normalises a template. An error is a row that can't be read at all.
pub fn template(raw: &str) -> Result<Template, &'static str> {
    let raw = raw.trim();
    if raw.is_empty() {
        return Err("the path is empty");
    }
    if raw.len() > PATH_BYTES_MAX {
        return Err("the path is longer than 4,096 bytes");
    }
    if raw.chars().any(char::is_control) {
        return Err("the path has control characters");
    }
    let mut notes = Vec::new();
    let mut note = |n: TemplateNote| {
        if !notes.contains(&n) {
            notes.push(n);
        }
    };
    let path = match raw.split_once('?') {
        Some((path, _query)) => {
            note(TemplateNote::Query);
            path
        }
        None => raw,
    };
    let body = match path.strip_prefix('/') {
        Some(body) => body,
        None => {
            note(TemplateNote::LeadingSlashMissing);
            path
        }
    };
    let (mut shown, mut canonical, mut matchable, mut count) = (String::new(), String::new(), true, 0usize);
    for segment in body.split('/') {
        if segment.is_empty() {
            if !body.is_empty() {
                note(TemplateNote::EmptySegment);
            }
            continue;
        }
        count += 1;
        shown.push('/');
        shown.push_str(segment);
        canonical.push('/');
        if segment == "." || segment == ".." {
            note(TemplateNote::DotSegment);
            matchable = false;
            canonical.push_str(segment);
        } else if !segment.contains(['{', '}']) {
            canonical.push_str(segment);
        } else if braces_balance(segment) {
            if segment.contains("{{") {
                note(TemplateNote::BracesDoubled);
            } else if !(segment.starts_with('{') && segment.ends_with('}') && segment.matches('{').count() == 1) {
                note(TemplateNote::MixedSegment);
            }
            canonical.push_str("{}");
        } else {
            note(TemplateNote::BracesUnbalanced);
            matchable = false;
            canonical.push_str(segment);
        }
    }
    if count > PATH_SEGMENTS_MAX {
        return Err("the path has more than 64 segments");
    }
    if shown.is_empty() {
        shown.push('/');
        canonical.push('/');
    }
    Ok(Template { shown, canonical, matchable, notes })
}

fn braces_balance(segment: &str) -> bool {
    let mut open = 0i32;
    for c in segment.chars() {
        match c {
            '{' => open += 1,
            '}' => open -= 1,
            _other => {}
        }
        if open < 0 {
            return false;
        }
    }
    open == 0
}

/// The segments of a canonical template; `None` stands for a parameter.
pub fn canonical_segments(canonical: &str) -> impl Iterator<Item = Option<&str>> {
    canonical.split('/').filter(|s| !s.is_empty()).map(|s| if s == "{}" { None } else { Some(s) })
}

/// The value of a query's parameter that occurs exactly once; encoded ones are compared as they stand.
pub fn query_once<'a>(path: &'a str, name: &str) -> Option<&'a str> {
    let (_, query) = path.split_once('?')?;
    let query = query.split('#').next()?;
    let mut values = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, ""))).filter(|(key, _)| *key == name);
    let (_, value) = values.next()?;
    values.next().is_none().then_some(value)
}

/// The path of a request, checked: starts with a slash, no `.`, `..` or empty segment, no encoded slash or NUL,
/// valid UTF-8 after decoding. One trailing slash and the query are gone.
#[derive(Clone, Copy, Debug)]
pub struct RequestPath<'a>(&'a str);

impl<'a> RequestPath<'a> {
    /// `None` is `path_malformed`.
    pub fn parse(path: &'a str) -> Option<Self> {
        if path.len() > PATH_BYTES_MAX {
            return None;
        }
        let path = match path.bytes().position(|b| b == b'?') {
            Some(at) => path.get(..at)?,
            None => path,
        };
        let body = path.strip_prefix('/')?;
        let body = body.strip_suffix('/').unwrap_or(body);
        if body.is_empty() {
            // `/` is the root; `//` has an empty segment.
            return (path.len() == 1).then_some(Self(body));
        }
        let mut count = 0usize;
        for segment in body.split('/') {
            count += 1;
            let fine = !segment.is_empty()
                && segment != "."
                && segment != ".."
                && !segment.bytes().any(|b| b == 0)
                && (!segment.contains('%') || encoded_segment_is_fine(segment));
            if !fine {
                return None;
            }
        }
        (count <= PATH_SEGMENTS_MAX).then_some(Self(body))
    }

    /// The segments from the left.
    pub fn segments(self) -> impl Iterator<Item = Segment<'a>> {
        self.0.split('/').filter(|s| !s.is_empty()).map(Segment)
    }
}

/// One segment of a request's path, as sent.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a>(&'a str);

impl<'a> Segment<'a> {
    /// Percent-decoded once; allocates only if there is something to decode.
    pub fn decoded(self) -> Cow<'a, str> {
        if !self.0.contains('%') {
            return Cow::Borrowed(self.0);
        }
        let bytes: Vec<u8> = DecodedBytes::new(self.0).flatten().collect();
        Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The text as sent, when nothing is encoded in it: the common case.
    pub fn plain(self) -> Option<&'a str> {
        (!self.0.contains('%')).then_some(self.0)
    }

    /// Compares with a literal of a template without allocating.
    pub fn is(self, literal: &str) -> bool {
        match self.plain() {
            Some(text) => text == literal,
            None => DecodedBytes::new(self.0).map(|b| b.unwrap_or(0)).eq(literal.bytes()),
        }
    }
}

fn encoded_segment_is_fine(segment: &str) -> bool {
    let mut utf8 = Utf8Check::default();
    let (mut len, mut dots) = (0usize, 0usize);
    for byte in DecodedBytes::new(segment) {
        match byte {
            None | Some(b'/' | 0) => return false,
            Some(b) => {
                len += 1;
                dots += usize::from(b == b'.');
                if !utf8.push(b) {
                    return false;
                }
            }
        }
    }
    utf8.complete() && !(len == dots && len <= 2)
}

/// The bytes of a segment, percent-decoded once; `None` where an escape is broken.
struct DecodedBytes<'a> {
    rest: std::slice::Iter<'a, u8>,
}

impl<'a> DecodedBytes<'a> {
    fn new(segment: &'a str) -> Self {
        Self { rest: segment.as_bytes().iter() }
    }
}

impl Iterator for DecodedBytes<'_> {
    type Item = Option<u8>;
    fn next(&mut self) -> Option<Option<u8>> {
        let hex = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
        match *self.rest.next()? {
            b'%' => {
                let high = self.rest.next().copied().and_then(hex);
                let low = self.rest.next().copied().and_then(hex);
                Some(high.zip(low).map(|(h, l)| h * 16 + l))
            }
            byte => Some(Some(byte)),
        }
    }
}

/// Checks UTF-8 byte by byte: no buffer, so no allocation and no limit of its own.
#[derive(Default)]
struct Utf8Check {
    pending: [u8; 4],
    have: usize,
}

impl Utf8Check {
    fn push(&mut self, byte: u8) -> bool {
        let Some(slot) = self.pending.get_mut(self.have) else { return false };
        *slot = byte;
        self.have += 1;
        match std::str::from_utf8(self.pending.get(..self.have).unwrap_or(&[])) {
            Ok(_) => {
                self.have = 0;
                true
            }
            Err(error) => error.error_len().is_none(),
        }
    }

    fn complete(&self) -> bool {
        self.have == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn shown(raw: &str) -> (String, String, bool) {
        let t = template(raw).expect("readable");
        (t.shown, t.canonical, t.matchable)
    }

    #[test]
    fn ag_40_templates_are_normalised() {
        let fine = |s: &str, c: &str| (s.to_owned(), c.to_owned(), true);
        assert_eq!(shown("v2/customers/{id}"), fine("/v2/customers/{id}", "/v2/customers/{}"));
        assert_eq!(shown("/v2/points//transfer"), fine("/v2/points/transfer", "/v2/points/transfer"));
        assert_eq!(shown("/v2/leads/?q={x}"), fine("/v2/leads", "/v2/leads"));
        assert_eq!(shown("/b/{{id}}"), fine("/b/{{id}}", "/b/{}"));
        assert_eq!(shown("/t/{groupId}targets/{x}"), fine("/t/{groupId}targets/{x}", "/t/{}/{}"));
        assert_eq!(shown("/"), fine("/", "/"));
        assert_eq!(shown("/a/{id"), ("/a/{id".to_owned(), "/a/{id".to_owned(), false));
        assert!(template("").is_err());
    }

    #[test]
    fn request_paths_that_are_malformed() {
        for path in [
            "", "v2", "//", "/a//b", "//a", "/a//", "/.", "/..", "/a/../b", "/%2e%2e/b", "/a/%2E", "/a%2Fb", "/a%2fb", "/a%00",
            "/%zz", "/%2", "/%ff", "/a/%c3", "/./a",
        ] {
            assert!(RequestPath::parse(path).is_none(), "{path}");
        }
        for path in ["/", "/a", "/a/", "/a/b?x=//", "/%41", "/%c3%a9", "/a%2eb", "/..."] {
            assert!(RequestPath::parse(path).is_some(), "{path}");
        }
    }

    #[test]
    fn segments_are_decoded_once() {
        let path = RequestPath::parse("/%41b/%2541").expect("fine");
        let decoded: Vec<_> = path.segments().map(|s| s.decoded().into_owned()).collect();
        assert_eq!(decoded, ["Ab", "%41"]);
        assert!(path.segments().next().is_some_and(|s| s.is("Ab") && !s.is("ab")));
    }
}
