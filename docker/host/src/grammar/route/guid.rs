//! The texts that .NET takes for a GUID (`Guid.TryParse`), those that only its early versions would write included.

const MOST_DIGITS: usize = 8;

/// In any of the five forms: 32 digits, with hyphens, in braces or parentheses, or as eleven numbers `{0x…,0x…,0x…,{0x…,…}}`.
pub(super) fn is_guid(text: &str) -> bool {
    let bytes = text.trim().as_bytes();
    match bytes {
        [b'(', inside @ .., b')'] => is_hyphened(inside),
        [b'{', ..] if bytes.get(9) != Some(&b'-') => is_numbers(text),
        [b'{', inside @ .., b'}'] => is_hyphened(inside),
        _ if bytes.get(8) == Some(&b'-') => is_hyphened(bytes),
        _ => bytes.len() == 32 && are_digits(bytes),
    }
}

/// `6f9619ff-8b86-d011-b42d-00cf4fc964ff`, where a part may begin as a number does: `+` and `0x` stand for digits.
fn is_hyphened(bytes: &[u8]) -> bool {
    let parts: Vec<&[u8]> = bytes.split(|byte| *byte == b'-').collect();
    let [a, b, c, d, e] = parts.as_slice() else { return false };
    let lengths = [a.len(), b.len(), c.len(), d.len(), e.len()];
    // The last eight digits are read as digits and nothing else.
    lengths == [8, 4, 4, 4, 12]
        && [*a, *b, *c, *d, &e[..4]].iter().all(|part| number(part).is_some())
        && are_digits(&e[4..])
}

fn is_numbers(text: &str) -> bool {
    let compact: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    let inside = compact.strip_prefix('{').and_then(|rest| rest.strip_suffix("}}"));
    let Some((numbers, bytes)) = inside.and_then(|inside| inside.split_once(",{")) else { return false };
    let all_fit = |list: &str, count: usize, most: u32| {
        let mut numbers = list.split(',').map(|text| {
            let digits =
                text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).filter(|digits| !digits.is_empty());
            digits.and_then(|digits| number(digits.as_bytes())).is_some_and(|number| number <= most)
        });
        list.split(',').count() == count && numbers.all(|fits| fits)
    };
    // What is too great for 16 bits is cut off, for a byte it is not.
    all_fit(numbers, 3, u32::MAX) && all_fit(bytes, 8, 0xff)
}

/// A number that may have a plus sign and `0x` before it, or no digits at all.
fn number(bytes: &[u8]) -> Option<u32> {
    let bytes = bytes.strip_prefix(b"+").unwrap_or(bytes);
    let bytes = bytes.strip_prefix(b"0x").or_else(|| bytes.strip_prefix(b"0X")).unwrap_or(bytes);
    let start = bytes.iter().position(|byte| *byte != b'0').unwrap_or(bytes.len());
    let digits = &bytes[start..];
    if digits.len() > MOST_DIGITS || !are_digits(digits) {
        return None;
    }
    Some(digits.iter().fold(0, |number, digit| number << 4 | char::from(*digit).to_digit(16).unwrap_or_default()))
}

fn are_digits(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_hexdigit)
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
