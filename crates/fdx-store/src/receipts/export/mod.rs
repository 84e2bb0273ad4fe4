//! Chains as a file that verifies alone.

mod line;
mod verify;
mod write;

pub use line::{Contents, ExportHeader};
pub use verify::{Export, ExportError, ExportFault, ExportLine, ExportVerifier, KeySource};
pub use write::{ExportWriter, WriteError};
