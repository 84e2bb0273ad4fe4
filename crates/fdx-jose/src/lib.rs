//! Keys, signatures and tokens of FAPI 2.0: PS256, ES256 and EdDSA, signed here or elsewhere, read strictly.
