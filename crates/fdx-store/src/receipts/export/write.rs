use super::super::head::{Head, HeadCounter};
use super::super::read::StoredEntry;
use super::super::root::SignedRoot;
use super::line::{Contents, ExportHeader, Header, Line};

/// Writes an export, line by line: the header, the roots, each chain, the end.
///
/// ```text
/// begin ──▶ root … ──▶ ( head ──▶ entry … ) … ──▶ end
/// ```
///
/// Read the heads first, page by page, then the entries of each: [`heads`](super::super::heads),
/// [`history`](super::super::history). An entry that is appended meanwhile is left out, because its
/// number is beyond the head. Entries are written as they are stored, whether or not they verify.
#[derive(Clone, Debug)]
pub struct ExportWriter {
    header: ExportHeader,
    heads: HeadCounter,
    /// The number of the current chain's head.
    last: u64,
}

/// Why a line is not written.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// An export of heads has no entries.
    #[error("an export of heads has no entries")]
    Contents,
    /// A head is not after the one before, of another tenant, or with a number that no entry has.
    #[error("the heads are not sorted by tenant and consent, or one is of another tenant")]
    Order,
    /// A root after a head, or of another scope.
    #[error("the root is of another scope, or after a head")]
    Root,
}

impl ExportWriter {
    /// Begins an export. Returns its first line.
    #[must_use]
    pub fn begin(header: ExportHeader) -> (Self, String) {
        let line = line(&Line::Header(Header::of(&header)));
        (Self { header, heads: HeadCounter::default(), last: 0 }, line)
    }

    /// Writes a root. Roots are written one after the other without gaps.
    ///
    /// # Errors
    /// [`WriteError::Root`].
    pub fn root(&mut self, root: &SignedRoot) -> Result<String, WriteError> {
        if root.root().scope != self.header.scope || self.heads.counts().chains > 0 {
            return Err(WriteError::Root);
        }
        Ok(line(&Line::Root(root.as_str().to_owned())))
    }

    /// Writes the head of the next chain.
    ///
    /// # Errors
    /// [`WriteError::Order`].
    pub fn head(&mut self, head: &Head) -> Result<String, WriteError> {
        if !self.header.scope.includes(&head.key.tenant) || !self.heads.push(head) {
            return Err(WriteError::Order);
        }
        self.last = head.sequence;
        Ok(line(&Line::Head(head.clone())))
    }

    /// Writes the next entry of the chain. `None` if it was appended after the head was read.
    ///
    /// # Errors
    /// [`WriteError::Contents`].
    pub fn entry(&mut self, entry: &StoredEntry) -> Result<Option<String>, WriteError> {
        match self.header.contents {
            Contents::Heads => Err(WriteError::Contents),
            Contents::Entries if entry.sequence > self.last => Ok(None),
            Contents::Entries => Ok(Some([entry.json.as_str(), "\n"].concat())),
        }
    }

    /// Writes the last line.
    #[must_use]
    pub fn end(self) -> String {
        line(&Line::End(self.heads.counts()))
    }
}

fn line(line: &Line) -> String {
    // Texts and numbers below 2^53 always have a canonical form.
    let mut text = line.to_json().unwrap_or_default();
    text.push('\n');
    text
}
