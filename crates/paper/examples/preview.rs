//! Writes every letter about its invented case into a folder, in all forms, and says how long one takes.
//!
//! `cargo run --release -p frist-paper --features pdf --example preview -- FOLDER`

use std::path::Path;
use std::time::{Duration, Instant};

use frist_paper::letters::{LetterKind, render, sample};
use frist_paper::{Lang, PaperError};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "letters".to_owned());
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let mut spent = [Duration::ZERO; 4];
    let mut first = None;
    let (mut letters, mut size) = (0, 0);
    for (lang, code) in [(Lang::Da, "da"), (Lang::En, "en")] {
        for kind in LetterKind::ALL {
            let context = serde_json::to_value(sample(*kind, lang))?;
            let start = Instant::now();
            let letter = render(*kind, lang, None, &context)?;
            spent[0] += start.elapsed();
            let start = Instant::now();
            let html = letter.html();
            spent[1] += start.elapsed();
            let start = Instant::now();
            let text = letter.text();
            spent[2] += start.elapsed();
            let start = Instant::now();
            let pdf = letter.pdf();
            let took = start.elapsed();
            // The first one reads the fonts.
            if first.is_none() {
                first = Some(took);
            } else {
                spent[3] += took;
            }
            letters += 1;
            let name = |end: &str| folder.join(format!("{kind}.{code}.{end}"));
            std::fs::write(name("html"), html)?;
            std::fs::write(name("txt"), text)?;
            match pdf {
                Ok(bytes) => {
                    size += bytes.len();
                    std::fs::write(name("pdf"), bytes)?;
                }
                Err(PaperError::NoPdf) => {}
                Err(e) => return Err(e.into()),
            }
        }
    }
    let each = |d: Duration, n: u32| d.as_secs_f64() * 1e3 / f64::from(n);
    println!("{letters} letters; each: text of the template {:.2} ms", each(spent[0], letters));
    println!("  HTML {:.3} ms, text {:.3} ms", each(spent[1], letters), each(spent[2], letters));
    if frist_paper::PDF {
        println!(
            "  PDF {:.1} ms, {} KB",
            each(spent[3], letters - 1),
            size / letters as usize / 1024
        );
        println!("  the first PDF {:.0} ms", each(first.unwrap_or_default(), 1));
    }
    Ok(())
}
