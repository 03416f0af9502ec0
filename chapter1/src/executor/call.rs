//! The plain way into machine code that needs nothing: for tests.

use super::ExecutorAddr;
pub use super::entry::MAX_ARGUMENTS;
use std::ptr::with_exposed_provenance;

/// Calls a function at an address of this process.
///
/// # Panics
/// If there are more than [`MAX_ARGUMENTS`] arguments.
///
/// # Safety
/// At `address` begins a published function of the System V calling
/// convention, which takes that many `double`s and returns one, and its
/// memory is not freed before it has returned. It neither calls the host nor
/// overflows its stack.
pub unsafe fn call(address: ExecutorAddr, args: &[f64]) -> f64 {
    type F = f64;
    // The memory was mapped as a pointer before it became an address.
    let at = with_exposed_provenance::<()>(address.as_u64() as usize);
    macro_rules! with {
        ($($ty:ident $arg:ident)*) => {{
            type Function = extern "C" fn($($ty),*) -> f64;
            // SAFETY: the caller promises that the function has this type.
            let function: Function = unsafe { std::mem::transmute(at) };
            function($($arg),*)
        }};
    }
    match *args {
        [] => with!(),
        [a] => with!(F a),
        [a, b] => with!(F a F b),
        [a, b, c] => with!(F a F b F c),
        [a, b, c, d] => with!(F a F b F c F d),
        [a, b, c, d, e] => with!(F a F b F c F d F e),
        [a, b, c, d, e, f] => with!(F a F b F c F d F e F f),
        [a, b, c, d, e, f, g] => with!(F a F b F c F d F e F f F g),
        [a, b, c, d, e, f, g, h] => with!(F a F b F c F d F e F f F g F h),
        _ => panic!("at most {MAX_ARGUMENTS} arguments"),
    }
}
