//! Recipes: plain data of which every one is a module, and the strategies
//! that make them.

use chapter1::ir::{BinaryOp, FloatCondition, Type};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use std::ops::RangeInclusive;

/// What a test's code generator supports, and how large functions get.
#[derive(Clone, Debug)]
pub struct Options {
    /// Functions other than the first may take and return `bool`.
    pub bool_signatures: bool,
    /// The module calls the runtime function `trace(f64)`, which yields
    /// nothing. A host that records the calls sees values as they are,
    /// whatever the function makes of them.
    pub trace: bool,
    /// How many functions there are; they call each other, and the first is
    /// `main`.
    pub functions: RangeInclusive<usize>,
    /// At most so many blocks in a function, besides its exit.
    pub blocks: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            bool_signatures: true,
            trace: true,
            functions: 1..=3,
            blocks: 12,
        }
    }
}

/// A module.
#[derive(Clone, Debug)]
pub struct ModuleRecipe {
    /// The functions. Each calls only those after it.
    pub functions: Vec<FunctionRecipe>,
    /// Whether functions call `trace`.
    pub trace: bool,
}

/// A function.
#[derive(Clone, Debug)]
pub struct FunctionRecipe {
    /// The types of the parameters.
    pub params: Vec<Type>,
    /// The type of the result.
    pub result: Type,
    /// The types of the slots.
    pub slots: Vec<Type>,
    /// How many back edges may be taken in one call.
    pub trips: u8,
    /// Where the number of those that remain is kept: in a slot, or in a
    /// parameter of every block.
    pub counter_in_slot: bool,
    /// The blocks, of which the first is the entry.
    pub blocks: Vec<BlockRecipe>,
    /// How many values, of those at hand at the exit, go into the result.
    /// If the number is odd, those that are not finite do not spoil it.
    pub checksum: u8,
    /// By how much the blocks' indices are rotated against their order.
    pub rotation: u8,
    /// Whether blocks that nothing leads to are left empty, as if removed.
    pub prune: bool,
}

/// A block.
#[derive(Clone, Debug)]
pub struct BlockRecipe {
    /// The types of the parameters; not used in the entry.
    pub params: Vec<Type>,
    /// What is computed.
    pub steps: Vec<Step>,
    /// Where it leads.
    pub exit: Exit,
}

/// Which of the values of the right type that are at hand: counted from the
/// newest, modulo their number.
pub type Pick = u16;

/// One instruction, or a few.
#[derive(Clone, Debug)]
pub enum Step {
    Const(f64),
    Bool(bool),
    Binary(BinaryOp, Pick, Pick),
    Compare(FloatCondition, Pick, Pick),
    FromBool(Pick),
    Select(Type, Pick, Pick, Pick),
    /// Reads a slot; writes it before if that may not have happened.
    Load(Pick),
    Store(Pick, Pick),
    /// Calls a function, with the arguments from the pick on.
    Call(Pick, Pick),
    Trace(Pick),
    /// Makes so many values, then adds them all up, in order or in reverse:
    /// they are all live at once. With a call in between if wanted.
    Pressure {
        count: u8,
        from: Pick,
        reverse: bool,
        call: bool,
    },
    /// The same with truth values.
    BoolPressure {
        count: u8,
        from: Pick,
    },
    /// An instruction that a pass has removed again.
    Removed,
}

/// How a block ends.
#[derive(Clone, Debug)]
pub enum Exit {
    Jump(Edge),
    Branch(Pick, Edge, Edge),
    /// A branch whose targets are one block, with different arguments.
    Fork(Pick, Edge, Edge),
    Return(Pick),
}

/// An edge.
#[derive(Clone, Copy, Debug)]
pub struct Edge {
    /// How many blocks further on, or back.
    pub distance: i8,
    /// The first argument; the others follow at equal distances.
    pub first: Pick,
    /// That distance.
    pub stride: u8,
    /// If the target's own parameters are at hand, as they are in a loop:
    /// pass them, rotated by so many places.
    pub rotate: Option<u8>,
}

/// Numbers that tend to reveal something, the harmless ones first.
pub const NUMBERS: [f64; 20] = [
    0.0,
    1.0,
    2.0,
    0.5,
    -1.0,
    3.0,
    -2.5,
    10.0,
    0.1,
    1e10,
    -0.0,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    f64::MAX,
    f64::MIN_POSITIVE,
    5e-324,
    -5e-324,
    1.0 + f64::EPSILON,
    9007199254740993.0,
];

/// Any number, the interesting ones often.
pub fn numbers() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => select(&NUMBERS[..10]),
        2 => (-1000..1000_i32).prop_map(|n| f64::from(n) / 8.0),
        1 => select(&NUMBERS[..]),
        1 => proptest::num::f64::ANY,
    ]
}

/// Recipes of modules.
pub fn modules(options: Options) -> impl Strategy<Value = ModuleRecipe> {
    let Options { bool_signatures, trace, functions, blocks } = options;
    let others = functions.start().max(&1) - 1..=functions.end() - 1;
    let main = function(false, blocks, 8);
    let others = vec(function(bool_signatures, blocks, 3), others);
    (main, others).prop_map(move |(main, mut functions)| {
        functions.insert(0, main);
        ModuleRecipe { functions, trace }
    })
}

fn function(
    bools: bool,
    blocks: usize,
    trips: u8,
) -> impl Strategy<Value = FunctionRecipe> {
    let types =
        move || if bools { ty().boxed() } else { Just(Type::F64).boxed() };
    let blocks = prop_oneof![
        1 => vec(block(0..=40), 1..=2),
        3 => vec(block(0..=8), 1..=blocks),
    ];
    let shape =
        (0..=trips, any::<bool>(), 0..40_u8, any::<u8>(), any::<bool>());
    (vec(types(), 0..=12), types(), vec(ty(), 0..5), blocks, shape).prop_map(
        |(params, result, slots, blocks, shape)| {
            let (trips, counter_in_slot, checksum, rotation, prune) = shape;
            FunctionRecipe {
                params,
                result,
                slots,
                trips,
                counter_in_slot,
                blocks,
                checksum,
                rotation,
                prune,
            }
        },
    )
}

fn block(
    steps: RangeInclusive<usize>,
) -> impl Strategy<Value = BlockRecipe> + Clone {
    let params = prop_oneof![
        8 => vec(ty(), 0..=6),
        1 => vec(ty(), 0..=24),
    ];
    (params, vec(step(), steps), exit())
        .prop_map(|(params, steps, exit)| BlockRecipe { params, steps, exit })
        .boxed()
}

fn ty() -> impl Strategy<Value = Type> {
    prop_oneof![3 => Just(Type::F64), 1 => Just(Type::Bool)]
}

/// Mostly one of the newest values, sometimes any.
fn pick() -> impl Strategy<Value = Pick> {
    prop_oneof![1 => 0..4_u16, 1 => 0..40_u16, 1 => any::<u16>()]
}

fn step() -> impl Strategy<Value = Step> {
    let op = select(&BinaryOp::ALL[..]);
    let condition = select(&FloatCondition::ALL[..]);
    let count = prop_oneof![6 => 2..8_u8, 1 => 2..60_u8];
    let pressure = (count, pick(), any::<bool>(), any::<bool>());
    prop_oneof![
        3 => numbers().prop_map(Step::Const),
        1 => any::<bool>().prop_map(Step::Bool),
        8 => (op, pick(), pick()).prop_map(|(o, a, b)| Step::Binary(o, a, b)),
        3 => (condition, pick(), pick())
            .prop_map(|(c, a, b)| Step::Compare(c, a, b)),
        1 => pick().prop_map(Step::FromBool),
        2 => (ty(), pick(), pick(), pick())
            .prop_map(|(ty, c, a, b)| Step::Select(ty, c, a, b)),
        2 => pick().prop_map(Step::Load),
        2 => (pick(), pick()).prop_map(|(s, v)| Step::Store(s, v)),
        2 => (pick(), pick()).prop_map(|(f, a)| Step::Call(f, a)),
        1 => pick().prop_map(Step::Trace),
        1 => pressure.prop_map(|(count, from, reverse, call)| {
            Step::Pressure { count, from, reverse, call }
        }),
        1 => (2..12_u8, pick())
            .prop_map(|(count, from)| Step::BoolPressure { count, from }),
        1 => Just(Step::Removed),
    ]
}

fn exit() -> impl Strategy<Value = Exit> {
    prop_oneof![
        6 => edge().prop_map(Exit::Jump),
        8 => (pick(), edge(), edge())
            .prop_map(|(c, a, b)| Exit::Branch(c, a, b)),
        2 => (pick(), edge(), edge()).prop_map(|(c, a, b)| Exit::Fork(c, a, b)),
        1 => pick().prop_map(Exit::Return),
    ]
}

fn edge() -> impl Strategy<Value = Edge> {
    let distance = prop_oneof![5 => Just(1), 2 => 2..6_i8, 5 => -4..=0_i8];
    let rotate = prop_oneof![1 => Just(None), 3 => (0..5_u8).prop_map(Some)];
    (distance, pick(), 0..8_u8, rotate).prop_map(
        |(distance, first, stride, rotate)| Edge {
            distance,
            first,
            stride,
            rotate,
        },
    )
}
