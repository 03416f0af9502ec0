//! A function that is defined twice: later chapters see that in another way.

use crate::common::Run;
use insta::assert_snapshot;
use std::fs;
use tempfile::TempDir;

#[test]
fn after_a_duplicate_definition_the_first_stays_callable() {
    let directory = TempDir::new().unwrap();
    let text = "def f(x) 1;\ndef f(x) 2;\nf(0);\n";
    fs::write(directory.path().join("test.ks"), text).unwrap();
    let run = Run::new().directory(directory.path()).argument("test.ks");
    assert_snapshot!(run.finish());
}
