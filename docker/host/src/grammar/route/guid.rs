//! The texts that .NET takes for a GUID (`Guid.TryParse`), those that only its early versions would write included.

use std::sync::LazyLock;

use regex::{Error, Regex};

/// In any of the five forms: 32 digits, with hyphens, in braces or parentheses, or as eleven numbers `{0x…,0x…,0x…,{0x…,…}}`, among
/// which spaces do not count.
pub(super) fn is_guid(text: &str) -> bool {
    static FORMS: LazyLock<Option<[Regex; 2]>> = LazyLock::new(|| forms().ok());
    let Some([digits, numbers]) = &*FORMS else { return false };
    let without_spaces = || text.chars().filter(|character| !character.is_whitespace()).collect::<String>();
    digits.is_match(text.trim()) || numbers.is_match(&without_spaces())
}

/// The first four forms, and the last.
fn forms() -> Result<[Regex; 2], Error> {
    // A part with so many characters may begin as a number does: `+` and `0x` stand for digits.
    let part = |length: usize| {
        let (one, two, three) = (length - 1, length - 2, length - 3);
        format!(r"(?:H{{{length}}}|\+H{{{one}}}|0xH{{{two}}}|\+0xH{{{three}}})")
    };
    let (long, short) = (part(8), part(4));
    let hyphened = format!("{long}-{short}-{short}-{short}-{short}H{{8}}");
    // The second `0x` is one that .NET's parser of numbers takes as well. What is too great for 16 bits is cut off, for a byte it is not.
    let number = |digits: usize| format!(r"0x(?:\+(?:0x)?0*H{{0,{digits}}}|0x0*H{{0,{digits}}}|0*H{{1,{digits}}})");
    let (number, byte) = (number(8), number(2));
    let digits = format!(r"(?i)^(?:H{{32}}|{hyphened}|\({hyphened}\)|\{{{hyphened}\}})$");
    let numbers = format!(r"(?i)^\{{{number}(?:,{number}){{2}},\{{{byte}(?:,{byte}){{7}}\}}\}}$");
    Ok([Regex::new(&digits.replace('H', "[0-9a-f]"))?, Regex::new(&numbers.replace('H', "[0-9a-f]"))?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_are_those_of_dotnet() {
        for text in [
            "6f9619ff-8b86-d011-b42d-00cf4fc964ff",
            "6F9619FF8B86D011B42D00CF4FC964FF",
            "(6f9619ff-8b86-d011-b42d-00cf4fc964ff)",
            " {6f9619ff-8b86-d011-b42d-00cf4fc964ff}",
            "{0x6f9619ff,0x8b86,0xd011,{0xb4,0x2d,0x00,0xcf,0x4f,0xc9,0x64,0xff}}",
            "{0x6f9619ff, 0x8b868b86, 0xd011, { 0xb4, 0x2d,0x0,0xcf,0x4f,0xc9,0x64,0x0000000ff } }",
            "{0x+1,0x0x1,0X1,{0x1,0x1,0x1,0x1,0x1,0x1,0x1,0x1}}",
            "+f9619ff-0x86-+011-b42d-0xcf4fc964ff",
        ] {
            assert!(is_guid(text), "{text}");
        }
        for text in [
            "6f9619ff-8b86-d011-b42d-00cf4fc964f",
            "6f9619ff-8b86-d011-b42d-00cf0xc964ff",
            "{6F9619FF8B86D011B42D00CF4FC964FF}",
            "(6f9619ff-8b86-d011-b42d-00cf4fc964ff",
            "6f9619ff8b86d011b42d00cf4fc964ff\0",
            "{0x6f9619ff,0x8b86,0xd011,{0xb4}}",
            "{0x123456789,0x1,0x1,{0x1,0x1,0x1,0x1,0x1,0x1,0x1,0x1}}",
            "{0x1,0x1,0x1,{0x1,0x1,0x1,0x1,0x1,0x1,0x1,0x100}}",
            "{+0x1,0x1,0x1,{0x1,0x1,0x1,0x1,0x1,0x1,0x1,0x1}}",
            "{0x,0x1,0x1,{0x1,0x1,0x1,0x1,0x1,0x1,0x1,0x1}}",
        ] {
            assert!(!is_guid(text), "{text}");
        }
    }
}
