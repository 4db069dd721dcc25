//! Which tables and fields `calls.toml` and the tokens file have. The reader refuses what is not
//! here, and a test compares it with what `docs/calls.md` describes.

use frist_register::strict::{Field, Kind, Shape, may, must};

macro_rules! shapes {
    ($all:ident: $($name:ident $path:literal $header:literal $doc:literal [$($field:expr,)*])*) => {
        $(pub(super) static $name: Shape = {
            static FIELDS: &[Field] = &[$($field,)*];
            Shape { path: $path, header: $header, doc: $doc, fields: FIELDS }
        };)*
        /// Every table there is.
        pub static $all: &[&Shape] = &[$(&$name,)*];
    };
}

pub(super) const WITHDRAWAL: &[&str] = &["destroy", "keep"];
pub(super) const SRTP: &[&str] = &["off", "optional", "required"];
pub(super) const LANGUAGES: &[&str] = &["da", "en"];
pub(super) const ROLES: &[&str] =
    &["machine", "agent", "supervisor", "listener", "evidence", "dpo"];

shapes! { ALL:
    ROOT "" "calls.toml" "How calls are taken, asked, recorded and listened to." [
        must("vault", Kind::Str, "Folder of the vault (`vault.toml`), the `path` of the register's store of kind `vault`."),
        must("data", Kind::Str, "Folder of the database of calls; private to the program."),
        may("system", Kind::Str, "What this system is called in consent records; `frist` when not said."),
        may("recordings", Kind::Id, "Id of the register's data set of recordings; found by itself when there is one."),
        may("consent", Kind::Table(&CONSENT), "How consent is asked for and taken back."),
        may("front", Kind::Table(&FRONT), "The consent front: asks callers and bridges them on."),
        may("siprec", Kind::Table(&SIPREC), "The recording server for exchanges that fork their media (RFC 7866)."),
        may("tls", Kind::Table(&TLS), "Certificates of SIP over TLS."),
        must("media", Kind::Table(&MEDIA), "Where sound is received and sent."),
        may("api", Kind::Table(&API), "The HTTP interface."),
        may("evidence", Kind::Table(&EVIDENCE), "How a recording becomes evidence."),
        may("import", Kind::Table(&IMPORT), "Where recordings of other systems come in from."),
        may("limits", Kind::Table(&LIMITS), "What is never exceeded."),
    ]
    CONSENT "consent" "[consent]" "How consent is asked for and taken back." [
        may("announcement", Kind::Id, "Id of the register's announcement; may be left out when there is one."),
        may("language", Kind::OneOf(LANGUAGES), "In which language callers are asked: `da` (the default) or `en`."),
        may("wait", Kind::Duration, "How long a key is waited for after each question; `6 s` when not said."),
        may("withdraw_key", Kind::Str, "The key with which a caller takes consent back during the call; `9` when not said."),
        may("on_withdrawal", Kind::OneOf(WITHDRAWAL), "What becomes of what was recorded when the last consent is withdrawn: `destroy` (the default) or `keep`."),
        may("on_failure", Kind::OneOf(WITHDRAWAL), "What becomes of what was recorded when disk or database fail in mid-call: `keep` (the default) or `destroy`."),
    ]
    FRONT "front" "[front]" "The consent front." [
        must("listen", Kind::Strings, "Where SIP is listened for: `udp:192.0.2.1:5060`, `tcp:...`, `tls:...`."),
        may("advertised", Kind::Str, "The address that Via and Contact name, when it is not the one listened on."),
        must("trunks", Kind::Strings, "Addresses or networks from which calls are taken, such as `192.0.2.0/24`; all others are refused."),
        must("agents", Kind::Strings, "SIP URIs that calls are bridged to, tried in this order."),
        may("agent_wait", Kind::Duration, "How long one of them may ring before the next is tried; `20 s` when not said."),
        may("agent_answer", Kind::Duration, "How long one of them may say nothing at all before the next is tried; `3 s` when not said."),
        may("srtp", Kind::OneOf(SRTP), "SDES-SRTP towards trunk and agents: `off`, `optional` (the default) or `required`."),
        may("pause_keys", Kind::Str, "What an agent keys to pause the recording, `*7` when not said; empty for nothing."),
        may("resume_keys", Kind::Str, "What an agent keys to go on, `*8` when not said; empty for nothing."),
        may("withhold_keys", Kind::Bool, "Whether what a caller keys after the bridge is kept from the agent; the key that withdraws always is."),
        may("session_timer", Kind::Duration, "Session timer (RFC 4028), at least `90 s`; `30 min` when not said."),
        may("line", Kind::Tables(&LINE), "What holds for some of the called numbers."),
    ]
    LINE "front.line" "[[front.line]]" "What holds for calls to one number." [
        must("called", Kind::Str, "The user part of the called URI, such as `70101010`."),
        may("announcement", Kind::Id, "Another announcement."),
        may("language", Kind::OneOf(LANGUAGES), "Another language."),
        may("agents", Kind::Strings, "Other agents."),
    ]
    SIPREC "siprec" "[siprec]" "The recording server." [
        must("listen", Kind::Strings, "Where SIP is listened for: `udp:192.0.2.1:5080`, `tcp:...`, `tls:...`."),
        may("advertised", Kind::Str, "The address that Via and Contact name, when it is not the one listened on."),
        must("clients", Kind::Strings, "Addresses or networks of the session border controllers; all others are refused."),
        may("srtp", Kind::OneOf(SRTP), "SDES-SRTP: `off`, `optional` (the default) or `required`."),
    ]
    TLS "tls" "[tls]" "Certificates of SIP over TLS." [
        must("certificate", Kind::Str, "PEM file with the certificate and its chain."),
        must("key", Kind::Str, "PEM file with the private key."),
        may("trust", Kind::Str, "PEM file with the authorities that peers are verified by; needed for agents over TLS."),
        may("verify_clients", Kind::Bool, "Whether those who connect must show a certificate of `trust`."),
    ]
    MEDIA "media" "[media]" "Where sound is received and sent." [
        must("ip", Kind::Str, "The address that RTP is received on."),
        may("advertised", Kind::Str, "The address that SDP names, when it is another one."),
        may("ports", Kind::Str, "The range of UDP ports, `40000-49999` when not said; a call needs four."),
        may("threads", Kind::Count, "Threads; one for each core when not said."),
        may("quiet", Kind::Duration, "A call from whose sides no packet comes for so long is ended as lost; `60 s` when not said."),
    ]
    API "api" "[api]" "The HTTP interface." [
        may("listen", Kind::Str, "Where it listens; `127.0.0.1:8089` when not said. Another address than the machine's own needs TLS."),
        must("tokens", Kind::Str, "File with the hashed tokens and their roles, made by `frist calls token new`."),
        may("certificate", Kind::Str, "PEM file with the certificate and its chain."),
        may("key", Kind::Str, "PEM file with the private key."),
        may("timeout", Kind::Duration, "How long one request may take to come in; `10 s` when not said."),
    ]
    EVIDENCE "evidence" "[evidence]" "How a recording becomes evidence." [
        may("two_persons", Kind::Bool, "Whether a second person must approve each transfer."),
        may("longest", Kind::Period, "The longest period that a transfer may set; `5 years` when not said."),
    ]
    IMPORT "import" "[import]" "Where recordings of other systems come in from: a folder, or a bucket." [
        may("folder", Kind::Str, "Folder of WAV files, each with a vCon or JSON file of the same name."),
        may("endpoint", Kind::Str, "URL of an S3-compatible object storage, with its scheme."),
        may("bucket", Kind::Str, "Bucket with such files."),
        may("region", Kind::Str, "Region, as the service calls it; `us-east-1` when not said."),
        may("prefix", Kind::Str, "What the names of the objects begin with."),
        may("path_style", Kind::Bool, "Whether the bucket is part of the path (the default) or of the host name."),
        may("key_env", Kind::Str, "Environment variable with the access key's id."),
        may("secret_env", Kind::Str, "Environment variable with the access key's secret."),
    ]
    LIMITS "limits" "[limits]" "What is never exceeded." [
        may("calls", Kind::Count, "Calls at once, 503 beyond; 1000 when not said."),
        may("longest_call", Kind::Duration, "How long a call may last; `240 min` when not said."),
        may("drain", Kind::Duration, "How long calls may go on after SIGTERM; `5 min` when not said."),
        may("free_space_mb", Kind::Count, "Megabytes that stay free on the disks of `vault` and `data`; with less nothing is recorded. 512 when not said."),
    ]
}

shapes! { TOKENS:
    TOKEN_ROOT "" "the tokens file" "Who may use the HTTP interface." [
        may("token", Kind::Tables(&TOKEN), "One token."),
    ]
    TOKEN "token" "[[token]]" "One token: who has it and what it may do." [
        must("id", Kind::Id, "Who has it, as the logs of listening and consent will name them."),
        must("roles", Kind::Strings, "`machine`, `agent`, `supervisor`, `listener`, `evidence`, `dpo`."),
        may("purposes", Kind::Strings, "listener: the purposes for which recordings may be heard."),
        must("sha256", Kind::Str, "SHA-256 of the token, in hexadecimal; the token itself is nowhere."),
        may("until", Kind::Date, "The last day on which it is good."),
    ]
}
