//! Queries as ASP.NET Core parses them (protocol.md#forwarding-request-line and #http-trigger).

use std::collections::HashMap;

use crate::letter_case::fold_case;
use crate::percent::unescape;

/// The decoded parameters of a query without its question mark: empty pairs vanish, `+` is a space, a key without value has
/// the empty value. Keys are merged ignoring case at the place of the first; the spelling kept is that of the
/// second (recordings FX-req-query-repeat, DX-query-flags, DX-query-many).
pub fn parse(query: &str) -> Vec<(String, Vec<String>)> {
    let mut parameters: Vec<(String, Vec<String>)> = Vec::new();
    // A caller may send thousands of names: no name is compared with all others.
    let mut places: HashMap<String, usize> = HashMap::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (key, value) = (decode(key), decode(value));
        let place = *places.entry(fold_case(&key)).or_insert(parameters.len());
        match parameters.get_mut(place) {
            Some((known, values)) => {
                if values.len() == 1 {
                    *known = key;
                }
                values.push(value);
            }
            None => parameters.push((key, vec![value])),
        }
    }
    parameters
}

fn decode(text: &str) -> String {
    unescape(&text.replace('+', " "))
}

/// Several values of one header line or query parameter as one text: joined by commas, empty ones left out; one value alone
/// stands as it is (protocol.md#http-trigger: .NET's `StringValues`).
pub fn join_values(values: &[String]) -> String {
    match values {
        [value] => value.clone(),
        values => values.iter().filter(|value| !value.is_empty()).map(String::as_str).collect::<Vec<_>>().join(","),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(query: &str) -> Vec<(String, String)> {
        parse(query).into_iter().map(|(key, values)| (key, values.join(","))).collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn merges_keys() {
        assert_eq!(flat("a=1&A=2&b=3&a=4"), pairs(&[("A", "1,2,4"), ("b", "3")]));
        assert_eq!(flat("flag&=v&&x="), pairs(&[("flag", ""), ("", "v"), ("x", "")]));
        assert_eq!(flat("a=1&a=2&flag&code=K"), pairs(&[("a", "1,2"), ("flag", ""), ("code", "K")]));
        assert_eq!(flat(""), pairs(&[]));
        assert_eq!(flat("a=1?b=2=3"), pairs(&[("a", "1?b=2=3")]));
    }

    #[test]
    fn a_hundred_thousand_names_are_no_more_work_each_than_a_few() {
        let query: String = (0..100_000).map(|number| format!("n{number}&")).collect();
        assert_eq!(parse(&query).len(), 100_000);
    }

    #[test]
    fn decodes() {
        assert_eq!(flat("a+b=c%20d%2B"), pairs(&[("a b", "c d+")]));
        assert_eq!(flat("%61=%ff&A=100%"), pairs(&[("A", "%ff,100%")]));
    }

    #[test]
    fn joins_what_is_not_empty() {
        for (values, expected) in [
            (&[][..], ""),
            (&[""], ""),
            (&["1"], "1"),
            (&["1", "2"], "1,2"),
            (&["", "1", "", "2", ""], "1,2"),
            (&["", ""], ""),
        ] {
            let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
            assert_eq!(join_values(&values), expected);
        }
    }
}
