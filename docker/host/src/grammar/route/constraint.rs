//! The constraints that ASP.NET Core knows by name (protocol.md#binding-keys).

use dotnet_text::letter_case::is_one_of;
use dotnet_text::number::{is_decimal, is_float, parse_int, parse_long};

use super::date::is_date_time;
use super::error::Error;
use super::guid::is_guid;
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

const INVOCATION: &str = "Exception has been thrown by the target of an invocation.";
const NO_PATTERN: &str = "System.Private.CoreLib: Value cannot be null. (Parameter 'regexPattern').";

impl Constraint {
    /// Reads one inline constraint: a name ignoring case, arguments with commas between. `None` if there is none of this name.
    pub(super) fn parse(text: &str) -> Result<Option<Self>, Error> {
        let call = text.split_once('(').and_then(|(name, rest)| Some((name, rest.strip_suffix(')')?)));
        let (name, argument) = call.map_or((text, None), |(name, argument)| (name, Some(argument)));
        let plain = |type_name, constraint| match argument {
            None => Ok(Some(constraint)),
            Some(argument) => Err(Error::Arguments(type_name, argument.split(',').count())),
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
                Some(pattern) => Ok(Some(Self::Pattern(Pattern::parse(pattern)))),
                None => Err(unread("RegexInlineRouteConstraint", &format!("{INVOCATION} {NO_PATTERN}"))),
            },
            name => Self::with_numbers(name, argument),
        }
    }

    fn with_numbers(name: &str, argument: Option<&str>) -> Result<Option<Self>, Error> {
        let one = |type_name| {
            let argument =
                argument.ok_or_else(|| unread(type_name, "Null object cannot be converted to a value type."));
            argument.map(|argument| Arguments { type_name, values: vec![argument] })
        };
        let several = |type_name, counts: &[usize]| {
            let values: Vec<&str> = argument.into_iter().flat_map(|text| text.split(',')).map(str::trim).collect();
            let is_one = counts.contains(&values.len());
            if is_one { Ok(Arguments { type_name, values }) } else { Err(Error::Arguments(type_name, values.len())) }
        };
        Ok(Some(match name {
            "min" => Self::Range(one("MinRouteConstraint")?.long(0)?, i64::MAX),
            "max" => Self::Range(i64::MIN, one("MaxRouteConstraint")?.long(0)?),
            "minlength" => Self::Length(one("MinLengthRouteConstraint")?.length(0, "minLength")?, i64::MAX),
            "maxlength" => Self::Length(0, one("MaxLengthRouteConstraint")?.length(0, "maxLength")?),
            "range" => {
                let arguments = several("RangeRouteConstraint", &[2])?;
                let (least, most) = (arguments.long(0)?, arguments.long(1)?);
                Self::Range(least, arguments.not_below(most, least, "min", "max")?)
            }
            "length" => {
                let arguments = several("LengthRouteConstraint", &[1, 2])?;
                if arguments.values.len() == 1 {
                    let both = arguments.length(0, "length")?;
                    return Ok(Some(Self::Length(both, both)));
                }
                // Both are numbers before either is looked at.
                arguments.int(0).and(arguments.int(1))?;
                let (least, most) = (arguments.length(0, "minLength")?, arguments.length(1, "maxLength")?);
                Self::Length(least, arguments.not_below(most, least, "minLength", "maxLength")?)
            }
            _ => return Ok(None),
        }))
    }

    pub(super) fn accepts(&self, value: &str) -> Result<bool, pattern::Error> {
        Ok(match self {
            Self::Int => parse_int(value).is_some(),
            Self::Long => parse_long(value).is_some(),
            Self::Bool => is_one_of(trimmed(value), &["true", "false"]),
            Self::DateTime => is_date_time(trimmed(value)),
            Self::Decimal => is_decimal(value),
            Self::Float => is_float(value),
            Self::Guid => is_guid(value),
            // An expression whose `$` stands before a line feed at the end too.
            Self::Alpha => value.strip_suffix('\n').unwrap_or(value).bytes().all(|byte| byte.is_ascii_alphabetic()),
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

/// The arguments of a constraint that takes numbers.
struct Arguments<'a> {
    type_name: &'static str,
    values: Vec<&'a str>,
}

impl Arguments<'_> {
    fn long(&self, index: usize) -> Result<i64, Error> {
        self.number(index, parse_long, "Int64")
    }

    fn int(&self, index: usize) -> Result<i64, Error> {
        self.number(index, |text| parse_int(text).map(i64::from), "Int32")
    }

    fn number(&self, index: usize, read: impl Fn(&str) -> Option<i64>, size: &str) -> Result<i64, Error> {
        let text = self.values.get(index).copied().unwrap_or_default();
        read(text).ok_or_else(|| {
            let number = text.trim_matches(['\0', ' ']);
            let digits = number.strip_prefix(['-', '+']).unwrap_or(number);
            let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            let reason = if is_number {
                format!("Value was either too large or too small for an {size}.")
            } else {
                format!("The input string '{text}' was not in a correct format.")
            };
            unread(self.type_name, &reason)
        })
    }

    fn length(&self, index: usize, name: &str) -> Result<i64, Error> {
        let number = self.int(index)?;
        if number >= 0 {
            return Ok(number);
        }
        let reason =
            format!("Value must be greater than or equal to 0. (Parameter '{name}')\nActual value was {number}.");
        Err(refused(self.type_name, &reason))
    }

    fn not_below(&self, most: i64, least: i64, least_name: &str, most_name: &str) -> Result<i64, Error> {
        if least <= most {
            return Ok(most);
        }
        let reason = format!(
            "The value for argument '{least_name}' should be less than or equal to the value for the argument '{most_name}'. \
             (Parameter '{least_name}')\nActual value was {least}."
        );
        Err(refused(self.type_name, &reason))
    }
}

/// What .NET's core says of an argument that it cannot convert.
fn unread(type_name: &'static str, reason: &str) -> Error {
    Error::Values(type_name, format!("System.Private.CoreLib: {reason}"))
}

/// What the constraint itself says of its arguments.
fn refused(type_name: &'static str, reason: &str) -> Error {
    unread(type_name, &format!("{INVOCATION} Microsoft.AspNetCore.Routing: {reason}"))
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_whitespace() || character == '\0')
}

/// A name with something other than full stops behind the first of them, in the last segment: `a.b.` too.
fn is_file(value: &str) -> bool {
    let last = value.rsplit('/').next().unwrap_or(value);
    last.split_once('.').is_some_and(|(_, rest)| !rest.trim_start_matches('.').is_empty())
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
            ("double", "1e400|NaN|\u{a0}-Infinity|+infinity|1,234.5|5.|1e-3", "x|5-|1e|e5|,5|--1|NaN\0|\u{a0}5"),
            ("float", "1e39|nan|1,000", "1e3e"),
            ("length(3)", "abc|éäö|🍵x", "ab|🍵xy"),
            ("length(2, 4)", "ab|abcd", "a|abcde"),
            ("range(1,10)", "10| 1", "11|x"),
            ("min(5)", "5", "4|5.0|99999999999999999999"),
            ("max(-1)", "-99999999999", "0"),
            (r"regex(^\d{3}$)", "123", "12"),
            ("alpha", "AbC|a\n", "a1|é|a\n\n|\u{212a}"),
            ("required", " ", ""),
            ("file", "a.txt|.a|a.b.|.a..", "a|a.|a..|a.b/c"),
            ("nonfile", "a|a.|a..", "a.txt|a.b."),
        ] {
            let it = Constraint::parse(constraint).unwrap().unwrap();
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
            assert!(Constraint::parse(text).unwrap().is_none(), "{text}");
        }
        for text in ["int(5)", "alpha()", "range(1)", "length(1,2,3)"] {
            assert!(matches!(Constraint::parse(text), Err(Error::Arguments(..))), "{text}");
        }
        for text in
            ["min", "regex", "min(a)", "min(1,2)", "length(-1)", "length(5,2)", "range(5,2)", "maxlength(99999999999)"]
        {
            assert!(matches!(Constraint::parse(text), Err(Error::Values(..))), "{text}");
        }
        let first = Constraint::parse("length(a,b)").unwrap_err();
        assert!(matches!(first, Error::Values(_, reason) if reason.contains("'a' was not in a correct format")));
        let minus = Constraint::parse("min(--1)").unwrap_err();
        assert!(matches!(minus, Error::Values(_, reason) if reason.contains("'--1' was not in a correct format")));
        assert!(Constraint::parse("regex([)").unwrap().unwrap().accepts("a").is_err());
    }
}
