//! Characters on their way from one engine to the other.

/// What stands in a class.
pub(super) enum Item {
    Letter(char),
    Set(String),
}

/// The characters of a text as .NET counts them: those beyond 16 bits are two, each of a kind that nothing else has here.
pub(super) fn units(text: &str) -> impl Iterator<Item = char> {
    const PRIVATE: u32 = 0xf_0000;
    let unit = |unit: u16| {
        let code = u32::from(unit);
        char::from_u32(code).or_else(|| char::from_u32(PRIVATE + code)).unwrap_or(char::REPLACEMENT_CHARACTER)
    };
    text.encode_utf16().map(unit)
}

/// A character as the engine takes it for itself, wherever it stands.
pub(super) fn literal(character: char) -> String {
    if character.is_alphanumeric() { character.to_string() } else { format!(r"\x{{{:X}}}", u32::from(character)) }
}
