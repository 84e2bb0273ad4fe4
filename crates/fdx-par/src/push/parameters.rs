use fdx_jose::RequestObjectParameters;
use fdx_wire::Secret;
use fdx_wire::form::Form;
use fdx_wire::json::RawJson;

/// The parameters of an authorization request, in order: a form writes all of them as texts, a
/// request object as what they are.
#[derive(Default)]
pub(super) struct Parameters(Vec<(String, Value)>);

enum Value {
    Json(RawJson),
    Number(u64),
    Text(Secret),
}

impl Parameters {
    pub(super) fn text(&mut self, name: &str, value: &str) -> &mut Self {
        self.push(name, Value::Text(Secret::new(value.to_owned())))
    }

    pub(super) fn number(&mut self, name: &str, value: u64) -> &mut Self {
        self.push(name, Value::Number(value))
    }

    pub(super) fn json(&mut self, name: &str, value: RawJson) -> &mut Self {
        self.push(name, Value::Json(value))
    }

    fn push(&mut self, name: &str, value: Value) -> &mut Self {
        self.0.push((name.to_owned(), value));
        self
    }

    /// RFC 9126 section 2.1.
    pub(super) fn form(&self) -> Form {
        // Room for the assertion too: text that is outgrown is not wiped.
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
        for (place, (name, value)) in self.0.iter().enumerate() {
            let said_before = self.0.iter().take(place).any(|(before, _)| before == name);
            if name == "client_id" || said_before {
                continue;
            }
            // RFC 8707 2: what a form repeats is an array of strings in a request object.
            parameters = match (value, self.repeated(name)) {
                (_, Some(texts)) => parameters.json(name, texts),
                (Value::Json(json), None) => parameters.json(name, json.clone()),
                (Value::Number(number), None) => parameters.number(name, *number),
                (Value::Text(text), None) => parameters.text(name, text.expose()),
            };
        }
        parameters
    }

    /// The texts of a parameter that is there more than once, as an array.
    fn repeated(&self, name: &str) -> Option<RawJson> {
        let same = self.0.iter().filter(|(other, _)| other == name);
        let texts = same.filter_map(|(_, value)| match value {
            Value::Text(text) => Some(text.expose()),
            _ => None,
        });
        let texts: Vec<&str> = texts.collect();
        if texts.len() > 1 { RawJson::of(&texts).ok() } else { None }
    }
}
