//! Immediate dominators, in time that a deep nest does not make quadratic.
//!
//! The verifier's algorithm walks up from each predecessor of a block until
//! the ways meet. Behind ten thousand nested `if`s the ways are long. Here it
//! is Lengauer and Tarjan's, *A Fast Algorithm for Finding Dominators in a
//! Flowgraph* (1979), in its simple form, O(n log n): a depth-first walk
//! numbers the blocks; a block's *semidominator* is the smallest block from
//! which a way leads to it through greater ones only; and where a
//! semidominator is not the dominator, it has the same one as a block further
//! up on the way.

use chapter1::ir::ControlFlow;

/// No block.
const NONE: u32 = u32::MAX;

/// For each place in the reverse postorder, the place of the immediate
/// dominator. The entry has itself.
pub fn immediate_dominators(flow: &ControlFlow) -> Vec<u32> {
    let walk = Walk::new(flow);
    let idoms = Search::new(&walk).run(&walk, flow);
    let mut places = vec![0; idoms.len()];
    for (number, &idom) in idoms.iter().enumerate() {
        places[walk.places[number] as usize] = walk.places[idom as usize];
    }
    places
}

/// A depth-first walk, which numbers the blocks as it comes to them.
struct Walk {
    /// For each number, the place of the block in the reverse postorder.
    places: Vec<u32>,
    /// The other way round.
    numbers: Vec<u32>,
    /// For each number, that of the block that it was reached from.
    parents: Vec<u32>,
}

impl Walk {
    fn new(flow: &ControlFlow) -> Walk {
        let count = flow.reverse_postorder().len();
        let (starts, targets) = successors(flow);
        let mut walk = Walk {
            places: Vec::with_capacity(count),
            numbers: vec![NONE; count],
            parents: Vec::with_capacity(count),
        };
        let mut next = Vec::from_iter((count > 0).then_some((0, 0)));
        while let Some((place, parent)) = next.pop() {
            let place = place as usize;
            if walk.numbers[place] != NONE {
                continue;
            }
            let number = walk.places.len() as u32;
            walk.numbers[place] = number;
            walk.places.push(place as u32);
            walk.parents.push(parent);
            let range = starts[place] as usize..starts[place + 1] as usize;
            let targets = targets[range].iter();
            let targets =
                targets.filter(|&&it| walk.numbers[it as usize] == NONE);
            next.extend(targets.map(|&target| (target, number)));
        }
        walk
    }
}

/// The successors of each place in the reverse postorder, end to end, and
/// where those of each begin.
fn successors(flow: &ControlFlow) -> (Vec<u32>, Vec<u32>) {
    let order = flow.reverse_postorder();
    let edges = || {
        let blocks = order.iter().enumerate();
        blocks.flat_map(|(to, &block)| {
            let from = flow.predecessors(block).iter();
            let from = from.filter_map(|&from| flow.number(from));
            from.map(move |from| (from, to as u32))
        })
    };
    let mut starts = vec![0; order.len() + 1];
    for (from, _) in edges() {
        starts[from + 1] += 1;
    }
    for index in 1..starts.len() {
        starts[index] += starts[index - 1];
    }
    let mut free = starts.clone();
    let mut targets = vec![0; *starts.last().expect("not empty") as usize];
    for (from, to) in edges() {
        targets[free[from] as usize] = to;
        free[from] += 1;
    }
    (starts, targets)
}

/// What Lengauer and Tarjan keep for each number.
struct Search {
    semi: Vec<u32>,
    /// The block with the smallest semidominator on the way up, as far as the
    /// way has been shortened.
    label: Vec<u32>,
    /// The next block on the way up, among those that are done.
    ancestor: Vec<u32>,
    /// The first of the blocks that this one is the semidominator of.
    bucket: Vec<u32>,
    /// The next one of the same semidominator.
    next: Vec<u32>,
    path: Vec<u32>,
}

impl Search {
    fn new(walk: &Walk) -> Search {
        let count = walk.places.len();
        Search {
            semi: (0..count as u32).collect(),
            label: (0..count as u32).collect(),
            ancestor: vec![NONE; count],
            bucket: vec![NONE; count],
            next: vec![NONE; count],
            path: Vec::new(),
        }
    }

    fn run(mut self, walk: &Walk, flow: &ControlFlow) -> Vec<u32> {
        let count = walk.places.len();
        let mut idoms = vec![0; count];
        for number in (1..count).rev() {
            let place = walk.places[number] as usize;
            let block = flow.reverse_postorder()[place];
            for &from in flow.predecessors(block) {
                let Some(from) = flow.number(from) else { continue };
                let best = self.best(walk.numbers[from]);
                let semi = self.semi[best as usize];
                self.semi[number] = self.semi[number].min(semi);
            }
            let parent = walk.parents[number];
            self.ancestor[number] = parent;
            let bucket = &mut self.bucket[self.semi[number] as usize];
            self.next[number] = std::mem::replace(bucket, number as u32);
            // The ways from the parent down to these are done now.
            let bucket = &mut self.bucket[parent as usize];
            let mut waiting = std::mem::replace(bucket, NONE);
            while waiting != NONE {
                let best = self.best(waiting);
                let semi = |it: u32| self.semi[it as usize];
                let is_smaller = semi(best) < semi(waiting);
                idoms[waiting as usize] =
                    if is_smaller { best } else { parent };
                waiting = self.next[waiting as usize];
            }
        }
        for number in 1..count {
            let idom = idoms[number];
            if idom != self.semi[number] {
                idoms[number] = idoms[idom as usize];
            }
        }
        idoms
    }

    /// The block with the smallest semidominator on the way up from this one.
    /// Shortens the way for the next who asks.
    fn best(&mut self, from: u32) -> u32 {
        let mut at = from;
        while self.ancestor[at as usize] != NONE {
            self.path.push(at);
            at = self.ancestor[at as usize];
        }
        // The topmost is not done: it does not count.
        let top = at;
        self.path.pop();
        while let Some(at) = self.path.pop() {
            let above = self.ancestor[at as usize];
            let [best, own] = [above, at].map(|it| self.label[it as usize]);
            if self.semi[best as usize] < self.semi[own as usize] {
                self.label[at as usize] = best;
            }
            self.ancestor[at as usize] = top;
        }
        self.label[from as usize]
    }
}
