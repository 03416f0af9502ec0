//! Stubs are small, and calls get by them to where they should.

use super::Block;
use crate::stack::Stack;
use crate::{Verdict, ensure};
use chapter1::driver::Driver;
use chapter1::executor::{ExecutorAddr, Reentry};
use chapter1::kaleidoscope::Kaleidoscope;
use chapter1::orc::{
    AbsoluteSymbols, IrCompileLayer, ObjectLinkingLayer, SymbolFlags,
};
use chapter1::symbol::Symbol;
use chapter1::syntax::diagnostics::count;
use std::error::Error;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::Duration;

/// What an attempt is.
type Attempt = fn(ExecutorAddr, u32) -> Block;

/// So many stubs are made.
const COUNT: u32 = 200;

/// How much code may be left for all of them together.
const SHARED: u32 = 32;

/// What all stubs lead to.
const BODY: &str = "
    def body(a b c d e f g h i j)
        ((((((((a*10+b)*10+c)*10+d)*10+e)*10+f)*10+g)*10+h)*10+i)*10+j;";

/// Gives stubs a body, once the right one asks.
#[derive(Default)]
struct Handler {
    /// Which stub is to ask: its number and its address.
    expected: Mutex<Option<(u32, ExecutorAddr)>>,
    body: Mutex<Option<ExecutorAddr>>,
}

impl Reentry for Handler {
    fn resolve(
        &self,
        stub: ExecutorAddr,
    ) -> Result<ExecutorAddr, Box<dyn Error + Send + Sync>> {
        let expected = self.expected.lock().unwrap().take();
        match expected {
            None => Err("a stub asks that knows its body".into()),
            Some((_, address)) if address == stub => {
                Ok(self.body.lock().unwrap().expect("it is compiled"))
            }
            Some((i, address)) => {
                let (distance, side) = match stub >= address {
                    true => (stub.distance(address), "behind"),
                    false => (address.distance(stub), "before"),
                };
                let distance = count(distance as usize, "byte");
                let why =
                    format!("stub {i} asks for what is {distance} {side} it");
                Err(why.into())
            }
        }
    }
}

/// A program that calls `stub0`, `stub1` and so on.
struct Scene {
    program: Kaleidoscope<Stack<IrCompileLayer<ObjectLinkingLayer>>>,
    objects: Arc<ObjectLinkingLayer>,
    handler: Arc<Handler>,
}

/// Nothing here takes so long, but for stubs that lead to themselves.
const PATIENCE: Duration = Duration::from_secs(10);

/// Measures a block, and calls some of its stubs.
pub(super) fn check(attempt: Attempt) -> Verdict {
    let (sender, verdict) = channel();
    thread::spawn(move || {
        let _ = sender.send(tried(attempt));
    });
    let verdict = verdict.recv_timeout(PATIENCE);
    verdict.unwrap_or_else(|_| {
        Err("a call never ends, or the check has panicked".into())
    })
}

fn tried(attempt: Attempt) -> Verdict {
    let mut scene = scene();
    let executor = scene.program.jit.base().session.executor().clone();
    let Block { graph, stubs, pointers } = attempt(executor.resolver(), COUNT);
    ensure(graph.externals().count() == 0, || {
        "the block cannot be linked alone".into()
    })?;
    let definition = graph.symbols[stubs].definition;
    let block = definition.ok_or("the first stub is not in the graph")?.block;
    let size = graph.content(block).len() as u32;
    ensure(size <= COUNT * 16 + SHARED, || {
        format!(
            "{COUNT} stubs have {size} bytes of code, which is more than 16 \
             each and {SHARED} for all"
        )
    })?;
    let published = scene.objects.publish_alone(graph, &[stubs, pointers]);
    let (_, at) = published.map_err(|error| error.to_string())?;
    let [stubs, pointers] = at[..] else {
        return Err("the first stub or pointer is not in the graph".into());
    };
    ensure(stubs.as_u64() % 16 == 0 && pointers.as_u64() % 8 == 0, || {
        format!("stubs begin at {stubs}, pointers at {pointers}")
    })?;
    for i in [0, 1, 63, 64, COUNT - 1] {
        let stub = stubs + u64::from(i) * 16;
        let pointer = pointers + u64::from(i) * 8;
        scene.try_one(i, stub, pointer)?;
    }
    Ok(())
}

fn scene() -> Scene {
    let mut lowest = None;
    let mut program = Stack::program(|base, objects| {
        lowest = Some(objects.clone());
        let target = base.session.executor().target();
        IrCompileLayer::new(objects, target, base.phases.clone())
    });
    program.run(BODY).expect("a program");
    let handler = Arc::new(Handler::default());
    let body = program.jit.lookup(&Symbol::new("body")).expect("it is defined");
    *handler.body.lock().unwrap() = Some(body);
    let weak: Weak<Handler> = Arc::downgrade(&handler);
    program.jit.base().session.executor().set_reentry(weak);
    Scene { program, objects: lowest.expect("just made"), handler }
}

impl Scene {
    /// A stub asks for itself as long as it does not know the body.
    fn try_one(
        &mut self,
        i: u32,
        stub: ExecutorAddr,
        pointer: ExecutorAddr,
    ) -> Verdict {
        let symbol = Symbol::new(&format!("stub{i}"));
        let unit = vec![(symbol, stub, SymbolFlags::function(10))];
        let main = &self.program.jit.base().main;
        main.define(AbsoluteSymbols(unit)).expect("it is new");
        for _ in 0..2 {
            *self.handler.expected.lock().unwrap() = Some((i, stub));
            self.call(i)?;
            let is_open = self.handler.expected.lock().unwrap().take();
            ensure(is_open.is_none(), || {
                format!("stub {i} does not ask for its body")
            })?;
        }
        let body = self.handler.body.lock().unwrap().expect("it is compiled");
        let pointers = vec![(pointer, body.as_u64())];
        let stored = self.objects.store_pointers(pointers);
        stored.map_err(|error| error.to_string())?;
        self.call(i)
    }

    fn call(&mut self, i: u32) -> Verdict {
        let text = format!(
            "extern stub{i}(a b c d e f g h i j);
            stub{i}(1, 2, 3, 4, 5, 6, 7, 8, 9, 0);"
        );
        let found = self.program.run(&text).map_err(|why| why.to_string())?;
        ensure(found == [1_234_567_890.0], || {
            format!(
                "of the arguments 1, 2, 3, 4, 5, 6, 7, 8, 9, 0 of stub {i}, \
                 {found:?} arrives"
            )
        })
    }
}
