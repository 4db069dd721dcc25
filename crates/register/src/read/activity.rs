//! Reading `[[activity]]` and its purposes.

use frist_law::Basis;

use super::controller::contact;
use super::values;
use crate::codes::Code;
use crate::diag::Diagnostic;
use crate::model::{About, Activity, Disclosure, Purpose, Role};
use crate::shape;
use crate::span::Sp;
use crate::walk::Tab;

/// Reads one activity.
pub(super) fn read(table: &Tab<'_>) -> Option<Activity> {
    let id = table.id();
    let title = table.need_text("title");
    let on_behalf_of: Vec<_> =
        table.tables("on_behalf_of", &shape::CONTACT).iter().map(contact).collect();
    let processor = table.one_of("role", shape::ROLES, &[false, true]).unwrap_or(false);
    if !processor && table.has("on_behalf_of") {
        let message =
            "`on_behalf_of` is for a processor, and this activity is carried out as controller";
        table.say(
            Diagnostic::new(Code::E0008, table.span, message)
                .law("GDPR Art. 30(2)(a)")
                .help("add role = \"processor\", or take `on_behalf_of` out"),
        );
    }
    let role = if processor { Role::Processor { on_behalf_of } } else { Role::Controller };
    let about = table.tables("about", &shape::ABOUT).iter().filter_map(about).collect();
    let disclosures =
        table.tables("disclosures", &shape::DISCLOSURE).iter().filter_map(disclosure).collect();
    let purposes = table.tables("purpose", &shape::PURPOSE).iter().filter_map(purpose).collect();
    let measures = table.strings("measures");
    let plain = |name| table.text(name).map(|t| t.value).filter(|t| !t.is_empty());
    let (source, obligation) = (plain("source"), plain("obligation"));
    let automated = plain("automated");
    table.finish();
    let (id, title) = id.zip(title)?;
    Some(Activity {
        id,
        title: title.value,
        role,
        purposes,
        about,
        disclosures,
        measures,
        source,
        obligation,
        automated,
        span: table.span,
    })
}

fn about(table: &Tab<'_>) -> Option<About> {
    let (subject, categories) = (table.need_str("subject"), needed(table, "categories"));
    table.finish();
    Some(About { subject: subject?, categories })
}

fn disclosure(table: &Tab<'_>) -> Option<Disclosure> {
    let recipient = table.need_str("recipient");
    let (subjects, categories) = (needed(table, "subjects"), needed(table, "categories"));
    table.finish();
    Some(Disclosure { recipient: recipient?, subjects, categories })
}

/// A list that must be there.
fn needed(table: &Tab<'_>, name: &'static str) -> Vec<Sp<String>> {
    if !table.has(name) {
        table.missing(name);
    }
    table.strings(name)
}

fn purpose(table: &Tab<'_>) -> Option<Purpose> {
    let id = table.id();
    let text = table.text("text");
    let basis = legal_basis(table, "basis", false);
    let special_basis = legal_basis(table, "special_basis", true);
    let law = table.str("law");
    let interest = table.text("interest");
    let ended = table.raw("ended").and_then(|v| values::date(table.file, v, "ended"));
    table.finish();
    let id = id?;
    // A missing text stands where the purpose does: the checker says what to write.
    let text = text.unwrap_or_else(|| Sp::new(crate::Text::default(), table.span));
    Some(Purpose { id, text, basis, special_basis, law, interest, ended, span: table.span })
}

fn legal_basis(table: &Tab<'_>, name: &'static str, special: bool) -> Option<Sp<Basis>> {
    let basis: Sp<Basis> = table.parsed(name)?;
    if basis.value.is_special() == special {
        return Some(basis);
    }
    let (wanted, other) =
        if special { ("Art. 9(2)", "basis") } else { ("Art. 6(1)", "special_basis") };
    let message = format!("`{name}` must be a basis of {wanted}, not {}", basis.value);
    table.say(
        Diagnostic::new(Code::E0005, basis.span, message)
            .help(format!("write it in `{other}`, and add a basis of {wanted} here")),
    );
    None
}
