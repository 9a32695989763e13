//! What a language model is told, made from values; and what of its words may pass.
//!
//! [`build`] is pure: the same persona, scenario, transcript, memory and instructions give the same
//! messages. Whatever learners write, there is exactly one system message, it is the first, and no
//! word of theirs is in it: what they say stands in user messages behind a mark (`⟦Ada⟧`) made of
//! brackets that are taken out of everything anybody else writes ([`plain()`]).
//!
//! [`Leak`] finds the canary of the system message in a streamed reply, [`moderation`] words that
//! nobody shall read, both across the borders of deltas; [`Guard`] is both of them.

use serde::{Deserialize, Serialize};

use crate::persona::{Dials, Persona};
use crate::practice::Scenario;

mod guard;
mod leak;
pub mod moderation;
mod plain;
mod system;
mod tokens;

pub use guard::{Guard, Withheld};
pub use leak::{Canary, Leak, Leaked};
pub use plain::plain;
pub use tokens::tokens;

/// A smaller budget holds no conversation: it is taken as this.
pub const BUDGET_MIN: u32 = 1_200;
/// Lines of a transcript that are looked at, the newest.
pub const LINES_MAX: usize = 400;
/// What an org may tell every persona.
pub const INSTRUCTIONS_CHARS_MAX: usize = 4_000;
/// The longest line that is passed on whole.
const LINE_CHARS_MAX: usize = 6_000;
/// Things remembered of a learner that are passed on, the newest.
const NOTES_MAX: usize = 40;
const NAME_CHARS_MAX: usize = 60;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    System,
    User,
    Assistant,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub role: Role,
    pub content: String,
}

/// Who plays, and how its secret is marked.
#[derive(Clone, Copy, Debug)]
pub struct Spec<'a> {
    pub persona: &'a Persona,
    /// How hard it makes it, as the scene and the practice have turned them.
    pub dials: Dials,
    pub canary: &'a Canary,
    /// What a coach whispered to the persona for this reply. From the right to do so, so it counts
    /// as direction; empty for nothing.
    pub direction: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By<'a> {
    /// A person, by name.
    Person(&'a str),
    /// Another persona, by name.
    Other(&'a str),
    /// The persona that is to speak.
    Own,
}

/// A line the persona was present for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    pub by: By<'a>,
    pub text: &'a str,
}

/// What a persona knows beyond the transcript.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory<'a> {
    /// Of the learner, from other times. Their own words, so never part of the system message.
    pub notes: &'a [String],
    /// What the conversation came to so far; told where lines of it do not fit.
    pub summary: &'a str,
}

/// The messages for one reply, together at most `budget` [`tokens()`] (or [`BUDGET_MIN`]): the system
/// message, what is remembered, and as many of the newest lines as fit.
pub fn build(
    spec: &Spec<'_>,
    scenario: Option<&Scenario>,
    transcript: &[Line<'_>],
    memory: &Memory<'_>,
    org_instructions: &str,
    budget: u32,
) -> Vec<Message> {
    let budget = budget.max(BUDGET_MIN);
    let system = system::message(spec, scenario, org_instructions, budget * 2 / 3);
    let left = budget.saturating_sub(cost(&system));
    // Memory takes at most a quarter of what is left; the conversation goes before it.
    let all = transcript.iter().map(|line| cost(&said(line)));
    let is_whole = transcript.len() <= LINES_MAX && all.sum::<u32>() <= left - left / 4;
    let summary = if is_whole { "" } else { memory.summary };
    let notes = background(&Memory { summary, ..*memory }, left / 4);
    let mut left = left.saturating_sub(notes.as_ref().map_or(0, cost));

    let first = transcript.len().saturating_sub(LINES_MAX);
    let mut newest = Vec::new();
    for line in transcript.get(first..).unwrap_or_default().iter().rev() {
        let mut message = said(line);
        // The newest line is what is answered: it is cut before it is left out.
        if newest.is_empty() && cost(&message) > left {
            message.content = cut(&message.content, left.saturating_sub(tokens::PER_MESSAGE));
        }
        let price = cost(&message);
        if price > left {
            break;
        }
        left -= price;
        newest.push(message);
    }
    let mut messages = vec![system];
    messages.extend(notes);
    messages.extend(newest.into_iter().rev());
    messages
}

fn cost(message: &Message) -> u32 {
    tokens(&message.content).saturating_add(tokens::PER_MESSAGE)
}

/// A line as a message. What people and other personas say is marked with who said it.
fn said(line: &Line<'_>) -> Message {
    let text: String = plain(line.text).chars().take(LINE_CHARS_MAX).collect();
    let marked = |name: &str, kind: &str| {
        let name: String = plain(name)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .take(NAME_CHARS_MAX)
            .collect();
        // A line of theirs never begins where a mark could stand.
        format!("⟦{name}{kind}⟧ {}", text.replace('\n', "\n  "))
    };
    match line.by {
        By::Person(name) => Message {
            role: Role::User,
            content: marked(name, ""),
        },
        By::Other(name) => Message {
            role: Role::User,
            content: marked(name, ", another persona"),
        },
        By::Own => Message {
            role: Role::Assistant,
            content: text,
        },
    }
}

/// What is remembered, as a message that nobody said.
fn background(memory: &Memory<'_>, budget: u32) -> Option<Message> {
    let mut text = String::new();
    let one_line = |text: &str| plain(text).split_whitespace().collect::<Vec<_>>().join(" ");
    let summary = one_line(memory.summary);
    if !summary.is_empty() {
        text.push_str("Earlier in this conversation: ");
        text.push_str(&summary);
        text.push('\n');
    }
    let first = memory.notes.len().saturating_sub(NOTES_MAX);
    for note in memory.notes.get(first..).unwrap_or_default() {
        let note = one_line(note);
        if !note.is_empty() {
            text.push_str("You remember: ");
            text.push_str(&note);
            text.push('\n');
        }
    }
    if text.is_empty() {
        return None;
    }
    let mark = "⟦memory⟧ ";
    let room = budget.saturating_sub(tokens::PER_MESSAGE + tokens(mark));
    let text = cut(text.trim_end(), room);
    (!text.is_empty()).then(|| Message {
        role: Role::User,
        content: format!("{mark}{}", text.replace('\n', "\n  ")),
    })
}

/// The beginning of a text that costs at most so many tokens.
fn cut(text: &str, budget: u32) -> String {
    if tokens(text) <= budget {
        return text.to_owned();
    }
    // Each half step is priced anew; a text has at most 2^20 characters here.
    let chars: Vec<char> = text.chars().collect();
    let (mut fits, mut over) = (0, chars.len());
    while fits + 1 < over {
        let middle = usize::midpoint(fits, over);
        let part: String = chars.iter().take(middle).collect();
        if tokens(&part) <= budget {
            fits = middle;
        } else {
            over = middle;
        }
    }
    chars.iter().take(fits).collect()
}
