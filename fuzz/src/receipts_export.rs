use fdx_jose::backend;
use fdx_store::receipts::{ExportLine, ExportVerifier, ReceiptEntry};

/// An export of receipts: each line is verified by the rules of the lines before it.
///
/// # Panics
/// If an accepted entry is not in its canonical form, or is not read back as it is.
pub fn receipts_export(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let mut export = ExportVerifier::new(backend::ring(), None);
    for line in text.lines() {
        match export.line(line) {
            Ok(ExportLine::Entry(entry)) => {
                assert_eq!(entry.canonical_json(), line);
                assert_eq!(ReceiptEntry::from_json(line).as_ref(), Ok(entry.as_ref()));
            }
            Ok(_) => {}
            Err(_) => return,
        }
    }
    if let Ok(export) = export.finish() {
        assert!(export.counts.chains <= export.counts.entries);
    }
}
