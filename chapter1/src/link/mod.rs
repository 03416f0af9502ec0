//! Linking: from relocatable code to addresses that can be called.

mod address_space;

pub use address_space::{
    AddressSpace, AddressSpaceFull, Allocation, SegmentKind,
};
