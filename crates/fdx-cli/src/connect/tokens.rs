//! Stores tokens in their file, verifies them, and removes the file if they are rejected.

use fdx_par::{
    Client, Endpoint, Error, Exchanged, StoredGrant, StoredStateFault, TokenTypeHint,
    UnverifiedTokens, Verified,
};
use fdx_transport_hyper::system_now;

use crate::connect::setup::Setup;
use crate::error::Failure;
use crate::files;
use crate::flow::{NotVerified, entropy};
use crate::print::message;

/// Stores the tokens before they are verified, because the code can't be exchanged again. The file
/// has the format of [`Exchanged::to_json`].
pub(crate) fn store_unverified(setup: &Setup, exchanged: &Exchanged) -> Result<(), Failure> {
    files::create(&setup.tokens, exchanged.to_json().expose())?;
    message(&format!("Stored the tokens, not yet verified, in {}", setup.tokens.display()));
    Ok(())
}

/// Reads the file that [`store_unverified`] wrote in an earlier run.
pub(crate) fn unverified(setup: &Setup, client: &Client) -> Result<Exchanged, Failure> {
    let path = setup.tokens.display();
    let nothing_to_resume = || {
        Failure::usage(
            format!("{path} contains no unverified tokens"),
            "omit --resume; to keep this file, set another file for tokens in [output]",
        )
    };
    let text = files::text(&setup.tokens, "the file of tokens")?;
    match client.restore_unverified(text.expose()) {
        Ok(UnverifiedTokens::Exchanged(exchanged)) => Ok(exchanged),
        Ok(UnverifiedTokens::Refreshed(_)) => Err(nothing_to_resume()),
        Err(error @ Error::StoredState(StoredStateFault::OtherClient)) => {
            Err(Failure::protocol(&format!("restoring the tokens in {path}"), &error))
        }
        Err(_) => Err(nothing_to_resume()),
    }
}

/// Verifies the stored tokens, and replaces the file by one with verified tokens.
///
/// If the tokens are rejected, revokes them and removes the file. If they can't be checked, for
/// example because the keys can't be fetched, the file remains for another run.
pub(crate) async fn verify(
    setup: &Setup,
    client: &Client,
    exchanged: Exchanged,
) -> Result<Verified, Failure> {
    let verified = match setup.driver.verify(client, exchanged).await {
        Ok(verified) => verified,
        Err(NotVerified::Rejected { failure, exchanged }) => {
            return Err(discard(setup, client, &exchanged, failure).await);
        }
        Err(NotVerified::Unknown { failure }) => {
            return Err(failure.but(&format!(
                "the tokens are stored in {}, unverified; to continue, run the same command with \
                 --resume",
                setup.tokens.display()
            )));
        }
    };
    store(setup, &verified.stored())?;
    message(&format!("Stored the verified tokens in {}", setup.tokens.display()));
    Ok(verified)
}

/// Replaces the file by a grant, which [`Client::restore`] reads.
pub(crate) fn store(setup: &Setup, grant: &StoredGrant) -> Result<(), Failure> {
    files::replace(&setup.tokens, grant.to_json().expose())
}

/// Revokes rejected tokens and removes their file.
async fn discard(
    setup: &Setup,
    client: &Client,
    exchanged: &Exchanged,
    failure: Failure,
) -> Failure {
    let revoked = revoke(setup, client, exchanged).await;
    let note = match (revoked, files::remove(&setup.tokens)) {
        (Ok(()), Ok(())) => "the tokens were revoked, and their file was removed".to_owned(),
        (Err(why), Ok(())) => format!(
            "the file of tokens was removed, but the tokens could not be revoked ({why}): ask the \
             institution to revoke them"
        ),
        (_, Err(left)) => left.to_string(),
    };
    failure.but(&note)
}

/// Revokes the refresh token, if there is one, and the access token (RFC 7009).
async fn revoke(setup: &Setup, client: &Client, exchanged: &Exchanged) -> Result<(), String> {
    if client.target(Endpoint::Revocation).is_err() {
        return Err("the institution has no revocation endpoint".to_owned());
    }
    for which in [TokenTypeHint::RefreshToken, TokenTypeHint::AccessToken] {
        let entropy = entropy().map_err(|failure| failure.to_string())?;
        let draft = match client.revoke(exchanged, which, entropy, system_now()) {
            Err(Error::StoredState(StoredStateFault::RefreshTokenMissing)) => continue,
            draft => draft,
        };
        let outcome = setup.driver.run("revoking the tokens", draft).await;
        outcome.map_err(|failure| failure.what().to_owned())?;
    }
    Ok(())
}
