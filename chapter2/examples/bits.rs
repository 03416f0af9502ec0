//! Looks for numbers for which two terms, equal by the rules of school, are
//! not: `cargo run -p chapter2 --example bits`.

use chapter1::driver::Driver;
use chapter1::executor::Host;
use chapter1::kaleidoscope::Kaleidoscope;
use chapter2::jit::KaleidoscopeJit;
use std::error::Error;

// ANCHOR: PAIRS
const PAIRS: [(&str, &str); 18] = [
    ("x + 0", "x"),
    ("x - 0", "x"),
    ("x * 0", "0"),
    ("x * 1", "x"),
    ("x / 1", "x"),
    ("x - x", "0"),
    ("x / x", "1"),
    ("x < x", "0"),
    ("(x < y) * (y < x)", "0"),
    ("0 - (0 - x)", "x"),
    ("x + y", "y + x"),
    ("x + y + z", "x + (y + z)"),
    ("x * 2", "x + x"),
    ("x / 3", "x * (1 / 3)"),
    ("x / 8", "x * 0.125"),
    ("x * y + z", "fma(x, y, z)"),
    ("pow(x, 0.5)", "sqrt(x)"),
    ("x + y - y", "x"),
];
// ANCHOR_END: PAIRS

const NUMBERS: [f64; 13] = [
    1.0,
    2.0,
    3.0,
    5.0,
    0.1,
    0.2,
    0.0,
    -1.0,
    1e16,
    5e-324,
    f64::INFINITY,
    f64::NAN,
    -0.0,
];

fn main() -> Result<(), Box<dyn Error>> {
    let jit = KaleidoscopeJit::in_process(Host::default())?;
    let mut program = Kaleidoscope::new(jit);
    program.run("extern fma(x y z); extern pow(x y); extern sqrt(x);")?;
    for (n, (left, right)) in PAIRS.into_iter().enumerate() {
        program.run(&format!("def left{n}(x y z) {left};"))?;
        program.run(&format!("def right{n}(x y z) {right};"))?;
        let [a, b] = [format!("left{n}"), format!("right{n}")];
        let a = program.jit.function::<fn(f64, f64, f64) -> f64>(&a)?;
        let b = program.jit.function::<fn(f64, f64, f64) -> f64>(&b)?;
        let mut found = Vec::new();
        for [x, y, z] in triples(left) {
            let (a, b) = (a.call(x, y, z)?, b.call(x, y, z)?);
            if a.to_bits() != b.to_bits() && !(a.is_nan() && b.is_nan()) {
                let given = named(left, [x, y, z]);
                found.push(format!("{given}: {a:?}, not {b:?}"));
            }
        }
        let says = if found.is_empty() { "is" } else { "is not" };
        println!("{left:17}  {says:6}  {right}");
        for example in found.iter().take(2) {
            println!("{:27}{example}", "");
        }
    }
    Ok(())
}

/// All triples of numbers, as far as the term has `y` and `z`.
fn triples(term: &str) -> impl Iterator<Item = [f64; 3]> {
    let numbers = |name| match term.contains(name) {
        true => &NUMBERS[..],
        false => &NUMBERS[..1],
    };
    let (ys, zs) = (numbers('y'), numbers('z'));
    zs.iter().flat_map(move |&z| {
        ys.iter().flat_map(move |&y| NUMBERS.map(|x| [x, y, z]))
    })
}

/// The variables of a term, each with its number.
fn named(term: &str, numbers: [f64; 3]) -> String {
    let pairs = ["x", "y", "z"].into_iter().zip(numbers);
    let pairs = pairs.filter(|(name, _)| term.contains(name));
    let pairs = pairs.map(|(name, number)| format!("{name} = {number:?}"));
    pairs.collect::<Vec<String>>().join(", ")
}
