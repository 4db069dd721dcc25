//! The announcements' files: each is there, and is what telephones play.

use std::collections::BTreeSet;
use std::path::Path;

use frist_calls::media::Prompt;
use frist_register::{Code, Diagnostic, Register};

/// Looks at every file that a caller may hear. Paths are relative to the organisation's folder.
pub fn look(folder: &Path, register: &Register) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    for announcement in &register.announcements {
        let mut seen = BTreeSet::new();
        for spoken in announcement.spoken() {
            for lang in &announcement.languages {
                let file = spoken.file(lang.value);
                if !seen.insert(file) {
                    continue;
                }
                if let Err(error) = Prompt::from_wav(&folder.join(file)) {
                    out.push(
                        Diagnostic::new(Code::E0074, spoken.file.span, format!("{error}"))
                            .here(format!("of `{}`", announcement.id.value))
                            .law("GDPR Art. 7(1)")
                            .help(
                                "make the file, or correct the path, which is relative to the organisation's \
                                 folder; `frist check --offline` does not look at files",
                            ),
                    );
                }
            }
        }
    }
    out
}
