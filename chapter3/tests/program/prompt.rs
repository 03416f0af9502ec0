//! The commands of the prompt.

use crate::common::{Run, Transcript};
use insta::assert_snapshot;

fn prompt(script: &str) -> Transcript {
    let run = Run::new().argument("--interactive");
    run.argument("--target-features=sse2").input(script).finish()
}

/// The text with the last three digits of each address only: what comes
/// before them differs from run to run.
fn short(text: &str) -> String {
    let mut parts = text.split("0x7");
    let mut short = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        short += "0x7…";
        short += &part[8..];
    }
    short
}

#[test]
fn stubs_say_where_they_lead() {
    let result = prompt(
        "def sq(x) x*x\n:stubs\ndef norm(x y) sq(x) + sq(y)\nextern far(x)\n\
         norm(3, 4)\n:stubs\ndef sq(x) x*x*x\nnorm(1, 2)\n:stubs\n\
         :undef sq\n:stubs\nfar(1)\n:stubs\n:undef norm\n:stubs\n",
    );
    assert_snapshot!(short(&result.to_string()));
}

#[test]
fn symbols_tell_what_has_a_body() {
    let result = prompt(
        "def sq(x) x*x\ndef cube(x) sq(x)*x\nsq(2)\n:symbols\n\
         def sq(x) x\n:symbols\n:uses sq\n",
    );
    assert_snapshot!(result);
}

#[test]
fn help_lists_the_commands_of_all_chapters_so_far() {
    let help = prompt(":help\n").stdout();
    for command in [":undef", ":passes", ":stubs"] {
        assert!(help.contains(command), "{help}");
    }
}

#[test]
fn a_listing_compiles_nothing() {
    let result = prompt("def sq(x) x*x\n:ir sq\n:asm sq\n:stubs\n:symbols\n");
    assert_snapshot!(result);
}
