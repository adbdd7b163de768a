//! Whether a catalogue of the platform holds together: a new one is checked before it comes into force (UM-10).

use std::collections::BTreeSet;
use std::fmt::Display;
use std::sync::Arc;

use crate::name::{check_text, fold};
use crate::path::template;
use crate::platform::{Platform, PrivilegeKind};

/// What is wrong with a catalogue by itself; nothing if it holds together.
pub fn faults(platform: &Platform) -> Vec<String> {
    let mut faults = Vec::new();
    in_order(platform, &mut faults);
    names_differ(platform, &mut faults);
    bundles_resolve(platform, &mut faults);
    roles_resolve(platform, &mut faults);
    endpoints_resolve(platform, &mut faults);
    faults
}

/// Lists are sorted, each id once.
fn in_order(platform: &Platform, faults: &mut Vec<String>) {
    let mut list = |what: &str, ids: Vec<String>| {
        for pair in ids.windows(2) {
            if let [a, b] = pair
                && a >= b
            {
                faults.push(format!("{what}: `{b}` comes after `{a}`: ids are sorted, each once"));
            }
        }
    };
    fn ids<'a, T: Display + 'a>(all: impl IntoIterator<Item = &'a T>) -> Vec<String> {
        all.into_iter().map(ToString::to_string).collect()
    }
    list("groups", ids(platform.groups.iter().map(|x| &x.id)));
    list("modules", ids(platform.modules.iter().map(|x| &x.id)));
    list("sets", ids(platform.sets.iter().map(|x| &x.id)));
    list("scopes", ids(platform.scopes.iter().map(|x| &x.id)));
    list("domains", ids(platform.domains.iter().map(|x| &x.id)));
    list("controls", ids(platform.controls.iter().map(|x| &x.id)));
    list("privileges", ids(platform.privileges.iter().map(|x| &x.id)));
    list("roles", ids(platform.roles.iter().map(|x| &x.id)));
    list("inert roles", ids(&platform.inert_roles));
    list("endpoints", ids(platform.endpoints.iter().map(|x| &x.id)));
    for set in &platform.sets {
        list(set.id.as_str(), ids(set.grants.iter().map(|x| &x.module)));
    }
    for control in &platform.controls {
        list(control.id.as_str(), ids(&control.scopes));
    }
    for role in &platform.roles {
        list(role.id.as_str(), ids(&role.rights));
    }
    for endpoint in &platform.endpoints {
        list(endpoint.id.as_str(), ids(&endpoint.privileges));
    }
    for (audience, scopes) in &platform.default_scopes {
        list(&format!("default scopes of {audience}s"), ids(scopes));
    }
    for pair in platform.default_scopes.windows(2) {
        if let [(a, _), (b, _)] = pair
            && a >= b
        {
            faults.push(format!("default scopes: those of {b}s come after those of {a}s: audiences are sorted, each once"));
        }
    }
    for group in &platform.groups {
        let cells: Vec<_> = group.grants.iter().map(|grant| (&grant.resource, grant.class)).collect();
        if !cells.is_sorted() || cells.windows(2).any(|pair| pair.first() == pair.last()) || group.grants.iter().any(|grant| grant.levels.is_empty()) {
            faults.push(format!("group `{}`: its cells are sorted by resource and class, each once and with a level", group.id));
        }
    }
}

/// Of a kind, no two have one name under folding, and every text can be shown.
fn names_differ(platform: &Platform, faults: &mut Vec<String>) {
    let mut unique = |what: &str, names: Vec<Arc<str>>| {
        let mut seen = BTreeSet::new();
        for name in names {
            if !seen.insert(name.clone()) {
                faults.push(format!("{what}: two have the name `{name}`"));
            }
        }
    };
    unique("groups", platform.groups.iter().map(|x| x.name.folded()).collect());
    unique("sets", platform.sets.iter().map(|x| x.name.folded()).collect());
    unique("controls", platform.controls.iter().map(|x| x.name.folded()).collect());
    unique("roles", platform.roles.iter().map(|x| x.name.folded()).collect());
    unique("domains", platform.domains.iter().map(|x| fold(x.id.as_str()).into()).collect());
    let texts = platform.groups.iter().map(|x| &x.description);
    let texts = texts.chain(platform.sets.iter().map(|x| &x.description)).chain(platform.scopes.iter().map(|x| &x.description));
    let texts = texts.chain(platform.controls.iter().map(|x| &x.description)).chain(platform.roles.iter().map(|x| &x.description));
    let texts = texts.chain(platform.privileges.iter().map(|x| &x.description)).chain(platform.endpoints.iter().map(|x| &x.template));
    faults.extend(texts.filter_map(|text| check_text(text).err().map(|why| format!("a text of the catalogue: {why}"))));
}

/// What sets, scopes and controls name is there.
fn bundles_resolve(platform: &Platform, faults: &mut Vec<String>) {
    for set in &platform.sets {
        for grant in &set.grants {
            if platform.module(grant.module.as_str()).is_none() {
                faults.push(format!("set `{}`: there is no module `{}`", set.id, grant.module));
            } else if grant.actions.is_empty() {
                faults.push(format!("set `{}`: it grants no action on `{}`", set.id, grant.module));
            }
        }
    }
    let has_domain = |domain: &crate::ids::DomainId| platform.domains.iter().any(|known| known.id == *domain);
    let has_scope = |scope: &crate::ids::ScopeId| platform.scope(scope.as_str()).is_some();
    for scope in &platform.scopes {
        if !has_domain(&scope.domain) {
            faults.push(format!("scope `{}`: there is no domain `{}`", scope.id, scope.domain));
        }
        faults.extend(scope.implies.iter().filter(|id| !has_scope(id)).map(|id| format!("scope `{}`: there is no scope `{id}` to include", scope.id)));
    }
    for control in &platform.controls {
        if !has_domain(&control.domain) {
            faults.push(format!("control `{}`: there is no domain `{}`", control.id, control.domain));
        }
        if control.scopes.is_empty() {
            faults.push(format!("control `{}`: it names no scope", control.id));
        }
        faults.extend(control.scopes.iter().filter(|id| !has_scope(id)).map(|id| format!("control `{}`: there is no scope `{id}`", control.id)));
    }
    for (audience, scopes) in &platform.default_scopes {
        faults.extend(scopes.iter().filter(|id| !has_scope(id)).map(|id| format!("default scopes of {audience}s: there is no scope `{id}`")));
    }
}

/// Roles hold privileges that are there, of people or of applications but not of both (APP-5, APP-20).
fn roles_resolve(platform: &Platform, faults: &mut Vec<String>) {
    for role in &platform.roles {
        for right in &role.rights {
            match platform.privilege(right.as_str()) {
                None => faults.push(format!("role `{}`: there is no privilege `{right}`", role.id)),
                Some(privilege) if (privilege.kind == PrivilegeKind::Internal) != role.internal => {
                    faults.push(format!("role `{}`: privilege `{right}` is for {}", role.id, if role.internal { "applications" } else { "people" }));
                }
                Some(_) => {}
            }
        }
    }
    match &platform.default_role {
        Some(id) if platform.role(id.as_str()).is_none_or(|role| role.internal) => {
            faults.push(format!("default role: `{id}` is no role of applications"));
        }
        Some(_) | None => {}
    }
    let inert = platform.inert_roles.iter().filter(|id| platform.role(id.as_str()).is_none_or(|role| !role.internal));
    faults.extend(inert.map(|id| format!("inert roles: `{id}` is no role of people")));
}

/// Endpoints can be matched, and are reached by privileges that are there, those of single endpoints each by one.
fn endpoints_resolve(platform: &Platform, faults: &mut Vec<String>) {
    let mut taken = BTreeSet::new();
    for endpoint in &platform.endpoints {
        let is_its_own = endpoint.id.as_str().split_once(' ').is_some_and(|(method, path)| {
            let upper = method.bytes().all(|byte| byte.is_ascii_uppercase());
            upper && template(&endpoint.template).is_ok_and(|read| read.matchable && read.canonical == path && *read.shown == *endpoint.template)
        });
        if !is_its_own {
            faults.push(format!("endpoint `{}`: it is not the endpoint of its template `{}`", endpoint.id, endpoint.template));
        }
        if endpoint.endpoint_privilege.is_none() && endpoint.privileges.is_empty() {
            faults.push(format!("endpoint `{}`: no privilege reaches it", endpoint.id));
        }
        let is_endpoints = |right: &crate::ids::PrivilegeId| platform.privilege(right.as_str()).map(|known| known.kind == PrivilegeKind::Endpoint);
        if let Some(right) = &endpoint.endpoint_privilege {
            if is_endpoints(right) != Some(true) {
                faults.push(format!("endpoint `{}`: `{right}` is no endpoint privilege", endpoint.id));
            }
            if !taken.insert(right) {
                faults.push(format!("endpoint `{}`: `{right}` is the privilege of another endpoint", endpoint.id));
            }
        }
        let strange = endpoint.privileges.iter().filter(|right| is_endpoints(right) != Some(false));
        faults.extend(strange.map(|right| format!("endpoint `{}`: `{right}` is no functional privilege", endpoint.id)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::authored;

    #[track_caller]
    fn found(change: impl FnOnce(&mut Platform)) -> String {
        let mut platform = authored();
        change(&mut platform);
        faults(&platform).join("; ")
    }

    #[test]
    fn um_10_a_catalogue_that_contradicts_itself_is_told_how() {
        assert_eq!(faults(&authored()), Vec::<String>::new());
        assert_eq!(faults(Platform::blank()), Vec::<String>::new());
        assert!(found(|p| p.sets.reverse()).contains("ids are sorted"));
        assert!(found(|p| p.modules.retain(|m| m.id.as_str() != "Loyalty+/Basic")).contains("set `loyalty-explore`: there is no module `Loyalty+/Basic`"));
        assert!(found(|p| p.scopes.retain(|s| s.id.as_str() != "brand.brand_read")).contains("control `BRANDS_VIEWER`: there is no scope"));
        assert!(found(|p| p.domains.retain(|d| d.id.as_str() != "brand")).contains("there is no domain `brand`"));
        assert!(found(|p| p.roles.iter_mut().for_each(|r| r.internal = false)).contains("role `administrator`: privilege `administrator` is for people"));
        assert!(found(|p| p.default_role = Some("csAgent".parse().expect("an id"))).contains("default role: `csAgent`"));
        assert!(found(|p| p.endpoints[0].template = "/elsewhere".into()).contains("is not the endpoint of its template"));
        assert!(found(|p| p.controls[0].name = p.controls[1].name.clone()).contains("controls: two have the name"));
        assert!(found(|p| p.groups[1].grants.reverse()).contains("group `Instore`: its cells are sorted"));
    }
}
