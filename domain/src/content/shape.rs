//! An item as a text somebody types, and as the value a form fills in: the same thing twice.

use serde::{Deserialize as _, Serialize};
use serde_json::Value as Json;

use super::{ContentFault, Document};

/// Why a value cannot be written as a content file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value is no content: {0}")]
pub struct NotContent(String);

/// The text of a value. What is null is left out.
pub fn text_of(value: &Json) -> Result<String, NotContent> {
    let no = |says: &dyn std::fmt::Display| NotContent(says.to_string());
    let table = toml::Table::deserialize(filled(value)).map_err(|error| no(&error))?;
    toml::to_string_pretty(&table).map_err(|error| no(&error))
}

/// The text of something that is content, without what is empty in it.
pub fn text_of_content(content: &impl Serialize) -> Result<String, NotContent> {
    let value = serde_json::to_value(content).map_err(|error| NotContent(error.to_string()))?;
    text_of(&without_empty(value).unwrap_or_default())
}

/// The value of a text.
pub fn value_of(path: &str, text: &str) -> Result<Json, ContentFault> {
    Document::parse(path, text)?.read()
}

fn filled(value: &Json) -> Json {
    match value {
        Json::Object(fields) => fields
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), filled(value)))
            .collect(),
        Json::Array(items) => items
            .iter()
            .filter(|value| !value.is_null())
            .map(filled)
            .collect(),
        value => value.clone(),
    }
}

fn without_empty(value: Json) -> Option<Json> {
    match value {
        Json::Object(fields) => {
            let fields: serde_json::Map<String, Json> = fields
                .into_iter()
                .filter_map(|(name, value)| Some((name, without_empty(value)?)))
                .collect();
            (!fields.is_empty()).then_some(Json::Object(fields))
        }
        Json::Array(items) => (!items.is_empty()).then_some(Json::Array(items)),
        Json::Null => None,
        value => Some(value),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_and_its_value_are_the_same_thing() {
        let value = json!({
            "title": "A \"quoted\"\ntext", "levels": [1, 5], "when": {"all": [{"first": "day"}]},
            "rule": [{"id": "one", "caps": [{"per": "day", "times": 2}]}],
        });
        let text = text_of(&value).unwrap();
        assert_eq!(value_of("a.toml", &text), Ok(value), "{text}");
    }

    #[test]
    fn what_is_null_is_left_out_and_what_toml_has_not_is_refused() {
        let value = json!({"a": null, "b": [null, 1], "c": {"d": null}});
        assert_eq!(text_of(&value).unwrap(), "b = [1]\n\n[c]\n");
        assert!(text_of(&json!([1])).is_err());
        assert!(text_of(&json!({"big": u64::MAX})).is_err());
        assert!(value_of("a.toml", "a = [").is_err());
        let content = json!({"a": [], "b": {"c": {}}, "d": ""});
        assert_eq!(text_of_content(&content).unwrap(), "d = \"\"\n");
    }
}
