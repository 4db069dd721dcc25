use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use frist_calls::media::*;

use crate::phone::*;

/// A prompt whose blocks can be told apart.
fn prompt(blocks: i16) -> Arc<Prompt> {
    let samples: Vec<i16> = (0..blocks * 160).map(|n| 1000 + n / 160 * 400).collect();
    Arc::new(Prompt::from_samples(&samples))
}

#[test]
fn at_pace_to_its_end_and_then_the_other_side() {
    let media = Media::start(config()).unwrap();
    let mut call = pair(&media, Purpose::Front);
    call.session.relay(true);
    call.session.play(Side::Caller, prompt(25));
    let mut heard = Vec::new();
    for _ in 0..25 {
        call.agent.say(&[3; 160]);
        heard.push(call.caller.hear().unwrap());
    }
    assert_eq!(call.event(), Some(MediaEvent::First { side: Side::Agent }));
    assert_eq!(call.event(), Some(MediaEvent::PlayEnded { side: Side::Caller }));
    assert!(heard.iter().all(|p| p.payload != [3; 160]), "the agent is not heard meanwhile");
    for (n, packet) in heard.iter().enumerate() {
        let late = packet.at.duration_since(heard[0].at).as_millis() as i64 - 20 * n as i64;
        assert!((-20..=200).contains(&late), "block {n} is {late} ms off");
    }
    call.agent.say_for(5, 3);
    heard.extend(call.caller.hear_all());
    assert_eq!(heard.len(), 30);
    assert_one_stream(&heard);
    assert!(heard[0].marker && heard[25].marker);
}

#[test]
fn stopped_and_repeated() {
    let media = Media::start(config()).unwrap();
    let mut call = pair(&media, Purpose::Front);
    call.session.play(Side::Caller, prompt(50));
    std::thread::sleep(Duration::from_millis(100));
    call.session.stop_play(Side::Caller);
    let heard = call.caller.hear_all();
    assert!((3..=8).contains(&heard.len()), "{}", heard.len());
    assert_eq!(call.events.try_recv().ok(), None, "stopped is not ended");

    call.session.play_repeated(Side::Caller, prompt(3));
    std::thread::sleep(Duration::from_millis(200));
    call.session.stop_play(Side::Caller);
    let heard = call.caller.hear_all();
    assert!((8..=13).contains(&heard.len()), "{}", heard.len());
    assert_eq!(heard[0].payload, heard[3].payload);
    assert_ne!(heard[0].payload, heard[1].payload);
    assert_one_stream(&heard);
}

#[test]
fn wav_files_are_read_or_refused_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, channels, rate, samples: &[i16]| {
        let path = folder.path().join(name);
        let spec = hound::WavSpec {
            channels,
            sample_rate: rate,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(&path, spec).unwrap();
        samples.iter().for_each(|s| writer.write_sample(*s).unwrap());
        writer.finalize().unwrap();
        path
    };
    let good = Prompt::from_wav(&write("good.wav", 1, 8000, &[1000; 8001])).unwrap();
    assert_eq!(good.length(), Duration::from_millis(1020));
    let rate = Prompt::from_wav(&write("rate.wav", 1, 44_100, &[0; 100])).unwrap_err().to_string();
    assert!(rate.contains("44100 Hz") && rate.contains("sox"), "{rate}");
    assert!(Prompt::from_wav(&write("stereo.wav", 2, 8000, &[0; 100])).is_err());
    assert!(Prompt::from_wav(&write("empty.wav", 1, 8000, &[])).is_err());
    assert!(Prompt::from_wav(Path::new("/nowhere.wav")).is_err());
    let text = folder.path().join("text.wav");
    std::fs::write(&text, "no sound").unwrap();
    assert!(Prompt::from_wav(&text).is_err());
}
