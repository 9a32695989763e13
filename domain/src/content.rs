//! Content files: rules, badges, personas and the like, read whole, with every fault in its place.
//!
//! A file is TOML. What serde cannot know (that a name exists, that a number makes sense) is
//! checked afterwards, and says so with the same file, line and field: [`Document::fault`] finds
//! the line of a field again by its path.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use utoipa::ToSchema;

mod kind;
pub mod picture;
mod pieces;
pub mod shape;

pub use kind::Kind;
pub use pieces::{Piece, pieces};

/// A content file larger than this is refused unread.
pub const FILE_BYTES_MAX: usize = 256 * 1024;

/// Which state of what an org wrote itself something was made of: counted up by each change, 0 while
/// nothing was written. What runs keeps the edition it began with.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[serde(transparent)]
pub struct Edition(pub u64);

impl Edition {
    /// Nothing but what is shipped.
    pub const SHIPPED: Self = Self(0);

    pub fn is_shipped(&self) -> bool {
        *self == Self::SHIPPED
    }
}

/// An item that an org wrote of its own: in place of the one of that kind and id, wherever else it
/// stands. `levels`, `streak` and `seasons` are kinds with one item, of the same name.
#[derive(Clone, Copy, Debug)]
pub struct Own<'a> {
    /// As folders of content are named: `rules`, `badges`..
    pub kind: &'a str,
    pub id: &'a str,
    /// A file with nothing but this item in it; none takes it out of play.
    pub text: Option<&'a str>,
}

impl Own<'_> {
    /// Where faults of it are said to be.
    pub fn path(&self) -> String {
        if self.kind == self.id {
            format!("own/{}.toml", self.kind)
        } else {
            format!("own/{}/{}.toml", self.kind, self.id)
        }
    }
}

/// One thing that is wrong with a content file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub struct ContentFault {
    pub file: String,
    /// Counted from 1; 0 for the file as a whole.
    pub line: usize,
    /// The path of the field: `rule.2.caps.0.times`. Empty for the file as a whole.
    pub field: String,
    /// What is wrong, and what would be right.
    pub says: String,
}

impl fmt::Display for ContentFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if !self.field.is_empty() {
            write!(f, ": {}", self.field)?;
        }
        write!(f, ": {}", self.says)
    }
}

/// A file that is TOML, and where everything in it stands.
#[derive(Debug)]
pub struct Document<'a> {
    file: &'a str,
    text: &'a str,
    table: Spanned<DeTable<'a>>,
}

impl<'a> Document<'a> {
    pub fn parse(file: &'a str, text: &'a str) -> Result<Self, ContentFault> {
        if text.len() > FILE_BYTES_MAX {
            return Err(ContentFault {
                file: file.to_owned(),
                line: 0,
                field: String::new(),
                says: format!("the file is larger than {FILE_BYTES_MAX} bytes"),
            });
        }
        match DeTable::parse(text) {
            Ok(table) => Ok(Self { file, text, table }),
            Err(error) => Err(fault_of(file, text, &error)),
        }
    }

    /// The whole file as a value. The types it is read into deny unknown fields.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, ContentFault> {
        let deserializer = toml::Deserializer::from(self.table.clone());
        T::deserialize(deserializer).map_err(|error| fault_of(self.file, self.text, &error))
    }

    /// A fault of a field, by its path: names of tables and places in lists, joined by dots. When
    /// the field is absent, the line is that of what should have it.
    pub fn fault(&self, field: &str, says: impl Into<String>) -> ContentFault {
        ContentFault {
            file: self.file.to_owned(),
            line: self.line_of(field),
            field: field.to_owned(),
            says: says.into(),
        }
    }

    fn line_of(&self, field: &str) -> usize {
        let mut table = Some(self.table.get_ref());
        let mut list: Option<&[Spanned<DeValue<'a>>]> = None;
        let mut at = 0;
        for part in field.split('.').filter(|part| !part.is_empty()) {
            let found = match (table, list) {
                (Some(table), _) => {
                    table
                        .iter()
                        .find(|(key, _)| key.get_ref() == part)
                        .map(|(key, value)| {
                            // A list of tables has no brackets of its own to point at.
                            let span = if value.get_ref().is_array() {
                                value.span()
                            } else {
                                key.span()
                            };
                            (span.start, value)
                        })
                }
                (None, Some(list)) => part
                    .parse::<usize>()
                    .ok()
                    .and_then(|place| list.get(place))
                    .map(|value| (value.span().start, value)),
                (None, None) => None,
            };
            let Some((start, value)) = found else { break };
            at = start;
            table = value.get_ref().as_table();
            list = value.get_ref().as_array().map(|array| &**array);
        }
        line_at(self.text, at)
    }
}

fn fault_of(file: &str, text: &str, error: &toml::de::Error) -> ContentFault {
    ContentFault {
        file: file.to_owned(),
        line: error.span().map_or(0, |span| line_at(text, span.start)),
        field: String::new(),
        says: error.message().to_owned(),
    }
}

fn line_at(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Shelf {
        #[serde(rename = "book")]
        books: Vec<Book>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Book {
        title: String,
        pages: u32,
    }

    const SHELF: &str =
        "\n[[book]]\ntitle = \"One\"\npages = 1\n\n[[book]]\ntitle = \"Two\"\npages = 0\n";

    #[test]
    fn a_fault_names_file_line_and_field() {
        let document = Document::parse("shelf.toml", SHELF).expect("TOML");
        let shelf: Shelf = document.read().expect("a shelf");
        assert_eq!(
            (shelf.books.len(), shelf.books[1].title.as_str()),
            (2, "Two")
        );
        let fault = document.fault("book.1.pages", "a book has pages");
        assert_eq!(
            fault.to_string(),
            "shelf.toml:8: book.1.pages: a book has pages"
        );
        assert_eq!(shelf.books[1].pages, 0);
        // What is not there is missed where it should be.
        assert_eq!(document.fault("book.1.author", "who wrote it?").line, 6);
    }

    #[test]
    fn what_serde_refuses_has_its_line_too() {
        let text = SHELF.replace("pages = 0", "leaves = 0");
        let document = Document::parse("shelf.toml", &text).expect("TOML");
        let fault = document.read::<Shelf>().expect_err("an unknown field");
        assert!(fault.to_string().starts_with("shelf.toml:8: "), "{fault}");
        let fault = Document::parse("shelf.toml", "a = [").expect_err("not TOML");
        assert_eq!(fault.line, 1, "{fault}");
    }
}
