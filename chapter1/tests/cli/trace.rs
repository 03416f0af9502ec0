//! What `--trace` tells.

use crate::common::{Run, Transcript};
use insta::assert_snapshot;

fn trace(program: &str) -> Transcript {
    let run = Run::new().argument("--target-features").argument("sse2");
    run.argument("--trace").input(program).finish()
}

/// The text with a name for each distinct address, in the order in which
/// they come.
fn with_named_addresses(text: &str) -> String {
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
fn functions_that_need_each_other_become_ready_together() {
    let transcript = trace(
        "extern odd(n);\n\
         def even(n) if n < 1 then 1 else odd(n - 1);\n\
         def odd(n) if n < 1 then 0 else even(n - 1);\n\
         even(4);\n",
    );
    assert_snapshot!(with_named_addresses(&transcript.to_string()));
}

#[test]
fn what_has_failed_is_made_again() {
    let transcript = trace(
        "extern g(x);\n\
         def f(x) g(x);\n\
         f(1);\n\
         def g(x) x;\n\
         f(1);\n",
    );
    assert_snapshot!(with_named_addresses(&transcript.to_string()));
}

#[test]
fn a_function_of_the_host_is_found_by_a_generator() {
    let transcript = trace("extern sin(x);\nsin(0);\nsin(0);\n");
    assert_snapshot!(with_named_addresses(&transcript.to_string()));
}

#[test]
fn without_the_option_nothing_is_told() {
    let run = Run::new().input("1;\n").finish();
    assert_eq!(run.stderr(), "");
}
