//! `Cache-Control` as .NET's client writes it anew: all lines as one, in its own order; pure.

use super::elements::{list, name_and_value};
use super::reader::Reader;
use super::single::number_of_seconds;

/// The directives without a value, in the order in which they are written.
const FLAGS: [&str; 6] =
    ["no-store", "no-transform", "only-if-cached", "public", "must-revalidate", "proxy-revalidate"];
/// Those with a number of seconds, likewise.
const SECONDS: [&str; 4] = ["max-age", "s-maxage", "max-stale", "min-fresh"];
const MAX_STALE: &str = "max-stale";

/// What all lines say together. Of a directive given twice the last counts.
#[derive(Debug, Default)]
struct Directives {
    flags: [bool; FLAGS.len()],
    seconds: [Option<i32>; SECONDS.len()],
    max_stale: bool,
    no_cache: Option<Vec<String>>,
    private: Option<Vec<String>>,
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

type Pair<'a> = (&'a str, Option<&'a str>);

impl Directives {
    /// Takes one in; `None` if its value is not of its kind.
    fn take(&mut self, (name, value): Pair<'_>) -> Option<()> {
        let folded = name.to_ascii_lowercase();
        if let Some(index) = FLAGS.iter().position(|flag| *flag == folded) {
            self.flags[index] = value.is_none().then_some(true)?;
        } else if folded == MAX_STALE && value.is_none() {
            self.max_stale = true;
        } else if let Some(index) = SECONDS.iter().position(|name| *name == folded) {
            self.seconds[index] = Some(number_of_seconds(value?)?);
        } else if folded == "no-cache" {
            take_names(&mut self.no_cache, value)?;
        } else if folded == "private" {
            take_names(&mut self.private, value)?;
        } else {
            self.extensions.push(value.map_or_else(|| name.to_owned(), |value| format!("{name}={value}")));
        }
        Some(())
    }

    fn write(&self) -> String {
        let flags = FLAGS.iter().zip(self.flags).filter(|(_, is_given)| *is_given).map(|(name, _)| (*name).to_owned());
        let seconds = SECONDS.iter().zip(self.seconds).filter_map(|(name, seconds)| match seconds {
            Some(seconds) => Some(format!("{name}={seconds}")),
            None => (*name == MAX_STALE && self.max_stale).then(|| (*name).to_owned()),
        });
        let named = |name: &str, names: &Option<Vec<String>>| match names.as_deref() {
            Some([]) => Some(name.to_owned()),
            Some(names) => Some(format!("{name}=\"{}\"", names.join(", "))),
            None => None,
        };
        let mut all: Vec<String> = flags.collect();
        all.extend(named("no-cache", &self.no_cache));
        all.extend(seconds);
        all.extend(named("private", &self.private));
        all.extend(self.extensions.iter().cloned());
        all.join(", ")
    }
}

/// Adds the names of headers that stand in quotes, if there are any.
fn take_names(names: &mut Option<Vec<String>>, value: Option<&str>) -> Option<()> {
    let found = match value {
        Some(value) => {
            let mut reader = Reader::new(value.strip_prefix('"')?.strip_suffix('"')?);
            let mut found = Vec::new();
            reader.separators();
            while !reader.is_at_end() {
                found.push(reader.token()?.to_owned());
                reader.separators();
            }
            Some(found).filter(|found| !found.is_empty())?
        }
        None => Vec::new(),
    };
    names.get_or_insert_default().extend(found);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_written_in_the_order_of_dotnet() {
        for (line, expected) in [
            ("NO-CACHE, Max-Age=05", "no-cache, max-age=5"),
            ("private=\"X-A,, X-B\", no-cache=\"Set-Cookie\"", "no-cache=\"Set-Cookie\", private=\"X-A, X-B\""),
            ("private, private=\"x\"", "private=\"x\""),
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
