use crate::error::faults;

faults! {
    /// Why a sealed value does not open, or can't be made.
    SealFault {
        Expired: "fdx.seal.expired",
            "fdx-par, sealed pending values", "the callback deadline has passed: start over";
        NotOurs: "fdx.seal.not_ours",
            "fdx-par, sealed pending values",
            "changed, or sealed for another key, issuer, client, redirect_uri or session";
        TooLarge: "fdx.seal.size",
            "fdx-par, sealed pending values", "over 3,800 characters, more than a cookie holds";
        Version: "fdx.seal.version",
            "fdx-par, sealed pending values", "sealed by a version of this library that is not known";
    }
}
