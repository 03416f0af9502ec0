//! Addresses in output: each run has others, but equal ones stay equal.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// `text` with the first address in it replaced by `address#1`, wherever it
/// stands, the next one by `address#2`, and so on.
pub(crate) fn normalised(text: &str) -> String {
    let mut known: Vec<String> = Vec::new();
    let token = |captures: &Captures| {
        let (_, [address]) = captures.extract();
        let number = known.iter().position(|other| other == address);
        let number = number.unwrap_or_else(|| {
            known.push(address.to_owned());
            known.len() - 1
        });
        format!("address#{}", number + 1)
    };
    ADDRESS.replace_all(text, token).into_owned()
}

/// A number of 9 to 12 hexadecimal digits after `0x`, or of exactly 12
/// without, as the kernel writes them: above 4 GiB, where Linux places what
/// it maps, and below what a process may have. The bits of a double are
/// longer, opcodes and offsets shorter.
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"\b(?:0x([0-9a-f]{9,12})|([0-9a-f]{12}))\b";
    Regex::new(pattern).expect("it is a constant")
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_addresses_stay_equal_and_different_ones_different() {
        let text = "0x7f0012345678 0x55aabbccddee\n7f0012345678-7f0012345680";
        let expected = "address#1 address#2\naddress#1-address#3";
        assert_eq!(normalised(text), expected);
    }

    #[test]
    fn other_numbers_stay() {
        let text = "0x3ff0000000000000 0x1234 deadbeef 12345678901x abc";
        assert_eq!(normalised(text), text);
    }
}
