//! A first call, and a second one. The JIT tells what it does; the processor,
//! which stops after each instruction, what it has executed.

use chapter1::codegen::Target;
use chapter1::driver::Driver as _;
use chapter1::executor::memory::MemoryConfig;
use chapter1::executor::{Executor as _, ExecutorAddr, Host, InProcess};
use chapter1::kaleidoscope::Kaleidoscope;
use chapter1::symbol::Symbol;
use chapter2::pipeline::Pipeline;
use chapter3::jit::KaleidoscopeJit;
use chapter3::partition::per_function;
use iced_x86::{
    Code, Decoder, DecoderOptions, Formatter, IntelFormatter, MemorySizeOptions,
};
use std::error::Error;
use std::ffi::{c_int, c_void};
use std::fmt::Debug;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber, info};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

/// Whether the processor stops after each instruction.
static IS_STEPPING: AtomicBool = AtomicBool::new(false);

/// The code that is of interest.
static WATCHED: OnceLock<[Range<u64>; 2]> = OnceLock::new();

/// Its instructions that were executed, and how many there are.
static STEPS: [AtomicU64; 1024] = [const { AtomicU64::new(0) }; 1024];
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// What was told, and how many instructions came before it.
static TOLD: Mutex<Vec<(usize, String)>> = Mutex::new(Vec::new());

fn main() -> Result<(), Box<dyn Error>> {
    let story = tracing_subscriber::registry().with(Story);
    tracing::subscriber::set_global_default(story)?;
    catch_steps()?;
    let config = MemoryConfig::default();
    let executor = InProcess::new(Target::SSE2, Host::default(), &config)?;
    let executor = Arc::new(executor);
    let resolver = code_at(executor.resolver());
    let code = &executor.lease().code;
    let code = code.start.as_u64()..code.end.as_u64();
    WATCHED.set([code, resolver.clone()]).expect("nobody else does");

    let (pipeline, partition) = (Pipeline::optimised(), Box::new(per_function));
    let jit = KaleidoscopeJit::new(executor.clone(), pipeline, partition);
    let mut program = Kaleidoscope::new(jit);
    program.run("def sq(x) x*x;")?;
    let sq = program.jit.lookup(&Symbol::new("sq"))?;
    for x in [3.0, 4.0] {
        info!(target: "jit::run", "`sq` is called with {x}");
        // SAFETY: a function of a number, which nobody removes.
        let value = unsafe { executor.call(sq, &[x]) }?;
        info!(target: "jit::run", "`sq` returns {value}");
    }
    print(&Places { resolver, jit: &program.jit });
    Ok(())
}

/// Keeps what is told, and has the processor stop, or no longer, whenever
/// JIT'd code begins, ends, asks or is answered.
struct Story;

impl<S: Subscriber> Layer<S> for Story {
    // ANCHOR: on_event
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let target = event.metadata().target();
        let Some(who) = target.strip_prefix("jit::") else { return };
        let mut line = Line(format!("{who:>8}  "));
        event.record(&mut line);
        let executed = COUNT.load(Ordering::Relaxed);
        TOLD.lock().expect("nobody panics").push((executed, line.0));
        if ["run", "lazy"].contains(&who)
            && !IS_STEPPING.fetch_xor(true, Ordering::Relaxed)
        {
            // SAFETY: its handler is `step`.
            unsafe { libc::raise(libc::SIGTRAP) };
        }
    }
    // ANCHOR_END: on_event
}

/// The text of an event.
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.0 += &format!("{value:?}");
        }
    }
}

/// Notes where this thread is, and lets it execute one more instruction.
// ANCHOR: step
extern "C" fn step(_: c_int, _: *mut libc::siginfo_t, context: *mut c_void) {
    const TRAP_FLAG: i64 = 0x100;
    let context = context.cast::<libc::ucontext_t>();
    // SAFETY: the kernel has made it.
    let registers = unsafe { &mut (*context).uc_mcontext.gregs };
    let at = registers[libc::REG_RIP as usize] as u64;
    let is_watched = |ranges: &[Range<u64>; 2]| {
        ranges.iter().any(|range| range.contains(&at))
    };
    if WATCHED.get().is_some_and(is_watched) {
        STEPS[COUNT.fetch_add(1, Ordering::Relaxed)]
            .store(at, Ordering::Relaxed);
    }
    let flags = &mut registers[libc::REG_EFL as usize];
    match IS_STEPPING.load(Ordering::Relaxed) {
        true => *flags |= TRAP_FLAG,
        false => *flags &= !TRAP_FLAG,
    }
}
// ANCHOR_END: step

fn catch_steps() -> std::io::Result<()> {
    // SAFETY: all zeros are a value of this type.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    action.sa_sigaction = step as *const () as usize;
    // SAFETY: the handler does only what handlers may.
    let result = unsafe {
        libc::sigaction(libc::SIGTRAP, &action, std::ptr::null_mut())
    };
    match result {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    }
}

/// The bytes from an address on.
fn decoder(at: u64) -> Decoder<'static> {
    let start = std::ptr::with_exposed_provenance::<u8>(at as usize);
    // SAFETY: there is code, with a page of other code behind it, and it
    // stays until the program ends.
    let bytes = unsafe { std::slice::from_raw_parts(start, 512) };
    Decoder::with_ip(64, bytes, at, DecoderOptions::NONE)
}

/// The code up to the first jump that does not come back.
fn code_at(start: ExecutorAddr) -> Range<u64> {
    let start = start.as_u64();
    let is_end = |code| matches!(code, Code::Jmp_rel32_64 | Code::Jmp_rel8_64);
    let last = decoder(start).into_iter().find(|it| is_end(it.code()));
    start..last.expect("it ends in an escape").next_ip()
}

/// What the pieces of code are called.
struct Places<'a> {
    resolver: Range<u64>,
    jit: &'a KaleidoscopeJit,
}

impl Places<'_> {
    fn name(&self, at: u64) -> String {
        if self.resolver.contains(&at) {
            return "the resolver".to_owned();
        }
        let stubs = self.jit.demand.stubs().list();
        for stub in stubs {
            match at.checked_sub(stub.address.as_u64()) {
                Some(0) => return format!("the stub of `{}`", stub.name),
                Some(6..32) => {
                    return format!("the trampoline of `{}`", stub.name);
                }
                _ => {}
            }
        }
        let session = &self.jit.base().session;
        match session.symbol_at(ExecutorAddr::new(at)) {
            Some((name, _)) => format!("the body of `{name}`"),
            None => "unknown code".to_owned(),
        }
    }
}

/// The story, and the instructions where they belong.
fn print(places: &Places<'_>) {
    let mut formatter = IntelFormatter::new();
    let options = formatter.options_mut();
    options.set_hex_prefix("0x");
    options.set_hex_suffix("");
    options.set_uppercase_hex(false);
    options.set_space_after_operand_separator(true);
    options.set_branch_leading_zeros(false);
    options.set_show_branch_size(false);
    options.set_memory_size_options(MemorySizeOptions::Minimal);
    let (mut printed, mut place) = (0, String::new());
    for (executed, line) in &*TOLD.lock().expect("nobody panics") {
        for at in &STEPS[printed..*executed] {
            let at = at.load(Ordering::Relaxed);
            let here = places.name(at);
            if here != place {
                println!("{:>8}  {here}", "code");
                place = here;
            }
            let mut text = String::new();
            formatter.format(&decoder(at).decode(), &mut text);
            println!("{:>12}{text}", "");
        }
        if *executed > printed {
            place.clear();
        }
        printed = *executed;
        println!("{line}");
    }
}
