//! Names ignoring case.

/// What two names have in common that .NET's ordinal comparison ignoring case takes for equal.
pub fn fold_case(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_uppercase();
    }
    let upper = |c: char| {
        let mut upper = c.to_uppercase();
        // A letter whose capital is more than one letter, such as `ß`, stays as it is.
        match (upper.next(), upper.next()) {
            (Some(single), None) => single,
            _ => c,
        }
    };
    name.chars().map(upper).collect()
}

/// Whether two names are equal ignoring case.
pub fn same_name(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other) || (!(one.is_ascii() && other.is_ascii()) && fold_case(one) == fold_case(other))
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
    }
}
