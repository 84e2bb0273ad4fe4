use crate::{AuthorizationDetails, ConsentGrant, ConsentRequest, Coverage, Scopes};

/// What a customer is asked for: an FDX consent or, at institutions that know none, authorization
/// details of another type, or scopes alone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Requested {
    /// An FDX consent request, whose scopes follow from it.
    Consent(ConsentRequest),
    /// Authorization details of other types (RFC 9396), and the scopes that go with them.
    Details(AuthorizationDetails, Scopes),
    /// Scopes alone.
    Scopes(Scopes),
}

impl Requested {
    /// The FDX consent request.
    #[must_use]
    pub fn consent(&self) -> Option<&ConsentRequest> {
        match self {
            Self::Consent(consent) => Some(consent),
            _ => None,
        }
    }

    /// The `authorization_details` that ask for it; scopes alone have none.
    #[must_use]
    pub fn authorization_details(&self) -> Option<AuthorizationDetails> {
        match self {
            Self::Consent(consent) => Some(AuthorizationDetails::of_consent(consent.clone())),
            Self::Details(details, _) => Some(details.clone()),
            Self::Scopes(_) => None,
        }
    }

    /// The `scope` that asks for it.
    #[must_use]
    pub fn scopes(&self) -> Scopes {
        match self {
            Self::Consent(consent) => consent.scopes(),
            Self::Details(_, scopes) | Self::Scopes(scopes) => scopes.clone(),
        }
    }

    /// Lays `grant` beside what was asked. Only an FDX consent can be compared.
    #[must_use]
    pub fn compare(&self, grant: &ConsentGrant) -> Coverage {
        self.consent().map_or(Coverage::NotTold, |consent| Coverage::compare(consent, grant))
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
    fn each_way_of_asking_says_what_is_pushed() {
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
