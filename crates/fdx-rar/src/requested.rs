use crate::{AuthorizationDetails, ConsentRequest, Coverage, GrantedAccess, Scopes};

/// The access that a client requests: an FDX consent, authorization details with or without one, or
/// only scopes at institutions without FDX consents.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Requested {
    /// An FDX consent request, whose scopes follow from it.
    Consent(ConsentRequest),
    /// Authorization details (RFC 9396), and the scopes that go with them.
    Details(AuthorizationDetails, Scopes),
    /// Scopes only.
    Scopes(Scopes),
}

impl Requested {
    /// The FDX consent request, also one among other authorization details.
    #[must_use]
    pub fn consent(&self) -> Option<&ConsentRequest> {
        match self {
            Self::Consent(consent) => Some(consent),
            Self::Details(details, _) => details.consent_request(),
            Self::Scopes(_) => None,
        }
    }

    /// The `authorization_details` parameter; scopes only have none.
    #[must_use]
    pub fn authorization_details(&self) -> Option<AuthorizationDetails> {
        match self {
            Self::Consent(consent) => Some(AuthorizationDetails::of_consent(consent.clone())),
            Self::Details(details, _) => Some(details.clone()),
            Self::Scopes(_) => None,
        }
    }

    /// The `scope` parameter.
    #[must_use]
    pub fn scopes(&self) -> Scopes {
        match self {
            Self::Consent(consent) => consent.scopes(),
            Self::Details(_, scopes) | Self::Scopes(scopes) => scopes.clone(),
        }
    }

    /// Compares what was granted with the request. Only an FDX consent can be compared.
    #[must_use]
    pub fn compare(&self, access: &GrantedAccess) -> Coverage {
        self.consent().map_or(Coverage::NotReported, |consent| access.compare(consent))
    }
}

impl From<ConsentRequest> for Requested {
    fn from(consent: ConsentRequest) -> Self {
        Self::Consent(consent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ConsentDuration, DataCluster, OtherDetail, ResourceType};

    #[test]
    fn each_request_has_its_parameters() {
        let consent = ConsentRequest::new(ConsentDuration::OneTime)
            .resource(ResourceType::Account, [DataCluster::Transactions])
            .build()
            .unwrap();
        let payment = AuthorizationDetails::of_other(OtherDetail::new("payment").unwrap());
        let openid = Scopes::parse("openid").unwrap();
        for (requested, details, scope) in [
            (
                Requested::from(consent.clone()),
                Some(AuthorizationDetails::of_consent(consent)),
                &Scopes::parse("fdx:transactions:read").unwrap(),
            ),
            (Requested::Details(payment.clone(), openid.clone()), Some(payment), &openid),
            (Requested::Scopes(openid.clone()), None, &openid),
        ] {
            assert_eq!(requested.authorization_details(), details);
            assert_eq!(&requested.scopes(), scope);
        }
    }
}
