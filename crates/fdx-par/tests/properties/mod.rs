//! Properties that need more than one crate.

mod any_order;
mod driver;
mod grants;
mod laws;
mod leaks;
mod seal;
