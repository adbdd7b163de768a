//! The words of the command line: what clap parses. Nothing here does anything; `ask` makes commands of them.
//!
//! `questions` are decisions; `deeds` are changes and files; `insight` is the audit and what is derived from it; the
//! others are the nouns with their verbs.

mod applications;
mod assign;
mod bundles;
mod catalogue;
mod deeds;
mod insight;
mod people;
mod places;
mod platform;
mod proposals;
mod questions;
mod scopes;
mod users;

use std::path::PathBuf;
use std::time::Duration;

use bailiwick_policy::ids::RequestId;
use bailiwick_rpc::api::At;
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

pub use self::applications::*;
pub use self::assign::*;
pub use self::bundles::*;
pub use self::catalogue::*;
pub use self::deeds::*;
pub use self::insight::*;
pub use self::people::*;
pub use self::places::*;
pub use self::platform::*;
pub use self::proposals::*;
pub use self::questions::*;
pub use self::scopes::*;
pub use self::users::*;
use super::words::{parse_at, parse_duration};

/// Exit codes and a first example, below the top level's help.
const AFTER_HELP: &str = "\
Without a subcommand: the console.

Exit codes: 0 yes or done, 1 error or rejected, 2 usage, 3 denied, 4 indeterminate, 5 outcome unknown.

Example:
  bailiwick --dev check --subject till:north-7/t1 --action POST --resource /v2/customers/42";

/// Who may call what, here: the console and the command line of a Bailiwick cluster.
#[derive(Parser, Clone, Debug)]
#[command(name = "bailiwick", version, about, after_help = AFTER_HELP, max_term_width = 110, subcommand_help_heading = "Commands")]
pub struct Cli {
    /// Flags that every subcommand takes.
    #[command(flatten)]
    pub common: Common,
    /// What to do; nothing is the console.
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// Flags that every subcommand takes.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Common flags")]
pub struct Common {
    /// The organisation [default: the caller's own, or the profile's]
    #[arg(long, global = true, value_name = "ORG")]
    pub org: Option<String>,
    /// A section of the configuration file (`~/.config/bailiwick/config.toml`): nodes, credential, organisation
    #[arg(long, global = true, value_name = "NAME", env = "BAILIWICK_PROFILE", hide_env = true)]
    pub profile: Option<String>,
    /// The development cluster that `bailiwick-node dev` started here
    #[arg(long, global = true)]
    pub dev: bool,
    /// Where callers reach the nodes: HOST:PORT, several by commas
    #[arg(long, global = true, value_name = "NODES", value_delimiter = ',')]
    pub nodes: Vec<String>,
    /// The certificate authority of the cluster, PEM
    #[arg(long, global = true, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// The caller's certificate, PEM
    #[arg(long, global = true, value_name = "FILE")]
    pub certificate: Option<PathBuf>,
    /// The key to the certificate, PEM
    #[arg(long, global = true, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// A file that holds the caller's token, instead of a certificate
    #[arg(long, global = true, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Print JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Refuse whatever would change something
    #[arg(long, global = true)]
    pub read_only: bool,
    /// Which state to read: local, max_staleness=D, at_least=RECEIPT, linearizable, at_exactly=REV [default: local]
    #[arg(long, global = true, value_name = "AT", value_parser = parse_at)]
    pub at: Option<At>,
    /// How long to wait for an answer: 500ms, 10s, 2m
    #[arg(long, global = true, value_name = "D", value_parser = parse_duration)]
    pub deadline: Option<Duration>,
    /// The id of the write, a ULID: a retry with the same id applies once
    #[arg(long, global = true, value_name = "ULID")]
    pub request_id: Option<RequestId>,
    /// Why, for the audit
    #[arg(long, global = true, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// What to do.
#[derive(Subcommand, Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "one is parsed in the life of the program")]
pub enum Verb {
    /// Everything that can also stand after `preview`.
    #[command(flatten)]
    Deed(Deed),
    /// What a command would do: changes, impact and revision. Nothing is changed
    #[command(after_help = "Example:\n  bailiwick --dev preview default set Instore")]
    Preview {
        /// Any command that writes.
        #[command(subcommand)]
        deed: Box<Deed>,
    },
    /// Propose a change instead of making it: it takes effect when a second person approves it
    #[command(after_help = "\
Examples:
  bailiwick --dev propose allocate --group Instore --zone north --reason 'spring pilot'
  bailiwick --dev propose --dry-run default set Instore
  bailiwick --dev propose --for 2d undo 41")]
    Propose(Propose),
    /// A completion script for a shell
    #[command(after_help = "Example:\n  bailiwick completions bash > /etc/bash_completion.d/bailiwick")]
    Completions {
        /// The shell.
        shell: Shell,
    },
}

/// A question or a change.
#[derive(Subcommand, Clone, Debug)]
pub enum Deed {
    /// May this subject do this? Exit code 0 yes, 3 no, 4 can't tell
    #[command(after_help = "Example:\n  bailiwick --dev check --subject till:north-7/t1 --action POST --resource /v2/customers/42 --json")]
    Check(Question),
    /// The same, with the chain that led to the answer, and for a no the nearest miss
    #[command(after_help = "Example:\n  bailiwick --dev explain --subject till:north-7/t1 --action DELETE --resource /v2/customers/42")]
    Explain(Question),
    /// Allocate an access group to stores, or make them inherit the default again
    #[command(after_help = "Examples:\n  bailiwick --dev allocate --group Instore --zone north --reason 'spring pilot'\n  bailiwick --dev allocate --clear north-7")]
    Allocate(Allocate),
    /// The access group that stores inherit when none is allocated to them
    #[command(subcommand, arg_required_else_help = true)]
    Default(DefaultVerb),
    /// Clear the active flag: everything below it is denied at once
    #[command(subcommand, arg_required_else_help = true)]
    Suspend(Target),
    /// Set the active flag again
    #[command(subcommand, arg_required_else_help = true)]
    Resume(Target),
    /// Organisations
    #[command(subcommand, arg_required_else_help = true)]
    Org(OrgVerb),
    /// Zones
    #[command(subcommand, arg_required_else_help = true)]
    Zone(PlaceVerb),
    /// Concepts
    #[command(subcommand, arg_required_else_help = true)]
    Concept(PlaceVerb),
    /// Stores
    #[command(subcommand, arg_required_else_help = true)]
    Store(StoreVerb),
    /// Tills
    #[command(subcommand, arg_required_else_help = true)]
    Till(TillVerb),
    /// Resources: logical sets of endpoints
    #[command(subcommand, arg_required_else_help = true)]
    Resource(ResourceVerb),
    /// Endpoints of the API catalogue
    #[command(subcommand, arg_required_else_help = true)]
    Endpoint(EndpointVerb),
    /// Access groups
    #[command(subcommand, arg_required_else_help = true)]
    AccessGroup(GroupVerb),
    /// Scopes: what access controls and credentials are made of
    #[command(subcommand, arg_required_else_help = true)]
    Scope(ScopeVerb),
    /// Custom entities, each with four scopes
    #[command(subcommand, arg_required_else_help = true)]
    Entity(EntityVerb),
    /// Access controls: sets of scopes for user groups
    #[command(subcommand, arg_required_else_help = true)]
    AccessControl(ControlVerb),
    /// User groups
    #[command(subcommand, arg_required_else_help = true)]
    UserGroup(UserGroupVerb),
    /// Users
    #[command(subcommand, arg_required_else_help = true)]
    User(UserVerb),
    /// Permission sets: actions on sub-modules, for users at places
    #[command(subcommand, arg_required_else_help = true)]
    PermissionSet(SetVerb),
    /// Roles: privileges, for applications
    #[command(subcommand, arg_required_else_help = true)]
    Role(RoleVerb),
    /// Applications and their keys
    #[command(subcommand, arg_required_else_help = true)]
    Application(ApplicationVerb),
    /// Endpoint privileges: predefined
    #[command(subcommand, arg_required_else_help = true)]
    EndpointPrivilege(EndpointPrivilegeVerb),
    /// A group allocated to stores for a while; what was there before comes back by itself. Needs --reason
    #[command(after_help = "Example:\n  bailiwick --dev break-glass north-7 --group Admin --for 2h --reason 'till software is being replaced'")]
    BreakGlass(BreakGlass),
    /// What ships to every organisation: standard sets, predefined controls and roles, scopes, modules
    #[command(subcommand, arg_required_else_help = true)]
    Catalogue(CatalogueVerb),
    /// Who may do this: every till, user and application, page by page at one revision
    #[command(after_help = "Examples:\n  bailiwick --dev who-can --action POST --resource /v2/customers --kind till --limit 20\n  bailiwick --dev who-can --module 'Member Care/Customer PII' --do view --place zone:north")]
    WhoCan(WhoCan),
    /// What this subject may do: endpoints, sub-modules, scopes, or nodes of the navigation
    #[command(after_help = "Examples:\n  bailiwick --dev what-can --subject application:erp\n  bailiwick --dev what-can --subject user:bob --navigation")]
    WhatCan(WhatCan),
    /// Rows of a CSV or TSV file into the organisation: all of them, or none if one is faulty
    #[command(after_help = "\
Columns (only those marked * are needed):
  endpoints  method* path* resource class level name scopes all_scopes permissions open
             (scopes by blanks, commas or `|`; permissions by commas or `|`)
  zones      code* name* parent
  concepts   code* name* parent
  stores     code* name* external_ids zone concept latitude longitude time_zone language currency
  tills      store* code* name
  allocations  store* access_group*   (blank: the store inherits the default)
  users      email* userRole groupName title firstName middleName lastName mobile accessibleEntities userType
             (userRole is NAME:LEVEL; entities are places such as zone:north, by `;`; places and groups are added)

Examples:
  bailiwick --dev import stores stores.csv --map code=store_id --map name=address --dry-run
  bailiwick --dev import endpoints scopes.tsv --map scopes=scopes_any_of --dry-run
  bailiwick --dev import users users.csv --map email='E-mail' --dry-run
  bailiwick --dev import endpoints --resume 01JD3ZK5V8ABCDEFGHJKMNPQRS")]
    Import(Import),
    /// Put the organisation's policy as a YAML file has it; `preview apply FILE` shows what it would do
    #[command(after_help = "Examples:\n  bailiwick --dev export org acme.yaml\n  bailiwick --dev preview apply acme.yaml --prune\n  bailiwick --dev apply acme.yaml")]
    Apply(Apply),
    /// Ask what a file of tests asks, and fail if an answer isn't the one it expects
    #[command(after_help = "\
A file of tests:
  tests:
    - subject: till:north-7/t1
      action: POST
      resource: /v2/customers
      expect: permit
    - subject: user:ann
      module: Member Care/Customer PII
      do: view
      place: zone:south
      expect: deny
      reason: out_of_scope

Example:
  bailiwick --dev test access.yaml")]
    Test(TestFile),
    /// The policy as a file, and lists as CSV files
    #[command(subcommand, arg_required_else_help = true)]
    Export(Export),
    /// Changes as they come into force, until interrupted
    #[command(after_help = "Example:\n  bailiwick --dev watch --json --from 100")]
    Watch(Watch),
    /// Who changed what, when and why
    #[command(subcommand, arg_required_else_help = true)]
    Audit(AuditVerb),
    /// Undo an entry of the audit, if what it changed is still as it left it
    #[command(after_help = "Examples:\n  bailiwick --dev preview undo 41\n  bailiwick --dev undo 41 --reason 'wrong zone'")]
    Undo {
        /// The revision of the entry.
        revision: u64,
    },
    /// What waits for a second person: changes that were proposed
    #[command(after_help = "Example:\n  bailiwick --dev proposals --json")]
    Proposals(Listing),
    /// One of them
    #[command(subcommand, arg_required_else_help = true)]
    Proposal(ProposalVerb),
    /// Do what another person proposed
    #[command(after_help = "Examples:\n  bailiwick --dev preview approve 01JD3ZK5V8ABCDEFGHJKMNPQRS\n  bailiwick --dev approve 01JD3ZK5V8ABCDEFGHJKMNPQRS --expect 3f2a9c")]
    Approve(Approve),
    /// Take away what another person proposed. Needs --reason
    #[command(after_help = "Example:\n  bailiwick --dev decline 01JD3ZK5V8ABCDEFGHJKMNPQRS --reason 'not before the sale'")]
    Decline {
        /// The proposal.
        id: RequestId,
    },
    /// Take away what one proposed oneself
    #[command(after_help = "Example:\n  bailiwick --dev withdraw 01JD3ZK5V8ABCDEFGHJKMNPQRS")]
    Withdraw {
        /// The proposal.
        id: RequestId,
    },
    /// What differs between two revisions of the organisation, and whose access does
    #[command(after_help = "Example:\n  bailiwick --dev diff 40 42")]
    Diff(Diff),
    /// What was refused lately, as every node counts it
    #[command(after_help = "Example:\n  bailiwick --dev denies --text needs_write --follow")]
    Denies(Denies),
    /// What is lawful and still most likely a mistake: in the organisation, or in a file
    #[command(after_help = "Examples:\n  bailiwick --dev lint\n  bailiwick lint endpoints endpoints.tsv --map resource=access_group_resource")]
    Lint(Lint),
    /// What is derived from what was called
    #[command(subcommand, arg_required_else_help = true)]
    Suggest(SuggestVerb),
    /// The cluster itself
    #[command(subcommand, arg_required_else_help = true)]
    Cluster(ClusterVerb),
    /// What lets somebody in
    #[command(subcommand, arg_required_else_help = true)]
    Credential(CredentialVerb),
    /// Who the cluster takes the caller for
    #[command(after_help = "Example:\n  bailiwick --dev whoami")]
    Whoami,
    /// Sign in with a one-time code: it becomes a credential of the user, kept in a profile of this machine
    #[command(after_help = "Examples:\n  bailiwick --nodes 10.0.0.1:7410,10.0.0.2:7410 --ca ca.pem login bw_0123 --as north\n  bailiwick --dev login - --as bob")]
    Login(Login),
}
