use std::fmt::{Debug, Display};

use fdx_par::{Draft, Error, Output, Step};

use crate::kit::attached;
use crate::wire::World;

/// Texts that were printed, each with the name of its value.
#[derive(Default)]
pub struct Printed(pub Vec<(String, String)>);

impl Printed {
    /// Adds both forms of `Debug`.
    pub fn debug(&mut self, name: &str, value: &impl Debug) {
        self.0.push((name.to_owned(), format!("{value:?}")));
        self.0.push((name.to_owned(), format!("{value:#?}")));
    }

    /// Adds `Debug` and `Display`.
    pub fn both(&mut self, name: &str, value: &(impl Debug + Display)) {
        self.debug(name, value);
        self.0.push((name.to_owned(), value.to_string()));
    }

    /// Adds an error, its parts and its sources.
    pub fn error(&mut self, name: &str, error: &Error) {
        self.both(name, error);
        self.debug(name, &(error.code(), error.clause(), error.said(), error.next_step()));
        let boxed: Box<dyn std::error::Error> = error.clone().into();
        let mut source = boxed.source();
        while let Some(inner) = source {
            self.both(name, &inner);
            source = inner.source();
        }
    }

    /// Runs an exchange like [`World::run`], and prints every value on its way.
    ///
    /// # Errors
    /// The exchange's error.
    pub fn run<T: Debug + Output>(
        &mut self,
        world: &mut World,
        draft: Draft<T>,
    ) -> Result<T, Error> {
        let name = std::any::type_name::<T>();
        let mut draft = draft;
        loop {
            self.debug(name, &draft);
            self.debug(name, &draft.signing_inputs());
            let (request, sent) = attached(draft, &world.keys);
            self.debug(name, &request);
            self.both(name, request.url());
            self.debug(name, &sent);
            let certificate = request.certificate();
            let http = request.into_http();
            self.debug(name, http.headers());
            self.both(name, http.uri());
            let step = sent.receive(world.carry(http, certificate), world.now);
            self.debug(name, &step);
            match step {
                Ok(Step::Again(fresh)) => draft = fresh,
                Ok(Step::Done(done)) => {
                    self.debug(name, &done);
                    return Ok(done);
                }
                Err(error) => {
                    self.error(name, &error);
                    return Err(error);
                }
            }
        }
    }
}
