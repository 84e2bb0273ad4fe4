//! The client against Keycloak, with its own profiles of FAPI 2.0: one realm for each.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use fdx_jose::{Algorithm, Jwks};
use fdx_par::registration::TlsClientAuthName;
use fdx_par::{
    AuthorizationRequest, Callback, InitialAccess, Registrar, Registration, TokenTypeHint, dialect,
};
use fdx_rar::Scopes;
use fdx_transport_hyper::system_now;
use fdx_wire::form::Form;
use fdx_wire::json::{Limits, from_slice};
use fdx_wire::{Entropy, Secret};
use serde_json::{Value, json};

use crate::combination::{Authentication, Binding, Combination, Request, Response};
use crate::failure::Failure;
use crate::flow::{check, refused};
use crate::identities::Generation;
use crate::jvm::{Jvm, free_port};
use crate::lab::{Addresses, Decision, Lab};
use crate::product::Product;
use crate::recipient;
use crate::report::Row;
use crate::script::Script;

pub(crate) const NAME: &str = "keycloak";

pub(crate) const NOT_SUPPORTED: [&str; 8] = [
    "keycloak: revocation of the refresh token with a DPoP proof: it demands the proof, and refuses \
     it because such refresh tokens are bound to nothing; the access token can be revoked",
    "keycloak: JARM with iss twice: not in these rows, because each client has the attribute \
     exclude.issuer.from.auth.response",
    "keycloak: self_signed_tls_client_auth: it compares the certificate's subject alone",
    "keycloak: EdDSA: it accepts such an assertion at the endpoint for pushes and refuses it at the \
     token endpoint",
    "keycloak: signed introspection (RFC 9701): not run",
    "keycloak: demanded DPoP nonces: it has none",
    "keycloak: authorization_details of FDX: it refuses them at the authorization endpoint, as an \
     unsupported type (RFC 9396)",
    "keycloak: a rotated refresh token that comes back: it stays good unless the realm has \
     revokeRefreshToken",
];

const AUTHENTICATIONS: [Authentication; 2] =
    [Authentication::PrivateKeyJwt, Authentication::TlsClientAuth];
const ALGORITHMS: [Algorithm; 2] = [Algorithm::Es256, Algorithm::Ps256];
const SCOPES: [&str; 2] = ["fdx:accountbasic:read", "fdx:transactions:read"];

/// Runs every case, with one server for all.
pub(crate) fn rows(lab: &Lab, jvm: &Jvm) -> Vec<Row> {
    let start = || Keycloak::start(lab, jvm);
    jvm.rows_of(NAME, "26.7.3, four realms", start, |keycloak| keycloak.rows(lab, jvm))
}

struct Keycloak {
    home: PathBuf,
    port: u16,
    script: Option<Script>,
}

/// A realm has one of Keycloak's profiles for all its clients.
#[derive(Clone, Copy)]
struct Realm {
    binding: Binding,
    request: Request,
}

impl Realm {
    const ALL: [Self; 4] = [
        Self { binding: Binding::Dpop, request: Request::Plain },
        Self { binding: Binding::Dpop, request: Request::Jar },
        Self { binding: Binding::Mtls, request: Request::Plain },
        Self { binding: Binding::Mtls, request: Request::Jar },
    ];

    /// The name of the profile, which is also the realm's.
    fn name(self) -> &'static str {
        match (self.binding, self.request) {
            (Binding::Dpop, Request::Plain) => "fapi-2-dpop-security-profile",
            (Binding::Dpop, Request::Jar) => "fapi-2-dpop-message-signing",
            (Binding::Mtls, Request::Plain) => "fapi-2-security-profile",
            (Binding::Mtls, Request::Jar) => "fapi-2-message-signing",
        }
    }

    fn combinations(self) -> impl Iterator<Item = Combination> {
        let Self { binding, request } = self;
        AUTHENTICATIONS.into_iter().flat_map(move |authentication| {
            [Response::Query, Response::Jarm].into_iter().flat_map(move |response| {
                ALGORITHMS.map(|algorithm| Combination {
                    authentication,
                    binding,
                    request,
                    response,
                    algorithm,
                })
            })
        })
    }
}

impl Keycloak {
    fn start(lab: &Lab, jvm: &Jvm) -> Result<Self, Failure> {
        let mut unpacked = fs::read_dir(jvm.dir(NAME).join("target"))?.filter_map(Result::ok);
        let home = unpacked
            .find(|entry| entry.file_name().to_string_lossy().starts_with("keycloak-"))
            .ok_or_else(|| Failure::new("Keycloak is not unpacked"))?
            .path();
        let data = home.join("data");
        if data.exists() {
            fs::remove_dir_all(data)?;
        }
        let mut keycloak = Self { home, port: free_port()?, script: None };
        keycloak.run(jvm)?;
        let admin = Admin::login(lab, keycloak.origin())?;
        for realm in Realm::ALL {
            admin.create(realm)?;
        }
        Ok(keycloak)
    }

    fn origin(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    fn run(&mut self, jvm: &Jvm) -> Result<(), Failure> {
        let file = |name: &str| jvm.run.join(name).display().to_string();
        let mut sh = Command::new("sh");
        // Keycloak does not end with its standard input, so a shell ends it.
        sh.arg("-c").arg("\"$0\" \"$@\" & pid=$!; cat >&2; kill $pid; wait $pid");
        sh.arg(self.home.join("bin/kc.sh")).args([
            "start",
            "--optimized",
            "--http-host=127.0.0.1",
            &format!("--https-port={}", self.port),
            &format!("--hostname={}", self.origin()),
            &format!("--https-certificate-file={}", file("server.pem")),
            &format!("--https-certificate-key-file={}", file("server.key")),
            &format!("--truststore-paths={}", file("ca.pem")),
            "--log=console,file",
            &format!("--log-file={}", file("keycloak.log")),
        ]);
        sh.env("KC_BOOTSTRAP_ADMIN_USERNAME", ADMIN)
            .env("KC_BOOTSTRAP_ADMIN_PASSWORD", ADMIN)
            .env("JAVA_OPTS_KC_HEAP", "-Xms64m -Xmx384m")
            .env("JAVA_OPTS_APPEND", "-XX:TieredStopAtLevel=1");
        let script = Script::spawn(sh, jvm.errors(NAME))?;
        script.hear_words("Listening on:")?;
        self.script = Some(script);
        Ok(())
    }

    fn product(&self, realm: Realm) -> Product {
        let issuer = format!("{}/realms/{}", self.origin(), realm.name());
        let fdx = format!("{issuer}/protocol/openid-connect");
        Product {
            at: Addresses { issuer, fdx_mtls: fdx.clone(), fdx },
            dialect: dialect::KEYCLOAK,
            scope: "fdx:accountbasic:read fdx:transactions:read",
            revoked_with_proof: TokenTypeHint::AccessToken,
            resource: &["userinfo"],
        }
    }

    fn rows(&mut self, lab: &Lab, jvm: &Jvm) -> Vec<Row> {
        let name = |what: &str| format!("{NAME}: {what}");
        // Keycloak remembers what the customer once allowed a client.
        let first = self.product(BASE);
        let mut rows = vec![Row::of(&name("the customer refuses"), || {
            first.customer_refuses(lab, Combination::BASE)
        })];
        for realm in Realm::ALL {
            let product = self.product(realm);
            for at in realm.combinations() {
                rows.push(Row::of(&name(&at.to_string()), || product.whole(lab, at)));
            }
            let Realm { binding, request } = realm;
            let at = Combination { binding, request, ..Combination::BASE };
            if request == Request::Plain {
                let what = format!("the client restarted in the flow, {binding}");
                rows.push(Row::of(&name(&what), || product.client_restarted(lab, at)));
            }
        }
        for at in registrations() {
            let what = name(&format!("registered, read, used, deleted: {at}"));
            rows.push(Row::of(&what, || self.registered(lab, at)));
        }
        let what = name("refused: authorization_details of FDX");
        rows.push(Row::of(&what, || details_refused(&self.product(BASE), lab)));
        let what = name("the server restarted before the exchange and before a refresh");
        rows.push(Row::of(&what, || self.restarted(lab, jvm)));
        rows
    }

    /// Registers with an initial access token, reads, uses and deletes the registration.
    fn registered(&self, lab: &Lab, at: Combination) -> Result<String, Failure> {
        let Combination { authentication, binding, request, .. } = at;
        let realm = Realm { binding, request };
        let product = self.product(realm);
        let initial = Admin::login(lab, self.origin())?.initial_access(realm)?;
        let mut described = Registration::new("Budget");
        if authentication == Authentication::TlsClientAuth {
            let keys = Jwks::new(vec![lab.key(at.algorithm)?.public().clone()]).to_json();
            let keys = from_slice(keys.as_bytes(), &Limits::default())?;
            let name = TlsClientAuthName::SubjectDn("CN=fdx interop client".to_owned());
            described = described.jwks(keys)?.tls_client_auth(name);
        }
        let config = product.config(lab, at, "")?;
        let applicant = product.of(lab, at, config.clone())?;
        let registrar = Registrar::new(config, &described, applicant.client.metadata().clone())?;
        let draft = registrar.register(initial, Entropy::from_os()?, system_now())?;
        let registered = applicant.run(draft)?;
        let draft = registrar.read(&registered, Entropy::from_os()?, system_now())?;
        let registered = applicant.run(draft)?;

        let mut recipient = product.of(lab, at, registrar.client_config(&registered)?)?;
        // It gives a registered client its own scopes alone.
        recipient.request = AuthorizationRequest::of_scopes(Scopes::parse("profile")?).openid();
        let grant = product.granted(&mut recipient)?;
        let grant = recipient.refreshed(&grant)?;
        product.is_served(&recipient, grant.tokens().access_token())?;

        let draft = registrar.delete(&registered, Entropy::from_os()?, system_now())?;
        let _ = applicant.run(draft)?;
        match recipient.run(recipient.push()?) {
            Err(error) => Ok(format!("a push after it: {error}")),
            Ok(_) => Err(Failure::new("a deleted client can push")),
        }
    }

    /// Its codes are in memory, and its sessions in the database.
    fn restarted(&mut self, lab: &Lab, jvm: &Jvm) -> Result<String, Failure> {
        let product = self.product(BASE);
        let mut recipient = product.recipient(lab, Combination::BASE)?;
        let grant = product.granted(&mut recipient)?;
        let accepted = recipient.accepted()?;
        self.script = None; // ends it
        self.run(jvm)?;
        let draft = recipient.client.exchange(accepted, Entropy::from_os()?, system_now())?;
        let said = refused(recipient.run(draft), "invalid_grant")?;
        let refreshed = recipient.refreshed(&grant)?;
        product.is_served(&recipient, refreshed.tokens().access_token())?;
        Ok(format!("the code: {said}; the refresh token is still good"))
    }
}

/// Each authentication with each binding, and a client that signs requests.
fn registrations() -> impl Iterator<Item = Combination> {
    let base = Combination::BASE;
    let signing = Combination { request: Request::Jar, ..base };
    AUTHENTICATIONS
        .into_iter()
        .flat_map(move |authentication| {
            [Binding::Dpop, Binding::Mtls].map(|binding| Combination {
                authentication,
                binding,
                ..base
            })
        })
        .chain([signing])
}

/// The realm of the rows outside the matrix.
const BASE: Realm = Realm { binding: Binding::Dpop, request: Request::Plain };

/// It accepts the push and refuses at the authorization endpoint.
fn details_refused(product: &Product, lab: &Lab) -> Result<String, Failure> {
    let mut recipient = product.recipient(lab, Combination::BASE)?;
    recipient.request = recipient::usual_request()?;
    let (url, pending) = recipient.begin()?;
    let returned = lab.visit(&url, Decision::Allow)?;
    match recipient.callback(pending, &returned)? {
        Callback::Denied(refusal) => {
            check(refusal.is("invalid_request"), "the reason is not invalid_request")?;
            Ok(refusal.to_string())
        }
        Callback::Code(_) => Err(Failure::new("a code came")),
    }
}

const ADMIN: &str = "admin";
const CUSTOMER: &str = "alice";

/// The admin API.
struct Admin<'l> {
    lab: &'l Lab,
    origin: String,
    token: String,
}

impl<'l> Admin<'l> {
    fn login(lab: &'l Lab, origin: String) -> Result<Self, Failure> {
        let mut form = Form::new();
        form.pair("client_id", "admin-cli");
        form.pair("grant_type", "password");
        form.pair("username", ADMIN);
        form.pair("password", ADMIN);
        let url = format!("{origin}/realms/master/protocol/openid-connect/token");
        let request = http::Request::post(url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.as_str().as_bytes().to_vec())?;
        let mut admin = Self { lab, origin, token: String::new() };
        let answer: Value = serde_json::from_slice(&admin.send(request)?)?;
        let token = answer.get("access_token").and_then(Value::as_str);
        admin.token = token.ok_or_else(|| Failure::new("the admin has no token"))?.to_owned();
        Ok(admin)
    }

    fn create(&self, realm: Realm) -> Result<(), Failure> {
        let name = realm.name();
        self.post(
            "/admin/realms",
            &json!({
                "realm": name,
                "enabled": true,
                "users": [{
                    "username": CUSTOMER,
                    "enabled": true,
                    "email": "alice@customer.example",
                    "emailVerified": true,
                    "firstName": "Alice",
                    "lastName": "Customer",
                    "credentials": [{"type": "password", "value": "any", "temporary": false}],
                }],
                "clientPolicies": {"policies": [{
                    "name": "all",
                    "enabled": true,
                    "conditions": [{"condition": "any-client", "configuration": {}}],
                    "profiles": [name],
                }]},
            }),
        )?;
        for scope in SCOPES {
            let scope = json!({"name": scope, "protocol": "openid-connect"});
            self.post(&format!("/admin/realms/{name}/client-scopes"), &scope)?;
        }
        for at in realm.combinations() {
            self.post(&format!("/admin/realms/{name}/clients"), &self.client(at)?)?;
        }
        Ok(())
    }

    fn client(&self, at: Combination) -> Result<Value, Failure> {
        let Combination { authentication, binding, request, response, algorithm } = at;
        let id = at.to_string();
        let name = algorithm.name();
        let key = self.lab.key(algorithm)?.public().clone();
        let jwks = Jwks::new(vec![key]).to_json();
        let mut attributes = BTreeMap::from([
            ("use.jwks.string", "true"),
            ("jwks.string", &jwks),
            ("require.pushed.authorization.requests", "true"),
            ("pkce.code.challenge.method", "S256"),
            ("id.token.signed.response.alg", name),
            ("authorization.signed.response.alg", name),
        ]);
        let mut set = |name, value| attributes.insert(name, value);
        set(
            match binding {
                Binding::Dpop => "dpop.bound.access.tokens",
                Binding::Mtls => "tls.client.certificate.bound.access.tokens",
            },
            "true",
        );
        let authenticator = match authentication {
            Authentication::PrivateKeyJwt => {
                set("token.endpoint.auth.signing.alg", name);
                "client-jwt"
            }
            _ => {
                set("x509.subjectdn", "CN=fdx interop client");
                set("x509.allow.regex.pattern.comparison", "false");
                "client-x509"
            }
        };
        if request == Request::Jar {
            set("request.object.signature.alg", name);
        }
        if response == Response::Jarm {
            // The response is signed by the realm, and names it once.
            set("exclude.issuer.from.auth.response", "true");
        }
        Ok(json!({
            "clientId": id,
            "protocol": "openid-connect",
            "publicClient": false,
            "clientAuthenticatorType": authenticator,
            "redirectUris": ["https://recipient.example/callback"],
            "standardFlowEnabled": true,
            "directAccessGrantsEnabled": false,
            "consentRequired": true,
            "fullScopeAllowed": false,
            "optionalClientScopes": [SCOPES[0], SCOPES[1], "offline_access"],
            "attributes": attributes,
            // A token that does not name the client is inactive to it.
            "protocolMappers": [{
                "name": "audience",
                "protocol": "openid-connect",
                "protocolMapper": "oidc-audience-mapper",
                "config": {"included.client.audience": id, "access.token.claim": "true"},
            }],
        }))
    }

    fn initial_access(&self, realm: Realm) -> Result<InitialAccess, Failure> {
        let path = format!("/admin/realms/{}/clients-initial-access", realm.name());
        let answer = self.post(&path, &json!({"count": 1, "expiration": 600}))?;
        let answer: Value = serde_json::from_slice(&answer)?;
        let token = answer.get("token").and_then(Value::as_str);
        let token = token.ok_or_else(|| Failure::new("there is no initial access token"))?;
        Ok(InitialAccess::Token(Secret::new(token.to_owned())))
    }

    fn post(&self, path: &str, body: &Value) -> Result<Vec<u8>, Failure> {
        let request = http::Request::post(format!("{}{path}", self.origin))
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {}", self.token))
            .body(body.to_string().into_bytes())?;
        self.send(request)
    }

    fn send(&self, request: http::Request<Vec<u8>>) -> Result<Vec<u8>, Failure> {
        let path = request.uri().path().to_owned();
        let of = self.lab.identities.of(Authentication::PrivateKeyJwt, Generation::First);
        let send = of.transport.send_plain(request, 1024 * 1024);
        let response = self.lab.runtime.block_on(send)?;
        if response.status().is_success() {
            return Ok(response.into_body());
        }
        let (status, body) = (response.status(), String::from_utf8_lossy(response.body()));
        Err(Failure::new(format!("the admin API refused {path}: {status} {body}")))
    }
}
