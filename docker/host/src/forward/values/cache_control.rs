//! `Cache-Control` as .NET's client writes it anew: all lines as one, in its own order; pure.

use dotnet_text::media_type::is_token;

use super::elements::{Pair, list, name_and_value};
use super::single::number_of_seconds;

/// What the value of a directive is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Flag,
    Seconds,
    Names,
}

const MAX_STALE: &str = "max-stale";
/// The known directives, in the order in which they are written.
const DIRECTIVES: [(&str, Kind); 12] = [
    ("no-store", Kind::Flag),
    ("no-transform", Kind::Flag),
    ("only-if-cached", Kind::Flag),
    ("public", Kind::Flag),
    ("must-revalidate", Kind::Flag),
    ("proxy-revalidate", Kind::Flag),
    ("no-cache", Kind::Names),
    ("max-age", Kind::Seconds),
    ("s-maxage", Kind::Seconds),
    (MAX_STALE, Kind::Seconds),
    ("min-fresh", Kind::Seconds),
    ("private", Kind::Names),
];

/// What all lines say together: the values of each directive that is given. Of a number given twice the last counts.
#[derive(Default)]
struct Directives {
    known: [Option<Vec<String>>; DIRECTIVES.len()],
    extensions: Vec<String>,
}

/// The values of the lines: what can be read is one, at the place of the first such line; others stay as they are.
pub fn written(lines: &[&str]) -> Vec<String> {
    let (mut read, mut place) = (Directives::default(), None);
    let mut written = Vec::new();
    for line in lines {
        match list(line, name_and_value) {
            Some(pairs) if pairs.is_empty() && !written.is_empty() => {}
            Some(pairs) if !pairs.is_empty() && pairs.iter().all(|pair| read.take(*pair).is_some()) => {
                if place.is_none() {
                    place = Some(written.len());
                    written.push(String::new());
                }
            }
            _ => {
                written.push((*line).to_owned());
                if place.is_none() {
                    read = Directives::default();
                }
            }
        }
    }
    if let Some(place) = place {
        written[place] = read.write();
    }
    written
}

impl Directives {
    /// Takes one in; `None` if its value is not of its kind.
    fn take(&mut self, (name, value): Pair<'_>) -> Option<()> {
        let Some(index) = DIRECTIVES.iter().position(|(known, _)| known.eq_ignore_ascii_case(name)) else {
            self.extensions.push(value.map_or_else(|| name.to_owned(), |value| format!("{name}={value}")));
            return Some(());
        };
        let (name, kind) = DIRECTIVES[index];
        let given = match (kind, value) {
            (Kind::Flag, Some(_)) => return None,
            (Kind::Seconds, None) if name != MAX_STALE => return None,
            (_, None) => Vec::new(),
            (Kind::Seconds, Some(value)) => vec![number_of_seconds(value)?.to_string()],
            (Kind::Names, Some(value)) => names(value)?,
        };
        let known = self.known[index].get_or_insert_default();
        if kind == Kind::Names {
            known.extend(given);
        } else if !given.is_empty() {
            *known = given;
        }
        Some(())
    }

    fn write(self) -> String {
        let given = DIRECTIVES.iter().zip(self.known).filter_map(|(directive, values)| Some((directive, values?)));
        let known = given.map(|((name, kind), values)| match kind {
            _ if values.is_empty() => (*name).to_owned(),
            Kind::Names => format!("{name}=\"{}\"", values.join(", ")),
            Kind::Flag | Kind::Seconds => format!("{name}={}", values.concat()),
        });
        known.chain(self.extensions).collect::<Vec<_>>().join(", ")
    }
}

/// The names of headers that stand in quotes; `None` if there are none.
fn names(value: &str) -> Option<Vec<String>> {
    let names = value.strip_prefix('"')?.strip_suffix('"')?.split([' ', '\t', ',']).filter(|name| !name.is_empty());
    let names = names.map(|name| is_token(name).then(|| name.to_owned())).collect::<Option<Vec<_>>>()?;
    Some(names).filter(|names| !names.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_written_in_the_order_of_dotnet() {
        for (line, expected) in [
            ("NO-CACHE, Max-Age=05", "no-cache, max-age=5"),
            ("private=\"X-A,, X-B\", no-cache=\"Set-Cookie\"", "no-cache=\"Set-Cookie\", private=\"X-A, X-B\""),
            ("private, private=\"x y\"", "private=\"x, y\""),
            ("max-stale=5, max-stale", "max-stale=5"),
            ("max-age=1, immutable, public, max-age = 2", "public, max-age=2, immutable"),
            ("no-store,no-store", "no-store"),
            ("max-stale, min-fresh=3, Foo=\"a,b\"", "max-stale, min-fresh=3, Foo=\"a,b\""),
        ] {
            assert_eq!(written(&[line]), [expected], "{line}");
        }
    }

    #[test]
    fn what_cannot_be_read_stays() {
        for line in [
            "max-age=abc, =",
            "max-age=\"5\"",
            "max-age=-1",
            "max-age",
            "public=1",
            "private=\"\"",
            "no-cache=a",
            "x=a b",
            "public;max-age=1",
            "max-age=2147483648",
            ",",
        ] {
            assert_eq!(written(&[line]), [line]);
        }
    }

    #[test]
    fn lines_become_one() {
        assert_eq!(written(&["no-cache", "foo=", "max-age=5", ""]), ["no-cache, max-age=5", "foo="]);
    }
}
