//! The host's side: the C mathematics library, output, and C's `%f`.

use std::ffi::{c_char, c_int};

// SAFETY: the signatures are those of `<math.h>`; the functions are pure
// but for `errno` and the floating-point flags, which nobody here reads.
#[rustfmt::skip]
unsafe extern "C" {
    safe fn sin(x: f64) -> f64;
    safe fn cos(x: f64) -> f64;
    safe fn tan(x: f64) -> f64;
    safe fn asin(x: f64) -> f64;
    safe fn acos(x: f64) -> f64;
    safe fn atan(x: f64) -> f64;
    safe fn sinh(x: f64) -> f64;
    safe fn cosh(x: f64) -> f64;
    safe fn tanh(x: f64) -> f64;
    safe fn exp(x: f64) -> f64;
    safe fn log(x: f64) -> f64;
    safe fn log10(x: f64) -> f64;
    safe fn sqrt(x: f64) -> f64;
    safe fn cbrt(x: f64) -> f64;
    safe fn floor(x: f64) -> f64;
    safe fn ceil(x: f64) -> f64;
    safe fn fabs(x: f64) -> f64;
    safe fn atan2(y: f64, x: f64) -> f64;
    safe fn pow(x: f64, y: f64) -> f64;
    safe fn fmod(x: f64, y: f64) -> f64;
    safe fn hypot(x: f64, y: f64) -> f64;
}

// SAFETY: the signature is that of `<stdio.h>`.
unsafe extern "C" {
    fn snprintf(
        buffer: *mut c_char,
        size: usize,
        format: *const c_char,
        ...
    ) -> c_int;
}

/// A host function.
#[derive(Clone, Copy)]
enum Host {
    One(extern "C" fn(f64) -> f64),
    Two(extern "C" fn(f64, f64) -> f64),
    Output(fn(f64, &mut Vec<u8>)),
}

fn find(name: &str) -> Option<Host> {
    Some(match name {
        "sin" => Host::One(sin),
        "cos" => Host::One(cos),
        "tan" => Host::One(tan),
        "asin" => Host::One(asin),
        "acos" => Host::One(acos),
        "atan" => Host::One(atan),
        "sinh" => Host::One(sinh),
        "cosh" => Host::One(cosh),
        "tanh" => Host::One(tanh),
        "exp" => Host::One(exp),
        "log" => Host::One(log),
        "log10" => Host::One(log10),
        "sqrt" => Host::One(sqrt),
        "cbrt" => Host::One(cbrt),
        "floor" => Host::One(floor),
        "ceil" => Host::One(ceil),
        "fabs" => Host::One(fabs),
        "atan2" => Host::Two(atan2),
        "pow" => Host::Two(pow),
        "fmod" => Host::Two(fmod),
        "hypot" => Host::Two(hypot),
        "putchard" => Host::Output(putchard),
        "printd" => Host::Output(printd),
        _ => return None,
    })
}

/// How many parameters the host function of this name has.
pub(super) fn arity(name: &str) -> Option<usize> {
    Some(match find(name)? {
        Host::One(_) | Host::Output(_) => 1,
        Host::Two(_) => 2,
    })
}

/// Calls the host function of this name.
///
/// # Panics
///
/// If there is none with as many parameters.
pub(super) fn call(name: &str, args: &[f64], output: &mut Vec<u8>) -> f64 {
    match (find(name), args) {
        (Some(Host::One(function)), &[x]) => function(x),
        (Some(Host::Two(function)), &[x, y]) => function(x, y),
        (Some(Host::Output(function)), &[x]) => {
            function(x, output);
            0.0
        }
        _ => panic!("checked: `{name}` exists"),
    }
}

/// One byte: `x` without its fraction, modulo 256; 0 for what is no number.
fn putchard(x: f64, output: &mut Vec<u8>) {
    output.push(x.trunc().rem_euclid(256.0) as u8);
}

fn printd(x: f64, output: &mut Vec<u8>) {
    output.extend(format_f64(x).as_bytes());
    output.push(b'\n');
}

/// C's `%f`, from C itself; but every NaN is `nan`, whatever its sign.
pub(crate) fn format_f64(x: f64) -> String {
    if x.is_nan() {
        return "nan".into();
    }
    // A sign, 309 digits, a point, six digits and the final zero fit.
    let mut buffer = [0u8; 320];
    // SAFETY: `snprintf` writes at most `buffer.len()` bytes into `buffer`,
    // and `%f` takes one `double`.
    let length = unsafe {
        snprintf(buffer.as_mut_ptr().cast(), buffer.len(), c"%f".as_ptr(), x)
    };
    String::from_utf8_lossy(&buffer[..length as usize]).into_owned()
}
