//! A strict FAPI 2.0 and FDX v6 institution as a value, and a server for it on loopback.
