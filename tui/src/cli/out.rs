//! What is printed, and where: results to standard output, the rest to standard error.
//!
//! Nothing that came from elsewhere reaches a terminal with control or bidirectional characters in it: they are
//! shown as escapes, in text and in JSON alike.

use std::fmt::Write as _;
use std::io::{self, Write};

use bailiwick_policy::name::is_bidirectional_control;
use serde_json::Value;

use super::exit::Trouble;

/// Where output goes.
pub struct Out<'a> {
    /// Results.
    pub stdout: &'a mut dyn Write,
    /// Everything else.
    pub stderr: &'a mut dyn Write,
    /// Results as JSON.
    pub json: bool,
    /// Whether a progress bar may be drawn on standard error.
    pub bars: bool,
}

impl Out<'_> {
    /// A line of a result.
    pub fn line(&mut self, text: &str) -> Result<(), Trouble> {
        Ok(writeln!(self.stdout, "{}", safe(text))?)
    }

    /// Several lines of a result.
    pub fn lines(&mut self, lines: impl IntoIterator<Item = impl AsRef<str>>) -> Result<(), Trouble> {
        lines.into_iter().try_for_each(|line| self.line(line.as_ref()))
    }

    /// A result as one line of JSON.
    pub fn value(&mut self, value: &Value) -> Result<(), Trouble> {
        Ok(writeln!(self.stdout, "{}", safe_json(value))?)
    }

    /// A remark beside the result.
    pub fn note(&mut self, text: &str) -> Result<(), Trouble> {
        Ok(writeln!(self.stderr, "{}", safe(text))?)
    }

    /// A file that is printed as it is: its writer has seen to what is in it.
    pub fn raw(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        Ok(self.stdout.write_all(bytes)?)
    }

    /// Sees to it that what was printed is out.
    pub fn flush(&mut self) -> io::Result<()> {
        self.stdout.flush()?;
        self.stderr.flush()
    }
}

fn unsafe_char(c: char) -> bool {
    c.is_control() || is_bidirectional_control(c) || matches!(c, '\u{2028}' | '\u{2029}')
}

/// The text with every control and bidirectional character as an escape.
pub fn safe(text: &str) -> String {
    if !text.contains(unsafe_char) {
        return text.to_owned();
    }
    text.chars().fold(String::with_capacity(text.len() + 16), |mut shown, c| {
        if unsafe_char(c) {
            let _ = write!(shown, "\\u{{{:x}}}", c as u32);
        } else {
            shown.push(c);
        }
        shown
    })
}

/// JSON on one line. What serde leaves as it is but a terminal would act on becomes `\uXXXX`, which means the same.
pub fn safe_json(value: &Value) -> String {
    escaped(value.to_string())
}

/// The same on many lines, for people and for editors.
pub fn safe_json_lines(value: &Value) -> Vec<String> {
    let text = serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string());
    text.lines().map(|line| escaped(line.to_owned())).collect()
}

fn escaped(text: String) -> String {
    if !text.contains(unsafe_char) {
        return text;
    }
    text.chars().fold(String::with_capacity(text.len() + 16), |mut shown, c| {
        if unsafe_char(c) {
            let _ = write!(shown, "\\u{:04x}", c as u32);
        } else {
            shown.push(c);
        }
        shown
    })
}

/// Rows under a header, columns as wide as their widest cell; the last is not padded.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> Vec<String> {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| safe(cell)).collect()).collect();
    let head: Vec<String> = header.iter().map(|h| h.to_uppercase()).collect();
    let mut widths: Vec<usize> = head.iter().map(|h| h.chars().count()).collect();
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: &[String]| {
        let mut text = String::new();
        for (at, (cell, width)) in cells.iter().zip(&widths).enumerate() {
            if at > 0 {
                text.push_str("  ");
            }
            text.push_str(cell);
            text.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.chars().count())));
        }
        text.trim_end().to_owned()
    };
    std::iter::once(line(&head)).chain(rows.iter().map(|row| line(row))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nothing_printed_acts_on_a_terminal() {
        assert_eq!(safe("a\u{1b}[2Jb\u{202e}c\u{9b}d"), "a\\u{1b}[2Jb\\u{202e}c\\u{9b}d");
        let value = json!({"name": "a\u{1b}b\u{202e}c\u{7f}"});
        let text = safe_json(&value);
        assert!(!text.contains(unsafe_char), "{text:?}");
        assert_eq!(serde_json::from_str::<Value>(&text).ok(), Some(value));
    }

    #[test]
    fn columns_line_up() {
        let rows = [vec!["north-7".to_owned(), "Hexham".to_owned()], vec!["a".to_owned(), String::new()]];
        assert_eq!(table(&["code", "name"], &rows), ["CODE     NAME", "north-7  Hexham", "a"]);
    }
}
