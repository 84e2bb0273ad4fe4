//! Inserts a consent that another program obtained, and reads tokens to export them.

use core::fmt;

use fdx_jose::SealError;
use fdx_par::StoredGrant;
use fdx_rar::ConsentReceipt;
use fdx_wire::{Entropy, Secret, UnixTime};

use super::imported::ImportedConsent;
use crate::consents::complete::{CompleteConsent, Completion, complete_consent};
use crate::consents::insert::{InsertConsent, Inserted, NewConsent, insert_consent};
use crate::record::id::{RecordId, RecordKey, Tenant};
use crate::record::state::ConsentState;
use crate::refresh::RefreshPolicy;
use crate::refresh::begin::CURRENT;
use crate::seal::{Column, KeyRing, WrappedKey, keys};
use crate::sql::operation::{Decision, Operation, StoreError, Turn};
use crate::sql::statement::{Rows, Statement};

/// A consent with verified tokens that no flow of this store obtained.
#[derive(Clone)]
#[must_use]
pub struct Obtained<'a> {
    id: &'a RecordId,
    customer: &'a str,
    dialect: Option<&'a str>,
    grant: &'a StoredGrant,
    consent_expires_at: Option<UnixTime>,
    receipt: Option<&'a ConsentReceipt>,
}

const NO_RECEIPT: &str = "its coverage is unknown: it came without a receipt";

impl<'a> Obtained<'a> {
    /// The consent of a grant, with its receipt if there is one. Without a receipt, its coverage is
    /// unknown, and its reason says so.
    pub fn new(
        id: &'a RecordId,
        customer: &'a str,
        grant: &'a StoredGrant,
        receipt: Option<&'a ConsentReceipt>,
    ) -> Self {
        let consent_expires_at = receipt.and_then(|receipt| receipt.expiration().time());
        Self { id, customer, dialect: None, grant, consent_expires_at, receipt }
    }

    /// Sets the name of the dialect.
    pub fn dialect(self, name: Option<&'a str>) -> Self {
        Self { dialect: name, ..self }
    }

    /// Inserts the consent with its tokens and its receipt, in one transaction. Its state is active.
    ///
    /// # Errors
    /// [`SealError`] if the tokens can't be sealed.
    pub fn insert(
        &self,
        tenant: Tenant,
        ring: &KeyRing,
        policy: &RefreshPolicy,
        entropy: &Entropy,
        now: UnixTime,
    ) -> Result<Operation<InsertObtained>, SealError> {
        let key = RecordKey::new(tenant, self.id.clone());
        let (tenant, id) = (key.tenant.as_str(), key.id.as_str());
        let (consent_key, wrapped_key) = ring.create(tenant, id, entropy)?;
        let sealed = consent_key.seal(Column::Tokens, 0, entropy, &self.grant.to_json())?;
        let tokens = self.grant.tokens();
        let subject = self.grant.identity().map(|identity| identity.subject().to_owned());
        let due_at = policy.first_due_at(self.id, tokens, self.consent_expires_at, now);
        let completion = self.receipt.map(|receipt| Completion {
            key: key.clone(),
            generation: 0,
            sealed: sealed.clone(),
            subject: subject.clone(),
            receipt: Box::new(receipt.clone()),
            due_at: Some(due_at),
        });
        let consent = NewConsent {
            customer: self.customer.to_owned(),
            institution: self.grant.issuer().as_str().to_owned(),
            client_id: self.grant.client_id().to_owned(),
            dialect: self.dialect.map(str::to_owned),
            consent_id: self.grant.consent_id().map(|id| id.as_str().to_owned()),
            subject,
            // The receipt activates it, in the same transaction.
            state: match completion {
                Some(_) => ConsentState::PendingVerification,
                None => ConsentState::Active,
            },
            reason: completion.is_none().then(|| NO_RECEIPT.to_owned()),
            wrapped_key,
            sealed,
            verified: true,
            access_expires_at: tokens.access_token().expires_at(),
            refresh_expires_at: tokens.refresh_token_expires_at(),
            consent_expires_at: self.consent_expires_at,
            due_at: Some(due_at),
            renews: None,
            key,
        };
        Ok(Operation::new(InsertObtained {
            insert: insert_consent(consent, now).into_decision(),
            complete: completion.map(|it| complete_consent(it, now).into_decision()),
            completing: false,
        }))
    }
}

impl<'a> From<&'a ImportedConsent> for Obtained<'a> {
    fn from(imported: &'a ImportedConsent) -> Self {
        let (id, grant, receipt) = (imported.id(), imported.grant(), imported.receipt());
        let obtained = Self::new(id, imported.customer(), grant, receipt);
        let expires_at = imported.consent_expires_at().or(obtained.consent_expires_at);
        Self { consent_expires_at: expires_at, ..obtained }.dialect(imported.dialect())
    }
}

/// The decision of [`Obtained::insert`].
#[derive(Clone, Debug)]
pub struct InsertObtained {
    insert: InsertConsent,
    complete: Option<CompleteConsent>,
    completing: bool,
}

impl Decision for InsertObtained {
    type Output = Inserted;

    fn first(&mut self) -> Vec<Statement> {
        self.insert.first()
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<Inserted>, StoreError> {
        if !self.completing {
            let turn = self.insert.next(results)?;
            return Ok(match (turn, &mut self.complete) {
                (Turn::Commit(Inserted::New), Some(complete)) => {
                    self.completing = true;
                    Turn::Run(complete.first())
                }
                (turn, _) => turn,
            });
        }
        let complete = self.complete.as_mut().ok_or(StoreError::UnexpectedRows)?;
        Ok(match complete.next(results)? {
            Turn::Run(statements) => Turn::Run(statements),
            // It is active, or was ended after an earlier run of this operation.
            Turn::Commit(_) => Turn::Commit(Inserted::New),
            Turn::Restart => Turn::Restart,
        })
    }
}

/// The current tokens of a consent, sealed.
#[derive(Clone, Eq, PartialEq)]
pub struct SealedTokens {
    key: RecordKey,
    generation: i64,
    sealed: Vec<u8>,
    wrapped_key: WrappedKey,
}

/// Reads the current tokens of a consent, to export them. `None` if it has none: it is erased, or
/// there is no such consent.
pub fn read_tokens(key: RecordKey) -> Operation<ReadTokens> {
    Operation::new(ReadTokens { key })
}

/// The decision of [`read_tokens`].
#[derive(Clone, Debug)]
pub struct ReadTokens {
    key: RecordKey,
}

impl Decision for ReadTokens {
    type Output = Option<SealedTokens>;

    fn first(&mut self) -> Vec<Statement> {
        let (tenant, id) = (self.key.tenant.as_str(), self.key.id.as_str());
        vec![
            Statement::new(
                "SELECT generation, sealed FROM fdx_tokens \
                 WHERE tenant = $1 AND consent = $2 AND place = $3",
            )
            .with(tenant)
            .with(id)
            .with(CURRENT),
            keys::select(tenant, id),
        ]
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<Self::Output>, StoreError> {
        let Ok([tokens, key]) = <[Rows; 2]>::try_from(results) else {
            return Err(StoreError::UnexpectedRows);
        };
        let (Some(mut row), Some(wrapped_key)) = (tokens.reader(), keys::read(key)?) else {
            return Ok(Turn::Commit(None));
        };
        let (generation, sealed) = (row.next()?, row.next()?);
        let key = self.key.clone();
        Ok(Turn::Commit(Some(SealedTokens { key, generation, sealed, wrapped_key })))
    }
}

impl SealedTokens {
    /// Opens the tokens, for [`ExportedConsent::to_line`](super::ExportedConsent::to_line).
    ///
    /// # Errors
    /// [`SealError`], as [`KeyRing::unwrap`].
    pub fn open(&self, ring: &KeyRing) -> Result<Secret, SealError> {
        let (tenant, id) = (self.key.tenant.as_str(), self.key.id.as_str());
        let key = ring.unwrap(tenant, id, &self.wrapped_key)?;
        key.open(Column::Tokens, self.generation.cast_unsigned(), &self.sealed)
    }
}

impl fmt::Debug for Obtained<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Obtained").field("id", &self.id).finish_non_exhaustive()
    }
}

impl fmt::Debug for SealedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedTokens")
            .field("key", &self.key)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}
