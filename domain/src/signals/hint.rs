//! Quiet suggestions while somebody writes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::context::Context;
use super::facts::LineFacts;
use super::read::{Span, Spans};
use super::signal::Signal;
use super::slips::{Slip, SlipKind};

/// More than this at once, and nobody reads any.
pub const HINTS_MAX: usize = 3;

/// Words of a line beyond which a conversation becomes a speech.
const LINE_WORDS_MAX: u16 = 120;
/// Words of a sentence beyond which people read it twice.
const SENTENCE_WORDS_MAX: u16 = 35;
/// Own lines without a question after which one is due.
const LINES_WITHOUT_QUESTION: u32 = 4;
/// Words of a conversation before its balance says anything.
const WORDS_FOR_BALANCE: u32 = 120;
/// Per thousand of all words. Above it, one talks and the others listen.
const TALK_SHARE_MAX: u32 = 700;

/// What a hint is about, the most important first: this order decides which are shown.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum HintKind {
    /// Harsh words or profanity: a calmer word says the same.
    Harsh,
    /// "You always": say what you saw and what it did to you.
    Blame,
    /// Capitals are read as shouting.
    Shouting,
    /// You have spoken most of the time: hand over.
    TalkRatio,
    /// The line is long: say one thing, then listen.
    TooLong,
    /// Nothing was asked for a while.
    NoQuestion,
    /// Again a question that yes or no answers: open it with what or how.
    ClosedQuestion,
    /// A word that is none.
    Spelling,
    /// A phrase, a word said twice or an article that cannot be meant.
    Grammar,
    /// The sentence is long: make it two.
    LongSentence,
    /// Hedges make it smaller than you mean it.
    Hedging,
    Filler,
    /// Name the thing instead of "stuff".
    Vague,
    /// A plainer word reaches more people.
    Jargon,
}

impl HintKind {
    pub(super) const COUNT: usize = 14;
    pub const ALL: [Self; Self::COUNT] = [
        Self::Harsh,
        Self::Blame,
        Self::Shouting,
        Self::TalkRatio,
        Self::TooLong,
        Self::NoQuestion,
        Self::ClosedQuestion,
        Self::Spelling,
        Self::Grammar,
        Self::LongSentence,
        Self::Hedging,
        Self::Filler,
        Self::Vague,
        Self::Jargon,
    ];

    /// Whether it is about the words, not about a habit: a habit is not told of for ever.
    pub(super) const fn is_slip(self) -> bool {
        matches!(self, Self::Spelling | Self::Grammar)
    }

    pub(super) const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// One suggestion. It goes away when what it is about does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Hint {
    pub kind: HintKind,
    /// What to underline: bytes of the text, on character boundaries. Both are 0 when it is about the
    /// conversation or the line as a whole.
    pub start: usize,
    pub end: usize,
    /// What could stand there instead, where that is clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub say: Option<String>,
}

impl Hint {
    /// What to underline where text is counted in UTF-16, as browsers do.
    pub fn utf16(&self, text: &str) -> (usize, usize) {
        let units = |end: usize| -> usize {
            let before = text.char_indices().take_while(|(at, _)| *at < end);
            before.map(|(_, c)| c.len_utf16()).sum()
        };
        (units(self.start), units(self.end))
    }
}

/// What is worth saying about a line that is being written: at most [`HINTS_MAX`], the most important first,
/// each kind once, and none that was shown in enough lines of this conversation.
pub fn hints(facts: &LineFacts, spans: &Spans, slips: &[Slip], context: &Context) -> Vec<Hint> {
    HintKind::ALL
        .into_iter()
        .filter(|kind| !context.rests(*kind))
        .filter_map(|kind| {
            let (span, say) = match slip_of(kind) {
                Some(of) => {
                    let slip = slips.iter().find(|slip| slip.kind == of)?;
                    (slip.span, slip.say.clone())
                }
                None => (applies(kind, facts, spans, context)?, None),
            };
            Some(Hint {
                kind,
                start: span.start,
                end: span.end,
                say,
            })
        })
        .take(HINTS_MAX)
        .collect()
}

const fn slip_of(kind: HintKind) -> Option<SlipKind> {
    match kind {
        HintKind::Spelling => Some(SlipKind::Spelling),
        HintKind::Grammar => Some(SlipKind::Grammar),
        _ => None,
    }
}

const NOWHERE: Span = Span { start: 0, end: 0 };

/// Whether a kind applies, and where.
fn applies(kind: HintKind, facts: &LineFacts, spans: &Spans, context: &Context) -> Option<Span> {
    let first = |signal| spans.of(signal).next().unwrap_or(NOWHERE);
    // A word now and then is how people talk; one word in eight is a habit.
    let habit = |count: u16| count >= 2 && u32::from(count) * 8 >= u32::from(facts.words);
    match kind {
        HintKind::Harsh => (facts.harsh.max(facts.profanity) > 0).then(|| {
            let harsh = spans.of(Signal::Harsh).chain(spans.of(Signal::Profanity));
            harsh.min_by_key(|span| span.start).unwrap_or(NOWHERE)
        }),
        HintKind::Blame => (facts.blame > 0).then(|| first(Signal::Blame)),
        HintKind::Shouting => {
            (facts.shouting >= 2).then(|| spans.shouting.first().copied().unwrap_or(NOWHERE))
        }
        HintKind::TalkRatio => {
            let said = context.my_words.saturating_add(context.other_words);
            let balance = said >= WORDS_FOR_BALANCE && context.my_lines >= 2;
            (balance && facts.words >= 10 && context.talk_share(facts.words) > TALK_SHARE_MAX)
                .then_some(NOWHERE)
        }
        HintKind::TooLong => (facts.words > LINE_WORDS_MAX).then_some(NOWHERE),
        HintKind::NoQuestion => (facts.questions == 0
            && facts.words >= 8
            && context.lines_since_question >= LINES_WITHOUT_QUESTION)
            .then_some(NOWHERE),
        HintKind::ClosedQuestion => (facts.closed_questions() > 0
            && facts.open_questions == 0
            && context.closed_in_a_row > 0)
            .then(|| first(Signal::ClosedQuestions)),
        HintKind::LongSentence => (facts.longest_sentence > SENTENCE_WORDS_MAX)
            .then(|| spans.longest_sentence.unwrap_or(NOWHERE)),
        HintKind::Hedging => habit(facts.hedges).then(|| first(Signal::Hedges)),
        HintKind::Filler => habit(facts.fillers).then(|| first(Signal::Fillers)),
        HintKind::Vague => habit(facts.vague).then(|| first(Signal::Vague)),
        HintKind::Jargon => habit(facts.jargon).then(|| first(Signal::Jargon)),
        HintKind::Spelling | HintKind::Grammar => None,
    }
}
