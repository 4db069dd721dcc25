//! A body of any content type (in the first line): parts lie in the body and do not overlap,
//! metadata keeps its limits, and each leg is carried by one stream at most.
#![no_main]

use frist_fuzz::calls::bodies;
use frist_fuzz::media;
use frist_fuzz::sip::Headers;
use frist_fuzz::siprec::metadata::Metadata;
use frist_fuzz::siprec::{multipart, request};
use frist_fuzz::{first_line, seeds};
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: seeds(bodies),
    |bytes: &[u8]| {
        let (kind, body) = first_line(bytes);
        let parts = multipart::parts(kind, body);
        assert!(parts.len() <= 32);
        let mut end = body.as_ptr() as usize;
        for part in &parts {
            let start = part.content.as_ptr() as usize;
            assert!(part.content.is_empty() || start >= end, "parts overlap");
            end = end.max(start + part.content.len());
            if let Ok(metadata) = Metadata::parse(part.content) {
                within_limits(&metadata);
                let mut twice = metadata.clone();
                twice.update(Metadata { partial: true, ..metadata.clone() });
                within_limits(&twice);
            }
        }
        assert!(end <= body.as_ptr() as usize + body.len());
        let Ok(said) = request::read((!kind.is_empty()).then_some(kind), body) else { return };
        let Some(sdp) = said.sdp else { return };
        let sides = request::sides(&sdp, said.metadata.as_ref(), &[]);
        assert_eq!(sides.len(), sdp.media.len());
        for side in media::Side::BOTH {
            assert!(sides.iter().filter(|s| **s == Some(side)).count() <= 1);
        }
        // What was decided stays when the same is offered again.
        assert_eq!(request::sides(&sdp, None, &sides), sides);
        let ids = request::ids(&Headers::new(), &[], said.metadata.as_ref(), "this-dialog");
        assert!(ids.iter().all(|id| (8..=256).contains(&id.len())));
        request::names(&ids);
    }
);

fn within_limits(metadata: &Metadata) {
    assert!(metadata.participants.len() <= 64 && metadata.streams.len() <= 64);
    let texts = metadata.participants.iter().filter_map(|p| p.aor.as_ref());
    let labels = metadata.streams.iter().filter_map(|s| s.label.as_ref());
    assert!(texts.chain(labels).chain(&metadata.sip_session_ids).all(|t| t.len() <= 512));
    let known = metadata.streams.iter().filter_map(|s| s.label.as_deref());
    for label in known {
        assert!(metadata.speaker(label).is_none_or(|n| n < metadata.participants.len()));
    }
}
