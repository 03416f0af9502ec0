//! The numbers that a graph's code refers to, each stored once.

use crate::link::{GraphSymbol, LinkGraph, Section, SymbolId};
use rustc_hash::FxHashMap;

/// The constant pool of one graph. Reused from graph to graph.
#[derive(Default)]
pub struct Constants {
    bytes: Vec<u8>,
    offsets: FxHashMap<u64, i64>,
    symbol: Option<SymbolId>,
}

impl Constants {
    /// Forgets the last graph.
    pub fn reset(&mut self) {
        self.bytes.clear();
        self.offsets.clear();
        self.symbol = None;
    }

    /// Where in the pool a number is. Numbers are told apart by their bits:
    /// `0.0` is not `-0.0`.
    pub(super) fn offset(&mut self, number: f64) -> i64 {
        *self.offsets.entry(number.to_bits()).or_insert_with(|| {
            let offset = self.bytes.len() as i64;
            self.bytes.extend_from_slice(&number.to_le_bytes());
            offset
        })
    }

    /// The symbol for the beginning of the pool.
    pub(super) fn symbol(&mut self, graph: &mut LinkGraph) -> SymbolId {
        *self.symbol.get_or_insert_with(|| {
            let symbol =
                GraphSymbol { name: None, definition: None, params: None };
            graph.symbols.push(symbol)
        })
    }

    /// Adds the pool to the graph, if there is anything in it.
    pub fn finish(&mut self, graph: &mut LinkGraph) {
        if let Some(symbol) = self.symbol {
            let block = graph.push_block(Section::ReadOnly, 8, &self.bytes);
            let size = self.bytes.len() as u32;
            let definition = crate::link::Definition { block, offset: 0, size };
            graph.symbols[symbol].definition = Some(definition);
        }
    }
}
