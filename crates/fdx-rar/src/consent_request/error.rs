/// Why something is not a consent request.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConsentRequestError {
    /// A time-bound request has a `durationPeriod` of 1 to 365 days.
    #[error("a TIME_BOUND request needs a durationPeriod of 1 to 365 days")]
    DurationPeriod,
    /// `durationType` is absent or unknown.
    #[error("durationType is none of ONE_TIME, PERSISTENT and TIME_BOUND")]
    DurationType,
    /// A resource type without data clusters.
    #[error("a requested resource has no data cluster")]
    NoDataClusters,
    /// Nothing is asked for.
    #[error("no resource is requested")]
    NoResources,
    /// A resource without its type.
    #[error("a requested resource has no resourceType")]
    NoResourceType,
    /// A resource was named by its identifier. Which ones are shared is the customer's choice.
    #[error("a request can't name a resource by its resourceId")]
    ResourceId,
}
