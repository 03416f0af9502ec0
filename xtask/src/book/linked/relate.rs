//! Who lights whom.
//!
//! - Between pieces of source text, as text or as tree: the same piece.
//! - Between things that the compiler has made: the same instruction or
//!   block of the IR; of the machine's instructions, the others that were
//!   made for it are lit faintly.
//! - From source text to code: what was made for this piece; what was made
//!   for a piece inside it, faintly.
//! - From code to source text: the smallest piece that encloses the one
//!   that the code was made for.
//!
//! So what is larger does not light up: else everything would, always.

use chapter1::span::Span;

use super::pane::{Pane, Part, Place};

/// The relatives of a part, by their numbers: parts are counted over all
/// panes.
#[derive(PartialEq, Eq, Default, Debug)]
pub(super) struct Relatives {
    /// Those that stand for the same.
    pub(super) same: Vec<usize>,
    /// Those that stand for something inside of it.
    pub(super) within: Vec<usize>,
}

enum Kinship {
    Same,
    Within,
}

/// The relatives of every part, in the order of panes and parts.
pub(super) fn relatives(panes: &[Pane]) -> Vec<Relatives> {
    let parts = panes.iter().flat_map(|pane| &pane.parts);
    parts.map(|part| of(part, panes)).collect()
}

fn of(part: &Part, panes: &[Pane]) -> Relatives {
    let mut relatives = Relatives::default();
    let mut number = 0;
    for pane in panes {
        let enclosing = enclosing(part, pane);
        for other in &pane.parts {
            if !std::ptr::eq(part, other) {
                match kinship(&part.place, &other.place, enclosing) {
                    Some(Kinship::Same) => relatives.same.push(number),
                    Some(Kinship::Within) => relatives.within.push(number),
                    None => {}
                }
            }
            number += 1;
        }
    }
    relatives
}

/// `smallest` is what encloses `part` in the pane of the other one.
fn kinship(
    part: &Place,
    other: &Place,
    smallest: Option<Span>,
) -> Option<Kinship> {
    match (*part, *other) {
        (Place::Source(part), Place::Source(other)) => {
            (part == other).then_some(Kinship::Same)
        }
        (Place::Source(part), Place::Code { span: Some(other), .. }) => {
            let is_inside = encloses(part, other);
            is_inside.then_some(match part == other {
                true => Kinship::Same,
                false => Kinship::Within,
            })
        }
        (Place::Source(_), Place::Code { span: None, .. }) => None,
        (Place::Code { .. }, Place::Source(other)) => {
            (smallest == Some(other)).then_some(Kinship::Same)
        }
        (
            Place::Code { what: part, offset: here, .. },
            Place::Code { what: other, offset: there, .. },
        ) => {
            let is_elsewhere =
                here.is_some() && there.is_some() && here != there;
            (part == other).then_some(match is_elsewhere {
                true => Kinship::Within,
                false => Kinship::Same,
            })
        }
    }
}

/// The smallest piece of source text in a pane that encloses a part's.
fn enclosing(part: &Part, pane: &Pane) -> Option<Span> {
    let Place::Code { span: Some(span), .. } = part.place else {
        return None;
    };
    let sources = pane.parts.iter().filter_map(|part| match part.place {
        Place::Source(source) => Some(source),
        Place::Code { .. } => None,
    });
    let around = sources.filter(|source| encloses(*source, span));
    around.min_by_key(|source| source.end - source.start)
}

fn encloses(outer: Span, inner: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
