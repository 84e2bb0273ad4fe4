//! The procedures on SQLite in memory, with the institution of `fdx-sandbox`.

mod check;
mod clocks;
mod crashes;
mod elsewhere;
mod ends;
mod flow;
mod flow_crashes;
mod institutions;
mod keeper;
mod refresh;
mod revoke;
mod scene;
mod transfer;
