use fdx_jose::Jws;
use serde_json::Value;

use super::Bench;
use super::bench::body;
use crate::customer::Decision;
use crate::{Binding, ConsentIdCarrier};

#[test]
fn returns_the_consent_id_only_in_its_carrier() {
    use ConsentIdCarrier::{FdxConsentId, GrantId, IdToken, IntrospectionOnly, Nowhere};
    for (carrier, places) in [
        (GrantId, [true, false, false, true]),
        (FdxConsentId, [false, true, false, true]),
        (IdToken, [false, false, true, true]),
        (IntrospectionOnly, [false, false, false, true]),
        (Nowhere, [false; 4]),
    ] {
        let mut bench = Bench::new(Binding::Dpop, |config| config.consent_id_carrier = carrier);
        let tokens = bench.tokens(&Decision::everything());
        let id_token = Jws::parse(tokens["id_token"].as_str().unwrap()).unwrap();
        let id_token: Value = id_token.claims().unwrap();
        let mut attempt = bench.post("/introspect");
        attempt.set("token", tokens["access_token"].as_str().unwrap());
        let introspection = body(&bench.send(&attempt));
        let found = [
            &tokens["grant_id"],
            &tokens["fdxConsentId"],
            &id_token["fdxConsentId"],
            &introspection["fdxConsentId"],
        ];
        assert_eq!(found.map(Value::is_string), places, "{carrier:?}");
    }
}
