//! A small driver for fdx-par exchanges over hyper and rustls: mTLS, pool, timeouts, caps, no redirects.
