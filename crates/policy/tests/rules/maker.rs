//! Maker and checker: what waits for a second person, who that may be, and what becomes of a proposal.

use bailiwick_policy::command::*;
use bailiwick_policy::execute::Executed;
use bailiwick_policy::ids::*;
use bailiwick_policy::limits::{PROPOSAL_MS, PROPOSAL_MS_MAX, PROPOSALS_MAX};
use bailiwick_policy::object::*;
use bailiwick_policy::outcome::{Change, Outcome, Rejection, RejectionCode};
use bailiwick_policy::plan::plan;
use bailiwick_policy::preview::preview;
use bailiwick_policy::query::{Anchor, Item, List, ListQuery, list};
use bailiwick_policy::view::{reduced, visible};
use proptest::prelude::*;

use crate::people::*;
use crate::world::*;

pub fn approval(required: bool) -> Command {
    Command::EditSettings { org: id("acme"), contact: Field::Keep, least_privilege_registration: None, approval_required: Some(required) }
}

pub fn propose(command: Command) -> Command {
    Command::Propose { org: id("acme"), command: Box::new(command), lasts_ms: None }
}

pub fn approve(proposal: RequestId) -> Command {
    Command::Approve { org: id("acme"), proposal }
}

pub fn decline(proposal: RequestId) -> Command {
    Command::Decline { org: id("acme"), proposal }
}

pub fn withdraw(proposal: RequestId) -> Command {
    Command::Withdraw { org: id("acme"), proposal }
}

/// Acme with its people and a second owner, who both sign in; approval isn't required yet.
pub fn two_owners() -> World {
    let mut world = people();
    world.ok(put_users(PutMode::Create, vec![typed(UserType::Owner, user_row("bob", &[]))]));
    world.ok(credential("acme-bob", CredentialKind::User { org: id("acme"), user: id("bob") }, 60));
    world.ok(credential("acme-ann-2", CredentialKind::User { org: id("acme"), user: id("ann") }, 61));
    world
}

/// The same, with approval required.
pub fn checked() -> World {
    let mut world = two_owners();
    world.ok_as(by("acme-ann"), approval(true));
    world
}

impl World {
    /// Proposes, and gives the proposal's id.
    #[track_caller]
    pub fn proposed(&mut self, actor: &str, command: Command) -> RequestId {
        self.ok_as(by(actor), propose(command));
        let (id, _) = self.acme_state().proposals.get_max().expect("it waits");
        *id
    }

    fn with_reason(&mut self, actor: &str, command: Command) -> Executed {
        self.now += 1_000;
        let made = request(self.now, 77_000 + self.state.revision.0);
        let mut envelope = envelope(made, by(actor), self.now, command);
        envelope.reason = Some("not like this".into());
        self.execute(&envelope)
    }

    #[track_caller]
    fn refused(&mut self, actor: &str, command: Command) -> RejectionCode {
        self.rejection_as(by(actor), command).code
    }
}

#[test]
fn a_change_takes_effect_when_a_second_person_approves_it() {
    let mut world = checked();
    let command = create_group("Kiosk", &[("Customer", "R")]);
    assert_eq!(world.refused("acme-ann", command.clone()), RejectionCode::ApprovalRequired);
    let proposal = world.proposed("acme-ann", command);
    assert!(world.acme_state().group("Kiosk").is_none(), "nothing has changed yet");
    let executed = world.try_as(by("acme-bob"), approve(proposal));
    let row = executed.row.expect("it is in the audit");
    assert_eq!((&*row.command, &*row.actor_label), ("approve", "acme-bob"));
    let settled = row.changes.iter().find_map(|change| change.before.as_ref()).expect("the proposal went with it, in one entry");
    assert!(matches!(settled, Object::Proposal(proposal) if *proposal.meta.created_by == *"acme-ann"));
    assert_eq!(&*world.group("Kiosk").meta.created_by, "acme-ann", "whoever proposed it made it");
    assert_eq!(world.group("Kiosk").meta.revision, world.state.revision);
    assert!(world.acme_state().proposals.is_empty());
    assert_eq!(world.refused("acme-bob", approve(proposal)), RejectionCode::ProposalUnknown, "once");
}

#[test]
fn nobody_approves_or_declines_their_own_by_whichever_credential() {
    let mut world = checked();
    let proposal = world.proposed("acme-ann", allocate(&["north-1"], Some("Admin")));
    for own in ["acme-ann", "acme-ann-2"] {
        assert_eq!(world.refused(own, approve(proposal)), RejectionCode::SelfApproval);
        assert_eq!(world.refused(own, decline(proposal)), RejectionCode::SelfApproval);
    }
    assert_eq!(world.refused("acme-bob", withdraw(proposal)), RejectionCode::Forbidden, "another declines it");
    world.ok_as(by("acme-ann-2"), withdraw(proposal));
    assert!(world.acme_state().proposals.is_empty());
}

/// An operator can make another: so all of them are one person, and an org's own people are the second.
#[test]
fn operators_are_one_person_and_wait_in_an_org_like_all() {
    let mut world = checked();
    world.ok(credential("operator-2", CredentialKind::Operator, 62));
    assert_eq!(world.no(allocate(&["north-1"], Some("Admin"))), RejectionCode::ApprovalRequired);
    let proposal = world.proposed("operator-1", allocate(&["north-1"], Some("Admin")));
    assert_eq!(world.refused("operator-2", approve(proposal)), RejectionCode::SelfApproval);
    world.ok_as(by("acme-bob"), approve(proposal));
    let proposal = world.proposed("acme-ann", allocate(&["north-2"], Some("Admin")));
    world.ok_as(by("operator-2"), approve(proposal));
    assert_eq!(world.store("north-2").group, Some(id("Admin")));
}

#[test]
fn what_must_not_wait_doesnt() {
    let mut world = checked();
    let ann = || by("acme-ann");
    world.ok_as(ann(), suspend(store_id("north-1")));
    world.ok_as(ann(), Command::SetStoresActive { org: id("acme"), stores: vec![id("south-1")], active: false });
    world.ok_as(ann(), suspend(user_id("sam")));
    world.ok_as(ann(), revoke("acme-gate"));
    world.ok_as(by("sid-code"), redeem("acme-sid-2", 63));
    let glass = Command::BreakGlass { org: id("acme"), stores: vec![id("north-2")], group: "Admin".into(), lasts_ms: 60_000 };
    assert!(matches!(world.with_reason("acme-ann", glass).outcome, Outcome::Committed { changed: true, .. }));
    world.ok(create_org("gamma"));
    world.ok(default_of("beta"));
    // Going on again can wait.
    for command in [resume(store_id("north-1")), resume(user_id("sam")), Command::SetStoresActive { org: id("acme"), stores: vec![id("south-1")], active: true }] {
        assert_eq!(world.refused("acme-ann", command), RejectionCode::ApprovalRequired);
    }
    // The emergency goes back by itself.
    world.now += 120_000;
    let now = world.now;
    world.ok_as(Actor::System, Command::Tick { to: Tick(now) });
    assert_eq!(world.store("north-2").group, None);
}

fn default_of(org: &str) -> Command {
    Command::SetDefault { org: id(org), group: Some("Instore".into()), observe: false }
}

#[test]
fn what_would_be_refused_is_refused_when_it_is_proposed() {
    let mut world = checked();
    let cases = [
        ("acme-ann", allocate(&["nowhere"], Some("Admin"))),
        ("acme-ann", deactivate("POS")),
        ("acme-sid", allocate(&["north-1"], Some("Admin"))),
        ("acme-sam", allocate(&["south-1"], Some("Admin"))),
        ("acme-adm", give("sam", "Care", "zone:North")),
        ("beta-ann", allocate(&["north-1"], Some("Admin"))),
    ];
    let mut direct = two_owners();
    for (actor, command) in cases {
        let (proposed, done) = (world.rejection_as(by(actor), propose(command.clone())), direct.rejection_as(by(actor), command));
        assert_eq!((proposed.code, proposed.message), (done.code, done.message));
    }
    assert!(world.acme_state().proposals.is_empty());
    let done = world.ok_as(by("acme-ann"), propose(stores(&["north-1"])));
    assert!(!done.changed && done.warnings.iter().any(|warning| warning.contains("nothing is proposed")), "{:?}", done.warnings);
}

#[test]
fn only_a_change_of_the_org_itself_is_proposed() {
    let mut world = checked();
    let waiting = world.proposed("acme-ann", allocate(&["north-1"], Some("Admin")));
    let nested = propose(allocate(&["north-2"], Some("Admin")));
    for command in [nested, approve(waiting), withdraw(waiting), revoke("acme-gate"), create_org("gamma")] {
        assert_eq!(world.no(propose(command)), RejectionCode::WrongKind);
    }
    assert_eq!(world.no(propose(default_of("beta"))), RejectionCode::OrgUnknown);
    let lasting = |lasts_ms| Command::Propose { org: id("acme"), command: Box::new(allocate(&["north-2"], Some("Admin"))), lasts_ms: Some(lasts_ms) };
    for lasts_ms in [0, PROPOSAL_MS_MAX + 1] {
        assert_eq!(world.no(lasting(lasts_ms)), RejectionCode::LifetimeInvalid);
    }
    for _more in 1..PROPOSALS_MAX {
        world.ok(lasting(PROPOSAL_MS_MAX));
    }
    assert_eq!(world.no(lasting(PROPOSAL_MS_MAX)), RejectionCode::TooMany);
}

#[test]
fn the_maker_must_be_able_to_do_it_still_and_the_checker_too() {
    let mut world = checked();
    let proposal = world.proposed("acme-sam", allocate(&["north-1"], Some("Admin")));
    // Neither sees it, for neither could do it.
    for outsider in ["acme-sid", "acme-nor"] {
        assert_eq!(world.refused(outsider, approve(proposal)), RejectionCode::ProposalUnknown);
    }
    world.ok_as(by("acme-bob"), revoke("acme-sam"));
    let rejection = world.rejection_as(by("acme-ann"), approve(proposal));
    assert_eq!(rejection.code, RejectionCode::CredentialRefused);
    assert!(rejection.message.starts_with("`acme-sam`, who proposed it, could not do it now: "), "{rejection}");
    assert_eq!(world.acme_state().proposals.len(), 1, "a refusal leaves it where it was");
}

#[test]
fn a_right_that_the_maker_lost_between_is_missed() {
    let mut world = checked();
    let proposal = world.proposed("acme-sam", allocate(&["north-1"], Some("Admin")));
    let less = world.proposed("acme-ann", assign("sam", Verb::Remove, &[("Desk", &[])]));
    world.ok_as(by("acme-bob"), approve(less));
    assert_eq!(world.refused("acme-ann", approve(proposal)), RejectionCode::Forbidden);
    // What it was made from is gone too: the present state counts, whoever asks.
    let other = world.proposed("acme-ann", allocate(&["north-2"], Some("Old")));
    let gone = world.proposed("acme-bob", deactivate("Old"));
    world.ok_as(by("acme-ann"), approve(gone));
    assert_eq!(world.refused("acme-bob", approve(other)), RejectionCode::GroupInactive);
}

#[test]
fn the_checker_locks_nobody_out_by_it() {
    let mut world = checked();
    let proposal = world.proposed("acme-ann", retyped("bob", UserType::Standard));
    assert_eq!(world.refused("acme-bob", approve(proposal)), RejectionCode::SelfLockout);
    world.ok(approve(proposal));
    assert_eq!(world.acme_state().users.get("bob").map(|user| user.user_type), Some(UserType::Standard));
}

#[test]
fn declining_needs_a_reason_and_what_doing_it_needs() {
    let mut world = checked();
    let proposal = world.proposed("acme-ann", allocate(&["north-1"], Some("Admin")));
    assert_eq!(world.refused("acme-bob", decline(proposal)), RejectionCode::ReasonRequired);
    assert_eq!(world.refused("acme-sid", decline(proposal)), RejectionCode::ProposalUnknown);
    let row = world.with_reason("acme-sam", decline(proposal)).row.expect("it is in the audit");
    assert_eq!((&*row.command, row.reason.as_deref()), ("decline", Some("not like this")));
    assert!(world.acme_state().proposals.is_empty());
}

#[test]
fn turning_it_on_takes_two_and_turning_it_off_takes_approval() {
    let mut world = people();
    assert_eq!(world.refused("acme-ann", approval(true)), RejectionCode::ApproversRequired);
    world.ok(put_users(PutMode::Create, vec![typed(UserType::Owner, user_row("bob", &[]))]));
    assert_eq!(world.refused("acme-ann", approval(true)), RejectionCode::ApproversRequired, "bob has no credential");
    world.ok(credential("acme-bob", CredentialKind::User { org: id("acme"), user: id("bob") }, 60));
    assert_eq!(world.refused("acme-adm", approval(true)), RejectionCode::OwnerOnly);
    let row = world.try_as(by("acme-ann"), approval(true)).row.expect("it changed");
    assert!(world.acme_state().approval_required());
    for command in [approval(false), undo(&row)] {
        assert_eq!(world.refused("acme-ann", command.clone()), RejectionCode::ApprovalRequired);
        let proposal = world.proposed("acme-ann", command);
        world.ok_as(by("acme-ann"), withdraw(proposal));
    }
    let proposal = world.proposed("acme-ann", approval(false));
    let row = world.try_as(by("acme-bob"), approve(proposal)).row.expect("it changed");
    assert!(world.acme_state().settings.is_none(), "as it comes, there is no record");
    // Undone, it is on again; and that takes two as well.
    world.ok(revoke("acme-bob"));
    assert_eq!(world.refused("acme-ann", undo(&row)), RejectionCode::ApproversRequired);
}

#[test]
fn an_approval_is_undone_by_a_proposal_and_the_proposal_stays_settled() {
    let mut world = checked();
    let proposal = world.proposed("acme-ann", allocate(&["north-1"], Some("Admin")));
    let row = world.try_as(by("acme-bob"), approve(proposal)).row.expect("it changed");
    assert_eq!(world.refused("acme-bob", undo(&row)), RejectionCode::ApprovalRequired);
    let back = world.proposed("acme-bob", undo(&row));
    let row = world.try_as(by("acme-ann"), approve(back)).row.expect("it changed");
    assert_eq!(world.store("north-1").group, None);
    assert!(world.acme_state().proposals.is_empty());
    // An entry that only proposes or declines has nothing else to undo.
    let proposing = world.try_as(by("acme-ann"), propose(undo(&row))).row.expect("it waits");
    assert_eq!(world.no(propose(undo(&proposing))), RejectionCode::NotUndoable);
    let put = Change { before: None, after: proposing.changes[0].after.clone() };
    assert_eq!(world.no(propose(Command::Apply { org: id("acme"), changes: vec![put] })), RejectionCode::WrongKind, "nor does a document bring one");
}

#[test]
fn a_tick_ends_what_nobody_approved() {
    let mut world = checked();
    let proposal = world.proposed("acme-ann", allocate(&["north-1"], Some("Admin")));
    let until = world.acme_state().proposals.get(&proposal).expect("it waits").until;
    assert_eq!(until, Tick(world.now + PROPOSAL_MS));
    world.now = until.0 - 2_000;
    world.ok_as(Actor::System, Command::Tick { to: until });
    assert_eq!(world.acme_state().proposals.len(), 1);
    world.now = until.0;
    world.ok_as(Actor::System, Command::Tick { to: until });
    assert!(world.acme_state().proposals.is_empty() && world.state.next_flip().is_none_or(|next| next > until));
    assert_eq!(world.refused("acme-bob", approve(proposal)), RejectionCode::ProposalUnknown);
    assert_eq!(world.store("north-1").group, None);
}

#[test]
fn owners_its_maker_and_whoever_could_do_it_see_a_proposal() {
    let mut world = checked();
    let north = world.proposed("acme-sam", allocate(&["north-1"], Some("Admin")));
    let south = world.proposed("acme-ann", allocate(&["south-1"], Some("Admin")));
    let sets = world.proposed("acme-ann", edit_set("Care", CARE_MORE));
    let shown = |who: &str| -> Vec<RequestId> {
        let viewer = world.viewer(who);
        let query = ListQuery { org: Some(id("acme")), list: List::Proposals, text: String::new(), anchor: Anchor::Start, limit: 10 };
        let ids: Vec<RequestId> = list(&world.state, &viewer, &query).items.iter().map(|item| match item {
            Item::Proposal { proposal } => proposal.id,
            other => unreachable!("{other:?}"),
        }).collect();
        for id in [north, south, sets] {
            assert_eq!(visible(&viewer, &world.state, &ObjectId::Proposal(self::id("acme"), id)), ids.contains(&id), "{who}");
        }
        if let Some(seen) = reduced(&world.state, &viewer) {
            assert!(seen.orgs.get("acme").is_none_or(|org| org.proposals.keys().eq(ids.iter())), "{who}");
        }
        ids
    };
    for all in ["acme-ann", "acme-bob", "operator-1"] {
        assert_eq!(shown(all), [north, south, sets]);
    }
    assert_eq!(shown("acme-sam"), [north]);
    for none in ["acme-sid", "acme-nor", "acme-gate", "erp-key", "beta-ann"] {
        assert_eq!(shown(none), [], "{none}");
    }
}

/// What the set of care would hold beside.
const CARE_MORE: &[(&str, &str)] = &[("Member Care/Customer Profile", "V")];

#[test]
fn no_hash_of_a_secret_is_shown_and_the_secret_works_once_approved() {
    let mut world = checked();
    let kind = CredentialKind::User { org: id("acme"), user: id("sam") };
    let proposal = world.proposed("acme-ann", credential("sam-desk", kind, 66));
    let item = bailiwick_policy::query::item(&world.state, &world.viewer("acme-bob"), &ObjectId::Proposal(id("acme"), proposal));
    let Some(Item::Proposal { proposal: shown }) = item else { unreachable!("{item:?}") };
    assert!(matches!(&*shown.command, Command::CreateCredential { secret: Secret::TokenHash(hash), .. } if *hash == [0; 32]));
    world.ok_as(by("acme-bob"), approve(proposal));
    assert_eq!(world.state.by_secret.get(&secret(66)), Some(&id("sam-desk")));
}

/// A preview of proposing, and one of approving, show what the command would do.
#[test]
fn a_preview_shows_what_would_be_done() {
    let mut world = checked();
    let command = allocate(&["north-1"], Some("Admin"));
    let shown = |world: &World, who: &str, command: Command| preview(&world.state, &by(who), &[command], Tick(world.now), true);
    let refused = shown(&world, "acme-ann", command.clone()).rejected.map(|(_, rejection)| rejection.code);
    assert_eq!(refused, Some(RejectionCode::ApprovalRequired));
    let proposing = shown(&world, "acme-ann", propose(command.clone()));
    assert_eq!(proposing.changes.iter().filter_map(Change::id).collect::<Vec<_>>(), [store_id("north-1")]);
    let proposal = world.proposed("acme-ann", command);
    let approving = shown(&world, "acme-bob", approve(proposal));
    assert_eq!(approving.changes.len(), 2);
    assert_eq!(approving.impact, proposing.impact);
    assert!(!approving.impact.lines().is_empty());
    let own = shown(&world, "acme-ann", approve(proposal)).rejected.map(|(_, rejection)| rejection.code);
    assert_eq!(own, Some(RejectionCode::SelfApproval));
}

/// One refusal for each code of this file's.
pub fn refusal(code: RejectionCode) -> Option<(World, Actor, Command)> {
    let mut world = checked();
    let command = allocate(&["north-1"], Some("Admin"));
    match code {
        RejectionCode::ApprovalRequired => Some((world, by("acme-ann"), command)),
        RejectionCode::ProposalUnknown => Some((world, by("acme-ann"), approve(RequestId(7)))),
        RejectionCode::SelfApproval => {
            let proposal = world.proposed("acme-ann", command);
            Some((world, by("acme-ann-2"), approve(proposal)))
        }
        RejectionCode::ApproversRequired => Some((people(), by("acme-ann"), approval(true))),
        _other => None,
    }
}

/// Without when: a proposal is made later than what was asked for at once.
fn undated(changes: &[Change]) -> Vec<Change> {
    let undate = |object: &Option<Object>| {
        let mut object = object.clone()?;
        let meta = object.meta_mut();
        *meta = Meta { created_by: meta.created_by.clone(), updated_by: meta.updated_by.clone(), ..Meta::default() };
        Some(object)
    };
    changes.iter().map(|change| Change { before: undate(&change.before), after: undate(&change.after) }).collect()
}

proptest! {
    /// On an unchanged state, what an approval does is what its command does at once where none is required; and what is
    /// refused there is refused here, with the same words.
    #[test]
    fn an_approval_does_what_its_command_does(command in crate::sequences::command()) {
        let mut off = crate::sequences::world();
        off.ok(put_users(PutMode::Import, vec![typed(UserType::Owner, user_row("bob", &[]))]));
        off.ok(credential("acme-bob", CredentialKind::User { org: id("acme"), user: id("bob") }, 60));
        let mut on = off.clone();
        on.ok(approval(true));
        let direct = plan(&off.state, &envelope(request(off.now, 900), by("acme-ann"), off.now, command.clone()), Tick(off.now));
        let now = on.now;
        let proposing = envelope(request(now, 901), by("acme-ann"), now, propose(command.clone()));
        match (direct, on.execute(&proposing).outcome) {
            (Err(direct), Outcome::Rejected(proposed)) => {
                prop_assert!(direct == proposed || proposed.code == RejectionCode::WrongKind, "{direct} / {proposed}");
            }
            (Ok(direct), Outcome::Committed { changed: false, .. }) => prop_assert!(direct.changes.is_empty()),
            (Ok(direct), Outcome::Committed { changed: true, .. }) => {
                let executed = on.try_as(by("acme-bob"), approve(proposing.request_id));
                match executed.outcome {
                    Outcome::Committed { .. } => {
                        let (settled, done): (Vec<Change>, Vec<Change>) =
                            executed.changes.into_iter().partition(|change| matches!(change.id(), Some(ObjectId::Proposal(..))));
                        prop_assert_eq!(settled.len(), 1);
                        prop_assert_eq!(undated(&done), undated(&direct.changes));
                        prop_assert!(on.acme_state().proposals.is_empty());
                    }
                    // Bob would lock himself out.
                    Outcome::Rejected(Rejection { code: RejectionCode::SelfLockout, .. }) => {}
                    Outcome::Rejected(other) => prop_assert!(false, "{other}"),
                }
            }
            // It was no command to be proposed.
            (Ok(_), Outcome::Rejected(proposed)) => prop_assert_eq!(proposed.code, RejectionCode::WrongKind),
            (Err(direct), Outcome::Committed { .. }) => prop_assert!(false, "{direct}, and yet it was proposed"),
        }
    }
}
