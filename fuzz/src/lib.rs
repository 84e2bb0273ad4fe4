//! The bodies of the fuzz targets.
//!
//! A target is an ordinary function from bytes: it returns, or it panics and has found something.
//! `fuzz_targets/` hands it to libFuzzer; the test below hands it every file of its corpus, on
//! stable, so that no target rots. To add one: a function here, a file of five lines there, a
//! `[[bin]]`, a directory in `corpus/`, a line in the test.

mod json;

pub use json::json_scan;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    #[test]
    fn every_corpus_passes() {
        over("json_scan", super::json_scan);
    }

    fn over(target: &str, body: fn(&[u8])) {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("corpus")
            .join(target);
        let mut files = 0;
        for entry in fs::read_dir(&corpus).unwrap() {
            body(&fs::read(entry.unwrap().path()).unwrap());
            files += 1;
        }
        assert!(files > 0, "{} is empty", corpus.display());
    }
}
