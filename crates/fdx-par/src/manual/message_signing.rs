//! Message signing: request objects, signed responses, signed introspection.
//!
//! FAPI 2.0 Message Signing adds signatures that can be stored: each side can prove later what the
//! other side requested or answered. Each part is configured separately, as registered with the
//! institution.
//!
//! | part | setting or method | effect |
//! |---|---|---|
//! | request objects (JAR, RFC 9101) | [`ClientConfig::request_objects`](crate::ClientConfig) | the push carries one signed JWT |
//! | signed responses (JARM) | [`ClientConfig::response_mode`](crate::ClientConfig) | the callback carries one signed JWT |
//! | signed introspection (RFC 9701) | [`Client::introspect_signed`](crate::Client::introspect_signed) | the response is a signed JWT |
//! | ID tokens | none | their signature is always verified |
//!
//! # Request objects
//!
//! The request object contains every parameter of the push. Only `client_id` and the client's
//! authentication remain outside. The object contains `iss` and `client_id`, the issuer as `aud`,
//! `nbf`, and an `exp` five minutes later. Its `typ` is `oauth-authz-req+jwt`. It has no `sub`, so
//! that it can't pass for a client assertion. `authorization_details` is a JSON array, and
//! `max_age` is a number.
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
//! Register `request_object_signing_alg`. The key may be the assertion's key or a
//! separate one. [`ClientConfig::public_jwks`](crate::ClientConfig::public_jwks) publishes both.
//!
//! # JARM
//!
//! The callback has one parameter, `response`. It is read in two steps, because the client may have
//! to fetch a key between them:
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
//! // The unverified state in the JWT is used only to find the cookie.
//! assert_eq!(FlowId::claimed_by(&arrived).as_ref(), Some(waiting.flow_id()));
//!
//! let signed = client.signed_callback(waiting, &arrived, NOW)?;
//! let signed = match client.verify(signed, None, NOW)? {
//!     Verification::FetchKeys(signed) => signed,
//!     Verification::Done(_) => unreachable!("there are no keys yet"),
//! };
//! let (keys, _) = done(client.fetch_keys(NOW)?, &key, 200, &published);
//! let verified = client.verify(signed, Some(&keys), NOW)?;
//! assert!(matches!(verified, Verification::Done(Callback::Code(_))));
//! # let (waiting, _) = pending(&client, &key);
//!
//! // An unsigned code is a downgrade. The error returns the pending value unchanged.
//! let refused = client.signed_callback(waiting, &bare, NOW).unwrap_err();
//! assert_eq!(refused.error.code(), "jarm.response.missing");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The order of checks is JARM's. `iss`, `aud` and `exp` come before any key is used, so that
//! untrusted input can't cause a fetch of keys. The signature follows, with the registered
//! algorithm, and then `state`. Only then is a code or an error read, and never both. `state` and
//! `iss` are read only from the JWT. Responses are not decrypted: FAPI 2.0 does not recommend their
//! encryption. Only ID tokens are decrypted ([`Encrypted`](crate::client::Encrypted)).
//!
//! Register `authorization_signed_response_alg`. JARM's default is RS256, which FAPI 2.0 forbids.
//!
//! # Signed introspection
//!
//! [`Client::introspect_signed`](crate::Client::introspect_signed) requests
//! `application/token-introspection+jwt`. A response in plain JSON is an error
//! (`rfc9701.unsigned`). [`Client::verify`](crate::Client::verify)
//! checks `typ`, `iss`, `aud` and the signature before it reads the token's members. Store the JWT
//! if you may have to prove the response later. Use
//! [`Client::introspect`](crate::Client::introspect) if the institution does not sign.
