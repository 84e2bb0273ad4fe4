//! The authorization response in the clear (RFC 6749 section 4.1.2, RFC 9207).

use super::Moment;
use super::row::rows;
use super::stage::Stage;

rows! {
    /// What is wrong with the callback.
    WrongCallback {
        OtherIss: "callback-iss-other",
            "FAPI 2.0 SP 5.3.3.2-5; suite invalid-authorization-response-iss",
            Refuse("rfc9207.iss.mismatch"), "names the issuer with a 1 at its end";
        WithoutIss: "callback-without-iss",
            "FAPI 2.0 SP 5.3.3.2-5; suite remove-authorization-response-iss",
            Refuse("rfc9207.iss.missing"), "names no issuer";
        IssSlash: "callback-iss-slash", "RFC 9207 2.4", Refuse("rfc9207.iss.mismatch"),
            "names the issuer with a slash more";
        IssCase: "callback-iss-case", "RFC 9207 2.4", Refuse("rfc9207.iss.mismatch"),
            "names the issuer in capitals";
        IssOfAnotherServer: "callback-mix-up", "RFC 9700 4.4; CVE-2026-73419",
            Refuse("rfc9207.iss.mismatch"), "answers as another server that the client knows too";
        OtherState: "callback-state-other",
            "RFC 6749 10.12; suite ensure-authorization-response-with-invalid-state-fails",
            Refuse("rfc6749.state.mismatch"), "gives the state back with a 1 at its end";
        WithoutState: "callback-without-state",
            "RFC 6749 4.1.2; suite ensure-authorization-response-with-invalid-missing-state-fails",
            Refuse("rfc6749.state.missing"), "gives no state back";
        StateTwice: "callback-state-twice", "RFC 6749 3.1", Refuse("rfc6749.callback.duplicate"),
            "gives the state twice, the second time another";
        CodeTwice: "callback-code-twice", "RFC 6749 3.1", Refuse("rfc6749.callback.duplicate"),
            "gives two codes";
        CodeAndError: "callback-code-and-error", "RFC 6749 4.1.2",
            Refuse("rfc6749.callback.both"), "gives a code and an error";
        WithoutCode: "callback-without-code", "RFC 6749 4.1.2",
            Refuse("rfc6749.callback.neither"), "gives neither a code nor an error";
        EmptyCode: "callback-empty-code", "RFC 6749 4.1.2",
            Refuse("rfc6749.callback.neither"), "gives an empty code";
        Token: "callback-access-token", "FAPI 2.0 SP 5.3.3.2-1", Refuse("fapi2.callback.token"),
            "hands an access token to the browser, beside the code";
        IdToken: "callback-id-token", "FAPI 2.0 SP 5.3.3.2-1", Refuse("fapi2.callback.token"),
            "hands an ID token to the browser, beside the code";
        OtherPath: "callback-at-another-path", "RFC 9700 2.1; CVE-2021-39191, CVE-2021-32786",
            Refuse("rfc9700.redirect_uri.other"),
            "sends the browser to another place of the client's";
        NotPercentEncoded: "callback-encoding", "RFC 6749 appendix B",
            Refuse("rfc6749.callback.encoding"), "gives a code that is not percent-encoded UTF-8";
        Long: "callback-long", "RFC 9110 4.1", Refuse("fdx.callback.length"),
            "gives a code of 9,000 characters";
        Fragment: "callback-fragment", "RFC 9110 4.2.5; RFC 9700 4.1.3",
            Refuse("rfc6749.callback.encoding"), "answers in the fragment instead of the query";
        RequestUriExpired: "callback-request-uri-expired", "RFC 9126 4; RFC 9101 7",
            Refuse("rfc6749.callback.error"),
            "sends the customer back with invalid_request_uri: the request_uri has expired";
        OtherParameters: "callback-unknown-parameters", "RFC 6749 4.1.2", Accept,
            "gives parameters that nobody knows";
    }
}

impl WrongCallback {
    pub(super) fn spoil(self, stage: &mut Stage<'_>) -> Option<()> {
        if !stage.is(Moment::Callback) {
            return None;
        }
        let issuer = stage.config.issuer.as_str();
        let iss = |stage: &mut Stage<'_>, text: String| stage.parameter("iss", Some(&text));
        match self {
            Self::OtherIss => iss(stage, format!("{issuer}1")),
            Self::WithoutIss => stage.parameter("iss", None),
            Self::IssSlash => iss(stage, format!("{issuer}/")),
            Self::IssCase => iss(stage, issuer.to_uppercase()),
            Self::IssOfAnotherServer => iss(stage, "https://another-bank.example".to_owned()),
            Self::OtherState => stage.location(|url| url.replacen("&iss=", "1&iss=", 1)),
            Self::WithoutState => stage.parameter("state", None),
            Self::StateTwice => stage.location(|url| format!("{url}&state=another")),
            Self::CodeTwice => stage.location(|url| format!("{url}&code=another")),
            Self::CodeAndError => stage.parameter("error", Some("access_denied")),
            Self::WithoutCode => stage.parameter("code", None),
            Self::EmptyCode => stage.parameter("code", Some("")),
            Self::Token => stage.parameter("access_token", Some("handed-to-a-browser")),
            Self::IdToken => stage.parameter("id_token", Some("e30.e30.")),
            Self::OtherPath => stage.location(|url| url.replacen('?', "/elsewhere?", 1)),
            Self::NotPercentEncoded => {
                stage.location(|url| url.replacen("code=", "code=%ff%zz", 1))
            }
            Self::Long => stage.parameter("code", Some(&"c".repeat(9000))),
            Self::Fragment => stage.location(|url| url.replacen('?', "#", 1)),
            Self::RequestUriExpired => {
                stage.parameter("code", None)?;
                stage.parameter("error", Some("invalid_request_uri"))
            }
            Self::OtherParameters => stage.parameter("session_state", Some("nobody-knows")),
        }
    }
}
