//! FDX v6 consent over FAPI 2.0, the data recipient's side, without I/O: every protocol interaction is a value.
