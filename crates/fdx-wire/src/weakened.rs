//! Checks that the project's simulation switches off, to learn which of them stand between an attack
//! and its success.
//!
//! In every other build [`off`] is the constant `false`, and what asks it compiles to nothing. Only
//! the compiler's own flag `--cfg fdx_weakened` makes a difference: no feature sets it, no crate can
//! set it for another, and a build without debug assertions refuses it.

#[cfg(all(fdx_weakened, not(debug_assertions)))]
compile_error!("fdx_weakened is for the simulation: a release keeps every check");

/// A check of the recipient or of the institution.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[expect(missing_docs, reason = "each is described where it is made")]
pub enum Check {
    AccessTokenHash,
    AssertionAudience,
    BoundKey,
    CallbackDeadline,
    Certificate,
    Claim,
    ClientAuthentication,
    CodeClient,
    CodeExpiry,
    CodeUse,
    ConsentOfToken,
    ConsentRead,
    DiscoveryIssuer,
    DpopJkt,
    IdTokenAudience,
    IdTokenIssuer,
    IdTokenNonce,
    IdTokenSignature,
    Iss,
    MetadataIssuer,
    Pkce,
    ProofAccessToken,
    ProofKey,
    ProofNonce,
    ProofTarget,
    ProofUse,
    RedirectUriPlace,
    RefreshTokenClient,
    RegisteredRedirectUri,
    RequestUriClient,
    RequestUriExpiry,
    RequestUriUse,
    Session,
    State,
    StoredIssuer,
    TokenIssuer,
    TokenRedirectUri,
}

/// Whether a check that has just failed is switched off.
#[cfg(not(fdx_weakened))]
#[must_use]
pub const fn off(_: Check) -> bool {
    false
}

// Said by the compiler, so that no release can be built in which it is not true.
#[cfg(not(fdx_weakened))]
const _: () = assert!(!off(Check::State));

/// The outcome of a check, unless the check is switched off.
///
/// # Errors
/// What the check came to.
pub fn waive<E>(check: Check, outcome: Result<(), E>) -> Result<(), E> {
    match outcome {
        Err(_) if off(check) => Ok(()),
        outcome => outcome,
    }
}

#[cfg(fdx_weakened)]
pub use switches::{off, stopped, switch_off};

#[cfg(fdx_weakened)]
mod switches {
    use core::sync::atomic::{AtomicU64, Ordering};

    use super::Check;

    static OFF: AtomicU64 = AtomicU64::new(0);
    static STOPPED: AtomicU64 = AtomicU64::new(0);

    /// Whether a check that has just failed is switched off. One that is not has stopped somebody.
    #[must_use]
    pub fn off(check: Check) -> bool {
        let bit = 1 << check as u8;
        let off = OFF.load(Ordering::Relaxed) & bit != 0;
        if !off {
            STOPPED.fetch_or(bit, Ordering::Relaxed);
        }
        off
    }

    /// Switches these checks off, one bit for each, and all others on.
    pub fn switch_off(checks: u64) {
        OFF.store(checks, Ordering::Relaxed);
        STOPPED.store(0, Ordering::Relaxed);
    }

    /// Those that stopped somebody since.
    #[must_use]
    pub fn stopped() -> u64 {
        STOPPED.load(Ordering::Relaxed)
    }
}
