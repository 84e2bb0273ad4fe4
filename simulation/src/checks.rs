/// A check of the recipient or of the institution.
pub(crate) struct Check {
    /// The name in the comment `// check: NAME` that marks the check in the code.
    pub(crate) marker: &'static str,
    /// The name in the manual.
    pub(crate) name: &'static str,
    /// Who makes the check, what it compares, and its clause.
    pub(crate) rule: &'static str,
    /// Why the check belongs to no set, if it belongs to none.
    pub(crate) idle: Option<&'static str>,
}

const fn check(marker: &'static str, name: &'static str, rule: &'static str) -> Check {
    Check { marker, name, rule, idle: None }
}

/// Every check that can be switched off. Its number is its place here.
pub(crate) const ALL: [Check; 37] = [
    check(
        "AccessTokenHash",
        "`at_hash`",
        "recipient: the ID token belongs to this access token (OpenID Connect Core 3.1.3.8)",
    ),
    check(
        "AssertionAudience",
        "assertion `aud`",
        "institution: the assertion is for this issuer (FAPI 2.0 5.3.2.1-8)",
    ),
    check(
        "BoundKey",
        "key of the token",
        "recipient: the proof is signed by the key that the token is bound to; each institution has its own",
    ),
    check(
        "CallbackDeadline",
        "callback deadline",
        "recipient: the callback arrived before the deadline",
    ),
    check(
        "Certificate",
        "certificate",
        "institution: the client presents the token's certificate, at the token endpoint and at resources (RFC 8705 section 3)",
    ),
    check("Claim", "claim", "the recipient's own program: one node claims a flow, once"),
    check(
        "ClientAuthentication",
        "client authentication",
        "institution: the client proves its identity (FAPI 2.0 5.3.2.1-6)",
    ),
    check(
        "CodeClient",
        "code's client",
        "institution: the code was issued to this client (RFC 6749 section 4.1.3)",
    ),
    check(
        "CodeExpiry",
        "code's lifetime",
        "institution: the code is less than 60 seconds old (FAPI 2.0 5.3.2.1-11)",
    ),
    check(
        "CodeUse",
        "code's single use",
        "institution: the code was not used before (FAPI 2.0 5.3.2.2-9)",
    ),
    check(
        "ConsentOfToken",
        "consent of the token",
        "institution: the token belongs to the consent (FDX Consent API)",
    ),
    check(
        "ConsentRead",
        "id of the read consent",
        "recipient: the consent that was read is the requested one",
    ),
    check(
        "DiscoveryIssuer",
        "discovered `issuer`",
        "recipient: the metadata belongs to the requested issuer (RFC 8414 section 3.3)",
    ),
    check(
        "DpopJkt",
        "`dpop_jkt`",
        "institution: the code's key signs the proof (RFC 9449 section 10)",
    ),
    check(
        "IdTokenAudience",
        "ID token's `aud`",
        "recipient: the ID token is for this client (OpenID Connect Core 3.1.3.7)",
    ),
    check(
        "IdTokenIssuer",
        "ID token's `iss`",
        "recipient: this issuer issued the ID token (OpenID Connect Core 3.1.3.7)",
    ),
    check(
        "IdTokenNonce",
        "ID token's `nonce`",
        "recipient: the ID token belongs to this request (OpenID Connect Core 3.1.3.7)",
    ),
    check(
        "IdTokenSignature",
        "ID token's signature",
        "recipient: the institution signed the ID token",
    ),
    check("Iss", "`iss`", "recipient: this issuer sent the callback (RFC 9207 section 2.4)"),
    check(
        "MetadataIssuer",
        "configured `issuer`",
        "recipient: the metadata belongs to the configured issuer",
    ),
    check("Pkce", "PKCE", "institution: the verifier matches the challenge (RFC 7636 section 4.6)"),
    check(
        "ProofAccessToken",
        "proof's `ath`",
        "institution: the proof is for this token (RFC 9449 section 4.3)",
    ),
    check(
        "ProofKey",
        "proof's key",
        "institution: the token's key signs the proof (RFC 9449 section 7.1)",
    ),
    check(
        "ProofNonce",
        "proof's nonce",
        "institution: the proof has the latest nonce (RFC 9449 section 9)",
    ),
    check(
        "ProofTarget",
        "proof's `htu`",
        "institution: the proof is for this URL (RFC 9449 section 4.3)",
    ),
    check(
        "ProofUse",
        "proof's `jti`",
        "institution: the proof was not used before (RFC 9449 section 11.1)",
    ),
    check(
        "RedirectUriPlace",
        "callback's redirect_uri",
        "recipient: the callback arrived at this institution's redirect_uri (RFC 9700 section 4.4.2)",
    ),
    check(
        "RefreshTokenClient",
        "refresh token's client",
        "institution: the refresh token was issued to this client (RFC 6749 section 6)",
    ),
    check(
        "RegisteredRedirectUri",
        "registered redirect_uri",
        "institution: the redirect_uri is registered for the client (FAPI 2.0 5.3.2.2-6)",
    ),
    check(
        "RequestUriClient",
        "request_uri's client",
        "institution: the request_uri was issued to this client (FAPI 2.0 5.3.2.2-3)",
    ),
    check(
        "RequestUriExpiry",
        "request_uri's lifetime",
        "institution: the request_uri has not expired (RFC 9126 section 2.2)",
    ),
    check(
        "RequestUriUse",
        "request_uri's single use",
        "institution: the request was not approved or denied before (RFC 9126 section 4)",
    ),
    check(
        "Session",
        "seal's session",
        "recipient: the pending value opens in the session that began the flow",
    ),
    check(
        "State",
        "`state`",
        "recipient: the callback belongs to this request (RFC 6749 section 10.12)",
    ),
    check(
        "StoredIssuer",
        "stored grant's issuer",
        "recipient: only a client of its issuer restores a stored grant",
    ),
    check(
        "TokenIssuer",
        "token's issuer",
        "recipient: a token is sent only to its own issuer (RFC 9700 section 4.4)",
    ),
    Check {
        marker: "TokenRedirectUri",
        name: "redirect_uri at the token endpoint",
        rule: "institution: the redirect_uri is the pushed one (RFC 6749 section 4.1.3)",
        idle: Some(
            "PKCE and the push cover it: the request can't be changed in transit, and \
                    OAuth 2.1 has dropped the parameter",
        ),
    },
];
