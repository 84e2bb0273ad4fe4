//! Granted access: what a customer granted, and how it is known.
//!
//! | source | where it is | what it reports | clause |
//! |---|---|---|---|
//! | [`ConsentApi`](GrantSource::ConsentApi) | `GET /consents/{id}` | resources with identifiers and data clusters; an end or a period | FDX Consent API |
//! | [`TokenResponse`](GrantSource::TokenResponse) | `authorization_details` of the token response | resources, often without identifiers, and data clusters; an end or a period | RFC 9396 section 7 |
//! | [`Introspection`](GrantSource::Introspection) | `authorization_details` of introspection | the same | RFC 9396 section 9.2 |
//! | [`Scopes`](GrantSource::Scopes) | `scope` of the token response | data clusters whose scope was requested | RFC 6749 section 5.1 |
//! | [`Request`](GrantSource::Request) | the request | nothing that was granted; its period is a substitute, see *When the consent ends* | FDX, `durationPeriod` |
//!
//! # Data clusters
//!
//! - A source counts if it reports resources. Scopes count for the data clusters whose scope was
//!   requested. The request never counts.
//! - A requested data cluster is granted if a source grants it and no source withholds it. A source
//!   withholds what it does not grant, unless a part of it that can't be understood may grant it.
//! - A data cluster that was not requested is listed if one of the first three sources grants it.
//! - An absent `scope` is no source, and `null` counts as absent; an empty one grants nothing. A
//!   `scope` with anything that is no scope token is no source either (RFC 6749 section 3.3). An
//!   empty `authorization_details`, or one without FDX's type, grants no FDX consent.
//! - An element of another type grants no FDX consent, whatever its other members.
//! - What can't be understood is not absent. A resource that can't be understood may grant the
//!   data clusters that can be read in it, and any data cluster if its list is absent or can't be
//!   read. An element of `authorization_details` whose type, or whose `consentRequest`, can't be
//!   understood may grant any data cluster.
//! - A requested data cluster that no source grants and no source withholds is
//!   [`unclear`](fdx_rar::Coverage::unclear). If scopes are the only source, this includes each data
//!   cluster whose scope was not requested.
//!
//! # When the consent ends
//!
//! - The earliest end of the first three sources counts. A period counts from the earliest
//!   `createdTime`, or from the time of the token response. A statement that there is no end counts
//!   if none of these sources reports an end or a period.
//! - The requested period counts if none of these sources reports an end, a period, a
//!   `durationType` other than `TIME_BOUND`, or that no FDX consent is granted.
//! - Unless a source states an end that is understood, an end that can't be understood makes the end
//!   unknown, and no end is known if a source reports a duration that is one-time or of an unknown
//!   type. No period replaces either.
//! - An `authorization_details`, or an element of it, that can't be understood may state an end. The
//!   end then is unknown, unless another source reports an end or a period.
//!
//! # Checks and notices
//!
//! - An `id` or a `status` in granted details is checked as in the consent API: another consent id, a
//!   consent that is not active, and a value that can't be understood are errors.
//! - The consent ids, statuses and ends of a provider's own details
//!   ([`ConsentIdInDetails`](crate::dialect::Member::ConsentIdInDetails)) are those of all elements,
//!   in each form of them. All ids must agree, each status must be that of a consent in force, and
//!   the earliest end counts.
//! - Sources that contradict each other give the notice
//!   [`GrantedSourcesDiffer`](crate::Notice::GrantedSourcesDiffer). A requested scope that the token
//!   response drops gives [`ScopeDropped`](crate::Notice::ScopeDropped).
//! - An end that is not later than the token response gives
//!   [`GrantEnded`](crate::Notice::GrantEnded).
//! - A granted detail of a type that was not requested, another `durationType`, a longer period, a
//!   later end, another `lookbackPeriod`, and another value of a requested member that the coverage
//!   does not compare give [`GrantedTermsOther`](crate::Notice::GrantedTermsOther). Members that the
//!   institution leaves out or adds do not (RFC 9396 section 7).
//! - A dialect with [`DetailsRepeatTheRequest`](crate::dialect::Member::DetailsRepeatTheRequest) says
//!   that `authorization_details` of responses repeat the request. They are then no source.
//!
//! [`Granted::coverage`](crate::Granted::coverage) compares what was granted with the request. It
//! lists every source that counted for the data clusters. A receipt lists these sources in
//! `grantedSources`, and the sources of the end in `expirationSources`. It has `withheld` only if
//! the request has an FDX consent and a source counted.
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
