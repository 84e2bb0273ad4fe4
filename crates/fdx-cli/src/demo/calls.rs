use fdx_par::{Client, Error, Granted, ResourceRequest};
use fdx_rar::ResourceType;
use fdx_transport_hyper::system_now;
use serde::Serialize;

use crate::demo::scene::Scene;
use crate::error::Failure;
use crate::flow::entropy;
use crate::table::Table;

/// A resource that was called, and what came of it.
#[derive(Debug, Serialize)]
pub(crate) struct Call {
    path: String,
    outcome: Outcome,
    status: u16,
    /// The code of FDX's error.
    code: Option<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Served,
    Withheld,
}

/// Calls a resource that the customer granted, and one that the customer did not.
pub(crate) async fn make(
    scene: &Scene,
    client: &Client,
    granted: &Granted,
) -> Result<Vec<Call>, Failure> {
    let mut triples = granted.coverage().granted().iter();
    let account = triples.find(|triple| triple.resource_type == ResourceType::Account);
    let account = account.map_or("", |triple| triple.resource_id.as_str());
    let served = call(scene, client, granted, &["accounts", account]).await?;
    let withheld = call(scene, client, granted, &["accounts", account, "transactions"]).await?;
    if (served.outcome, withheld.outcome) != (Outcome::Served, Outcome::Withheld) {
        let what = format!("the institution does not keep to the consent: {withheld:?}");
        return Err(Failure::failed(what, "this is a defect of ours: please report it"));
    }
    Ok(vec![served, withheld])
}

async fn call(
    scene: &Scene,
    client: &Client,
    granted: &Granted,
    segments: &[&str],
) -> Result<Call, Failure> {
    const DOING: &str = "calling a resource";
    let base = client.config().fdx_base.clone();
    let url = segments.iter().try_fold(base, |url, segment| url.join_segment(segment));
    let url = url.map_err(|error| Failure::failed(error.to_string(), "please report it"))?;
    let path = url.path().to_owned();
    let request = ResourceRequest::get(url);
    let token = granted.tokens().access_token();
    let draft = client.call(token, request, entropy()?, system_now());
    match scene.driver.try_run(DOING, draft).await? {
        Ok(answer) => {
            let status = answer.status().as_u16();
            Ok(Call { path, outcome: Outcome::Served, status, code: None })
        }
        // A customer who granted less than was asked: nothing has failed.
        Err(Error::Refusal(refusal)) if refusal.is_withheld() => Ok(Call {
            path,
            outcome: Outcome::Withheld,
            status: refusal.said.status,
            code: refusal.said.error.map(|code| code.as_str().to_owned()),
        }),
        Err(error) => Err(Failure::protocol(DOING, &error)),
    }
}

pub(crate) fn table(calls: &[Call]) -> Table {
    let mut table = Table::new(&["GET", "answer", "outcome"]);
    for call in calls {
        let (answer, outcome) = match (call.outcome, &call.code) {
            (Outcome::Served, _) => (call.status.to_string(), "served"),
            (Outcome::Withheld, code) => {
                let code = code.as_deref().unwrap_or("-");
                (format!("{}, FDX {code}", call.status), "withheld, as the consent says")
            }
        };
        table.row([call.path.clone(), answer, outcome.to_owned()]);
    }
    table
}
