//! Consents: recorded, proved, withdrawn.

use frist_cases::consent::{self, Given, Route};
use frist_register::{Lang, Register};
use frist_state::Consent;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::{Condition, Facts};
use crate::api::call::{Answer, Call, Done, Nothing, Tongue};
use crate::api::page::{Page, Paging, page};
use crate::api::problem::Problem;
use crate::people::random;

/// A consent.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Consent")]
pub(crate) struct Shown {
    /// Its number.
    id: String,
    /// The kind of identifier of the person.
    kind: String,
    /// The identifier: a number or another pseudonym.
    person: String,
    /// When it was given.
    given_at: Timestamp,
    /// How.
    channel: String,
    /// For what, as `activity/purpose`.
    purposes: Vec<String>,
    /// The text that was shown.
    text: String,
    /// Its version.
    text_version: String,
    /// SHA-256 of its words.
    text_sha256: String,
    /// The language it was shown in.
    lang: String,
    /// Who entered it.
    recorded_by: String,
    /// When it was withdrawn.
    withdrawn_at: Option<Timestamp>,
    /// When its record is erased, once it is withdrawn.
    erase_at: Option<Timestamp>,
}

fn shown(c: Consent) -> Shown {
    Shown {
        id: c.id,
        kind: c.kind,
        person: c.who,
        given_at: c.given_at,
        channel: c.channel,
        purposes: c.purposes,
        text: c.text_id,
        text_version: c.text_version,
        text_sha256: c.text_hash,
        lang: c.lang,
        recorded_by: c.given_by,
        withdrawn_at: c.withdrawn_at,
        erase_at: c.erase_at,
    }
}

/// Whether the token needs to know a data set of an activity that the consent is for.
fn mine(call: &Call<'_>, register: &Register, c: &Consent) -> bool {
    let of = |purpose: &String, d: &frist_register::DataSet| {
        purpose.split_once('/').is_some_and(|(activity, _)| activity == d.activity.value)
    };
    let known = |d: &&frist_register::DataSet| call.knows_of(Some(&d.id.value));
    call.knows_of(None)
        || register.datasets.iter().filter(known).any(|d| c.purposes.iter().any(|p| of(p, d)))
}

fn some(call: &Call<'_>) -> Facts {
    let some = call.token.as_ref().is_some_and(|t| !t.datasets.is_empty());
    Facts::default().with(Condition::NeedToKnow, some)
}

/// Which consents.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// Also those that were withdrawn.
    #[serde(default)]
    all: bool,
    /// Things on a page.
    #[serde(default)]
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u16>,
    /// Where the page begins: `next` of the page before.
    #[serde(default)]
    #[schemars(length(min = 1, max = 400))]
    cursor: Option<String>,
}

/// The consents of activities whose data sets the token needs to know, the newest first.
pub(crate) fn list(call: &mut Call<'_>, which: Which, _: Nothing) -> Answer<Page<Shown>> {
    call.may(&some(call))?;
    let own: &Call<'_> = call;
    let all = own.engine(|engine| {
        let mut all = engine.state.consents()?;
        all.retain(|c| which.all || c.withdrawn_at.is_none());
        all.retain(|c| mine(own, &engine.register, c));
        Ok(all)
    })?;
    let paging = Paging { limit: which.limit, cursor: which.cursor };
    let key = |c: &Consent| format!("{:020}/{}", c.given_at.as_microsecond(), c.id);
    page(call, &paging, all, true, key, shown)
}

/// A consent to be recorded.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewConsent")]
pub(crate) struct New {
    /// The kind of identifier, as the register names it.
    #[schemars(length(min = 1, max = 64))]
    kind: String,
    /// The identifier: a number or another pseudonym, never a name or a CPR number.
    #[schemars(length(min = 1, max = 200))]
    person: String,
    /// The register's text that was shown.
    #[schemars(length(min = 1, max = 128))]
    text: String,
    /// For an announcement, which of its purposes were consented to.
    #[serde(default)]
    #[schemars(length(max = 50), inner(length(min = 1, max = 128)))]
    purposes: Vec<String>,
    /// How it was given, such as `web`.
    #[schemars(length(min = 1, max = 100))]
    channel: String,
    /// The language it was shown in; Danish, when it is not said.
    #[serde(default)]
    lang: Option<Tongue>,
    /// When; now, when it is not said.
    #[serde(default)]
    at: Option<Timestamp>,
    /// The person's age in whole years, where the service is offered to children; it is not kept.
    #[serde(default)]
    #[schemars(range(max = 150))]
    age: Option<u8>,
    /// Whether the holder of parental responsibility gave it.
    #[serde(default)]
    guardian: bool,
}

/// What the person gets.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ConsentReceipt")]
pub(crate) struct Recorded {
    /// The consent's number.
    id: String,
    /// The code by which the person withdraws it; only its hash is kept.
    code: String,
    /// How it is withdrawn, in the register's words.
    withdraw: String,
}

/// Records a consent.
pub(crate) fn record(call: &mut Call<'_>, _: Nothing, new: New) -> Answer<Recorded> {
    let (now, by) = (call.now, call.id()?);
    let at = new.at.unwrap_or(now);
    if at > now {
        return Err(Problem::refused("it cannot have been given in the future"));
    }
    let lang = new.lang.map_or(Lang::Da, Lang::from);
    let given = Given {
        kind: new.kind,
        who: new.person,
        text: new.text,
        purposes: new.purposes,
        channel: new.channel,
        lang,
        at,
        age: new.age,
        guardian: new.guardian,
    };
    let random =
        random::<22>().map_err(|e| Problem::new(crate::api::Kind::Broken, e.to_string()))?;
    let receipt = call.act(|engine| Ok(consent::give(engine, &given, &by, random)?))?;
    call.about = Some(receipt.id.clone());
    Ok(Done::new(Recorded {
        id: receipt.id,
        code: receipt.token,
        withdraw: receipt.withdraw.get(lang).to_owned(),
    }))
}

/// Whose consents.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ConsentsOf")]
pub(crate) struct Whose {
    /// The kind of identifier, as the register names it.
    #[schemars(length(min = 1, max = 64))]
    kind: String,
    /// The identifier.
    #[schemars(length(min = 1, max = 200))]
    person: String,
}

/// The consents of one person.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ConsentProof")]
pub(crate) struct Proof {
    /// The consents that are there, also those that were withdrawn and are not yet erased.
    consents: Vec<Shown>,
}

/// Proves what one person consented to.
pub(crate) fn prove(call: &mut Call<'_>, _: Nothing, whose: Whose) -> Answer<Proof> {
    call.may(&some(call))?;
    let own: &Call<'_> = call;
    let found = own.engine(|engine| {
        let mut found = consent::of(engine, &whose.kind, &whose.person)?;
        found.retain(|c| mine(own, &engine.register, c));
        Ok(found)
    })?;
    Ok(Done::new(Proof { consents: found.into_iter().map(shown).collect() }))
}

/// Which consent is withdrawn.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", tag = "by", deny_unknown_fields)]
#[schemars(rename = "WithdrawnConsent")]
pub(crate) enum Withdrawn {
    /// By the code that the person got.
    Code {
        /// The code.
        #[schemars(length(min = 1, max = 100))]
        code: String,
        /// How the person said so; as it was given, when it is not said.
        #[serde(default)]
        #[schemars(length(min = 1, max = 100))]
        channel: Option<String>,
    },
    /// By its number.
    Id {
        /// The number.
        #[schemars(length(min = 1, max = 100))]
        id: String,
        /// How the person said so.
        #[serde(default)]
        #[schemars(length(min = 1, max = 100))]
        channel: Option<String>,
    },
    /// By the person and the text: all of theirs that are in force.
    Person {
        /// The kind of identifier.
        #[schemars(length(min = 1, max = 64))]
        kind: String,
        /// The identifier.
        #[schemars(length(min = 1, max = 200))]
        person: String,
        /// The text.
        #[schemars(length(min = 1, max = 128))]
        text: String,
        /// How the person said so.
        #[serde(default)]
        #[schemars(length(min = 1, max = 100))]
        channel: Option<String>,
    },
}

/// A consent that was withdrawn.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Gone {
    /// Its number.
    id: String,
    /// When its record is erased.
    erase_at: Option<Timestamp>,
}

/// What follows for the data.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Follows {
    /// The data set.
    dataset: String,
    /// `store/collection`.
    place: String,
    /// The field that your own system writes the time of withdrawal into; none where the rule does
    /// not end with it.
    withdrawn_field: Option<String>,
    /// Whether other purposes keep the same records as long as they run.
    others: bool,
}

/// What a withdrawal came to.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Withdrawal")]
pub(crate) struct Came {
    /// The consents.
    withdrawn: Vec<Gone>,
    /// What follows for the data.
    follows: Vec<Follows>,
}

/// Enters that a person withdrew their consent.
pub(crate) fn withdraw(call: &mut Call<'_>, _: Nothing, what: Withdrawn) -> Answer<Came> {
    let (now, by) = (call.now, call.id()?);
    let (route, channel) = match what {
        Withdrawn::Code { code, channel } => (Route::Token(code), channel),
        Withdrawn::Id { id, channel } => (Route::Id(id), channel),
        Withdrawn::Person { kind, person, text, channel } => {
            (Route::Person { kind, who: person, text }, channel)
        }
    };
    let (gone, follows) = call.act(|engine| {
        let gone = consent::withdraw(engine, &route, channel.as_deref(), &by, now)?;
        let follows: Vec<consent::Follows> =
            gone.iter().flat_map(|c| consent::follows(&engine.register, &c.purposes)).collect();
        // Where no time after the withdrawal is wanted, the record goes at once.
        consent::tidy(engine, now)?;
        Ok((gone, follows))
    })?;
    Ok(Done::new(Came {
        withdrawn: gone.into_iter().map(|c| Gone { id: c.id, erase_at: c.erase_at }).collect(),
        follows: follows
            .into_iter()
            .map(|f| Follows {
                dataset: f.dataset,
                place: f.place,
                withdrawn_field: f.withdrawn,
                others: f.others,
            })
            .collect(),
    }))
}
