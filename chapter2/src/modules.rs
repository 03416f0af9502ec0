//! Modules of several functions, each of which is compiled when it is needed.
//!
//! Definitions that stand one after the other in a text are one module: what
//! one of them calls can be inlined in it. Yet each is a unit of its own for
//! the session, and so nothing changes for anybody else. A function that
//! nobody calls is not compiled and binds nobody to the host's `sin`; one that
//! calls what is missing fails alone; one can be removed and the others stay.
//!
//! What the units share is a [`SharedModule`]. Who is compiled first takes
//! out of it all that it calls, directly or not, and that nobody has looked
//! at: most of those will be needed next. They go through the passes together,
//! as far as these look at others, callees first, and are put back for their
//! own units to find, which do the rest. So each function is kept once and
//! optimised once; one that is inlined wherever it is called is not compiled.
//! Of a small one, which may be inlined again, a copy stays as long as there
//! is anybody left to inline it.

use crate::passes::{Body, Surroundings, is_candidate};
use crate::pipeline::Progress;
use chapter1::ir::{Function, Module};
use chapter1::symbol::Symbol;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Which function is in which module.
#[derive(Default)]
pub struct Modules(Mutex<Table>);

#[derive(Default)]
struct Table {
    /// The module that the next definition belongs to.
    open: Option<Arc<SharedModule>>,
    of: FxHashMap<Symbol, Arc<SharedModule>>,
}

/// A module whose functions are compiled one by one.
#[derive(Default)]
// ANCHOR: SharedModule
pub struct SharedModule {
    members: Mutex<Members>,
    /// A function has been put back.
    progress: Condvar,
}
// ANCHOR_END: SharedModule

#[derive(Default)]
// ANCHOR: Members
struct Members {
    by_name: FxHashMap<Symbol, Member>,
    /// How many of them are raw.
    raw: usize,
}
// ANCHOR_END: Members

// ANCHOR: Member
struct Member {
    stage: Stage,
    /// What is inlined elsewhere.
    body: Option<Body>,
    /// Which functions its passes have taken to be pure.
    pure: Arc<[Symbol]>,
}
// ANCHOR_END: Member

/// How far a function is.
// ANCHOR: Stage
enum Stage {
    /// It has not been looked at.
    Raw(Box<Function>),
    /// It is with those of a function that calls it.
    Away,
    /// It has been optimised, but for what needs no others.
    Done(Arc<Function>, Progress),
    /// Its unit has it, or nobody has.
    Gone,
}
// ANCHOR_END: Stage

/// What a unit finds.
pub enum Taken {
    /// The function as it was defined.
    Raw(Function),
    /// The function after passes which took calls of these others to be
    /// pure, and how far it is.
    Done(Function, Progress, Arc<[Symbol]>),
    /// Nothing: it has been there before, or something went wrong.
    Gone,
}

/// What is taken out of a module to be optimised together. What is not put
/// back is gone.
#[derive(Default)]
pub struct Gathered {
    module: Option<Arc<SharedModule>>,
    /// The functions.
    pub functions: Vec<Function>,
    away: Vec<Symbol>,
    /// The bodies of others that may be inlined, if certain calls are pure.
    pub bodies: Vec<(Symbol, Body, Arc<[Symbol]>)>,
}

impl Modules {
    /// The module that the next definition belongs to.
    pub fn open(&self) -> Arc<SharedModule> {
        self.lock().open.get_or_insert_default().clone()
    }

    /// From now on definitions belong to another module.
    pub fn close(&self) {
        self.lock().open = None;
    }

    /// Enters a function that is defined.
    pub fn enter(&self, name: Symbol, module: Arc<SharedModule>) {
        self.lock().of.insert(name, module);
    }

    /// Forgets a function that is defined no more.
    pub fn forget(&self, name: &Symbol) {
        if let Some(module) = self.lock().of.remove(name) {
            module.forget(name);
        }
    }

    /// Whether two functions are defined in one module.
    pub fn are_together(&self, a: &Symbol, b: &Symbol) -> bool {
        let table = self.lock();
        match (table.of.get(a), table.of.get(b)) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }

    /// Takes out what the functions of a module call, directly or not, and
    /// that nobody has looked at.
    pub fn gather(&self, module: &Module) -> Gathered {
        let mut gathered = Gathered::default();
        // Only what was defined alone has a shared module.
        if let [function] = &module.functions[..]
            && let Some(shared) = self.lock().of.get(&function.name).cloned()
        {
            shared.gather(function, &mut gathered);
            gathered.module = Some(shared);
        }
        gathered
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        lock(&self.0)
    }
}

impl SharedModule {
    /// Adds a function.
    pub fn add(&self, function: Function) {
        let (name, stage) =
            (function.name.clone(), Stage::Raw(function.into()));
        let member = Member { stage, body: None, pure: Arc::new([]) };
        let mut members = lock(&self.members);
        members.by_name.insert(name, member);
        members.raw += 1;
    }

    /// Removes a function.
    pub fn forget(&self, name: &Symbol) {
        let mut members = lock(&self.members);
        let member = members.by_name.remove(name);
        if let Some(Member { stage: Stage::Raw(_), .. }) = member {
            members.raw -= 1;
            members.drop_unneeded();
        }
    }

    /// Gives a function to its unit. Waits while it is being optimised.
    // ANCHOR: take
    pub fn take(&self, name: &Symbol) -> Taken {
        let mut members = lock(&self.members);
        loop {
            let Some(member) = members.by_name.get_mut(name) else {
                return Taken::Gone;
            };
            if !matches!(member.stage, Stage::Away) {
                let taken = member.take();
                if let Taken::Raw(_) = taken {
                    // It is going to gather, and may need bodies for that.
                    members.raw -= 1;
                }
                return taken;
            }
            let result = self.progress.wait(members);
            members = result.unwrap_or_else(PoisonError::into_inner);
        }
    }
    // ANCHOR_END: take

    // ANCHOR: gather
    fn gather(&self, from: &Function, to: &mut Gathered) {
        let mut members = lock(&self.members);
        let mut seen = FxHashSet::from_iter([from.name.clone()]);
        let mut next = callees(from);
        while let Some(name) = next.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            let Some(member) = members.by_name.get_mut(&name) else {
                continue;
            };
            if let Some(body) = &member.body {
                to.bodies.push((name, body.clone(), member.pure.clone()));
            } else if let Stage::Raw(function) = &member.stage {
                next.extend(callees(function));
                to.functions.extend(member.send_away());
                to.away.push(name);
            }
        }
        members.raw -= to.away.len();
        members.drop_unneeded();
    }
    // ANCHOR_END: gather
}

impl Members {
    /// Drops the bodies when none is raw any more: nobody is left to inline
    /// them.
    // ANCHOR: drop_unneeded
    fn drop_unneeded(&mut self) {
        if self.raw == 0 {
            self.by_name.values_mut().for_each(|member| member.body = None);
        }
    }
    // ANCHOR_END: drop_unneeded
}

impl Member {
    /// Gives a raw function to somebody who is going to put it back.
    fn send_away(&mut self) -> Option<Function> {
        match std::mem::replace(&mut self.stage, Stage::Away) {
            Stage::Raw(function) => Some(*function),
            other => {
                self.stage = other;
                None
            }
        }
    }

    fn take(&mut self) -> Taken {
        match std::mem::replace(&mut self.stage, Stage::Gone) {
            Stage::Raw(function) => Taken::Raw(*function),
            Stage::Done(function, progress) => {
                let function = Arc::unwrap_or_clone(function);
                Taken::Done(function, progress, self.pure.clone())
            }
            Stage::Away | Stage::Gone => Taken::Gone,
        }
    }
}

impl Gathered {
    /// Puts functions back: as far as they are if that is known.
    // ANCHOR: put_back
    pub fn put_back(
        &mut self,
        functions: Vec<Function>,
        progress: Option<&[Progress]>,
        surroundings: &Surroundings,
    ) {
        let Some(module) = self.module.clone() else { return };
        if self.away.is_empty() {
            return;
        }
        let mut members = lock(&module.members);
        for (index, function) in functions.into_iter().enumerate() {
            let Members { by_name, raw } = &mut *members;
            let Some(member) = by_name.get_mut(&function.name) else {
                continue;
            };
            if let Some(progress) = progress {
                let function = Arc::new(function);
                member.note(&function, surroundings, *raw > 0);
                let progress = progress[index].clone();
                member.stage = Stage::Done(function, progress);
            } else {
                member.stage = Stage::Raw(function.into());
                *raw += 1;
            }
        }
        drop(members);
        self.away.clear();
        module.progress.notify_all();
    }
    // ANCHOR_END: put_back

    /// Keeps a copy of a function that may be inlined again: its own unit has
    /// taken it.
    pub fn keep(&self, function: &Function, surroundings: &Surroundings) {
        let Some(module) = &self.module else { return };
        let mut members = lock(&module.members);
        if members.raw > 0
            && let Some(member) = members.by_name.get_mut(&function.name)
            && is_candidate(function)
        {
            let function = Arc::new(function.clone());
            member.note(&function, surroundings, true);
        }
    }
}

impl Member {
    /// Notes what is known of a function that has been optimised, and keeps
    /// its body if anybody may need it.
    fn note(
        &mut self,
        function: &Arc<Function>,
        surroundings: &Surroundings,
        is_needed: bool,
    ) {
        let Surroundings { pure, inlined, .. } = surroundings;
        let callees = function.callees.values().map(|callee| &callee.name);
        let relied_on = callees.filter(|&name| pure.contains(name)).cloned();
        self.pure = relied_on.collect();
        let inlined = inlined.get(&function.name).cloned();
        let is_kept = is_needed && is_candidate(function);
        self.body = is_kept.then(|| Body {
            function: function.clone(),
            inlined: Arc::new(inlined.unwrap_or_default()),
        });
    }
}

impl Drop for Gathered {
    /// A pass has panicked: nobody shall wait for what it had.
    fn drop(&mut self) {
        let Some(module) = &self.module else { return };
        if self.away.is_empty() {
            return;
        }
        let mut members = lock(&module.members);
        for name in &self.away {
            if let Some(member) = members.by_name.get_mut(name) {
                member.stage = Stage::Gone;
            }
        }
        drop(members);
        module.progress.notify_all();
    }
}

/// The names of what a function calls.
pub fn callees(function: &Function) -> Vec<Symbol> {
    let callees = function.callees.values();
    callees.map(|callee| callee.name.clone()).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while it is locked.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
