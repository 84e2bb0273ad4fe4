use fdx_wire::weakened::Check;

/// Whose a check is, what it compares, and under which clause.
pub(crate) struct About {
    pub(crate) check: Check,
    pub(crate) name: &'static str,
    pub(crate) rule: &'static str,
    /// Why no attack needs it to be off, where none does.
    pub(crate) idle: Option<&'static str>,
}

const fn about(check: Check, name: &'static str, rule: &'static str) -> About {
    About { check, name, rule, idle: None }
}

/// Every check that can be switched off, in the order of its number.
pub(crate) const ALL: [About; 37] = [
    about(
        Check::AccessTokenHash,
        "`at_hash`",
        "recipient: the ID token is about this access token (OpenID Connect Core 3.1.3.8)",
    ),
    about(
        Check::AssertionAudience,
        "assertion `aud`",
        "institution: the assertion is for this issuer (FAPI 2.0 5.3.2.1-8)",
    ),
    about(
        Check::BoundKey,
        "token's key at hand",
        "recipient: a proof is by the key that the token is bound to, of which each institution has its own",
    ),
    about(Check::CallbackDeadline, "callback deadline", "recipient: the callback came in time"),
    about(
        Check::Certificate,
        "certificate",
        "institution: the token's certificate is shown, at the token endpoint and at resources (RFC 8705 section 3)",
    ),
    about(
        Check::Claim,
        "claim",
        "the recipient's own program: a flow is claimed once among all nodes",
    ),
    about(
        Check::ClientAuthentication,
        "client authentication",
        "institution: the client proves who it is (FAPI 2.0 5.3.2.1-6)",
    ),
    about(
        Check::CodeClient,
        "code's client",
        "institution: the code was issued to this client (RFC 6749 section 4.1.3)",
    ),
    about(
        Check::CodeExpiry,
        "code's minute",
        "institution: the code is at most 60 seconds old (FAPI 2.0 5.3.2.1-11)",
    ),
    about(
        Check::CodeUse,
        "code's one use",
        "institution: the code was not used before (FAPI 2.0 5.3.2.2-9)",
    ),
    about(
        Check::ConsentOfToken,
        "consent's token",
        "institution: the consent is the one behind the token (FDX Consent API)",
    ),
    about(
        Check::ConsentRead,
        "consent id read",
        "recipient: the consent that came is the one asked for",
    ),
    about(
        Check::DiscoveryIssuer,
        "`issuer` discovered",
        "recipient: the metadata is of the issuer asked for (RFC 8414 section 3.3)",
    ),
    about(
        Check::DpopJkt,
        "`dpop_jkt`",
        "institution: the code's key signs the proof (RFC 9449 section 10)",
    ),
    about(
        Check::IdTokenAudience,
        "ID token's `aud`",
        "recipient: the ID token is for this client (OpenID Connect Core 3.1.3.7)",
    ),
    about(
        Check::IdTokenIssuer,
        "ID token's `iss`",
        "recipient: the ID token is of this issuer (OpenID Connect Core 3.1.3.7)",
    ),
    about(
        Check::IdTokenNonce,
        "ID token's `nonce`",
        "recipient: the ID token answers this request (OpenID Connect Core 3.1.3.7)",
    ),
    about(
        Check::IdTokenSignature,
        "ID token's signature",
        "recipient: the ID token is signed by the institution",
    ),
    about(Check::Iss, "`iss`", "recipient: the callback is of this issuer (RFC 9207 section 2.4)"),
    about(
        Check::MetadataIssuer,
        "`issuer` configured",
        "recipient: the metadata is of the configured issuer",
    ),
    about(
        Check::Pkce,
        "PKCE",
        "institution: the verifier answers the challenge (RFC 7636 section 4.6)",
    ),
    about(
        Check::ProofAccessToken,
        "proof's `ath`",
        "institution: the proof is about this token (RFC 9449 section 4.3)",
    ),
    about(
        Check::ProofKey,
        "token's key",
        "institution: the token's key signs the proof (RFC 9449 section 7.1)",
    ),
    about(
        Check::ProofNonce,
        "proof's nonce",
        "institution: the proof has the nonce given last (RFC 9449 section 9)",
    ),
    about(
        Check::ProofTarget,
        "proof's `htu`",
        "institution: the proof is for this URL (RFC 9449 section 4.3)",
    ),
    about(
        Check::ProofUse,
        "proof's `jti`",
        "institution: the proof was not used before (RFC 9449 section 11.1)",
    ),
    about(
        Check::RedirectUriPlace,
        "callback's place",
        "recipient: the callback came to this institution's redirect_uri (RFC 9700 section 4.4.2)",
    ),
    about(
        Check::RefreshTokenClient,
        "refresh token's client",
        "institution: the refresh token was issued to this client (RFC 6749 section 6)",
    ),
    about(
        Check::RegisteredRedirectUri,
        "registered redirect_uri",
        "institution: the redirect_uri is the client's (FAPI 2.0 5.3.2.2-6)",
    ),
    about(
        Check::RequestUriClient,
        "request_uri's client",
        "institution: the request_uri was issued to this client (FAPI 2.0 5.3.2.2-3)",
    ),
    about(
        Check::RequestUriExpiry,
        "request_uri's minute",
        "institution: the request_uri has not expired (RFC 9126 section 2.2)",
    ),
    about(
        Check::RequestUriUse,
        "request_uri's one use",
        "institution: the request was not decided before (RFC 9126 section 4)",
    ),
    about(
        Check::Session,
        "session of the seal",
        "recipient: the pending value opens in the session that began the flow",
    ),
    about(
        Check::State,
        "`state`",
        "recipient: the callback answers this request (RFC 6749 section 10.12)",
    ),
    about(
        Check::StoredIssuer,
        "stored grant's issuer",
        "recipient: a stored grant opens at its own issuer's client",
    ),
    about(
        Check::TokenIssuer,
        "token's issuer",
        "recipient: a token is sent to its own issuer alone (RFC 9700 section 4.4)",
    ),
    About {
        check: Check::TokenRedirectUri,
        name: "redirect_uri at the token endpoint",
        rule: "institution: the redirect_uri is the pushed one (RFC 6749 section 4.1.3)",
        idle: Some(
            "PKCE and the push cover it: the request can't be changed on its way, and \
                    OAuth 2.1 has dropped the parameter",
        ),
    },
];

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn checks_stand_in_the_order_of_their_numbers() {
        for (number, about) in ALL.iter().enumerate() {
            assert_eq!(about.check as usize, number, "{}", about.name);
            assert!(!about.rule.is_empty() && about.idle != Some(""), "{}", about.name);
        }
    }
}
