use fdx_jose::Jwks;
use fdx_wire::UnixTime;
use fdx_wire::json::{JsonValue, Limits, RawJson, from_slice, object_from_slice};
use serde::{Deserialize, Serialize};

use super::super::form;
use super::super::head::{Head, HeadCounts, Scope};
use crate::Tenant;

/// The first line of an export.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExportHeader {
    /// What the lines contain.
    pub contents: Contents,
    /// Whose chains.
    pub scope: Scope,
    /// When the export was made.
    pub exported_at: UnixTime,
    /// The public keys of the roots, for readers that have no others.
    pub keys: Option<Jwks>,
}

/// What the lines of an export contain.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Contents {
    /// Each chain: its head, then its entries.
    Entries,
    /// The head of each chain: the list that belongs to a root.
    Heads,
}

/// Names the format.
const FORMAT: &str = "fdx-consent-receipts";
const VERSION: u32 = 1;

/// For lines that are no entries.
const LIMITS: Limits = Limits::bytes(256 * 1024);

/// A line that is no entry, as it is written. Its canonical form begins with the only member's name,
/// and no entry begins with one of these.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Line {
    End(HeadCounts),
    Head(Head),
    Header(Header),
    Root(String),
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Header {
    format: String,
    version: u32,
    contents: Contents,
    #[serde(with = "form::rfc3339")]
    exported_at: UnixTime,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "form::optional_tenant")]
    tenant: Option<Tenant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keys: Option<RawJson>,
}

impl Line {
    /// The line in its canonical form (RFC 8785), without a line feed.
    pub(super) fn to_json(&self) -> Option<String> {
        JsonValue::of(self).ok()?.to_canonical()
    }

    /// Reads a line. `None` if it is an entry or another text.
    pub(super) fn read(text: &str) -> Option<Self> {
        let names = [r#"{"end":"#, r#"{"head":"#, r#"{"header":"#, r#"{"root":"#];
        if !names.iter().any(|name| text.starts_with(name)) {
            return None;
        }
        let line: Self = object_from_slice(text.as_bytes(), &LIMITS).ok()?;
        (line.to_json()? == text).then_some(line)
    }
}

impl Header {
    pub(super) fn of(header: &ExportHeader) -> Self {
        let keys = header.keys.as_ref();
        let keys = keys.and_then(|keys| from_slice(keys.to_json().as_bytes(), &LIMITS).ok());
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            contents: header.contents,
            exported_at: header.exported_at,
            tenant: header.scope.tenant().cloned(),
            keys,
        }
    }

    pub(super) fn read(self) -> Option<ExportHeader> {
        let is_known = self.format == FORMAT && self.version == VERSION;
        let keys = match self.keys {
            Some(keys) => Some(Jwks::parse(keys.as_str().as_bytes()).ok()?),
            None => None,
        };
        is_known.then_some(ExportHeader {
            contents: self.contents,
            scope: self.tenant.into(),
            exported_at: self.exported_at,
            keys,
        })
    }
}
