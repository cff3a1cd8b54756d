//! URL query strings, without a dependency that the browser would have to download.

/// Writes pairs as `key=value&…`, percent-encoding what a URL cannot hold; a space becomes `+`.
pub fn encode_query(pairs: &[(String, String)]) -> String {
    let mut out = String::new();
    for (key, value) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        encode(key, &mut out);
        out.push('=');
        encode(value, &mut out);
    }
    out
}

fn encode(text: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => {
                out.push('%');
                out.push(char::from(HEX[usize::from(byte >> 4)]));
                out.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
}

/// Reads `key=value&…` into pairs, in order. Never fails: a broken escape stays as it is, broken UTF-8 is
/// replaced.
pub fn decode_query(query: &str) -> Vec<(String, String)> {
    query
        .trim_start_matches('?')
        .split('&')
        .filter(|it| !it.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key), decode(value))
        })
        .collect()
}

fn decode(text: &str) -> String {
    let hex = |byte: Option<&u8>| byte.and_then(|it| char::from(*it).to_digit(16));
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], hex(bytes.get(at + 1)), hex(bytes.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                at += 2;
            }
            (b'+', ..) => out.push(b' '),
            (byte, ..) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_browsers_write() {
        let check = |query: &str, expected: &[(&str, &str)]| {
            let pairs = decode_query(query);
            let pairs: Vec<_> = pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            assert_eq!(pairs, expected, "{query}");
        };
        check("?q=a+b&domain=health", &[("q", "a b"), ("domain", "health")]);
        check("q=%E2%80%93&&x", &[("q", "–"), ("x", "")]);
        check("q=100%&r=%zz%4", &[("q", "100%"), ("r", "%zz%4")]);
        check("q=%FF", &[("q", "\u{fffd}")]);
        check("", &[]);
    }

    proptest! {
        #[test]
        fn any_pairs_round_trip(pairs in proptest::collection::vec((".{0,12}", ".{0,24}"), 0..8)) {
            let kept: Vec<_> = pairs.clone();
            prop_assert_eq!(decode_query(&encode_query(&pairs)), kept);
        }

        #[test]
        fn any_text_is_read(text in ".*") {
            let _ = decode_query(&text);
        }
    }
}
