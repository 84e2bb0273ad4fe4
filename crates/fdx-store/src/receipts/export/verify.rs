use fdx_jose::Jwks;
use fdx_jose::backend::Backend;

use super::super::chain::{ChainError, ChainFault, ChainVerifier};
use super::super::entry::ReceiptEntry;
use super::super::head::{Head, HeadCounter, HeadCounts};
use super::super::root::{Root, RootError, SignedRoot};
use super::line::{Contents, ExportHeader, Line};

/// Verifies an export line by line, without the database and in constant memory.
///
/// Every line is compared with its canonical form, every chain is complete up to its head, and each
/// root is compared with the entries before its time. What this proves is in the [module's
/// documentation](super::super).
#[derive(Clone, Debug)]
pub struct ExportVerifier {
    backend: Backend,
    keys: Option<Jwks>,
    /// The number of the line that was read last.
    line: u64,
    place: Place,
    heads: HeadCounter,
    roots: Vec<Compared>,
}

/// An export that was verified.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Export {
    /// The first line.
    pub header: ExportHeader,
    /// The last line.
    pub counts: HeadCounts,
    /// The roots.
    pub roots: Vec<Root>,
    /// Whose keys verified the roots.
    pub keys: KeySource,
}

/// Whose keys verified the roots of an export.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeySource {
    /// The caller's: the roots are from the owner of these keys.
    Caller,
    /// The export's own: the roots prove no more than the rest of the file.
    Export,
}

/// A line that was verified.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ExportLine {
    /// The first line.
    Header,
    /// A root, whose signature verifies. Its heads are compared at the end.
    Root,
    /// The head of a chain.
    Head(Head),
    /// An entry.
    Entry(Box<ReceiptEntry>),
    /// The last line.
    End,
}

/// The first line of an export that does not verify.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct ExportError {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong.
    pub fault: ExportFault,
}

/// What is wrong with a line of an export.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ExportFault {
    /// A chain does not verify.
    #[error("{0}")]
    Chain(#[from] ChainError),
    /// The last line counts other chains than the lines before.
    #[error("the last line counts other chains than the lines before: a chain is missing")]
    Counts,
    /// The export ends before its last line.
    #[error("the export ends before its last line")]
    CutOff,
    /// The export has a root, but neither it nor the caller has keys.
    #[error("no keys to verify the root: give the public keys (JWK Set)")]
    Keys,
    /// A line of another kind, not in its canonical form, or not at this place.
    #[error("not a line that is expected here, in its canonical form")]
    Line,
    /// A chain is not after the one before, or of another tenant.
    #[error("the chains are not sorted by tenant and consent, or one is of another tenant")]
    Order,
    /// A root can't be trusted.
    #[error("the root: {0}")]
    Root(#[from] RootError),
    /// The chains have other heads than the root: one was cut off, removed or replaced since.
    #[error(
        "the export has other heads than the root of {}, which counts {} entries in {} chains; \
         the export has {} in {} before that time: compare it with the root's list of heads",
        root.as_of, root.counts.entries, root.counts.chains, actual.entries, actual.chains
    )]
    RootDiffers {
        /// The root.
        root: Box<Root>,
        /// The heads of the export at the root's time.
        actual: HeadCounts,
    },
    /// A root of another tenant, or of all tenants.
    #[error("the root counts the chains of other tenants than the export")]
    RootScope,
}

impl ExportFault {
    /// The stable name of the fault, such as `receipts.export.cut_off`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Chain(error) => error.fault.code(),
            Self::Counts => "receipts.export.counts",
            Self::CutOff => "receipts.export.cut_off",
            Self::Keys => "receipts.export.keys",
            Self::Line => "receipts.export.line",
            Self::Order => "receipts.export.order",
            Self::Root(error) => error.code(),
            Self::RootDiffers { .. } => "receipts.export.root_differs",
            Self::RootScope => "receipts.export.root_scope",
        }
    }
}

#[derive(Clone, Debug)]
enum Place {
    Start,
    Roots(ExportHeader),
    /// Within a chain, whose head and entries were read.
    Chain(ExportHeader, Box<(Head, ChainVerifier)>),
    End(ExportHeader, HeadCounts),
}

/// A root, and the heads at its time.
#[derive(Clone, Debug)]
struct Compared {
    root: SignedRoot,
    heads: HeadCounter,
    /// The current chain's last entry before the root's time.
    head: Option<Head>,
}

impl ExportVerifier {
    /// Expects the first line. Roots must verify with `keys`, or with the export's own keys if there
    /// are none.
    #[must_use]
    pub fn new(backend: Backend, keys: Option<Jwks>) -> Self {
        Self {
            backend,
            keys,
            line: 0,
            place: Place::Start,
            heads: HeadCounter::default(),
            roots: Vec::new(),
        }
    }

    /// Verifies the next line, without its line feed. After an error, the rest can't be verified.
    ///
    /// # Errors
    /// [`ExportError`].
    pub fn line(&mut self, line: &str) -> Result<ExportLine, ExportError> {
        self.line += 1;
        self.next(line).map_err(|fault| self.error(fault))
    }

    /// Verifies that the export is complete.
    ///
    /// # Errors
    /// [`ExportFault::CutOff`].
    pub fn finish(self) -> Result<Export, ExportError> {
        let Place::End(header, counts) = self.place else {
            return Err(ExportError { line: self.line + 1, fault: ExportFault::CutOff });
        };
        let keys = if self.keys.is_some() { KeySource::Caller } else { KeySource::Export };
        let roots = self.roots.into_iter().map(|it| it.root.root().clone()).collect();
        Ok(Export { header, counts, roots, keys })
    }

    fn error(&self, fault: ExportFault) -> ExportError {
        ExportError { line: self.line, fault }
    }

    fn next(&mut self, text: &str) -> Result<ExportLine, ExportFault> {
        let place = core::mem::replace(&mut self.place, Place::Start);
        match (place, Line::read(text)) {
            (Place::Start, Some(Line::Header(header))) if self.line == 1 => {
                self.place = Place::Roots(header.read().ok_or(ExportFault::Line)?);
                Ok(ExportLine::Header)
            }
            (Place::Roots(header), Some(Line::Root(jws))) => {
                self.root(&header, &jws)?;
                self.place = Place::Roots(header);
                Ok(ExportLine::Root)
            }
            (Place::Roots(header), Some(Line::Head(head))) => self.begin(header, head),
            (Place::Roots(header), Some(Line::End(counts))) => self.end(header, counts),
            (Place::Chain(header, chain), Some(Line::Head(head))) => {
                self.complete(&header, &chain)?;
                self.begin(header, head)
            }
            (Place::Chain(header, chain), Some(Line::End(counts))) => {
                self.complete(&header, &chain)?;
                self.end(header, counts)
            }
            (Place::Chain(header, mut chain), None) => {
                let entry = self.entry(&header, &mut chain, text)?;
                self.place = Place::Chain(header, chain);
                Ok(ExportLine::Entry(Box::new(entry)))
            }
            _ => Err(ExportFault::Line),
        }
    }

    fn root(&mut self, header: &ExportHeader, jws: &str) -> Result<(), ExportFault> {
        let keys = self.keys.as_ref().or(header.keys.as_ref()).ok_or(ExportFault::Keys)?;
        let root = SignedRoot::verify(jws, self.backend, keys)?;
        if root.root().scope != header.scope {
            return Err(ExportFault::RootScope);
        }
        if let Some(before) = self.roots.last() {
            root.check_follows(&before.root)?;
        }
        self.roots.push(Compared { root, heads: HeadCounter::default(), head: None });
        Ok(())
    }

    fn begin(&mut self, header: ExportHeader, head: Head) -> Result<ExportLine, ExportFault> {
        if !header.scope.includes(&head.key.tenant) || !self.heads.push(&head) {
            return Err(ExportFault::Order);
        }
        let verifier = ChainVerifier::new(head.key.clone());
        self.place = Place::Chain(header, Box::new((head.clone(), verifier)));
        Ok(ExportLine::Head(head))
    }

    fn entry(
        &mut self,
        header: &ExportHeader,
        chain: &mut (Head, ChainVerifier),
        text: &str,
    ) -> Result<ReceiptEntry, ExportFault> {
        let (head, verifier) = chain;
        if header.contents == Contents::Heads {
            return Err(ExportFault::Line);
        }
        if verifier.next() > head.sequence {
            return Err(verifier.error(ChainFault::AfterHead).into());
        }
        let entry = verifier.check(text)?;
        for root in &mut self.roots {
            if entry.at() < root.root.root().as_of {
                root.head = verifier.head();
            }
        }
        Ok(entry)
    }

    /// Compares a chain with its head, at its end.
    fn complete(
        &mut self,
        header: &ExportHeader,
        chain: &(Head, ChainVerifier),
    ) -> Result<(), ExportFault> {
        let (head, verifier) = chain;
        if header.contents == Contents::Entries {
            verifier.check_head(head)?;
        }
        for root in &mut self.roots {
            let head = match header.contents {
                Contents::Entries => root.head.take(),
                Contents::Heads => Some(head.clone()),
            };
            if head.is_some_and(|head| !root.heads.push(&head)) {
                return Err(ExportFault::Order);
            }
        }
        Ok(())
    }

    fn end(&mut self, header: ExportHeader, counts: HeadCounts) -> Result<ExportLine, ExportFault> {
        if self.heads.counts() != counts {
            return Err(ExportFault::Counts);
        }
        for Compared { root, heads, .. } in &self.roots {
            let (root, actual) = (root.root(), heads.counts());
            if root.counts != actual {
                let root = Box::new(root.clone());
                return Err(ExportFault::RootDiffers { root, actual });
            }
        }
        self.place = Place::End(header, counts);
        Ok(ExportLine::End)
    }
}
