//! What a consent shares, in the institution's representation and in the recipient's.

use std::collections::BTreeSet;

use fdx_par::Granted;
use fdx_rar::{ConsentRequest, Coverage, Withheld};
use fdx_wire::form::Query;

use crate::ledger::Person;

/// The shared clusters, each as `TYPE/account/CLUSTER`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Shared(BTreeSet<String>);

impl Shared {
    /// The choice of a person on the consent page.
    pub(crate) fn chosen(form: &[u8], by: Person) -> Self {
        let form = str::from_utf8(form).ok();
        let form = form.and_then(|form| Query::parse(form, 64 * 1024).ok());
        let names = form.iter().flat_map(Query::names).filter(|name| name.contains('/'));
        Self(names.map(|name| name.replace("/acc-", &format!("/{}", prefix(by)))).collect())
    }

    /// Whether exactly this is reported as granted, and the rest of the request as withheld.
    pub(crate) fn is_reported(&self, granted: &Granted, request: &ConsentRequest) -> bool {
        let Some(resources) = granted.grant().and_then(|grant| grant.resources()) else {
            return false;
        };
        let reported = resources.iter().flat_map(|resource| {
            let (kind, id) = (resource.resource_type(), resource.resource_id());
            resource.data_clusters().iter().map(move |it| format!("{kind}/{id}/{it}"))
        });
        let coverage = granted.coverage();
        let compared = coverage
            .granted()
            .iter()
            .map(|it| format!("{}/{}/{}", it.resource_type, it.resource_id, it.data_cluster));
        reported.collect::<BTreeSet<_>>() == self.0
            && compared.collect::<BTreeSet<_>>() == self.0
            && coverage.not_requested().is_empty()
            && withheld(coverage) == self.lacking(request)
    }

    /// Requested clusters that no account has, as `TYPE//CLUSTER`, and those that an account lacks.
    fn lacking(&self, request: &ConsentRequest) -> BTreeSet<String> {
        let accounts: BTreeSet<_> = self.0.iter().filter_map(|it| it.split('/').nth(1)).collect();
        let mut lacking = BTreeSet::new();
        for (kind, cluster) in request.pairs() {
            let of = |account: &str| format!("{kind}/{account}/{cluster}");
            let (have, lack): (Vec<_>, Vec<_>) =
                accounts.iter().map(|account| of(account)).partition(|it| self.0.contains(it));
            lacking.extend(lack);
            lacking.extend(have.is_empty().then(|| of("")));
        }
        lacking
    }
}

fn withheld(coverage: &Coverage) -> BTreeSet<String> {
    let shown = |it: &Withheld| {
        let account = it.resource_id().unwrap_or_default();
        format!("{}/{account}/{}", it.resource_type(), it.data_cluster())
    };
    coverage.withheld().iter().map(shown).collect()
}

/// The prefix of the ids of a person's accounts.
pub(crate) fn prefix(person: Person) -> String {
    format!("acc-of-{person}-")
}

/// The `sub` of a person at an institution. Long enough that a part of it can be searched for.
pub(crate) fn subject(person: Person) -> String {
    format!("subject-of-person-{person}")
}
