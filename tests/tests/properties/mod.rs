//! Properties that need more than one crate, and a table of where all of them are.

mod any_order;
mod driver;
mod grants;
mod laws;
mod leaks;
mod seal;
mod table;
