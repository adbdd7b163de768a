//! Words of questions: whose access, to what, where; who may do something, and what somebody may do.

use clap::{ArgGroup, Args, ValueEnum};

/// What is asked for: a call, an action on a sub-module, a scope, or an action on an entity.
#[derive(Args, Clone, Debug, Default)]
#[command(group(ArgGroup::new("asked").required(true).args(["resource", "module", "scope", "entity"])))]
pub struct Asked {
    /// The HTTP method of a call
    #[arg(long, value_name = "NAME", requires = "resource")]
    pub action: Option<String>,
    /// A call, by its path: /path, or endpoint:/path; or what --module, --scope and --entity name, as module:…, scope:…, entity:…
    #[arg(long, value_name = "TYPE:ID", requires = "action")]
    pub resource: Option<String>,
    /// A sub-module of the back office: MODULE/SUB-MODULE
    #[arg(long, value_name = "MODULE", requires = "act")]
    pub module: Option<String>,
    /// The use of a scope
    #[arg(long, value_name = "SCOPE")]
    pub scope: Option<String>,
    /// An entity, or with `--do view` a node of the navigation
    #[arg(long, value_name = "ENTITY", requires = "act")]
    pub entity: Option<String>,
    /// What is done: to a sub-module view, create, edit, delete or approve; to an entity view, read, create or manage
    #[arg(long = "do", value_name = "NAME", id = "act", conflicts_with_all = ["action", "scope"])]
    pub act: Option<String>,
    /// Where it is done: org, zone:CODE, concept:CODE, store:CODE or till:STORE/TILL
    #[arg(long, value_name = "PLACE")]
    pub place: Option<String>,
}

/// Whose access to what.
#[derive(Args, Clone, Debug, Default)]
pub struct Question {
    /// Whose access: till:STORE/TILL, store:STORE, user:ID or application:ID
    #[arg(long, value_name = "TYPE:ID")]
    pub subject: String,
    /// What is asked for.
    #[command(flatten)]
    pub asked: Asked,
    /// It is about one instance, not about a list
    #[arg(long)]
    pub instance: bool,
    /// Who created the instance: a user's id, or application:ID
    #[arg(long, value_name = "ID")]
    pub created_by: Option<String>,
    /// Whom the instance is assigned to, written likewise
    #[arg(long, value_name = "ID")]
    pub assigned_to: Option<String>,
    /// The type in the body of a call about an application's registration
    #[arg(long, value_name = "TYPE")]
    pub body_type: Option<String>,
}

/// A kind of subject.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum SubjectOf {
    /// Users
    User,
    /// Applications
    Application,
    /// Stores
    Store,
    /// Tills
    Till,
}

impl SubjectOf {
    /// Its word in a subject.
    pub fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Application => "application",
            Self::Store => "store",
            Self::Till => "till",
        }
    }
}

/// Who may do something.
#[derive(Args, Clone, Debug)]
pub struct WhoCan {
    /// What is asked for.
    #[command(flatten)]
    pub asked: Asked,
    /// Only subjects of this kind
    #[arg(long, value_enum, value_name = "KIND")]
    pub kind: Option<SubjectOf>,
    /// At most so many subjects [default: all]
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
}

/// What somebody may do.
#[derive(Args, Clone, Debug)]
pub struct WhatCan {
    /// Who: till:STORE/TILL, store:STORE, user:ID or application:ID [default: the caller]
    #[arg(long, value_name = "TYPE:ID")]
    pub subject: Option<String>,
    /// Where it would be done: org, zone:CODE, concept:CODE, store:CODE or till:STORE/TILL
    #[arg(long, value_name = "PLACE")]
    pub place: Option<String>,
    /// Nodes of the navigation tree, each full or empty
    #[arg(long)]
    pub navigation: bool,
    /// At most so many rows [default: all]
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
}

/// What differs between two subjects.
#[derive(Args, Clone, Debug)]
pub struct Compare {
    /// The one: till:STORE/TILL, store:STORE, user:ID or application:ID
    #[arg(value_name = "TYPE:ID")]
    pub first: String,
    /// The other, of the same kind or of another
    #[arg(value_name = "TYPE:ID")]
    pub second: String,
    /// Where it would be done: org, zone:CODE, concept:CODE, store:CODE or till:STORE/TILL
    #[arg(long, value_name = "PLACE")]
    pub place: Option<String>,
}
