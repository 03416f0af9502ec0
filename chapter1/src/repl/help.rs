//! What `--help` says beyond the list of options.

/// The end of what `-h` prints.
pub(super) const SHORT: &str = "`--help` says more, also about the language.";

/// The end of what `--help` prints, for the program of this name.
pub(super) fn long(name: &str) -> String {
    LONG.replace("PROGRAM", name)
}

const LONG: &str = "\
Examples:
  PROGRAM mandelbrot.ks               run a program
  echo '1 + 2' | PROGRAM              run what comes through a pipe
  PROGRAM                             a prompt; `:help` lists its commands
  PROGRAM --emit ir,asm program.ks    show what becomes of it
  PROGRAM --interactive < script      the prompt's rules and commands, no prompt
  source <(PROGRAM --completions bash)

The language:
  # A program is a sequence of definitions, declarations and expressions.
  extern sin(x);                            # a function of the host
  def square(x) x * x;                      # the only type is the 64-bit float
  def abs(x) if x < 0 then 0 - x else x;    # `if` is an expression
  def binary ^ 50 (a b) square(a) * b;      # operators can be defined,
  def unary - (v) 0 - v;                    # with a precedence of their own
  def sum(n) var s = 0 in                   # variables can be assigned
    (for i = 1, i < n in s = s + i) + s;    # a loop's own value is 0
  2 ^ 3 + -abs(sin(0) - 1);                 # evaluated at once and printed

Values go to standard output, prompts and diagnostics to standard error.

Exit status:
    0  every item was accepted and run, or somebody left the prompt
    1  an item was refused or failed, or a file could not be read
    2  the command line is wrong
  130  Ctrl-C stopped a batch

Environment:
  NO_COLOR              not empty: no colours
  KALEIDOSCOPE_HISTORY  the file where the prompt keeps its history; empty: none
                        (otherwise $XDG_STATE_HOME/kaleidoscope/history, or
                        ~/.local/state/kaleidoscope/history)";
