//! Parameters of form bodies and queries.

use fdx_wire::form::Query;

/// The longest form that is read, in bytes.
pub(crate) const MAX_FORM: usize = 64 * 1024;
/// The longest query that is read, in bytes. Clients can repeat in the URL what they pushed.
pub(crate) const MAX_QUERY: usize = 8 * 1024;
/// The only parameter that may occur several times (RFC 8707 section 2).
pub(crate) const REPEATABLE: &str = "resource";

/// Returns the value of a parameter that occurs at most once. An empty value counts as absent
/// (RFC 6749 section 3.1).
pub(crate) fn value<'q>(query: &'q Query<'_>, name: &str) -> Option<&'q str> {
    query.one(name).ok().flatten().filter(|value| !value.is_empty())
}

/// Returns every value of a parameter in `form` that may occur several times. Empty values count as
/// absent.
pub(crate) fn values(form: &str, name: &str) -> Vec<String> {
    let value_in = |pair| {
        let pair = Query::parse(pair, MAX_FORM).ok()?;
        value(&pair, name).map(str::to_owned)
    };
    form.split('&').filter_map(value_in).collect()
}
