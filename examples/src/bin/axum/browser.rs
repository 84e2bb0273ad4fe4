use std::collections::BTreeMap;
use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;

use fdx_examples::{parse, serialize, step};
use http::header::{COOKIE, LOCATION, SET_COOKIE};
use http::{Method, Request, Response, StatusCode};

/// A minimal browser: a cookie jar for one host, and the customer's clicks.
///
/// A real browser accepts `__Host-` cookies over https only.
#[derive(Clone)]
pub(crate) struct Browser {
    origin: String,
    jar: BTreeMap<String, String>,
}

const FLOW: &str = "__Host-fdx-";

impl Browser {
    /// Opens the service's front page, which begins the browser session.
    pub(crate) fn open(origin: &str) -> Result<Self, Box<dyn Error>> {
        let mut browser = Self { origin: origin.to_owned(), jar: BTreeMap::new() };
        browser.send(Method::GET, &format!("{origin}/"))?;
        Ok(browser)
    }

    /// Clicks on the front page in a new tab, and returns the institution's URL.
    pub(crate) fn click(&mut self, tab: &str) -> Result<String, Box<dyn Error>> {
        self.send(Method::GET, &format!("{}/", self.origin))?;
        let response = self.send(Method::POST, &format!("{}/connect", self.origin))?;
        let cookie =
            response.headers().get(SET_COOKIE).ok_or("no cookie for the flow")?.to_str()?;
        let (name, rest) = cookie.split_once('=').ok_or("a cookie without a name")?;
        let (value, attributes) = rest.split_once("; ").ok_or("a cookie without attributes")?;
        let url = location(&response).ok_or("no redirect to the institution")?;
        step(tab, format!("clicks: {}, to the institution", response.status()));
        step("", format!("{name}={} characters; {attributes}", value.len()));
        Ok(url)
    }

    /// Loads a page of the service, follows its redirect, and prints the page.
    pub(crate) fn visit(&mut self, who: &str, url: &str) -> Result<(), Box<dyn Error>> {
        let response = self.send(Method::GET, url)?;
        let path = location(&response);
        let (response, prefix) = match path.filter(|_| response.status() == StatusCode::SEE_OTHER) {
            Some(path) => {
                let page = self.send(Method::GET, &format!("{}{path}", self.origin))?;
                (page, "303 See Other, then ")
            }
            None => (response, ""),
        };
        step(who, format!("{prefix}{}", response.status()));
        for line in str::from_utf8(response.body())?.lines() {
            step("", line);
        }
        Ok(())
    }

    /// Returns the number of flow cookies.
    pub(crate) fn flows(&self) -> usize {
        self.jar.keys().filter(|name| name.starts_with(FLOW)).count()
    }

    /// Copies the flow cookies of another browser, without its session.
    pub(crate) fn take_flows_of(&mut self, other: &Self) {
        let flows = other.jar.iter().filter(|(name, _)| name.starts_with(FLOW));
        self.jar.extend(flows.map(|(name, value)| (name.clone(), value.clone())));
    }

    fn send(&mut self, method: Method, url: &str) -> Result<Response<Vec<u8>>, Box<dyn Error>> {
        let mut request = Request::builder().method(method).uri(url);
        if !self.jar.is_empty() {
            let pairs: Vec<_> =
                self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(COOKIE, pairs.join("; "));
        }
        let mut stream = TcpStream::connect(self.origin.trim_start_matches("http://"))?;
        stream.write_all(&serialize(&request.body(Vec::new())?))?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        let response = parse(&bytes)?;
        for cookie in response.headers().get_all(SET_COOKIE) {
            let (name, rest) = cookie.to_str()?.split_once('=').ok_or("a cookie without a name")?;
            let (value, attributes) = rest.split_once("; ").unwrap_or((rest, ""));
            if attributes.contains("Max-Age=0") {
                self.jar.remove(name);
            } else {
                self.jar.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(response)
    }
}

fn location(response: &Response<Vec<u8>>) -> Option<String> {
    response.headers().get(LOCATION)?.to_str().ok().map(str::to_owned)
}
