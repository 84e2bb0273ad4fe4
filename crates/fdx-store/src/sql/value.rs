use core::fmt;

/// The type of a column or a parameter.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Type {
    /// 64 bits with a sign: `INTEGER` in SQLite, `BIGINT` in PostgreSQL.
    Integer,
    /// UTF-8: `TEXT`.
    Text,
    /// Bytes: `BLOB` in SQLite, `BYTEA` in PostgreSQL.
    Bytes,
}

/// A value of a column or a parameter. A NULL has a type as well, because PostgreSQL can't infer the
/// type of every parameter.
#[derive(Clone, Eq, Hash, PartialEq)]
pub enum Value {
    /// A number.
    Integer(i64),
    /// A text.
    Text(String),
    /// Bytes, such as sealed tokens.
    Bytes(Vec<u8>),
    /// No value of this type.
    Null(Type),
}

impl Value {
    /// The type.
    #[must_use]
    pub fn kind(&self) -> Type {
        match self {
            Self::Integer(_) => Type::Integer,
            Self::Text(_) => Type::Text,
            Self::Bytes(_) => Type::Bytes,
            Self::Null(kind) => *kind,
        }
    }
}

/// A type that a column can have.
pub(crate) trait Column: Sized {
    const KIND: Type;

    fn into_value(self) -> Value;

    /// `None` for a value of another type, or without a value.
    fn of(value: Value) -> Option<Self>;
}

impl Column for i64 {
    const KIND: Type = Type::Integer;

    fn into_value(self) -> Value {
        Value::Integer(self)
    }

    fn of(value: Value) -> Option<Self> {
        match value {
            Value::Integer(number) => Some(number),
            _ => None,
        }
    }
}

impl Column for String {
    const KIND: Type = Type::Text;

    fn into_value(self) -> Value {
        Value::Text(self)
    }

    fn of(value: Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl Column for Vec<u8> {
    const KIND: Type = Type::Bytes;

    fn into_value(self) -> Value {
        Value::Bytes(self)
    }

    fn of(value: Value) -> Option<Self> {
        match value {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }
}

impl<T: Column> From<T> for Value {
    fn from(value: T) -> Self {
        value.into_value()
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl<T: Column> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null(T::KIND), T::into_value)
    }
}

/// Texts and bytes may be about a customer: only their length is printed.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "text of {} bytes", text.len()),
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::Null(kind) => write!(f, "NULL of {kind:?}"),
        }
    }
}
