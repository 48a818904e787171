//! The constraints that ASP.NET Core knows by name (protocol.md#binding-keys).

use dotnet_text::letter_case::is_one_of;
use dotnet_text::number::{is_decimal, is_float, parse_int, parse_long};

use super::date::is_date_time;
use super::pattern::{self, Pattern};

#[derive(Debug, Clone)]
pub(super) enum Constraint {
    Int,
    Long,
    Bool,
    DateTime,
    Decimal,
    Float,
    Guid,
    Alpha,
    Required,
    File,
    NonFile,
    Length(i64, i64),
    Range(i64, i64),
    /// An expression that .NET cannot read fails the requests that reach it, and nothing before (recording PX2-regex-broken).
    Pattern(Result<Pattern, pattern::Error>),
}

/// What is wrong with a constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    Unknown,
    /// A constraint of this type takes other arguments.
    Arguments(&'static str, usize),
    /// A constraint of this type refuses its arguments.
    Values(&'static str),
}

impl Constraint {
    /// Reads one inline constraint: a name ignoring case, arguments with commas between.
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        let call = text.split_once('(').and_then(|(name, rest)| Some((name, rest.strip_suffix(')')?)));
        let (name, argument) = call.map_or((text, None), |(name, argument)| (name, Some(argument)));
        let plain = |type_name, constraint| match argument {
            None => Ok(constraint),
            Some(argument) => Err(Fault::Arguments(type_name, argument.split(',').count())),
        };
        match name.to_ascii_lowercase().as_str() {
            "int" => plain("IntRouteConstraint", Self::Int),
            "long" => plain("LongRouteConstraint", Self::Long),
            "bool" => plain("BoolRouteConstraint", Self::Bool),
            "datetime" => plain("DateTimeRouteConstraint", Self::DateTime),
            "decimal" => plain("DecimalRouteConstraint", Self::Decimal),
            "double" => plain("DoubleRouteConstraint", Self::Float),
            "float" => plain("FloatRouteConstraint", Self::Float),
            "guid" => plain("GuidRouteConstraint", Self::Guid),
            "alpha" => plain("AlphaRouteConstraint", Self::Alpha),
            "required" => plain("RequiredRouteConstraint", Self::Required),
            "file" => plain("FileNameRouteConstraint", Self::File),
            "nonfile" => plain("NonFileNameRouteConstraint", Self::NonFile),
            "regex" => match argument {
                Some(pattern) => Ok(Self::Pattern(Pattern::parse(pattern))),
                None => Err(Fault::Values("RegexRouteConstraint")),
            },
            name => Self::with_numbers(name, argument),
        }
    }

    fn with_numbers(name: &str, argument: Option<&str>) -> Result<Self, Fault> {
        let (type_name, counts): (_, &[usize]) = match name {
            "minlength" => ("MinLengthRouteConstraint", &[1]),
            "maxlength" => ("MaxLengthRouteConstraint", &[1]),
            "length" => ("LengthRouteConstraint", &[1, 2]),
            "min" => ("MinRouteConstraint", &[1]),
            "max" => ("MaxRouteConstraint", &[1]),
            "range" => ("RangeRouteConstraint", &[2]),
            _ => return Err(Fault::Unknown),
        };
        let refused = Fault::Values(type_name);
        let arguments: Vec<&str> = argument.ok_or(refused.clone())?.split(',').collect();
        if !counts.contains(&arguments.len()) && counts != [1] {
            return Err(Fault::Arguments(type_name, arguments.len()));
        }
        let is_length = name.ends_with("length");
        let read = |text: &&str| if is_length { parse_int(text).map(i64::from) } else { parse_long(text) };
        let numbers: Option<Vec<i64>> = arguments.iter().map(read).collect();
        let constraint = match (name, numbers.as_deref()) {
            ("minlength", Some([least])) => Self::Length(*least, i64::MAX),
            ("maxlength", Some([most])) => Self::Length(0, *most),
            ("length", Some([both])) => Self::Length(*both, *both),
            ("length", Some([least, most])) => Self::Length(*least, *most),
            ("min", Some([least])) => Self::Range(*least, i64::MAX),
            ("max", Some([most])) => Self::Range(i64::MIN, *most),
            ("range", Some([least, most])) => Self::Range(*least, *most),
            _ => return Err(refused),
        };
        match constraint {
            Self::Length(least, most) if least < 0 || most < least => Err(refused),
            Self::Range(least, most) if most < least => Err(refused),
            constraint => Ok(constraint),
        }
    }

    pub(super) fn accepts(&self, value: &str) -> Result<bool, pattern::Error> {
        Ok(match self {
            Self::Int => parse_int(value).is_some(),
            Self::Long => parse_long(value).is_some(),
            Self::Bool => is_one_of(trimmed(value), &["true", "false"]),
            Self::DateTime => is_date_time(trimmed(value)),
            Self::Decimal => is_decimal(value),
            Self::Float => is_float(value),
            Self::Guid => is_guid(trimmed(value)),
            Self::Alpha => value.bytes().all(|byte| byte.is_ascii_alphabetic()),
            Self::Required => !value.is_empty(),
            Self::File => is_file(value),
            Self::NonFile => !is_file(value),
            Self::Length(least, most) => {
                i64::try_from(value.encode_utf16().count()).is_ok_and(|length| (*least..=*most).contains(&length))
            }
            Self::Range(least, most) => parse_long(value).is_some_and(|number| (*least..=*most).contains(&number)),
            Self::Pattern(pattern) => pattern.as_ref().map_err(Clone::clone)?.is_match(value)?,
        })
    }

    /// Whether it holds of a parameter that has no value: only a path without a last segment is certainly not that of a file.
    pub(super) const fn accepts_nothing(&self) -> bool {
        matches!(self, Self::NonFile)
    }
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_whitespace() || character == '\0')
}

/// In any of .NET's five forms: 32 digits, with hyphens, in braces or parentheses, or as eleven numbers `{0x…,0x…,0x…,{0x…,…}}`.
fn is_guid(text: &str) -> bool {
    let hexadecimal = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    if text.len() == 32 {
        return hexadecimal(text);
    }
    let inside = |open: char, close: char| text.strip_prefix(open)?.strip_suffix(close);
    let bare = inside('{', '}').or_else(|| inside('(', ')')).unwrap_or(text);
    let parts: Vec<&str> = bare.split('-').collect();
    let is_hyphened =
        parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) && parts.iter().all(|it| hexadecimal(it));
    is_hyphened || (bare.len() < text.len() && is_guid_of_numbers(text))
}

fn is_guid_of_numbers(text: &str) -> bool {
    let compact: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    let inside = compact.strip_prefix('{').and_then(|rest| rest.strip_suffix("}}"));
    let Some((numbers, bytes)) = inside.and_then(|inside| inside.split_once(",{")) else { return false };
    let fits = |text: &str, most: u32| {
        let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or_default();
        !digits.starts_with('+') && u32::from_str_radix(digits, 16).is_ok_and(|number| number <= most)
    };
    let all_fit = |list: &str, most: &[u32]| {
        let numbers: Vec<&str> = list.split(',').collect();
        numbers.len() == most.len() && numbers.iter().zip(most).all(|(number, most)| fits(number, *most))
    };
    all_fit(numbers, &[u32::MAX, 0xffff, 0xffff]) && all_fit(bytes, &[0xff; 8])
}

/// A name with a full stop and something after it in the last segment.
fn is_file(value: &str) -> bool {
    let last = value.rsplit('/').next().unwrap_or(value);
    last.rsplit_once('.').is_some_and(|(_, extension)| !extension.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_as_dotnet_takes_them() {
        for (constraint, taken, refused) in [
            ("int", "-7|+5| 5 |2147483647", "99999999999|1e3|0x10|1,000|5-|٥|"),
            ("long", "99999999999|-1", "9223372036854775808|1.0"),
            ("bool", "TRUE| true ", "1|yes"),
            (
                "decimal",
                "5|5.5|5,5|1,000.5|5-|.5|5.|-.5|79228162514264337593543950335",
                "1e3|(5)|$5|.|,5|- 5|79228162514264337593543950336",
            ),
            ("double", "1e400|NaN|-Infinity|+infinity|1,234.5|5.|1e-3", "x|5-|1e|e5|,5|--1"),
            ("float", "1e39|nan|1,000", "1e3e"),
            ("length(3)", "abc|éäö|🍵x", "ab|🍵xy"),
            ("length(2, 4)", "ab|abcd", "a|abcde"),
            ("range(1,10)", "10| 1", "11|x"),
            ("min(5)", "5", "4|5.0|99999999999999999999"),
            ("max(-1)", "-99999999999", "0"),
            (r"regex(^\d{3}$)", "123", "12"),
            ("alpha", "AbC", "a1|é"),
            ("required", " ", ""),
            ("file", "a.txt|.a", "a|a.|a.b/c"),
            ("nonfile", "a|a.", "a.txt"),
            (
                "guid",
                "6f9619ff-8b86-d011-b42d-00cf4fc964ff|6F9619FF8B86D011B42D00CF4FC964FF|(6f9619ff-8b86-d011-b42d-00cf4fc964ff)| \
                 {6f9619ff-8b86-d011-b42d-00cf4fc964ff}|{0x6f9619ff,0x8b86,0xd011,{0xb4,0x2d,0x00,0xcf,0x4f,0xc9,0x64,0xff}}",
                "6f9619ff-8b86-d011-b42d-00cf4fc964f|{6F9619FF8B86D011B42D00CF4FC964FF}|{0x6f9619ff,0x8b86,0xd011,{0xb4}}",
            ),
        ] {
            let it = Constraint::parse(constraint).unwrap();
            for (value, expected) in
                taken.split('|').map(|it| (it, true)).chain(refused.split('|').map(|it| (it, false)))
            {
                assert_eq!(it.accepts(value), Ok(expected), "{constraint} on {value:?}");
            }
        }
    }

    #[test]
    fn what_cannot_be_made_is_refused() {
        for text in ["nosuch", " int "] {
            assert_eq!(Constraint::parse(text).unwrap_err(), Fault::Unknown, "{text}");
        }
        for text in ["int(5)", "alpha()", "range(1)", "length(1,2,3)"] {
            assert!(matches!(Constraint::parse(text), Err(Fault::Arguments(..))), "{text}");
        }
        for text in
            ["min", "regex", "min(a)", "min(1,2)", "length(-1)", "length(5,2)", "range(5,2)", "maxlength(99999999999)"]
        {
            assert!(matches!(Constraint::parse(text), Err(Fault::Values(_))), "{text}");
        }
        assert!(Constraint::parse("regex([)").unwrap().accepts("a").is_err());
    }
}
