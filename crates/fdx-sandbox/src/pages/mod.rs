//! The pages for the customer's browser: their HTML, and the customer who fills in the form.

pub mod customer;
pub(crate) mod html;
