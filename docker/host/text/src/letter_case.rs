//! Names ignoring case.

/// What two names have in common that .NET's ordinal comparison ignoring case takes for equal.
pub fn fold_case(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_uppercase();
    }
    name.chars().map(fold).collect()
}

/// The same for one character: its capital, if that is one character too (`ß` stays as it is). Nothing outside ASCII is equal to a
/// letter of ASCII: the dotless `ı` and the long `ſ` stay as well.
pub fn fold(character: char) -> char {
    let mut upper = character.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(single), None) if single.is_ascii() == character.is_ascii() => single,
        // Greek letters with an iota below have capitals of their own, which stand eight or nine places behind them.
        (Some(_), Some('\u{399}')) => match u32::from(character) {
            code @ (0x1f80..=0x1f87 | 0x1f90..=0x1f97 | 0x1fa0..=0x1fa7) => {
                char::from_u32(code + 8).unwrap_or(character)
            }
            code @ (0x1fb3 | 0x1fc3 | 0x1ff3) => char::from_u32(code + 9).unwrap_or(character),
            _ => character,
        },
        _ => character,
    }
}

/// Whether two names are equal ignoring case.
pub fn same_name(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other) || (!(one.is_ascii() && other.is_ascii()) && fold_case(one) == fold_case(other))
}

/// Whether a word is one of these, ignoring case.
pub fn is_one_of(word: &str, known: &[&str]) -> bool {
    known.iter().any(|known| known.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_without_case() {
        assert!(same_name("StatusCode", "statuscode"));
        assert!(same_name("É", "é"));
        assert!(!same_name("a", "b"));
        assert!(same_name("ᾀ", "ᾈ") && same_name("ῳ", "ῼ"));
        for (one, other) in [("ß", "SS"), ("ı", "I"), ("ſ", "S"), ("\u{212a}", "K"), ("İ", "i")] {
            assert!(!same_name(one, other), "{one} {other}");
        }
    }
}
