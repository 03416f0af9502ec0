//! Relocation: addresses, written into bytes along the edges of a graph.

use super::Linker;
use super::address_space::AddressSpaceFull;
use super::graph::{Edge, EdgeKind, SymbolId};
use super::placed::Placed;
use super::thunks::Thunk;
use crate::executor::ExecutorAddr;
use crate::symbol::Symbol;
use cranelift_entity::SecondaryMap;
use thiserror::Error;

/// A graph cannot be linked.
#[derive(Debug, Error)]
pub enum LinkError {
    /// A symbol has no address.
    #[error("`{0}` is not defined")]
    Undefined(Symbol),
    /// Data is too far away for the four bytes that shall hold the distance.
    #[error("`{symbol}` at {target} is out of reach of {from}")]
    OutOfReach {
        /// What is referred to.
        symbol: String,
        /// Its address.
        target: ExecutorAddr,
        /// The address of the reference.
        from: ExecutorAddr,
    },
    /// There is no more room for code or data.
    #[error(transparent)]
    Full(#[from] AddressSpaceFull),
}

impl Linker {
    /// Writes the addresses of symbols wherever the graph's edges say;
    /// `resolve` knows the symbols that the graph does not define.
    ///
    /// # Errors
    /// If a symbol is not known, or is data and too far away. The graph is
    /// of no use then, but for `discard`.
    // ANCHOR: link
    pub fn link(
        &mut self,
        placed: &mut Placed,
        mut resolve: impl FnMut(&Symbol) -> Option<ExecutorAddr>,
    ) -> Result<(), LinkError> {
        let edges = std::mem::take(&mut placed.graph.edges);
        let mut known: SecondaryMap<SymbolId, Option<ExecutorAddr>> =
            SecondaryMap::new();
        for edge in &edges {
            let target = match known[edge.target] {
                Some(address) => address,
                None => find(placed, edge.target, &mut resolve)?,
            };
            known[edge.target] = Some(target);
            self.relocate(placed, edge, target)?;
        }
        placed.graph.edges = edges;
        Ok(())
    }
    // ANCHOR_END: link

    /// Writes what one edge asks for.
    // ANCHOR: relocate
    fn relocate(
        &mut self,
        placed: &mut Placed,
        edge: &Edge,
        target: ExecutorAddr,
    ) -> Result<(), LinkError> {
        match edge.kind {
            EdgeKind::Absolute64 => {
                let value = target.as_u64().wrapping_add_signed(edge.addend);
                placed.write(edge, &value.to_le_bytes());
            }
            EdgeKind::Relative32 | EdgeKind::Branch32 => {
                let value = self.distance(placed, edge, target)?;
                placed.write(edge, &value.to_le_bytes());
            }
        }
        Ok(())
    }
    // ANCHOR_END: relocate

    /// The distance from an edge's field to `target`, or else to a thunk
    /// that leads there, plus the addend.
    // ANCHOR: distance
    fn distance(
        &mut self,
        placed: &mut Placed,
        edge: &Edge,
        target: ExecutorAddr,
    ) -> Result<i32, LinkError> {
        let from = placed.field(edge);
        let reach = |target: ExecutorAddr| {
            i32::try_from(target.distance(from) + edge.addend)
        };
        match reach(target) {
            Ok(distance) => Ok(distance),
            Err(_) if edge.kind == EdgeKind::Branch32 => {
                let thunk = self.thunk(target, &mut placed.thunks)?;
                Ok(reach(thunk).expect("in the same lease"))
            }
            Err(_) => {
                let name = &placed.graph.symbols[edge.target].name;
                let symbol = name.as_ref().map_or("", |name| name.as_str());
                let symbol = symbol.to_owned();
                Err(LinkError::OutOfReach { symbol, target, from })
            }
        }
    }
    // ANCHOR_END: distance

    /// The thunk that leads to `target`: one that all graphs share, or else
    /// one of the graph's own.
    // ANCHOR: thunk
    fn thunk(
        &mut self,
        target: ExecutorAddr,
        own: &mut Vec<Thunk>,
    ) -> Result<ExecutorAddr, AddressSpaceFull> {
        if let Some(thunk) = self.thunks.to(target) {
            return Ok(thunk);
        }
        if let Some(thunk) = own.iter().find(|own| own.target == target) {
            return Ok(thunk.address());
        }
        let thunk = Thunk::new(target, &mut self.space)?;
        let address = thunk.address();
        own.push(thunk);
        Ok(address)
    }
    // ANCHOR_END: thunk
}

/// The address of a symbol: the graph's own, or what `resolve` says.
// ANCHOR: find
fn find(
    placed: &Placed,
    symbol: SymbolId,
    resolve: &mut impl FnMut(&Symbol) -> Option<ExecutorAddr>,
) -> Result<ExecutorAddr, LinkError> {
    if let Some(address) = placed.address(symbol) {
        return Ok(address);
    }
    let name = placed.graph.symbols[symbol].name.as_ref();
    let name = name.expect("an external symbol has a name");
    resolve(name).ok_or_else(|| LinkError::Undefined(name.clone()))
}
// ANCHOR_END: find
