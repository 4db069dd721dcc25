//! Talking with the provider, and verifying what it says.
//!
//! Only signatures with the provider's private key count (never HMAC, never `none`); issuer and
//! audience are exact; the provider's keys are read again when a signature does not fit, at most
//! twice a minute.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClaimName, CoreClaimType,
    CoreClientAuthMethod, CoreErrorResponseType, CoreGenderClaim, CoreGrantType, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm,
    CoreResponseMode, CoreResponseType, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreSubjectIdentifierType, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AdditionalProviderMetadata, AuthType, AuthenticationContextClass,
    AuthorizationCode, ClaimsVerificationError, Client, ClientId, ClientSecret, CsrfToken,
    EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, IdToken, IdTokenFields, IssuerUrl, LanguageTag, LogoutProviderMetadata,
    LogoutRequest, Nonce, PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl,
    ProviderMetadata, RedirectUrl, RequestTokenError, Scope, SignatureVerificationError,
    StandardErrorResponse, StandardTokenResponse, TokenResponse as _,
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{OidcConfig, Round};

/// How far the provider's clock may be from ours.
const SKEW: SignedDuration = SignedDuration::from_secs(60);
/// How old a token may be when it comes.
const OLD: SignedDuration = SignedDuration::from_mins(10);
/// For how long the provider's metadata is good.
const FRESH: SignedDuration = SignedDuration::from_hours(1);
/// How soon it is asked again after it failed, and after a signature did not fit.
const AGAIN: SignedDuration = SignedDuration::from_secs(30);
const RETRY: SignedDuration = SignedDuration::from_secs(5);
/// How long an answer of the provider may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest answer, bytes.
const LARGEST: u64 = 1024 * 1024;

/// What went wrong. The text is for the log: no personal data.
#[derive(Debug, Clone)]
pub(crate) enum Problem {
    /// The provider does not answer, or what it says of itself cannot be used.
    Provider(String),
    /// It did not sign the person in: its own word for why.
    Refused(String),
    /// What it says of the person does not hold.
    Token(String),
    /// It did not prove the second factor that is asked of it.
    Factor,
}

/// What the provider says of somebody.
pub(crate) struct Known {
    pub(crate) subject: String,
    /// Whether the second factor is proved.
    pub(crate) proven: bool,
    /// From the claim that has user names.
    pub(crate) name: Option<String>,
    /// What the person is called.
    pub(crate) title: Option<String>,
    /// The roles of the person's groups.
    pub(crate) roles: BTreeSet<String>,
    /// The token, to end the session at the provider.
    pub(crate) token: Zeroizing<String>,
}

/// All claims that the library does not know.
#[derive(Debug, Clone, Deserialize, Serialize)]
struct More {
    #[serde(flatten)]
    all: HashMap<String, serde_json::Value>,
}

impl AdditionalClaims for More {}

/// What we read of the metadata besides what the library does.
#[derive(Debug, Clone, Deserialize, Serialize)]
struct Extra {
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for Extra {}

type Metadata = ProviderMetadata<
    LogoutProviderMetadata<Extra>,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;
type Token =
    IdToken<More, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type Fields = IdTokenFields<
    More,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type OurClient = Client<
    More,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The provider's metadata, or why there is none; and since when.
type Seen = (Timestamp, Result<Arc<Metadata>, Problem>);

/// The provider of `server.toml`.
pub(crate) struct Provider {
    pub(crate) config: OidcConfig,
    address: String,
    secret: Option<Zeroizing<String>>,
    agent: ureq::Agent,
    seen: Mutex<Option<Seen>>,
}

impl Provider {
    /// With what the variable and the file have that the configuration names.
    pub(crate) fn new(
        config: OidcConfig,
        address: &str,
        secret: Option<Zeroizing<String>>,
    ) -> Result<Self, String> {
        let mut tls = ureq::tls::TlsConfig::builder();
        if let Some(path) = &config.trust {
            let shown = path.display();
            let pem = std::fs::read(path).map_err(|e| format!("`{shown}` cannot be read: {e}"))?;
            let all: Vec<_> = ureq::tls::parse_pem(&pem)
                .filter_map(|item| match item {
                    Ok(ureq::tls::PemItem::Certificate(certificate)) => Some(certificate),
                    _ => None,
                })
                .collect();
            if all.is_empty() {
                return Err(format!("`{shown}` has no certificate in PEM form"));
            }
            tls = tls.root_certs(ureq::tls::RootCerts::new_with_certs(&all));
        }
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            // An answer that leads elsewhere is none: only the named provider is asked.
            .max_redirects(0)
            .timeout_global(Some(PATIENCE))
            .tls_config(tls.build())
            .build()
            .into();
        let address = address.trim_end_matches('/').to_owned();
        Ok(Self { config, address, secret, agent, seen: Mutex::default() })
    }

    fn seen(&self) -> MutexGuard<'_, Option<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call(&self, request: HttpRequest) -> Result<HttpResponse, Unreachable> {
        let answer = match request.method().as_str() {
            "GET" => self.agent.run(request.map(|_| ())),
            _ => self.agent.run(request),
        };
        let (parts, mut body) = answer.map_err(|e| Unreachable(why(&e)))?.into_parts();
        let body = body.with_config().limit(LARGEST).read_to_vec();
        let body = body.map_err(|e| Unreachable(why(&e)))?;
        Ok(HttpResponse::from_parts(parts, body))
    }

    /// What the provider says of itself; asked again when that is older than `than`.
    fn metadata(&self, now: Timestamp, than: SignedDuration) -> Result<Arc<Metadata>, Problem> {
        // One asks, others wait for it.
        let mut seen = self.seen();
        if let Some((at, known)) = seen.as_ref() {
            let age = now.duration_since(*at);
            if age < if known.is_ok() { than } else { RETRY } {
                return known.clone();
            }
        }
        let issuer = IssuerUrl::new(self.config.issuer.clone());
        let found = issuer.map_err(|e| Problem::Provider(e.to_string())).and_then(|issuer| {
            let found = Metadata::discover(&issuer, &|request| self.call(request));
            found.map(Arc::new).map_err(|e| {
                use openidconnect::DiscoveryError as E;
                Problem::Provider(match e {
                    E::Request(e) => e.to_string(),
                    E::Response(status, _, _) => format!("its metadata answer with {status}"),
                    E::Validation(why) => format!("its metadata do not fit the issuer: {why}"),
                    E::Parse(_) => "its metadata or keys cannot be read".into(),
                    _ => "its metadata cannot be read".into(),
                })
            })
        });
        *seen = Some((now, found.clone()));
        found
    }

    fn client(&self, metadata: &Metadata) -> Result<OurClient, Problem> {
        let id = ClientId::new(self.config.client_id.clone());
        let secret = self.secret.as_ref().map(|s| ClientSecret::new(s.to_string()));
        let back = RedirectUrl::new(format!("{}/sign-in/back", self.address));
        let back = back.map_err(|e| Problem::Provider(format!("`address`: {e}")))?;
        let client =
            OurClient::from_provider_metadata(metadata.clone(), id, secret).set_redirect_uri(back);
        let methods = metadata.token_endpoint_auth_methods_supported();
        let only_post = methods.is_some_and(|m| {
            !m.contains(&CoreClientAuthMethod::ClientSecretBasic)
                && m.contains(&CoreClientAuthMethod::ClientSecretPost)
        });
        Ok(if only_post { client.set_auth_type(AuthType::RequestBody) } else { client })
    }

    /// Where somebody goes to sign in.
    pub(crate) fn begin(
        &self,
        round: &Round,
        lang: &str,
        now: Timestamp,
    ) -> Result<String, Problem> {
        let metadata = self.metadata(now, FRESH)?;
        let client = self.client(&metadata)?;
        let verifier = PkceCodeVerifier::new(round.verifier());
        let (state, nonce) = (round.state.clone(), round.nonce());
        let mut request = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || CsrfToken::new(state),
                move || Nonce::new(nonce),
            )
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .add_ui_locale(LanguageTag::new(lang.to_owned()))
            .add_scopes(self.config.scopes.iter().cloned().map(Scope::new));
        for acr in &self.config.acr {
            request = request.add_auth_context_value(AuthenticationContextClass::new(acr.clone()));
        }
        Ok(request.url().0.to_string())
    }

    /// What an answer of the provider says of itself must fit (RFC 9207).
    pub(crate) fn is_answer(&self, issuer: Option<&str>, now: Timestamp) -> Result<(), Problem> {
        let metadata = self.metadata(now, FRESH)?;
        let extra = &metadata.additional_metadata().additional_metadata;
        match issuer {
            Some(issuer) if issuer == self.config.issuer => Ok(()),
            None if !extra.authorization_response_iss_parameter_supported => Ok(()),
            _ => Err(Problem::Token("the answer is not of this provider (`iss`)".into())),
        }
    }

    /// Exchanges the code for what the provider says of the person, and verifies it.
    pub(crate) fn finish(
        &self,
        round: &Round,
        code: &str,
        now: Timestamp,
    ) -> Result<Known, Problem> {
        let metadata = self.metadata(now, FRESH)?;
        let client = self.client(&metadata)?;
        let answer = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|_| Problem::Provider("its metadata name no token endpoint".into()))?
            .set_pkce_verifier(PkceCodeVerifier::new(round.verifier()))
            .request(&|request| self.call(request));
        let answer = answer.map_err(|e| match e {
            RequestTokenError::ServerResponse(e) => Problem::Refused(word(e.error().as_ref())),
            RequestTokenError::Request(e) => Problem::Provider(e.to_string()),
            // What cannot be parsed may quote the person's claims: not said.
            _ => Problem::Provider("its token endpoint's answer cannot be read".into()),
        })?;
        let token = answer.id_token();
        let token = token.ok_or_else(|| Problem::Token("there is no ID token".into()))?;
        let nonce = Nonce::new(round.nonce());
        let mut verified = self.verify(&client, token, &nonce, now);
        if matches!(verified, Err(Doubt::Key(_))) {
            // The provider may have new keys.
            let client = self.client(&*self.metadata(now, AGAIN)?)?;
            verified = self.verify(&client, token, &nonce, now);
        }
        match verified {
            Ok(known) => Ok(known),
            Err(Doubt::Key(why)) => Err(Problem::Token(why)),
            Err(Doubt::Problem(problem)) => Err(problem),
        }
    }

    fn verify(
        &self,
        client: &OurClient,
        token: &Token,
        nonce: &Nonce,
        now: Timestamp,
    ) -> Result<Known, Doubt> {
        let clock = move || {
            let seconds = (now - SKEW).as_second();
            chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default()
        };
        let issued = move |at: chrono::DateTime<chrono::Utc>| {
            let age = now.as_second() - at.timestamp();
            let fits = (-SKEW.as_secs()..=(OLD + SKEW).as_secs()).contains(&age);
            fits.then_some(()).ok_or_else(|| "issued too long ago, or in the future".to_owned())
        };
        use CoreJwsSigningAlgorithm as A;
        let verifier = client
            .id_token_verifier()
            .set_allowed_algs([
                A::RsaSsaPkcs1V15Sha256,
                A::RsaSsaPkcs1V15Sha384,
                A::RsaSsaPkcs1V15Sha512,
                A::RsaSsaPssSha256,
                A::RsaSsaPssSha384,
                A::RsaSsaPssSha512,
                A::EcdsaP256Sha256,
                A::EcdsaP384Sha384,
                A::EdDsa,
            ])
            .set_time_fn(clock)
            .set_issue_time_verifier_fn(issued);
        let claims = token.claims(&verifier, nonce).map_err(|e| {
            use SignatureVerificationError as S;
            let why = match &e {
                ClaimsVerificationError::Expired(_) => "it has expired, or a clock is wrong",
                ClaimsVerificationError::InvalidAudience(_) => "it is for another audience",
                ClaimsVerificationError::InvalidIssuer(_) => "it is of another issuer",
                ClaimsVerificationError::InvalidNonce(_) => "its nonce is another",
                ClaimsVerificationError::SignatureVerification(S::DisallowedAlg(_)) => {
                    "it is signed in a way that is not accepted"
                }
                ClaimsVerificationError::SignatureVerification(
                    S::NoMatchingKey | S::CryptoError(_) | S::AmbiguousKeyId(_),
                ) => return Doubt::Key("its signature does not fit the provider's keys".into()),
                _ => "it cannot be verified",
            };
            Doubt::Problem(Problem::Token(format!("the ID token is not accepted: {why}")))
        })?;
        if let Some(other) = claims.authorized_party()
            && other.as_str() != self.config.client_id
        {
            let why = "the ID token is not accepted: it was made for another program (`azp`)";
            return Err(Doubt::Problem(Problem::Token(why.into())));
        }
        let acr = claims.auth_context_ref().map(|acr| acr.as_str());
        let amr = claims.auth_method_refs().map(Vec::as_slice).unwrap_or_default();
        let proven = acr.is_some_and(|acr| self.config.acr.iter().any(|a| a == acr))
            || amr.iter().any(|amr| self.config.amr.iter().any(|a| a == amr.as_str()));
        if self.config.demands_factor() && !proven {
            return Err(Doubt::Problem(Problem::Factor));
        }
        // Read again as a whole, so that any claim can be the one that is configured.
        let all = serde_json::to_value(claims).unwrap_or_default();
        let text = |claim: &str| all.get(claim).and_then(|v| v.as_str()).map(str::to_owned);
        let groups: Vec<&str> = match all.get(&self.config.groups_claim) {
            Some(serde_json::Value::Array(all)) => all.iter().filter_map(|v| v.as_str()).collect(),
            Some(serde_json::Value::String(one)) => vec![one],
            _ => Vec::new(),
        };
        let role = |group: &&str| self.config.roles.get(*group).cloned();
        Ok(Known {
            subject: claims.subject().to_string(),
            proven,
            name: text(&self.config.name_claim),
            title: text("name"),
            roles: groups.iter().filter_map(role).collect(),
            token: Zeroizing::new(token.to_string()),
        })
    }

    /// Where somebody goes to end their session at the provider, if it has such a place.
    pub(crate) fn sign_out(&self, token: Option<&str>, now: Timestamp) -> Option<String> {
        let metadata = self.metadata(now, FRESH).ok()?;
        let end = metadata.additional_metadata().end_session_endpoint.clone()?;
        let back = format!("{}/sign-in", self.address);
        let mut request = LogoutRequest::from(end)
            .set_client_id(ClientId::new(self.config.client_id.clone()))
            .set_post_logout_redirect_uri(PostLogoutRedirectUrl::new(back).ok()?);
        if let Some(token) = token.and_then(|token| token.parse::<Token>().ok()) {
            request = request.set_id_token_hint(&token);
        }
        Some(request.http_get_url().to_string())
    }

    /// The origin of that place, as far as it is known without asking.
    pub(crate) fn sign_out_origin(&self) -> Option<String> {
        let seen = self.seen();
        let metadata = seen.as_ref()?.1.as_ref().ok()?;
        let end = metadata.additional_metadata().end_session_endpoint.as_ref()?;
        Some(end.url().origin().ascii_serialization())
    }
}

/// A token that does not hold: perhaps for want of a new key.
enum Doubt {
    Key(String),
    Problem(Problem),
}

/// The provider's own word for what is wrong, as far as it is one.
pub(crate) fn word(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_lowercase() || *c == '_').take(40).collect()
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unreachable(&'static str);

fn why(e: &ureq::Error) -> &'static str {
    match e {
        ureq::Error::Timeout(_) => "it did not answer in time",
        ureq::Error::HostNotFound => "its host name is not known",
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => "its TLS certificate is not accepted",
        ureq::Error::BodyExceedsLimit(_) => "its answer is too large",
        _ => "it cannot be reached",
    }
}
