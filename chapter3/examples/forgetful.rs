//! A redefinition that forgets about copies:
//! `cargo run -p chapter3 --example forgetful`.

use chapter1::driver::Driver;
use chapter1::executor::Host;
use chapter1::kaleidoscope::Kaleidoscope;
use chapter1::symbol::Symbol;
use chapter3::jit::KaleidoscopeJit;
use std::error::Error;

// ANCHOR: main
fn main() -> Result<(), Box<dyn Error>> {
    for is_forgetful in [false, true] {
        let jit = KaleidoscopeJit::in_process(Host::default())?;
        let mut session = Kaleidoscope::new(jit);
        session.run(
            "def rate(x) x * 0.1;
             def price(x) x + rate(x);",
        )?;
        let before = session.run("price(100);")?;
        if is_forgetful {
            // As if nobody had noted that `price` has a copy of `rate`.
            let definitions = &session.jit.base().definitions;
            definitions.note_inlined(&Symbol::new("price"), Box::default());
        }
        session.run("def rate(x) x * 0.2;")?;
        let after = session.run("price(100); rate(100);")?;
        println!("forgetful: {is_forgetful}; {before:?}, then {after:?}");
    }
    Ok(())
}
// ANCHOR_END: main
