//! From a line to its facts.

use super::facts::LineFacts;
use super::lexicon::{Lexicon, Place};
use super::question::Asking;
use super::signal::Signal;
use super::words::{Gap, Line, Shape, Word};

/// Marks kept of one line. A line with more of them needs no more underlining.
pub const SPANS_MAX: usize = 64;

/// Where a signal stands in the text: bytes, on character boundaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

/// Where everything stands that was found, repeated or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spans {
    signals: Vec<(Signal, Span)>,
    pub(super) shouting: Vec<Span>,
    pub(super) longest_sentence: Option<Span>,
}

impl Spans {
    /// In the order of the text.
    pub fn of(&self, signal: Signal) -> impl Iterator<Item = Span> + '_ {
        let found = self.signals.iter().filter(move |(of, _)| *of == signal);
        found.map(|(_, span)| *span)
    }

    fn push(&mut self, signal: Signal, span: Span) {
        if self.signals.len() < SPANS_MAX {
            self.signals.push((signal, span));
        }
    }

    /// A number or a name, or one more word of it.
    fn specific(&mut self, word: &Word, goes_on: bool) {
        let span = Span {
            start: word.start,
            end: word.end,
        };
        match self.signals.last_mut() {
            Some((Signal::Specifics, last)) if goes_on => last.end = span.end,
            _ => self.push(Signal::Specifics, span),
        }
    }
}

/// The facts of a line.
pub fn read(text: &str, lexicon: &Lexicon) -> LineFacts {
    Reader::new(text, lexicon, None).read()
}

/// The facts of a line, and where they come from.
pub fn read_with_spans(text: &str, lexicon: &Lexicon) -> (LineFacts, Spans) {
    let mut spans = Spans::default();
    let facts = Reader::new(text, lexicon, Some(&mut spans)).read();
    spans.signals.sort_by_key(|(_, span)| span.start);
    (facts, spans)
}

struct Reader<'a> {
    line: Line,
    lexicon: &'a Lexicon,
    facts: LineFacts,
    spans: Option<&'a mut Spans>,
    /// One bit per entry that counts once.
    met: Vec<u64>,
    /// Hashes of what is specific, of questions: what is in here counts once.
    specifics: Vec<u64>,
    questions: Vec<(u64, bool)>,
    sorted: Vec<u64>,
}

/// What was last found of one signal.
#[derive(Clone, Copy, Default)]
struct Found {
    /// The first word after it.
    until: usize,
    /// The sentence it was counted in, from 1.
    sentence: usize,
}

/// The entry that fits best at a word.
#[derive(Clone, Copy)]
struct Match {
    /// Whether it is set off, and how many words it has.
    rank: (bool, usize),
    number: u16,
}

impl<'a> Reader<'a> {
    fn new(text: &str, lexicon: &'a Lexicon, spans: Option<&'a mut Spans>) -> Self {
        Self {
            line: Line::new(text, lexicon),
            lexicon,
            facts: LineFacts::default(),
            spans,
            met: vec![0; lexicon.entry_count().div_ceil(64)],
            specifics: Vec::new(),
            questions: Vec::new(),
            sorted: Vec::new(),
        }
    }

    fn read(mut self) -> LineFacts {
        self.count_words();
        self.count_capitals();
        let mut found = [Found::default(); Signal::COUNT];
        let mut begin = 0;
        let mut number = 0;
        while begin < self.line.words.len() {
            let mut end = begin + 1;
            while self
                .line
                .words
                .get(end)
                .is_some_and(|word| !word.before.has(Gap::SENTENCE))
            {
                end += 1;
            }
            number += 1;
            self.sentence(begin, end);
            self.match_lists(begin, end, number, &mut found);
            self.names_and_numbers(begin, end);
            begin = end;
        }
        self.settle(number);
        self.facts
    }

    fn count_words(&mut self) {
        let words = &self.line.words;
        self.sorted.clear();
        self.sorted.extend(words.iter().map(|word| word.hash));
        self.sorted.sort_unstable();
        self.sorted.dedup();
        let facts = &mut self.facts;
        facts.listed = u16::from(self.lexicon.lang().is_some());
        facts.words = small(words.len());
        facts.different = small(self.sorted.len());
        facts.distinct = small(
            (self.sorted.len() * 1000)
                .checked_div(words.len())
                .unwrap_or(0),
        );
        facts.noise = self.line.noise;
        facts.links = self.line.links;
        facts.exclamations = self.line.exclamations;
    }

    /// Words in capitals shout when there are two in a row, or one that is long or a word of the language; one
    /// alone may be an acronym.
    fn count_capitals(&mut self) {
        let words = &self.line.words;
        let lexicon = self.lexicon;
        let in_capitals = |at: usize| {
            words
                .get(at)
                .is_some_and(|word| word.shape == Shape::Capitals && !lexicon.is_acronym(word.id))
        };
        let mut shouting = 0;
        for (at, word) in words.iter().enumerate() {
            let in_a_row = in_capitals(at + 1) || (at > 0 && in_capitals(at - 1));
            let letters = word.end - word.start;
            let alone = letters >= 6 || (letters >= 4 && word.id != 0);
            if in_capitals(at) && (in_a_row || alone) {
                shouting += 1;
                if let Some(spans) = &mut self.spans
                    && spans.shouting.len() < SPANS_MAX
                {
                    spans.shouting.push(Span {
                        start: word.start,
                        end: word.end,
                    });
                }
            }
        }
        self.facts.shouting = small(shouting);
    }

    fn sentence(&mut self, begin: usize, end: usize) {
        let length = small(end - begin);
        if length > self.facts.longest_sentence {
            self.facts.longest_sentence = length;
            let span = self.span(begin, end);
            if let Some(spans) = &mut self.spans {
                spans.longest_sentence = span;
            }
        }
        let asking = Asking {
            line: &self.line,
            lexicon: self.lexicon,
        };
        if let Some((open, opening)) = asking.question(begin, end) {
            // The same words in any order are the same question.
            self.sorted.clear();
            let words = self.line.words.get(begin..end).unwrap_or_default();
            self.sorted.extend(words.iter().map(|word| word.hash));
            self.sorted.sort_unstable();
            self.sorted.dedup();
            let key = self.sorted.iter().fold(0_u64, |sum, hash| {
                (sum ^ hash).wrapping_mul(0x0100_0000_01b3)
            });
            self.questions.push((key, open));
            let signal = if open {
                Signal::OpenQuestions
            } else {
                Signal::ClosedQuestions
            };
            let span = self.span(opening, end);
            self.mark(signal, span);
        }
    }

    fn match_lists(
        &mut self,
        begin: usize,
        end: usize,
        sentence: usize,
        found: &mut [Found; Signal::COUNT],
    ) {
        for at in begin..end {
            let mut best: [Option<Match>; Signal::COUNT] = [None; Signal::COUNT];
            let mut any = false;
            let from = self.line.words.get(at..end).unwrap_or_default();
            self.lexicon.walk(from, |length, number| {
                let Some(entry) = self.lexicon.entry(number) else {
                    return;
                };
                if entry.signal.opens() || !self.stands(entry.place, at, at + length) {
                    return;
                }
                let Some(best) = best.get_mut(entry.signal as usize) else {
                    return;
                };
                // Between two commas, a phrase is what it looks like, whatever comes after.
                let set_off = matches!(entry.place, Place::Starting | Place::SetOff)
                    && self.stands(Place::SetOff, at, at + length);
                let rank = (set_off, length);
                if best.is_none_or(|best| rank > best.rank) {
                    *best = Some(Match { rank, number });
                    any = true;
                }
            });
            if !any {
                continue;
            }
            for (best, found) in best.iter().zip(found.iter_mut()) {
                let Some(Match { rank, number }) = *best else {
                    continue;
                };
                if at < found.until {
                    continue;
                }
                found.until = at + rank.1;
                self.count(number, at, rank.1, sentence, found);
            }
        }
    }

    /// Whether an entry in this place, from one word to another, is what it looks like.
    fn stands(&self, place: Place, from: usize, to: usize) -> bool {
        let starts = || self.word(from).is_some_and(|word| word.before.parts());
        match place {
            Place::Anywhere | Place::Except => true,
            Place::Starting => starts(),
            Place::SetOff => {
                let before = self.word(from).map_or(Gap::SENTENCE, |word| word.before);
                let after = self.line.gap_after(to - 1);
                // Alone in its sentence it is an answer.
                let alone = before.has(Gap::SENTENCE) && after.has(Gap::SENTENCE);
                before.parts() && after.parts() && !alone
            }
        }
    }

    fn count(&mut self, number: u16, at: usize, length: usize, sentence: usize, found: &mut Found) {
        let Some(entry) = self.lexicon.entry(number) else {
            return;
        };
        if entry.place == Place::Except {
            return;
        }
        let signal = entry.signal;
        let span = self.span(at, at + length);
        self.mark(signal, span);
        if signal == Signal::Specifics {
            self.specifics.push(u64::from(number));
            return;
        }
        if signal.is_worth_farming() {
            let bit = 1_u64 << (number % 64);
            let Some(met) = self.met.get_mut(usize::from(number / 64)) else {
                return;
            };
            if *met & bit != 0 || found.sentence == sentence {
                return;
            }
            *met |= bit;
            found.sentence = sentence;
        }
        if let Some(fact) = fact_of(&mut self.facts, signal) {
            *fact = fact.saturating_add(1);
        }
    }

    /// Numbers, and names where the language shows them by a capital.
    fn names_and_numbers(&mut self, begin: usize, end: usize) {
        let words = self.line.words.get(begin..end).unwrap_or_default();
        let capitals = words
            .iter()
            .filter(|word| matches!(word.shape, Shape::Capital | Shape::Capitals))
            .count();
        // A title, or a sentence in capitals: nothing stands out.
        let titled = words.len() >= 4 && capitals * 2 > words.len();
        let names = self.lexicon.names_by_capital() && !titled;
        let mut last_was = Shape::Plain;
        for word in words {
            let is = match word.shape {
                Shape::Number => Shape::Number,
                Shape::Capital if names && !word.before.parts() && word.id == 0 => Shape::Capital,
                _ => Shape::Plain,
            };
            if is != Shape::Plain && is != last_was {
                // Entries have small numbers; a hash is never one of them.
                self.specifics.push(word.hash | 1 << 63);
            }
            if let Some(spans) = &mut self.spans
                && is != Shape::Plain
            {
                spans.specific(word, is == last_was);
            }
            last_was = is;
        }
    }

    fn settle(&mut self, sentences: usize) {
        self.specifics.sort_unstable();
        self.specifics.dedup();
        self.questions.sort_unstable();
        self.questions.dedup_by_key(|(key, _)| *key);
        let words = self.line.words.len();
        let most = words.div_ceil(3);
        let open = self.questions.iter().filter(|(_, open)| *open).count();
        let facts = &mut self.facts;
        facts.sentences = small(sentences);
        facts.sentence_words = small((words + sentences / 2).checked_div(sentences).unwrap_or(0));
        facts.questions = small(self.questions.len().min(most));
        facts.open_questions = small(open.min(most));
        facts.specifics = small(self.specifics.len().min(most));
    }

    fn word(&self, at: usize) -> Option<&Word> {
        self.line.words.get(at)
    }

    fn span(&self, from: usize, to: usize) -> Option<Span> {
        let start = self.word(from)?.start;
        let end = self.word(to.checked_sub(1)?)?.end;
        Some(Span { start, end })
    }

    fn mark(&mut self, signal: Signal, span: Option<Span>) {
        if let (Some(spans), Some(span)) = (&mut self.spans, span) {
            spans.push(signal, span);
        }
    }
}

fn fact_of(facts: &mut LineFacts, signal: Signal) -> Option<&mut u16> {
    Some(match signal {
        Signal::Fillers => &mut facts.fillers,
        Signal::Hedges => &mut facts.hedges,
        Signal::Empathy => &mut facts.empathy,
        Signal::Politeness => &mut facts.politeness,
        Signal::Thanks => &mut facts.thanks,
        Signal::Apologies => &mut facts.apologies,
        Signal::Assertive => &mut facts.assertive,
        Signal::Harsh => &mut facts.harsh,
        Signal::Profanity => &mut facts.profanity,
        Signal::Blame => &mut facts.blame,
        Signal::Vague => &mut facts.vague,
        Signal::Jargon => &mut facts.jargon,
        Signal::FirstPerson => &mut facts.first_person,
        Signal::SecondPerson => &mut facts.second_person,
        Signal::Specifics
        | Signal::OpenQuestions
        | Signal::ClosedQuestions
        | Signal::UnmarkedQuestions
        | Signal::Invitations
        | Signal::Leads => return None,
    })
}

fn small(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}
