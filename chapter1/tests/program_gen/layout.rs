//! Trees to text: where parentheses must be, where they and blanks may be.

use super::tree::{Callee, For, Item, Prototype, Tree};

/// Binds more loosely than any operator.
const LOOSEST: u8 = 1;
/// What `=` binds with.
const ASSIGN: u8 = 2;
/// Binds tighter than any operator: an operand of a prefix operator.
const TIGHTEST: u8 = 101;

/// The items as text. `chance` decides what is left to chance; 0 is plain.
pub(super) fn print(items: &[Item], chance: u64) -> String {
    let mut printer = Printer { tokens: Vec::new(), chance };
    for item in items {
        printer.item(item);
    }
    printer.join()
}

struct Printer {
    tokens: Vec<String>,
    chance: u64,
}

impl Printer {
    /// A number below `bound`; always 0 in a plain layout. (The generator
    /// is SplitMix64.)
    fn draw(&mut self, bound: u64) -> u64 {
        if self.chance == 0 {
            return 0;
        }
        self.chance = self.chance.wrapping_add(0x9e37_79b9_7f4a_7c15).max(1);
        let mut z = self.chance;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }

    fn put(&mut self, token: impl Into<String>) {
        self.tokens.push(token.into());
    }

    fn item(&mut self, item: &Item) {
        let first = self.tokens.len();
        match item {
            Item::Extern(prototype) => {
                self.put("extern");
                self.prototype(prototype);
            }
            Item::Definition(prototype, body) => {
                self.put("def");
                self.prototype(prototype);
                self.expr(body, LOOSEST, true);
            }
            Item::Expression(tree) => self.expr(tree, LOOSEST, true),
        }
        // The item before needs no `;` if this one begins with a word: no
        // expression goes on with one.
        let word = self.tokens[first].starts_with(char::is_alphanumeric);
        if first > 0 && !(word && self.draw(4) == 1) {
            self.tokens.insert(first, ";".into());
            if self.draw(8) == 1 {
                self.tokens.insert(first, ";".into());
            }
        }
    }

    fn prototype(&mut self, prototype: &Prototype) {
        match prototype.callee {
            Callee::Function(name) => self.put(name),
            Callee::Unary(op) => {
                self.put("unary");
                self.put(op);
            }
            Callee::Binary(op, precedence) => {
                self.put("binary");
                self.put(op);
                if let Some(precedence) = precedence {
                    self.put(precedence.to_string());
                }
            }
        }
        self.put("(");
        for (i, &name) in prototype.params.iter().enumerate() {
            if i > 0 && self.draw(4) == 1 {
                self.put(",");
            }
            self.put(name);
        }
        self.put(")");
    }

    /// Prints a tree where only operators that bind at least as tightly as
    /// `weakest` can stand bare. Unless it comes `last`, an operator may
    /// follow, which a statement would swallow.
    fn expr(&mut self, tree: &Tree, weakest: u8, last: bool) {
        let bare = match tree {
            Tree::Number(..) | Tree::Variable(_) => true,
            Tree::Call(..) | Tree::Unary(..) => true,
            Tree::Assign(..) => ASSIGN >= weakest,
            Tree::Binary(op, _) => op.precedence >= weakest,
            Tree::If(_) | Tree::For(..) | Tree::Var(..) => last,
        };
        self.wrapped(!bare, |printer, wrapped| {
            printer.bare(tree, last || wrapped);
        });
    }

    /// Prints in parentheses if it must be so, and else perhaps.
    fn wrapped(&mut self, must: bool, print: impl FnOnce(&mut Printer, bool)) {
        let mut pairs = u64::from(must);
        while self.draw(10) == 1 {
            pairs += 1;
        }
        (0..pairs).for_each(|_| self.put("("));
        print(self, pairs > 0);
        (0..pairs).for_each(|_| self.put(")"));
    }

    fn bare(&mut self, tree: &Tree, last: bool) {
        match tree {
            Tree::Number(text, _) => self.put(*text),
            Tree::Variable(name) => self.put(*name),
            Tree::Assign(name, value) => {
                self.wrapped(false, |printer, _| printer.put(*name));
                self.put("=");
                // Another assignment needs no parentheses; what else binds
                // as loosely would read differently.
                let value_is_assignment = matches!(**value, Tree::Assign(..));
                let weakest = ASSIGN + u8::from(!value_is_assignment);
                self.expr(value, weakest, last);
            }
            Tree::Unary(op, operand) => {
                self.put(*op);
                self.expr(operand, TIGHTEST, last);
            }
            Tree::Binary(op, both) => {
                self.expr(&both.0, op.precedence, false);
                self.put(op.symbol);
                self.expr(&both.1, op.precedence + 1, last);
            }
            Tree::Call(name, args) => {
                self.put(*name);
                self.put("(");
                self.list(args, |printer, arg| {
                    printer.expr(arg, LOOSEST, true);
                });
                self.put(")");
            }
            Tree::If(parts) => {
                self.put("if");
                self.expr(&parts.0, LOOSEST, true);
                self.put("then");
                self.expr(&parts.1, LOOSEST, true);
                self.put("else");
                self.expr(&parts.2, LOOSEST, true);
            }
            Tree::For(name, parts) => self.for_loop(name, parts),
            Tree::Var(bindings, body) => {
                self.put("var");
                self.list(bindings, |printer, (name, value)| {
                    printer.put(*name);
                    if let Some(value) = value {
                        printer.put("=");
                        printer.expr(value, LOOSEST, true);
                    }
                });
                self.put("in");
                self.expr(body, LOOSEST, true);
            }
        }
    }

    fn for_loop(&mut self, name: &str, parts: &For) {
        self.put("for");
        self.put(name);
        self.put("=");
        self.expr(&parts.start, LOOSEST, true);
        self.put(",");
        self.expr(&parts.condition, LOOSEST, true);
        if let Some(step) = &parts.step {
            self.put(",");
            self.expr(step, LOOSEST, true);
        }
        self.put("in");
        self.expr(&parts.body, LOOSEST, true);
    }

    fn list<T>(
        &mut self,
        elements: &[T],
        mut print: impl FnMut(&mut Printer, &T),
    ) {
        for (i, element) in elements.iter().enumerate() {
            if i > 0 {
                self.put(",");
            }
            print(self, element);
        }
    }

    /// The tokens, with blanks where they must be, and where they need not.
    fn join(mut self) -> String {
        let tokens = std::mem::take(&mut self.tokens);
        let mut text = String::new();
        for token in &tokens {
            let glue = self.blank(&text, token);
            text.push_str(glue);
            text.push_str(token);
        }
        text.push_str(["", "\n", ";", " # the end"][self.draw(4) as usize]);
        text
    }

    fn blank(&mut self, before: &str, token: &str) -> &'static str {
        let wordy = |c: char| c.is_ascii_alphanumeric() || c == '.';
        let joins = before.ends_with(wordy) && token.starts_with(wordy);
        let after_item = before.ends_with(';') && token != ";";
        match self.draw(12) {
            1 => "\n",
            2 => "  \t",
            3 => "# def g(\n",
            4 => "\r\n",
            5 | 6 => " ",
            7 if ends_in_number(before)
                && matches!(token, "then" | "else" | "in") =>
            {
                ""
            }
            _ if joins => " ",
            0 if after_item => "\n",
            _ => "",
        }
    }
}

/// Whether the text ends in a number, which a keyword may touch.
fn ends_in_number(text: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric();
    let start = text.trim_end_matches(word).len();
    text[start..].starts_with(|c: char| c.is_ascii_digit())
}
