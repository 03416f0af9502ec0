//! What `--trace` tells of first calls.

use crate::common::Run;
use insta::assert_snapshot;

/// What the program tells, with a name for each distinct address, in the
/// order in which they come.
fn trace(program: &str) -> String {
    let run = Run::new().argument("--target-features=sse2");
    let text = run.argument("--trace").input(program).finish().to_string();
    let mut seen: Vec<String> = Vec::new();
    let mut parts = text.split("0x");
    let mut named = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_hexdigit());
        let (address, rest) = part.split_at(end.unwrap_or(part.len()));
        let known = seen.iter().position(|seen| seen == address);
        let index = known.unwrap_or_else(|| {
            seen.push(address.to_owned());
            seen.len() - 1
        });
        named += &format!("address{index}{rest}");
    }
    named
}

#[test]
fn a_first_call_line_by_line_and_a_second_silent_one() {
    assert_snapshot!(trace("def sq(x) x*x;\nsq(3);\nsq(4);\n"));
}

#[test]
fn a_redefinition_redirects_the_stub() {
    assert_snapshot!(trace("def sq(x) x*x;\nsq(3);\ndef sq(x) x;\nsq(4);\n"));
}

#[test]
fn a_call_of_what_is_missing_asks_each_time() {
    let text = "extern far(x);\nfar(1);\ndef far(x) x;\nfar(2);\n";
    assert_snapshot!(trace(text));
}
