use core::time::Duration;

use fdx_jose::backend::Backend;
use fdx_jose::{Jwks, Jws, JwsError, PublicKey, Signature, SigningError, SigningInput};
use fdx_wire::UnixTime;
use fdx_wire::json::JsonError;
use serde::{Deserialize, Serialize};

use super::head::{Head, HeadCounter, HeadCounts, Scope};
use super::{Digest, form};
use crate::Tenant;

/// The `typ` of a root.
const TYP: &str = "consent-root+jwt";
/// The version of the format.
const VERSION: u32 = 1;

/// How long after [`Root::as_of`] a root is made at the earliest. An operation with an earlier time
/// must have committed by then, clock differences included.
pub const ROOT_DELAY: Duration = Duration::from_secs(3600);

/// The heads of all chains at one time, as a digest.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Root {
    /// Whose chains.
    pub scope: Scope,
    /// The head of a chain is its last entry before this time.
    pub as_of: UnixTime,
    /// The heads.
    pub counts: HeadCounts,
    /// The digest of the root before: [`SignedRoot::digest`]. `None` for the first root.
    pub previous: Option<Digest>,
    /// When the root was made.
    pub issued_at: UnixTime,
}

/// Collects the heads of a root: those of [`heads`](super::heads) with the same scope and `as_of`.
///
/// ```
/// use fdx_jose::{Algorithm, Jwks, PrivateKey, Signer, backend};
/// use fdx_store::receipts::{Digest, Head, ROOT_DELAY, RootDraft, Scope, SignedRoot};
/// use fdx_store::{RecordId, RecordKey, Tenant};
/// use fdx_wire::UnixTime;
///
/// let backend = backend::ring();
/// let key = PrivateKey::generate(backend, Algorithm::Es256, Some("roots-2026"))?.key;
///
/// let midnight = UnixTime::parse_rfc3339("2026-01-06T00:00:00Z")?;
/// let mut draft = RootDraft::new(Scope::All, midnight, None);
/// let consent = RecordKey::new(Tenant::default(), RecordId::new("flow-1")?);
/// draft.push(&Head { key: consent, sequence: 1, digest: Digest::of("entry") })?;
///
/// let unsigned = draft.finish(key.public(), midnight + ROOT_DELAY)?;
/// let root = unsigned.attach(&key.sign(unsigned.signing_input())?)?;
///
/// let keys = Jwks::new(vec![key.public().clone()]);
/// assert_eq!(SignedRoot::verify(root.as_str(), backend, &keys)?, root);
/// assert_eq!(root.root().counts.chains, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct RootDraft {
    scope: Scope,
    as_of: UnixTime,
    previous: Option<Previous>,
    heads: HeadCounter,
}

#[derive(Clone, Copy, Debug)]
struct Previous {
    digest: Digest,
    as_of: UnixTime,
}

/// A root that is not signed yet.
#[derive(Clone, Debug)]
pub struct UnsignedRoot {
    root: Root,
    input: SigningInput,
}

/// A root with its signature.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedRoot {
    root: Root,
    jws: String,
}

/// Why a root can't be made or is not trusted.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RootError {
    /// The claims are not those of a root, or of another version.
    #[error("the claims are not those of a root of version {VERSION}")]
    Claims,
    /// The JWS can't be read or its signature does not verify.
    #[error("{0}")]
    Jws(#[from] JwsError),
    /// A head is not after the one before, or of another tenant.
    #[error("the heads are not sorted by tenant and consent, or one is of another tenant")]
    Order,
    /// The root does not follow the root before: another digest, or not a later time.
    #[error("the root does not follow the root before")]
    Previous,
    /// Made less than [`ROOT_DELAY`] after its time.
    #[error("too early: entries before the root's time may still be written for an hour")]
    TooEarly,
    /// The `typ` is not `consent-root+jwt`.
    #[error("the typ is not {TYP} (RFC 8725 section 3.11)")]
    Type,
}

/// The claims, under their serialized names.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    version: u32,
    iat: UnixTime,
    as_of: UnixTime,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "form::optional_tenant")]
    tenant: Option<Tenant>,
    chains: u64,
    entries: u64,
    heads: Digest,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<Digest>,
}

impl RootDraft {
    /// Begins the root after `previous`. `as_of` is the end of a day, in UTC.
    #[must_use]
    pub fn new(scope: Scope, as_of: UnixTime, previous: Option<&SignedRoot>) -> Self {
        let previous =
            previous.map(|signed| Previous { digest: signed.digest(), as_of: signed.root.as_of });
        Self { scope, as_of, previous, heads: HeadCounter::default() }
    }

    /// Adds the next head.
    ///
    /// # Errors
    /// [`RootError::Order`].
    pub fn push(&mut self, head: &Head) -> Result<(), RootError> {
        let is_next = self.scope.includes(&head.key.tenant) && self.heads.push(head);
        if is_next { Ok(()) } else { Err(RootError::Order) }
    }

    /// Prepares the root for the signature of `key`.
    ///
    /// # Errors
    /// [`RootError::TooEarly`], [`RootError::Previous`].
    pub fn finish(self, key: &PublicKey, now: UnixTime) -> Result<UnsignedRoot, RootError> {
        if now < self.as_of + ROOT_DELAY {
            return Err(RootError::TooEarly);
        }
        if self.previous.is_some_and(|previous| previous.as_of >= self.as_of) {
            return Err(RootError::Previous);
        }
        let root = Root {
            scope: self.scope,
            as_of: self.as_of,
            counts: self.heads.counts(),
            previous: self.previous.map(|previous| previous.digest),
            issued_at: now,
        };
        // Texts and numbers always have a JSON form.
        let input = root.signing_input(key).map_err(|_| RootError::Claims)?;
        Ok(UnsignedRoot { root, input })
    }
}

impl UnsignedRoot {
    /// The bytes to sign.
    #[must_use]
    pub fn signing_input(&self) -> &SigningInput {
        &self.input
    }

    /// Joins the root with its signature, which is not verified.
    ///
    /// # Errors
    /// [`SigningError::Length`].
    pub fn attach(&self, signature: &Signature) -> Result<SignedRoot, SigningError> {
        Ok(SignedRoot { root: self.root.clone(), jws: self.input.attach(signature)? })
    }
}

impl SignedRoot {
    /// Verifies a compact JWS with the key of `keys` that its header names.
    ///
    /// # Errors
    /// [`RootError`].
    pub fn verify(jws: &str, backend: Backend, keys: &Jwks) -> Result<Self, RootError> {
        let read = Jws::parse(jws)?;
        if !read.is_typ(TYP) {
            return Err(RootError::Type);
        }
        read.verify_with(backend, keys)?;
        let claims: Claims = read.claims().map_err(|_| RootError::Claims)?;
        if claims.version != VERSION {
            return Err(RootError::Claims);
        }
        let Claims { iat, as_of, tenant, chains, entries, heads, previous, .. } = claims;
        let counts = HeadCounts { chains, entries, heads };
        let root = Root { scope: tenant.into(), as_of, counts, previous, issued_at: iat };
        Ok(Self { root, jws: jws.to_owned() })
    }

    /// Checks that this root follows `previous`: it names its digest and is later.
    ///
    /// # Errors
    /// [`RootError::Previous`].
    pub fn check_follows(&self, previous: &Self) -> Result<(), RootError> {
        let follows = self.root.previous == Some(previous.digest())
            && self.root.as_of > previous.root.as_of
            && self.root.scope == previous.root.scope;
        if follows { Ok(()) } else { Err(RootError::Previous) }
    }

    /// What was signed.
    #[must_use]
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// The compact JWS, to publish.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.jws
    }

    /// SHA-256 of the compact JWS.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.jws)
    }
}

impl RootError {
    /// The stable name of the error, such as `receipts.root.typ`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Claims => "receipts.root.claims",
            Self::Jws(_) => "receipts.root.jws",
            Self::Order => "receipts.root.order",
            Self::Previous => "receipts.root.previous",
            Self::TooEarly => "receipts.root.too_early",
            Self::Type => "receipts.root.typ",
        }
    }
}

impl Root {
    fn signing_input(&self, key: &PublicKey) -> Result<SigningInput, JsonError> {
        let HeadCounts { chains, entries, heads } = self.counts;
        let claims = Claims {
            version: VERSION,
            iat: self.issued_at,
            as_of: self.as_of,
            tenant: self.scope.tenant().cloned(),
            chains,
            entries,
            heads,
            previous: self.previous,
        };
        fdx_jose::statement(key, Some(TYP), &claims)
    }
}
