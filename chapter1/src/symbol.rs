//! Symbols: the names that code units know each other by.

use hashbrown::HashTable;
use rustc_hash::FxHasher;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

/// The name of a function as the linker knows it: `sq`, `binary|`,
/// `__anon_expr`.
///
/// Symbols are *interned*: equal names are one allocation, so comparing two
/// symbols compares two pointers.
#[derive(Clone)]
pub struct Symbol(Arc<str>);

/// The names in use. One pool serves the whole process: sessions share no
/// definitions, but nothing is wrong with sharing names.
static POOL: LazyLock<Mutex<Pool>> = LazyLock::new(Mutex::default);

/// Names are reclaimed when there are so many, at least.
const FIRST_SWEEP: usize = 1024;

#[derive(Default)]
struct Pool {
    names: HashTable<Arc<str>>,
    /// When there are so many names, dead ones are looked for.
    sweep_at: usize,
}

impl Pool {
    fn lock() -> MutexGuard<'static, Pool> {
        // Nothing that can panic happens while the lock is held.
        POOL.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, name: &str) -> Option<&Arc<str>> {
        self.names.find(hash(name), |other| **other == *name)
    }

    fn insert(&mut self, name: &str) -> Arc<str> {
        if self.names.len() >= self.sweep_at {
            self.sweep();
        }
        let new: Arc<str> = Arc::from(name);
        self.names.insert_unique(hash(name), new.clone(), |name| hash(name));
        new
    }

    /// Forgets the names that no symbol has any more. New symbols come from
    /// the pool, which is locked, or from a symbol that exists: a name that
    /// only the pool holds is dead. Waiting until there are twice as many
    /// names as were alive last time makes it cheap.
    // ANCHOR: sweep
    fn sweep(&mut self) {
        self.names.retain(|name| Arc::strong_count(name) > 1);
        self.sweep_at = FIRST_SWEEP.max(2 * self.names.len());
    }
    // ANCHOR_END: sweep
}

impl Symbol {
    /// The symbol with this text.
    // ANCHOR: new
    pub fn new(name: &str) -> Symbol {
        let mut pool = Pool::lock();
        match pool.find(name) {
            Some(known) => Symbol(known.clone()),
            None => Symbol(pool.insert(name)),
        }
    }
    // ANCHOR_END: new

    /// The symbol with this text, if any symbol has it.
    pub fn find(name: &str) -> Option<Symbol> {
        Pool::lock().find(name).cloned().map(Symbol)
    }

    /// The text of the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn hash(name: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(name.as_bytes());
    hasher.finish()
}

impl PartialEq for Symbol {
    // ANCHOR: eq
    fn eq(&self, other: &Symbol) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
    // ANCHOR_END: eq
}

impl Eq for Symbol {}

impl Hash for Symbol {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).cast::<u8>().hash(state);
    }
}

impl PartialOrd for Symbol {
    fn partial_cmp(&self, other: &Symbol) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Symbol {
    /// By text, so that a sorted list of symbols reads well.
    fn cmp(&self, other: &Symbol) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl Deref for Symbol {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Symbol({:?})", &*self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_names_are_one_pointer() {
        let (a, b) = (Symbol::new("pointer"), Symbol::new("pointer"));
        assert!(Arc::ptr_eq(&a.0, &b.0));
        assert_eq!(a, b);
        assert_ne!(a, Symbol::new("other"));
    }

    #[test]
    fn dead_names_are_reclaimed() {
        let kept = Symbol::new("kept");
        for i in 0..100_000 {
            Symbol::new(&format!("dead{i}"));
        }
        assert_eq!(Symbol::new("kept"), kept);
        let alive = (0..100_000)
            .filter(|i| Symbol::find(&format!("dead{i}")).is_some())
            .count();
        // Other tests of this process have names of their own.
        assert!(alive < 20_000, "{alive} dead names");
    }

    #[test]
    fn threads_agree_on_a_name() {
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for i in 0..10_000 {
                        let name = format!("shared{}", i % 7);
                        assert_eq!(Symbol::new(&name), Symbol::new(&name));
                    }
                });
            }
        });
    }
}
