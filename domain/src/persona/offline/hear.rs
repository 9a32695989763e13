//! What was said, as a persona hears it: intents, slots, shape, and words worth picking up.

use super::{Cast, SAID_CHARS_MAX, Said, State};
use crate::persona::Intent;
use crate::persona::dice::hash;
use crate::persona::pattern::marks;
use crate::persona::words::{Word, words};
use crate::slug::IntentId;

/// A slot keeps so much: a name, a price, a product.
const SLOT_CHARS_MAX: usize = 60;
const ECHO_WORDS_MAX: usize = 3;

/// How close to the matter an intent was defined. Closer ones are answered first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Near {
    Language,
    Persona,
    Scenario,
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one thing about a line, in any combination"
)]
pub(super) struct Heard<'l> {
    /// Best first.
    pub(super) intents: Vec<(Near, &'l Intent)>,
    /// What the shape of it says: `question`, `long`.
    own: Vec<&'static str>,
    pub(super) slots: Vec<(String, String)>,
    pub(super) words: usize,
    pub(super) questions: u16,
    pub(super) is_open_question: bool,
    pub(super) is_rude: bool,
    pub(super) is_empty: bool,
    pub(super) is_long: bool,
    pub(super) is_short: bool,
    pub(super) is_again: bool,
    pub(super) echo: Option<String>,
    pub(super) hash: u64,
}

impl<'l> Heard<'l> {
    pub(super) fn of(cast: &Cast<'l>, state: &State, said: &[Said<'_>]) -> Self {
        let text = join(said);
        let words = words(&text);
        let manners = cast.manners;
        let is_rude = words
            .iter()
            .any(|word| is_listed(&manners.rude, &word.text));
        let questions = text.matches(['?', '？']).count();
        let is_open_question = questions > 0
            && words.iter().enumerate().any(|(place, word)| {
                let begins = place == 0
                    || words
                        .get(place - 1)
                        .is_some_and(|before| before.breaks || is_joint(&before.text));
                begins && is_listed(&manners.open_questions, &word.text)
            });
        let hash = hash(
            &words
                .iter()
                .map(|word| word.text.as_str())
                .collect::<Vec<_>>()
                .join(" "),
        );
        let long_from = 50 + 25 * usize::from(cast.dials.patience);
        let mut heard = Self {
            intents: Vec::new(),
            own: Vec::new(),
            slots: Vec::new(),
            words: words.len(),
            questions: u16::try_from(questions.min(3)).unwrap_or(3),
            is_open_question,
            is_rude,
            is_empty: words.is_empty(),
            is_long: words.len() > long_from,
            is_short: false,
            is_again: !words.is_empty() && state.lines.contains(&hash),
            echo: None,
            hash,
        };
        heard.find(cast, state, &text, &words);
        heard.is_rude |= heard.has("insults");
        heard.is_short = words.len() <= 2 && heard.intents.is_empty() && questions == 0;
        heard.echo = echo(cast, &text, &words);
        let own = [
            ("question", questions > 0),
            ("open-question", is_open_question),
            (
                "number",
                words
                    .iter()
                    .any(|word| word.text.chars().any(|c| c.is_ascii_digit())),
            ),
            ("long", heard.is_long),
            ("short", heard.is_short),
            ("again", heard.is_again),
            ("rude", heard.is_rude),
        ];
        heard.own = own
            .into_iter()
            .filter(|(_, is)| *is)
            .map(|(id, _)| id)
            .collect();
        heard
    }

    fn find(&mut self, cast: &Cast<'l>, state: &State, text: &str, words: &[Word]) {
        let beat = cast.beats().get(state.beat).map(|beat| &beat.id);
        let scenario: &'l [Intent] = cast
            .scenario
            .map_or(&[], |scenario| &scenario.script.intents);
        let lists: [(Near, &'l [Intent]); 3] = [
            (Near::Scenario, scenario),
            (Near::Persona, &cast.persona.sheet.offline.intents),
            (Near::Language, &cast.manners.intents),
        ];
        let marks = marks(words);
        let mut found: Vec<(Near, usize, &'l Intent)> = Vec::new();
        for (near, intents) in lists {
            for intent in intents {
                if intent.during.is_some() && intent.during.as_ref() != beat {
                    continue;
                }
                let best = intent
                    .hears
                    .iter()
                    .filter_map(|pattern| Some((pattern.weight(), pattern.find(words, marks)?)))
                    .max_by_key(|(weight, _)| *weight);
                let Some((weight, captures)) = best else {
                    continue;
                };
                if intent
                    .unless
                    .iter()
                    .any(|pattern| pattern.find(words, marks).is_some())
                {
                    continue;
                }
                for capture in captures {
                    let taken = words.get(capture.first..capture.end).unwrap_or_default();
                    if taken
                        .iter()
                        .any(|word| is_listed(&cast.manners.rude, &word.text))
                    {
                        continue;
                    }
                    if let (Some(first), Some(last)) = (taken.first(), taken.last())
                        && let Some(value) = text.get(first.start..last.end)
                        && value.chars().count() <= SLOT_CHARS_MAX
                        && !self.slots.iter().any(|(slot, _)| slot == capture.slot)
                    {
                        self.slots.push((capture.slot.to_owned(), value.to_owned()));
                    }
                }
                found.push((near, weight, intent));
            }
        }
        // A stable order: what stands first in a file wins among equals.
        found.sort_by(|(near, weight, _), (other, its, _)| (other, its).cmp(&(near, weight)));
        self.intents = found
            .into_iter()
            .map(|(near, _, intent)| (near, intent))
            .collect();
    }

    /// Every intent heard, those of the shape last.
    pub(super) fn ids(&self) -> Vec<IntentId> {
        let named = self.intents.iter().map(|(_, intent)| intent.id.clone());
        let own = self.own.iter().filter_map(|id| id.parse().ok());
        let mut ids: Vec<IntentId> = Vec::new();
        for id in named.chain(own) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.intents
            .iter()
            .any(|(_, intent)| intent.id.as_str() == id)
    }

    /// What it does to the rapport, before the persona's temper.
    pub(super) fn warmth(&self) -> i32 {
        let intents: i32 = self
            .intents
            .iter()
            .map(|(_, intent)| i32::from(intent.warms))
            .sum();
        let shape: i32 = [
            (self.is_open_question, 20),
            (self.questions > 0, 8),
            (self.is_long, -40),
            (self.is_short, -12),
            (self.is_again, -30),
            (self.is_empty, -15),
            (self.is_rude, -170),
        ]
        .into_iter()
        .filter(|(is, _)| *is)
        .map(|(_, by)| by)
        .sum();
        intents.clamp(-400, 150) + shape
    }
}

/// What was said, as one text: the end of it when it is too much.
fn join(said: &[Said<'_>]) -> String {
    let mut left = SAID_CHARS_MAX;
    let mut texts: Vec<String> = Vec::new();
    for line in said.iter().rev() {
        if left == 0 {
            break;
        }
        let text: String = line.text.chars().take(left).collect();
        left = left.saturating_sub(text.chars().count() + 1);
        texts.push(text);
    }
    texts.reverse();
    texts.join("\n")
}

fn is_joint(word: &str) -> bool {
    ["and", "but", "so", "und", "aber", "also"].contains(&word)
}

/// Whether a list has a word. One that ends in `*` has any ending.
fn is_listed(list: &[String], word: &str) -> bool {
    list.iter().any(|listed| match listed.strip_suffix('*') {
        Some(stem) => word.starts_with(stem),
        None => listed == word,
    })
}

/// The words of a line most worth picking up: up to three in a row that say something.
fn echo(cast: &Cast<'_>, text: &str, words: &[Word]) -> Option<String> {
    let says = |word: &Word| {
        word.text.chars().count() > 2
            && !is_listed(&cast.manners.stopwords, &word.text)
            && !is_listed(&cast.manners.rude, &word.text)
    };
    let mut best: Option<(usize, &[Word])> = None;
    for start in 0..words.len() {
        for count in 1..=ECHO_WORDS_MAX {
            let Some(run) = words.get(start..start + count) else {
                break;
            };
            let joined = run.iter().rev().skip(1).all(|word| !word.breaks);
            if !joined || !run.iter().all(says) {
                break;
            }
            // Long words say more; two of them together say most.
            let letters: usize = run
                .iter()
                .map(|word| word.text.chars().count().min(12))
                .sum();
            let worth = letters + if count == 2 { 4 } else { 0 };
            if worth >= 5 && best.is_none_or(|(most, _)| worth > most) {
                best = Some((worth, run));
            }
        }
    }
    let (_, run) = best?;
    let picked = text.get(run.first()?.start..run.last()?.end)?;
    (picked.chars().count() <= SLOT_CHARS_MAX && !picked.contains('\n')).then(|| picked.to_owned())
}
