use core::fmt;

use crate::open_enum::open_enum;

open_enum! {
    /// A data cluster: a kind of data that a customer shares.
    ///
    /// ```
    /// use fdx_rar::DataCluster;
    ///
    /// assert_eq!(DataCluster::TermsAndConditions.scope(), Some("fdx:termsconditions:read"));
    /// assert_eq!(DataCluster::from_scope("fdx:tax:read"), Some(DataCluster::Tax));
    /// assert_eq!(DataCluster::parse("CRYPTO").as_str(), "CRYPTO"); // of a later version
    /// ```
    pub enum DataCluster {
        /// Identification of accounts: names, types, masked numbers.
        AccountBasic => "ACCOUNT_BASIC",
        /// Terms, limits and other details of accounts.
        AccountDetailed => "ACCOUNT_DETAILED",
        /// Account and routing numbers. Deprecated in favour of [`Self::PaymentSupport`].
        AccountPayments => "ACCOUNT_PAYMENTS",
        /// Balances.
        Balances => "BALANCES",
        /// Bills and payees.
        Bills => "BILLS",
        /// The customer's addresses and telephone numbers.
        CustomerContact => "CUSTOMER_CONTACT",
        /// The customer's name, date of birth and other personal data.
        CustomerPersonal => "CUSTOMER_PERSONAL",
        /// Images of cheques and receipts.
        Images => "IMAGES",
        /// Holdings and investment transactions.
        Investments => "INVESTMENTS",
        /// Notifications. The only cluster without a scope for reading: the client itself has scopes
        /// for notifications.
        Notifications => "NOTIFICATIONS",
        /// The data to pay from or to an account.
        PaymentSupport => "PAYMENT_SUPPORT",
        /// Reward programmes.
        Rewards => "REWARDS",
        /// Scheduled payments.
        ScheduledPayments => "SCHEDULED_PAYMENTS",
        /// The social security number.
        SocialSecurityNumber => "SOCIAL_SECURITY_NUMBER",
        /// Statements as documents.
        Statements => "STATEMENTS",
        /// Tax forms.
        Tax => "TAX",
        /// Terms and conditions of accounts.
        TermsAndConditions => "TERMS_AND_CONDITIONS",
        /// Transactions.
        Transactions => "TRANSACTIONS",
        /// Transfers.
        Transfers => "TRANSFERS",
    }
}

open_enum! {
    /// The subject of a consent.
    pub enum ResourceType {
        /// Accounts, chosen by the customer.
        Account => "ACCOUNT",
        /// The customer.
        Customer => "CUSTOMER",
        /// Documents.
        Document => "DOCUMENT",
    }
}

/// The facts about a data cluster that the specification lists.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct KnownCluster {
    /// The cluster.
    pub cluster: DataCluster,
    /// The scope that reads it.
    pub scope: Option<&'static str>,
    /// The first of the versions 5.2, 6.0, 6.3 and 6.4 that lists it.
    pub since: FdxVersion,
    /// The version that deprecated it.
    pub deprecated: Option<FdxVersion>,
}

/// A version of the FDX API.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct FdxVersion {
    /// The major number.
    pub major: u8,
    /// The minor number.
    pub minor: u8,
}

impl fmt::Display for FdxVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl DataCluster {
    /// All 19 clusters of FDX up to 6.4, by name.
    #[must_use]
    pub fn known() -> &'static [KnownCluster] {
        &KNOWN
    }

    /// The scope that reads this cluster. `None` for [`Self::Notifications`] and for unknown names:
    /// the scope of two known names does not follow from the name, so none is derived.
    #[must_use]
    pub fn scope(&self) -> Option<&'static str> {
        self.entry()?.scope
    }

    /// The cluster of a scope. `fdx:transfers:write` belongs to [`Self::Transfers`], like the scope
    /// that reads it. Scopes are compared exactly (RFC 6749 section 3.3).
    #[must_use]
    pub fn from_scope(scope: &str) -> Option<Self> {
        if scope == "fdx:transfers:write" {
            return Some(Self::Transfers);
        }
        let mut known = KNOWN.iter();
        known.find(|entry| entry.scope == Some(scope)).map(|entry| entry.cluster.clone())
    }

    /// The first version that lists it; `None` for an unknown name.
    #[must_use]
    pub fn since(&self) -> Option<FdxVersion> {
        Some(self.entry()?.since)
    }

    /// The version that deprecated it.
    #[must_use]
    pub fn deprecated(&self) -> Option<FdxVersion> {
        self.entry()?.deprecated
    }

    /// The replacement of this cluster, or the cluster itself.
    #[must_use]
    pub fn current(&self) -> &Self {
        match self {
            Self::AccountPayments => &Self::PaymentSupport,
            current => current,
        }
    }

    fn entry(&self) -> Option<&'static KnownCluster> {
        KNOWN.iter().find(|entry| entry.cluster == *self)
    }
}

const V5_2: FdxVersion = FdxVersion { major: 5, minor: 2 };
const V6_1: FdxVersion = FdxVersion { major: 6, minor: 1 };
const V6_3: FdxVersion = FdxVersion { major: 6, minor: 3 };
const V6_4: FdxVersion = FdxVersion { major: 6, minor: 4 };

const fn known(
    cluster: DataCluster,
    scope: Option<&'static str>,
    since: FdxVersion,
    deprecated: Option<FdxVersion>,
) -> KnownCluster {
    KnownCluster { cluster, scope, since, deprecated }
}

// The rule is `fdx:<name>:read`, in lower case without underscores. SOCIAL_SECURITY_NUMBER and
// TERMS_AND_CONDITIONS shorten the name.
#[rustfmt::skip]
static KNOWN: [KnownCluster; 19] = [
    known(DataCluster::AccountBasic, Some("fdx:accountbasic:read"), V5_2, None),
    known(DataCluster::AccountDetailed, Some("fdx:accountdetailed:read"), V5_2, None),
    known(DataCluster::AccountPayments, Some("fdx:accountpayments:read"), V5_2, Some(V6_1)),
    known(DataCluster::Balances, Some("fdx:balances:read"), V6_4, None),
    known(DataCluster::Bills, Some("fdx:bills:read"), V6_3, None),
    known(DataCluster::CustomerContact, Some("fdx:customercontact:read"), V5_2, None),
    known(DataCluster::CustomerPersonal, Some("fdx:customerpersonal:read"), V5_2, None),
    known(DataCluster::Images, Some("fdx:images:read"), V6_3, None),
    known(DataCluster::Investments, Some("fdx:investments:read"), V5_2, None),
    known(DataCluster::Notifications, None, V6_3, None),
    known(DataCluster::PaymentSupport, Some("fdx:paymentsupport:read"), V6_3, None),
    known(DataCluster::Rewards, Some("fdx:rewards:read"), V6_3, None),
    known(DataCluster::ScheduledPayments, Some("fdx:scheduledpayments:read"), V6_4, None),
    known(DataCluster::SocialSecurityNumber, Some("fdx:socialsecurity:read"), V6_4, None),
    known(DataCluster::Statements, Some("fdx:statements:read"), V5_2, None),
    known(DataCluster::Tax, Some("fdx:tax:read"), V6_3, None),
    known(DataCluster::TermsAndConditions, Some("fdx:termsconditions:read"), V6_4, None),
    known(DataCluster::Transactions, Some("fdx:transactions:read"), V5_2, None),
    known(DataCluster::Transfers, Some("fdx:transfers:read"), V6_4, None),
];

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn names_and_scopes_map_to_each_other() {
        for entry in DataCluster::known() {
            assert_eq!(DataCluster::parse(entry.cluster.as_str()), entry.cluster);
            assert_eq!(entry.cluster.scope(), entry.scope);
            assert_eq!(entry.cluster.since(), Some(entry.since));
            if let Some(scope) = entry.scope {
                assert_eq!(DataCluster::from_scope(scope).as_ref(), Some(&entry.cluster));
            }
        }
    }

    #[test]
    fn scopes_follow_the_rule_with_two_exceptions() {
        let by_rule = |name: &str| format!("fdx:{}:read", name.replace('_', "").to_lowercase());
        let exceptions: Vec<_> = DataCluster::known()
            .iter()
            .filter(|entry| entry.scope.is_some_and(|s| s != by_rule(entry.cluster.as_str())))
            .map(|entry| (entry.cluster.as_str(), entry.scope.unwrap()))
            .collect();
        assert_eq!(
            exceptions,
            [
                ("SOCIAL_SECURITY_NUMBER", "fdx:socialsecurity:read"),
                ("TERMS_AND_CONDITIONS", "fdx:termsconditions:read"),
            ]
        );
    }

    #[test]
    fn table_is_sorted_and_grew_by_eight_six_and_five() {
        let names: Vec<_> = KNOWN.iter().map(|entry| entry.cluster.as_str()).collect();
        assert!(names.windows(2).all(|pair| pair[0] < pair[1]), "{names:?}");
        let since = |version| KNOWN.iter().filter(|e| e.since == version).count();
        assert_eq!([V5_2, V6_3, V6_4].map(since), [8, 6, 5]);
        assert_eq!([V5_2, V6_3, V6_4].map(|it| it.to_string()), ["5.2", "6.3", "6.4"]);
    }

    #[test]
    fn only_account_payments_is_deprecated() {
        let deprecated = |e: &&KnownCluster| e.deprecated.is_some();
        let deprecated: Vec<_> = KNOWN.iter().filter(deprecated).map(|e| &e.cluster).collect();
        assert_eq!(deprecated, [&DataCluster::AccountPayments]);
        for entry in &KNOWN {
            let replaced = entry.cluster.current() != &entry.cluster;
            assert_eq!(replaced, entry.deprecated.is_some());
        }
        assert_eq!(DataCluster::AccountPayments.current(), &DataCluster::PaymentSupport);
        assert_eq!(DataCluster::AccountPayments.deprecated(), Some(V6_1));
    }

    #[test]
    fn other_scopes_have_no_cluster() {
        for scope in ["openid", "offline_access", "fdx:notifications:subscribe", "FDX:TAX:READ", ""]
        {
            assert_eq!(DataCluster::from_scope(scope), None, "{scope}");
        }
        assert_eq!(DataCluster::from_scope("fdx:transfers:write"), Some(DataCluster::Transfers));
        let unknown = DataCluster::parse("CRYPTO");
        assert_eq!((unknown.scope(), unknown.since()), (None, None));
    }
}
