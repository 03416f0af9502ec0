//! Which operators exist, and how tightly each binds.

use crate::ir::BinaryOp;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a binary operator does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Meaning {
    /// `=`
    Assign,
    /// `<`
    Less,
    /// `+ - * /`
    Arithmetic(BinaryOp),
    /// Calls the function `binary⟨op⟩`.
    User,
}

/// A binary operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BinaryOperator {
    /// From 1 (loosest) to 100.
    pub precedence: u8,
    /// What it does.
    pub meaning: Meaning,
}

/// The highest precedence that an operator can have.
pub const MAX_PRECEDENCE: u8 = 100;
/// The precedence of an operator that is defined without one.
pub const DEFAULT_PRECEDENCE: u8 = 30;

/// The operators of a session, by their character. Small and `Copy`, so a
/// refused item is undone by putting the earlier table back.
#[derive(Clone, Copy, Debug)]
pub struct Operators {
    binary: [Option<BinaryOperator>; 128],
    unary: [bool; 128],
    /// No two tables that differ have the same.
    version: u64,
}

impl Default for Operators {
    fn default() -> Operators {
        let mut binary = [None; 128];
        // ANCHOR: default
        let built_in = [
            (b'=', 2, Meaning::Assign),
            (b'<', 10, Meaning::Less),
            (b'+', 20, Meaning::Arithmetic(BinaryOp::Add)),
            (b'-', 20, Meaning::Arithmetic(BinaryOp::Sub)),
            (b'*', 40, Meaning::Arithmetic(BinaryOp::Mul)),
            (b'/', 40, Meaning::Arithmetic(BinaryOp::Div)),
        ];
        // ANCHOR_END: default
        for (op, precedence, meaning) in built_in {
            binary[op as usize] = Some(BinaryOperator { precedence, meaning });
        }
        Operators { binary, unary: [false; 128], version: 0 }
    }
}

impl Operators {
    /// Whether `op` cannot be given another meaning. `/` can: programs
    /// written for LLVM's tutorial define it.
    pub fn is_fixed(op: u8) -> bool {
        matches!(op, b'=' | b'<' | b'+' | b'-' | b'*')
    }

    /// The binary operator `op`, if there is one.
    #[inline]
    pub fn binary(&self, op: u8) -> Option<BinaryOperator> {
        self.binary[op as usize]
    }

    /// Whether `op` is a prefix operator.
    pub fn is_unary(&self, op: u8) -> bool {
        self.unary[op as usize]
    }

    /// The number of the table: equal for tables that are equal because one
    /// is a copy of the other, and different for tables that differ.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Makes `op` a user-defined binary operator.
    pub fn define_binary(&mut self, op: u8, precedence: u8) {
        self.change();
        self.binary[op as usize] =
            Some(BinaryOperator { precedence, meaning: Meaning::User });
    }

    /// Makes `op` a prefix operator.
    pub fn define_unary(&mut self, op: u8) {
        self.change();
        self.unary[op as usize] = true;
    }

    /// Gives the binary operator `op` its built-in meaning back, or none.
    pub fn forget_binary(&mut self, op: u8) {
        self.change();
        self.binary[op as usize] = Operators::default().binary(op);
    }

    /// Makes `op` no prefix operator any more.
    pub fn forget_unary(&mut self, op: u8) {
        self.change();
        self.unary[op as usize] = false;
    }

    fn change(&mut self) {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        self.version = NEXT.fetch_add(1, Ordering::Relaxed);
    }
}
