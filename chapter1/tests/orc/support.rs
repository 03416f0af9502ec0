//! What the tests share: the watchdog, sessions, units made of closures.

use chapter1::codegen::Target;
use chapter1::executor::memory::MemoryConfig;
use chapter1::executor::{Executor, ExecutorAddr, Host, InProcess};
use chapter1::orc::state::EntryId;
use chapter1::orc::{
    Defunct, ExecutionSession, JitDylib, LookupError,
    MaterializationResponsibility, MaterializationUnit, SymbolFlags, Wanted,
};
use chapter1::symbol::Symbol;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// A test that takes longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// The stack of a test: a deep recursion overflows it.
const STACK: usize = 2 << 20;

/// The watchdog: runs a test to its end, which must come.
pub(crate) fn watched(test: impl FnOnce() + Send + 'static) {
    let (alive, ended) = channel::<()>();
    let body = move || {
        let _alive = alive;
        test();
    };
    let thread = thread::Builder::new().stack_size(STACK).spawn(body).unwrap();
    match ended.recv_timeout(PATIENCE) {
        Err(RecvTimeoutError::Timeout) => panic!("it hangs"),
        // It has ended or panicked.
        _ => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
    }
}

pub(crate) fn symbol(name: &str) -> Symbol {
    Symbol::new(name)
}

pub(crate) fn symbols(names: &[&str]) -> Vec<Symbol> {
    names.iter().map(|name| symbol(name)).collect()
}

pub(crate) fn executor() -> Arc<dyn Executor> {
    let memory = MemoryConfig::default();
    let executor = InProcess::new(Target::host(), Host::default(), &memory);
    Arc::new(executor.unwrap())
}

/// A session with one dylib.
pub(crate) fn session() -> (Arc<ExecutionSession>, JitDylib) {
    let session = ExecutionSession::new(executor());
    let main = session.create_dylib("main");
    (session, main)
}

pub(crate) const WEAK: SymbolFlags =
    SymbolFlags { weak: true, ..SymbolFlags::FUNCTION };

pub(crate) const HIDDEN: SymbolFlags =
    SymbolFlags { exported: false, ..SymbolFlags::FUNCTION };

/// A unit that is a closure.
pub(crate) struct Unit<F> {
    pub(crate) symbols: Vec<(Symbol, SymbolFlags)>,
    pub(crate) body: F,
}

impl<F: FnOnce(MaterializationResponsibility) + Send> MaterializationUnit
    for Unit<F>
{
    fn symbols(&self) -> Vec<(Symbol, SymbolFlags)> {
        self.symbols.clone()
    }

    fn materialize(self: Box<Self>, work: MaterializationResponsibility) {
        (self.body)(work);
    }
}

pub(crate) fn flagged<F>(names: &[&str], flags: SymbolFlags, f: F) -> Unit<F> {
    let symbols = names.iter().map(|name| (symbol(name), flags)).collect();
    Unit { symbols, body: f }
}

/// A unit of functions.
pub(crate) fn unit<F>(names: &[&str], f: F) -> Unit<F> {
    flagged(names, SymbolFlags::FUNCTION, f)
}

pub(crate) type Body = Box<dyn FnOnce(MaterializationResponsibility) + Send>;

/// Makes all symbols, at this address.
pub(crate) fn at(address: u64) -> Body {
    Box::new(move |work| make(work, address, &[]).unwrap())
}

/// Must not be run.
pub(crate) fn never() -> Body {
    Box::new(|work| panic!("{:?} should not be made", work.symbols()))
}

/// Makes symbols as a linker would: gives them an address, looks up what
/// they need, and emits.
pub(crate) fn needing(address: u64, needs: &[&str]) -> Body {
    let needs = symbols(needs);
    Box::new(move |work| link(work, address, &needs))
}

pub(crate) fn link(
    work: MaterializationResponsibility,
    address: u64,
    needs: &[Symbol],
) {
    if resolve(&work, address).is_err() {
        return;
    }
    let session = work.session().clone();
    let order = work.dylib().search_order();
    session.lookup_async(
        &order,
        needs,
        Wanted::Resolved,
        |found| match found {
            Ok(found) => {
                let needs: Vec<EntryId> =
                    found.iter().map(|found| found.entry).collect();
                let _ = work.emit(&needs);
            }
            Err(error) => work.fail(error),
        },
    );
}

pub(crate) fn make(
    work: MaterializationResponsibility,
    address: u64,
    needs: &[EntryId],
) -> Result<(), Defunct> {
    resolve(&work, address)?;
    work.emit(needs)
}

/// Gives all symbols one address.
pub(crate) fn resolve(
    work: &MaterializationResponsibility,
    address: u64,
) -> Result<(), Defunct> {
    let names = work.symbols().into_iter();
    let at = |name| (name, ExecutorAddr::new(address));
    work.resolve(&names.map(at).collect::<Vec<_>>())
}

/// The address of a symbol, as the dylib's code sees it.
pub(crate) fn address(dylib: &JitDylib, name: &str) -> u64 {
    dylib.lookup(&symbol(name)).unwrap().address.as_u64()
}

pub(crate) fn error(dylib: &JitDylib, name: &str) -> LookupError {
    dylib.lookup(&symbol(name)).unwrap_err()
}

/// The symbols that a lookup says have failed, and the text of the reason.
pub(crate) fn failed(error: &LookupError) -> (Vec<String>, String) {
    let LookupError::Failed { symbols, cause } = error else {
        panic!("{error}")
    };
    let names = symbols.iter().map(Symbol::to_string).collect();
    (names, cause.to_string())
}

#[derive(Clone, Copy, PartialEq, Debug, thiserror::Error)]
#[error("broken")]
pub(crate) struct Broken;

/// Something that tests write down in the order in which it happens.
pub(crate) struct Log<T>(Arc<Mutex<Vec<T>>>);

impl<T> Log<T> {
    pub(crate) fn new() -> Log<T> {
        Log(Arc::default())
    }

    pub(crate) fn push(&self, entry: T) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.push(entry);
    }

    /// What was written since the last time.
    pub(crate) fn take(&self) -> Vec<T> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut entries)
    }
}

impl<T> Clone for Log<T> {
    fn clone(&self) -> Log<T> {
        Log(self.0.clone())
    }
}

/// Hands its responsibility over to the test.
pub(crate) fn handed_over() -> (Body, Receiver<MaterializationResponsibility>) {
    let (sender, receiver): (Sender<_>, _) = channel();
    (Box::new(move |work| sender.send(work).unwrap()), receiver)
}

/// Looks symbols up without waiting; the answers are logged as text.
pub(crate) fn ask(
    dylib: &JitDylib,
    names: &[&str],
    wanted: Wanted,
) -> Log<String> {
    let log = Log::new();
    let answers = log.clone();
    let order = dylib.search_order();
    let session = dylib.session();
    session.lookup_async(&order, &symbols(names), wanted, move |result| {
        answers.push(match result {
            Ok(found) => {
                let found = found.iter().map(|f| f.address.as_u64());
                format!("{:?}", found.collect::<Vec<u64>>())
            }
            Err(error) => error.to_string(),
        });
    });
    log
}
