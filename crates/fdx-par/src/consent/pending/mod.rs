//! The state kept between the redirect and the callback.

pub(crate) mod pending;
pub(crate) mod persisted;
pub(crate) mod sealed;

#[cfg(test)]
mod tests;
