//! Persona cards of other programs (`chara_card_v2` and `chara_card_v3`), read into a [`Persona`].
//!
//! A card is JSON, or a PNG that carries it. What it holds is somebody's text: bounded, made
//! [`plain()`], and used as character, never as an instruction to the hub. Lore
//! books, scripts and extensions are not read. Any bytes are read or refused, never worse.

use serde::Deserialize;
use serde_json::Value;

use super::{Dials, ModelPreference, Persona, Phrase, Play, Sheet};
use crate::prompt::plain;
use crate::slug::PersonaId;

mod png;

/// Cards come with a picture; the largest ones people share are below this.
pub const CARD_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The text of a card.
pub const CARD_TEXT_BYTES_MAX: usize = 2 * 1024 * 1024;

const TEXT_CHARS_MAX: usize = 4_000;
const OPENINGS_MAX: usize = 8;

/// Why bytes are no card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotACard {
    #[error("the card is too large")]
    TooLarge,
    #[error("the picture carries no card, or is damaged")]
    NoCardInPicture,
    #[error("the text of the card is not base64")]
    NotBase64,
    #[error("the card is not JSON of a chara_card_v2 or chara_card_v3")]
    NotACard,
    #[error("the card has no name")]
    NoName,
}

#[derive(Deserialize)]
struct Card {
    spec: String,
    data: Data,
}

/// The fields that are used. Of the others nothing is kept.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Data {
    name: Value,
    nickname: Value,
    description: Value,
    personality: Value,
    scenario: Value,
    first_mes: Value,
    mes_example: Value,
    alternate_greetings: Value,
}

/// Reads a card, given as JSON or as a PNG, into a persona that is called `id` here, or after its name.
/// `language` is what it is written in: cards do not say.
pub fn read(bytes: &[u8], id: Option<PersonaId>, language: &str) -> Result<Persona, NotACard> {
    if bytes.len() > CARD_BYTES_MAX {
        return Err(NotACard::TooLarge);
    }
    let card: Card = if png::is_png(bytes) {
        let json = png::card(bytes)?;
        serde_json::from_slice(&json)
    } else if bytes.len() > CARD_TEXT_BYTES_MAX {
        return Err(NotACard::TooLarge);
    } else {
        serde_json::from_slice(bytes)
    }
    .map_err(|_| NotACard::NotACard)?;
    if !["chara_card_v2", "chara_card_v3"].contains(&card.spec.as_str()) {
        return Err(NotACard::NotACard);
    }
    persona(&card.data, id, language)
}

fn persona(data: &Data, id: Option<PersonaId>, language: &str) -> Result<Persona, NotACard> {
    let full = text_of(&data.name, "", 60);
    let nick = text_of(&data.nickname, "", 60);
    let name = [nick, full]
        .into_iter()
        .find_map(|name| crate::text::name(&name).ok());
    let name = name.ok_or(NotACard::NoName)?;
    let field = |value: &Value, most: usize| text_of(value, &name, most);

    let mut character = field(&data.description, TEXT_CHARS_MAX);
    for (title, value) in [
        ("Personality", &data.personality),
        ("Where", &data.scenario),
    ] {
        let more = field(value, TEXT_CHARS_MAX);
        if !more.is_empty() {
            character = format!("{character}\n{title}: {more}");
        }
    }
    let character: String = character.trim().chars().take(TEXT_CHARS_MAX).collect();
    let example = field(&data.mes_example, 1_500);
    let voice = if example.is_empty() {
        "As the character would.".to_owned()
    } else {
        format!("As in this example:\n{example}")
    };
    let first = std::iter::once(&data.first_mes);
    let more = data.alternate_greetings.as_array().into_iter().flatten();
    let opening: Vec<Phrase> = first
        .chain(more)
        .take(OPENINGS_MAX)
        .filter_map(|value| phrase(&field(value, super::phrase::PHRASE_CHARS_MAX)))
        .collect();
    let title = character.split(['.', '\n']).next().unwrap_or_default();
    let title: String = title.trim().chars().take(120).collect();
    Ok(Persona {
        id: id.or_else(|| called(&name)).ok_or(NotACard::NoName)?,
        sheet: Sheet {
            title: if title.is_empty() {
                name.clone()
            } else {
                title
            },
            language: language.to_owned(),
            character: if character.is_empty() {
                name.clone()
            } else {
                character
            },
            voice,
            name,
            goals: Vec::new(),
            boundaries: Vec::new(),
            opening,
            dials: Dials::default(),
            facts: Vec::new(),
            model: ModelPreference::default(),
            offline: Play::default(),
        },
    })
}

/// An id made of a name: its letters and digits, as far as ids have them.
fn called(name: &str) -> Option<PersonaId> {
    let kept = |c: char| if c.is_ascii_alphanumeric() { c } else { ' ' };
    let plain: String = name.to_ascii_lowercase().chars().map(kept).collect();
    let id = plain.split_whitespace().collect::<Vec<_>>().join("-");
    let id: String = id.chars().take(40).collect();
    let id = id.trim_end_matches('-');
    id.parse().ok().or_else(|| "persona".parse().ok())
}

/// A field of a card as plain text, with its own placeholders filled.
fn text_of(value: &Value, name: &str, chars_max: usize) -> String {
    let Some(text) = value.as_str() else {
        return String::new();
    };
    // Filling makes it longer, so it is bounded before and after.
    let text: String = text.chars().take(chars_max.saturating_mul(4)).collect();
    let text = fill(&text, name);
    plain(&text).trim().chars().take(chars_max).collect()
}

/// `{{char}}` and `{{user}}`, in any case.
fn fill(text: &str, name: &str) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        let Some((inner, left)) = after.split_once("}}") else {
            filled.push_str("{{");
            rest = after;
            continue;
        };
        match inner.trim().to_ascii_lowercase().as_str() {
            "char" => filled.push_str(name),
            "user" => filled.push_str("you"),
            _ => {}
        }
        rest = left;
    }
    filled.push_str(rest);
    filled
}

/// A first line, with nothing in it that a phrase would fill.
fn phrase(text: &str) -> Option<Phrase> {
    let text: String = text
        .chars()
        .map(|c| match c {
            '[' | '{' => '(',
            ']' | '}' => ')',
            c => c,
        })
        .collect();
    Phrase::try_from(text).ok()
}

#[cfg(test)]
mod tests;
