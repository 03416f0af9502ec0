//! Who calls whom in a module, and in which order that is looked at.
//!
//! The strongly connected components of the call graph, as Tarjan (*Depth-
//! First Search and Linear Graph Algorithms*, 1972) finds them: functions that
//! call each other in a circle are one component, and a component comes after
//! those that it calls. His recursion is a stack of our own here.

use chapter1::ir::{CalleeKind, Function};
use chapter1::symbol::Symbol;
use rustc_hash::FxHashMap;

/// The components of a module's call graph.
pub struct CallGraph {
    /// The functions, by their index in the module: callees first, the members
    /// of a component one after the other.
    pub order: Vec<usize>,
    /// For each function, its component.
    pub component: Vec<usize>,
}

impl CallGraph {
    /// Computes the graph of some functions. Calls that lead elsewhere do not
    /// count.
    pub fn compute(
        functions: &[Function],
        index: &FxHashMap<Symbol, usize>,
    ) -> CallGraph {
        let callees = functions.iter().map(|function| {
            let callees = function.callees.values();
            let callees =
                callees.filter(|callee| callee.kind == CalleeKind::Function);
            callees.filter_map(|c| index.get(&c.name).copied()).collect()
        });
        Walk::new(callees.collect()).run()
    }
}

const UNSEEN: usize = usize::MAX;

/// The walk along the calls.
struct Walk {
    callees: Vec<Vec<usize>>,
    /// When each function was first seen.
    seen: Vec<usize>,
    /// The earliest function that each is known to lead back to.
    lowest: Vec<usize>,
    /// The functions that are seen, and not in a component yet.
    open: Vec<usize>,
    graph: CallGraph,
    components: usize,
    clock: usize,
}

impl Walk {
    fn new(callees: Vec<Vec<usize>>) -> Walk {
        let count = callees.len();
        let (order, component) = (Vec::new(), vec![UNSEEN; count]);
        Walk {
            callees,
            seen: vec![UNSEEN; count],
            lowest: vec![UNSEEN; count],
            open: Vec::new(),
            graph: CallGraph { order, component },
            components: 0,
            clock: 0,
        }
    }

    fn run(mut self) -> CallGraph {
        for root in 0..self.callees.len() {
            if self.seen[root] == UNSEEN {
                self.walk_from(root);
            }
        }
        self.graph
    }

    // ANCHOR: walk_from
    fn walk_from(&mut self, root: usize) {
        // Each function on the way down, and how many of its calls are done.
        let mut way = vec![(root, 0)];
        self.enter(root);
        while let Some((at, done)) = way.last_mut() {
            let at = *at;
            if let Some(&callee) = self.callees[at].get(*done) {
                *done += 1;
                if self.seen[callee] == UNSEEN {
                    self.enter(callee);
                    way.push((callee, 0));
                } else if self.graph.component[callee] == UNSEEN {
                    self.lowest[at] = self.lowest[at].min(self.seen[callee]);
                }
                continue;
            }
            way.pop();
            if let Some(&(caller, _)) = way.last() {
                self.lowest[caller] = self.lowest[caller].min(self.lowest[at]);
            }
            if self.lowest[at] == self.seen[at] {
                self.close(at);
            }
        }
    }
    // ANCHOR_END: walk_from

    // ANCHOR: enter
    fn enter(&mut self, function: usize) {
        self.seen[function] = self.clock;
        self.lowest[function] = self.clock;
        self.clock += 1;
        self.open.push(function);
    }
    // ANCHOR_END: enter

    /// All that was seen since `first` leads back to it: a component.
    // ANCHOR: close
    fn close(&mut self, first: usize) {
        while let Some(member) = self.open.pop() {
            self.graph.component[member] = self.components;
            self.graph.order.push(member);
            if member == first {
                break;
            }
        }
        self.components += 1;
    }
    // ANCHOR_END: close
}

#[cfg(test)]
mod tests {
    use super::*;

    fn components(callees: &[&[usize]]) -> (Vec<usize>, Vec<usize>) {
        let callees = callees.iter().map(|list| list.to_vec()).collect();
        let CallGraph { order, component } = Walk::new(callees).run();
        (order, component)
    }

    #[test]
    fn callees_come_first() {
        let (order, component) = components(&[&[1, 2], &[2], &[]]);
        assert_eq!(order, [2, 1, 0]);
        assert_eq!(component, [2, 1, 0]);
    }

    #[test]
    fn a_circle_is_one_component() {
        let (order, component) = components(&[&[1], &[2], &[0, 3], &[3], &[0]]);
        assert_eq!(order, [3, 2, 1, 0, 4]);
        assert_eq!(component, [1, 1, 1, 0, 2]);
    }

    #[test]
    fn two_circles_that_touch_are_one() {
        let (_, component) = components(&[&[1], &[0, 2], &[3], &[1]]);
        assert_eq!(component, [0, 0, 0, 0]);
    }

    #[test]
    fn a_long_chain_takes_no_native_stack() {
        let length = 1_000_000;
        let mut callees: Vec<Vec<usize>> =
            (1..length).map(|next| vec![next]).collect();
        callees.push(Vec::new());
        let graph = Walk::new(callees).run();
        assert_eq!(graph.order[0], length - 1);
        assert_eq!(graph.component[0], length - 1);
    }
}
