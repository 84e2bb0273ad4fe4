use crate::error::faults::faults;
use crate::error::next_step::NextStep;

faults! {
    /// The reason why a callback is rejected. The pending value stays unspent.
    CallbackFault {
        BothCodeAndError: "rfc6749.callback.both",
            "RFC 6749 section 4.1.2", "the callback has a code and an error";
        CodeText: "rfc6749.callback.code",
            "RFC 6749 appendix A.11", "the code has characters that are not printable ASCII";
        Duplicate: "rfc6749.callback.duplicate",
            "RFC 6749 section 3.1", "a parameter of the callback is repeated";
        Expired: "fdx.callback.expired",
            "fdx-par, callback deadline", "the callback arrived after its deadline: start over";
        FrontChannelToken: "fapi2.callback.token",
            "FAPI 2.0 Security Profile 5.3.3.2-1", "the callback contains a token";
        IssMismatch: "rfc9207.iss.mismatch",
            "RFC 9207 section 2.4", "iss differs from the issuer that the request was sent to";
        IssMissing: "rfc9207.iss.missing",
            "FAPI 2.0 Security Profile 5.3.3.2-5", "iss is missing";
        IssNotAnnounced: "rfc9207.iss.missing",
            "FAPI 2.0 Security Profile 5.3.3.2-5", "iss is missing";
        Neither: "rfc6749.callback.neither",
            "RFC 6749 section 4.1.2", "the callback has neither a code nor an error";
        NotSigned: "jarm.response.missing",
            "FAPI 2.0 Message Signing 5.4.2", "the callback does not consist of exactly one signed response";
        StateMismatch: "rfc6749.state.mismatch",
            "RFC 6749 section 10.12", "state differs from the pushed one";
        StateMissing: "rfc6749.state.missing",
            "RFC 6749 section 4.1.2", "state is missing";
        TooLong: "fdx.callback.length",
            "RFC 9110 section 4.1", "the callback is longer than 8,192 bytes or has over 100 parameters";
        Unreadable: "rfc6749.callback.encoding",
            "RFC 6749 appendix B", "the callback is not a URL, or is not percent-encoded UTF-8";
        OtherRedirectUri: "rfc9700.redirect_uri.other",
            "RFC 9700 section 2.1", "the URL of the callback differs from the redirect_uri";
    }
}

impl CallbackFault {
    pub(crate) fn next_step(self) -> NextStep {
        match self {
            Self::Expired => NextStep::StartOver,
            _ => NextStep::KeepWaiting,
        }
    }
}

faults! {
    /// The reason why a sealed value does not open, or can't be created.
    SealFault {
        Expired: "fdx.seal.expired",
            "fdx-par, sealed pending values", "the callback deadline has passed: start over";
        NotOurs: "fdx.seal.not_ours",
            "fdx-par, sealed pending values",
            "the sealed value was changed, or sealed for another key, issuer, client, redirect_uri or session";
        TooLarge: "fdx.seal.size",
            "fdx-par, sealed pending values", "the sealed value has more than 3,800 characters, too many for a cookie";
        Version: "fdx.seal.version",
            "fdx-par, sealed pending values", "the sealed value is of an unknown version";
    }
}
