use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use core::fmt;

/// A name that this version does not know, as it was received.
///
/// Only the `parse` of its enum creates one, so it never contains a known name.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct UnknownName(Box<str>);

impl UnknownName {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.to_owned().into_boxed_str())
    }

    /// The text as it was received.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Defines an enum of names that grows with the specification. Known names are read in any case and
/// in the misspellings after `|`, and are written as the first name. `Other` keeps unknown names.
macro_rules! open_enum {
    (
        $(#[$about:meta])*
        pub enum $type:ident {
            $($(#[$note:meta])* $variant:ident => $name:literal $(| $alias:literal)*,)+
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum $type {
            $($(#[$note])* $variant,)+
            /// A name that this version does not know.
            Other($crate::UnknownName),
        }

        #[cfg(test)]
        impl $crate::open_enum::Known for $type {
            const KNOWN: &'static [&'static [&'static str]] = &[$(&[$name $(, $alias)*]),+];
        }

        impl $type {
            /// Reads a name: a known name in any case, any other name unchanged.
            #[must_use]
            pub fn parse(text: &str) -> Self {
                $(
                    if text.eq_ignore_ascii_case($name) $(|| text.eq_ignore_ascii_case($alias))* {
                        return Self::$variant;
                    }
                )+
                Self::Other($crate::UnknownName::new(text))
            }

            /// The name in the spelling of the specification, or as received.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)+
                    Self::Other(name) => name.as_str(),
                }
            }
        }

        impl core::fmt::Display for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::tolerant::name(deserializer, Self::parse)
            }
        }
    };
}
pub(crate) use open_enum;

/// The known names, each with its misspellings.
#[cfg(test)]
pub(crate) trait Known {
    const KNOWN: &'static [&'static [&'static str]];
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;
    use core::fmt::{Debug, Display};

    use proptest::prelude::*;
    use proptest::sample::Index;
    use serde::Serialize;
    use serde::de::DeserializeOwned;

    use super::Known;
    use crate::{
        ConsentStatus, DataCluster, DurationType, GrantSource, PartyType, ReceiptWarning, Registry,
        ResourceType, RevocationReason,
    };

    #[test]
    fn reads_known_names_in_any_case() {
        assert_eq!(ConsentStatus::parse("Active"), ConsentStatus::Active);
        assert_eq!(ConsentStatus::parse("revoked").as_str(), "REVOKED");
        assert_eq!(DataCluster::parse("account_BASIC"), DataCluster::AccountBasic);
        assert_eq!(ResourceType::parse("Document"), ResourceType::Document);
    }

    #[test]
    fn reads_published_misspellings_and_does_not_write_them() {
        for (misspelt, meant) in [("ONETIME", "ONE_TIME"), ("TIME_BASED", "TIME_BOUND")] {
            assert_eq!(DurationType::parse(misspelt).as_str(), meant);
        }
        assert_eq!(PartyType::parse("DATA_RECIEPIENT").as_str(), "DATA_RECIPIENT");
    }

    // A line break in untrusted input must not start a new line in a log.
    #[test]
    fn debug_escapes_unknown_names() {
        let unknown = DataCluster::parse("CRYPTO\nACTIVE");
        assert_eq!(format!("{unknown:?}"), r#"Other("CRYPTO\nACTIVE")"#);
    }

    proptest! {
        #[test]
        fn keeps_unknown_names_unchanged(text: String) {
            let known = |name: &str| name == text || name.eq_ignore_ascii_case(&text);
            prop_assert!(known(DataCluster::parse(&text).as_str()));
            prop_assert!(known(ConsentStatus::parse(&text).as_str()));
            prop_assert!(known(Registry::parse(&text).as_str()));
            prop_assert!(known(RevocationReason::parse(&text).as_str()));
        }

        #[test]
        fn written_names_read_back(text in "[A-Za-z_]{0,12}|[^\"\\\\]{0,12}") {
            read_back(DataCluster::parse(&text))?;
            read_back(ConsentStatus::parse(&text))?;
            read_back(DurationType::parse(&text))?;
            read_back(GrantSource::parse(&text))?;
            read_back(PartyType::parse(&text))?;
            read_back(Registry::parse(&text))?;
            read_back(ResourceType::parse(&text))?;
            read_back(ReceiptWarning::parse(&text))?;
            read_back(RevocationReason::parse(&text))?;
        }

        #[test]
        fn every_known_name_reads_back_in_any_case(at: Index, spelling: Index, capitals: u64) {
            known::<DataCluster>(at, spelling, capitals)?;
            known::<ConsentStatus>(at, spelling, capitals)?;
            known::<DurationType>(at, spelling, capitals)?;
            known::<GrantSource>(at, spelling, capitals)?;
            known::<PartyType>(at, spelling, capitals)?;
            known::<Registry>(at, spelling, capitals)?;
            known::<ResourceType>(at, spelling, capitals)?;
            known::<ReceiptWarning>(at, spelling, capitals)?;
            known::<RevocationReason>(at, spelling, capitals)?;
        }
    }

    /// Reads one of the names in random capitals.
    fn known<T>(at: Index, spelling: Index, capitals: u64) -> Result<(), TestCaseError>
    where
        T: Known + Clone + Debug + DeserializeOwned + Display + PartialEq + Serialize,
    {
        let spellings = at.get(T::KNOWN);
        let mixed = |(place, char): (usize, char)| match capitals >> (place % 64) & 1 {
            0 => char.to_ascii_lowercase(),
            _ => char.to_ascii_uppercase(),
        };
        let written: String = spelling.get(spellings).chars().enumerate().map(mixed).collect();
        let read: T = serde_json::from_str(&format!("\"{written}\"")).unwrap();
        prop_assert!(!format!("{read:?}").starts_with("Other("), "{}", written);
        prop_assert_eq!(format!("{read}"), spellings[0]);
        read_back(read)
    }

    fn read_back<T>(name: T) -> Result<(), TestCaseError>
    where
        T: Debug + DeserializeOwned + PartialEq + Serialize,
    {
        let json = serde_json::to_string(&name).unwrap();
        prop_assert_eq!(serde_json::from_str::<T>(&json).unwrap(), name);
        Ok(())
    }
}
