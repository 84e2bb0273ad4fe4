use core::time::Duration;

use fdx_rar::Timestamp;
use proptest::prelude::*;

use super::support::*;
use crate::RecordId;
use crate::receipts::*;

const DAY: u64 = 86_400;
const US: RetentionPolicy = RetentionPolicy::UNITED_STATES;

fn retention(events: Vec<(u64, Event)>) -> Retention {
    let drafts: Vec<_> = events
        .into_iter()
        .map(|(day, event)| ReceiptDraft::new(at(day * DAY), cause("x"), event))
        .collect();
    US.retention(&chain(&key("c"), &drafts))
}

fn until(day: u64) -> Retention {
    Retention::Until(at(day * DAY))
}

fn granted() -> Event {
    Event::granted(receipt(None, ""))
}

fn revoked() -> Event {
    Event::Revoked(Revocation::new(RevokedBy::Customer))
}

fn id() -> RecordId {
    RecordId::new("other").unwrap()
}

/// Three years of 366 days.
const YEARS: u64 = 1098;

#[test]
fn three_years_after_the_last_authorization() {
    assert_eq!(retention(vec![(0, granted()), (5, revoked())]), until(YEARS));
    let renewal = Event::renewed(receipt(None, ""), Renewal::Renews(id()));
    assert_eq!(retention(vec![(7, renewal), (9, Event::Expired {})]), until(7 + YEARS));
    let renewed = Event::renewed(receipt(None, ""), Renewal::RenewedBy(id()));
    let kept = Retention::UntilAndWith(at((80 + YEARS) * DAY), id());
    assert_eq!(retention(vec![(0, granted()), (80, renewed), (81, revoked())]), kept);
    // A consent that was imported has no authorization here.
    assert_eq!(retention(vec![(3, Event::Erased {}), (4, Event::Expired {})]), until(3 + YEARS));
}

/// The receipt of these tests ends after 90 days.
#[test]
fn until_the_consent_ends_by_an_event_or_its_expiration() {
    assert_eq!(retention(vec![(0, granted())]), until(YEARS));
    assert_eq!(retention(vec![(0, granted()), (2000, revoked())]), until(2000));
    let change = |text: &str| {
        Event::Changed(InstitutionChange { expiration: Some(Timestamp::parse(text)), status: None })
    };
    let later = change(&at(3000 * DAY).to_rfc3339());
    assert_eq!(retention(vec![(0, granted()), (1, later)]), until(3000));
    assert_eq!(retention(vec![(0, granted()), (1, change("soon"))]), Retention::UntilItEnds);
    let status =
        InstitutionChange { status: Some(fdx_rar::ConsentStatus::Active), expiration: None };
    assert_eq!(retention(vec![(0, granted()), (1, Event::Changed(status))]), until(YEARS));
    let narrowed = Event::narrowed(&receipt(None, "a"), receipt(None, ""));
    assert_eq!(retention(vec![(0, granted()), (1, narrowed)]), until(YEARS));
    assert_eq!(US.retention([]), Retention::UntilItEnds);
}

#[test]
fn a_period_is_never_shorter_than_in_the_calendar() {
    for (from, years) in
        [("2024-01-01", 3), ("2023-03-01", 1), ("2024-02-29", 5), ("2020-01-01", 9)]
    {
        let from_time = format!("{from}T00:00:00Z");
        let year: u32 = from[..4].parse().unwrap();
        let end = format!(
            "{}{}T00:00:00Z",
            year + u32::from(years),
            &from[4..].replace("02-29", "03-01")
        );
        let period = RetentionPolicy::years(years).period();
        let [from, end] =
            [from_time, end].map(|it| fdx_wire::UnixTime::parse_rfc3339(&it).unwrap());
        assert!(from + period >= end && from + period < end + Duration::from_secs(10 * DAY));
    }
    assert_eq!(RetentionPolicy::CANADA_DRAFT, RetentionPolicy::years(5));
}

proptest! {
    #[test]
    fn a_chain_is_kept_for_the_period_after_each_authorization(
        drafts in prop::collection::vec(draft(), 1..6),
    ) {
        let entries = chain(&key("c"), &drafts);
        let (Retention::Until(until) | Retention::UntilAndWith(until, _)) = US.retention(&entries)
        else { return Ok(()) };
        for entry in &entries {
            let authorizes = matches!(entry.event(), Event::Granted { .. } | Event::Renewed { .. });
            prop_assert!(!authorizes || until >= entry.at() + US.period());
            let ends = matches!(
                entry.event(),
                Event::Erased {} | Event::Expired {} | Event::Revoked(_)
            );
            prop_assert!(!ends || until >= entry.at());
        }
    }
}
