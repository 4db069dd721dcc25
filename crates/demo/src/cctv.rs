//! `cctv/`: placeholder clips of the last 60 days, one a recorded movement, dated by their path.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::report::Report;
use crate::rng::Rng;
use crate::window::{at_hours, plus_days};
use crate::{Error, ORGANISATION, Plan, Result};

/// How many days back the clips go. Twice what the law allows: half of them are overdue.
const DAYS: i64 = 60;
#[rustfmt::skip]
const CAMERAS: &[&str] = &[
    "hovedport", "reception", "lager-nord", "vaerksted", "transformerstation-7", "parkering",
];
/// The start of an MP4 file: box size, `ftyp`, brand `isom`, version, compatible brand.
const FTYP: &[u8] = b"\0\0\0\x14ftypisom\0\0\x02\0isom";

pub(crate) fn generate(root: &Path, plan: &Plan, report: &mut Report) -> Result<()> {
    let mut rng = Rng::stream(plan.seed, "cctv");
    let total = plan.size.of(400, 8);
    // Camera, and the minute of the recording: one clip for each.
    let mut clips = BTreeSet::new();
    while clips.len() < total {
        let day = plus_days(plan.window.last, -rng.range(0, DAYS - 1));
        let time = at_hours(day, 0, 24, &mut rng);
        clips.insert((rng.below(CAMERAS.len()), day.at(time.hour(), time.minute(), 0, 0)));
    }
    for (n, (camera, time)) in clips.into_iter().enumerate() {
        let camera = CAMERAS[camera];
        let folder = root.join(camera).join(time.date().to_string());
        fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        let file = folder.join(format!("{}.mp4", time.strftime("%H%M")));

        let caption = format!("{ORGANISATION}, kamera {camera}, {time}. Demo, ingen optagelse.");
        let mut clip = FTYP.to_vec();
        mp4_box(&mut clip, b"free", caption.as_bytes());
        let frames: Vec<u8> =
            (0..rng.range(25, 60)).flat_map(|_| rng.next().to_be_bytes()).collect();
        mp4_box(&mut clip, b"mdat", &frames);
        crate::write(&file, &clip, time, &plan.window)?;
        report.step("cctv", n + 1, total);
    }
    Ok(())
}

fn mp4_box(out: &mut Vec<u8>, kind: &[u8; 4], content: &[u8]) {
    out.extend((content.len() as u32 + 8).to_be_bytes());
    out.extend(kind);
    out.extend(content);
}
