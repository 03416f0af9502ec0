//! Large programs, of the shapes that other JITs are measured with.

use std::fmt::Write;

/// A program of the shape that the script of LLVM's tutorial generates:
/// functions of so many statements on three variables that take turns, and
/// after every so many functions a call of the last one. With a probability
/// of `call_percent` a statement calls an earlier function.
pub struct Shape {
    /// How many functions there are.
    pub functions: usize,
    /// How many statements each has.
    pub statements: usize,
    /// A call comes after so many functions.
    pub functions_a_call: usize,
    /// How many of a hundred statements are calls.
    pub call_percent: u64,
}

impl Shape {
    /// The program. The same shape is always the same program.
    pub fn program(&self) -> String {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let mut text = String::from(PRELUDE);
        for number in 1..=self.functions {
            self.function(number, &mut random, &mut text);
            if number % self.functions_a_call == 0 {
                let (a, b) = (random.below(9900), random.below(9900));
                let (a, b) = (1.0 + a as f64 / 100.0, 1.0 + b as f64 / 100.0);
                let call = format!("func{number}({a:.6}, {b:.6})");
                writeln!(text, "printresult({number}, {call});\n").unwrap();
            }
        }
        text
    }

    fn function(&self, number: usize, random: &mut Random, text: &mut String) {
        writeln!(text, "# Function number {number}").unwrap();
        writeln!(text, "def func{number}(X Y)").unwrap();
        text.push_str("  var temp1 = X,\n      temp2 = Y,\n      temp3 in\n");
        let mut names = ["temp3", "temp1", "temp2"];
        for _ in 0..self.statements {
            self.statement(number, names, random, text);
            names.rotate_left(1);
        }
        writeln!(text, "  {};\n", names[2]).unwrap();
    }

    fn statement(
        &self,
        number: usize,
        [to, a, b]: [&str; 3],
        random: &mut Random,
        text: &mut String,
    ) {
        let may_call = number > 2;
        if may_call && random.below(100) < self.call_percent {
            let callee = 1 + random.below(number as u64 - 2);
            writeln!(text, "  {to} = func{callee}({a}, {b}) :").unwrap();
            return;
        }
        match random.below(4) {
            0 => {
                let off = 1.0 + random.below(9900) as f64 / 100.0;
                writeln!(text, "  if {a} < {b} then\n    {to} = {a} - {b}")
                    .unwrap();
                writeln!(text, "  else if {b} < {a} then").unwrap();
                writeln!(text, "    {to} = {a} - {b}\n  else").unwrap();
                writeln!(text, "    {to} = {a} - {off:.6} :").unwrap();
            }
            other => {
                let operator = ["+", "*", "/"][other as usize - 1];
                writeln!(text, "  {to} = {a} {operator} {b} :").unwrap();
            }
        }
    }
}

const PRELUDE: &str = "\
# Sequencing: ignores one operand and returns the other.
def binary : 1 (x y) y;

extern putchard(x);
extern printd(d);

# Prints the result of a call.
def printresult(N Result)
  # 'result('
  putchard(114) : putchard(101) : putchard(115) : putchard(117) :
  putchard(108) : putchard(116) : putchard(40) :
  printd(N) :
  # ') = '
  putchard(41) : putchard(32) : putchard(61) : putchard(32) :
  printd(Result) :
  putchard(10);

";

/// Functions that know nothing of each other.
pub fn independent(functions: usize) -> String {
    let mut text = String::new();
    for i in 0..functions {
        let body = format!("x*y+{i} else x*x - y*(x+{i})");
        writeln!(text, "def f{i}(x y) if x < y then {body};").unwrap();
    }
    text
}

/// Functions that each call the one before.
pub fn chain(functions: usize) -> String {
    let mut text = String::from("def f0(x y) x+y;\n");
    for i in 1..functions {
        let body = format!("x*y+f{}(x,y) else x*x - y*(x+{i})", i - 1);
        writeln!(text, "def f{i}(x y) if x < y then {body};").unwrap();
    }
    text
}

/// Many expressions, one function.
pub fn expressions(count: usize) -> String {
    let mut text = String::from("def f(x) x + 1;\n");
    for i in 0..count {
        writeln!(text, "f({i});").unwrap();
    }
    text
}

/// Marsaglia's xorshift generator.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// So many functions, each of which calls the one before where nobody comes.
#[allow(dead_code, reason = "each benchmark uses a part of this")]
pub fn not_taken(functions: usize) -> String {
    let mut text = "def f0(x y) x;\n".to_owned();
    for i in 1..functions {
        let callee = i - 1;
        let line = format!(
            "def f{i}(x y) if x < y then x*y+{i} else f{callee}(x, y);\n"
        );
        text.push_str(&line);
    }
    text
}
