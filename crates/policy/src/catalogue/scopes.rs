//! Domains, their entities, and the scopes of each (AC-3, AC-11, AC-12): one table, from which predefined controls
//! follow too.

use super::{read, read_all};
use crate::people::Audience;
use crate::platform::{Domain, PlatformScope, ScopeLevel};

use Audience::{Customer, Employee};
use ScopeLevel::{Manage, ManageOwn, Read, ReadOwn};

/// Where employees act alone.
const STAFF: &[ScopeLevel] = &[Read, Manage];
/// Where customers act too, on what is their own.
const SHARED: &[ScopeLevel] = &[ReadOwn, ManageOwn, Read, Manage];

/// A domain with its node, whom it is for, how its predefined controls begin, and its entities with their levels.
pub(super) struct Row {
    pub(super) id: &'static str,
    pub(super) node: &'static str,
    pub(super) audience: Audience,
    pub(super) prefix: &'static str,
    pub(super) entities: &'static [(&'static str, &'static [ScopeLevel])],
}

const fn row(
    id: &'static str,
    node: &'static str,
    prefix: &'static str,
    audience: Audience,
    entities: &'static [(&'static str, &'static [ScopeLevel])],
) -> Row {
    Row { id, node, audience, prefix, entities }
}

/// All of them.
pub(super) const DOMAINS: &[Row] = &[
    row("availability", "Availability", "AVAILABILITY", Employee, &[("availability", STAFF)]),
    row("brand", "Brands", "BRANDS", Employee, &[("brand", STAFF)]),
    row("cart", "Carts", "CARTS", Employee, &[("cart", SHARED)]),
    row("catalog", "Catalogs", "CATALOGS", Employee, &[("catalog", STAFF)]),
    row("category", "Categories", "CATEGORIES", Employee, &[("category", STAFF)]),
    row("configuration", "System preferences", "CONFIGURATION", Employee, &[("configuration", STAFF)]),
    row("country", "Countries", "COUNTRIES", Employee, &[("country", STAFF), ("region", STAFF)]),
    row("coupon", "Coupons", "COUPONS", Employee, &[("coupon", SHARED)]),
    row("currency", "Currencies", "CURRENCIES", Employee, &[("currency", STAFF)]),
    row("customer", "Customers", "CUSTOMERS", Employee, &[("address", SHARED), ("customer", SHARED)]),
    row("iam", "Users and groups", "IAM", Employee, &[("group", STAFF), ("user", STAFF)]),
    row("label", "Labels", "LABELS", Employee, &[("label", STAFF)]),
    row("language", "Languages", "LANGUAGES", Employee, &[("language", STAFF)]),
    row("legalentity", "Companies", "COMPANIES", Employee, &[("legalentity", SHARED), ("location", SHARED)]),
    row("media", "Media", "MEDIA", Employee, &[("asset", STAFF)]),
    row("order", "Orders", "ORDERS", Employee, &[("order", SHARED), ("shipment", STAFF)]),
    row("payment", "Payments", "PAYMENTS", Employee, &[("refund", STAFF), ("transaction", STAFF)]),
    row("price", "Prices", "PRICES", Employee, &[("price", STAFF), ("pricelist", STAFF)]),
    row("product", "Products", "PRODUCTS", Employee, &[("product", STAFF), ("template", STAFF)]),
    row("quote", "Quotes", "QUOTES", Employee, &[("quote", SHARED)]),
    row("returns", "Returns", "RETURNS", Employee, &[("return", SHARED)]),
    row("schema", "Schemas", "SCHEMAS", Employee, &[("schema", STAFF)]),
    row("segment", "Segments", "SEGMENTS", Employee, &[("segment", SHARED)]),
    row("shipping", "Delivery methods", "SHIPPING", Employee, &[("area", STAFF), ("method", STAFF)]),
    row("site", "Sites", "SITES", Employee, &[("site", STAFF)]),
    row("tax", "Taxes", "TAXES", Employee, &[("tax", STAFF)]),
    row("vendor", "Vendors", "VENDORS", Employee, &[("vendor", STAFF)]),
    row("webhook", "Webhooks", "WEBHOOKS", Employee, &[("subscription", STAFF)]),
    row("myaccount", "My account", "MY_ACCOUNT", Customer, &[("profile", SHARED)]),
    row("myaddresses", "My addresses", "MY_ADDRESSES", Customer, &[("postal", SHARED)]),
    row("myapprovals", "My approvals", "MY_APPROVALS", Customer, &[("approval", SHARED)]),
    row("mybudgets", "My budgets", "MY_BUDGETS", Customer, &[("budget", SHARED)]),
    row("mycompany", "My company", "MY_COMPANY", Customer, &[("colleague", SHARED), ("company", SHARED)]),
    row("mycontracts", "My contracts", "MY_CONTRACTS", Customer, &[("contract", SHARED)]),
    row("mydocuments", "My documents", "MY_DOCUMENTS", Customer, &[("document", SHARED)]),
    row("myinvoices", "My invoices", "MY_INVOICES", Customer, &[("invoice", SHARED)]),
    row("myorders", "My orders", "MY_ORDERS", Customer, &[("purchase", SHARED)]),
    row("mypayments", "My payment methods", "MY_PAYMENTS", Customer, &[("method", SHARED)]),
    row("myshoppinglists", "My shopping lists", "MY_SHOPPING_LISTS", Customer, &[("shoppinglist", SHARED)]),
    row("mytickets", "My tickets", "MY_TICKETS", Customer, &[("ticket", SHARED)]),
];

/// What a scope includes beside the lower levels of its entity.
const IMPLIED: &[(&str, &[&str])] = &[
    ("quote.quote_manage", &["price.price_read"]),
    ("returns.return_manage", &["order.order_read"]),
    ("segment.segment_manage", &["customer.customer_read"]),
];

/// What anybody with a control holds, by audience (AC-4).
const DEFAULTS: &[(Audience, &[&str])] = &[
    (Employee, &["country.country_read", "currency.currency_read", "language.language_read", "site.site_read"]),
    (Customer, &["country.country_read", "currency.currency_read", "language.language_read", "myaccount.profile_manageOwn", "site.site_read"]),
];

/// The name of a scope.
pub(super) fn name(domain: &str, entity: &str, level: ScopeLevel) -> String {
    format!("{domain}.{entity}{}", level.suffix())
}

fn told(entity: &str, level: ScopeLevel) -> String {
    match level {
        ReadOwn => format!("Reading instances of `{entity}` that are one's own"),
        ManageOwn => format!("Changing instances of `{entity}` that are one's own, and making some"),
        Read => format!("Reading instances of `{entity}`"),
        Manage => format!("Changing instances of `{entity}`"),
    }
}

/// All scopes, sorted.
pub(super) fn scopes() -> Vec<PlatformScope> {
    let mut all = Vec::new();
    for row in DOMAINS {
        for (entity, level) in row.entities.iter().flat_map(|(entity, levels)| levels.iter().map(move |level| (*entity, *level))) {
            let id = name(row.id, entity, level);
            let implied = IMPLIED.iter().find(|(of, _)| *of == id).map_or(&[] as &[&str], |(_, implied)| implied);
            let ids = (read(&id), read(row.id), read(entity));
            if let (Some(id), Some(domain), Some(name)) = ids {
                all.push(PlatformScope { id, domain, entity: name, level, description: told(entity, level).into(), implies: read_all(implied) });
            }
        }
    }
    all.sort_by(|a, b| a.id.cmp(&b.id));
    all
}

/// All domains, sorted.
pub(super) fn domains() -> Vec<Domain> {
    let mut all: Vec<Domain> = DOMAINS.iter().filter_map(|row| Some(Domain { id: read(row.id)?, name: read(row.node)? })).collect();
    all.sort_by(|a, b| a.id.cmp(&b.id));
    all
}

/// The default scopes of both audiences.
pub(super) fn defaults() -> Vec<(Audience, Vec<crate::ids::ScopeId>)> {
    DEFAULTS.iter().map(|(audience, scopes)| (*audience, read_all(scopes))).collect()
}

/// How many scopes the table has.
#[cfg(test)]
pub(super) fn scopes_in_rows() -> usize {
    DOMAINS.iter().flat_map(|row| row.entities).map(|(_, levels)| levels.len()).sum()
}

#[cfg(test)]
mod tests {
    use crate::catalogue::authored;

    #[test]
    fn ac_12_the_catalogue_declares_what_else_is_included() {
        let platform = authored();
        let declaring: Vec<&str> = platform.scopes.iter().filter(|scope| !scope.implies.is_empty()).map(|scope| scope.id.as_str()).collect();
        assert_eq!(declaring, ["quote.quote_manage", "returns.return_manage", "segment.segment_manage"]);
        assert_eq!(declaring.len(), super::IMPLIED.len());
    }
}
