//! The decisions of the operations, over rows that are written by hand.

use super::support::*;
use crate::receipts::append::{Append, Next};
use crate::receipts::*;
use crate::{
    Action, Decision, Failure, Operation, OperationStep, RecordId, RecordKey, Rows, StoreError,
    Tenant, Type, Value,
};

/// A statement that an operation runs.
#[derive(Debug)]
struct Ran {
    /// The text in one line.
    sql: String,
    parameters: Vec<Value>,
}

/// Runs an operation against these rows, and returns the statements of each step and the output.
fn run<D: Decision>(
    operation: Operation<D>,
    answers: Vec<Vec<Rows>>,
) -> (Vec<Vec<Ran>>, Result<D::Output, StoreError>) {
    let (mut answers, mut steps) = (answers.into_iter(), Vec::new());
    let mut step = operation.inside_a_transaction().start();
    loop {
        match step {
            OperationStep::Done(output) => {
                assert_eq!(answers.next(), None, "all rows are read");
                return (steps, output);
            }
            OperationStep::Perform(running) => {
                let Action::Run(statements) = running.action() else { panic!("it only runs") };
                let described = statements.iter().map(|statement| {
                    let sql = statement.sql().split_whitespace().collect::<Vec<_>>().join(" ");
                    Ran { sql, parameters: statement.parameters().to_vec() }
                });
                let described: Vec<_> = described.collect();
                let rows = answers.next().ok_or(Failure::Restart);
                if let Ok(rows) = &rows {
                    assert_eq!(rows.len(), described.len(), "{described:?}");
                }
                steps.push(described);
                step = running.answered(rows);
            }
        }
    }
}

fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

fn number(number: u64) -> Value {
    Value::Integer(number.try_into().unwrap())
}

fn rows(rows: Vec<Vec<Value>>) -> Rows {
    Rows::selected(rows)
}

/// The columns of [`Append::reads`].
fn last_row(entry: &ReceiptEntry) -> Rows {
    rows(vec![vec![number(entry.sequence()), text(entry.canonical_json())]])
}

/// The columns of a page of the history.
fn history_row(entry: &ReceiptEntry) -> Vec<Value> {
    let row = row(entry);
    let at = number(row.at.as_seconds());
    vec![
        number(row.sequence),
        at,
        text(row.kind),
        text(row.cause),
        text(row.digest),
        text(row.json),
    ]
}

fn drafts() -> [ReceiptDraft; 2] {
    let granted = Event::granted(receipt(None, "openid"));
    [
        ReceiptDraft::new(at(0), cause("flow-1"), granted),
        ReceiptDraft::new(at(60), cause("r-1"), Event::Expired {}),
    ]
}

#[test]
fn appends_the_first_and_the_next_entry() {
    let entries = chain(&key("c"), &drafts());
    let before = [rows(vec![]), last_row(&entries[0])];
    for ((entry, draft), before) in entries.iter().zip(drafts()).zip(before) {
        let answers = vec![vec![before, rows(vec![])], vec![Rows::changed(1)]];
        let (steps, head) = run(append(key("c"), draft), answers);
        assert_eq!(head.unwrap(), super::support::head(core::slice::from_ref(entry)));
        let [reads, inserts] = steps.try_into().unwrap();
        assert_eq!(reads[0].parameters, [text("default"), text("c")]);
        assert_eq!(
            reads[1].parameters[2..],
            [text(entry.event().kind()), text(entry.cause().as_str())]
        );
        let row = row(entry);
        assert_eq!(
            inserts[0].parameters,
            [
                text("default"),
                text("c"),
                number(row.sequence),
                number(row.at.as_seconds()),
                text(row.kind),
                text(row.cause),
                text(row.digest),
                text(row.json)
            ]
        );
    }
}

#[test]
fn a_repeated_append_finds_its_entry() {
    let entries = chain(&key("c"), &drafts());
    let [granted, _] = drafts();
    let answers = vec![vec![last_row(&entries[1]), last_row(&entries[0])]];
    let (steps, head) = run(append(key("c"), granted), answers);
    assert_eq!(steps.len(), 1, "nothing is written");
    assert_eq!(head.unwrap(), super::support::head(&entries[..1]));
}

#[test]
fn an_append_that_another_overtakes_starts_again() {
    let [granted, _] = drafts();
    let answers = vec![vec![rows(vec![]), rows(vec![])], vec![Rows::changed(0)]];
    let (_, output) = run(append(key("c"), granted), answers);
    assert_eq!(output, Err(StoreError::RestartTransaction));
}

/// The new entry names the entry as it is stored. The chain shows what was changed before.
#[test]
fn an_append_does_not_trust_the_digest_column() {
    let entries = chain(&key("c"), &drafts());
    let changed = entries[0].canonical_json().replace("app-1", "app-2");
    let append = Append { key: key("c"), draft: drafts()[1].clone() };
    let changed_row = rows(vec![vec![number(1), text(changed.as_str())]]);
    let next = append.next(&mut [changed_row, rows(vec![])].into_iter()).unwrap();
    let Next::Insert(statement, _) = next else { panic!("it inserts") };
    let Value::Text(json) = &statement.parameters()[7] else { panic!("it is a text") };
    let entry = ReceiptEntry::from_json(json).unwrap();
    assert_eq!(entry.previous(), Some(Digest::of(&changed)));
    for number in [0, -1, i64::MAX] {
        let damaged = rows(vec![vec![Value::Integer(number), text("{}")]]);
        let next = append.next(&mut [damaged, rows(vec![])].into_iter());
        assert!(matches!(next, Err(StoreError::UnexpectedRows)));
    }
    let last = (1_u64 << 53) - 1;
    let full = rows(vec![vec![self::number(last), text("{}")]]);
    let next = append.next(&mut [full, rows(vec![])].into_iter());
    assert!(matches!(next, Err(StoreError::Database(_))));
}

#[test]
fn reads_the_history_in_pages() {
    let entries = chain(&key("c"), &drafts());
    let page = vec![vec![rows(entries.iter().map(history_row).collect())]];
    let (steps, output) = run(history(key("c"), 0, 2), page);
    assert_eq!(steps[0][0].parameters, [text("default"), text("c"), number(0), number(2)]);
    let output = output.unwrap();
    assert_eq!(output.entries, entries.iter().map(row).collect::<Vec<_>>());
    assert_eq!(output.next, Some(2));
    let (_, output) = run(history(key("c"), 2, 2), vec![vec![rows(vec![])]]);
    assert_eq!(output.unwrap(), HistoryPage { entries: vec![], next: None });
    for (limit, bounded) in [(0, 1), (u16::MAX, 1000)] {
        let (steps, _) = run(history(key("c"), 0, limit), vec![vec![rows(vec![])]]);
        assert_eq!(steps[0][0].parameters[3], number(bounded));
    }
}

#[test]
fn reads_heads_in_pages() {
    let digest = Digest::of("x");
    let found = |ids: &[(&str, u64)]| {
        let row = |(id, last): &(&str, u64)| vec![text("default"), text(*id), number(*last)];
        vec![rows(ids.iter().map(row).collect())]
    };
    let digests = |texts: &[String]| {
        texts.iter().map(|it| rows(vec![vec![text(it.as_str())]])).collect::<Vec<_>>()
    };
    let answers =
        vec![found(&[("a", 3), ("b", 1)]), digests(&[digest.to_string(), "no digest".to_owned()])];
    let operation = heads(Scope::All, Some(key("0")), Some(at(9)), 2);
    let (steps, output) = run(operation, answers);
    let after = [text("default"), text("0"), number(START + 9), number(2)];
    assert_eq!(steps[0][0].parameters, after);
    assert_eq!(steps[1][1].parameters, [text("default"), text("b"), number(1)]);
    let output = output.unwrap();
    assert_eq!(output.heads[0], Head { key: key("a"), sequence: 3, digest });
    assert_ne!(output.heads[1].digest, digest, "a damaged digest does not end the page");
    assert_eq!(output.next, Some(key("b")));

    let scope = Scope::Tenant(Tenant::new("t").unwrap());
    let (steps, output) = run(heads(scope, None, None, 2), vec![vec![rows(vec![])]]);
    assert_eq!(steps[0][0].parameters, [text("t"), text(""), Value::Integer(i64::MAX), number(2)]);
    assert_eq!(output.unwrap(), HeadsPage { heads: vec![], next: None });

    let gone = vec![found(&[("a", 3)]), vec![rows(vec![])]];
    let (_, output) = run(heads(Scope::All, None, None, 2), gone);
    assert_eq!(output, Err(StoreError::RestartTransaction));
    let damaged = vec![vec![rows(vec![vec![text("default"), text("a b"), number(1)]])]];
    let (_, output) = run(heads(Scope::All, None, None, 2), damaged);
    assert_eq!(output, Err(StoreError::UnexpectedRows));
}

const DAY: u64 = 86_400;

/// Five chains that are old enough: two have ended, one verifies no longer, one has not ended in
/// the store, one was renewed by a consent that still has a chain.
#[test]
fn deletes_only_whole_chains_whose_retention_is_over() {
    let granted = || ReceiptDraft::new(at(0), cause("f"), Event::granted(receipt(None, "")));
    let revoked = Event::Revoked(Revocation::new(RevokedBy::Recipient));
    let revoked = ReceiptDraft::new(at(DAY), cause("r"), revoked);
    let id = RecordId::new("new").unwrap();
    let renewed = Event::renewed(receipt(None, ""), Renewal::RenewedBy(id));
    let renewed = ReceiptDraft::new(at(2 * DAY), cause("n"), renewed);
    let keys = ["a", "b", "c", "d", "e", "f"].map(key);
    let mut chains: Vec<_> =
        keys.iter().map(|key| chain(key, &[granted(), revoked.clone()])).collect();
    chains[4] = chain(&keys[4], &[granted(), renewed.clone()]);
    chains[5] = chain(&keys[5], &[granted(), renewed]);
    let first = |key: &RecordKey| vec![text(key.id.as_str()), number(START)];
    let found = rows(keys.iter().map(first).collect());
    let state = |state: Option<&str>| rows(state.iter().map(|it| vec![text(*it)]).collect());
    let states = [None, Some("revoked"), Some("revoked"), Some("active"), Some("expired"), None];
    let mut read = Vec::new();
    for (chain, it) in chains.iter().zip(states) {
        read.push(rows(chain.iter().map(history_row).collect()));
        read.push(state(it));
    }
    read[4] = rows(vec![history_row(&chains[2][1])]);
    let renewals = vec![rows(vec![vec![number(1)]]), rows(vec![])];
    let counts = vec![Rows::changed(2); 3];

    let now = at(1200 * DAY);
    let operation = delete_ended(Tenant::default(), RetentionPolicy::UNITED_STATES, None, now, 6);
    let answers = vec![vec![found.clone()], read.clone(), renewals.clone(), counts];
    let (steps, output) = run(operation, answers);
    assert_eq!(steps[0][0].parameters, [text("default"), text(""), number(1000)]);
    let deletes = |ran: &Ran| (ran.sql.clone(), ran.parameters[1].clone());
    let deleted: Vec<_> = steps[3].iter().map(deletes).collect();
    let sql = "DELETE FROM fdx_receipts WHERE tenant = $1 AND consent = $2";
    assert_eq!(deleted, ["a", "b", "f"].map(|id| (sql.to_owned(), text(id))));
    let output = output.unwrap();
    assert_eq!(output.chains, [0, 1, 5].map(|place: usize| head(&chains[place])));
    assert_eq!(output.unverified, [key("c")]);
    assert_eq!(output.next, Some(RecordId::new("f").unwrap()));

    // An entry was appended meanwhile.
    let operation = delete_ended(Tenant::default(), RetentionPolicy::UNITED_STATES, None, now, 6);
    let counts = vec![Rows::changed(2), Rows::changed(3), Rows::changed(2)];
    let (_, output) = run(operation, vec![vec![found.clone()], read.clone(), renewals, counts]);
    assert_eq!(output, Err(StoreError::RestartTransaction));

    // Five years are not over.
    let operation = delete_ended(Tenant::default(), RetentionPolicy::CANADA_DRAFT, None, now, 9);
    let (_, output) = run(operation, vec![vec![found]]);
    assert_eq!(output.unwrap(), Deleted::default());
}

#[test]
fn a_batch_looks_at_a_bounded_number_of_chains() {
    let policy = RetentionPolicy::UNITED_STATES;
    let after = || Some(RecordId::new("a").unwrap());
    let now = at(1098 * DAY);
    let first =
        |(place, day): (u64, u64)| vec![text(format!("{place:04}")), number(START + day * DAY)];
    let found = |days: Vec<u64>| vec![rows((0..).zip(days).map(first).collect())];
    let delete = |limit, answers| {
        let operation = delete_ended(Tenant::default(), policy, after(), now, limit);
        let (steps, output) = run(operation, answers);
        assert_eq!(steps[0][0].parameters, [text("default"), text("a"), number(1000)]);
        let read = steps.get(1).map_or(0, |step| step.len() / 2);
        (read, output.unwrap().next.map(|id| id.as_str().to_owned()))
    };
    assert_eq!(delete(9, vec![found(vec![])]), (0, None));
    assert_eq!(delete(9, vec![found(vec![1; 999])]), (0, None));
    assert_eq!(delete(9, vec![found(vec![1; 1000])]), (0, Some("0999".to_owned())));
    let empty = |chains: usize| vec![rows(vec![]); 2 * chains];
    assert_eq!(delete(2, vec![found(vec![1, 0, 1, 0, 0]), empty(2)]), (2, Some("0003".to_owned())));
    assert_eq!(delete(0, vec![found(vec![0, 0]), empty(1)]), (1, Some("0000".to_owned())));
    assert_eq!(delete(999, vec![found(vec![0; 101]), empty(100)]), (100, Some("0099".to_owned())));
    assert_eq!(delete(3, vec![found(vec![0, 1]), empty(1)]), (1, None));
}

#[test]
fn keeps_the_root_that_names_the_newest_one() {
    let signing = signing_key();
    let first = signed_root(&signing, at(DAY), None, &[]);
    let second = signed_root(&signing, at(2 * DAY), Some(&first), &[]);
    let stored = |root: &SignedRoot| vec![rows(vec![vec![text(root.as_str())]])];
    let none = || vec![rows(vec![])];
    let changed = |count| vec![Rows::changed(count)];
    let (steps, kept) = run(keep_root(&first), vec![none(), changed(1)]);
    assert_eq!(kept, Ok(RootKept::Newest));
    assert_eq!(steps[1][0].parameters, [text("root"), text(first.as_str())]);
    let (steps, kept) = run(keep_root(&second), vec![stored(&first), changed(1)]);
    assert_eq!(kept, Ok(RootKept::Newest));
    let update = [text(second.as_str()), text("root"), text(first.as_str())];
    assert_eq!(steps[1][0].parameters, update);
    for (root, before) in [(&first, none()), (&second, stored(&first))] {
        let (_, kept) = run(keep_root(root), vec![before, changed(0)]);
        assert_eq!(kept, Err(StoreError::RestartTransaction));
    }
    assert_eq!(run(keep_root(&second), vec![stored(&second)]).1, Ok(RootKept::Newest), "repeated");
    for (root, before) in [(&first, stored(&second)), (&second, none())] {
        assert_eq!(run(keep_root(root), vec![before]).1, Ok(RootKept::Overtaken));
    }
    let (_, last) = run(last_root(&Scope::All), vec![stored(&second)]);
    assert_eq!(last.unwrap().as_deref(), Some(second.as_str()));
    let scope = Scope::Tenant(Tenant::new("t").unwrap());
    let (steps, last) = run(last_root(&scope), vec![none()]);
    assert_eq!((&steps[0][0].parameters[..], last), (&[text("root t")][..], Ok(None)));
}

/// A driver may return a NULL or other columns for a damaged row.
#[test]
fn rejects_rows_of_other_columns() {
    let damaged = || vec![vec![rows(vec![vec![number(1), Value::Null(Type::Integer)]])]];
    let (_, output) = run(history(key("c"), 0, 2), damaged());
    assert_eq!(output, Err(StoreError::UnexpectedRows));
    let key: RecordKey = key("c");
    let (_, output) =
        run(append(key, drafts()[0].clone()), vec![vec![rows(vec![]), damaged()[0][0].clone()]]);
    assert_eq!(output, Err(StoreError::UnexpectedRows));
}
