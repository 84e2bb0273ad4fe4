use fdx_jose::RequestObjectParameters;
use fdx_wire::Secret;
use fdx_wire::form::Form;
use fdx_wire::json::{ObjectWriter, RawJson};

use crate::dialect::member::UrlParameter;
use crate::dialect::profile::Profile;
use crate::exchange::outgoing::ParameterBody;

/// The parameters of an authorization request, in order. A form writes all of them as text, a
/// request object each as its JSON type.
#[derive(Default)]
pub(crate) struct Parameters<'a>(Vec<(&'a str, Value)>);

enum Value {
    Json(RawJson),
    Number(u64),
    Text(Secret),
}

impl<'a> Parameters<'a> {
    pub(super) fn text(&mut self, name: &'a str, value: &str) -> &mut Self {
        self.push(name, Value::Text(Secret::new(value.to_owned())))
    }

    pub(super) fn number(&mut self, name: &'a str, value: u64) -> &mut Self {
        self.push(name, Value::Number(value))
    }

    pub(super) fn json(&mut self, name: &'a str, value: RawJson) -> &mut Self {
        self.push(name, Value::Json(value))
    }

    fn push(&mut self, name: &'a str, value: Value) -> &mut Self {
        self.0.push((name, value));
        self
    }

    /// The parameters next to a request object: `client_id`, and those that the provider repeats.
    pub(super) fn outside(self, profile: &Profile) -> Self {
        let repeated = profile.beside_request_object;
        let is_repeated = |name: &str| match name {
            _ if repeated.everything => true,
            "client_id" => repeated.client_id,
            "authorization_details" => repeated.authorization_details,
            _ => false,
        };
        Self(self.0.into_iter().filter(|(name, _)| is_repeated(name)).collect())
    }

    /// The values of the parameters that a dialect adds to the authorization URL.
    pub(super) fn of_url(&self, added: &[UrlParameter]) -> Vec<(&'static str, Secret)> {
        let pushed = |name: &str| {
            self.0.iter().find_map(|(pushed, value)| match value {
                Value::Text(text) if *pushed == name => Some(text.clone()),
                _ => None,
            })
        };
        let value = |parameter: &UrlParameter| match *parameter {
            UrlParameter::Fixed(name, value) => Some((name, Secret::new(value.to_owned()))),
            UrlParameter::Pushed(name) => pushed(name).map(|value| (name, value)),
        };
        added.iter().filter_map(value).collect()
    }

    /// The body of a push: a form of the parameters (RFC 9126 section 2.1), or a JSON object if the
    /// dialect has [`Member::PushAsJson`](crate::dialect::Member::PushAsJson).
    pub(super) fn body(&self, profile: &Profile, form: impl FnOnce() -> Form) -> ParameterBody {
        if profile.push_as_json { self.object(profile).into() } else { form().into() }
    }

    fn object(&self, profile: &Profile) -> ObjectWriter {
        let mut object = ObjectWriter::with_capacity(4096);
        for (name, value) in self.firsts() {
            let plural = name == "resource" && profile.resources_plural;
            match (value, self.repeated(name, if plural { 1 } else { 2 })) {
                (_, Some(texts)) if plural => object.texts("resources", texts),
                (_, Some(texts)) => object.texts(name, texts),
                (Value::Json(json), None) => object.json(name, json),
                (Value::Number(number), None) => object.number(name, *number),
                (Value::Text(text), None) => object.text(name, text.expose()),
            };
        }
        object
    }

    /// RFC 9126 section 2.1.
    pub(crate) fn form(&self) -> Form {
        // Room for the assertion too: a reallocation would leave an unwiped copy.
        let mut form = Form::with_capacity(4096);
        for (name, value) in &self.0 {
            match value {
                Value::Json(json) => form.pair(name, json.as_str()),
                Value::Number(number) => form.pair(name, &number.to_string()),
                Value::Text(text) => form.pair(name, text.expose()),
            };
        }
        form
    }

    /// RFC 9101 section 4. `client_id` is the request object's own.
    pub(super) fn request_object(&self) -> RequestObjectParameters {
        let mut parameters = RequestObjectParameters::new();
        for (name, value) in self.firsts().filter(|(name, _)| *name != "client_id") {
            // RFC 8707 2: a form repeats the parameter, a request object has an array of strings.
            parameters = match (value, self.repeated(name, 2)) {
                (_, Some(texts)) => parameters.texts(name, texts),
                (Value::Json(json), None) => parameters.json(name, json.clone()),
                (Value::Number(number), None) => parameters.number(name, *number),
                (Value::Text(text), None) => parameters.text(name, text.expose()),
            };
        }
        parameters
    }

    /// The first parameter of each name.
    fn firsts(&self) -> impl Iterator<Item = (&str, &Value)> {
        let pairs = self.0.iter().enumerate();
        pairs.filter_map(|(place, (name, value))| {
            let repeats = self.0.iter().take(place).any(|(before, _)| before == name);
            (!repeats).then_some((*name, value))
        })
    }

    /// Returns the values of a parameter that occurs at least this many `times`.
    fn repeated(&self, name: &str, times: usize) -> Option<Vec<&str>> {
        let same = self.0.iter().filter(|(other, _)| *other == name);
        let texts = same.filter_map(|(_, value)| match value {
            Value::Text(text) => Some(text.expose()),
            _ => None,
        });
        let texts: Vec<&str> = texts.collect();
        (texts.len() >= times).then_some(texts)
    }
}
