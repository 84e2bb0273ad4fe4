//! Obtains a consent with the procedures of the store: from the request to the stored receipt.

use fdx_jose::IdTokenError;
use fdx_par::error::Deviation;
use fdx_par::{AuthorizationRequest, CallbackFault, Client, Error, NextStep, Notice};
use fdx_rar::{FDX_V1_0, PartyType, Requested, RevocationReason};
use fdx_store::consents::{Filter, list_consents};
use fdx_store::procedure::{Finished, Granted, Redirect, RevocationResult, Started};
use fdx_store::receipts::PartOutcome;
use fdx_store::{ConsentState, RecordId, Tenant};
use fdx_transport_hyper::system_now;
use tokio::time::sleep;

use crate::connect::callback::{Opener, Source};
use crate::connect::institution::Institution;
use crate::error::Failure;
use crate::flow::entropy;
use crate::interrupt::{finished_first, unless_interrupted};
use crate::print::{message, printable};
use crate::store::{Store, unknown};

/// What obtaining a consent needs.
#[derive(Clone, Copy)]
pub(crate) struct Obtaining<'a> {
    pub(crate) institution: &'a Institution,
    pub(crate) store: &'a Store,
    /// The recipient's own reference to the customer.
    pub(crate) customer: &'a str,
}

const PUSHING: &str = "pushing the authorization request";
const CHECKING: &str = "checking the callback";

impl Obtaining<'_> {
    /// Sends the customer to the institution, and stores what is granted. `renews` is the record that
    /// the new consent renews.
    pub(crate) async fn obtain(
        self,
        request: &AuthorizationRequest,
        renews: Option<&RecordId>,
        source: &mut Source,
        opener: Opener,
    ) -> Result<Box<Granted>, Failure> {
        let redirect = unless_interrupted(self.begin(request, renews)).await?;
        redirect.notices.iter().for_each(print_notice);
        let started = source.send_off(&redirect.url, redirect.redirect_by, opener)?;
        let finished = self.finish(source, Some(&redirect)).await;
        drop(started);
        self.granted(finished?).await
    }

    /// Finishes a flow that an earlier run began: its callback is pasted. If that run has finished it,
    /// returns the stored outcome.
    pub(crate) async fn finish_earlier(self, source: &mut Source) -> Result<Box<Granted>, Failure> {
        message(source.invitation());
        let finished = self.finish(source, None).await?;
        self.granted(finished).await
    }

    /// Completes the newest consent of the customer whose tokens are stored and not verified.
    pub(crate) async fn complete(self) -> Result<Box<Granted>, Failure> {
        let record = self.unfinished()?.ok_or_else(|| {
            Failure::usage(
                format!(
                    "the store has no unverified consent of customer {} with this client",
                    printable(self.customer)
                ),
                "omit --resume, or name the --customer and the --store of the earlier run",
            )
        })?;
        message(&format!("Completing {record}"));
        let finished = finished_first(async {
            let step = self.institution.consents.resume(&record, entropy()?, system_now());
            Ok(self.institution.driving(self.store).run(step).await)
        });
        self.granted(finished.await?).await
    }

    fn unfinished(self) -> Result<Option<RecordId>, Failure> {
        const PAGE: u16 = 500;
        let client = self.institution.consents.client().config();
        let (mut newest, mut after) = (None, None);
        loop {
            let filter = Filter::Customer(self.customer.to_owned());
            let page = self.store.run(list_consents(Tenant::default(), filter, after, PAGE))?;
            let unfinished = page.consents.into_iter().filter(|row| {
                row.state == ConsentState::PendingVerification
                    && row.institution == client.issuer.as_str()
                    && row.client_id == client.client_id
            });
            let unfinished = unfinished.map(|row| (row.created_at, row.id));
            newest = newest.into_iter().chain(unfinished).max_by_key(|(at, _)| *at);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(newest.map(|(_, id)| id)),
            }
        }
    }

    /// Pushes the request, and stores the flow.
    async fn begin(
        self,
        request: &AuthorizationRequest,
        renews: Option<&RecordId>,
    ) -> Result<Redirect, Failure> {
        let consents = &self.institution.consents;
        message(match consents.client().config().dialect.allows(Deviation::NotPushed) {
            true => {
                "Writing the request into the URL: the provider accepts no pushes, which is not FAPI"
            }
            false => "Pushing the authorization request",
        });
        let (entropy, now) = (entropy()?, system_now());
        let step = match renews {
            Some(record) => consents.renew(record, request, entropy, now),
            None => consents.begin(self.customer, request, entropy, now),
        };
        match self.institution.driving(self.store).run(step).await {
            Started::Redirect(redirect) => Ok(redirect),
            Started::Failed(error) => {
                let failure = Failure::protocol(PUSHING, &error);
                Err(with_types(failure, consents.client(), request))
            }
            Started::Unreachable { reason } => Err(Failure::failed(
                format!("{PUSHING}: {reason}"),
                "check the address and the network, then run it again",
            )),
            Started::Locked(error) => Err(self.store.locked(PUSHING, &error)),
            Started::Store(error) => Err(self.store.failure(&error)),
            _ => Err(renews
                .map_or_else(|| Failure::failed(PUSHING, "report this defect of fdx"), unknown)),
        }
    }

    /// Waits for the callback of a flow, and finishes the flow. What arrives and is something else
    /// ends nothing.
    async fn finish(
        self,
        source: &mut Source,
        redirect: Option<&Redirect>,
    ) -> Result<Finished, Failure> {
        loop {
            let visit = unless_interrupted(source.next(redirect)).await?;
            let finished = finished_first(self.finish_with(visit.url())).await?;
            let Some((rejected, keep_waiting)) = rejected(&finished) else {
                visit.answer(page(&finished)).await;
                // The customer may have reloaded the page meanwhile.
                while let Some(reload) = source.arrived() {
                    let again = finished_first(self.finish_with(reload.url())).await?;
                    reload.answer(page(&again)).await;
                }
                return Ok(finished);
            };
            visit.refuse().await;
            if !keep_waiting {
                return Err(rejected);
            }
            message(&format!("{rejected}\n\n{}", source.invitation()));
        }
    }

    /// Finishes the flow of a callback. Waits while another process does.
    async fn finish_with(self, url: &str) -> Result<Finished, Failure> {
        let consents = &self.institution.consents;
        loop {
            let step = consents.finish(self.customer, url, entropy()?, system_now());
            match self.institution.driving(self.store).run(step).await {
                Finished::InProgress { until } => {
                    message(&format!(
                        "Another process has begun to finish this flow: waiting until {until}"
                    ));
                    sleep(until.since(system_now()) + std::time::Duration::from_secs(1)).await;
                }
                finished => return Ok(finished),
            }
        }
    }

    /// Returns what was granted. Revokes tokens whose ID token was rejected.
    async fn granted(self, finished: Finished) -> Result<Box<Granted>, Failure> {
        match finished {
            Finished::Granted(granted) => {
                granted.notices.iter().for_each(print_notice);
                Ok(granted)
            }
            Finished::Incomplete { record, error: Some(error), .. } if is_forged(&error) => {
                let failure = Failure::protocol("checking the ID token", &error);
                Err(failure.but(self.revoked(&record).await))
            }
            other => Err(self.failure(other)),
        }
    }

    /// Revokes rejected tokens. Returns what became of them.
    async fn revoked(self, record: &RecordId) -> &'static str {
        const RECIPIENT: PartyType = PartyType::DataRecipient;
        let Ok(entropy) = entropy() else { return "the tokens are stored, and were not revoked" };
        let (consents, reason) = (&self.institution.consents, RevocationReason::BusinessRule);
        let step = consents.revoke(record, reason, RECIPIENT, entropy, system_now());
        match self.institution.driving(self.store).run(step).await {
            RevocationResult::Revoked(stored) => {
                let revocation = &stored.revocation;
                let done =
                    |outcome| matches!(outcome, Some(PartOutcome::Revoked | PartOutcome::Absent));
                match done(revocation.refresh_token) && done(revocation.access_token) {
                    true => "the tokens were revoked",
                    false => "the tokens could not be revoked: ask the institution to revoke them",
                }
            }
            RevocationResult::Later { .. } => {
                "the tokens are not revoked yet: fdx keeper run continues"
            }
            _ => "the tokens were not revoked: see fdx consents show",
        }
    }

    /// Why there is no consent.
    fn failure(self, finished: Finished) -> Failure {
        const AGAIN: &str = "run it again, and send the customer again";
        match finished {
            Finished::Denied { error, description } => Failure::customer_denied(
                error.as_deref().map(printable),
                description.as_deref().map(printable),
            ),
            Finished::StartOver { error: Some(error), .. } => {
                Failure::protocol("exchanging the code", &error)
            }
            Finished::StartOver { reason, error: None } => {
                Failure::failed(format!("there are no tokens: {}", printable(&reason)), AGAIN)
            }
            Finished::Unreachable { reason } => Failure::failed(
                format!("{CHECKING}: {reason}"),
                "run it with --resume --callback stdin, and paste the URL: its code lives a minute",
            ),
            Finished::Incomplete { record, reason, error, .. } => {
                let note = format!(
                    "the tokens are stored as {record}, not yet complete; to continue, run the \
                     same command with --resume, or fdx keeper run"
                );
                match error {
                    Some(error) if is_encrypted(&error) => Failure::encrypted("the ID token"),
                    Some(error) => Failure::protocol("completing the consent", &error)
                        .hint("rfc9110.error", "check fdx_base, or consent_base if it is set"),
                    None => Failure::failed(
                        format!("completing the consent: {}", printable(&reason)),
                        "check the network",
                    ),
                }
                .but(&note)
            }
            Finished::Ended { state, reason } => {
                let reason = reason.map_or_else(String::new, |it| format!(": {}", printable(&it)));
                Failure::failed(format!("the consent is {state}{reason}"), AGAIN)
            }
            Finished::OtherCustomer => Failure::usage(
                "another customer began this flow",
                "name the --customer of the earlier run",
            ),
            Finished::Paused { reason } => Failure::failed(
                format!("refreshes are paused, and the first tokens have expired: {reason}"),
                "run fdx keeper resume when the cause is removed",
            ),
            Finished::Locked(error) => self.store.locked("finishing the flow", &error),
            Finished::Store(error) => self.store.failure(&error),
            Finished::NotFound => Failure::failed("the consent was deleted", AGAIN),
            _ => Failure::failed("the flow has no outcome", "report this defect of fdx"),
        }
    }
}

/// Whether the ID token was checked and rejected.
fn is_forged(error: &Error) -> bool {
    matches!(error, Error::IdToken { .. }) && !is_encrypted(error)
}

/// Whether the ID token is encrypted: no procedure decrypts.
fn is_encrypted(error: &Error) -> bool {
    matches!(error, Error::IdToken { error: IdTokenError::Unopened, .. })
}

/// Why a callback was rejected, and whether the right one may still come. Then the flow is unchanged.
fn rejected(finished: &Finished) -> Option<(Failure, bool)> {
    let state = Error::Callback(CallbackFault::StateMismatch);
    let error = match finished {
        Finished::Rejected(error) => error,
        Finished::UnknownFlow => &state,
        _ => return None,
    };
    // A key that is still unknown after a fetch is a forgery.
    let keep_waiting = [NextStep::KeepWaiting, NextStep::FetchKeys].contains(&error.next_step());
    Some((Failure::protocol(CHECKING, error), keep_waiting))
}

/// The text for the customer's browser.
fn page(finished: &Finished) -> &'static str {
    match finished {
        Finished::Granted(_) => "Thank you. You can close this window.",
        Finished::Denied { .. } => "Nothing was shared. You can close this window.",
        Finished::Incomplete { .. } => {
            "Thank you. The institution has not confirmed it yet. You can close this window."
        }
        _ => "This did not work: fdx says why. You can close this window.",
    }
}

/// Names the types of authorization details, if the server does not list one that is requested.
fn with_types(failure: Failure, client: &Client, request: &AuthorizationRequest) -> Failure {
    const LISTED: usize = 10;
    let listed = client.metadata().authorization_details_types_supported().unwrap_or_default();
    let requested: Vec<_> = match request.requested() {
        Requested::Consent(_) => [FDX_V1_0].into(),
        Requested::Details(details, _) => details.iter().map(|it| it.detail_type()).collect(),
        _ => Vec::new(),
    };
    let unlisted = requested.iter().find(|kind| !listed.iter().any(|listed| listed == *kind));
    let Some(unlisted) = unlisted.filter(|_| failure.has_code("rfc9396.type.not_listed")) else {
        return failure;
    };
    let mut names: Vec<_> = listed.iter().take(LISTED).map(|kind| printable(kind)).collect();
    if listed.len() > LISTED {
        names.push("...".to_owned());
    }
    let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let what = format!("{}: {}; it lists {names}", failure.what(), printable(unlisted));
    failure.saying(what)
}

fn print_notice(notice: &Notice) {
    message(&format!("note: {notice}"));
}
