//! `fdx consents renew`: a new consent in the place of an old one.

use fdx_rar::{PartyType, RevocationReason};
use fdx_store::RecordId;
use fdx_store::revocation::StoredRevocation;
use fdx_transport_hyper::system_now;
use serde::Serialize;

use crate::args::stored::RenewArgs;
use crate::connect::callback::{Opener, Source};
use crate::connect::obtain::Obtaining;
use crate::connect::{config, note_unknown_names, receipt};
use crate::consent::{self, Consent};
use crate::consents::online::{Online, revoked};
use crate::error::Failure;
use crate::flow::entropy;
use crate::print::{message, pretty, result};

/// The output of `--json`.
#[derive(Serialize)]
struct Report<'a> {
    /// The new record.
    id: &'a str,
    /// The old one, and whether it has ended.
    renews: &'a str,
    renewed_is_revoked: bool,
    #[serde(flatten)]
    consent: Consent<'a>,
}

pub(super) async fn run(args: &RenewArgs) -> Result<(), Failure> {
    let browser = &args.browser;
    let online = Online::open(&args.online).await?;
    note_unknown_names(&online.config);
    let request = config::authorization_request(&online.config)?;
    let mut source = Source::open(browser.callback, &online.config.redirect_uri).await?;
    let old = &online.row.id;
    let obtaining = Obtaining {
        institution: &online.institution,
        store: &online.store,
        customer: &online.row.customer,
    };
    let opener = Opener::of(browser.open);
    let granted = obtaining.obtain(&request, Some(old), &mut source, opener).await?;
    let new = &granted.consent;
    // The new grant is stored: only now the old one may end.
    let revoked = match &granted.revoke {
        Some(old) => revoke(&online, old).await,
        None => Ok(None),
    };
    let receipt = receipt(&online.store, new)?;
    match args.online.one.store.json {
        true => result(&pretty(&Report {
            id: new.id.as_str(),
            renews: old.as_str(),
            renewed_is_revoked: revoked.is_ok(),
            consent: Consent::new(&receipt),
        })),
        false => {
            result(&format!("Requested and granted\n{}", consent::comparison(&receipt)));
            result(&format!("\nStored as {}, which renews {old}", new.id));
        }
    }
    if let Err(failure) = revoked {
        message(&format!(
            "warning: the new consent is stored, and the old one is not revoked yet (fdx keeper run \
             continues): {}",
            failure.what()
        ));
    }
    Ok(())
}

/// Revokes the old consent. The recipient does: the customer has decided about the new one.
async fn revoke(online: &Online, old: &RecordId) -> Result<Option<Box<StoredRevocation>>, Failure> {
    message(&format!("Revoking {old}"));
    let (reason, initiator) = (RevocationReason::BusinessRule, PartyType::DataRecipient);
    let consents = &online.institution.consents;
    let step = consents.revoke(old, reason, initiator, entropy()?, system_now());
    revoked(&online.store, old, online.run(step).await?).map(Some)
}
