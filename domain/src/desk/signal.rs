//! What coaches want to be told of, as content describes it: `content/signals/NAME.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::alert::Severity;
use crate::content::{ContentFault, Document};
use crate::prompt::moderation::WordList;
use crate::slug::SignalId;

/// Signals of a hub. More would be noise, and each is looked at for each learner every second.
pub const SIGNALS_MAX: usize = 64;
/// Lines that a signal may look back on.
pub const LINES_BACK_MAX: u8 = 8;
const MINUTES_MAX: u16 = 24 * 60;
const SECONDS_MAX: u16 = 4 * 3_600;
const TITLE_CHARS_MAX: usize = 60;
const SAYS_CHARS_MAX: usize = 200;

/// What must be so. Every kind looks at one learner.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum When {
    /// A scene with goals is live, and for so long none was met, though so many lines were said since.
    Stuck { seconds: u16, lines: u16 },
    /// The last so many lines that could be scored were all below this, of 100.
    LowScores { lines: u8, below: u8 },
    /// A scene is played, the partner has spoken, and nobody has answered for so long.
    Silent { seconds: u16 },
    /// So many lines of at most so many words within so many seconds.
    Rushing { lines: u8, seconds: u16, words: u16 },
    /// Of the last lines so many are keys hit at random, or links.
    OffTask { lines: u8, of: u8 },
    /// Of the last lines so many are harsh, profane, shouted or blame.
    Harsh { lines: u8, of: u8 },
    /// A hand has been up for so long.
    HandUp { seconds: u16 },
    /// Plays in a contest that is live, and has been away for so long.
    DisconnectedInContest { seconds: u16 },
    /// A line has one of these. Looked for in the transaction of the line, watched or not.
    Words {
        phrases: BTreeMap<String, Vec<String>>,
    },
    /// The game has noticed something that looks like farming. In the transaction of the deed.
    UnfairPlay {},
}

/// A signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    pub id: SignalId,
    pub title: String,
    /// What a coach reads, without anybody's name in it.
    pub says: String,
    pub severity: Severity,
    /// One learner is not told of again before this.
    pub cool_down_ms: i64,
    pub when: When,
    /// Of [`When::Words`].
    words: WordList,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sheet {
    title: String,
    says: String,
    severity: Severity,
    cool_down_minutes: u16,
    when: When,
}

/// All signals of a hub.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signals(BTreeMap<SignalId, Signal>);

impl Signals {
    /// Reads the files of folders named `signals`, given as path and text; others are none of ours.
    pub fn load<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Vec<ContentFault>> {
        let (mut signals, mut faults) = (BTreeMap::new(), vec![]);
        for (path, text) in files {
            let Some(name) = name_of(path) else { continue };
            match Signal::read(path, name, text) {
                Ok(signal) => {
                    if signals.insert(signal.id.clone(), signal).is_some() {
                        faults.push(whole(path, "another file has this name"));
                    }
                }
                Err(found) => faults.extend(found),
            }
            if signals.len() > SIGNALS_MAX {
                faults.push(whole(path, &format!("more than {SIGNALS_MAX} signals")));
                break;
            }
        }
        if faults.is_empty() {
            Ok(Self(signals))
        } else {
            faults.sort();
            Err(faults)
        }
    }

    pub fn get(&self, id: &SignalId) -> Option<&Signal> {
        self.0.get(id)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Signal> {
        self.0.values()
    }

    /// Those whose words are in a line.
    pub fn in_line<'a>(&'a self, line: &'a str) -> impl Iterator<Item = &'a Signal> {
        self.iter().filter(move |signal| {
            matches!(signal.when, When::Words { .. }) && signal.words.is_in(line)
        })
    }

    /// Those that tell of what the game suspects.
    pub fn of_suspicion(&self) -> impl Iterator<Item = &Signal> {
        self.iter()
            .filter(|signal| matches!(signal.when, When::UnfairPlay {}))
    }
}

fn name_of(path: &str) -> Option<&str> {
    let (folders, file) = path.rsplit_once('/')?;
    let folder = folders.rsplit('/').next()?;
    (folder == "signals").then_some(file.strip_suffix(".toml")?)
}

fn whole(path: &str, says: &str) -> ContentFault {
    ContentFault {
        file: path.to_owned(),
        line: 0,
        field: String::new(),
        says: says.to_owned(),
    }
}

impl Signal {
    fn read(path: &str, name: &str, text: &str) -> Result<Self, Vec<ContentFault>> {
        let id = name
            .parse()
            .map_err(|error| vec![whole(path, &format!("the file's name is its id: {error}"))])?;
        let document = Document::parse(path, text).map_err(|fault| vec![fault])?;
        let sheet: Sheet = document.read().map_err(|fault| vec![fault])?;
        let mut faults = vec![];
        let mut must = |is_so: bool, field: &str, says: String| {
            if !is_so {
                faults.push(document.fault(field, says));
            }
        };
        let is_short = |text: &str, max| !text.trim().is_empty() && text.chars().count() <= max;
        must(
            is_short(&sheet.title, TITLE_CHARS_MAX),
            "title",
            format!("1 to {TITLE_CHARS_MAX} characters"),
        );
        must(
            is_short(&sheet.says, SAYS_CHARS_MAX),
            "says",
            format!("1 to {SAYS_CHARS_MAX} characters"),
        );
        must(
            (1..=MINUTES_MAX).contains(&sheet.cool_down_minutes),
            "cool_down_minutes",
            format!("1 to {MINUTES_MAX}"),
        );
        for (field, value, max) in sheet.when.numbers() {
            let is_in = (1..=max).contains(&value);
            must(is_in, &format!("when.{field}"), format!("1 to {max}"));
        }
        if let When::OffTask { lines, of } | When::Harsh { lines, of } = sheet.when {
            must(lines <= of, "when.lines", "at most `of`".to_owned());
        }
        let words = match &sheet.when {
            When::Words { phrases } => words_of(&document, phrases, &mut faults),
            _ => WordList::default(),
        };
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Self {
            id,
            title: sheet.title,
            says: sheet.says,
            severity: sheet.severity,
            cool_down_ms: i64::from(sheet.cool_down_minutes) * 60_000,
            when: sheet.when,
            words,
        })
    }
}

fn words_of(
    document: &Document<'_>,
    phrases: &BTreeMap<String, Vec<String>>,
    faults: &mut Vec<ContentFault>,
) -> WordList {
    let mut all = WordList::default();
    for (language, list) in phrases {
        match WordList::finding(list.iter().map(String::as_str)) {
            Ok(list) => all = all.with(list),
            Err(places) => faults.extend(places.into_iter().map(|place| {
                let field = format!("when.phrases.{language}.{place}");
                document.fault(&field, "a phrase has 1 to 4 words")
            })),
        }
    }
    if phrases.values().all(Vec::is_empty) {
        faults.push(document.fault("when.phrases", "phrases of one language at least"));
    }
    all
}

impl When {
    /// Its numbers: their names, and the most each may be.
    fn numbers(&self) -> Vec<(&'static str, u16, u16)> {
        let back = u16::from(LINES_BACK_MAX);
        match *self {
            Self::Stuck { seconds, lines } => {
                vec![("seconds", seconds, SECONDS_MAX), ("lines", lines, 1_000)]
            }
            Self::LowScores { lines, below } => {
                vec![("lines", lines.into(), back), ("below", below.into(), 100)]
            }
            Self::Rushing {
                lines,
                seconds,
                words,
            } => vec![
                ("lines", lines.into(), back),
                ("seconds", seconds, SECONDS_MAX),
                ("words", words, 100),
            ],
            Self::OffTask { lines, of } | Self::Harsh { lines, of } => {
                vec![("lines", lines.into(), back), ("of", of.into(), back)]
            }
            Self::Silent { seconds }
            | Self::HandUp { seconds }
            | Self::DisconnectedInContest { seconds } => {
                vec![("seconds", seconds, SECONDS_MAX)]
            }
            Self::Words { .. } | Self::UnfairPlay {} => vec![],
        }
    }
}
