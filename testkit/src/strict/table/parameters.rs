//! What is pushed.

use fdx_sandbox::Presence;
use serde_json::{Value, json};

use super::{dpop, jarm, signed};
use crate::strict::{Check, Stage, Step};
use crate::{Setup, claims};

pub(super) fn checks() -> Vec<Check> {
    let mut all = constants();
    all.push(challenge());
    all.extend(sizes());
    all.extend(openid());
    all.extend(details());
    all.extend(scopes());
    all
}

/// Rows that set one parameter each, or leave it out where the value is empty.
fn set(mut check: Check, rows: &[(&'static str, &'static str, &str)]) -> Check {
    for (name, parameter, value) in rows {
        let (parameter, value) = (*parameter, (*value).to_owned());
        check = check.wrong(name, dpop(), Step::Push, move |out| {
            out.unset(parameter);
            if !value.is_empty() {
                out.add(parameter, &value);
            }
        });
    }
    check
}

fn constants() -> Vec<Check> {
    vec![
        set(
            Check::new(
                "FAPI 2.0 SP 5.3.2.2-1",
                "response_type is code",
                "unsupported_response_type",
            ),
            &[
                ("asks for a token", "response_type", "token"),
                ("asks for an ID token as well", "response_type", "code id_token"),
                ("asks for nothing", "response_type", ""),
            ],
        ),
        set(
            Check::new(
                "OAuth 2.0 Multiple Response Types 2.1",
                "response_mode is absent, query, jwt or query.jwt",
                "invalid_request",
            ),
            &[
                ("wants the callback in the fragment", "response_mode", "fragment"),
                ("wants the callback as a form", "response_mode", "form_post"),
            ],
        ),
        Check::new(
            "JARM 3",
            "the client registered an authorization_signed_response_alg that this institution supports",
            "invalid_request",
        )
        .play("wants a signed callback that it did not register", jarm(), |stage| {
            stage.register(|client| client.authorization_signed_response_alg = None);
            stage.wrong(Step::Push, |_| ());
        }),
        set(
            Check::new(
                "FAPI 2.0 SP 5.3.2.2-6",
                "redirect_uri is one of the client's, byte for byte but for a loopback port",
                "invalid_request",
            ),
            &[
                ("says nowhere where to come back to", "redirect_uri", ""),
                ("comes back elsewhere", "redirect_uri", "https://app.example/other"),
                ("adds a slash", "redirect_uri", "https://app.example/callback/"),
                ("adds a query", "redirect_uri", "https://app.example/callback?a=1"),
                ("names the default port", "redirect_uri", "https://app.example:443/callback"),
            ],
        ),
        set(
            Check::new("FAPI 2.0 SP 5.3.2.2-5", "code_challenge_method is S256", "invalid_request"),
            &[
                ("sends its verifier as its challenge", "code_challenge_method", "plain"),
                ("does not say how the challenge is made", "code_challenge_method", ""),
            ],
        ),
        set(
            Check::new(
                "RFC 7636 4.2",
                "code_challenge is base64url of 32 bytes",
                "invalid_request",
            ),
            &[
                ("sends no challenge", "code_challenge", ""),
                ("sends a challenge of 42 characters", "code_challenge", &"a".repeat(42)),
            ],
        ),
        set(
            Check::new("RFC 8707 2", "every resource is the FDX base URL", "invalid_target"),
            &[("wants a token for elsewhere", "resource", "https://other.example/fdx/v6")],
        )
        .wrong("wants a second token for elsewhere", dpop(), Step::Push, |out| {
            out.add("resource", "https://bank.example/fdx/v6");
            out.add("resource", "https://other.example/fdx/v6");
        }),
    ]
}

fn challenge() -> Check {
    Check::new(
        "FAPI 2.0 SP 5.3.3.2-4",
        "code_challenge is fresh: the client did not push it before",
        "invalid_request",
    )
    .play("pushes by one verifier twice", dpop(), |stage| {
        stage.right(Step::Push);
        again(stage);
    })
    .play("pushes by the verifier of a code that it exchanged", dpop(), |stage| {
        stage.right(Step::Exchange);
        again(stage);
    })
    .play("signs a push by one verifier twice", signed(), |stage| {
        stage.right(Step::Push);
        let earlier = claims(&stage.last("/par").form()["request"])["code_challenge"].clone();
        stage.wrong(Step::Push, move |out| {
            out.request_object(&json!({ "code_challenge": earlier }));
        });
    })
}

/// A push with the challenge of the last one.
fn again(stage: &mut Stage) {
    let earlier = stage.last("/par").form()["code_challenge"].clone();
    stage.wrong(Step::Push, move |out| out.set("code_challenge", &earlier));
}

fn sizes() -> [Check; 2] {
    [
        set(
            Check::new("RFC 6749 4.1.1", "state has at most 2,048 bytes", "invalid_request"),
            &[("has a state of 2,049 bytes", "state", &"s".repeat(2049))],
        ),
        set(
            Check::new(
                "FAPI 2.0 SP 5.3.2.2-14",
                "nonce has at most 64 characters",
                "invalid_request",
            ),
            &[("has a nonce of 65 characters", "nonce", &"n".repeat(65))],
        ),
    ]
}

fn openid() -> [Check; 2] {
    [
        set(
            Check::new(
                "OIDC Core 3.1.2.1",
                "prompt contains only login, consent and select_account",
                "invalid_request",
            ),
            &[("wants nobody to be asked", "prompt", "none")],
        ),
        set(
            Check::new(
                "OIDC Core 3.1.2.1",
                "max_age is absent or a number of seconds",
                "invalid_request",
            ),
            &[
                ("writes max_age in words", "max_age", "soon"),
                ("has a max_age below zero", "max_age", "-1"),
            ],
        ),
    ]
}

fn details() -> [Check; 5] {
    const ERROR: &str = "invalid_authorization_details";
    let request = |clusters: Value| {
        let resources = json!([{ "resourceType": "ACCOUNT", "dataClusters": clusters }]);
        json!({ "durationType": "ONE_TIME", "resources": resources })
    };
    let one = json!({ "type": "fdx_v1.0", "consentRequest": request(json!(["ACCOUNT_BASIC"])) });
    let for_days = |days: u16| {
        let mut request = request(json!(["ACCOUNT_BASIC"]));
        request["durationType"] = "TIME_BOUND".into();
        request["durationPeriod"] = days.into();
        json!({ "type": "fdx_v1.0", "consentRequest": request })
    };
    let unknown = json!({ "type": "fdx_v1.0", "consentRequest": request(json!(["GOSSIP"])) });
    let with = |pointer: &str, name: &str, value: Value| {
        let mut details = json!([one]);
        details.pointer_mut(pointer).unwrap()[name] = value;
        details
    };
    let set = |check, rows: &[(&'static str, Value)]| {
        let rows: Vec<_> = rows.iter().map(|(name, json)| (*name, json.to_string())).collect();
        let rows = rows.iter().map(|(name, text)| (*name, "authorization_details", text.as_str()));
        set(check, &rows.collect::<Vec<_>>())
    };
    [
        Check::new(
            "FDX Consent API, ConsentRequest",
            "authorization_details is present, unless fdx sandbox has --optional \
             authorization-details",
            ERROR,
        )
        .wrong("sends no details", dpop(), Step::Push, |out| {
            out.unset("authorization_details");
        }),
        set(
            Check::new(
                "RFC 9396 5",
                "authorization_details is a JSON array of well-formed objects, each with a type",
                ERROR,
            ),
            &[
                ("asks for one detail outside an array", one.clone()),
                ("asks for what has no type", json!([{ "consentRequest": {} }])),
                ("asks for texts", json!(["fdx_v1.0"])),
                ("asks for 366 days", json!([for_days(366)])),
                ("asks for no day", json!([for_days(0)])),
            ],
        ),
        set(
            Check::new("RFC 9396 5", "every type in authorization_details is supported", ERROR),
            &[("asks for a payment as well", json!([one, { "type": "payment_initiation" }]))],
        ),
        set(
            Check::new(
                "RFC 9396 5",
                "every detail has only members that its type defines, each of its kind",
                ERROR,
            ),
            &[
                ("adds a member to a detail", with("/0", "foo", json!(1))),
                ("adds a common member that FDX does not define", {
                    with("/0", "locations", json!(["https://bank.example"]))
                }),
                ("adds a payment to a consent request", {
                    with("/0/consentRequest", "paymentInfo", json!({ "amount": "1" }))
                }),
                ("chooses an account", {
                    with("/0/consentRequest/resources/0", "resourceId", json!("acc-1"))
                }),
                ("writes a period that is not whole", {
                    with("/0/consentRequest", "durationPeriod", json!(0.5))
                }),
            ],
        ),
        set(
            Check::new(
                "FDX Consent API, ConsentRequest",
                "there is one consentRequest with supported data clusters and resource types",
                ERROR,
            ),
            &[
                ("asks for nothing", json!([])),
                ("asks for a cluster that nobody knows", json!([unknown])),
            ],
        ),
    ]
}

fn scopes() -> [Check; 4] {
    [
        set(
            Check::new("RFC 6749 3.3", "scope consists of scope tokens", "invalid_scope"),
            &[("writes a quotation mark into a scope", "scope", "openid \"x\"")],
        ),
        Check::new(
            "RFC 6749 3.3",
            "scope is present if authorization_details are absent",
            "invalid_scope",
        )
        .wrong(
            "requests nothing",
            Setup { fdx: Presence::Optional, ..dpop() },
            Step::Push,
            |out| {
                out.unset("authorization_details");
                out.unset("scope");
            },
        ),
        set(
            Check::new("RFC 6749 3.3", "every scope is registered for the client", "invalid_scope"),
            &[("asks for a scope that it did not register", "scope", "openid admin")],
        ),
        set(
            Check::new(
                "FDX Security Model v5",
                "the scopes are those of the data clusters in the consentRequest",
                "invalid_scope",
            ),
            &[
                ("asks for clusters without their scopes", "scope", "openid offline_access"),
                ("asks for no scope", "scope", ""),
            ],
        )
        .wrong("asks for more scopes than clusters", dpop(), Step::Push, |out| {
            let scope = format!("{} fdx:investments:read", out.parameter("scope"));
            out.set("scope", &scope);
        }),
    ]
}
