//! The state kept between the redirect and the callback.

pub(crate) mod pending;
pub(crate) mod sealed;

#[cfg(test)]
mod tests;
