//! The JIT that everybody has already: a C compiler, and the dynamic loader.

use std::error::Error;
use std::ffi::CString;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio, id};

// ANCHOR: compile
fn compile(text: &str, library: &Path) -> Result<(), Box<dyn Error>> {
    let mut cc = Command::new("cc")
        .args(["-O1", "-shared", "-fPIC", "-x", "c", "-", "-o"])
        .arg(library)
        .stdin(Stdio::piped())
        .spawn()?;
    let mut input = cc.stdin.take().expect("it is piped");
    input.write_all(text.as_bytes())?;
    drop(input);
    match cc.wait()?.success() {
        true => Ok(()),
        false => Err("this is not C".into()),
    }
}
// ANCHOR_END: compile

// ANCHOR: main
fn main() -> Result<(), Box<dyn Error>> {
    let library = std::env::temp_dir().join(format!("sq{}.so", id()));
    compile("double sq(double x) { return x * x; }", &library)?;
    let path = CString::new(library.to_str().ok_or("an odd path")?)?;
    // SAFETY: both strings end with a zero. To load this library runs nothing.
    let sq = unsafe {
        let library = libc::dlopen(path.as_ptr(), libc::RTLD_NOW);
        libc::dlsym(library, c"sq".as_ptr())
    };
    std::fs::remove_file(library)?;
    if sq.is_null() {
        return Err("there is no `sq` to be found".into());
    }
    // SAFETY: the library has a function of this name and type, and is never
    // closed.
    let sq: extern "C" fn(f64) -> f64 = unsafe { std::mem::transmute(sq) };
    println!("the square of 7 is {}", sq(7.0));
    Ok(())
}
// ANCHOR_END: main
