//! Symbols that are defined when they are missed.

use crate::support::*;
use chapter1::orc::{
    Cause, DefinitionGenerator, ExecutionSession, HostFunctions, JitDylib,
    LookupError, Visibility,
};
use chapter1::symbol::Symbol;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A generator that is a closure, and logs what it is asked.
struct Generator<F> {
    name: &'static str,
    log: Log<String>,
    body: F,
}

impl<F> DefinitionGenerator for Generator<F>
where
    F: Fn(&JitDylib, &Symbol) -> Result<(), Cause> + Send + Sync,
{
    fn name(&self) -> &str {
        self.name
    }

    fn generate(
        &self,
        dylib: &JitDylib,
        names: &[Symbol],
    ) -> Result<(), Cause> {
        let list: Vec<&str> = names.iter().map(Symbol::as_str).collect();
        let (name, dylib_name) = (self.name, dylib.name());
        let list = list.join(" ");
        self.log.push(format!("{name} in {dylib_name}: {list}"));
        names.iter().try_for_each(|name| (self.body)(dylib, name))
    }
}

/// Gives `dylib` a generator that defines what it is asked for if its name
/// begins with one of these letters.
fn knowing(
    dylib: &JitDylib,
    name: &'static str,
    log: &Log<String>,
    letters: &'static str,
) {
    let body = |dylib: &JitDylib, name: &Symbol| {
        if name.starts_with(|first| letters.contains(first)) {
            dylib.define(unit(&[name], at(1))).unwrap();
        }
        Ok(())
    };
    let log = log.clone();
    dylib.add_generator(Arc::new(Generator { name, log, body }));
}

fn lookup(
    session: &Arc<ExecutionSession>,
    dylib: &JitDylib,
    names: &[&str],
) -> Result<(), LookupError> {
    session.lookup(&dylib.search_order(), &symbols(names)).map(drop)
}

#[test]
fn generators_are_asked_in_order_and_only_for_what_is_missing() {
    watched(|| {
        let (session, main) = session();
        let library = session.create_dylib("library");
        main.link_against(&library, Visibility::Exported);
        let log = Log::new();
        knowing(&main, "first", &log, "a");
        knowing(&library, "third", &log, "c");
        knowing(&main, "second", &log, "b");
        knowing(&library, "fourth", &log, "");
        main.define(unit(&["z"], at(1))).unwrap();
        lookup(&session, &main, &["z"]).unwrap();
        assert!(log.take().is_empty());
        lookup(&session, &main, &["c1", "z", "b1", "a1"]).unwrap();
        assert_eq!(
            log.take(),
            [
                "first in main: c1 b1 a1",
                "second in main: c1 b1",
                "third in library: c1",
            ]
        );
        // What has been generated stays.
        lookup(&session, &main, &["a1", "b1", "c1"]).unwrap();
        assert!(log.take().is_empty());
        let error = lookup(&session, &main, &["q", "z"]).unwrap_err();
        assert_eq!(error.to_string(), "symbols not found: `q`");
        assert_eq!(log.take().len(), 4);
    });
}

#[test]
fn what_is_removed_before_it_is_found_is_generated_again() {
    watched(|| {
        let (session, main) = session();
        let log = Log::new();
        let (removals, to) = (AtomicU32::new(3), log.clone());
        let body = move |dylib: &JitDylib, name: &Symbol| {
            let tracker = dylib.create_tracker();
            tracker.define(unit(&[name], at(1))).unwrap();
            // As another thread might.
            if removals.load(Ordering::Relaxed) > 0 {
                removals.fetch_sub(1, Ordering::Relaxed);
                tracker.remove().unwrap();
            }
            Ok(())
        };
        main.add_generator(Arc::new(Generator { name: "one", log, body }));
        lookup(&session, &main, &["a"]).unwrap();
        assert_eq!(to.take(), ["one in main: a"; 4]);
    });
}

/// Otherwise a name would mean one thing when it is looked up alone, and
/// another in company.
#[test]
fn what_is_found_further_on_is_not_generated() {
    watched(|| {
        let (session, main) = session();
        let library = session.create_dylib("library");
        main.link_against(&library, Visibility::Exported);
        let log = Log::new();
        knowing(&main, "main's", &log, "ab");
        library.define(unit(&["a"], at(7))).unwrap();
        lookup(&session, &main, &["a"]).unwrap();
        lookup(&session, &main, &["a", "b"]).unwrap();
        assert_eq!(log.take(), ["main's in main: b"]);
        assert_eq!(address(&main, "a"), 7);
    });
}

#[test]
fn a_generator_that_fails_fails_the_lookup_and_the_next_is_not_asked() {
    watched(|| {
        let (session, main) = session();
        let log = Log::new();
        let body = |_: &JitDylib, name: &Symbol| match name.as_str() {
            "bad" => Err(Cause::new(Broken)),
            _ => Ok(()),
        };
        let name = "failing";
        let failing = Generator { name, log: log.clone(), body };
        main.add_generator(Arc::new(failing));
        knowing(&main, "next", &log, "bg");
        let error = lookup(&session, &main, &["bad"]).unwrap_err();
        let LookupError::Generator(cause) = &error else { panic!("{error}") };
        assert_eq!(cause.downcast_ref(), Some(&Broken));
        assert_eq!(log.take(), ["failing in main: bad"]);
        lookup(&session, &main, &["good"]).unwrap();
        assert_eq!(session.sizes(), (1, 0));
    });
}

#[test]
fn a_generators_error_reaches_whoever_needs_the_symbol() {
    watched(|| {
        let (session, main) = session();
        let reports = Log::new();
        let log = reports.clone();
        session.set_error_reporter(Box::new(move |error| {
            log.push(error.to_string());
        }));
        let body = |_: &JitDylib, _: &Symbol| Err(Cause::new(Broken));
        let (name, log) = ("failing", Log::new());
        main.add_generator(Arc::new(Generator { name, log, body }));
        main.define(unit(&["f"], needing(1, &["g"]))).unwrap();
        main.define(unit(&["g"], needing(2, &["missing"]))).unwrap();
        let error = error(&main, "f");
        let text = "failed to materialize `f`, `g`: broken";
        assert_eq!(error.to_string(), text);
        assert_eq!(reports.take(), ["cannot make `g`: broken"]);
    });
}

#[test]
fn a_generator_may_define_other_names_too() {
    watched(|| {
        let (session, main) = session();
        let body = |dylib: &JitDylib, name: &Symbol| {
            let other = format!("{name}2");
            dylib.define(unit(&[&other], at(2))).unwrap();
            Ok(())
        };
        let log = Log::new();
        let generator = Generator { name: "other", log: log.clone(), body };
        main.add_generator(Arc::new(generator));
        let error = lookup(&session, &main, &["f"]).unwrap_err();
        assert_eq!(error.to_string(), "symbols not found: `f`");
        lookup(&session, &main, &["f2"]).unwrap();
        assert_eq!(log.take(), ["other in main: f"]);
    });
}

/// The definition that a name needs may need the generator again.
#[test]
fn generators_are_asked_during_materialization() {
    watched(|| {
        let (session, main) = session();
        let log = Log::new();
        let body = |dylib: &JitDylib, name: &Symbol| {
            let number: usize = name[1..].parse().unwrap();
            if number == 0 {
                dylib.define(unit(&[name], at(1))).unwrap();
                return Ok(());
            }
            let next = format!("f{}", number - 1);
            let body = needing(1, &[&next]);
            dylib.define(unit(&[name], body)).unwrap();
            Ok(())
        };
        let generator = Generator { name: "numbers", log, body };
        main.add_generator(Arc::new(generator));
        lookup(&session, &main, &["f1000"]).unwrap();
        assert_eq!(session.sizes(), (1001, 0));
    });
}

#[test]
fn the_hosts_functions_are_weak_until_used() {
    watched(|| {
        let (session, main) = session();
        let host = HostFunctions::new(session.executor().clone());
        main.add_generator(Arc::new(host));
        main.define(unit(&["cos"], at(1))).unwrap();
        assert_eq!(address(&main, "cos"), 1);
        assert!(address(&main, "sin") > 1);
        assert!(main.define(unit(&["sin"], never())).is_err());
        let error = error(&main, "exit");
        assert!(error.to_string().contains("not allowed"), "{error}");
        assert_eq!(
            lookup(&session, &main, &["nosuch"]).unwrap_err().to_string(),
            "symbols not found: `nosuch`"
        );
    });
}
