//! The machine that code is generated for.

use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Which instructions may be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
// ANCHOR: Target
pub struct Target {
    /// Three-operand AVX instructions instead of two-operand SSE2 ones.
    pub avx: bool,
}
// ANCHOR_END: Target

impl Target {
    /// What every x86-64 processor has.
    pub const SSE2: Target = Target { avx: false };
    /// SSE2 and AVX.
    pub const AVX: Target = Target { avx: true };

    /// The processor that this program runs on.
    // ANCHOR: host
    pub fn host() -> Target {
        Target { avx: std::arch::is_x86_feature_detected!("avx") }
    }
    // ANCHOR_END: host

    /// Whether this processor can run code for the target.
    // ANCHOR: runs_here
    pub fn runs_here(self) -> bool {
        !self.avx || Target::host().avx
    }
    // ANCHOR_END: runs_here
}

/// The features named are none of `native`, `avx` and `sse2`.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("unknown target features `{0}`: use `native`, `avx` or `sse2`")]
pub struct UnknownFeatures(String);

impl FromStr for Target {
    type Err = UnknownFeatures;

    fn from_str(text: &str) -> Result<Target, UnknownFeatures> {
        match text {
            "native" => Ok(Target::host()),
            "avx" => Ok(Target::AVX),
            "sse2" => Ok(Target::SSE2),
            _ => Err(UnknownFeatures(text.to_owned())),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.avx { "avx" } else { "sse2" })
    }
}
