//! The JSON forms of types that have none of their own.

/// [`RecordId`](crate::RecordId), as its text.
pub(super) mod record_id {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::RecordId;

    pub(in crate::receipts) fn serialize<S: Serializer>(
        id: &RecordId,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(id.as_str())
    }

    pub(in crate::receipts) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<RecordId, D::Error> {
        RecordId::new(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// [`Tenant`](crate::Tenant), as its text.
pub(super) mod tenant {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::Tenant;

    pub(in crate::receipts) fn serialize<S: Serializer>(
        tenant: &Tenant,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(tenant.as_str())
    }

    pub(in crate::receipts) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Tenant, D::Error> {
        Tenant::new(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// A tenant, or the absence of one.
pub(super) mod optional_tenant {
    use serde::{Deserializer, Serialize as _, Serializer};

    use crate::Tenant;

    pub(in crate::receipts) fn serialize<S: Serializer>(
        tenant: &Option<Tenant>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        tenant.as_ref().map(Tenant::as_str).serialize(serializer)
    }

    pub(in crate::receipts) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Tenant>, D::Error> {
        super::tenant::deserialize(deserializer).map(Some)
    }
}

/// A time, as its RFC 3339 text in UTC.
pub(super) mod rfc3339 {
    use fdx_wire::UnixTime;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(in crate::receipts) fn serialize<S: Serializer>(
        time: &UnixTime,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(time)
    }

    pub(in crate::receipts) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<UnixTime, D::Error> {
        UnixTime::parse_rfc3339(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// [`ConsentReceipt`](fdx_rar::ConsentReceipt), as its object, read strictly.
pub(super) mod receipt {
    use fdx_rar::ConsentReceipt;
    use fdx_wire::json::RawJson;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize as _, Serializer};

    #[expect(clippy::borrowed_box, reason = "serde passes a reference to the field")]
    pub(in crate::receipts) fn serialize<S: Serializer>(
        receipt: &Box<ConsentReceipt>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        receipt.as_ref().serialize(serializer)
    }

    pub(in crate::receipts) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Box<ConsentReceipt>, D::Error> {
        let json = RawJson::deserialize(deserializer)?;
        ConsentReceipt::from_json(json.as_str()).map(Box::new).map_err(D::Error::custom)
    }
}
