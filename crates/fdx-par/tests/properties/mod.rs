//! Properties that need more than one crate.

mod grants;
mod seal;
