//! Names ignoring case.

/// What two names have in common that .NET's ordinal comparison ignoring case takes for equal.
pub fn fold_case(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_uppercase();
    }
    name.chars().map(fold).collect()
}

/// The same for one character: its capital. One whose capital is more than one character, such as `ß`, stays as it is, and so do the
/// two that .NET's tables leave out because their capital is an ASCII letter.
pub fn fold(character: char) -> char {
    if matches!(character, 'ı' | 'ſ') {
        return character;
    }
    let mut upper = character.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(single), None) => single,
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
        assert!(!same_name("ß", "SS"));
        assert!(!same_name("ſtatus", "status") && !same_name("ıd", "id"));
    }
}
