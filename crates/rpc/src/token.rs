//! Access tokens: 256 random bits as text. Whoever makes one shows it once and keeps its hash; nothing here prints it.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::limits::TOKEN_BYTES_MAX;

/// A secret that lets its bearer in. Never printed by `Debug`; there is no `Display`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(String);

/// Why a text can't be an access token. The text itself is not repeated.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadToken;

impl fmt::Display for BadToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an access token has 1 to {TOKEN_BYTES_MAX} visible ASCII characters and nothing else")
    }
}

impl std::error::Error for BadToken {}

impl Token {
    /// A new one. The prefix lets scanners of repositories find those that got away.
    pub fn generate() -> Self {
        let bits: [u8; 32] = rand::random();
        let hex: String = bits.iter().map(|byte| format!("{byte:02x}")).collect();
        Self(format!("bw_{hex}"))
    }

    /// Takes a token as typed or as read from a file; a line's end is cut off.
    pub fn parse(text: &str) -> Result<Self, BadToken> {
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() || text.len() > TOKEN_BYTES_MAX || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(BadToken);
        }
        Ok(Self(text.to_owned()))
    }

    /// What may be stored and compared: SHA-256 of the text. Long random secrets need no slower hash.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// The secret itself, to be shown once or sent.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_and_never_show_themselves() {
        let (one, two) = (Token::generate(), Token::generate());
        assert_ne!(one, two);
        assert_ne!(one.hash(), two.hash());
        assert_eq!(one.reveal().len(), 67);
        assert!(!format!("{one:?}").contains(one.reveal()));
        assert_eq!(Token::parse(&format!("{}\n", one.reveal())), Ok(one));
        assert!(Token::parse("").is_err() && Token::parse("a b").is_err() && Token::parse(&"x".repeat(600)).is_err());
    }
}
