//! Standard output, as evaluated results and host functions share it.
//!
//! Each thread has a buffer of its own; whoever reads input or writes a
//! diagnostic flushes it first, so that everything appears in order.

use std::cell::RefCell;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};

/// The buffer is written out when it has grown this long.
const CAPACITY: usize = 8 * 1024;

#[derive(Default)]
struct Output {
    buffer: Vec<u8>,
    /// Whether output is kept instead of written: for tests.
    captured: bool,
    /// Whether each line is written at once, because somebody is watching.
    lines: Option<bool>,
}

static HAS_FAILED: AtomicBool = AtomicBool::new(false);

thread_local! {
    static OUTPUT: RefCell<Output> = RefCell::default();
}

/// Writes bytes to standard output, sooner or later.
pub fn write(bytes: &[u8]) {
    OUTPUT.with_borrow_mut(|output| {
        output.buffer.extend_from_slice(bytes);
        if output.is_due() {
            output.flush();
        }
    });
}

/// Writes out what is buffered.
pub fn flush() {
    OUTPUT.with_borrow_mut(Output::flush);
}

/// Runs `body` and returns what it wrote on this thread. Captures do not
/// nest.
pub fn capture<T>(body: impl FnOnce() -> T) -> (T, Vec<u8>) {
    /// Ends the capture, also when `body` panics.
    struct Capture;

    impl Drop for Capture {
        fn drop(&mut self) {
            OUTPUT.with_borrow_mut(|output| {
                output.captured = false;
                output.buffer.clear();
            });
        }
    }

    flush();
    OUTPUT.with_borrow_mut(|output| output.captured = true);
    let _capture = Capture;
    let result = body();
    let bytes = OUTPUT.with_borrow_mut(|o| std::mem::take(&mut o.buffer));
    (result, bytes)
}

/// Remembers that an item was refused or failed: if nobody wants the rest of
/// the output, the program's exit status shall say so.
pub fn note_failure() {
    HAS_FAILED.store(true, Ordering::Relaxed);
}

impl Output {
    fn is_due(&mut self) -> bool {
        let terminal = || io::stdout().is_terminal();
        self.buffer.len() >= CAPACITY
            || self.buffer.ends_with(b"\n")
                && *self.lines.get_or_insert_with(terminal)
    }

    fn flush(&mut self) {
        if self.captured || self.buffer.is_empty() {
            return;
        }
        let mut stdout = io::stdout().lock();
        let result =
            stdout.write_all(&self.buffer).and_then(|()| stdout.flush());
        if let Err(error) = result {
            give_up(&error);
        }
        self.buffer.clear();
    }
}

/// Ends the program: nobody can see what it does. That is no failure if the
/// reader has seen enough (`… | head`).
fn give_up(error: &io::Error) -> ! {
    if error.kind() == ErrorKind::BrokenPipe {
        process::exit(i32::from(HAS_FAILED.load(Ordering::Relaxed)));
    }
    // Nobody is left to be told that standard error does not work.
    let _ = writeln!(
        io::stderr(),
        "error: cannot write to standard output: {error}"
    );
    process::exit(1)
}

/// A number as C's `%f` writes it, but that every NaN is `nan`.
pub fn format_number(value: f64) -> String {
    if value.is_nan() { "nan".to_owned() } else { format!("{value:.6}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::ffi::{CStr, c_char};

    unsafe extern "C" {
        fn snprintf(
            buffer: *mut c_char,
            size: usize,
            format: *const c_char,
            ...
        ) -> i32;
    }

    fn by_c(value: f64) -> String {
        let mut buffer = [0; 400];
        // SAFETY: the size is that of the buffer, and the format asks for
        // one double. The longest result has some 320 characters.
        let text = unsafe {
            snprintf(buffer.as_mut_ptr(), buffer.len(), c"%f".as_ptr(), value);
            CStr::from_ptr(buffer.as_ptr())
        };
        text.to_str().unwrap().to_owned()
    }

    #[test]
    fn numbers_look_as_c_prints_them() {
        for value in [
            0.0,
            -0.0,
            1.0,
            0.5e-6,
            1.5e-6,
            2.5e-6,
            f64::MAX,
            f64::MIN_POSITIVE,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ] {
            assert_eq!(format_number(value), by_c(value));
        }
        assert_eq!(format_number(f64::NAN), "nan");
        assert_eq!(format_number(-f64::NAN), "nan");
    }

    proptest! {
        #[test]
        fn any_number_looks_as_c_prints_it(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assume!(!value.is_nan());
            prop_assert_eq!(format_number(value), by_c(value));
        }

        #[test]
        fn ties_round_as_c_rounds_them(n in -2_000_000i32..2_000_000) {
            let value = f64::from(n) / 128.0;
            prop_assert_eq!(format_number(value), by_c(value));
        }
    }

    #[test]
    fn captured_output_is_returned() {
        let (value, bytes) = capture(|| {
            write(b"one\n");
            write(b"two");
            7
        });
        assert_eq!((value, &bytes[..]), (7, &b"one\ntwo"[..]));
    }
}
