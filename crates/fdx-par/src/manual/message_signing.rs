//! Message signing: request objects, signed responses, signed introspection.
//!
//! FAPI 2.0 Message Signing adds signatures that outlive the connection: each side can show later what
//! the other one asked or answered. Its parts are chosen one by one, by what the institution's
//! registration says.
//!
//! | part | the switch | what changes |
//! |---|---|---|
//! | request objects (JAR, RFC 9101) | [`ClientConfig::request_objects`](crate::ClientConfig) | the push carries one signed JWT |
//! | signed responses (JARM) | [`ClientConfig::response_mode`](crate::ClientConfig) | the callback carries one signed JWT |
//! | signed introspection (RFC 9701) | [`Client::introspect_signed`](crate::Client::introspect_signed) | the answer is a signed JWT |
//! | ID tokens | none | their signature is always verified |
//!
//! # Request objects
//!
//! Every parameter of the push moves inside. Outside stay `client_id` and the client's authentication.
//! The object says `iss` and `client_id`, the issuer as `aud`, `nbf`, and an `exp` five minutes later;
//! its `typ` is `oauth-authz-req+jwt`; it has no `sub`, so that it can't pass for a client assertion.
//! `authorization_details` is a JSON array inside it, and `max_age` a number.
//!
//! ```
//! # mod scene { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/manual/scene.rs")); }
//! # use scene::*;
//! use fdx_jose::{RequestObjectKey, Role};
//!
//! # let key = new_key();
//! let mut config = config(&key);
//! config.request_objects = RequestObjects::signed(RequestObjectKey::new(key.public().clone()));
//! let client = client_of(config, &key);
//!
//! let draft = client.push(&request(), entropy(1), NOW)?;
//! let roles: Vec<_> = draft.signing_inputs().iter().map(|input| input.role()).collect();
//! assert_eq!(roles, [Role::RequestObject, Role::ClientAssertion, Role::DpopProof]);
//!
//! let signatures = draft.sign(&key)?;
//! let (request, _sent) = draft.attach(signatures)?;
//! let body = String::from_utf8(request.into_http().into_body())?;
//! let names: Vec<_> = body.split('&').filter_map(|pair| pair.split('=').next()).collect();
//! assert_eq!(names, ["client_id", "request", "client_assertion_type", "client_assertion"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Register `request_object_signing_alg`. The key may be the assertion's or one of its own;
//! [`ClientConfig::public_jwks`](crate::ClientConfig::public_jwks) publishes either.
//!
//! # JARM
//!
//! The callback is one parameter, `response`. It is read in two steps, because a key may have to be
//! fetched in between:
//!
//! ```
//! # mod scene { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/manual/scene.rs")); }
//! # use scene::*;
//! # let key = new_key();
//! # let bank = new_key();
//! # let published = fdx_jose::Jwks::new(vec![bank.public().clone()]).to_json();
//! let mut config = config(&key);
//! config.response_mode = ResponseMode::Jwt;
//! config.authorization_signed_response_alg = Some(Algorithm::Es256); // as it was registered
//! let client = client_of(config, &key);
//! # let (waiting, bare) = pending(&client, &key);
//! # let state = bare.split("state=").nth(1).and_then(|rest| rest.split('&').next()).unwrap();
//! # let claims = serde_json::json!({ "iss": "https://bank.example", "aud": "app", "code": "c",
//! #     "exp": 1_767_607_260, "state": state });
//! # let input = fdx_jose::statement(bank.public(), None, &claims)?;
//! # let jwt = input.attach(&fdx_jose::Signer::sign(&bank, &input)?)?;
//! # let arrived = format!("https://app.example/callback?response={jwt}");
//!
//! // The unverified state inside finds the cookie, and does nothing else.
//! assert_eq!(FlowId::claimed_by(&arrived).as_ref(), Some(waiting.flow_id()));
//!
//! let signed = client.signed_callback(waiting, &arrived, NOW)?;
//! let signed = match client.verify_callback(signed, None, NOW)? {
//!     CallbackVerification::FetchKeys(signed) => signed,
//!     CallbackVerification::Done(_) => unreachable!("there are no keys yet"),
//! };
//! let (keys, _) = done(client.fetch_keys(NOW)?, &key, 200, &published);
//! let verified = client.verify_callback(signed, Some(&keys), NOW)?;
//! assert!(matches!(verified, CallbackVerification::Done(Callback::Code(_))));
//! # let (waiting, _) = pending(&client, &key);
//!
//! // A code that is not signed is a downgrade, and leaves the pending value as it was.
//! let refused = client.signed_callback(waiting, &bare, NOW).unwrap_err();
//! assert_eq!(refused.error.code(), "jarm.response.missing");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The order is JARM's: `iss`, `aud` and `exp` before any key is looked at, so that a stranger's token
//! makes nobody fetch keys; then the signature, by the registered algorithm; then `state`; and only
//! then a code or an error, never both. `state` and `iss` come from the JWT alone. Responses are not
//! decrypted: FAPI 2.0 does not recommend their encryption. Of encrypted tokens only ID tokens are
//! opened ([`Encrypted`](crate::Encrypted)).
//!
//! Register `authorization_signed_response_alg`: where nothing is registered, JARM's default is RS256,
//! which FAPI 2.0 forbids.
//!
//! # Signed introspection
//!
//! [`Client::introspect_signed`](crate::Client::introspect_signed) asks for
//! `application/token-introspection+jwt`, and an answer in plain JSON is an error
//! (`rfc9701.unsigned`). [`Client::verify_introspection`](crate::Client::verify_introspection) checks
//! `typ`, `iss`, `aud` and the signature before it reads what is said of the token. Keep the JWT where
//! the answer may have to be shown later. [`Client::introspect`](crate::Client::introspect) stays for
//! institutions that sign nothing.
