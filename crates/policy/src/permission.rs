//! What a permission set grants: actions on sub-modules of the back office (UM-13).

use std::fmt;
use std::str::FromStr;

use bitflags::bitflags;
use serde::{Deserialize, Serialize};

use crate::ids::ModuleId;

/// What is done to a sub-module. No action includes another (UM-13).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Looking.
    View,
    /// Making.
    Create,
    /// Changing.
    Edit,
    /// Taking away.
    Delete,
    /// Approving.
    Approval,
}

impl Action {
    /// All, in the order they are shown.
    pub const ALL: [Self; 5] = [Self::View, Self::Create, Self::Edit, Self::Delete, Self::Approval];

    /// Its letter in short forms.
    pub fn letter(self) -> char {
        match self {
            Self::View => 'V',
            Self::Create => 'C',
            Self::Edit => 'E',
            Self::Delete => 'D',
            Self::Approval => 'A',
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::View => "view",
            Self::Create => "create",
            Self::Edit => "edit",
            Self::Delete => "delete",
            Self::Approval => "approval",
        })
    }
}

impl FromStr for Action {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim().to_ascii_lowercase().as_str() {
            "view" => Ok(Self::View),
            "create" => Ok(Self::Create),
            "edit" => Ok(Self::Edit),
            "delete" => Ok(Self::Delete),
            "approval" | "approve" => Ok(Self::Approval),
            _other => Err(format!("`{}` is no action: it is view, create, edit, delete or approve", text.escape_default())),
        }
    }
}

bitflags! {
    /// Several actions.
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
    pub struct Actions: u8 {
        /// Looking.
        const V = 1;
        /// Making.
        const C = 2;
        /// Changing.
        const E = 4;
        /// Taking away.
        const D = 8;
        /// Approving.
        const A = 16;
    }
}

impl Actions {
    /// Whether one of them is this.
    pub fn has(self, action: Action) -> bool {
        self.contains(action.into())
    }

    /// They, in the order they are shown.
    pub fn each(self) -> impl Iterator<Item = Action> {
        Action::ALL.into_iter().filter(move |action| self.has(*action))
    }
}

impl From<Action> for Actions {
    fn from(action: Action) -> Self {
        match action {
            Action::View => Self::V,
            Action::Create => Self::C,
            Action::Edit => Self::E,
            Action::Delete => Self::D,
            Action::Approval => Self::A,
        }
    }
}

impl fmt::Display for Actions {
    /// `VCEDA`, as many of the letters as there are actions; `-` for none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters: String = self.each().map(Action::letter).collect();
        f.pad(if letters.is_empty() { "-" } else { &letters })
    }
}

impl FromStr for Actions {
    type Err = String;

    /// Letters (`VCE`) or words (`view,create edit`), in any order and case; `-` is none.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text == "-" {
            return Ok(Self::empty());
        }
        let of_letter = |letter: char| Action::ALL.into_iter().find(|action| action.letter() == letter.to_ascii_uppercase());
        let letters: Option<Self> = text.chars().map(|letter| of_letter(letter).map(Self::from)).collect();
        if let Some(actions) = letters.filter(|actions| !actions.is_empty()) {
            return Ok(actions);
        }
        let words = text.split([',', ' ', '|']).filter(|word| !word.is_empty());
        let actions: Self = words.map(|word| word.parse::<Action>().map(Self::from)).collect::<Result<_, _>>()?;
        if actions.is_empty() { Err("no action is named: it is letters of `VCEDA`, or words such as `view,create`".to_owned()) } else { Ok(actions) }
    }
}

impl Serialize for Actions {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Actions {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// One permission: an action on a sub-module.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Permission {
    /// The sub-module.
    pub module: ModuleId,
    /// What is done to it.
    pub action: Action,
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.module, self.action)
    }
}

impl FromStr for Permission {
    type Err = String;

    /// `Module/Sub-module:action`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (module, action) = text
            .rsplit_once(':')
            .ok_or_else(|| format!("`{}` is no permission: it is `Module/Sub-module:action`", text.escape_default()))?;
        Ok(Self { module: module.parse().map_err(|why: crate::ids::BadId| why.to_string())?, action: action.parse()? })
    }
}

/// What a set grants on one sub-module.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct ModuleGrant {
    /// The sub-module.
    pub module: ModuleId,
    /// The actions, at least one.
    pub actions: Actions,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn um_13_actions_are_read_as_letters_or_words() {
        assert_eq!("VCA".parse(), Ok(Actions::V | Actions::C | Actions::A));
        assert_eq!("view, Create approve".parse(), Ok(Actions::V | Actions::C | Actions::A));
        assert_eq!((Actions::A | Actions::V).to_string(), "VA");
        assert_eq!("-".parse(), Ok(Actions::empty()));
        assert!("".parse::<Actions>().is_err() && "read".parse::<Actions>().is_err());
        let permission: Permission = "Member Care/Customer PII:view".parse().unwrap();
        assert_eq!(permission.to_string(), "Member Care/Customer PII:view");
    }
}
