//! Claims in which the server wrote `iss` twice.

/// Returns a JSON object without the second of two equal `iss`, which are strings at its top level.
/// `None` if there are not exactly two such members. The result is not checked otherwise: the caller
/// reads it strictly, so that every other repeated member is still rejected.
pub(crate) fn with_one_iss(object: &[u8]) -> Option<Vec<u8>> {
    let mut place = after(object, spaces(object, 0), b'{')?;
    let mut end_of_last = place;
    // The values of `iss`, and the bytes from the end of the member before each to its own end.
    let mut issuers: Vec<(&[u8], core::ops::Range<usize>)> = Vec::new();
    loop {
        let key = spaces(object, place);
        let end_of_key = string(object, key)?;
        let value = spaces(object, after(object, spaces(object, end_of_key), b':')?);
        let end = end_of_value(object, value)?;
        if object.get(key..end_of_key)? == br#""iss""# {
            issuers.push((object.get(value..end)?, end_of_last..end));
        }
        end_of_last = end;
        let next = spaces(object, end);
        match object.get(next)? {
            b',' => place = next + 1,
            b'}' => break,
            _ => return None,
        }
    }
    let [(first, _), (second, repeated)] = &issuers[..] else { return None };
    if first != second || first.first() != Some(&b'"') {
        return None;
    }
    let mut once = object.get(..repeated.start)?.to_vec();
    once.extend_from_slice(object.get(repeated.end..)?);
    Some(once)
}

fn spaces(text: &[u8], from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    from + rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count()
}

fn after(text: &[u8], place: usize, byte: u8) -> Option<usize> {
    (text.get(place) == Some(&byte)).then_some(place + 1)
}

/// The end of the string that starts at `place`.
fn string(text: &[u8], place: usize) -> Option<usize> {
    let mut place = after(text, place, b'"')?;
    loop {
        match text.get(place)? {
            b'"' => return Some(place + 1),
            b'\\' => place += 2,
            _ => place += 1,
        }
    }
}

/// The end of the value that starts at `place`.
fn end_of_value(text: &[u8], mut place: usize) -> Option<usize> {
    let mut depth = 0_usize;
    loop {
        match text.get(place)? {
            b'"' => {
                place = string(text, place)?;
                if depth == 0 {
                    return Some(place);
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    return Some(place + 1);
                }
            }
            b',' | b'}' | b' ' | b'\t' | b'\n' | b'\r' if depth == 0 => return Some(place),
            _ => {}
        }
        place += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn once(text: &str) -> Option<String> {
        with_one_iss(text.as_bytes()).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn removes_the_second_of_two_equal_issuers() {
        for (text, expected) in [
            (r#"{"iss":"a","iss":"a"}"#, r#"{"iss":"a"}"#),
            (
                r#" { "iss" : "a" , "x":[{"iss":"b"}], "iss" : "a" } "#,
                r#" { "iss" : "a" , "x":[{"iss":"b"}] } "#,
            ),
            (
                r#"{"x":"\"},","iss":"a","y":1,"iss":"a","z":null}"#,
                r#"{"x":"\"},","iss":"a","y":1,"z":null}"#,
            ),
        ] {
            assert_eq!(once(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn nothing_else_is_removed() {
        for text in [
            r#"{"iss":"a"}"#,
            r#"{"iss":"a","iss":"b"}"#,
            r#"{"iss":"a","iss":"a","iss":"a"}"#,
            r#"{"iss":1,"iss":1}"#,
            r#"{"iss":["a"],"iss":["a"]}"#,
            r#"{"iss":"a","\u0069ss":"a"}"#,
            r#"{"x":{"iss":"a","iss":"a"}}"#,
            r#"{"state":"s","state":"s"}"#,
            r#"[{"iss":"a","iss":"a"}]"#,
            r#"{"iss":"a" "iss":"a"}"#,
            r#"{"iss":"a",,"iss":"a"}"#,
            r#"{"iss":"a","iss":"a""#,
            "{}",
            "",
        ] {
            assert_eq!(once(text), None, "{text}");
        }
        // Every other repeated member stays, and is rejected by the strict reader.
        let text = r#"{"state":"s","iss":"a","state":"s","iss":"a"}"#;
        assert_eq!(once(text).unwrap(), r#"{"state":"s","iss":"a","state":"s"}"#);
    }
}
