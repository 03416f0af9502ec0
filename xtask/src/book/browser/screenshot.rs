//! Pictures of pages, for people to look at.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::protocol::Browser;

/// Writes a picture of all of the page that is loaded to `file`.
pub(super) fn take(browser: &mut Browser, file: &Path) -> Result<(), String> {
    let size = browser.command("Page.getLayoutMetrics", json!({}))?;
    let mut clip = size["cssContentSize"].clone();
    clip["scale"] = json!(1);
    let all = json!({ "captureBeyondViewport": true, "clip": clip });
    let picture = browser.command("Page.captureScreenshot", all)?;
    let bytes = decode(picture["data"].as_str().unwrap_or_default());
    let directory = file.parent().expect("a file is in a directory");
    fs::create_dir_all(directory)
        .and_then(|()| fs::write(file, bytes))
        .map_err(|error| format!("{}: {error}", file.display()))
}

/// The bytes that `text` stands for in base 64.
fn decode(text: &str) -> Vec<u8> {
    let (mut bytes, mut buffer, mut bits) = (Vec::new(), 0u32, 0);
    for digit in text.bytes().map_while(value) {
        buffer = buffer << 6 | digit;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((buffer >> bits) as u8);
        }
    }
    bytes
}

fn value(digit: u8) -> Option<u32> {
    let value = match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(value.into())
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn base_64_is_decoded() {
        assert_eq!(decode("TWFu"), b"Man");
        assert_eq!(decode("TWE="), b"Ma");
        assert_eq!(decode("/+8="), [0xff, 0xef]);
    }
}
