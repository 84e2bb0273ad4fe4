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
