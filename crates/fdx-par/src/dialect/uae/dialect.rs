use core::time::Duration;

use crate::dialect::definition::{Dialect, Line, Need, line};
use crate::dialect::member::{Member, UrlParameter};
use crate::dialect::refresh_tokens::{RefreshTokens, Replay, Rotation};
use crate::dialect::uae::reported::{CONSENT, OPENAPI};

const GUIDE: &str = "Nebras Open Finance, TPP standards, Sending the /par Request";

/// The API Hub of UAE Open Finance: no FDX, but the same FAPI 2.0 machinery.
pub const UAE: Dialect = Dialect::new("uae", "UAE Open Finance API Hub")
    .with_needs(&[Need::PrivateKeyJwt, Need::RequestObject, Need::Ps256, Need::Certificate])
    .with_members(MEMBERS)
    .with_optional_members(OPTIONS)
    .with_refresh_tokens(RefreshTokens::new(Rotation::None, Replay::Unspecified, OPENAPI))
    .with_notes(&[
        "the push endpoint is on another host than the issuer: it comes from the metadata",
        "exp of a request object is at most 10 minutes after nbf; fdx sets it 5 minutes after iat",
        "details have the type urn:openfinanceuae:account-access-consent:v2.1 (also v1.2 to v2.2, \
         and types of payments) with a ConsentId that the client generates; the token response \
         repeats them",
        "the response to too many pushes is 429 with Retry-After",
        "the response to a refresh has no refresh token: the old one stays valid",
        "a consent is revoked by a separate API, which fdx does not implement",
        "request_uri is urn:ietf:params:oauth:request-uri:<id>, with a hyphen, valid for 90 seconds",
        "a customer without fitting accounts: invalid_request, user_lacks_eligible_accounts",
    ]);

/// FAPI 2.0 Security Profile 5.3.3.2-6 forbids what the documents show.
const OPTIONS: &[Line] = &[line(
    Member::AuthorizationUrlParameters(&[
        UrlParameter::Fixed("response_type", "code"),
        UrlParameter::Fixed("scope", "openid"),
    ]),
    "Nebras Open Finance, TPP standards, authorization endpoint, shows them; the CBUAE profile of the \
     FAPI 2.0 conformance suite 5.2.4 passes 21 of 21 modules without and 1 with them",
)];

const MEMBERS: &[Line] = &[
    line(Member::CertificateEverywhere, GUIDE),
    line(Member::ConsentIdInDetails(&CONSENT), OPENAPI),
    line(Member::PushInteractionId, GUIDE),
    line(Member::PushStatusOk, OPENAPI),
    line(Member::PushWithoutClientId, OPENAPI),
    line(Member::RegistrationByCertificate("/tpp-registration"), OPENAPI),
    line(
        Member::RequestObjectBackdated(Duration::from_secs(10)),
        "Nebras Open Finance, TPP standards, request JWT",
    ),
];
