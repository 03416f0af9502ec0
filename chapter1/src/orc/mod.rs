//! The ORC core: which symbols there are, what must happen before one can be
//! used, and who waits for it.
//!
//! | file | what it has |
//! |---|---|
//! | `state` | the life of symbols: definitions, lookups, dependencies |

pub mod state;
