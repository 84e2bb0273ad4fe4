//! Granted access: what a customer granted, and how it is known.
//!
//! | source | where it is | it reports | clause |
//! |---|---|---|---|
//! | [`ConsentApi`](GrantSource::ConsentApi) | `GET /consents/{id}` | resources with identifiers, data clusters, expiration or period | FDX Consent API |
//! | [`TokenResponse`](GrantSource::TokenResponse) | `authorization_details` of the token response | data clusters, often without identifiers; period | RFC 9396 section 7 |
//! | [`Introspection`](GrantSource::Introspection) | `authorization_details` of introspection | the same | RFC 9396 section 9.2 |
//! | [`Scopes`](GrantSource::Scopes) | `scope` of the token response | data clusters whose scope was requested | RFC 6749 section 5.1 |
//! | [`Request`](GrantSource::Request) | the request | the period, if no other source reports an end, a period, or another type of duration | FDX, `durationPeriod` |
//!
//! - Their intersection counts: a requested data cluster is granted if no source withholds it. The
//!   earliest end is the end.
//! - A source that does not report resources says nothing about them. An absent `scope` is no source;
//!   an empty one grants nothing. An empty `authorization_details`, or one without FDX's type, grants
//!   no FDX consent.
//! - What can't be understood is not absent. A resource or element that can't be understood may grant
//!   any cluster that it does not exclude: such clusters are
//!   [`unclear`](fdx_rar::Coverage::unclear), neither granted nor withheld. An
//!   expiration that can't be understood is never replaced by a computed one.
//! - Clusters that were not requested are listed if any source grants them.
//! - An `id` or a `status` in granted details is checked as in the consent API.
//! - Sources that contradict each other give the notice
//!   [`GrantedSourcesDiffer`](crate::Notice::GrantedSourcesDiffer). A requested scope that the token
//!   response drops gives [`ScopeDropped`](crate::Notice::ScopeDropped).
//! - A dialect with [`DetailsRepeatTheRequest`](crate::dialect::Member::DetailsRepeatTheRequest) says
//!   that `authorization_details` of responses repeat the request. They are then no source.
//!
//! [`Granted::coverage`](crate::Granted::coverage) is the comparison with the request, and has its
//! sources. A receipt has the sources of the granted resources and of the expiration, and `withheld`
//! only if a comparison took place: without an FDX consent in the request, or without a source,
//! nothing is known to be withheld and nothing is known not to be.
//!
//! ```
//! use fdx_rar::{
//!     ConsentDuration, ConsentRequest, DataCluster, GrantSource, GrantedAccess, ResourceType, Scopes,
//! };
//!
//! let requested = ConsentRequest::new(ConsentDuration::OneTime)
//!     .resource(ResourceType::Account, [DataCluster::AccountBasic, DataCluster::Transactions])
//!     .build()?;
//! let granted = Scopes::parse("openid fdx:accountbasic:read")?;
//! let coverage = GrantedAccess::new().scopes(&requested.scopes(), &granted).compare(&requested);
//! assert_eq!(coverage.sources(), [GrantSource::Scopes]);
//! assert_eq!(coverage.granted().len(), 1);
//! assert_eq!(coverage.withheld()[0].data_cluster(), &DataCluster::Transactions);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(doc)]
use fdx_rar::GrantSource;
