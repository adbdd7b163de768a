//! Every reason that an answer can have, each by a question to a real node; through the command line as well.

use std::collections::BTreeSet;

use bailiwick_policy::access::{Class, Grant, Levels, Narrow};
use bailiwick_policy::decision::Reason;
use bailiwick_policy::command::*;
use bailiwick_policy::ids::{ObjectId, OrgCode, Revision};
use bailiwick_policy::object::{ApplicationType, Secret};
use bailiwick_policy::permission::ModuleGrant;
use bailiwick_policy::place::{Bounds, Place};
use bailiwick_rpc::api::{At, Receipt};
use bailiwick_tests::harness::*;

use crate::support::settings;

const ORG: &str = "acme";
/// Staleness beyond which this cluster's nodes can't tell, in milliseconds.
const STALENESS_BOUND_MS: u64 = 2_000;

struct Case {
    org: &'static str,
    subject: &'static str,
    action: &'static str,
    path: &'static str,
    at: At,
    reason: Reason,
}

fn case(subject: &'static str, action: &'static str, path: &'static str, reason: Reason) -> Case {
    Case { org: ORG, subject, action, path, at: At::Local, reason }
}

fn cases() -> Vec<Case> {
    use Reason::*;
    let of = |org, reason| Case { org, ..case("till:s1/t1", "GET", "/v2/customers/42", reason) };
    let at = |at, reason| Case { at, ..case("till:s1/t1", "GET", "/v2/customers/42", reason) };
    vec![
        // AG-16, AG-19, AG-23: whose group it is.
        case("till:s2/t1", "GET", "/v2/tasks", PermitGroup),
        case("till:s1/t1", "GET", "/v2/customers/42", PermitDefaultGroup),
        case("store:s1", "GET", "/v2/customers/42", PermitDefaultGroup),
        // AG-2 to AG-5: what the group grants.
        case("till:s1/t1", "GET", "/v2/tasks", ResourceNone),
        case("till:s1/t1", "PUT", "/v2/products/42", NeedsWrite),
        case("till:s3/t1", "GET", "/v2/reports", NeedsRead),
        case("till:s3/t1", "POST", "/v2/reports", PermitGroup),
        // AG-4: a POST that only reads passes by Read and by Write; HEAD as GET.
        case("till:s1/t1", "POST", "/v2/customers/lookup", PermitDefaultGroup),
        case("till:s1/t1", "HEAD", "/v2/customers/42", PermitDefaultGroup),
        case("till:s1/t1", "OPTIONS", "/v2/customers/42", EndpointUnknown),
        // AG-7: Data and Config are judged apart.
        case("till:s1/t1", "GET", "/v2/config/stores", ResourceNone),
        case("till:s2/t1", "GET", "/v2/config/stores", PermitGroup),
        // AG-6: the cell would do, and leaves the endpoint out.
        case("till:s6/t1", "GET", "/v2/customers/42", EndpointExcluded),
        case("till:s6/t1", "POST", "/v2/customers/42", PermitGroup),
        // The path.
        case("till:s1/t1", "GET", "/v2/customers/%2e%2e/42", PathMalformed),
        case("till:s1/t1", "GET", "/v2//customers/42", PathMalformed),
        case("till:s1/t1", "GET", "/v2/customers%2F42", PathMalformed),
        case("till:s1/t1", "GET", "/v2/nothing", EndpointUnknown),
        case("till:s1/t1", "GET", "/v2/gift-cards/7", EndpointUnmapped),
        // The place.
        case("till:s9/t1", "GET", "/v2/customers/42", StoreUnknown),
        case("till:s4/t1", "GET", "/v2/customers/42", StoreInactive),
        case("till:s1/t9", "GET", "/v2/customers/42", TillUnknown),
        case("till:s5/t1", "GET", "/v2/customers/42", TillSuspended),
        // The org.
        of("nobodys", OrgUnknown),
        of("closed", OrgSuspended),
        of("bare", NoAccessGroup),
        // Users: what they own, hold by scopes, by sets, and where.
        case("user:ada", "GET", "/v2/tasks", PermitOwner),
        case("user:ann", "GET", "/v2/orders", PermitScope),
        case("user:ann", "GET", "/v2/notes", PermitOwn),
        case("user:ann", "GET", "/v2/notes/7", NotOwner),
        case("user:ann", "GET", "/v2/desk", PermitSet),
        case("user:ann", "POST", "/v2/desk", OutOfScope),
        case("user:bob", "GET", "/v2/orders", ScopeMissing),
        case("user:bob", "GET", "/v2/desk", PermissionMissing),
        case("user:nobody", "GET", "/v2/orders", SubjectUnknown),
        case("till:s1/t1", "GET", "/v2/status", PermitOpen),
        // Applications: by privileges, and never where registrations are.
        case("application:erp", "GET", "/ccadmin/v1/products", PermitPrivilege),
        case("application:erp", "GET", "/ccadmin/v1/adminRoles", PrivilegeMissing),
        case("application:erp", "GET", "/ccadmin/v1/applicationIds", ForbiddenToApplications),
        case("application:sites", "GET", "/ccadmin/v1/sites", PermitEndpointPrivilege),
        case("application:asleep", "GET", "/ccadmin/v1/products", SubjectInactive),
        case("application:keyless", "GET", "/ccadmin/v1/products", KeyExpired),
        // Which state.
        at(At::AtExactly(Revision(1_000_000)), Behind),
        at(At::AtLeast(Receipt::new("tests", 1, Revision(1_000_000))), Behind),
        at(At::AtExactly(Revision(0)), OrgUnknown),
        at(At::Linearizable, PermitDefaultGroup),
        at(At::MaxStaleness(0), PermitDefaultGroup),
    ]
}

/// Users and applications that the cases ask about.
fn people() -> Vec<Command> {
    let org = || code::<OrgCode>(ORG);
    let endpoint = |method: &str, path: &str, edit: fn(EndpointRow) -> EndpointRow| {
        Command::PutEndpoints { org: org(), mode: PutMode::Import, rows: vec![edit(EndpointRow::new(method, path))] }
    };
    let user = |id: &str| {
        let row = UserRow { name: Some(code(id)), places: Field::To(vec![Place::Org]), ..UserRow::new(code(id)) };
        Command::PutUsers { org: org(), mode: PutMode::Create, rows: vec![row] }
    };
    let application = |id: &str, roles: Option<Vec<Assign>>, key: Option<NewKey>| Command::RegisterApplication {
        org: org(),
        id: code(id),
        name: code(id),
        kind: ApplicationType::Application,
        roles,
        scopes: Vec::new(),
        group: None,
        source: None,
        external: false,
        key,
    };
    let grant = |module: &str, actions: &str| ModuleGrant { module: code(module), actions: code(actions) };
    let set = |name: &str, grants| Command::CreateSet { org: org(), name: code(name), description: "".into(), grants, clone_of: None };
    let scopes = vec![code("order.order_read"), code("notes.mine")];
    let members = vec![code("ann")];
    let (basics, programs) = (Assign::new("basics").at(vec![Place::Org]), Assign::new("programs").at(vec![Place::Store(code("s1"))]));
    let key = NewKey { id: code("lost"), secret: Secret::TokenHash([6; 32]), lasts_ms: None };
    let rights = vec![code("endpoint.ccadmin.getSites")];
    vec![
        Command::CreateScope { org: org(), id: code("notes.mine"), description: "".into(), own: true },
        endpoint("GET", "/v2/orders", |row| EndpointRow { scopes: Field::To(vec![code("order.order_read")]), ..row }),
        endpoint("GET", "/v2/notes", |row| EndpointRow { scopes: Field::To(vec![code("notes.mine")]), ..row }),
        endpoint("GET", "/v2/notes/{id}", |row| EndpointRow { scopes: Field::To(vec![code("notes.mine")]), ..row }),
        endpoint("GET", "/v2/desk", |row| EndpointRow { permissions: Field::To(vec![code("Loyalty+/Basic:view")]), ..row }),
        endpoint("POST", "/v2/desk", |row| EndpointRow { permissions: Field::To(vec![code("Loyalty+/Program:create")]), ..row }),
        endpoint("GET", "/v2/status", |row| EndpointRow { open: Some(true), ..row }),
        user("ann"),
        user("bob"),
        Command::CreateControl { org: org(), name: code("Clerks"), description: "".into(), audience: None, scopes },
        Command::CreateUserGroup { org: org(), name: code("Desk"), description: "".into(), audience: Default::default() },
        Command::AssignControls { org: org(), group: "Desk".into(), verb: Verb::Add, controls: vec![Assign::new("clerks")], users: Vec::new() },
        Command::AssignMembers { org: org(), group: "Desk".into(), verb: Verb::Add, users: members, bounds: Bounds::ALWAYS, applications: Vec::new() },
        set("Basics", vec![grant("Loyalty+/Basic", "V")]),
        set("Programs", vec![grant("Loyalty+/Program", "C")]),
        Command::AssignSets { org: org(), user: code("ann"), verb: Verb::Add, sets: vec![basics, programs], permissions: Vec::new() },
        Command::CreateRole { org: org(), id: code("sites"), name: code("Sites"), description: "".into(), rights },
        application("erp", None, None),
        application("sites", Some(vec![Assign::new("sites")]), None),
        application("asleep", None, None),
        Command::Suspend { target: ObjectId::Application(org(), code("asleep")) },
        application("keyless", None, Some(key)),
        Command::RevokeCredential { id: code("lost") },
    ]
}

/// Those that no question here has, and why.
const ELSEWHERE: [(Reason, &str); 1] =
    [(Reason::Compacted, "only a node that was given its state by a snapshot with more than 1 GiB of audit lacks a revision")];

#[tokio::test(flavor = "multi_thread")]
async fn each_has_a_question() {
    let story = Story::begin("reasons::each_has_a_question");
    story.phase("establish");
    let mut short = settings();
    short.staleness_bound_ms = STALENESS_BOUND_MS;
    let cluster = Cluster::start(short).await;
    let caller = &cluster.node(1).caller;
    seed::retailer(caller, ORG, 6).await;
    seed::retailer(caller, "closed", 1).await;
    let commands = [
        seed::org("bare"),
        seed::endpoints("bare"),
        seed::stores("bare", ["s1"]),
        seed::tills("bare", ["s1/t1"]),
        seed::group(ORG, "Write only", &[("Report", Levels::W)]),
        seed::allocate(ORG, &["s2"], Some("Instore")),
        seed::allocate(ORG, &["s3"], Some("Write only")),
        Command::Suspend { target: seed::store_id(ORG, "s4") },
        Command::Suspend { target: seed::till_id(ORG, "s5", "t1") },
        Command::Suspend { target: ObjectId::Org(code("closed")) },
    ];
    for command in &commands {
        caller.change(command).await;
    }
    let narrow = Some(Narrow::Except(vec![code("GET /v2/customers/{}")]));
    let cell = Grant { resource: code("Customer"), class: Class::Data, levels: Levels::all(), narrow };
    caller.change(&Command::CreateGroup { org: code(ORG), name: code("Narrowed"), description: "".into(), grants: vec![cell] }).await;
    caller.change(&seed::allocate(ORG, &["s6"], Some("Narrowed"))).await;
    for command in people() {
        caller.change(&command).await;
    }
    // A node that was restarted holds no older views: it rebuilds them.
    cluster.equal().await;
    cluster.stop(3);
    cluster.start_node(3).await;
    cluster.fresh_node(3).await;

    story.phase("the nodes' answers");
    let mut seen: BTreeSet<Reason> = ELSEWHERE.into_iter().map(|(reason, _)| reason).collect();
    for case in cases() {
        for node in cluster.nodes() {
            let reply = node.caller.check(check_of(case.org, case.subject, case.action, case.path, case.at.clone())).await;
            let reply = reply.unwrap_or_else(|why| panic!("{} {} {} of {}: {why}", case.action, case.path, case.subject, case.org));
            let verdict = case.reason.verdict();
            assert_eq!(
                (reply.reason.as_str(), reply.decision.as_str(), reply.code),
                (case.reason.as_str(), verdict.as_str(), verdict.code()),
                "{} {} by {} of {} at {:?} on node {}",
                case.action,
                case.path,
                case.subject,
                case.org,
                case.at,
                node.id
            );
        }
        seen.insert(case.reason);
    }
    story.phase("the same through the command line, its exit code and an explanation that agrees");
    for case in cases().into_iter().filter(|case| case.at == At::Local) {
        let cli = cluster.cli(case.org);
        let args = ["--subject", case.subject, "--action", case.action, "--resource", case.path, "--json"];
        let wanted = if case.reason.verdict().code() == 0 { 0 } else { 3 };
        for verb in ["check", "explain"] {
            let ran = cli.expect(wanted, &[&[verb], &args[..]].concat());
            assert_eq!(ran.field("reason"), case.reason.as_str(), "{ran}");
        }
    }

    story.phase("AG-35: two nodes stopped, the third can't tell, and knows why");
    let alone = cluster.node(1);
    cluster.others(1).iter().for_each(|node| node.process.pause());
    let asked = |at| check_of(ORG, "till:s1/t1", "GET", "/v2/customers/42", at);
    let lonely = cluster.cli(ORG).at(&[alone.caller.addr().to_owned()]);
    let args = ["check", "--subject", "till:s1/t1", "--action", "GET", "--resource", "/v2/customers/42", "--json", "--at"];
    for (at, flag, reason) in [(At::Linearizable, "linearizable", Reason::Unavailable), (At::Local, "local", Reason::StateUnavailable)] {
        until(reason.as_str(), BOUND, async || {
            let reply = alone.caller.check(asked(at.clone())).await.map_err(|why| why.to_string())?;
            if reply.reason == reason.as_str() { Ok(()) } else { Err(reply.reason) }
        })
        .await;
        let ran = lonely.expect(4, &[&args[..], &[flag]].concat());
        assert_eq!((ran.field("code"), ran.field("reason")), (4001.into(), reason.as_str().into()), "{ran}");
        seen.insert(reason);
    }
    cluster.others(1).iter().for_each(|node| node.process.resume());

    let missing: Vec<&Reason> = Reason::ALL.iter().filter(|reason| !seen.contains(reason)).collect();
    assert!(missing.is_empty(), "no question has the answer {missing:?}");
    println!("reasons: {} of {} by questions here, the rest: {ELSEWHERE:?}", seen.len() - ELSEWHERE.len(), Reason::ALL.len());
}
