//! Calls a function whose machine code lies in an ordinary vector, in a
//! process of its own: it does not survive that.

use std::error::Error;
use std::mem::transmute;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

// ANCHOR: main
fn main() -> Result<(), Box<dyn Error>> {
    if std::env::args().count() == 1 {
        let me = std::env::current_exe()?;
        let status = Command::new(me).arg("call").status()?;
        println!("exit code: {:?}", status.code());
        println!("signal: {:?}", status.signal());
        return Ok(());
    }
    let code = Vec::from([0xB8, 42, 0, 0, 0, 0xC3]); // mov eax, 42; ret
    // SAFETY: the bytes are a function of this type. That they can be called
    // is what this process dies of, and nothing else.
    let function: extern "C" fn() -> i32 = unsafe { transmute(code.as_ptr()) };
    println!("it returned {}", function());
    Ok(())
}
// ANCHOR_END: main
