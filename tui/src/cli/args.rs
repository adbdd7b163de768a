//! The words of the command line: what clap parses. Nothing here does anything; `ask` makes commands of them.

use std::path::PathBuf;
use std::time::Duration;

use bailiwick_policy::access::{Class, Level};
use bailiwick_policy::ids::RequestId;
use bailiwick_rpc::api::At;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::words::{Grants, Mapping, parse_at, parse_duration, parse_grant, parse_map};

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
    /// A section of the configuration file: nodes, credential, organisation
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
    /// Rows of a CSV or TSV file into the organisation: all of them, or none if one is faulty
    #[command(after_help = "\
Columns (only those marked * are needed):
  endpoints  method* path* resource class level name
  zones      code* name* parent
  concepts   code* name* parent
  stores     code* name* external_ids zone concept latitude longitude time_zone language currency
  tills      store* code* name

Examples:
  bailiwick --dev import stores stores.csv --map code=store_id --map name=address --dry-run
  bailiwick --dev import endpoints --resume 01JD3ZK5V8ABCDEFGHJKMNPQRS")]
    Import(Import),
    /// Lists as CSV files
    #[command(subcommand, arg_required_else_help = true)]
    Export(Export),
    /// Changes as they come into force, until interrupted
    #[command(after_help = "Example:\n  bailiwick --dev watch --json --from 100")]
    Watch(Watch),
    /// The cluster itself
    #[command(subcommand, arg_required_else_help = true)]
    Cluster(ClusterVerb),
    /// What lets somebody in
    #[command(subcommand, arg_required_else_help = true)]
    Credential(CredentialVerb),
    /// Who the cluster takes the caller for
    #[command(after_help = "Example:\n  bailiwick --dev whoami")]
    Whoami,
}

/// Whose access to what.
#[derive(Args, Clone, Debug)]
pub struct Question {
    /// Whose access: till:STORE/TILL or store:STORE
    #[arg(long, value_name = "TYPE:ID")]
    pub subject: String,
    /// The HTTP method
    #[arg(long, value_name = "NAME")]
    pub action: String,
    /// The path as called: /path, or endpoint:/path
    #[arg(long, value_name = "TYPE:ID")]
    pub resource: String,
}

/// Which stores get which group.
#[derive(Args, Clone, Debug)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["group", "clear"])))]
pub struct Allocate {
    /// The access group, by id or name
    #[arg(long, value_name = "GROUP")]
    pub group: Option<String>,
    /// No group of their own: the stores inherit the default
    #[arg(long)]
    pub clear: bool,
    /// Stores
    #[arg(value_name = "STORE")]
    pub targets: Vec<String>,
    /// A store; may be repeated
    #[arg(long = "store", value_name = "STORE")]
    pub stores: Vec<String>,
    /// Every store of this zone; with other conditions, all must hold
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,
    /// Every store of this concept
    #[arg(long, value_name = "CONCEPT")]
    pub concept: Option<String>,
    /// Every store whose group in force is this one, allocated or inherited
    #[arg(long, value_name = "GROUP")]
    pub from_group: Option<String>,
}

/// What to do with the default.
#[derive(Subcommand, Clone, Debug)]
pub enum DefaultVerb {
    /// Set it
    #[command(after_help = "Example:\n  bailiwick --dev default set POS")]
    Set {
        /// The access group, by id or name.
        group: String,
    },
    /// Clear it: stores without a group of their own are denied everything
    #[command(after_help = "Example:\n  bailiwick --dev preview default clear")]
    Clear,
    /// Show it
    #[command(after_help = "Example:\n  bailiwick --dev default show")]
    Show,
}

/// What is suspended or resumed.
#[derive(Subcommand, Clone, Debug)]
pub enum Target {
    /// An organisation
    #[command(after_help = "Examples:\n  bailiwick --dev preview suspend org harbour\n  bailiwick --dev resume org harbour")]
    Org {
        /// Its code.
        id: String,
    },
    /// A store
    #[command(after_help = "Examples:\n  bailiwick --dev suspend store north-7 --reason 'flooded'\n  bailiwick --dev resume store north-7")]
    Store {
        /// Its code.
        id: String,
    },
    /// A till
    #[command(after_help = "Examples:\n  bailiwick --dev suspend till north-7/t1 --reason 'stolen'\n  bailiwick --dev resume till north-7/t1")]
    Till {
        /// STORE/TILL.
        id: String,
    },
}

/// How much of a list.
#[derive(Args, Clone, Debug, Default)]
pub struct Listing {
    /// Only rows whose key or name contains this
    #[arg(value_name = "TEXT")]
    pub text: Option<String>,
    /// At most so many rows [default: all]
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
}

/// Organisations.
#[derive(Subcommand, Clone, Debug)]
pub enum OrgVerb {
    /// A new one with its first owner and the built-in access groups
    #[command(after_help = "Example:\n  bailiwick --dev org create harbour --name 'Harbour & Field' --owner ada --owner-name 'Ada Voss'")]
    Create {
        /// Its code.
        code: String,
        /// Its name
        #[arg(long)]
        name: String,
        /// Id of its first owner
        #[arg(long, value_name = "USER")]
        owner: String,
        /// Name of its first owner [default: the id]
        #[arg(long, value_name = "NAME")]
        owner_name: Option<String>,
    },
    /// List those that the caller sees
    #[command(after_help = "Example:\n  bailiwick --dev org list")]
    List(Listing),
    /// Show one
    #[command(after_help = "Example:\n  bailiwick --dev org show harbour")]
    Show {
        /// Its code.
        code: String,
    },
    /// Rename one
    #[command(after_help = "Example:\n  bailiwick --dev org edit harbour --name 'Harbour and Field'")]
    Edit {
        /// Its code.
        code: String,
        /// Its new name
        #[arg(long)]
        name: String,
    },
}

/// Zones and concepts: two trees of the same shape.
#[derive(Subcommand, Clone, Debug)]
pub enum PlaceVerb {
    /// Create one
    #[command(after_help = "Example:\n  bailiwick --dev zone create isles --name 'Islands' --parent north")]
    Create {
        /// Its code.
        code: String,
        /// Its name
        #[arg(long)]
        name: String,
        /// The one above
        #[arg(long, value_name = "CODE")]
        parent: Option<String>,
    },
    /// List them
    #[command(after_help = "Example:\n  bailiwick --dev zone list")]
    List(Listing),
    /// Show one
    #[command(after_help = "Example:\n  bailiwick --dev zone show north")]
    Show {
        /// Its code.
        code: String,
    },
    /// Change one
    #[command(after_help = "Example:\n  bailiwick --dev zone edit north --name 'The North'")]
    Edit {
        /// Its code.
        code: String,
        /// Its new name
        #[arg(long)]
        name: Option<String>,
        /// The one above; an empty text is none
        #[arg(long, value_name = "CODE")]
        parent: Option<String>,
    },
    /// Remove one without stores and without children
    #[command(after_help = "Example:\n  bailiwick --dev zone remove isles")]
    Remove {
        /// Its code.
        code: String,
    },
}

/// What a store has beside its code and name. An empty text clears.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Of the store (an empty text clears)")]
pub struct StoreFields {
    /// Its zone
    #[arg(long, value_name = "CODE")]
    pub zone: Option<String>,
    /// Its concept
    #[arg(long, value_name = "CODE")]
    pub concept: Option<String>,
    /// Ids in other systems, separated by `;`
    #[arg(long, value_name = "IDS")]
    pub external_ids: Option<String>,
    /// Degrees north
    #[arg(long, value_name = "DEGREES", allow_hyphen_values = true)]
    pub latitude: Option<String>,
    /// Degrees east
    #[arg(long, value_name = "DEGREES", allow_hyphen_values = true)]
    pub longitude: Option<String>,
    /// IANA name of its time zone
    #[arg(long, value_name = "NAME")]
    pub time_zone: Option<String>,
    /// BCP 47 tag of its language
    #[arg(long, value_name = "TAG")]
    pub language: Option<String>,
    /// ISO 4217 code of its currency
    #[arg(long, value_name = "CODE")]
    pub currency: Option<String>,
}

/// Stores.
#[derive(Subcommand, Clone, Debug)]
pub enum StoreVerb {
    /// Create one
    #[command(after_help = "Example:\n  bailiwick --dev store create north-40 --name 'Alnwick' --zone north --concept outlet")]
    Create {
        /// Its code.
        code: String,
        /// Its name
        #[arg(long)]
        name: String,
        /// The rest.
        #[command(flatten)]
        fields: Box<StoreFields>,
    },
    /// List them
    #[command(after_help = "Example:\n  bailiwick --dev store list --zone north --group POS")]
    List {
        /// How much.
        #[command(flatten)]
        listing: Listing,
        /// Of this zone
        #[arg(long, value_name = "CODE")]
        zone: Option<String>,
        /// Of this concept
        #[arg(long, value_name = "CODE")]
        concept: Option<String>,
        /// With this access group in force
        #[arg(long, value_name = "GROUP")]
        group: Option<String>,
        /// With --group: only where it is allocated, not inherited
        #[arg(long, requires = "group")]
        explicit: bool,
        /// Without a group of their own
        #[arg(long, conflicts_with = "group")]
        inheriting: bool,
        /// Active ones
        #[arg(long, conflicts_with = "suspended")]
        active: bool,
        /// Suspended ones
        #[arg(long)]
        suspended: bool,
    },
    /// Show one
    #[command(after_help = "Example:\n  bailiwick --dev store show north-7")]
    Show {
        /// Its code.
        code: String,
    },
    /// Change one
    #[command(after_help = "Example:\n  bailiwick --dev store edit north-7 --zone east --concept ''")]
    Edit {
        /// Its code.
        code: String,
        /// Its new name
        #[arg(long)]
        name: Option<String>,
        /// The rest.
        #[command(flatten)]
        fields: Box<StoreFields>,
    },
}

/// Tills.
#[derive(Subcommand, Clone, Debug)]
pub enum TillVerb {
    /// Create one
    #[command(after_help = "Example:\n  bailiwick --dev till create north-7/t9 --name 'Garden centre'")]
    Create {
        /// STORE/TILL.
        id: String,
        /// Its name
        #[arg(long)]
        name: Option<String>,
    },
    /// List them
    #[command(after_help = "Example:\n  bailiwick --dev till list --store north-7")]
    List {
        /// How much.
        #[command(flatten)]
        listing: Listing,
        /// Of this store
        #[arg(long, value_name = "STORE")]
        store: Option<String>,
    },
    /// Show one
    #[command(after_help = "Example:\n  bailiwick --dev till show north-7/t1")]
    Show {
        /// STORE/TILL.
        id: String,
    },
    /// Rename one; an empty name clears
    #[command(after_help = "Example:\n  bailiwick --dev till edit north-7/t1 --name 'Front till'")]
    Edit {
        /// STORE/TILL.
        id: String,
        /// Its new name
        #[arg(long)]
        name: String,
    },
}

/// Resources.
#[derive(Subcommand, Clone, Debug)]
pub enum ResourceVerb {
    /// Create one
    #[command(after_help = "Example:\n  bailiwick --dev resource create 'Gift cards' --description 'issue, redeem, balance'")]
    Create {
        /// Its name, which is its id.
        name: String,
        /// Free text
        #[arg(long, default_value = "", hide_default_value = true)]
        description: String,
    },
    /// List them; the text finds them by their endpoints too
    #[command(after_help = "Example:\n  bailiwick --dev resource list points")]
    List(Listing),
    /// Show one with its endpoints
    #[command(after_help = "Example:\n  bailiwick --dev resource show Points")]
    Show {
        /// Its name.
        name: String,
    },
    /// Remove one without endpoints
    #[command(after_help = "Example:\n  bailiwick --dev resource remove 'Gift cards'")]
    Remove {
        /// Its name.
        name: String,
    },
}

/// What an endpoint has beside its method and path.
#[derive(Args, Clone, Debug, Default)]
pub struct EndpointFields {
    /// The resource it belongs to; an empty text is none
    #[arg(long, value_name = "NAME")]
    pub resource: Option<String>,
    /// Data or Config [default: Data]
    #[arg(long, value_name = "CLASS")]
    pub class: Option<Class>,
    /// Read or Write [default: by the method]
    #[arg(long, value_name = "LEVEL")]
    pub level: Option<Level>,
    /// Its name; an empty text clears
    #[arg(long)]
    pub name: Option<String>,
}

/// Endpoints.
#[derive(Subcommand, Clone, Debug)]
pub enum EndpointVerb {
    /// Create one
    #[command(after_help = "Example:\n  bailiwick --dev endpoint create GET '/v2/gift-cards/{id}' --resource 'Gift cards'")]
    Create {
        /// The HTTP method.
        method: String,
        /// The path template.
        path: String,
        /// The rest.
        #[command(flatten)]
        fields: EndpointFields,
    },
    /// List them; the text finds them by path, name and resource
    #[command(after_help = "Example:\n  bailiwick --dev endpoint list --resource Points --class config")]
    List {
        /// How much.
        #[command(flatten)]
        listing: Listing,
        /// Of this resource
        #[arg(long, value_name = "NAME")]
        resource: Option<String>,
        /// Data or Config
        #[arg(long, value_name = "CLASS")]
        class: Option<Class>,
    },
    /// Show one
    #[command(after_help = "Example:\n  bailiwick --dev endpoint show GET '/v2/customers/{id}'")]
    Show {
        /// The HTTP method.
        method: String,
        /// The path template.
        path: String,
    },
    /// Change one
    #[command(after_help = "Example:\n  bailiwick --dev endpoint edit POST /v2/customers/search --level Read")]
    Edit {
        /// The HTTP method.
        method: String,
        /// The path template.
        path: String,
        /// The rest.
        #[command(flatten)]
        fields: EndpointFields,
    },
    /// Remove one
    #[command(after_help = "Example:\n  bailiwick --dev endpoint remove GET '/v2/gift-cards/{id}'")]
    Remove {
        /// The HTTP method.
        method: String,
        /// The path template.
        path: String,
    },
}

/// Access groups.
#[derive(Subcommand, Clone, Debug)]
pub enum GroupVerb {
    /// A new custom group
    #[command(after_help = "Example:\n  bailiwick --dev access-group create 'Kiosk' --grant Customer=R --grant 'Points=RW' --grant 'Store:config=R'")]
    Create {
        /// Its name; the id is made from it.
        name: String,
        /// Free text
        #[arg(long, default_value = "", hide_default_value = true)]
        description: String,
        /// A cell of its matrix: RESOURCE[:data|:config]=R|W|RW; may be repeated
        #[arg(long = "grant", value_name = "CELL", value_parser = parse_grant)]
        grants: Vec<Grants>,
    },
    /// List them
    #[command(after_help = "Example:\n  bailiwick --dev access-group list --active")]
    List {
        /// How much.
        #[command(flatten)]
        listing: Listing,
        /// Active ones
        #[arg(long, conflicts_with = "inactive")]
        active: bool,
        /// Inactive ones
        #[arg(long)]
        inactive: bool,
    },
    /// Show one with its matrix
    #[command(after_help = "Example:\n  bailiwick --dev access-group show POS")]
    Show {
        /// Its id or name.
        group: String,
    },
    /// Change a custom group: in force for every store that has it
    #[command(after_help = "Example:\n  bailiwick --dev preview access-group edit Kiosk --grant Points=R --grant Customer=none")]
    Edit {
        /// Its id or name.
        group: String,
        /// A new name
        #[arg(long)]
        name: Option<String>,
        /// A new description
        #[arg(long)]
        description: Option<String>,
        /// A cell of its matrix: RESOURCE[:data|:config]=R|W|RW|none; may be repeated
        #[arg(long = "grant", value_name = "CELL", value_parser = parse_grant)]
        grants: Vec<Grants>,
    },
}

/// What a file holds.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImportKind {
    /// Endpoints of the API catalogue
    Endpoints,
    /// Zones
    Zones,
    /// Concepts
    Concepts,
    /// Stores
    Stores,
    /// Tills
    Tills,
}

/// An import.
#[derive(Args, Clone, Debug)]
pub struct Import {
    /// What the file holds
    #[arg(value_enum)]
    pub kind: ImportKind,
    /// The file: CSV, or TSV if its name ends so
    #[arg(required_unless_present = "resume")]
    pub file: Option<PathBuf>,
    /// Our column is headed otherwise in the file; may be repeated
    #[arg(long = "map", value_name = "OURS=THEIRS", value_parser = parse_map)]
    pub maps: Vec<Mapping>,
    /// What separates the columns: `,`, `;`, `|` or `tab` [default: by the file's name]
    #[arg(long, value_name = "CHARACTER")]
    pub delimiter: Option<String>,
    /// Check every row and show what would change; change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Go on with an import that was cut short
    #[arg(long, value_name = "JOB", conflicts_with_all = ["dry_run", "maps", "delimiter"])]
    pub resume: Option<RequestId>,
    /// Write every fault to this file too
    #[arg(long, value_name = "FILE")]
    pub errors: Option<PathBuf>,
}

/// Exports.
#[derive(Subcommand, Clone, Debug)]
pub enum Export {
    /// Stores with their access group and whether it is theirs or the default
    #[command(after_help = "Example:\n  bailiwick --dev export stores --group POS pos-stores.csv")]
    Stores {
        /// Only those with this access group in force
        #[arg(long, value_name = "GROUP")]
        group: Option<String>,
        /// The file to write [default: standard output]
        file: Option<PathBuf>,
    },
}

/// A stream of changes.
#[derive(Args, Clone, Debug)]
pub struct Watch {
    /// Changes after this revision [default: from now on]
    #[arg(long, value_name = "REV")]
    pub from: Option<u64>,
    /// End after so many changes
    #[arg(long, value_name = "N")]
    pub count: Option<u64>,
}

/// The cluster.
#[derive(Subcommand, Clone, Debug)]
pub enum ClusterVerb {
    /// How every node is
    #[command(after_help = "Example:\n  bailiwick --dev cluster status --hashes --json")]
    Status {
        /// Also compute the hash over each node's content
        #[arg(long)]
        hashes: bool,
    },
}

/// Credentials.
#[derive(Subcommand, Clone, Debug)]
pub enum CredentialVerb {
    /// Make one; its token is printed once and kept nowhere
    #[command(subcommand, arg_required_else_help = true)]
    Create(CredentialOf),
    /// List those that the caller sees
    #[command(after_help = "Example:\n  bailiwick --dev credential list")]
    List(Listing),
    /// Revoke one, for good
    #[command(after_help = "Example:\n  bailiwick --dev credential revoke gateway-1 --reason 'laptop lost'")]
    Revoke {
        /// Its id.
        id: String,
    },
}

/// Whom a new credential lets in.
#[derive(Subcommand, Clone, Debug)]
pub enum CredentialOf {
    /// A platform operator: everything, in every organisation
    #[command(after_help = "Example:\n  bailiwick --dev credential create operator night-shift --label 'Night shift'")]
    Operator(NewCredential),
    /// An owner of the organisation
    #[command(after_help = "Example:\n  bailiwick --dev credential create owner ada-laptop --user ada")]
    Owner {
        /// What every credential has.
        #[command(flatten)]
        new: NewCredential,
        /// The owner's user id
        #[arg(long, value_name = "USER")]
        user: String,
    },
    /// A program that asks for decisions about subjects of the organisation
    #[command(after_help = "Example:\n  bailiwick --dev credential create enforcement-point gateway-1 --label 'Gateway, rack 1'")]
    EnforcementPoint(NewCredential),
}

/// What every credential has.
#[derive(Args, Clone, Debug)]
pub struct NewCredential {
    /// Its id, unique in the cluster.
    pub id: String,
    /// What it is for [default: the id]
    #[arg(long)]
    pub label: Option<String>,
    /// Write the token to this file, readable by its owner only, instead of printing it
    #[arg(long, value_name = "FILE")]
    pub token_out: Option<PathBuf>,
}
