//! Responses that no client may read, at any endpoint.

use http::StatusCode;
use serde_json::json;

use crate::misbehaviour::moment::Moment;
use crate::misbehaviour::row::rows;
use crate::misbehaviour::stage::Stage;

rows! {
    /// Defects of a response as such.
    WrongAnswer {
        Redirected: "redirected",
            "FAPI 2.0 SP 5.3.2.2-10; RFC 9700 4.12; Gitlawb/zero #729, adcp #5963, openclaw #138143",
            Refuse("fapi2.back_channel.redirect"),
            "redirects with 307: a client that follows sends its request elsewhere";
        Moved: "moved", "FAPI 2.0 SP 5.3.2.2-10",
            Refuse("fapi2.back_channel.redirect"),
            "redirects with 301";
        Found: "found", "FAPI 2.0 SP 5.3.2.2-10",
            Refuse("fapi2.back_channel.redirect"),
            "redirects with 302";
        SeeOther: "see-other", "FAPI 2.0 SP 5.3.2.2-10",
            Refuse("fapi2.back_channel.redirect"),
            "redirects with 303";
        PermanentlyRedirected: "permanently-redirected", "FAPI 2.0 SP 5.3.2.2-10; RFC 9700 4.12",
            Refuse("fapi2.back_channel.redirect"),
            "redirects with 308: a client that follows sends its request elsewhere";
        Oversized: "oversized", "CVE-2025-61920, CVE-2025-27144: no limit before reading",
            Refuse("fdx.body.size"),
            "responds with ten million bytes";
        Truncated: "truncated", "RFC 8259",
            Refuse("rfc8259.json.syntax"),
            "truncates the response, with a matching content length";
        DuplicateKey: "duplicate-key", "RFC 8259 4; RFC 7519 4",
            Refuse("rfc8259.json.duplicate"),
            "repeats a member of the response";
        DeeplyNested: "deeply-nested", "CVE-2025-53864: recursion",
            Refuse("fdx.body.nested"),
            "responds with 10,000 nested arrays";
        NotUtf8: "not-utf8", "RFC 8259 8.1",
            Refuse("rfc8259.json.encoding"),
            "responds with a byte that is not UTF-8 in a string";
        ContentType: "content-type", "RFC 9110 8.3",
            Refuse("rfc9110.content_type"),
            "responds with the content type text/html";
    }
}

impl WrongAnswer {
    /// Whether a client can notice it: the body of a response to a revocation is ignored (RFC 7009
    /// section 2.2; the end of a consent or registration has none), and a resource or a key set
    /// can have any content type.
    pub(crate) fn shows_at(self, moment: Moment) -> bool {
        match moment {
            Moment::ConsentRevocation | Moment::RegistrationDeletion | Moment::Revocation => {
                self.status().is_some() || self == Self::Oversized
            }
            Moment::Keys | Moment::Resource => self != Self::ContentType,
            _ => true,
        }
    }

    /// The status of a redirect.
    const fn status(self) -> Option<StatusCode> {
        match self {
            Self::Redirected => Some(StatusCode::TEMPORARY_REDIRECT),
            Self::Moved => Some(StatusCode::MOVED_PERMANENTLY),
            Self::Found => Some(StatusCode::FOUND),
            Self::SeeOther => Some(StatusCode::SEE_OTHER),
            Self::PermanentlyRedirected => Some(StatusCode::PERMANENT_REDIRECT),
            _ => None,
        }
    }

    pub(crate) fn tamper(self, moment: Moment, stage: &mut Stage<'_>) -> Option<()> {
        if !stage.is(moment) {
            return None;
        }
        if let Some(status) = self.status() {
            redirect(stage, status);
        }
        match self {
            Self::Redirected
            | Self::Moved
            | Self::Found
            | Self::SeeOther
            | Self::PermanentlyRedirected => {}
            Self::Oversized => stage.body(vec![b' '; 10_000_000]),
            Self::Truncated => {
                let body = stage.response.body();
                let half = body.get(..body.len() / 2).unwrap_or_default().to_vec();
                stage.body(half);
            }
            Self::DuplicateKey => {
                let twice = stage.text()?.replacen('{', r#"{"twice":1,"twice":2,"#, 1);
                stage.body(twice.replacen(",}", "}", 1));
            }
            // Without closing brackets, to fit the size limit of a push response.
            Self::DeeplyNested => stage.body(format!(r#"{{"nested":{}"#, "[".repeat(10_000))),
            Self::NotUtf8 => {
                let mut body = br#"{"text":""#.to_vec();
                body.extend([0xff, b'"', b'}']);
                stage.body(body);
            }
            Self::ContentType => stage.header("content-type", "text/html"),
        }
        Some(())
    }
}

/// Redirects to an unused path of the institution, where a client that follows is noticed.
fn redirect(stage: &mut Stage<'_>, status: StatusCode) {
    let target = format!("{}/elsewhere", stage.config.issuer.url().origin().as_str());
    stage.status(status);
    stage.header("location", &target);
    stage.body(json!({ "error": "moved" }).to_string());
}
