//! Functions of the host that Kaleidoscope may call: two of our own, the C
//! mathematics library, and what the user registers or allows besides.

use super::{ExecutorAddr, HostClosure, HostFn, output};
use rustc_hash::FxHashMap;
use std::ffi::CString;
use thiserror::Error;

/// A function that machine code can call, with numbers for parameters and a
/// number for its result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HostFunction {
    /// The address of its thunk, which is what code calls.
    pub address: ExecutorAddr,
    /// How many parameters it has. For one that the user allowed it is not
    /// known; there can be [`MAX_PARAMETERS`](super::MAX_PARAMETERS).
    pub params: Option<usize>,
    /// Whether it does nothing but compute its result from its arguments.
    pub is_pure: bool,
}

/// There is no such function.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum HostError {
    /// Nothing has this name.
    #[error("the host has no function `{0}`")]
    Unknown(String),
    /// Something has, but it may not be called.
    #[error("`{0}` is a symbol of this process, but calling it is not allowed")]
    NotAllowed(String),
    /// Something has that cannot be called.
    #[error("`{0}` is a symbol of this process, but not a function")]
    NotAFunction(String),
}

/// What is behind a host function.
pub(super) enum Callee {
    /// A function of the C calling convention. One of unknown parameters may
    /// have as many as a gate passes on.
    C { address: ExecutorAddr, params: Option<usize>, is_pure: bool },
    /// A Rust function.
    Closure(HostClosure),
}

impl Callee {
    pub(super) fn params(&self) -> Option<usize> {
        match self {
            Callee::C { params, .. } => *params,
            Callee::Closure(closure) => Some(closure.params()),
        }
    }

    pub(super) fn is_pure(&self) -> bool {
        matches!(self, Callee::C { is_pure: true, .. })
    }
}

/// The host functions, by name.
pub struct Host {
    functions: FxHashMap<String, Callee>,
}

impl Default for Host {
    /// `putchard`, `printd` and the mathematics library.
    fn default() -> Host {
        let mut host = Host { functions: FxHashMap::default() };
        insert_library(&mut host);
        host.insert_c("putchard", putchard as *const (), 1, false);
        host.insert_c("printd", printd as *const (), 1, false);
        host
    }
}

impl Host {
    /// Makes a Rust function callable. It takes the place of any function
    /// that has had the name.
    ///
    /// ```
    /// # use chapter1::executor::Host;
    /// let mut host = Host::default();
    /// host.register("half", |x: f64| match x.is_finite() {
    ///     true => Ok(x / 2.0),
    ///     false => Err("not a number that has a half"),
    /// });
    /// ```
    pub fn register<Args>(&mut self, name: &str, function: impl HostFn<Args>) {
        self.insert(name, Callee::Closure(function.into_closure()));
    }

    /// Makes any symbol of the process callable. Whoever calls it must know
    /// that it is a function of as many `double`s, at most
    /// [`MAX_PARAMETERS`](super::MAX_PARAMETERS), and returns one.
    ///
    /// # Errors
    /// If the process has no such symbol, or it is not in executable memory.
    pub fn allow(&mut self, name: &str) -> Result<(), HostError> {
        if self.functions.contains_key(name) {
            return Ok(());
        }
        let address = process_symbol(name)
            .ok_or_else(|| HostError::Unknown(name.to_owned()))?;
        if !is_executable(address) {
            return Err(HostError::NotAFunction(name.to_owned()));
        }
        let (params, is_pure) = (None, false);
        self.insert(name, Callee::C { address, params, is_pure });
        Ok(())
    }

    /// The number of parameters of a function, if both are known.
    pub fn params(&self, name: &str) -> Option<usize> {
        self.functions.get(name)?.params()
    }

    /// The functions whose number of parameters is known, with that.
    pub fn known_params(&self) -> Vec<(String, usize)> {
        let params = |(name, callee): (&str, &Callee)| {
            Some((name.to_owned(), callee.params()?))
        };
        self.callees().filter_map(params).collect()
    }

    /// All functions.
    pub(super) fn callees(&self) -> impl Iterator<Item = (&str, &Callee)> {
        self.functions.iter().map(|(name, callee)| (name.as_str(), callee))
    }

    pub(super) fn insert(&mut self, name: &str, callee: Callee) {
        self.functions.insert(name.to_owned(), callee);
    }

    /// Why there is no such function.
    pub(super) fn why_not(&self, name: &str) -> HostError {
        match process_symbol(name) {
            Some(_) => HostError::NotAllowed(name.to_owned()),
            None => HostError::Unknown(name.to_owned()),
        }
    }

    fn insert_c(
        &mut self,
        name: &str,
        function: *const (),
        params: usize,
        is_pure: bool,
    ) {
        let address = ExecutorAddr::new(function.expose_provenance() as u64);
        let params = Some(params);
        self.insert(name, Callee::C { address, params, is_pure });
    }
}

/// The address of a symbol of this process, found as the dynamic linker
/// finds it.
fn process_symbol(name: &str) -> Option<ExecutorAddr> {
    let name = CString::new(name).ok()?;
    // SAFETY: `dlsym` reads a C string and changes nothing.
    let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    (!address.is_null()).then(|| ExecutorAddr::new(address as u64))
}

/// Whether the processor may execute what is at an address of this process.
/// Where the kernel does not tell, it may.
fn is_executable(address: ExecutorAddr) -> bool {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    // 7f0000000000-7f0000001000 r-xp …
    let mut mappings = maps.lines().filter_map(|line| {
        let (start, rest) = line.split_once('-')?;
        let (end, rest) = rest.split_once(' ')?;
        let start = u64::from_str_radix(start, 16).ok()?;
        let end = u64::from_str_radix(end, 16).ok()?;
        let holds = (start..end).contains(&address.as_u64());
        holds.then(|| rest.as_bytes().get(2) == Some(&b'x'))
    });
    mappings.next().unwrap_or(true)
}

/// Writes one byte: `x` truncated to an integer, modulo 256.
extern "C" fn putchard(x: f64) -> f64 {
    output::write(&[byte(x)]);
    0.0
}

/// Writes a number and a newline.
extern "C" fn printd(x: f64) -> f64 {
    output::write((output::format_number(x) + "\n").as_bytes());
    0.0
}

/// The conversion that `putchar((char)x)` makes in C, but defined for every
/// number: NaN and the infinities are 0.
fn byte(x: f64) -> u8 {
    // The remainder of a division is exact.
    let remainder = x.trunc() % 256.0;
    if remainder.is_nan() { 0 } else { remainder as i32 as u8 }
}

/// Declares the functions of the mathematics library, each with its number
/// of parameters, and makes them host functions.
macro_rules! mathematics {
    ($($name:ident($($param:ident)*))*) => {
        mod c {
            #[link(name = "m")]
            unsafe extern "C" {
                $(pub(super) safe fn $name($($param: f64),*) -> f64;)*
            }
        }

        fn insert_library(host: &mut Host) {
            $(
                let params = [$(stringify!($param)),*].len();
                let function = c::$name as *const ();
                host.insert_c(stringify!($name), function, params, true);
            )*
        }
    };
}

mathematics! {
    sin(x) cos(x) tan(x) asin(x) acos(x) atan(x) atan2(y x)
    sinh(x) cosh(x) tanh(x) asinh(x) acosh(x) atanh(x)
    exp(x) exp2(x) expm1(x) log(x) log2(x) log10(x) log1p(x) logb(x)
    pow(x y) sqrt(x) cbrt(x) hypot(x y)
    floor(x) ceil(x) round(x) trunc(x) rint(x) nearbyint(x)
    fabs(x) fmod(x y) remainder(x y) fdim(x y) fmin(x y) fmax(x y)
    copysign(x y) nextafter(x y) fma(x y z)
    erf(x) erfc(x) tgamma(x) lgamma(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_knows_how_many_parameters_a_function_has() {
        let host = Host::default();
        assert_eq!(host.params("sin"), Some(1));
        assert_eq!(host.params("atan2"), Some(2));
        assert_eq!(host.params("fma"), Some(3));
        assert_eq!(host.params("putchard"), Some(1));
        assert_eq!(host.params("exit"), None);
    }

    #[test]
    fn the_library_is_pure_and_nothing_else() {
        let mut host = Host::default();
        host.allow("drand48").unwrap();
        host.register("cos", |x: f64| Ok::<f64, String>(x));
        let is_pure = |name| host.functions[name].is_pure();
        assert!(is_pure("sin") && is_pure("fma"));
        assert!(!is_pure("putchard") && !is_pure("printd"));
        assert!(!is_pure("drand48") && !is_pure("cos"));
    }

    #[test]
    fn other_symbols_must_be_allowed() {
        let mut host = Host::default();
        let refused = HostError::NotAllowed("drand48".into());
        assert_eq!(host.why_not("drand48"), refused);
        host.allow("drand48").unwrap();
        assert!(host.callees().any(|(name, _)| name == "drand48"));
        assert_eq!(host.params("drand48"), None);
    }

    #[test]
    fn what_does_not_exist_cannot_be_allowed() {
        let mut host = Host::default();
        let unknown = HostError::Unknown("nosuchthing".into());
        assert_eq!(host.why_not("nosuchthing"), unknown);
        assert_eq!(host.allow("nosuchthing"), Err(unknown));
    }

    #[test]
    fn what_is_not_code_cannot_be_allowed() {
        let data = HostError::NotAFunction("environ".into());
        assert_eq!(Host::default().allow("environ"), Err(data));
    }

    #[test]
    fn a_byte_is_what_c_makes_of_a_number() {
        assert_eq!(byte(65.9), 65);
        assert_eq!(byte(256.0 + 65.0), 65);
        assert_eq!(byte(-1.0), 255);
        assert_eq!(byte(-1.9), 255);
        assert_eq!(byte(1e300), 0);
        assert_eq!(byte(f64::NAN), 0);
        assert_eq!(byte(f64::INFINITY), 0);
    }
}
