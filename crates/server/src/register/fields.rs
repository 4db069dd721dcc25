//! Which fields the forms have. What is not here is changed in the file's text.

use crate::text::register::RegisterTexts;

pub(crate) type Word = fn(&RegisterTexts) -> &'static str;

/// How a field is filled in.
#[derive(Clone, Copy)]
pub(crate) enum Control {
    /// A line, with suggestions.
    Line(Suggest),
    /// Text of several lines.
    Area,
    /// Words with commas between them.
    List(Suggest),
    /// One of these, or nothing.
    Choice(Choices),
    /// Yes or no.
    Check,
    /// A day.
    Day,
    /// A whole number.
    Count,
}

/// What a line suggests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Suggest {
    Nothing,
    Laws,
    Purposes,
    Facts,
    Recipients,
    Subjects,
    Categories,
    Measures,
    Periods,
    Activities,
}

/// What can be chosen.
#[derive(Clone, Copy)]
pub(crate) enum Choices {
    Basis,
    SpecialBasis,
    /// Words of the register with what they mean.
    Words(&'static [(&'static str, Word)]),
}

/// A field.
pub(crate) struct Field {
    pub(crate) path: &'static [&'static str],
    pub(crate) label: Word,
    pub(crate) help: Option<Word>,
    pub(crate) control: Control,
}

const fn field(path: &'static [&'static str], label: Word, control: Control) -> Field {
    Field { path, label, help: None, control }
}

const fn helped(path: &'static [&'static str], label: Word, help: Word, control: Control) -> Field {
    Field { path, label, help: Some(help), control }
}

const PLAIN: Control = Control::Line(Suggest::Nothing);

const ANCHORS: Choices = Choices::Words(&[
    ("as is", |t| t.anchor_as_is),
    ("end of month", |t| t.anchor_month),
    ("end of calendar year", |t| t.anchor_year),
    ("end of financial year", |t| t.anchor_financial),
]);

/// A list of tables within a part that the form shows, each with its fields.
pub(crate) struct Nested {
    pub(crate) key: &'static str,
    pub(crate) heading: Word,
    pub(crate) add: Word,
    /// Written in brackets on one line, or under a heading of its own.
    pub(crate) inline: bool,
    pub(crate) fields: &'static [Field],
}

/// A form: the fields of the part itself, then of its lists.
pub(crate) struct Form {
    pub(crate) kind: &'static str,
    pub(crate) name: Word,
    pub(crate) fields: &'static [Field],
    pub(crate) nested: &'static [Nested],
}

const TITLE_DA: Field = field(&["title", "da"], |t| t.title_da, PLAIN);
const TITLE_EN: Field = field(&["title", "en"], |t| t.title_en, PLAIN);

static PURPOSE: &[Field] = &[
    helped(&["id"], |t| t.id, |t| t.id_help, PLAIN),
    field(&["text", "da"], |t| t.purpose_da, Control::Area),
    field(&["text", "en"], |t| t.purpose_en, Control::Area),
    field(&["basis"], |t| t.basis, Control::Choice(Choices::Basis)),
    field(&["special_basis"], |t| t.special_basis, Control::Choice(Choices::SpecialBasis)),
    helped(&["law"], |t| t.law, |t| t.law_help, Control::Line(Suggest::Laws)),
    field(&["interest", "da"], |t| t.interest_da, Control::Area),
    field(&["interest", "en"], |t| t.interest_en, Control::Area),
    helped(&["ended"], |t| t.ended, |t| t.ended_help, Control::Day),
];

static DISCLOSURE: &[Field] = &[
    field(&["recipient"], |t| t.recipient, Control::Line(Suggest::Recipients)),
    helped(&["subjects"], |t| t.about_whom, |t| t.commas, Control::List(Suggest::Subjects)),
    helped(&["categories"], |t| t.which_data, |t| t.commas, Control::List(Suggest::Categories)),
];

static KEEP: &[Field] = &[
    field(&["for"], |t| t.for_purpose, Control::Line(Suggest::Purposes)),
    helped(&["from"], |t| t.from, |t| t.from_help, Control::Line(Suggest::Facts)),
    helped(&["period"], |t| t.period, |t| t.period_help, Control::Line(Suggest::Periods)),
    field(&["anchor"], |t| t.anchor, Control::Choice(ANCHORS)),
    field(&["open"], |t| t.open, Control::Check),
    helped(&["until"], |t| t.until, |t| t.until_help, Control::Line(Suggest::Facts)),
    helped(&["given"], |t| t.given, |t| t.given_help, Control::Line(Suggest::Facts)),
    field(&["review", "da"], |t| t.ask_da, Control::Area),
    field(&["review", "en"], |t| t.ask_en, Control::Area),
];

static ERASE: &[Field] = &[
    helped(&["law"], |t| t.law, |t| t.law_help, Control::Line(Suggest::Laws)),
    helped(&["from"], |t| t.from, |t| t.from_help, Control::Line(Suggest::Facts)),
    helped(&["period"], |t| t.period, |t| t.period_help, Control::Line(Suggest::Periods)),
    field(&["anchor"], |t| t.anchor, Control::Choice(ANCHORS)),
    field(&["open"], |t| t.open, Control::Check),
];

static EXEMPT: &[Field] = &[
    field(&["at"], |t| t.exempt_at, PLAIN),
    field(&["why", "da"], |t| t.exempt_da, PLAIN),
    field(&["why", "en"], |t| t.exempt_en, PLAIN),
];

/// All of them.
pub(crate) static FORMS: &[Form] = &[
    Form {
        kind: "controller",
        name: |t| t.controller,
        fields: &[
            field(&["name"], |t| t.name, PLAIN),
            field(&["cvr"], |t| t.cvr, PLAIN),
            field(&["address"], |t| t.address, PLAIN),
            field(&["email"], |t| t.email, PLAIN),
            field(&["phone"], |t| t.phone, PLAIN),
            field(&["dpo", "name"], |t| t.dpo_name, PLAIN),
            field(&["dpo", "email"], |t| t.dpo_email, PLAIN),
            field(&["dpo", "phone"], |t| t.dpo_phone, PLAIN),
        ],
        nested: &[],
    },
    Form {
        kind: "activity",
        name: |t| t.activity,
        fields: &[
            TITLE_DA,
            TITLE_EN,
            helped(&["measures"], |t| t.measures, |t| t.commas, Control::List(Suggest::Measures)),
            field(&["source", "da"], |t| t.source_da, Control::Area),
            field(&["source", "en"], |t| t.source_en, Control::Area),
            field(&["obligation", "da"], |t| t.obligation_da, Control::Area),
            field(&["obligation", "en"], |t| t.obligation_en, Control::Area),
            field(&["automated", "da"], |t| t.automated_da, Control::Area),
            field(&["automated", "en"], |t| t.automated_en, Control::Area),
        ],
        nested: &[
            Nested {
                key: "purpose",
                heading: |t| t.purpose,
                add: |t| t.add_purpose,
                inline: false,
                fields: PURPOSE,
            },
            Nested {
                key: "disclosures",
                heading: |t| t.disclosure,
                add: |t| t.add_disclosure,
                inline: true,
                fields: DISCLOSURE,
            },
        ],
    },
    Form {
        kind: "dataset",
        name: |t| t.dataset,
        fields: &[
            TITLE_DA,
            TITLE_EN,
            field(&["activity"], |t| t.activity, Control::Line(Suggest::Activities)),
            helped(
                &["categories"],
                |t| t.which_data,
                |t| t.commas,
                Control::List(Suggest::Categories),
            ),
            field(&["justification", "da"], |t| t.justification_da, Control::Area),
            field(&["justification", "en"], |t| t.justification_en, Control::Area),
            field(
                &["approve"],
                |t| t.approve,
                Control::Choice(Choices::Words(&[
                    ("one", |t| t.approve_one),
                    ("two", |t| t.approve_two),
                ])),
            ),
            helped(&["guard", "share"], |t| t.guard_share, |t| t.guard_help, PLAIN),
            field(&["guard", "count"], |t| t.guard_count, Control::Count),
            helped(
                &["review", "every"],
                |t| t.review_every,
                |t| t.period_help,
                Control::Line(Suggest::Periods),
            ),
            field(&["review", "from"], |t| t.review_from, Control::Line(Suggest::Facts)),
            field(&["review", "question", "da"], |t| t.review_da, Control::Area),
            field(&["review", "question", "en"], |t| t.review_en, Control::Area),
        ],
        nested: &[
            Nested {
                key: "keep",
                heading: |t| t.keep,
                add: |t| t.add_keep,
                inline: false,
                fields: KEEP,
            },
            Nested {
                key: "erase",
                heading: |t| t.erase,
                add: |t| t.add_erase,
                inline: false,
                fields: ERASE,
            },
        ],
    },
    Form {
        kind: "recipient",
        name: |t| t.recipient,
        fields: &[
            TITLE_DA,
            TITLE_EN,
            field(
                &["role"],
                |t| t.role,
                Control::Choice(Choices::Words(&[
                    ("processor", |t| t.role_processor),
                    ("controller", |t| t.role_controller),
                    ("authority", |t| t.role_authority),
                ])),
            ),
            helped(&["country"], |t| t.country, |t| t.country_help, PLAIN),
            field(&["safeguard", "da"], |t| t.safeguard_da, Control::Area),
            field(&["safeguard", "en"], |t| t.safeguard_en, Control::Area),
        ],
        nested: &[],
    },
    Form {
        kind: "measure",
        name: |t| t.measure,
        fields: &[
            field(&["text", "da"], |t| t.measure_da, Control::Area),
            field(&["text", "en"], |t| t.measure_en, Control::Area),
        ],
        nested: &[],
    },
    Form {
        kind: "store",
        name: |t| t.store,
        fields: &[
            TITLE_DA,
            TITLE_EN,
            helped(&["backups"], |t| t.backups, |t| t.period_help, Control::Line(Suggest::Periods)),
        ],
        nested: &[Nested {
            key: "exempt",
            heading: |t| t.exempt,
            add: |t| t.add_exempt,
            inline: true,
            fields: EXEMPT,
        }],
    },
];

/// The form of a kind of part.
pub(crate) fn form(kind: &str) -> Option<&'static Form> {
    FORMS.iter().find(|f| f.kind == kind)
}
