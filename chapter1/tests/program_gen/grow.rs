//! Drafts to trees: every number becomes a name that exists where it
//! stands.

use super::draft::{Count, Draft, Drafts, Function, Kind, Loop};
use super::tree::{Callee, For, Item, Operator, Prototype, Tree, Variable};

/// Few enough that they hide each other often, enough for any prototype.
/// Some begin with a keyword.
const VARIABLES: [Variable; 14] = [
    "a", "b", "x", "y", "i", "n", "acc", "inn", "define", "R2", "iffy", "z0",
    "e", "e9",
];
/// Functions and variables do not get in each other's way.
const FUNCTIONS: [&str; 4] = ["f", "x", "forty2", "elseWhere"];
/// The counters that end loops, by how deep the loop is nested.
const COUNTERS: [Variable; 4] = ["k0", "k1", "k2", "k3"];
const UNARY: &[u8] = b"!-~|*+";
const BINARY: &[u8] = b"|&>:^@/?~_!";
const HOSTS: [(&str, &[Variable]); 14] = [
    ("putchard", &["c"]),
    ("printd", &["x"]),
    ("sin", &["x"]),
    ("cos", &["x"]),
    ("atan2", &["y", "x"]),
    ("pow", &["x", "y"]),
    ("sqrt", &["x"]),
    ("fabs", &["x"]),
    ("floor", &["x"]),
    ("fmod", &["x", "y"]),
    ("hypot", &["x", "y"]),
    ("exp", &["x"]),
    ("log", &["x"]),
    ("tanh", &["x"]),
];
const NUMBERS: [(&str, f64); 20] = [
    ("0", 0.0),
    ("1", 1.0),
    ("2", 2.0),
    ("3", 3.0),
    ("10", 10.0),
    ("65", 65.0),
    ("0.5", 0.5),
    (".25", 0.25),
    ("7.", 7.0),
    ("0.1", 0.1),
    ("2.5e-3", 0.0025),
    ("1E3", 1000.0),
    ("1.e+2", 100.0),
    ("1e308", 1e308),
    ("1e-308", 1e-308),
    ("4.9e-324", 5e-324),
    ("1.7976931348623157e308", f64::MAX),
    // Half-way between two values: goes to the even one.
    ("9007199254740993", 9007199254740992.0),
    ("1e400", f64::INFINITY),
    ("000123", 123.0),
];
/// A program has about this many expressions at most.
const MAX_SIZE: usize = 300;

/// The items of a program.
pub(super) fn grow(drafts: &Drafts) -> Vec<Item> {
    let mut grower = Grower::new();
    for function in &drafts.functions {
        grower.function(function);
    }
    for expression in &drafts.expressions {
        let tree = grower.expr(expression);
        grower.items.push(Item::Expression(tree));
    }
    let mut items = Vec::new();
    for &(name, params) in &HOSTS {
        if grower.hosts.contains(&name) {
            let callee = Callee::Function(name);
            let params = params.to_vec();
            items.push(Item::Extern(Prototype { callee, params }));
        }
    }
    items.append(&mut grower.items);
    items
}

#[derive(Clone, Copy)]
struct Local {
    name: Variable,
    assignable: bool,
}

struct Grower {
    items: Vec<Item>,
    hosts: Vec<&'static str>,
    functions: Vec<(&'static str, usize)>,
    unary: Vec<char>,
    /// Those that may be used; one is not while it is being defined.
    binary: Vec<Operator>,
    /// The innermost variable last; a function's parameters come first.
    scope: Vec<Local>,
    /// The function being defined, if it may call itself.
    itself: Option<Prototype>,
    loops: usize,
    /// How many more expressions there may be.
    left: usize,
}

impl Grower {
    fn new() -> Grower {
        let built_in = [('+', 20), ('-', 20), ('*', 40), ('/', 40), ('<', 10)];
        let binary = built_in
            .map(|(symbol, precedence)| operator(symbol, precedence, false));
        Grower {
            items: Vec::new(),
            hosts: Vec::new(),
            functions: Vec::new(),
            unary: Vec::new(),
            binary: binary.to_vec(),
            scope: Vec::new(),
            itself: None,
            loops: 0,
            left: MAX_SIZE,
        }
    }

    fn function(&mut self, draft: &Function) {
        let prototype = self.prototype(draft);
        if draft.declared {
            self.items.push(Item::Extern(prototype.clone()));
        }
        if let Callee::Binary(op, _) = prototype.callee {
            self.binary.retain(|known| known.symbol != op);
        }
        for (i, &name) in prototype.params.iter().enumerate() {
            // What ends the recursion must not change.
            let assignable = i > 0 || !draft.recursive;
            self.scope.push(Local { name, assignable });
        }
        self.itself = draft.recursive.then(|| prototype.clone());
        let body = self.expr(&draft.body);
        self.itself = None;
        self.scope.clear();
        match prototype.callee {
            Callee::Function(name) => {
                self.functions.push((name, prototype.params.len()));
            }
            Callee::Unary(op) => self.unary.push(op),
            Callee::Binary(op, precedence) => {
                self.binary.push(operator(op, precedence.unwrap_or(30), true));
            }
        }
        self.items.push(Item::Definition(prototype, body));
    }

    /// A prototype that differs from all before it.
    fn prototype(&self, draft: &Function) -> Prototype {
        let pick = |all: &[u8], first: usize, used: &dyn Fn(char) -> bool| {
            let mut free = (first..).map(|i| all[i % all.len()] as char);
            free.find(|&op| !used(op)).expect("more characters than items")
        };
        let (callee, count) = match draft.kind {
            Kind::Function(count) => {
                (Callee::Function(FUNCTIONS[self.functions.len()]), count)
            }
            Kind::Unary(i) => {
                let used = |op| self.unary.contains(&op);
                (Callee::Unary(pick(UNARY, i, &used)), 1)
            }
            Kind::Binary(i, precedence) => {
                let used =
                    |op| self.binary.iter().any(|b| b.user && b.symbol == op);
                (Callee::Binary(pick(BINARY, i, &used), precedence), 2)
            }
        };
        let name = |i| VARIABLES[(draft.names + i) % VARIABLES.len()];
        Prototype { callee, params: (0..count).map(name).collect() }
    }

    fn expr(&mut self, draft: &Draft) -> Tree {
        if self.left == 0 {
            return number(1);
        }
        self.left -= 1;
        match draft {
            &Draft::Number(i) => number(i),
            &Draft::Special(i) => self.special(i),
            &Draft::Variable(i) => self.variable(i),
            Draft::Assign(i, value) => self.assign(*i, value),
            Draft::Unary(i, operand) => self.unary(*i, operand),
            Draft::Binary(i, both) => {
                let operator = self.binary[i % self.binary.len()];
                let lhs = self.expr(&both.0);
                binary(operator, lhs, self.expr(&both.1))
            }
            Draft::Sum(terms) => self.sum(terms),
            Draft::Call(i, args) => self.call(*i, args),
            Draft::Host(i, args) => {
                // Output is the commonest: it shows the order of effects.
                let (name, params) = match HOSTS.get(i % 30) {
                    Some(&host) => host,
                    None => HOSTS[i % 2],
                };
                self.hosts.push(name);
                Tree::Call(name, self.args(args, params.len()))
            }
            Draft::Recurse(base, args) => self.recurse(base, args),
            Draft::If(parts) => {
                let condition = self.expr(&parts.0);
                let then = self.expr(&parts.1);
                choice(condition, then, self.expr(&parts.2))
            }
            Draft::Count(i, count, body) => self.count(*i, count, body),
            Draft::Loop(i, parts) => self.any_loop(*i, parts),
            Draft::Var(bindings, body) => self.var(bindings, body),
        }
    }

    fn special(&self, i: usize) -> Tree {
        let zero = || number(0);
        let minus_one = || binary(self.built_in('-'), zero(), number(1));
        let divide = |lhs, rhs| {
            let known = self.binary.iter().find(|op| op.symbol == '/');
            binary(*known.unwrap_or(&self.built_in('*')), lhs, rhs)
        };
        match i % 5 {
            0 => divide(zero(), zero()),
            1 => divide(number(1), zero()),
            2 => divide(minus_one(), zero()),
            3 => binary(self.built_in('*'), zero(), minus_one()),
            _ => binary(self.built_in('-'), zero(), zero()),
        }
    }

    fn variable(&self, i: usize) -> Tree {
        match self.scope.len() {
            0 => number(i),
            count => Tree::Variable(self.scope[i % count].name),
        }
    }

    fn assign(&mut self, i: usize, value: &Draft) -> Tree {
        let value = self.expr(value);
        let targets: Vec<Variable> = (self.scope.iter())
            .map(|local| local.name)
            .filter(|&name| self.innermost(name).1.assignable)
            .collect();
        match targets.len() {
            0 => value,
            count => Tree::Assign(targets[i % count], Box::new(value)),
        }
    }

    /// What a name means here, and its place in the scope.
    fn innermost(&self, name: Variable) -> (usize, Local) {
        let place = self.scope.iter().rposition(|local| local.name == name);
        let place = place.expect("asked for names in scope only");
        (place, self.scope[place])
    }

    fn unary(&mut self, i: usize, operand: &Draft) -> Tree {
        let operand = self.expr(operand);
        match self.unary.len() {
            0 => binary(self.built_in('-'), number(0), operand),
            count => Tree::Unary(self.unary[i % count], Box::new(operand)),
        }
    }

    fn sum(&mut self, terms: &[Draft]) -> Tree {
        let terms: Vec<Tree> = terms.iter().map(|t| self.expr(t)).collect();
        let mut sum = self.variable(terms.len());
        for term in terms.into_iter().rev() {
            sum = binary(self.built_in('+'), term, sum);
        }
        sum
    }

    fn call(&mut self, i: usize, args: &[Draft]) -> Tree {
        match self.functions.len() {
            0 => self.sum(args),
            count => {
                let (name, arity) = self.functions[i % count];
                Tree::Call(name, self.args(args, arity))
            }
        }
    }

    /// As many arguments as it takes.
    fn args(&mut self, drafts: &[Draft], arity: usize) -> Vec<Tree> {
        let given = &drafts[..drafts.len().min(arity)];
        let mut args: Vec<Tree> = given.iter().map(|d| self.expr(d)).collect();
        while args.len() < arity {
            args.push(self.variable(args.len()));
        }
        args
    }

    /// `if p < 1 then base else if p < 7 then f(p - 1, …) else 0`, where `p`
    /// is the first parameter: seven levels, and none for a NaN.
    fn recurse(&mut self, base: &Draft, args: &[Draft]) -> Tree {
        let base = self.expr(base);
        let Some(itself) = self.itself.clone() else { return base };
        let p = match itself.params.first() {
            Some(&p) if self.innermost(p).0 == 0 => p,
            _ => return base,
        };
        let (less, minus) = (self.built_in('<'), self.built_in('-'));
        let p_less = |limit| binary(less, Tree::Variable(p), limit);
        let mut values = vec![binary(minus, Tree::Variable(p), number(1))];
        values.extend(self.args(args, itself.params.len() - 1));
        let call = match itself.callee {
            Callee::Function(name) => Tree::Call(name, values),
            Callee::Unary(op) => Tree::Unary(op, Box::new(values.remove(0))),
            Callee::Binary(op, precedence) => {
                let op = operator(op, precedence.unwrap_or(30), true);
                let rhs = values.remove(1);
                binary(op, values.remove(0), rhs)
            }
        };
        let deeper = choice(p_less(Tree::Number("7.", 7.0)), call, number(0));
        choice(p_less(number(1)), base, deeper)
    }

    fn count(&mut self, i: usize, count: &Count, body: &Draft) -> Tree {
        let name = VARIABLES[i % VARIABLES.len()];
        let variable = Tree::Variable(name);
        let limit = number(count.limit % 5);
        let condition = binary(self.built_in('<'), variable, limit);
        let step = count.step.map(|i| number([1, 2, 6][i]));
        let body = self.within(name, false, |grower| grower.expr(body));
        let start = number(count.start);
        let parts = For { start, condition, step, body };
        Tree::For(name, Box::new(parts))
    }

    /// `var k in for i = start, if (k = k + 1) < rounds then condition else
    /// 0, step in body`: ends whatever its parts are.
    fn any_loop(&mut self, i: usize, parts: &Loop) -> Tree {
        let Some(&counter) = COUNTERS.get(self.loops) else {
            return self.expr(&parts.body);
        };
        self.loops += 1;
        let (less, plus) = (self.built_in('<'), self.built_in('+'));
        let more = binary(plus, Tree::Variable(counter), number(1));
        let more = Tree::Assign(counter, Box::new(more));
        let more = binary(less, more, number(parts.rounds));
        let name = VARIABLES[i % VARIABLES.len()];
        let parts = self.within(counter, false, |grower| {
            let start = grower.expr(&parts.start);
            grower.within(name, true, |grower| {
                let body = grower.expr(&parts.body);
                let step = parts.step.as_ref().map(|step| grower.expr(step));
                let condition = grower.expr(&parts.condition);
                let condition = choice(more, condition, number(0));
                For { start, condition, step, body }
            })
        });
        self.loops -= 1;
        let body = Tree::For(name, Box::new(parts));
        Tree::Var(vec![(counter, None)], Box::new(body))
    }

    fn var(
        &mut self,
        bindings: &[(usize, Option<Draft>)],
        body: &Draft,
    ) -> Tree {
        let outer = self.scope.len();
        let mut grown = Vec::new();
        for (i, value) in bindings {
            let value = value.as_ref().map(|value| self.expr(value));
            let name = VARIABLES[i % VARIABLES.len()];
            self.scope.push(Local { name, assignable: true });
            grown.push((name, value));
        }
        let body = self.expr(body);
        self.scope.truncate(outer);
        Tree::Var(grown, Box::new(body))
    }

    fn within<T>(
        &mut self,
        name: Variable,
        assignable: bool,
        grow: impl FnOnce(&mut Grower) -> T,
    ) -> T {
        self.scope.push(Local { name, assignable });
        let grown = grow(self);
        self.scope.pop();
        grown
    }

    /// One of the operators that no program can change.
    fn built_in(&self, symbol: char) -> Operator {
        let known = self.binary.iter().find(|op| op.symbol == symbol);
        *known.expect("always there")
    }
}

fn operator(symbol: char, precedence: u8, user: bool) -> Operator {
    Operator { symbol, precedence, user }
}

fn number(i: usize) -> Tree {
    let (text, value) = NUMBERS[i % NUMBERS.len()];
    Tree::Number(text, value)
}

fn binary(operator: Operator, lhs: Tree, rhs: Tree) -> Tree {
    Tree::Binary(operator, Box::new((lhs, rhs)))
}

fn choice(condition: Tree, then: Tree, otherwise: Tree) -> Tree {
    Tree::If(Box::new((condition, then, otherwise)))
}
