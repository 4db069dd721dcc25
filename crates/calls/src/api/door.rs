//! The tokens file as it stands now: who was taken out of it is refused within a second or two.
//!
//! Read on a thread of its own, so that a slow disk keeps no request waiting. A file that cannot be read or is wrong lets
//! nobody in until it is mended: a mistake of spelling must not keep alive a token that was meant to go.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;

use frist_register::Severity;

use crate::config::Tokens;

/// How often the file is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Who may use the interface now.
pub struct Door(RwLock<Result<Arc<Tokens>, String>>);

impl Door {
    /// Lets in whom `tokens` knows; from then on, whom this file knows. `say` hears when it becomes wrong, and when it is
    /// mended.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn open(
        tokens: Tokens,
        file: Option<PathBuf>,
        say: Arc<dyn Fn(&str) + Send + Sync>,
    ) -> std::io::Result<Arc<Door>> {
        let door = Arc::new(Door(RwLock::new(Ok(Arc::new(tokens)))));
        if let Some(file) = file {
            let door = Arc::downgrade(&door);
            std::thread::Builder::new()
                .name("tokens".to_owned())
                .spawn(move || watch(&door, &file, &*say))?;
        }
        Ok(door)
    }

    /// The tokens that are good now.
    ///
    /// # Errors
    /// Why nobody is let in.
    pub fn tokens(&self) -> Result<Arc<Tokens>, String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn watch(door: &Weak<Door>, file: &Path, say: &dyn Fn(&str)) {
    let mut before = None;
    let mut wrong = false;
    loop {
        std::thread::sleep(LOOK);
        let Some(door) = door.upgrade() else { return };
        let text = std::fs::read_to_string(file).map_err(|e| e.to_string());
        if before.as_ref() == Some(&text) {
            continue;
        }
        let tokens = text.clone().and_then(|text| {
            let (tokens, sources, said) = Tokens::read(&file.display().to_string(), &text);
            tokens.ok_or_else(|| {
                let error = said.iter().find(|d| d.severity == Severity::Error);
                error.map_or_else(String::new, |e| format!("{} ({})", e.message, sources.name(0)))
            })
        });
        match &tokens {
            Ok(_) if wrong => say("the tokens file is in order again"),
            Ok(_) => {}
            Err(why) => say(&format!(
                "alarm: the tokens file is wrong, and nobody is let in until it is mended: {why}"
            )),
        }
        wrong = tokens.is_err();
        before = Some(text);
        *door.0.write().unwrap_or_else(PoisonError::into_inner) = tokens.map(Arc::new);
    }
}
