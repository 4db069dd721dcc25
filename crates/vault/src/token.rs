//! A root key in a PKCS#11 token (a hardware security module, or SoftHSM).
//!
//! The key is made in the token, is marked sensitive and not extractable, and wraps with
//! `CKM_AES_KEY_WRAP_PAD`, which is RFC 5649 as in `key`. What is wrapped passes through the token
//! as a session object, which is destroyed at once.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use zeroize::{Zeroize as _, Zeroizing};

use crate::config::TokenSource;
use crate::error::VaultError;
use crate::key::PACKED;

/// A session with the token, logged in, and the root key in it.
pub(crate) struct Token {
    source: TokenSource,
    pin: AuthPin,
    open: Mutex<Option<Open>>,
}

struct Open {
    session: Session,
    key: ObjectHandle,
}

/// A module is initialised once a process, whatever vaults there are.
static MODULES: Mutex<Option<HashMap<String, Pkcs11>>> = Mutex::new(None);

fn module(path: &str) -> Result<Pkcs11, VaultError> {
    let mut modules = lock(&MODULES);
    let modules = modules.get_or_insert_default();
    if let Some(module) = modules.get(path) {
        return Ok(module.clone());
    }
    let pkcs11 = Pkcs11::new(path).map_err(|e| {
        VaultError::Root(format!("the PKCS#11 module `{path}` cannot be loaded: {e}"))
    })?;
    match pkcs11.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(e) => {
            return Err(VaultError::Root(format!(
                "the PKCS#11 module `{path}` does not start: {e}"
            )));
        }
    }
    modules.insert(path.to_owned(), pkcs11.clone());
    Ok(pkcs11)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn slot(pkcs11: &Pkcs11, source: &TokenSource) -> Result<Slot, VaultError> {
    let slots = pkcs11.get_slots_with_token().map_err(|e| refused(source, "show its slots", &e))?;
    let found = slots.into_iter().find(|slot| {
        pkcs11.get_token_info(*slot).is_ok_and(|info| info.label().trim_end() == source.token)
    });
    found.ok_or_else(|| {
        VaultError::Root(format!(
            "the PKCS#11 module `{}` has no token `{}`; see its configuration",
            source.module, source.token
        ))
    })
}

fn refused(source: &TokenSource, attempt: &str, error: &Error) -> VaultError {
    VaultError::Root(format!("the token `{}` refused to {attempt}: {error}", source.token))
}

fn pin(source: &TokenSource, env: &dyn Fn(&str) -> Option<String>) -> Result<AuthPin, VaultError> {
    let pin = env(&source.pin_env).ok_or_else(|| {
        VaultError::Root(format!(
            "the environment variable `{}`, which holds the PIN of the token `{}`, is not set",
            source.pin_env, source.token
        ))
    })?;
    Ok(AuthPin::new(pin.into()))
}

fn login(session: &Session, source: &TokenSource, pin: &AuthPin) -> Result<(), VaultError> {
    match session.login(UserType::User, Some(pin)) {
        // A login holds for all sessions of a process with a token.
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
        Err(e) => Err(refused(source, "log in", &e)),
    }
}

fn find(session: &Session, source: &TokenSource) -> Result<Option<ObjectHandle>, VaultError> {
    let template = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::AES),
        Attribute::Token(true),
        Attribute::Label(source.key.as_bytes().to_vec()),
    ];
    let found =
        session.find_objects(&template).map_err(|e| refused(source, "look for the key", &e))?;
    match found[..] {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        _ => Err(VaultError::Root(format!(
            "the token `{}` has several keys `{}`; rename all but one",
            source.token, source.key
        ))),
    }
}

impl Open {
    fn new(source: &TokenSource, pin: &AuthPin) -> Result<Self, VaultError> {
        let pkcs11 = module(&source.module)?;
        let session = pkcs11
            .open_ro_session(slot(&pkcs11, source)?)
            .map_err(|e| refused(source, "open a session", &e))?;
        login(&session, source, pin)?;
        let key = find(&session, source)?.ok_or_else(|| {
            VaultError::Root(format!(
                "the token `{}` has no AES key `{}`",
                source.token, source.key
            ))
        })?;
        Ok(Self { session, key })
    }
}

/// What a session object of ours is: neither kept in the token nor kept from us.
fn passing() -> Vec<Attribute> {
    vec![
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::GENERIC_SECRET),
        Attribute::Token(false),
        Attribute::Sensitive(false),
        Attribute::Extractable(true),
    ]
}

impl Token {
    /// Opens a session and finds the key.
    pub(crate) fn open(
        source: &TokenSource,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, VaultError> {
        let pin = pin(source, env)?;
        let open = Mutex::new(Some(Open::new(source, &pin)?));
        Ok(Self { source: source.clone(), pin, open })
    }

    /// Generates the key in the token when it is not there; answers whether it was generated.
    pub(crate) fn make(
        source: &TokenSource,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<bool, VaultError> {
        let pin = pin(source, env)?;
        let pkcs11 = module(&source.module)?;
        let session = pkcs11
            .open_rw_session(slot(&pkcs11, source)?)
            .map_err(|e| refused(source, "open a session", &e))?;
        login(&session, source, &pin)?;
        if find(&session, source)?.is_some() {
            return Ok(false);
        }
        let template = [
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Wrap(true),
            Attribute::Unwrap(true),
            Attribute::Encrypt(false),
            Attribute::Decrypt(false),
            Attribute::ValueLen(32.into()),
            Attribute::Label(source.key.as_bytes().to_vec()),
        ];
        session
            .generate_key(&Mechanism::AesKeyGen, &template)
            .map_err(|e| refused(source, "make a key", &e))?;
        Ok(true)
    }

    /// Runs with the session; once more with a new one when the token forgot the old one.
    fn with<T>(
        &self,
        work: impl Fn(&Open) -> Result<T, Error>,
    ) -> Result<Result<T, Error>, VaultError> {
        let mut open = lock(&self.open);
        if let Some(open) = open.as_ref() {
            match work(open) {
                Err(Error::Pkcs11(
                    RvError::SessionHandleInvalid
                    | RvError::SessionClosed
                    | RvError::UserNotLoggedIn
                    | RvError::KeyHandleInvalid
                    | RvError::DeviceRemoved
                    | RvError::TokenNotPresent,
                    _,
                )) => {}
                other => return Ok(other),
            }
        }
        *open = None;
        let new = Open::new(&self.source, &self.pin)?;
        let done = work(&new);
        *open = Some(new);
        Ok(done)
    }

    pub(crate) fn wrap(&self, packed: &[u8; PACKED]) -> Result<Vec<u8>, VaultError> {
        let done = self.with(|open| {
            let mut template = passing();
            template.push(Attribute::Value(packed.to_vec()));
            let object = open.session.create_object(&template);
            if let Some(Attribute::Value(value)) = template.last_mut() {
                value.zeroize();
            }
            let object = object?;
            let wrapped = open.session.wrap_key(&Mechanism::AesKeyWrapPad, open.key, object);
            open.session.destroy_object(object)?;
            wrapped
        })?;
        done.map_err(|e| refused(&self.source, "wrap a key", &e))
    }

    pub(crate) fn unwrap(
        &self,
        wrapped: &[u8],
    ) -> Result<Option<Zeroizing<[u8; PACKED]>>, VaultError> {
        let done = self.with(|open| {
            let unwrapped =
                open.session.unwrap_key(&Mechanism::AesKeyWrapPad, open.key, wrapped, &passing());
            let object = match unwrapped {
                Ok(object) => object,
                // What modules answer to a wrapped key that does not check out.
                Err(Error::Pkcs11(
                    RvError::WrappedKeyInvalid
                    | RvError::WrappedKeyLenRange
                    | RvError::EncryptedDataInvalid
                    | RvError::EncryptedDataLenRange
                    | RvError::GeneralError,
                    _,
                )) => return Ok(None),
                Err(e) => return Err(e),
            };
            let value = open.session.get_attributes(object, &[AttributeType::Value]);
            open.session.destroy_object(object)?;
            Ok(value?.into_iter().find_map(|attribute| match attribute {
                Attribute::Value(value) => Some(Zeroizing::new(value)),
                _ => None,
            }))
        })?;
        let value = done.map_err(|e| refused(&self.source, "unwrap a key", &e))?;
        Ok(value.filter(|v| v.len() == PACKED).map(|value| {
            let mut packed = Zeroizing::new([0; PACKED]);
            packed.copy_from_slice(&value);
            packed
        }))
    }
}
