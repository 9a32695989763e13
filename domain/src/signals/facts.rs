//! The numbers that are kept of a line.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! line_facts {
    ($($(#[$meta:meta])* $name:ident,)*) => {
        /// What is known of a line without its text. Every number saturates, none is ever a word.
        ///
        /// Rules for points read these by name, so a name never changes its meaning. They are made to be
        /// hard to farm: what is good counts once per phrase and once per sentence, however
        /// often it is repeated; what is bad counts every time. Where [`Self::listed`] is 0, everything that needs
        /// word lists is unknown rather than absent.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(default)]
        pub struct LineFacts {
            $(
                $(#[$meta])*
                #[serde(skip_serializing_if = "is_zero")]
                pub $name: u16,
            )*
        }

        impl LineFacts {
            /// Every name that [`Self::get`] answers to.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name),)* "closed_questions"];

            /// A fact by its name, as rules and formulas write it.
            pub fn get(&self, name: &str) -> Option<i64> {
                match name {
                    $(stringify!($name) => Some(i64::from(self.$name)),)*
                    "closed_questions" => Some(i64::from(self.closed_questions())),
                    _ => None,
                }
            }
        }
    };
}

line_facts! {
    /// 1 when word lists of the line's language were used, else 0.
    listed,
    /// Words as Unicode separates them; in scripts without spaces, characters. Links are no words.
    words,
    /// Different words. All words that look like keys hit at random are together one word.
    different,
    /// Different words per thousand words: `different * 1000 / words`. Below 400 in a line of a dozen words, somebody
    /// repeats themselves or plays with the keyboard. It falls with length by nature.
    distinct,
    /// Words that look like keys hit at random: no vowels, rows of the keyboard, one letter over and over.
    noise,
    /// Sentences with at least one word. A line break ends one; an abbreviation does not.
    sentences,
    /// Words per sentence, rounded to the nearest.
    sentence_words,
    /// Words of the longest sentence.
    longest_sentence,
    /// Different questions: sentences with a question mark, that open like a question without one, or that
    /// invite the other to tell ("walk me through it"). The same words in any order are the
    /// same question, and a line has at most one question per three words.
    questions,
    /// Of the questions, those that invite more than yes, no or a number.
    open_questions,
    /// Filler words and phrases, each time.
    fillers,
    /// Words that make a statement smaller ("maybe", "I think", "sort of"), each time.
    hedges,
    /// Phrases that show that somebody was heard or felt with: each once, at most one per sentence.
    empathy,
    /// What can be checked: numbers, names, dates, examples. Each once, neighbours together once, and at most one
    /// per three words. Names are found by their capital where the language has capitals for names only.
    specifics,
    /// Polite words and phrases: each once, at most one per sentence.
    politeness,
    /// Thanks: each once, at most one per sentence.
    thanks,
    /// Apologies: each once, at most one per sentence.
    apologies,
    /// "I decided", "we will", "my recommendation is": each once, at most one per sentence.
    assertive,
    /// Harsh or dismissive words, each time.
    harsh,
    /// Profanity, each time.
    profanity,
    /// "You always", "you never", "it is your fault", each time.
    blame,
    /// Words in place of the thing meant ("stuff", "somehow", "a lot"), each time.
    vague,
    /// Words of the office that most people would say more simply, each time.
    jargon,
    /// "I", "my", "we" and their forms, each time. For proportions; a point for each would be farmed.
    first_person,
    /// "You", "your" and their forms, each time. For proportions; a point for each would be farmed.
    second_person,
    /// Exclamation marks; several in a row are one.
    exclamations,
    /// Words in capitals that are not acronyms, each time.
    shouting,
    /// Links and addresses. What stands in them is not looked at.
    links,
}

impl LineFacts {
    /// The questions that ask for yes, no, or one fact.
    pub const fn closed_questions(&self) -> u16 {
        self.questions.saturating_sub(self.open_questions)
    }

    /// Whether nothing is known, so that a line without facts is stored without a field for them.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands fields over by reference"
)]
const fn is_zero(number: &u16) -> bool {
    *number == 0
}
