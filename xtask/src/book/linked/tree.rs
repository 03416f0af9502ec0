//! Which part of a printed tree is which expression.
//!
//! The text is brackets and words; an expression is one of either. Both the
//! text and the tree are walked in the same order, with a list of what is
//! still to be done: a tree may be deep.

use std::ops::Range;

use chapter1::syntax::{Expr, ExprData, Item};

use super::compile::Compiled;
use super::pane::{Part, Place};

/// The parts of `text`, which is what the tree of `compiled` prints as.
pub(super) fn parts(compiled: &Compiled, text: &str) -> Vec<Part> {
    let Item::Definition { prototype, body } = &compiled.item else {
        return Vec::new();
    };
    let forms = Forms::new(text);
    let ast = &compiled.ast;
    let part = |form: usize, span| Part {
        range: forms.ranges[form].clone(),
        place: Place::Source(span),
    };
    // `(def NAME (PARAMS) BODY)`
    let definition = forms.inside(0);
    let mut parts = vec![part(0, compiled.span)];
    let params = forms.inside(definition[2]).iter().zip(ast.params(prototype));
    parts.extend(params.map(|(&form, param)| part(form, param.span)));
    let mut to_do = vec![(definition[3], *body)];
    while let Some((form, expr)) = to_do.pop() {
        parts.push(part(form, ast.spans[expr]));
        to_do.extend(children(compiled, &forms, form, expr));
    }
    parts
}

/// The operands of an expression, each with its form.
fn children(
    compiled: &Compiled,
    forms: &Forms,
    form: usize,
    expr: Expr,
) -> Vec<(usize, Expr)> {
    let inside = forms.inside(form);
    let ast = &compiled.ast;
    match ast.exprs[expr] {
        ExprData::Number(_) | ExprData::Variable(_) => Vec::new(),
        ExprData::Assign { value, .. } => vec![(inside[2], value)],
        ExprData::Unary { operand, .. } => vec![(inside[1], operand)],
        ExprData::Binary { lhs, rhs, .. } => pairs(&inside[1..], [lhs, rhs]),
        ExprData::Call { args, .. } => {
            let args = args.as_slice(&ast.lists);
            pairs(&inside[1..], args.iter().copied())
        }
        ExprData::If { condition, then, otherwise } => {
            pairs(&inside[1..], [condition, then, otherwise])
        }
        // `(for (= VARIABLE START) CONDITION STEP BODY)`
        ExprData::For { start, condition, step, body, .. } => {
            let mut found = vec![(forms.inside(inside[1])[2], start)];
            let rest = [Some(condition), step, Some(body)];
            found.extend(pairs(&inside[2..], rest.into_iter().flatten()));
            found
        }
        // `(var (= VARIABLE VALUE) (= VARIABLE) BODY)`
        ExprData::Var { first, count, body } => {
            let (first, count) = (first as usize, count as usize);
            let bindings = &ast.bindings[first..first + count];
            let bindings = bindings.iter().zip(&inside[1..]);
            let values = bindings.filter_map(|(binding, &form)| {
                let value = binding.value?;
                Some((forms.inside(form)[2], value))
            });
            values.chain([(inside[count + 1], body)]).collect()
        }
    }
}

fn pairs(
    forms: &[usize],
    exprs: impl IntoIterator<Item = Expr>,
) -> Vec<(usize, Expr)> {
    forms.iter().copied().zip(exprs).collect()
}

/// The bracketed forms and words of a text, in the order of their
/// beginnings; the first one is all of it.
struct Forms {
    ranges: Vec<Range<usize>>,
    inside: Vec<Vec<usize>>,
}

impl Forms {
    fn new(text: &str) -> Forms {
        let mut forms = Forms { ranges: Vec::new(), inside: Vec::new() };
        let mut open: Vec<usize> = Vec::new();
        let mut at = 0;
        while let Some(first) = text[at..].chars().next() {
            let len = match first {
                '(' | ')' => 1,
                c if c.is_whitespace() => c.len_utf8(),
                _ => {
                    let is_end =
                        |c: char| c.is_whitespace() || "()".contains(c);
                    text[at..].find(is_end).unwrap_or(text.len() - at)
                }
            };
            let end = at + len;
            match first {
                '(' => open.push(forms.begin(at..end, open.last())),
                ')' => {
                    let form = open.pop().expect("brackets match");
                    forms.ranges[form].end = end;
                }
                c if c.is_whitespace() => {}
                _ => drop(forms.begin(at..end, open.last())),
            }
            at = end;
        }
        forms
    }

    fn begin(&mut self, range: Range<usize>, outer: Option<&usize>) -> usize {
        let form = self.ranges.len();
        self.ranges.push(range);
        self.inside.push(Vec::new());
        if let Some(&outer) = outer {
            self.inside[outer].push(form);
        }
        form
    }

    fn inside(&self, form: usize) -> &[usize] {
        &self.inside[form]
    }
}
