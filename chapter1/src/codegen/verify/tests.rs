//! The checker has teeth: whatever is changed in an allocation, it notices.

mod programs;

use super::{Problem, Refusal, check};
use crate::codegen::Tuning;
use crate::codegen::order::Order;
use crate::codegen::regalloc::{
    Allocation, Allocator, Home, Loc, Move, Place, Reg,
};
use crate::ir::{Function, Module, Type, Value, parse_module};
use programs::{CALLS, LOOPS, crowd, modules};
use std::ops::Deref;

/// A function, and how its allocation is made.
struct Subject<'s> {
    function: &'s Function,
    tuning: Tuning,
}

impl Deref for Subject<'_> {
    type Target = Function;

    fn deref(&self) -> &Function {
        self.function
    }
}

impl<'s> Subject<'s> {
    fn of(module: &'s Module) -> Subject<'s> {
        let function = &module.functions[0];
        Subject { function, tuning: Tuning::default() }
    }
}

/// Checks the allocation for a function after a change.
fn check_changed(
    function: &Subject<'_>,
    change: impl FnOnce(&mut Allocation),
) -> Result<(), Refusal> {
    let mut order = Order::default();
    let mut allocator = Allocator::default().tuned(function.tuning);
    order.compute(function);
    allocator.run(function, &order).unwrap();
    change(&mut allocator.allocation);
    check(function, &order, &allocator)
}

fn allocation(function: &Subject<'_>) -> Allocation {
    let mut taken = Allocation::default();
    check_changed(function, |out| {
        taken.locs = out.locs.clone();
        taken.moves = out.moves.clone();
        taken.edges = out.edges.clone();
        taken.edge_moves = out.edge_moves.clone();
        taken.homes = out.homes.clone();
        taken.params = out.params.clone();
        taken.spill_slots = out.spill_slots;
    })
    .unwrap_or_else(|refusal| panic!("{refusal}\n{}", function.function));
    taken
}

/// Counts changes, and those that were noticed.
#[derive(Default)]
struct Score {
    made: usize,
    noticed: usize,
    missed: String,
}

impl Score {
    fn change(
        &mut self,
        function: &Subject<'_>,
        name: String,
        change: impl FnOnce(&mut Allocation),
    ) {
        self.made += 1;
        match check_changed(function, change) {
            Ok(()) => self.missed += &format!("{} {name}\n", function.name),
            Err(_) => self.noticed += 1,
        }
    }

    /// At least so many changes were made, and this share was noticed.
    fn assert(&self, made: usize, percent: usize) {
        let Score { made: all, noticed, missed } = self;
        println!("{noticed} of {all} noticed, all but\n{missed}");
        assert!(*all >= made, "only {all} changes");
        assert!(noticed * 100 >= all * percent, "{noticed} of {all}\n{missed}");
    }
}

fn each(mut change: impl FnMut(&Subject<'_>, &Allocation)) {
    for module in modules() {
        for tuning in [Tuning::default(), Tuning::ALL] {
            let subject = Subject { tuning, ..Subject::of(&module) };
            change(&subject, &allocation(&subject));
        }
    }
}

/// Another register of the same class.
fn other(reg: Reg) -> Reg {
    match reg.class() {
        Type::F64 => Reg::xmm((reg.encoding() + 1) % 15),
        Type::Bool if reg == Reg::gpr(8) => Reg::gpr(9),
        Type::Bool => Reg::gpr(8),
    }
}

fn other_place(place: Place) -> Place {
    match place {
        Place::Reg(Reg::XMM_SCRATCH) => Place::Reg(Reg::xmm(3)),
        Place::Reg(reg) => Place::Reg(other(reg)),
        Place::Home(value) => Place::Home(Value::from_u32(value.as_u32() + 1)),
    }
}

fn delete_edge_move(out: &mut Allocation, index: usize) {
    out.edge_moves.remove(index);
    for edge in &mut out.edges {
        edge.start -= u32::from(edge.start as usize > index);
        edge.end -= u32::from(edge.end as usize > index);
    }
}

#[test]
fn every_deleted_move_is_noticed() {
    let mut score = Score::default();
    each(|function, out| {
        for (index, m) in out.moves.iter().enumerate() {
            score.change(function, format!("{m:?}"), |out| {
                out.moves.remove(index);
            });
        }
    });
    score.assert(30, 100);
}

#[test]
fn every_deleted_move_on_an_edge_is_noticed() {
    let mut score = Score::default();
    each(|function, out| {
        for (index, m) in out.edge_moves.iter().enumerate() {
            score.change(function, format!("{m:?}"), |out| {
                delete_edge_move(out, index);
            });
        }
    });
    score.assert(20, 100);
}

#[test]
fn moves_in_another_order_or_place_are_noticed() {
    let mut score = Score::default();
    each(|function, out| {
        let mut change = |index: usize, m: Move, on_edge: bool| {
            for (from, to) in [
                (other_place(m.from), m.to),
                (m.from, other_place(m.to)),
                (m.to, m.from),
            ] {
                let changed = Move { from, to, ty: m.ty };
                let name = format!("{m:?} as {changed:?}");
                score.change(function, name, |out| match on_edge {
                    true => out.edge_moves[index] = changed,
                    false => out.moves[index].1 = changed,
                });
            }
        };
        for (index, &(_, m)) in out.moves.iter().enumerate() {
            change(index, m, false);
        }
        for (index, &m) in out.edge_moves.iter().enumerate() {
            change(index, m, true);
        }
    });
    score.assert(200, 100);
}

#[test]
fn moves_before_another_instruction_are_noticed() {
    let mut score = Score::default();
    each(|function, out| {
        for (index, &(at, m)) in out.moves.iter().enumerate() {
            score.change(function, format!("{m:?} after {at}"), |out| {
                out.moves[index].0 = at + 1;
            });
        }
    });
    score.assert(30, 100);
}

#[test]
fn operands_and_results_in_another_place_are_noticed() {
    let mut score = Score::default();
    each(|function, out| {
        for (index, &loc) in out.locs.iter().enumerate() {
            let changed = match loc {
                Loc::Reg(reg) => Loc::Reg(other(reg)),
                Loc::Home(value) => {
                    Loc::Home(Value::from_u32(value.as_u32() + 1))
                }
                Loc::Flags => Loc::Reg(Reg::RAX),
                Loc::None => Loc::Reg(Reg::xmm(0)),
            };
            score.change(function, format!("{index}: {loc:?}"), |out| {
                out.locs[index] = changed;
            });
        }
    });
    // A result that is only read from its home may be in any register.
    score.assert(200, 99);
}

#[test]
fn a_missing_or_superfluous_location_is_noticed() {
    let mut score = Score::default();
    each(|function, out| {
        for (index, &loc) in out.locs.iter().enumerate() {
            score.change(function, format!("without {index}"), |out| {
                out.locs.remove(index);
            });
            score.change(function, format!("twice {index}"), |out| {
                out.locs.insert(index, loc);
            });
        }
    });
    score.assert(400, 100);
}

#[test]
fn every_missing_spill_store_is_noticed() {
    let mut score = Score::default();
    each(|function, out| {
        for value in function.values.keys() {
            if let Home::Spill(_) = out.homes[value] {
                score.change(function, format!("{value}"), |out| {
                    out.homes[value] = Home::None;
                });
            }
        }
    });
    score.assert(20, 100);
}

#[test]
fn two_values_in_one_slot_are_noticed() {
    let mut score = Score::default();
    let module = parse_module(&crowd()).unwrap();
    let function = &Subject::of(&module);
    let out = allocation(function);
    let is_spilled =
        |&value: &Value| matches!(out.homes[value], Home::Spill(_));
    let spilled: Vec<Value> =
        function.values.keys().filter(is_spilled).collect();
    for pair in spilled.windows(2) {
        score.change(function, format!("{pair:?}"), |out| {
            out.homes[pair[0]] = out.homes[pair[1]];
        });
    }
    score.assert(20, 100);
}

#[test]
fn parameters_in_other_registers_are_noticed() {
    let mut score = Score::default();
    each(|function, out| {
        let entry = function.params(function.entry());
        for value in function.values.keys() {
            // The emitter looks at the registers of other blocks'
            // parameters only to store them.
            let is_stored = matches!(out.homes[value], Home::Spill(_));
            if !entry.contains(&value) && !is_stored {
                continue;
            }
            if let Some(reg) = out.params[value].expand() {
                score.change(function, format!("{value}"), |out| {
                    out.params[value] = other(reg).into();
                });
            }
        }
    });
    score.assert(10, 100);
}

/// The problem with the allocation for `CALLS` after a change.
fn problem(change: impl FnOnce(&mut Allocation)) -> Problem {
    let module = parse_module(CALLS).unwrap();
    match check_changed(&Subject::of(&module), change) {
        Err(Refusal::Problem { problem, .. }) => problem,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_makes_no_sense_is_named() {
    let v = Value::from_u32;
    let is_call = |&(_, m): &(u32, Move)| m.to == Place::Reg(Reg::xmm(0));
    assert_eq!(problem(|out| out.outgoing = 3), Problem::Frame);
    assert_eq!(problem(|out| out.calls = false), Problem::Frame);
    assert_eq!(problem(|out| out.edges.push(0..0)), Problem::Left("edges", 1));
    assert_eq!(
        problem(|out| out.homes[v(8)] = Home::Incoming(2)),
        Problem::NoHome(v(8))
    );
    assert_eq!(
        problem(|out| out.homes[v(9)] = Home::Spill(out.spill_slots)),
        Problem::NoHome(v(9))
    );
    for reg in [3, 4, 5, 11, 12].map(Reg::gpr) {
        let changed = |out: &mut Allocation| {
            let is_bool = |loc: &Loc| matches!(loc, Loc::Reg(reg) if reg.class() == Type::Bool);
            let at = out.locs.iter().position(is_bool).unwrap();
            out.locs[at] = Loc::Reg(reg);
        };
        assert_eq!(problem(changed), Problem::Register(reg, Type::Bool));
    }
    let spare = |out: &mut Allocation| {
        let at = out.moves.iter().position(is_call).unwrap();
        out.moves[at].1.ty = Type::Bool;
    };
    assert!(matches!(problem(spare), Problem::Move(_) | Problem::Register(..)));
}

#[test]
fn the_order_of_blocks_must_be_that_of_their_positions() {
    let module = parse_module(LOOPS).unwrap();
    let function = &module.functions[0];
    let (mut order, mut allocator) = (Order::default(), Allocator::default());
    order.compute(function);
    allocator.run(function, &order).unwrap();
    assert!(check(function, &order, &allocator).is_ok());
    order.blocks.swap(1, 2);
    let refusal = check(function, &order, &allocator);
    let problem = match refusal {
        Err(Refusal::Problem { problem, .. }) => problem,
        other => panic!("{other:?}"),
    };
    assert!(matches!(problem, Problem::Order(_)), "{problem}");
}

/// Two comparisons, of which the first decides.
const TWO: &str = "\
function @two(f64, f64) -> f64 {
block0(v0: f64, v1: f64):
    v2 = ult v0, v1
    v3 = add v0, v1
    v4 = ult v3, v1
    branch v2, block1, block2
block1:
    v5 = from_bool v4
    return v5
block2:
    return v3
}";

#[test]
fn flags_that_another_comparison_has_changed_are_noticed() {
    let module = parse_module(TWO).unwrap();
    let subject = Subject { tuning: Tuning::ALL, ..Subject::of(&module) };
    let changed = check_changed(&subject, |out| {
        // The result of the first comparison, and the branch's condition,
        // which is followed by the operand and the result of `from_bool`.
        let condition = out.locs.len() - 3;
        assert_eq!(out.locs[2], out.locs[condition]);
        out.locs[2] = Loc::Flags;
        out.locs[condition] = Loc::Flags;
    });
    match changed {
        Err(Refusal::Problem { problem: Problem::Flags(value), .. }) => {
            assert_eq!(value, Value::from_u32(2));
        }
        other => panic!("{other:?}"),
    }
}
