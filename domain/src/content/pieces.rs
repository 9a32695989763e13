//! A content file, item by item: what somebody begins with who writes a shipped item anew.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::Kind;

/// An item as it stands in a file, with nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub kind: Kind,
    pub id: String,
    pub text: String,
}

/// The items of a file; none of a file that is no content of an org's, or no TOML.
pub fn pieces(path: &str, text: &str) -> Vec<Piece> {
    let Some(kind) = Kind::of_path(path) else {
        return vec![];
    };
    let Some(list) = kind.list() else {
        let name = path.rsplit('/').next().unwrap_or_default();
        let id = name.trim_end_matches(".toml").to_owned();
        let text = text.to_owned();
        return vec![Piece { kind, id, text }];
    };
    let Ok(table) = DeTable::parse(text) else {
        return vec![];
    };
    let items = table.get_ref().iter();
    let items = items.filter(|(key, _)| key.get_ref() == list);
    let items = items.filter_map(|(_, value)| value.get_ref().as_array());
    let starts = starts(text, table.get_ref());
    items
        .flatten()
        .filter_map(|item| {
            let id = item.get_ref().get("id")?.get_ref().as_str()?.to_owned();
            let range = range(&starts, item.span().start, text.len());
            let cut = text.get(range).unwrap_or_default().trim();
            let text = if is_only(cut, list, &id) {
                format!("{cut}\n")
            } else {
                // Written in a way that cannot be cut: as what it says, without its comments.
                anew(list, item.get_ref())?
            };
            Some(Piece { kind, id, text })
        })
        .collect()
}

/// Where tables of a file begin, the comments above them included.
fn starts(text: &str, table: &DeTable<'_>) -> Vec<(usize, usize)> {
    let mut found = vec![];
    for (key, value) in table {
        match value.get_ref() {
            DeValue::Array(list) => {
                found.extend(list.iter().map(|item| item.span().start));
            }
            DeValue::Table(_) => found.push(key.span().start),
            _ => {}
        }
    }
    found.sort_unstable();
    found
        .into_iter()
        .map(|at| (at, with_comments(text, at)))
        .collect()
}

/// The start of the line of a place, or of the comments directly above it.
fn with_comments(text: &str, at: usize) -> usize {
    let mut start = line_start(text, at);
    while start > 0 {
        let above = line_start(text, start - 1);
        if !text
            .get(above..start)
            .is_some_and(|line| line.starts_with('#'))
        {
            break;
        }
        start = above;
    }
    start
}

fn line_start(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    before.rfind('\n').map_or(0, |end| end + 1)
}

fn range(starts: &[(usize, usize)], at: usize, end: usize) -> Range<usize> {
    let from = starts.iter().find(|(start, _)| *start == at);
    let from = from.map_or(at, |(_, from)| *from);
    let next = starts.iter().map(|(_, from)| *from).find(|from| *from > at);
    from..next.unwrap_or(end)
}

fn is_only(text: &str, list: &str, id: &str) -> bool {
    let Ok(table) = text.parse::<toml::Table>() else {
        return false;
    };
    let items = table.get(list).and_then(toml::Value::as_array);
    let is_it = |item: &toml::Value| item.get("id").and_then(toml::Value::as_str) == Some(id);
    table.len() == 1 && items.is_some_and(|items| items.len() == 1 && items.iter().all(is_it))
}

fn anew(list: &str, item: &DeValue<'_>) -> Option<String> {
    let value = toml::Value::try_from(shown(item)?).ok()?;
    let table = toml::Table::from_iter([(list.to_owned(), toml::Value::Array(vec![value]))]);
    toml::to_string_pretty(&table).ok()
}

fn shown(item: &DeValue<'_>) -> Option<toml::Value> {
    use serde::Deserialize as _;
    let spanned = toml::Spanned::new(0..0, item.clone());
    toml::Value::deserialize(toml::de::ValueDeserializer::from(spanned)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = "# Of the file.\n\n# For lines.\n[[rule]]\nid = \"one\"\npoints = 1\n\n\
                         [[rule.caps]]\nper = \"day\"\ntimes = 2\n\n[policy]\na = 1\n\n\
                         # For others.\n[[rule]]\nid = \"two\"\npoints = 2 # two\n";

    #[test]
    fn an_item_is_cut_out_of_its_file_with_its_comments() {
        let found = pieces("rules/talk.toml", RULES);
        let ids: Vec<&str> = found.iter().map(|piece| piece.id.as_str()).collect();
        assert_eq!(ids, ["one", "two"]);
        assert_eq!(
            found[0].text,
            "# For lines.\n[[rule]]\nid = \"one\"\npoints = 1\n\n[[rule.caps]]\nper = \"day\"\ntimes = 2\n"
        );
        assert_eq!(
            found[1].text,
            "# For others.\n[[rule]]\nid = \"two\"\npoints = 2 # two\n"
        );
    }

    #[test]
    fn what_cannot_be_cut_is_said_anew() {
        let inline = "rule = [{ id = \"one\", points = 1 }, { id = \"two\", points = 2 }]\n";
        let found = pieces("rules/talk.toml", inline);
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].text, "[[rule]]\nid = \"two\"\npoints = 2\n");
    }

    #[test]
    fn a_file_that_is_one_thing_is_a_piece() {
        let found = pieces("personas/bo.toml", "name = \"Bo\"\n");
        assert_eq!(
            (found[0].kind, found[0].id.as_str()),
            (Kind::Personas, "bo")
        );
        let found = pieces("levels.toml", "base = 1\n");
        assert_eq!(
            (found[0].kind, found[0].id.as_str()),
            (Kind::Levels, "levels")
        );
        assert!(pieces("manners/en.toml", "a = 1").is_empty());
        assert!(pieces("rules/a.toml", "a = [").is_empty());
    }
}
