//! The FDX v6 consent vocabulary and RFC 9396 authorization details: data clusters, scopes, requests, grants, coverage, receipts.
