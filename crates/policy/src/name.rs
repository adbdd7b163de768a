//! Names: shown as given, compared under NFKC and full case folding with pinned tables.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::limits::{NAME_CHARS_MAX, TEXT_CHARS_MAX};

/// Why a text can't be a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadName(pub &'static str);

impl fmt::Display for BadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for BadName {}

/// A name as shown: trimmed, not blank, at most 100 characters, no control or bidirectional characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Arc<str>", into = "Arc<str>")]
pub struct Name(Arc<str>);

impl Name {
    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two names are compared by.
    pub fn folded(&self) -> Arc<str> {
        fold(&self.0).into()
    }
}

/// Trimmed, NFKC, full case folding, NFKC again: equal for texts that an operator would call the same name.
pub fn fold(text: &str) -> String {
    let composed: String = text.trim().nfkc().collect();
    caseless::default_case_fold_str(&composed).nfkc().collect()
}

/// Characters that would change how the text around them is shown.
pub fn is_bidirectional_control(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Checks free text: a description or a reason.
pub fn check_text(text: &str) -> Result<(), BadName> {
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(BadName("it is longer than 1,000 characters"));
    }
    if text.chars().any(|c| (c.is_control() && c != '\n') || is_bidirectional_control(c)) {
        return Err(BadName("it has control characters"));
    }
    Ok(())
}

impl TryFrom<Arc<str>> for Name {
    type Error = BadName;
    fn try_from(text: Arc<str>) -> Result<Self, BadName> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Err(BadName("a name can't be blank"));
        }
        if trimmed.chars().count() > NAME_CHARS_MAX {
            return Err(BadName("a name has at most 100 characters"));
        }
        if trimmed.chars().any(|c| c.is_control() || is_bidirectional_control(c)) {
            return Err(BadName("a name has no control characters"));
        }
        Ok(if trimmed.len() == text.len() { Self(text) } else { Self(trimmed.into()) })
    }
}

impl FromStr for Name {
    type Err = BadName;
    fn from_str(text: &str) -> Result<Self, BadName> {
        Self::try_from(Arc::from(text))
    }
}

impl From<Name> for Arc<str> {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ag_9_names_fold() {
        assert_eq!(fold(" Instore "), fold("INSTORE"));
        assert_eq!(fold("Straße"), fold("STRASSE"));
        assert_eq!(fold("ﬁnance"), fold("Finance"));
        assert!("  ".parse::<Name>().is_err());
        assert!("a\u{202e}b".parse::<Name>().is_err());
        assert!("x".repeat(101).parse::<Name>().is_err());
        assert_eq!(" Till ".parse::<Name>().map(|n| n.to_string()), Ok("Till".to_owned()));
    }
}
