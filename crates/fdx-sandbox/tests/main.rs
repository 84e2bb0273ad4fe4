//! The behaviour of the institution, one module for each behaviour.

mod strict_server;
