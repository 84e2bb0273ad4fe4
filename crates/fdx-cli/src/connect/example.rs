/// A configuration with every setting. Commented out are those that may be left out.
pub(crate) const TEXT: &str = r#"# A configuration for `fdx connect`. Paths are relative to this file.

# The institution, exactly as it names itself in its metadata.
issuer = "https://bank.example"
# What it does otherwise than FAPI 2.0, by name; fdx dialects lists those that are known.
# dialect = "fdx"
# Where its FDX API lives. Tokens go nowhere else.
fdx_base = "https://api.bank.example/fdx/v6"
# Where its metadata is: "oauth-authorization-server" (RFC 8414), or "openid-configuration".
# discovery = "oauth-authorization-server"
# Roots to trust instead of the public ones, in PEM: for a sandbox or a private authority.
# root_certificates = "ca.pem"

# You, as registered there. With redirect_uri on http://127.0.0.1:PORT the callback is taken there;
# with any other you paste it.
client_id = "my-app"
redirect_uri = "http://127.0.0.1:8765/callback"

# How you prove who you are: "private_key_jwt" with the key below, or with the certificate below
# "tls_client_auth" (an authority signed it) or "self_signed_tls_client_auth" (RFC 8705).
# authentication = "private_key_jwt"
# The private key of client assertions, request objects and DPoP proofs: PEM (PKCS#8, or PKCS#1) or
# JWK. fdx keys new makes one.
key = "signing-key.pem"
# The key's id, for PEM; by default the key's thumbprint.
# kid = "key-1"
# The assertion's typ: "client-authentication+jwt", or "unstated" for a server that refuses it.
# assertion_type = "client-authentication+jwt"
# Whether what is pushed is a signed request object (RFC 9101).
# request_object = false
# Where dialect names it: authentication = "client_secret", which is not FAPI, with the secret's file.
# client_secret_file = "client-secret.txt"
# How the callback is written: "query", or "jwt" (signed, JARM).
# response_mode = "query"

# What the tokens are bound to: "mtls" (a certificate, RFC 8705), "dpop" (a key, RFC 9449), or, where
# dialect names it, "none", which is not FAPI.
binding = "mtls"
certificate = "client.pem"
certificate_key = "client-key.pem"
# For "dpop", by default the key above:
# dpop_key = "dpop-key.pem"
# Whether every endpoint's alias for mutual TLS is used, also where no certificate is needed.
# use_mtls_endpoint_aliases = false

# The customer is asked for the consent below; with dialect "mx" for these scopes in its place.
# scopes = ["customers", "accounts"]

[request]
# An ID token, a refresh token.
openid = true
offline_access = true
# How old the customer's login may be, in seconds, and what else a request may say:
# max_age = 300
# acr_values = "phr"
# prompt = "consent"
# login_hint = "customer@example.com"
# ui_locales = "en fr"
# resource = ["https://api.bank.example/fdx/v6"]
# Parameters that only this institution knows:
# extra = { brand = "blue" }

[consent]
# "ONE_TIME", "PERSISTENT", or "TIME_BOUND" with duration_period, in days up to 365.
duration_type = "TIME_BOUND"
duration_period = 365
# How far back, in days.
lookback_period = 60
resources = [
  { resource_type = "ACCOUNT", data_clusters = ["ACCOUNT_BASIC", "TRANSACTIONS"] },
  { resource_type = "CUSTOMER", data_clusters = ["CUSTOMER_CONTACT"] },
]

[output]
# Never overwritten. The tokens are readable by you alone.
receipt = "receipt.json"
tokens = "tokens.json"
"#;
