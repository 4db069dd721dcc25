//! The evidence bundle: made, sealed in the ledger, verified, and handed out as one zip.

use std::io::Cursor;

use frist_cases::bundle::{self, Period, collect::Given};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::access::{Action, Facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::face::Trouble;
use crate::text::document_texts;

/// The program as the bundle names it.
const PROGRAM: &str = concat!("frist ", env!("CARGO_PKG_VERSION"));

struct Failed(Trouble);

impl From<frist_cases::CasesError> for Failed {
    fn from(e: frist_cases::CasesError) -> Self {
        Failed(Trouble { message: e.to_string(), help: None })
    }
}

/// Makes a bundle.
pub(in super::super) fn bundle(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::GetBundle, &Facts::default())?;
    let period = period(ctx)?;
    let (lang, now, by) = (ctx.lang, ctx.now, ctx.name().to_owned());
    let face = &ctx.app.face;
    let (calls, tokens) = (face.calls)(period)?;
    let given = Given { period, made: now, by, program: PROGRAM.into(), calls, tokens };
    let zip = ctx.engine(|engine| {
        let broken = |e: std::io::Error| Trouble {
            message: format!("there is no room for the bundle while it is made: {e}"),
            help: Some("look at the folder of temporary files".into()),
        };
        let folder = tempfile::tempdir().map_err(broken)?;
        let keys = frist_ledger::note::parse_keys(&(face.public_key)()?)
            .map_err(|e| Trouble { message: e.to_string(), help: None })?;
        let publish =
            &mut |engine: &mut frist_sweep::Engine| (face.publish)(engine).map_err(Failed);
        bundle::make(engine, given, folder.path(), lang, &keys, publish).map_err(|e| e.0)?;
        let mut zip = Cursor::new(Vec::new());
        bundle::zip_folder(folder.path(), &mut zip)
            .map_err(|e| Trouble { message: e.to_string(), help: None })?;
        Ok(zip.into_inner())
    })?;
    let day = now.to_zoned(ctx.app.zone.clone()).date();
    Ok(Reply::file("application/zip", &format!("bundle-{day}.zip"), zip))
}

/// The period that the form names; a day is meant to its end.
fn period(ctx: &Ctx<'_>) -> Result<Period, Refusal> {
    let unclear = || Refusal::Unclear(document_texts(ctx.lang).bad_period.to_owned());
    let start = |day: Date| day.to_zoned(ctx.app.zone.clone()).ok().map(|z| z.timestamp());
    let day = |name: &str| ctx.field(name).parse::<Date>().ok();
    let since: Timestamp = day("since").and_then(start).ok_or_else(unclear)?;
    let until = day("until").and_then(|d| d.tomorrow().ok()).and_then(start);
    let until = until.ok_or_else(unclear)?.min(ctx.now);
    if since < until { Ok(Period { since, until }) } else { Err(unclear()) }
}
