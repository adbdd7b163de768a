//! The command line that shows what the view shows: the same thing, for scripts.

use super::keys::View;
use super::model::Model;

/// The subcommand that reproduces the view.
pub fn command_line(model: &Model) -> String {
    let org = model.org.as_ref().map(|org| format!(" --org {org}")).unwrap_or_default();
    match model.view {
        View::Pulse => format!("bailiwick watch{org}"),
        View::Groups => match model.current_group() {
            Some(group) if model.groups.pane != super::model::GroupsPane::List => {
                format!("bailiwick access-group show {}{org}", group.id)
            }
            Some(_) | None => format!("bailiwick access-group list{org}"),
        },
        View::Allocate => {
            let filter = &model.allocate.parsed;
            let mut line = format!("bailiwick store list{org}");
            for (flag, value) in [
                ("zone", filter.zone.as_ref().map(ToString::to_string)),
                ("concept", filter.concept.as_ref().map(ToString::to_string)),
            ] {
                if let Some(value) = value {
                    line.push_str(&format!(" --{flag} {value}"));
                }
            }
            line
        }
        View::Matrix => match &model.matrix.group {
            Some(group) => format!("bailiwick access-group show {group}{org}"),
            None => format!("bailiwick access-group list{org}"),
        },
        View::Endpoints => match &model.endpoints.resource {
            Some(resource) => format!("bailiwick endpoint list --resource '{resource}'{org}"),
            None => format!("bailiwick endpoint list{org}"),
        },
        View::Explain => format!(
            "bailiwick explain --subject {} --action {} --resource {}{org}",
            or(&model.explain.subject, "till:STORE/TILL"),
            or(&model.explain.action, "METHOD"),
            or(&model.explain.resource, "/PATH"),
        ),
        View::Cluster => "bailiwick cluster status".to_owned(),
        View::Tree => match super::update::tree_filter(model) {
            Some(filter) => match filter.split_once(':') {
                Some(("zone", zone)) => format!("bailiwick store list --zone {zone}{org}"),
                Some((_, group)) => format!("bailiwick access-group show {group}{org}"),
                None => format!("bailiwick till list --store {filter}{org}"),
            },
            None => format!("bailiwick zone list{org}"),
        },
        View::Denies => format!("bailiwick denies{org}"),
        View::Audit => format!("bailiwick audit{org}"),
        View::Credentials => "bailiwick credential list".to_owned(),
        View::Pending => "bailiwick preview COMMAND…".to_owned(),
    }
}

fn or<'a>(text: &'a str, otherwise: &'a str) -> &'a str {
    if text.is_empty() { otherwise } else { text }
}
