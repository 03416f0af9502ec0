//! Evaluates differences the way their grammar reads, and fails twice.

use std::error::Error;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

// ANCHOR: expression
/// `operand [ "-" expression ]`: its value, and the text behind it.
fn expression(text: &str) -> Option<(f64, &str)> {
    let (left, rest) = operand(text)?;
    match rest.strip_prefix('-') {
        None => Some((left, rest)),
        Some(rest) => {
            let (right, rest) = expression(rest)?;
            Some((left - right, rest))
        }
    }
}

/// `digits | "(" expression ")"`
fn operand(text: &str) -> Option<(f64, &str)> {
    if let Some(inside) = text.strip_prefix('(') {
        let (value, rest) = expression(inside)?;
        return Some((value, rest.strip_prefix(')')?));
    }
    let end = text.find(|c: char| !c.is_ascii_digit());
    let (digits, rest) = text.split_at(end.unwrap_or(text.len()));
    Some((digits.parse().ok()?, rest))
}
// ANCHOR_END: expression

fn main() -> Result<(), Box<dyn Error>> {
    if std::env::args().count() > 1 {
        let deep = "(".repeat(1_000_000) + "7" + &")".repeat(1_000_000);
        println!("a deep 7: {:?}", expression(&deep));
        return Ok(());
    }
    println!("10-(4-3): {:?}", expression("10-(4-3)"));
    println!("10-4-3: {:?}", expression("10-4-3"));
    // The child writes its last words, which name its thread, to nobody.
    let mut child = Command::new(std::env::current_exe()?);
    let status = child.arg("deep").stderr(Stdio::null()).status()?;
    println!("a million parentheses: signal {:?}", status.signal());
    Ok(())
}
