//! The rows of the table of misbehaviours.

/// The correct reaction of a client to a misbehaviour.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Right {
    /// It continues.
    Accept,
    /// It continues, and reports this.
    Report(&'static str),
    /// It stops the flow with this error code and sends no more requests.
    Refuse(&'static str),
}

impl core::fmt::Display for Right {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Accept => f.write_str("accept"),
            Self::Report(what) => write!(f, "accept, report {what}"),
            Self::Refuse(code) => write!(f, "refuse {code}"),
        }
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) does: &'static str,
    pub(crate) clause: &'static str,
    pub(crate) right: Right,
}

/// Declares an area as rows of name, clause, correct reaction, and what the server does.
macro_rules! rows {
    ($(#[$doc:meta])* $area:ident {
        $($variant:ident: $name:literal, $clause:literal, $right:expr, $does:literal;)+
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        #[non_exhaustive]
        pub enum $area {
            $(#[doc = concat!("`", $name, "`: ", $does, " (", $clause, ").")] $variant,)+
        }

        impl $area {
            /// Every row, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            pub(crate) const fn row(self) -> crate::misbehaviour::row::Row {
                #[allow(unused_imports)]
                use crate::misbehaviour::Right::{Accept, Refuse, Report};
                let (name, does, clause, right) = match self {
                    $(Self::$variant => ($name, $does, $clause, $right),)+
                };
                crate::misbehaviour::row::Row { name, does, clause, right }
            }
        }
    };
}

pub(crate) use rows;
