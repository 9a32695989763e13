//! What a line shows about how somebody speaks, found without a model, a network or a clock.
//!
//! [`Lexicon`] holds the word lists of one language, [`Lexicons`] those of a hub. [`read()`] turns a
//! line into [`LineFacts`]: small integers without a word of the text, kept beside the line in the
//! journal, which rules for points, scores and reports look at. [`read_with_spans`] also says where
//! each signal stands, for underlining. [`hints`] picks the few quiet suggestions that are worth
//! making while somebody writes; [`Context`] is what it knows of the conversation so far.
//! [`Quality::score`] makes numbers for people out of facts, by formulas that stand in one table.
//!
//! What holds for any input: nothing panics, spans stand on character boundaries, the time is
//! linear in the length, and the same text with the same lists gives the same facts. A list that
//! changes later changes later lines only, because facts are stored, not found again.

mod context;
mod facts;
mod fold;
mod hint;
mod lang;
mod lexicon;
mod lists;
mod question;
mod read;
mod score;
mod signal;
mod slips;
mod spelling;
mod words;

pub use context::Context;
pub use facts::LineFacts;
pub use hint::{HINTS_MAX, Hint, HintKind, hints};
pub use lang::{Lang, Lexicons};
pub use lexicon::{ENTRIES_MAX, ENTRY_WORDS_MAX, Lexicon};
pub use read::{SPANS_MAX, Span, Spans, read, read_with_spans};
pub use score::{Part, Quality, Score, WORDS_TO_JUDGE};
pub use signal::Signal;
pub use slips::{SLIPS_MAX, Slip, SlipKind, slips};

use std::sync::LazyLock;

/// The lists of the binary; a test proves that they are whole.
static SHIPPED: LazyLock<Lexicons> =
    LazyLock::new(|| Lexicons::shipped().unwrap_or_else(|_| Lexicons::none()));

/// The facts of a line, with the lists of the language it looks like.
pub fn facts(text: &str) -> LineFacts {
    read(text, SHIPPED.for_line(text, None))
}

/// What could be said about a line while it is written, with the lists of the language it looks like.
pub fn draft(text: &str, context: &Context) -> Vec<Hint> {
    let lexicon = SHIPPED.for_line(text, None);
    let (facts, spans) = read_with_spans(text, lexicon);
    hints(&facts, &spans, &slips(text, lexicon), context)
}

#[cfg(test)]
mod tests;
