//! The members with which Newtonsoft.Json's serializer speaks of an object instead of giving one.

use super::value::Json;

/// A member such as `$type` at the beginning of an object has a value with which Newtonsoft.Json fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` at the beginning of an object is {1}, with which Newtonsoft.Json cannot go on")]
pub struct MetadataError(&'static str, &'static str);

impl MetadataError {
    /// Whether it is not an error of JSON to .NET, and so not caught with those.
    #[must_use]
    pub fn is_null_reference(&self) -> bool {
        self.0 == "$type"
    }
}

/// What Newtonsoft.Json makes of a value where any type may stand: `undefined` is null, `$type` and `$id` at the beginning of an object
/// are not members of it, `$ref` makes it null, `$values` what that has (recording Z1-result-341).
///
/// # Errors
/// If such a member has another value than a text, or others stand behind one that is the value.
pub fn without_metadata(value: Json) -> Result<Json, MetadataError> {
    let mut members = match value {
        Json::Object(members) => members,
        Json::Undefined => return Ok(Json::Null),
        other => return Ok(other),
    };
    while let Some((name, value)) = members.first() {
        let name = match name.as_str() {
            "$type" => "$type",
            "$id" => "$id",
            "$ref" => "$ref",
            "$values" if members.len() == 1 => return Ok(members.swap_remove("$values").unwrap_or_default()),
            "$values" => return Err(MetadataError("$values", "not the only member")),
            _ => break,
        };
        match (name, value) {
            (_, Json::Array(_) | Json::Object(_)) | ("$type", Json::Null | Json::Undefined) => {
                return Err(MetadataError(name, value.kind()));
            }
            ("$ref", Json::Text(_)) if members.len() == 1 => return Ok(Json::Null),
            ("$ref", other) if !other.is_null() => return Err(MetadataError(name, other.kind())),
            _ => members.shift_remove(name),
        };
    }
    Ok(Json::Object(members))
}

#[cfg(test)]
mod tests {
    use super::super::{parse, to_compact};
    use super::*;

    #[test]
    fn metadata_counts_only_at_the_beginning() {
        for (given, left) in [
            (r#"{"$type":"a","b":1}"#, r#"{"b":1}"#),
            (r#"{"$id":5,"$type":"a","$ref":null}"#, "{}"),
            (r#"{"b":1,"$type":[]}"#, r#"{"b":1,"$type":[]}"#),
            (r#"{"$ref":"1"}"#, "null"),
            (r#"{"$values":[1]}"#, "[1]"),
            (r#"[{"$type":[]}]"#, r#"[{"$type":[]}]"#),
        ] {
            let value = without_metadata(parse(given).unwrap()).unwrap();
            assert_eq!(to_compact(&value), left, "{given}");
        }
        for given in [
            r#"{"$type":[],"b":1}"#,
            r#"{"$type":null}"#,
            r#"{"$ref":"1","b":1}"#,
            r#"{"$id":{}}"#,
            r#"{"$values":1,"b":1}"#,
        ] {
            assert!(without_metadata(parse(given).unwrap()).is_err(), "{given}");
        }
    }
}
