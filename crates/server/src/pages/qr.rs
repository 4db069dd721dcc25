//! The QR code of a second factor, as the path of an inline picture: the policy lets no style and no
//! script in, and needs none.

use qrcodegen::{QrCode, QrCodeEcc};

/// The light border that readers need.
const BORDER: i32 = 4;

/// A square picture of dark modules.
pub(super) struct Picture {
    /// Its side, in modules, with the border.
    pub(super) size: i32,
    /// The dark modules, each a square.
    pub(super) path: String,
}

/// The code of a text; none when the text is too long for one.
pub(super) fn picture(text: &str) -> Option<Picture> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let mut path = String::new();
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            // A row of dark modules is one rectangle.
            let wide = (x..code.size()).take_while(|x| code.get_module(*x, y)).count() as i32;
            if wide > 0 {
                path += &format!("M{} {}h{wide}v1h-{wide}z", x + BORDER, y + BORDER);
            }
            x += wide + 1;
        }
    }
    Some(Picture { size: code.size() + 2 * BORDER, path })
}
