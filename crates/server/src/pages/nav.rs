//! The navigation: the pages in groups, and which of them a person sees.

use crate::access::Action;
use crate::ctx::Ctx;
use crate::routes::{Method, ROUTES};
use crate::text::Texts;

/// Pages of the navigation that belong together.
pub(crate) struct Group {
    pub(crate) label: &'static str,
    pub(crate) items: Vec<Item>,
}

/// A line of the navigation.
pub(crate) struct Item {
    pub(crate) href: &'static str,
    pub(crate) label: &'static str,
}

type Word = fn(&Texts) -> &'static str;

/// What one must be allowed to is what the page's route asks for.
const NAV: &[(Word, &[(&str, Word)])] = &[
    (|t| t.nav_overview, &[("/", |t| t.today), ("/horizon", |t| t.horizon)]),
    (
        |t| t.nav_people,
        &[
            ("/cases", |t| t.cases),
            ("/reviews", |t| t.reviews),
            ("/holds", |t| t.holds),
            ("/consents", |t| t.consents),
            ("/calls", |t| t.calls),
        ],
    ),
    (
        |t| t.nav_rules,
        &[
            ("/register", |t| t.register),
            ("/datasets", |t| t.datasets),
            ("/assessments", |t| t.assessments),
            ("/documents", |t| t.documents),
        ],
    ),
    (|t| t.nav_erasure, &[("/sweeps", |t| t.sweeps), ("/ledger", |t| t.ledger)]),
    (
        |t| t.nav_system,
        &[("/stores", |t| t.stores), ("/people", |t| t.people), ("/setup", |t| t.setup)],
    ),
];

fn action(href: &str) -> Option<Action> {
    ROUTES.iter().find(|r| r.method == Method::Get && r.path == href).and_then(|r| r.action)
}

fn shown(ctx: &Ctx<'_>, href: &str) -> bool {
    action(href).is_some_and(|action| ctx.offers(action))
}

/// The pages that this person may see.
pub(super) fn groups(ctx: &Ctx<'_>, t: &Texts) -> Vec<Group> {
    let group = |(label, pages): &(Word, &'static [(&'static str, Word)])| {
        let pages = pages.iter().filter(|(href, _)| shown(ctx, href));
        let items = pages.map(|(href, word)| Item { href, label: word(t) }).collect();
        Group { label: label(t), items }
    };
    NAV.iter().map(group).filter(|g| !g.items.is_empty()).collect()
}

/// The first page of those that a person may see.
pub(super) fn home(ctx: &Ctx<'_>) -> &'static str {
    let pages = NAV.iter().flat_map(|(_, pages)| *pages).map(|(href, _)| *href);
    pages.into_iter().find(|href| shown(ctx, href)).unwrap_or("/account")
}
