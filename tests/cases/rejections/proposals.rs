//! Refusals of maker and checker, in an org of their own.

use bailiwick_policy::command::*;
use bailiwick_policy::ids::*;
use bailiwick_policy::object::UserType;
use bailiwick_policy::outcome::RejectionCode;
use bailiwick_rpc::api::SubmitReply;
use bailiwick_rpc::token::Token;
use bailiwick_tests::harness::caller::request;
use bailiwick_tests::harness::*;

use crate::proposals::{approval, credential, user};

const ORG: &str = "checked";

/// An org that requires approval, with a proposal of the operator's, whose id this is.
pub(super) async fn setup(operator: &Caller) -> RequestId {
    let two = ["ada", "bob"].map(|user| credential(ORG, user, &Token::generate()));
    for command in [seed::org(ORG), user(ORG, "bob", UserType::Owner)].iter().chain(&two).chain(&[approval(ORG, true)]) {
        operator.change(command).await;
    }
    let (id, command) = (new_id(), Box::new(seed::default(ORG, Some("POS"))));
    let proposed = operator.submit(request(id, &Command::Propose { org: code(ORG), command, lasts_ms: None })).await;
    assert!(matches!(proposed, Ok(SubmitReply::Committed { changed: true, .. })), "{proposed:?}");
    id
}

/// Commands of the first operator, and how each is refused.
pub(super) fn cases(waiting: RequestId) -> Vec<(RejectionCode, Command)> {
    let org = || code::<OrgCode>(ORG);
    vec![
        (RejectionCode::ApprovalRequired, seed::default(ORG, Some("POS"))),
        (RejectionCode::SelfApproval, Command::Approve { org: org(), proposal: waiting }),
        (RejectionCode::ProposalUnknown, Command::Approve { org: org(), proposal: RequestId(7) }),
        (RejectionCode::ApproversRequired, approval("owned", true)),
    ]
}
