//! The book: made from the crates, and checked against them.

mod anchors;
mod delta;
mod excerpt;
mod expand;
mod fault;
mod html;
mod items;
mod markdown;
mod preprocessor;
mod sources;
mod transcript;
