//! What is played: people and talks, read from `content/demo/`. A new room is a new file.

use figment::Figment;
use figment::providers::{Format as _, Toml};
use ludus_domain::room::RoomKind;
use ludus_domain::slug::PersonaId;
use rust_embed::RustEmbed;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::DemoError;
use super::alone::Alone;

#[derive(RustEmbed)]
#[folder = "content/demo"]
struct Files;

const PEOPLE: &str = "people.toml";
const PRACTICES: &str = "practices.toml";

/// Everything that is played.
#[derive(Debug)]
pub(super) struct Playbill {
    pub(super) people: Names,
    pub(super) scenes: Vec<Scene>,
    /// Who practises alone.
    pub(super) practices: Vec<Alone>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Names {
    pub(super) org: String,
    pub(super) coaches: Vec<String>,
    pub(super) learners: Vec<String>,
}

/// A room and what is said in it.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) title: String,
    pub(super) kind: RoomKind,
    /// Learners who sit here.
    pub(super) seats: usize,
    /// Personas who sit here too, and answer when they are named.
    pub(super) personas: Vec<PersonaId>,
    pub(super) reactions: Vec<String>,
    pub(super) talks: Vec<Vec<Line>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) who: Part,
    pub(super) text: String,
}

/// Who says a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Coach,
    /// Whoever is cast for this letter.
    Letter(char),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Practices {
    #[serde(rename = "practice")]
    practices: Vec<Alone>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SceneFile {
    title: String,
    kind: RoomKind,
    seats: usize,
    #[serde(default)]
    personas: Vec<PersonaId>,
    reactions: Vec<String>,
    talk: Vec<TalkFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TalkFile {
    lines: Vec<String>,
}

impl Playbill {
    pub(super) fn read() -> Result<Self, DemoError> {
        let mut names: Vec<_> = Files::iter().collect();
        names.sort();
        let scenes = names
            .iter()
            .filter(|name| ![PEOPLE, PRACTICES].contains(&name.as_ref()))
            .map(|name| Scene::read(name))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            people: parse(PEOPLE)?,
            scenes,
            practices: parse::<Practices>(PRACTICES)?.practices,
        })
    }
}

impl Scene {
    fn read(file: &str) -> Result<Self, DemoError> {
        let scene: SceneFile = parse(file)?;
        let talks = scene
            .talk
            .into_iter()
            .map(|talk| {
                talk.lines
                    .iter()
                    .map(|line| Line::read(file, line))
                    .collect()
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            title: scene.title,
            kind: scene.kind,
            seats: scene.seats,
            personas: scene.personas,
            reactions: scene.reactions,
            talks,
        })
    }
}

impl Line {
    /// `a: what a says`, or `coach: ..`.
    fn read(file: &str, line: &str) -> Result<Self, DemoError> {
        let wrong = || {
            wrong(
                file,
                format!("`{line}` does not begin with a letter or `coach:`"),
            )
        };
        let (who, text) = line.split_once(": ").ok_or_else(wrong)?;
        let mut letters = who.chars();
        let who = match (who, letters.next(), letters.next()) {
            ("coach", ..) => Part::Coach,
            (_, Some(letter), None) if letter.is_ascii_lowercase() => Part::Letter(letter),
            _ => return Err(wrong()),
        };
        Ok(Self {
            who,
            text: text.to_owned(),
        })
    }
}

fn parse<T: DeserializeOwned>(file: &str) -> Result<T, DemoError> {
    let found = Files::get(file).ok_or_else(|| wrong(file, "is missing"))?;
    let text = std::str::from_utf8(&found.data).map_err(|error| wrong(file, error))?;
    Figment::from(Toml::string(text))
        .extract()
        .map_err(|error| wrong(file, error))
}

fn wrong(file: &str, what: impl ToString) -> DemoError {
    DemoError::Script {
        file: file.to_owned(),
        what: what.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ludus_domain::text;

    use super::*;

    #[test]
    fn everything_that_is_played_can_be_played() {
        let playbill = Playbill::read().unwrap();
        assert_eq!(playbill.people.learners.len(), 40);
        assert!(playbill.people.coaches.len() >= 2);
        assert!(playbill.scenes.len() >= 4);
        for name in playbill
            .people
            .learners
            .iter()
            .chain(&playbill.people.coaches)
        {
            text::name(name).unwrap();
        }
        assert!(playbill.practices.len() >= 4);
        for alone in &playbill.practices {
            assert!(playbill.people.learners.contains(&alone.learner));
            for line in &alone.lines {
                text::line(line).unwrap();
            }
        }
        for scene in &playbill.scenes {
            text::title(&scene.title).unwrap();
            assert!(
                !scene.reactions.is_empty() && !scene.talks.is_empty(),
                "{}",
                scene.title
            );
            for talk in &scene.talks {
                let parts: BTreeSet<_> = talk.iter().map(|line| line.who).collect();
                assert!((2..=scene.seats).contains(&parts.len()), "{}", scene.title);
                for line in talk {
                    text::line(&line.text).unwrap();
                }
            }
        }
    }

    #[test]
    fn a_line_without_a_speaker_is_refused() {
        assert!(Line::read("x.toml", "somebody said this").is_err());
        assert!(Line::read("x.toml", "Ada: hello").is_err());
        let line = Line::read("x.toml", "b: hello: again").unwrap();
        assert_eq!(
            (line.who, line.text.as_str()),
            (Part::Letter('b'), "hello: again")
        );
    }
}
