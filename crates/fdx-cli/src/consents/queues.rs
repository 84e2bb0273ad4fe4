//! `fdx consents queues`.

use fdx_store::Tenant;
use fdx_store::consents::{Queue, QueueKind, queues};
use fdx_transport_hyper::system_now;
use fdx_wire::UnixTime;
use serde::Serialize;

use crate::args::stored::QueuesArgs;
use crate::error::Failure;
use crate::print::{TEXT, Table, message, pretty, printable, result};
use crate::store::Store;

/// The output of `--json`.
#[derive(Serialize)]
struct Report<'a> {
    queues: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Item<'a> {
    queue: &'static str,
    institution: Option<&'a str>,
    key_id: Option<u32>,
    count: u64,
    oldest: Option<String>,
    reason: Option<&'a str>,
}

pub(super) fn run(args: &QueuesArgs) -> Result<(), Failure> {
    let store = Store::open(args.store.store.as_deref())?;
    let now = system_now();
    let found = store.run(queues(Tenant::default(), &store.key_ring()?, now))?;
    if args.store.json {
        result(&pretty(&Report { queues: found.iter().map(item).collect() }));
        return Ok(());
    }
    if found.is_empty() {
        message("No consent waits for anything");
        return Ok(());
    }
    let mut table = Table::new(&["waiting for", "consents", "age", "reason"]);
    for queue in &found {
        let reason = queue.reason.as_deref().map(printable).unwrap_or_default();
        table.row([about(queue), queue.count.to_string(), age(queue, now), reason]);
    }
    result(&table.within(TEXT, 3).to_string());
    Ok(())
}

fn item(queue: &Queue) -> Item<'_> {
    let (institution, key_id) = match &queue.kind {
        QueueKind::PausedInstitution(issuer) => (Some(issuer.as_str()), None),
        QueueKind::Locked { key_id } => (None, Some(*key_id)),
        _ => (None, None),
    };
    Item {
        queue: name(&queue.kind),
        institution,
        key_id,
        count: queue.count,
        oldest: queue.oldest.map(UnixTime::to_rfc3339),
        reason: queue.reason.as_deref(),
    }
}

fn name(kind: &QueueKind) -> &'static str {
    match kind {
        QueueKind::Verification => "verification",
        QueueKind::Refresh => "refresh",
        QueueKind::Renewal => "renewal",
        QueueKind::Revocation => "revocation",
        QueueKind::Suspect => "suspect",
        QueueKind::Paused => "paused",
        QueueKind::PausedInstitution(_) => "paused_institution",
        QueueKind::Locked { .. } => "locked",
        _ => "other",
    }
}

fn about(queue: &Queue) -> String {
    match &queue.kind {
        QueueKind::Renewal => "a new grant of the customer".to_owned(),
        QueueKind::Suspect => "another try: their tokens were refused".to_owned(),
        QueueKind::Paused => "an operator (fdx keeper resume)".to_owned(),
        QueueKind::PausedInstitution(issuer) => format!("an operator: {}", printable(issuer)),
        QueueKind::Locked { key_id } => format!("the wrapping key {key_id}"),
        other => name(other).to_owned(),
    }
}

/// The age of the oldest, in its largest unit.
fn age(queue: &Queue, now: UnixTime) -> String {
    let Some(age) = queue.age(now) else { return "-".to_owned() };
    let seconds = age.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}
