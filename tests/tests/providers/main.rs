//! Each provider with its dialect: its requests as recorded texts, and each member of the dialect
//! switched off.

mod mastercard;
mod members;
mod wso2;
