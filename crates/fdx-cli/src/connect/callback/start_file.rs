//! The page that `--open` gives to the browser instead of a URL.

use std::path::{Path, PathBuf};

use fdx_wire::{Label, Secret, base64url};

use crate::error::Failure;
use crate::files;
use crate::flow::entropy;

const NAME: Label = Label::new("start file");

/// A page in a directory that only its owner can enter. Every local user can read the arguments of a
/// process, so the browser's opener gets the page's path and nothing else.
///
/// The page is removed when this value is dropped.
pub(crate) struct StartFile {
    directory: PathBuf,
    path: PathBuf,
}

impl StartFile {
    /// A page that posts `secret` to `place`.
    pub(crate) fn posting(place: &str, secret: &Secret) -> Result<Self, Failure> {
        Self::create(&Secret::concat(&[
            BEFORE,
            "<form method=\"post\" action=\"",
            escaped(place).expose(),
            "\"><input type=\"hidden\" name=\"secret\" value=\"",
            secret.expose(),
            "\"><button>Continue</button></form><script>document.forms[0].submit()</script></html>\n",
        ]))
    }

    /// A page that leads to `url`, for a callback that does not come to this program's listener.
    pub(crate) fn leading_to(url: &str) -> Result<Self, Failure> {
        let url = escaped(url);
        Self::create(&Secret::concat(&[
            BEFORE,
            "<meta http-equiv=\"refresh\" content=\"0; url=",
            url.expose(),
            "\"><a href=\"",
            url.expose(),
            "\">Continue</a></html>\n",
        ]))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn create(page: &Secret) -> Result<Self, Failure> {
        let name = base64url::encode(&entropy()?.derive(NAME, 0));
        let directory = std::env::temp_dir().join(format!("fdx-{name}"));
        files::create_private_directory(&directory)?;
        let file = Self { path: directory.join("start.html"), directory };
        files::create(&file.path, page.expose())?;
        Ok(file)
    }
}

impl Drop for StartFile {
    fn drop(&mut self) {
        // What was removed by hand is gone as well.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

const BEFORE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
    <meta name=\"referrer\" content=\"no-referrer\"><title>fdx</title>";

/// Text as the value of an attribute.
fn escaped(text: &str) -> Secret {
    let text = text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    Secret::new(text.replace('\'', "&#39;"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_start_file_is_its_owners_alone_and_goes_with_its_value() {
        use std::os::unix::fs::PermissionsExt;

        let secret = Secret::new("s3cret".into());
        let file = StartFile::posting("http://127.0.0.1:1/cb/start", &secret).unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file.directory), mode(file.path())), (0o700, 0o600));
        let (directory, path) = (file.directory.clone(), file.path.clone());
        drop(file);
        assert!(!path.exists() && !directory.exists());
    }

    #[test]
    fn a_url_is_escaped() {
        let file = StartFile::leading_to("https://bank.example/a?b=\"c\"&d='<e>'").unwrap();
        let page = std::fs::read_to_string(file.path()).unwrap();
        let url = "https://bank.example/a?b=&quot;c&quot;&amp;d=&#39;&lt;e>&#39;";
        assert_eq!(page.matches(url).count(), 2, "{page}");
    }
}
