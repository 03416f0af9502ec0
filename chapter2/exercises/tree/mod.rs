//! Exercise: the dominator tree at the prompt.

mod almost;
mod answer;
mod check;
mod starter;
mod yours;

crate::exercise!(
    check::check,
    TREE,
    "and not\nblock0\n",
    "    block3\n  block2"
);
