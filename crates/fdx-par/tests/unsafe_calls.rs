//! A call with an unsafe method is never reported as retryable.

use fdx_par::{Error, NextStep, ResourceAnswer, ResourceRequest, Sent, Step};
use fdx_sandbox::NoncePolicy;
use fdx_testkit::kit::attached;
use fdx_testkit::{Setup, World, answer, entropy};
use http::Method;

fn sent(method: Method) -> (World, Sent<ResourceAnswer>) {
    let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
    let client = world.client().unwrap();
    let verified = world.verified(&client);
    let url = client.config().fdx_base.join_segment("payments").unwrap();
    let token = verified.tokens().access_token();
    let request = ResourceRequest::new(method, url);
    let draft = client.call(token, request, entropy(7), world.now).unwrap();
    let (_, sent) = attached(draft, &world.keys);
    (world, sent)
}

fn refused(method: Method, status: u16) -> Error {
    let (world, sent) = sent(method);
    sent.receive(answer(status, "text/plain", "no"), world.now).unwrap_err()
}

const RETRY: NextStep = NextStep::Retry { after: None };

#[test]
fn unsafe_call_without_response_is_not_retryable() {
    for method in [Method::POST, Method::PATCH, Method::PUT, Method::DELETE] {
        let (_, waiting) = sent(method.clone());
        assert_eq!(waiting.on_no_response(), NextStep::AskTheInstitution, "{method}");
        assert_eq!(refused(method.clone(), 502).next_step(), NextStep::AskTheInstitution);
        // RFC 6585 4: the server did not process a request that it refused with 429.
        assert_eq!(refused(method, 429).next_step(), RETRY);
    }
    for method in [Method::GET, Method::HEAD] {
        assert_eq!(sent(method.clone()).1.on_no_response(), RETRY, "{method}");
        assert_eq!(refused(method, 502).next_step(), RETRY);
    }
}

#[test]
fn truncated_success_of_an_unsafe_call_is_not_retryable() {
    for (method, next) in [(Method::POST, NextStep::AskTheInstitution), (Method::GET, RETRY)] {
        let (world, sent) = sent(method);
        let answer = answer(200, "application/json", "{\"paid\":");
        let Step::Done(answer) = sent.receive(answer, world.now).unwrap() else { panic!("again") };
        assert_eq!(answer.json::<serde_json::Value>().unwrap_err().next_step(), next);
    }
}
