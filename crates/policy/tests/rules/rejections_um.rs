//! Rejections of users and permission sets: a command that each refuses.

use bailiwick_policy::command::*;
use bailiwick_policy::ids::*;
use bailiwick_policy::object::{Audience, Designation, UserType};
use bailiwick_policy::outcome::RejectionCode;
use bailiwick_policy::place::{Bounds, PlaceLevel};

use crate::people::*;
use crate::world::*;

/// A world in which a command by an actor is refused with the code; none if the code is of another system.
pub fn refusal(code: RejectionCode) -> Option<(World, Actor, Command)> {
    let with = |prepared: Vec<Command>, actor: Actor, refused: Command| {
        let mut world = people();
        prepared.into_iter().for_each(|command| {
            world.ok(command);
        });
        Some((world, actor, refused))
    };
    let email = |user: &str, email: &str| {
        put_users(PutMode::Edit, vec![UserRow { email: Field::To(email.into()), ..UserRow::new(id(user)) }])
    };
    match code {
        RejectionCode::UserExists => with(vec![], operator(), put_users(PutMode::Create, vec![user_row("sam", &["org"])])),
        RejectionCode::EmailTaken => with(vec![email("sam", "a@example.com")], operator(), email("sid", "A@EXAMPLE.com")),
        RejectionCode::EmailInvalid => with(vec![], operator(), email("sid", "a example.com")),
        RejectionCode::OwnerOnly => with(vec![], by("acme-adm"), suspend(user_id("sam"))),
        RejectionCode::DelegationExceedsOwn => with(vec![], by("acme-adm"), give("sam", "Care", "zone:North")),
        RejectionCode::DirectPermissionForbidden => {
            let permissions = vec!["Administration/Stores:edit".parse().expect("a permission")];
            with(vec![], operator(), Command::AssignSets { org: id("acme"), user: id("sam"), verb: Verb::Add, sets: Vec::new(), permissions })
        }
        RejectionCode::PlaceRequired => with(vec![], operator(), assign("sam", Verb::Add, &[("Care", &[])])),
        RejectionCode::LevelMismatch => {
            let designation = Field::To(Designation { name: "Cashier".into(), level: PlaceLevel::Store });
            let row = UserRow { designation, ..UserRow::new(id("sid")) };
            with(vec![put_users(PutMode::Edit, vec![row])], operator(), give("sid", "Care", "zone:South"))
        }
        RejectionCode::PermissionUnavailable => with(vec![], operator(), create_set("New", &[("Campaign/Journeys", "V")])),
        RejectionCode::SetUnknown => with(vec![], operator(), give("sam", "Nope", "org")),
        RejectionCode::SetAssigned => with(vec![], operator(), remove(set_id("care"))),
        RejectionCode::BoundsInvalid => {
            let bounds = Bounds { not_before: Some(Tick(2)), not_after: Some(Tick(1)) };
            let sets = vec![Assign { bounds, ..Assign::new("Care").at(places(&["org"])) }];
            with(vec![], operator(), Command::AssignSets { org: id("acme"), user: id("sam"), verb: Verb::Add, sets, permissions: Vec::new() })
        }
        RejectionCode::LifetimeInvalid => with(vec![], operator(), invite("sam", "code", 90, 0)),
        RejectionCode::AudienceMismatch => with(vec![], operator(), give("cus", "Care", "org")),
        RejectionCode::AudienceImmutable => {
            let row = UserRow { audience: Some(Audience::Customer), user_type: Some(UserType::Standard), ..UserRow::new(id("sam")) };
            with(vec![], operator(), put_users(PutMode::Edit, vec![row]))
        }
        _other => None,
    }
}

/// Each of them, by itself.
#[test]
fn rejections_of_users_and_sets_are_made_by_a_command() {
    let mut made = 0;
    for code in RejectionCode::ALL {
        let Some((mut world, actor, command)) = refusal(*code) else { continue };
        let rejection = world.rejection_as(actor, command);
        assert_eq!(rejection.code, *code, "{rejection}");
        made += 1;
    }
    assert_eq!(made, 15);
}
