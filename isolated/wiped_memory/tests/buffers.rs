//! The texts in which secrets are written and read: none stays behind in memory that was freed.

use fdx_par::not_fapi::ClientSecret;
use fdx_wiped_memory::{Planted, Searching, watch};
use fdx_wire::form::{Form, Query};
use fdx_wire::json::{self, Limits, ObjectWriter, RawJson};
use fdx_wire::{Secret, SecretBuffer, base64url};

#[global_allocator]
static ALLOCATOR: Searching = Searching;

const SECRET: &str = "Kz~8mXK1/qLd0==+3";
const ENCODED: &str = "Kz~8mXK1%2FqLd0%3D%3D%2B3";

/// The names of what `code` left behind: the secret as it is, or percent-encoded.
fn left_behind(code: impl FnOnce()) -> Vec<String> {
    let planted = [Planted::new("plain", SECRET), Planted::new("encoded", ENCODED)];
    let ((), found) = watch(&planted, code);
    found.into_iter().map(|found| found.name).collect()
}

#[test]
fn the_allocator_finds_what_is_not_wiped() {
    assert_eq!(left_behind(|| drop(SECRET.to_owned())), ["plain"]);
    let outgrown = || {
        let mut text = String::from(SECRET);
        text.reserve(1024);
        std::mem::forget(text);
    };
    assert_eq!(left_behind(outgrown), ["plain"]);
    assert_eq!(left_behind(|| drop(Secret::new(SECRET.to_owned()))), [""; 0]);
}

#[test]
fn a_query_wipes_what_it_decoded() {
    let text = format!("state=s&code={ENCODED}&{ENCODED}=1");
    assert_eq!(left_behind(|| drop(Query::parse(&text, 4096).unwrap())), [""; 0]);
    // Also where a later parameter can't be read.
    let broken = format!("code={ENCODED}&state=%");
    assert_eq!(left_behind(|| assert!(Query::parse(&broken, 4096).is_err())), [""; 0]);
    let not_text = format!("code={ENCODED}%ff");
    assert_eq!(left_behind(|| assert!(Query::parse(&not_text, 4096).is_err())), [""; 0]);
}

#[test]
fn a_form_wipes_the_memory_that_it_outgrows() {
    let write = || {
        let mut form = Form::new();
        form.pair("code", SECRET);
        for _ in 0..100 {
            form.pair("a", "b");
        }
    };
    assert_eq!(left_behind(write), [""; 0]);
}

#[test]
fn an_object_wipes_the_memory_that_it_outgrows() {
    let write = || {
        let mut object = ObjectWriter::with_capacity(0);
        object.text("code", SECRET);
        for _ in 0..100 {
            object.text("a", "b");
        }
        drop(object.to_json());
    };
    assert_eq!(left_behind(write), [""; 0]);
}

#[test]
fn a_json_document_is_written_without_copies() {
    let value = (SECRET, vec!["a"; 1000]);
    assert_eq!(left_behind(|| drop(json::to_secret(&value).unwrap())), [""; 0]);
}

#[test]
fn a_json_value_is_wiped() {
    let document = format!("{{\"code\":\"{SECRET}\"}}");
    let read = || {
        let raw: RawJson = json::from_slice(document.as_bytes(), &Limits::default()).unwrap();
        drop((raw.clone(), raw.read::<()>().unwrap_err()));
    };
    assert_eq!(left_behind(read), [""; 0]);
}

#[test]
fn a_decoder_wipes_what_it_decoded_before_an_error() {
    let mut text = base64url::encode(format!("{SECRET}{SECRET}").as_bytes());
    text.replace_range(text.len() - 1.., "!");
    assert_eq!(left_behind(|| assert!(base64url::decode(&text).is_err())), [""; 0]);
}

#[test]
fn a_buffer_wipes_the_memory_that_it_outgrows() {
    let write = || {
        let mut buffer = SecretBuffer::default();
        buffer.push(SECRET.as_bytes());
        buffer.push(&[b'a'; 4096]);
        drop(buffer.into_secret());
    };
    assert_eq!(left_behind(write), [""; 0]);
    let not_text = || {
        let mut buffer = SecretBuffer::default();
        buffer.push(SECRET.as_bytes());
        buffer.push(&[0xff]);
        drop(buffer.into_secret());
    };
    assert_eq!(left_behind(not_text), [""; 0]);
    assert_eq!(left_behind(|| drop(ClientSecret::new(SECRET.to_owned()))), [""; 0]);
}
