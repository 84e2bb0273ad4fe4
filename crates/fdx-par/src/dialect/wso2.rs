use crate::dialect::definition::{Dialect, Line, line};
use crate::dialect::member::{Member, UrlParameter};

const TRYOUT: &str = "wso2/bfsi-samples, financial-services-fdx-sample-toolkit, TRYOUT.md";

/// The FDX sample toolkit of WSO2.
pub const WSO2: Dialect = Dialect::new("wso2", "WSO2 financial services, FDX sample toolkit")
    .with_members(MEMBERS)
    .with_notes(&[
        "the consent id is the token response's fdxConsentId",
        "durationType, durationPeriod, lookbackPeriod and resources are all required",
        "request_uri is urn:ietf:params:oauth:par:request_uri:<uuid>, valid for 60 seconds",
        "the sample requests the response type code id_token; fdx requests code",
    ]);

const MEMBERS: &[Line] = &[
    line(Member::AudienceTokenEndpoint, TRYOUT),
    line(
        Member::AuthorizationUrlParameters(&[
            UrlParameter::Fixed("response_type", "code"),
            UrlParameter::Fixed("scope", "openid"),
        ]),
        "wso2/product-is issue 13416",
    ),
    line(Member::DetailsRepeatTheRequest, TRYOUT),
    line(Member::ParametersBesideRequestObject, TRYOUT),
    line(Member::ScopeSpelling(&[("fdx:accountdetailed:read", "fdx:accountdetail:read")]), TRYOUT),
];
