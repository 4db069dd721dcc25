//! Keys: random ones, and one wrapped by another.

use crate::error::VaultError;

/// Fills with random numbers of the system.
pub(crate) fn random(bytes: &mut [u8]) -> Result<(), VaultError> {
    getrandom::fill(bytes).map_err(|e| VaultError::Random(e.to_string()))
}
