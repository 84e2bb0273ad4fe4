//! Client secrets, which are not FAPI and some providers need.

use fdx_wire::{Secret, base64};

use super::bench::{Attempt, Bench};
use crate::{Binding, ClientAuthentication, ClientSecret, SecretPlace};

fn bench(place: SecretPlace) -> Bench {
    let mut bench = Bench::new(Binding::Nothing, |_| ());
    let secret = Secret::new("s3 cret".to_owned());
    bench.change_client(|client| {
        client.authentication = ClientAuthentication::ClientSecret(ClientSecret { secret, place });
    });
    bench
}

/// The attempt with a secret instead of its assertion.
fn with_secret(mut attempt: Attempt, place: SecretPlace, secret: &str) -> Attempt {
    attempt.assertion = None;
    match place {
        SecretPlace::Body => attempt.set("client_secret", secret),
        SecretPlace::Basic => {
            let mut header = "Basic ".to_owned();
            base64::encode_into(format!("app:{secret}").as_bytes(), &mut header);
            attempt.headers.push(("authorization", header));
        }
    }
    attempt
}

#[test]
fn accepts_a_secret_only_in_its_registered_place() {
    for place in [SecretPlace::Basic, SecretPlace::Body] {
        for sent in [SecretPlace::Basic, SecretPlace::Body] {
            for secret in ["s3%20cret", "s3 cret", "another"] {
                let mut bench = bench(place);
                // A header contains the form-encoded secret; a body is form-encoded once.
                let right = if place == SecretPlace::Basic { "s3%20cret" } else { "s3 cret" };
                let attempt = bench.push();
                let attempt = with_secret(attempt, sent, secret);
                let status = bench.send(&attempt).status();
                let expected = if place == sent && secret == right { 201 } else { 401 };
                assert_eq!(status, expected, "{place:?} {sent:?} {secret}: {}", bench.failed());
            }
        }
    }
}
