//! Ways into endpoints beside their resource, by numbers: what an endpoint's target points to.

use super::names::{NOBODY, Names};
use crate::access::Level;
use crate::ids::EndpointId;
use crate::object::Endpoint;
use crate::permission::Action;
use crate::platform::PlatformEndpoint;

/// A permission that an endpoint names.
#[derive(Clone, Copy, Debug)]
pub struct PermissionRoute {
    /// Its key.
    pub key: u32,
    /// It is for looking only.
    pub looks: bool,
}

/// The ways into an endpoint.
#[derive(Clone, Debug, Default)]
pub struct Route {
    /// It is for everybody.
    pub open: bool,
    /// Nothing could permit it, if it has no resource either.
    pub closed: bool,
    /// Calling it is looking only.
    pub looks: bool,
    /// Calling it makes an instance.
    pub creates: bool,
    /// It is about one instance.
    pub instance: bool,
    /// All of its scopes are needed, rather than any.
    pub all_scopes: bool,
    /// Its scopes.
    pub scopes: Box<[u32]>,
    /// Its permissions.
    pub permissions: Box<[PermissionRoute]>,
    /// It belongs to the platform, and this reaches it alone.
    pub endpoint_privilege: Option<u32>,
    /// Functional privileges that reach it.
    pub privileges: Box<[u32]>,
    /// Applications reach it for extensions only; its id, to find the parameter that names a registration.
    pub by_type: Option<EndpointId>,
}

impl Route {
    /// The route of an endpoint that has none: by its resource or not at all.
    pub fn none() -> Self {
        Self { closed: true, ..Self::default() }
    }

    /// The ways into an endpoint of an org; none if it has no others than its resource.
    pub fn of_own(endpoint: &Endpoint, names: &Names) -> Option<Self> {
        let routes = endpoint.routes.as_deref()?;
        let permission = |permission: &crate::permission::Permission| PermissionRoute {
            key: names.permission_of(permission),
            looks: permission.action == Action::View,
        };
        Some(Self {
            open: routes.open,
            closed: routes.scopes.is_empty() && routes.permissions.is_empty(),
            looks: endpoint.level == Level::Read,
            creates: &*endpoint.method == "POST" && !routes.instance && endpoint.level == Level::Write,
            instance: routes.instance,
            all_scopes: routes.all_scopes,
            scopes: routes.scopes.iter().map(|id| names.known_scope(id.as_str()).unwrap_or(NOBODY)).collect(),
            permissions: routes.permissions.iter().map(permission).collect(),
            ..Self::default()
        })
    }

    /// The ways into an endpoint of the platform.
    pub fn of_platform(endpoint: &PlatformEndpoint, names: &Names) -> Self {
        let number = |id: &crate::ids::PrivilegeId| names.privilege(id).unwrap_or(NOBODY);
        Self {
            closed: endpoint.endpoint_privilege.is_none() && endpoint.privileges.is_empty(),
            endpoint_privilege: endpoint.endpoint_privilege.as_ref().map(number),
            privileges: endpoint.privileges.iter().map(number).collect(),
            by_type: endpoint.by_type.then(|| endpoint.id.clone()),
            ..Self::default()
        }
    }
}
