use alloc::string::String;

use fdx_wire::json::RawJson;
use fdx_wire::members::{MemberFault, Value};

use super::FDX_V1_0;

/// Checks the JSON types of the members of a requested element, so that an error names the member.
/// `null` counts as absent.
pub(super) fn check(element: &RawJson) -> Result<(), MemberFault> {
    let element = Value::of_raw(element).map_err(|_| ELEMENT.fault_of_unread())?;
    ELEMENT.check(element)?;
    let Some(detail_type) = check_member(element, &TYPE)?.and_then(Value::to_text) else {
        return Ok(());
    };
    if detail_type != FDX_V1_0 {
        return COMMON.iter().try_for_each(|shape| check_member(element, shape).map(drop));
    }
    let Some(request) = check_member(element, &CONSENT_REQUEST)? else { return Ok(()) };
    REQUEST.iter().try_for_each(|shape| check_member(request, shape).map(drop))?;
    let resources = check_member(request, &RESOURCES)?.and_then(Value::to_elements);
    resources.into_iter().flatten().try_for_each(|resource| {
        RESOURCE.iter().try_for_each(|shape| check_member(resource, shape).map(drop))
    })
}

/// The expected JSON type of a member.
pub(super) struct Shape {
    member: &'static str,
    expected: &'static str,
    clause: &'static str,
    fits: fn(Value<'_>) -> bool,
}

const REQUEST_CLAUSE: &str = "FDX Consent API, ConsentRequest";
const RESOURCE_CLAUSE: &str = "FDX Consent API, ConsentRequestedResource";

pub(super) const ELEMENT: Shape =
    Shape::new("authorization_details[]", "an object", "RFC 9396 section 2", is_object);
const TYPE: Shape = Shape::new("type", "a text", "RFC 9396 section 2", is_text);
/// RFC 9396 section 2.2.
const COMMON: [Shape; 5] = [
    Shape::new("locations", "a list of texts", "RFC 9396 section 2.2", are_texts),
    Shape::new("actions", "a list of texts", "RFC 9396 section 2.2", are_texts),
    Shape::new("datatypes", "a list of texts", "RFC 9396 section 2.2", are_texts),
    Shape::new("identifier", "a text", "RFC 9396 section 2.2", is_text),
    Shape::new("privileges", "a list of texts", "RFC 9396 section 2.2", are_texts),
];
const CONSENT_REQUEST: Shape = Shape::new("consentRequest", "an object", REQUEST_CLAUSE, is_object);
const REQUEST: [Shape; 3] = [
    Shape::new("durationType", "a name", REQUEST_CLAUSE, is_name),
    Shape::new("durationPeriod", "a whole number of days", REQUEST_CLAUSE, is_number),
    Shape::new("lookbackPeriod", "a whole number of days", REQUEST_CLAUSE, is_number),
];
const RESOURCES: Shape =
    Shape::new("resources", "a list of objects", REQUEST_CLAUSE, |value| all(value, is_object));
const RESOURCE: [Shape; 2] = [
    Shape::new("resources[].resourceType", "a name", RESOURCE_CLAUSE, is_name),
    Shape::new("resources[].dataClusters", "a list of names", RESOURCE_CLAUSE, |value| {
        all(value, is_name)
    }),
];

/// The limit of a name, in bytes.
const MAX_NAME: usize = 256;

impl Shape {
    const fn new(
        member: &'static str,
        expected: &'static str,
        clause: &'static str,
        fits: fn(Value<'_>) -> bool,
    ) -> Self {
        Self { member, expected, clause, fits }
    }

    fn check(&self, value: Value<'_>) -> Result<(), MemberFault> {
        if (self.fits)(value) {
            return Ok(());
        }
        Err(MemberFault::of_part(self.member, self.expected, self.clause, value))
    }

    /// The fault of a value that the reader refuses for another reason than its type.
    pub(super) fn fault_of_unread(&self) -> MemberFault {
        MemberFault::other(self.member, self.expected, self.clause)
    }
}

/// The value of a member of an object that is neither absent nor `null`.
fn check_member<'a>(object: Value<'a>, shape: &Shape) -> Result<Option<Value<'a>>, MemberFault> {
    let name = shape.member.rsplit('.').next().unwrap_or(shape.member);
    let object = object.to_object();
    let value = object.iter().flat_map(|object| object.iter()).find(|(known, _)| *known == name);
    match value.map(|(_, value)| value).filter(|value| !value.is_null()) {
        Some(value) => shape.check(value).map(|()| Some(value)),
        None => Ok(None),
    }
}

fn is_object(value: Value<'_>) -> bool {
    value.to_object().is_some()
}

fn is_text(value: Value<'_>) -> bool {
    value.to_text().is_some()
}

fn is_name(value: Value<'_>) -> bool {
    value.to_text().is_some_and(|text: String| text.len() <= MAX_NAME)
}

fn is_number(value: Value<'_>) -> bool {
    value.to_whole_number().is_some_and(|number| u32::try_from(number).is_ok())
}

fn are_texts(value: Value<'_>) -> bool {
    all(value, is_text)
}

fn all(value: Value<'_>, fits: fn(Value<'_>) -> bool) -> bool {
    value.to_elements().is_some_and(|elements| elements.into_iter().all(fits))
}
