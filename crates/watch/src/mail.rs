//! Mail: plain text to a mail server, with TLS and login.

use std::time::Duration;

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Message, SmtpTransport, Transport as _};

use crate::config::{Mail, MailTls};
use crate::net::{NotSent, certificates};

/// How long each step of the talk with a mail server may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A mail. No personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The same at each try, so that a mail program shows it once.
    pub id: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
}

/// Gives the letter to the mail server.
pub(crate) fn send(mail: &Mail, password: Option<&str>, letter: &Letter) -> Result<(), NotSent> {
    let mailbox = |text: &str| {
        text.parse::<Mailbox>().map_err(|e| NotSent::ever(format!("`{text}` is no address: {e}")))
    };
    let from = mailbox(&mail.from)?;
    let id = format!("<{}@{}>", letter.id, from.email.domain());
    let mut message =
        Message::builder().from(from).subject(letter.subject.replace(['\r', '\n'], " "));
    for to in &mail.to {
        message = message.to(mailbox(to)?);
    }
    let message = message
        .message_id(Some(id))
        .header(ContentType::TEXT_PLAIN)
        .body(letter.text.clone())
        .map_err(NotSent::ever)?;
    let tls = || -> Result<TlsParameters, NotSent> {
        let mut tls =
            TlsParameters::builder(mail.server.clone()).certificate_store(CertificateStore::None);
        for root in certificates(mail.roots_file.as_deref()).map_err(NotSent::now)? {
            // A root that is not understood trusts nobody.
            if let Ok(root) = Certificate::from_der(root.to_vec()) {
                tls = tls.add_root_certificate(root);
            }
        }
        tls.build().map_err(NotSent::now)
    };
    let tls = match mail.tls {
        MailTls::Starttls => Tls::Required(tls()?),
        MailTls::Tls => Tls::Wrapper(tls()?),
        MailTls::None => Tls::None,
    };
    let mut transport = SmtpTransport::builder_dangerous(mail.server.as_str())
        .port(mail.port())
        .tls(tls)
        .hello_name(ClientId::Domain("frist.invalid".into()))
        .timeout(Some(PATIENCE));
    if let Some(user) = &mail.user {
        let password = password.ok_or_else(|| {
            let name = mail.password_env.as_deref().unwrap_or("password_env");
            NotSent::now(format!("the variable `{name}`, which has the mail password, is not set"))
        })?;
        transport = transport.credentials(Credentials::new(user.clone(), password.to_owned()));
    }
    transport.build().send(&message).map_err(|e| match e.is_permanent() {
        // Who is refused for good today may be known tomorrow: a wrong password, an unknown receiver.
        // It is tried for days all the same, and then shown.
        true => NotSent::now(format!("the mail server refuses: {e}")),
        false => NotSent::now(format!("the mail server does not take it: {}", chain(&e))),
    })?;
    Ok(())
}

/// An error with its causes.
fn chain(e: &dyn std::error::Error) -> String {
    let mut text = e.to_string();
    let mut next = e.source();
    while let Some(e) = next {
        let more = e.to_string();
        if !text.contains(&more) {
            text += ": ";
            text += &more;
        }
        next = e.source();
    }
    text
}
