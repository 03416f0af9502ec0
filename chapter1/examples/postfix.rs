//! Turns a postfix formula into machine code, shows that and calls it.

#![expect(
    clippy::useless_conversion,
    reason = "dynasm converts operands, whatever type they have"
)]

use std::error::Error;
use std::mem::transmute;
use std::process::ExitCode;
use std::ptr;

use chapter1::executor::memory::{Memory, MemoryConfig};
use dynasmrt::{DynasmApi, VecAssembler, dynasm, x64::X64Relocation};
use iced_x86::{Decoder, DecoderOptions, Formatter, IntelFormatter};

type Code = VecAssembler<X64Relocation>;

// ANCHOR: Formula
type Formula = extern "C" fn(f64, f64, f64, f64, f64, f64, f64, f64) -> f64;
// ANCHOR_END: Formula

/// Machine code for a formula of so many parameters: `a`, `b` and so on.
// ANCHOR: compile
fn compile(formula: &str, params: u8) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut code = Code::new(0);
    let mut top = params;
    for word in formula.split_whitespace() {
        match read(word, params)? {
            Word::Param(n) if top < 16 => {
                dynasm!(code; .arch x64; movaps Rx(top), Rx(n));
                top += 1;
            }
            Word::Number(number) if top < 16 => {
                let bits = number.to_bits() as i64;
                dynasm!(code; mov rax, QWORD bits; movq Rx(top), rax);
                top += 1;
            }
            Word::Operator(operator) if top >= params + 2 => {
                top -= 1;
                arithmetic(&mut code, operator, top - 1, top);
            }
            Word::Operator(_) => Err(format!("`{word}` lacks a value"))?,
            _ => Err(format!("no register is left for `{word}`"))?,
        }
    }
    if top != params + 1 {
        Err(format!("{} values are left, not one", top - params))?;
    }
    dynasm!(code; movaps xmm0, Rx(params); ret);
    Ok(code.finalize()?)
}
// ANCHOR_END: compile

/// `a = a operator b`, where both are registers.
// ANCHOR: arithmetic
fn arithmetic(code: &mut Code, operator: Operator, a: u8, b: u8) {
    match operator {
        Operator::Add => dynasm!(code; .arch x64; addsd Rx(a), Rx(b)),
        Operator::Sub => dynasm!(code; .arch x64; subsd Rx(a), Rx(b)),
        Operator::Mul => dynasm!(code; .arch x64; mulsd Rx(a), Rx(b)),
        Operator::Div => dynasm!(code; .arch x64; divsd Rx(a), Rx(b)),
    }
}
// ANCHOR_END: arithmetic

enum Word {
    Param(u8),
    Number(f64),
    Operator(Operator),
}

enum Operator {
    Add,
    Sub,
    Mul,
    Div,
}

fn read(word: &str, params: u8) -> Result<Word, Box<dyn Error>> {
    if let &[letter @ b'a'..=b'h'] = word.as_bytes() {
        let param = letter - b'a';
        return match param < params {
            true => Ok(Word::Param(param)),
            false => Err(format!("`{word}` has no value"))?,
        };
    }
    Ok(match word {
        "+" => Word::Operator(Operator::Add),
        "-" => Word::Operator(Operator::Sub),
        "*" => Word::Operator(Operator::Mul),
        "/" => Word::Operator(Operator::Div),
        _ => Word::Number(word.parse().map_err(|_| {
            format!("`{word}` is no number, parameter or operator")
        })?),
    })
}

/// Calls code that `compile` has made.
fn call(code: &[u8], values: &[f64]) -> Result<f64, Box<dyn Error>> {
    let mut memory = Memory::new(&MemoryConfig::default())?;
    let lease = memory.lease().clone();
    let start = lease.code.start;
    let end = (start + code.len() as u64).align_up(lease.code_granularity);
    memory.write(start, code)?;
    memory.seal(start..end)?;
    let code = ptr::with_exposed_provenance::<()>(start.as_u64() as usize);
    // ANCHOR: call
    let mut registers = [0.0; 8];
    registers[..values.len()].copy_from_slice(values);
    let [a, b, c, d, e, f, g, h] = registers;
    // SAFETY: a function of this type, which may ignore most of its
    // parameters, is sealed there, and `memory` lives.
    let function: Formula = unsafe { transmute(code) };
    Ok(function(a, b, c, d, e, f, g, h))
    // ANCHOR_END: call
}

/// Prints each instruction, after its bytes.
fn print_instructions(code: &[u8]) {
    let mut decoder = Decoder::new(64, code, DecoderOptions::NONE);
    let mut formatter = IntelFormatter::new();
    let options = formatter.options_mut();
    options.set_space_after_operand_separator(true);
    while decoder.can_decode() {
        let start = decoder.position();
        let instruction = decoder.decode();
        let bytes = &code[start..decoder.position()];
        let bytes: Vec<String> =
            bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut text = String::new();
        formatter.format(&instruction, &mut text);
        println!("{:30} {text}", bytes.join(" "));
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let formula = words.next().ok_or("which formula?")?;
    let values: Result<Vec<f64>, _> = words.map(|it| it.parse()).collect();
    let values = values.map_err(|_| "the values must be numbers")?;
    if values.len() > 8 {
        return Err("a formula has at most eight parameters".into());
    }
    let code = compile(&formula, values.len() as u8)?;
    print_instructions(&code);
    println!("the value is {}", call(&code, &values)?);
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
