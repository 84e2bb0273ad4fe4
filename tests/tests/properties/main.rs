//! Properties that need more than one crate.

mod any_order;
mod driver;
