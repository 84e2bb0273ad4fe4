use core::marker::PhantomData;

/// How strictly a member is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Class {
    /// Describes something. It never costs the message.
    Informative,
    /// Protects something. Each rule has its own error code.
    Protective,
    /// Needed for the next step.
    Required,
}

/// One row of the table of members.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Row {
    /// The message, such as `push response`.
    pub message: &'static str,
    /// The member's name. A member of a nested object has the path to it, such as
    /// `resources[].dataClusters`.
    pub name: &'static str,
    /// The class.
    pub class: Class,
    /// The expected value, in words.
    pub shape: &'static str,
    /// The clause that defines the member.
    pub clause: &'static str,
}

impl Row {
    /// The name within its object: the last part of the path.
    #[must_use]
    pub fn key(&self) -> &'static str {
        self.name.rsplit('.').next().unwrap_or(self.name)
    }
}

/// A member and its class. [`members!`](macro@crate::members) declares it.
#[derive(Debug)]
pub struct Member<C> {
    row: Row,
    class: PhantomData<C>,
}

/// The class of members that describe something.
#[derive(Debug)]
pub struct Informative;

/// The class of members that protect something.
#[derive(Debug)]
pub struct Protective;

/// The class of members that the next step needs.
#[derive(Debug)]
pub struct Required;

impl Informative {
    #[doc(hidden)]
    pub const CLASS: Class = Class::Informative;
}

impl Protective {
    #[doc(hidden)]
    pub const CLASS: Class = Class::Protective;
}

impl Required {
    #[doc(hidden)]
    pub const CLASS: Class = Class::Required;
}

impl<C> Member<C> {
    #[doc(hidden)]
    #[must_use]
    pub const fn declare(
        message: &'static str,
        name: &'static str,
        class: Class,
        shape: &'static str,
        clause: &'static str,
    ) -> Self {
        Self { row: Row { message, name, class, shape, clause }, class: PhantomData }
    }

    /// The row of the table.
    #[must_use]
    pub const fn row(&self) -> Row {
        self.row
    }
}

/// Declares the members of a message as constants of a module, and `ROWS` with all of them.
///
/// Each line has the class, the constant, the name, the expected value in words, and the clause. See
/// [`members`](mod@crate::members) for an example.
#[macro_export]
macro_rules! members {
    (
        $(#[$about:meta])*
        $visibility:vis mod $module:ident = $message:literal {
            $($class:ident $member:ident = $name:literal, $shape:literal, $clause:literal;)+
        }
    ) => {
        $(#[$about])*
        #[allow(unreachable_pub, reason = "the module's visibility decides")]
        $visibility mod $module {
            use $crate::members::{Member, Row};

            $(
                #[doc = concat!("`", $name, "`: ", $shape, " (", $clause, ").")]
                pub const $member: Member<$crate::members::$class> = Member::declare(
                    $message,
                    $name,
                    $crate::members::$class::CLASS,
                    $shape,
                    $clause,
                );
            )+

            /// All members of the message.
            pub const ROWS: &[Row] = &[$($member.row()),+];
        }
    };
}
