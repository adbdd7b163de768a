//! Predefined access controls (AC-3): for every domain a Viewer and a Manager, for a few an Editor or an
//! Administrator, and some that let customers act where employees do.
//!
//! A Viewer holds the read scopes of its domain, a Manager the manage scopes, which include them. Customers' are about
//! what is their own; their Administrators' about all of it.

use super::scopes::{DOMAINS, name};
use super::{read, read_all};
use crate::people::Audience;
use crate::platform::{PlatformControl, ScopeLevel};

use Audience::{Customer, Employee};

/// Id, name, what for, audience, domain, scopes.
type Row = (&'static str, &'static str, &'static str, Audience, &'static str, &'static [&'static str]);

/// Those that don't follow from the table of domains.
pub(super) const FURTHER: &[Row] = &[
    ("CARTS_OWN_MANAGER", "Own Carts Manager", "Customers: their own carts", Customer, "cart", &["cart.cart_manageOwn"]),
    ("COMPANIES_OWN_MANAGER", "Own Company Manager", "Customers: their own company", Customer, "legalentity", &["legalentity.legalentity_manageOwn", "legalentity.location_manageOwn"]),
    ("IAM_ADMIN", "Users and groups Administrator", "Users and groups, and the preferences of the system", Employee, "iam", &["configuration.configuration_manage", "iam.group_manage", "iam.user_manage"]),
    ("MEDIA_EDITOR", "Media Editor", "Media, and the labels on them", Employee, "media", &["label.label_read", "media.asset_manage"]),
    ("MY_APPROVALS_ADMIN", "My approvals Administrator", "All approvals of the company", Customer, "myapprovals", &["myapprovals.approval_manage"]),
    ("MY_BUDGETS_ADMIN", "My budgets Administrator", "All budgets of the company", Customer, "mybudgets", &["mybudgets.budget_manage"]),
    ("MY_COMPANY_ADMIN", "My company Administrator", "The company and all its people", Customer, "mycompany", &["mycompany.colleague_manage", "mycompany.company_manage"]),
    ("ORDERS_EDITOR", "Orders Editor", "Orders without shipments", Employee, "order", &["order.order_manage", "order.shipment_read"]),
    ("ORDERS_OWN_MANAGER", "Own Orders Manager", "Customers: their own orders, in the shop", Customer, "order", &["order.order_manageOwn"]),
    ("ORDERS_OWN_VIEWER", "Own Orders Viewer", "Customers: looking at their own orders, in the shop", Customer, "order", &["order.order_readOwn"]),
    ("PRODUCTS_ADMIN", "Products Administrator", "Products with their templates, prices and media", Employee, "product", &["media.asset_manage", "price.price_manage", "product.product_manage", "product.template_manage"]),
    ("PRODUCTS_EDITOR", "Products Editor", "Products, by templates as they are", Employee, "product", &["product.product_manage", "product.template_read"]),
    ("QUOTES_OWN_MANAGER", "Own Quotes Manager", "Customers: their own quotes", Customer, "quote", &["quote.quote_manageOwn"]),
    ("RETURNS_OWN_MANAGER", "Own Returns Manager", "Customers: their own returns", Customer, "returns", &["returns.return_manageOwn"]),
    ("SCHEMAS_ADMIN", "Schemas Administrator", "Schemas, and the preferences of the system", Employee, "schema", &["configuration.configuration_manage", "schema.schema_manage"]),
    ("SITES_ADMIN", "Sites Administrator", "Sites with their countries, currencies and languages", Employee, "site", &["country.country_manage", "currency.currency_manage", "language.language_manage", "site.site_manage"]),
];

/// All of them, sorted.
pub(super) fn predefined() -> Vec<PlatformControl> {
    let mut all: Vec<PlatformControl> = FURTHER
        .iter()
        .filter_map(|(id, name, description, audience, domain, scopes)| {
            Some(PlatformControl {
                id: read(id)?,
                name: read(name)?,
                description: (*description).into(),
                audience: Some(*audience),
                domain: read(domain)?,
                scopes: read_all(scopes),
            })
        })
        .collect();
    for row in DOMAINS {
        let (reads, manages) = match row.audience {
            Employee => (ScopeLevel::Read, ScopeLevel::Manage),
            Customer => (ScopeLevel::ReadOwn, ScopeLevel::ManageOwn),
        };
        for (suffix, title, does, level) in [("VIEWER", "Viewer", "looking", reads), ("MANAGER", "Manager", "changing", manages)] {
            let scopes: Vec<String> = row.entities.iter().map(|(entity, _)| name(row.id, entity, level)).collect();
            let texts: Vec<&str> = scopes.iter().map(String::as_str).collect();
            let (id, shown) = (format!("{}_{suffix}", row.prefix), format!("{} {title}", row.node));
            if let (Some(id), Some(name), Some(domain)) = (read(&id), read(&shown), read(row.id)) {
                let description = format!("{}: {does}", row.node).into();
                all.push(PlatformControl { id, name, description, audience: Some(row.audience), domain, scopes: read_all(&texts) });
            }
        }
    }
    all.sort_by(|a, b| a.id.cmp(&b.id));
    all
}

#[cfg(test)]
mod tests {
    use crate::catalogue::authored;

    #[test]
    fn ac_3_a_viewer_and_a_manager_of_every_domain() {
        let platform = authored();
        let scopes = |id: &str| platform.control(id).map(|control| control.scopes.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(scopes("PRODUCTS_VIEWER"), Some(vec!["product.product_read".to_owned(), "product.template_read".to_owned()]));
        assert_eq!(scopes("BRANDS_MANAGER"), Some(vec!["brand.brand_manage".to_owned()]));
        assert_eq!(scopes("MY_ORDERS_VIEWER"), Some(vec!["myorders.purchase_readOwn".to_owned()]));
        for domain in &platform.domains {
            let controls = platform.controls.iter().filter(|control| control.domain == domain.id);
            assert!(controls.count() >= 2, "{}", domain.id);
        }
    }
}
