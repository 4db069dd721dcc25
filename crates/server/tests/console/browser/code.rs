//! The second factor's code as a phone reads it: off the screen, by another program.

use std::process::Command;

use frist_server::access::Role;

use super::Browser;
use crate::kit::{House, PASSWORD};

#[test]
fn a_phone_reads_the_code_off_the_screen() {
    if Command::new("zbarimg").arg("--version").output().is_err() {
        eprintln!("not read: `zbarimg` is not installed (Debian: apt-get install zbar-tools)");
        return;
    }
    let house = House::new();
    house.person("maria", &[Role::Dpo], &[]);
    let Some(mut b) = Browser::before(&house) else { return };
    b.sign_in("maria");
    b.go("/account");
    b.unfold(
        "document.querySelector('form[action=\"/account/factor/begin\"] input[type=password]')",
    );
    let field = b.text(
        "document.querySelector('form[action=\"/account/factor/begin\"] input[type=password]').id",
    );
    b.fill(&field, PASSWORD);
    b.press("/account/factor/begin");
    let secret = b.text("document.querySelector('code.long').innerText").replace([' ', '\n'], "");
    let link = b.text("document.querySelector('a[href^=otpauth]').href");
    assert!(secret.len() >= 32 && link.contains(&secret), "{link}");
    for (width, scheme) in [(1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")] {
        b.size(width, 900, scheme);
        let picture = house.dir.path().join("screen.png");
        std::fs::write(&picture, b.picture(true)).unwrap();
        let read = Command::new("zbarimg")
            .args(["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable"])
            .arg(&picture)
            .output()
            .unwrap();
        let read = String::from_utf8(read.stdout).unwrap();
        assert_eq!(read.trim(), link, "{width} points, {scheme}");
    }
}
