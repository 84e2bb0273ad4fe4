use core::time::Duration;

use fdx_rar::GrantedDetails;
use fdx_wire::UnixTime;
use proptest::prelude::*;

use super::*;

const NOW: UnixTime = UnixTime::from_seconds(1_767_607_200);
const YEAR: u64 = 31_536_000;

fn billing() -> Billing {
    Billing { user_type: "Retail".into(), purpose: "AccountAggregation".into() }
}

fn lasting(seconds: u64) -> AccountAccessConsent {
    AccountAccessConsent::new([1; 16], NOW + Duration::from_secs(seconds), billing())
}

#[test]
fn writes_the_names_of_the_standard() {
    let details = lasting(86_400)
        .permission(Permission::ReadAccountsBasic)
        .permission(Permission::ReadAccountsBasic)
        .account_type("Retail")
        .authorization_details(NOW);
    assert_eq!(
        details.unwrap().to_json(),
        r#"[{"type":"urn:openfinanceuae:account-access-consent:v2.1","consent":{"ConsentId":"01010101-0101-4101-8101-010101010101","ExpirationDateTime":"2026-01-06T10:00:00Z","Permissions":["ReadAccountsBasic"],"AccountType":["Retail"],"OpenFinanceBilling":{"UserType":"Retail","Purpose":"AccountAggregation"}}}]"#
    );
}

#[test]
fn writes_optional_members_of_the_standard() {
    let party = OnBehalfOf {
        trading_name: "Budget".into(),
        legal_name: "Budget LLC".into(),
        identifier_type: "Other".into(),
        identifier: "b-1".into(),
    };
    let details = lasting(86_400)
        .v2_2()
        .permission(Permission::ReadBalances)
        .from_date(NOW)
        .to_date(NOW + Duration::from_secs(86_400))
        .on_behalf_of(party)
        .webhook(&fdx_wire::HttpsUrl::parse("https://app.example/events").unwrap(), true)
        .authorization_details(NOW);
    let json = details.unwrap().to_json();
    for part in [
        r#""type":"urn:openfinanceuae:account-access-consent:v2.2""#,
        r#""FromDate":"2026-01-05","ToDate":"2026-01-06""#,
        r#""OnBehalfOf":{"TradingName":"Budget","LegalName":"Budget LLC","IdentifierType":"Other","Identifier":"b-1"}"#,
        r#""subscription":{"Webhook":{"Url":"https://app.example/events","IsActive":true}}"#,
    ] {
        assert!(json.contains(part), "{part}: {json}");
    }
}

#[test]
fn reads_status_and_expiration_of_each_type_and_version() {
    for name in ["account-access-consent", "service-initiation-consent", "insurance-consent"] {
        for version in ["v1.2", "v2.0", "v2.1", "v2.2"] {
            for members in [
                r#"{"Data":{"ConsentId":"c-1","Status":"Revoked","ExpirationDateTime":"2026-05-03T15:46:00Z"}}"#,
                r#"{"ConsentId":"c-1","Status":"Revoked","ExpirationDateTime":"2026-05-03T15:46:00.5Z"}"#,
            ] {
                let json = format!(
                    r#"[{{"type":"urn:openfinanceuae:{name}:{version}","consent":{members}}}]"#
                );
                let found =
                    ReportedConsent::find(&GrantedDetails::parse(json.clone()).unwrap()).unwrap();
                assert_eq!(found.consent_id(), "c-1");
                assert_eq!(found.status(), Some(&ConsentState::Revoked));
                let end = UnixTime::parse_rfc3339("2026-05-03T15:46:00Z").unwrap();
                assert_eq!(found.expires_at(), Some(end), "{json}");
            }
        }
    }
}

#[test]
fn requires_expiration_in_the_future_and_within_a_year() {
    let result = |seconds| {
        lasting(seconds).permission(Permission::ReadBalances).authorization_details(NOW).map(drop)
    };
    assert_eq!(result(0), Err(AccountAccessConsentError::Expired));
    assert_eq!(result(1), Ok(()));
    assert_eq!(result(YEAR - 1), Ok(()));
    assert_eq!(result(YEAR), Err(AccountAccessConsentError::TooLong));
    let nothing = lasting(1).authorization_details(NOW);
    assert_eq!(nothing, Err(AccountAccessConsentError::NoPermission));
}

#[test]
fn finds_reported_consent_with_and_without_data() {
    let reported = |consent: &str| {
        // A detail of another type is skipped, whatever its members.
        let json = format!(
            r#"[{{"type":"x","consent":{{"ConsentId":"x-1"}}}},{{"type":"{ACCOUNT_ACCESS_CONSENT}","consent":{consent}}}]"#
        );
        ReportedConsent::find(&GrantedDetails::parse(json).unwrap())
    };
    let found =
        reported(r#"{"Data":{"ConsentId":"c-1","Status":"authorized"},"Links":{}}"#).unwrap();
    assert_eq!((found.consent_id(), found.status()), ("c-1", Some(&ConsentState::Authorized)));
    let found = reported(r#"{"ConsentId":"c-2","Status":7}"#).unwrap();
    assert_eq!((found.consent_id(), found.status()), ("c-2", None));
    for none in ["{}", "[]", "1", r#"{"Data":{}}"#, r#"{"Data":{"ConsentId":7}}"#] {
        assert_eq!(reported(none), None, "{none}");
    }
}

#[test]
fn reads_known_names_in_any_case() {
    for known in Permission::KNOWN {
        for text in [known.as_str().to_ascii_lowercase(), known.as_str().to_ascii_uppercase()] {
            assert_eq!(Permission::parse(&text), known);
        }
        assert!(!matches!(known, Permission::Other(_)));
    }
    for known in ConsentState::KNOWN {
        for text in [known.as_str().to_ascii_lowercase(), known.as_str().to_ascii_uppercase()] {
            assert_eq!(ConsentState::parse(&text), known);
        }
        assert!(!matches!(known, ConsentState::Other(_)));
    }
}

proptest! {
    #[test]
    fn keeps_unknown_names_unchanged(text: String) {
        let known = |name: &str| name == text || name.eq_ignore_ascii_case(&text);
        prop_assert!(known(Permission::parse(&text).as_str()));
        prop_assert!(known(ConsentState::parse(&text).as_str()));
    }

    #[test]
    fn finds_pushed_consent(random: [u8; 16], seconds in 1..YEAR) {
        let consent = AccountAccessConsent::new(random, NOW + Duration::from_secs(seconds), billing())
            .permission(Permission::ReadAccountsDetail);
        let details = consent.authorization_details(NOW).unwrap();
        let read = GrantedDetails::parse(details.to_json()).unwrap();
        let reported = ReportedConsent::find(&read).unwrap();
        prop_assert_eq!(reported.consent_id(), consent.consent_id());
        prop_assert_eq!(read.as_json().as_str(), details.to_json());
    }
}
