//! Each provider with its dialect: its requests as recorded texts, and each member of the dialect
//! switched off.

mod autional;
mod examples;
mod mastercard;
mod members;
mod mx;
mod uae;
mod wso2;
