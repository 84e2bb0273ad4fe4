use super::Dialect;

/// FDX v6 by the book: FAPI 2.0 Security Profile Final, and nothing else.
///
/// The push is answered with 201, its `request_uri` is good for 60 to 90 seconds and for one use,
/// the details are of type `fdx_v1.0`, and the customer may grant less than was asked.
pub const FDX: Dialect = Dialect::new("fdx", "FDX v6 over FAPI 2.0, by the book");
