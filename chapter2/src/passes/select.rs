//! Selection: a branch that only decides which of two values goes on becomes
//! an instruction.
