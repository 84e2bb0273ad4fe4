use std::collections::BTreeMap;

use fdx_wire::form::Query;
use fdx_wire::json::RawJson;

/// Authorization parameters as they were sent, by name, each at most once.
#[derive(Debug)]
pub(crate) struct Sent(BTreeMap<String, String>);

impl Sent {
    /// From the form itself.
    pub(crate) fn of_form(form: &Query<'_>) -> Self {
        let pairs = form.names().filter_map(|name| Some((name, form.one(name).ok()??)));
        Self(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// From the claims of a request object, as if they had come in a form; none where one of them
    /// has another type than RFC 9101 section 4 gives it: `max_age` is a number,
    /// `authorization_details` an array, everything else that is read here a text. What is not read
    /// here may be anything but null.
    pub(crate) fn of_claims(claims: &BTreeMap<String, RawJson>) -> Option<Self> {
        let mut sent = BTreeMap::new();
        for (name, claim) in claims {
            let text = match name.as_str() {
                "max_age" => claim.read::<u32>().ok()?.to_string(),
                "authorization_details" => {
                    claim.read::<Vec<RawJson>>().ok()?;
                    claim.as_str().to_owned()
                }
                known if TEXTS.contains(&known) => claim.read::<String>().ok()?,
                _ if claim.as_str().trim() == "null" => return None,
                _ => continue,
            };
            sent.insert(name.clone(), text);
        }
        Some(Self(sent))
    }

    /// An empty value counts as absent (RFC 6749 section 3.1).
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

const TEXTS: [&str; 13] = [
    "acr_values",
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "dpop_jkt",
    "nonce",
    "prompt",
    "redirect_uri",
    "resource",
    "response_mode",
    "response_type",
    "scope",
    "state",
];
