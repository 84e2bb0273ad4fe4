use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use zeroize::Zeroize;

use super::{JsonError, JsonValue, Limits, scan};

/// A JSON value kept as its text, for members whose shape is defined elsewhere.
///
/// It can be deserialised from JSON only. That JSON need not be scanned: each read of this text
/// scans it first, for 32 levels, repeated members and reserved names, wherever it came from. The
/// text's length bounds its members. The value may be a secret, such as a code among the claims of a
/// JWT: it is wiped when dropped.
///
/// ```
/// use fdx_wire::json::RawJson;
///
/// let raw = RawJson::of(&["ACCOUNT_BASIC"])?;
/// assert_eq!(raw.as_str(), r#"["ACCOUNT_BASIC"]"#);
/// assert_eq!(raw.read::<Vec<String>>()?, ["ACCOUNT_BASIC"]);
/// # Ok::<(), fdx_wire::json::JsonError>(())
/// ```
#[derive(Clone)]
pub struct RawJson(Box<RawValue>);

impl RawJson {
    /// Writes `value` as JSON.
    ///
    /// # Errors
    /// [`JsonError`] if `value` has no JSON form, such as a map whose keys are not texts.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, JsonError> {
        serde_json::value::to_raw_value(value).map(Self).map_err(|_| JsonError::unwritable())
    }

    /// The text as it was received.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// The text as it was received, without a copy.
    #[must_use]
    pub fn into_string(mut self) -> String {
        Box::<str>::from(core::mem::take(&mut self.0)).into_string()
    }

    /// Reads the text into a type.
    ///
    /// # Errors
    /// [`JsonError`], with a place that is counted from the beginning of this text.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, JsonError> {
        super::from_slice(self.as_str().as_bytes(), &Limits::of_part())
    }

    /// Reads the text as a value of any shape.
    ///
    /// # Errors
    /// [`JsonError`], with a place that is counted from the beginning of this text.
    pub fn value(&self) -> Result<JsonValue, JsonError> {
        // The grammar was checked when this text was cut out of its document.
        JsonValue::of_json(scan(self.as_str().as_bytes(), &Limits::of_part())?)
    }
}

impl Drop for RawJson {
    fn drop(&mut self) {
        let mut text: Box<str> = core::mem::take(&mut self.0).into();
        text.zeroize();
    }
}

impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Eq for RawJson {}

impl PartialEq for RawJson {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Serialize for RawJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RawJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(Self)
    }
}
