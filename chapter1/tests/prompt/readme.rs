//! The conversation that the README shows.

use std::fs;

use crate::common::workspace_root;
use crate::lines::script;

const PROMPTS: [&str; 2] = ["ready> ", "  ...> "];

#[test]
fn the_conversation_in_the_readme_is_true() {
    let readme = fs::read_to_string(workspace_root().join("README.md"));
    let readme = readme.unwrap();
    let (_, section) = readme.split_once("## The prompt").unwrap();
    let (_, block) = section.split_once("```text\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let (mut typed, mut answers) = (String::new(), String::new());
    for line in block.lines() {
        let input = PROMPTS.iter().find_map(|&p| line.strip_prefix(p));
        match input {
            Some(input) => typed += &format!("{input}\n"),
            None => answers += &format!("{line}\n"),
        }
    }
    let result = script(typed);
    assert_eq!(result.stdout(), answers, "{result}");
    assert_eq!(result.stderr(), "");
}
