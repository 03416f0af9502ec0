//! Prints what the register allocator decides for a small function,
//! instruction by instruction.

use chapter1::codegen::order::{Exit, Order};
use chapter1::codegen::regalloc::{
    Allocation, Allocator, Home, Loc, Place, Reg,
};
use chapter1::ir::{Block, Function, Inst, InstData, Value, parse_module};
use std::collections::HashMap;
use std::error::Error;

const FUNCTION: &str = "\
function @f(f64, f64, f64) -> f64 {
    fn0 = function @sqrt(f64) -> f64
block0(v0: f64, v1: f64, v2: f64):
    v3 = mul v0, v0
    v4 = mul v1, v1
    v5 = add v3, v4
    v6 = call fn0(v5)
    v7 = div v0, v6
    v8 = ult v7, v2
    branch v8, block1(v7), block1(v2)
block1(v9: f64):
    v10 = sub v9, v1
    return v10
}";

// ANCHOR: main
fn main() -> Result<(), Box<dyn Error>> {
    let count = std::env::args().nth(1).ok_or("how many registers?")?;
    let count = count.parse()?;
    let module = parse_module(FUNCTION)?;
    let function = &module.functions[0];
    let mut order = Order::default();
    order.compute(function);
    let mut allocator = Allocator::with_floats(count);
    allocator.run(function, &order)?;

    let mut table = Table::new(function, &order, &allocator, count);
    for placed in &order.blocks {
        table.block(placed.start, placed.block);
        let insts = &function.blocks[placed.block].insts;
        for (position, &inst) in (placed.start + 1..).zip(insts) {
            table.moves_before(position);
            table.instruction(position, inst);
        }
        for target in Exit::of(function, placed.block).targets() {
            table.edge(target.block);
        }
    }
    table.stored();
    Ok(())
}
// ANCHOR_END: main

/// Goes through the allocator's lists as the emitter does, and keeps track of
/// what is in which register.
struct Table<'t> {
    function: &'t Function,
    allocation: &'t Allocation,
    /// The position at which a value is needed for the last time.
    last: HashMap<Value, u32>,
    registers: Vec<Option<Value>>,
    locs: std::slice::Iter<'t, Loc>,
    moves: usize,
    edges: usize,
}

impl<'t> Table<'t> {
    fn new(
        function: &'t Function,
        order: &Order,
        allocator: &'t Allocator,
        count: u32,
    ) -> Table<'t> {
        let mut last = HashMap::new();
        for placed in &order.blocks {
            let insts = &function.blocks[placed.block].insts;
            for (position, &inst) in (placed.start + 1..).zip(insts) {
                function.visit_operands(inst, |value| {
                    last.insert(value, position);
                });
            }
        }
        let allocation = &allocator.allocation;
        let registers = vec![None; count as usize];
        let locs = allocation.locs.iter();
        let names = (0..count).map(|number| format!("xmm{number} "));
        let names: String = names.collect();
        let row = format!("at  {:34}{:10} {:6} {names}", "", "reads", "writes");
        println!("{}", row.trim_end());
        let (moves, edges) = (0, 0);
        Table { function, allocation, last, registers, locs, moves, edges }
    }

    /// A block begins, and its parameters arrive.
    fn block(&mut self, position: u32, block: Block) {
        let params = self.function.params(block);
        for &param in params {
            self.put(self.allocation.params[param].expand(), param, 0);
        }
        let names: Vec<String> = params.iter().map(Value::to_string).collect();
        let head = format!("{block}({})", names.join(", "));
        self.row(position, [position.to_string(), head], ["", ""], "");
    }

    fn moves_before(&mut self, position: u32) {
        let moves = &self.allocation.moves;
        while let Some((at, m)) = moves.get(self.moves)
            && *at == position
        {
            self.moves += 1;
            let mut remark = String::new();
            if let (Place::Home(value), Place::Reg(reg)) = (m.from, m.to) {
                remark = self.put(Some(reg), value, position);
            }
            let places = [&*place(m.from), &place(m.to)];
            self.row(0, ["".into(), "  move".into()], places, &remark);
        }
    }

    fn instruction(&mut self, position: u32, inst: Inst) {
        let mut operands = 0;
        self.function.visit_operands(inst, |_| operands += 1);
        match self.function.insts[inst] {
            InstData::Call { .. } => {
                self.registers.fill(None);
                operands = 0;
            }
            InstData::Branch { .. } => operands = 1,
            InstData::Jump(_) | InstData::Return(_) => operands = 0,
            _ => {}
        }
        // What the ways out read is needed until the next block begins.
        let is_last = self.function.insts[inst].is_terminator();
        let after = if is_last { position - 1 } else { position };
        let reads = self.locs.by_ref().take(operands).map(loc);
        let reads: Vec<String> = reads.collect();
        let (mut writes, mut remark) = (String::new(), String::new());
        if let Some(result) = self.function.results[inst].expand() {
            let to = self.locs.next().expect("as many as results");
            writes = loc(to);
            if let Loc::Reg(reg) = *to {
                remark = self.put(Some(reg), result, position);
            }
        }
        let text = self.function.display_inst(inst).to_string();
        let row = [position.to_string(), text];
        self.row(after, row, [&reads.join(" "), &writes], &remark);
    }

    /// The moves on the way to a block.
    fn edge(&mut self, target: Block) {
        let edge = self.allocation.edges[self.edges].clone();
        self.edges += 1;
        for index in edge.clone() {
            let m = self.allocation.edge_moves[index as usize];
            let (from, to) = (place(m.from), place(m.to));
            println!("      on the way to {target:18} {from:10} {to}");
        }
        if edge.is_empty() {
            println!("      on the way to {target:18} nothing");
        }
    }

    fn stored(&self) {
        let values = self.function.values.keys();
        let is_stored = |value: &Value| {
            matches!(self.allocation.homes[*value], Home::Spill(_))
        };
        let stored: Vec<Value> = values.filter(is_stored).collect();
        println!("stored in memory where they are defined: {stored:?}");
    }

    /// Puts a value into a register, and says which one is forgotten.
    fn put(&mut self, reg: Option<Reg>, value: Value, at: u32) -> String {
        let Some(reg) = reg else { return String::new() };
        if self.registers.len() <= reg.index() {
            self.registers.resize(reg.index() + 1, None);
        }
        match self.registers[reg.index()].replace(value) {
            Some(old) if self.last[&old] > at => format!("forgets {old}"),
            _ => String::new(),
        }
    }

    /// One row of the table, with the values that are needed after `at`.
    fn row(
        &self,
        at: u32,
        [number, what]: [String; 2],
        [reads, writes]: [&str; 2],
        remark: &str,
    ) {
        let registers = self.registers.iter().map(|value| match value {
            Some(value) if self.last.get(value) > Some(&at) => {
                format!("{:4} ", value.to_string())
            }
            _ => "-    ".into(),
        });
        let registers: String = registers.collect();
        let row = format!(
            "{number:>2}  {what:33} {reads:10} {writes:6} {registers} {remark}"
        );
        println!("{}", row.trim_end());
    }
}

fn loc(loc: &Loc) -> String {
    match *loc {
        Loc::None => String::new(),
        Loc::Reg(reg) => format!("{reg:?}"),
        Loc::Home(value) => place(Place::Home(value)),
        Loc::Flags => "flags".into(),
    }
}

/// A register, or the memory of a value.
fn place(place: Place) -> String {
    match place {
        Place::Reg(reg) => format!("{reg:?}"),
        Place::Home(value) => format!("[{value}]"),
    }
}
