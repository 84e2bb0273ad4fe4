use fdx_wire::Issuer;

use crate::dialect::definition::Dialect;
use crate::dialect::profile::Profile;
use crate::discovery::endpoint::{PerEndpoint, on_origin};
use crate::discovery::metadata::{Published, ServerMetadata};
use crate::error::caller::ConfigurationFault;
use crate::error::error::Error;

impl Dialect {
    /// Returns the documented endpoints of a provider without metadata, on its `issuer`'s origin.
    ///
    /// # Errors
    /// [`ConfigurationFault::MetadataPublished`] if the dialect documents none:
    /// [discover](crate::discover) them. [`CallFault::UrlTooLong`](crate::CallFault::UrlTooLong).
    pub fn documented_metadata(&self, issuer: &Issuer) -> Result<ServerMetadata, Error> {
        let endpoints =
            Profile::of(self).documented_endpoints.ok_or(ConfigurationFault::MetadataPublished)?;
        let authorization_endpoint = on_origin(issuer, endpoints.authorization)?;
        let endpoints = PerEndpoint::try_from_fn(|endpoint| {
            let Some(path) = endpoints.path(endpoint) else { return Ok(Published::Absent) };
            on_origin(issuer, path).map(Published::Url)
        })?;
        Ok(ServerMetadata::of_documented(issuer.clone(), authorization_endpoint, endpoints))
    }
}
