//! What every conversation in a language has: words that are rude, empty or kind, and a voice for
//! personas that have none of their own there.

use serde::{Deserialize, Serialize};

use super::direction::Direction;
use super::{Intent, Phrase};

/// A manners file, `content/manners/LANGUAGE.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Manners {
    /// Words that say nothing about the matter: never picked up as what a line was about.
    pub stopwords: Vec<String>,
    /// Words that no conversation takes well. One that ends in `*` has any ending.
    pub rude: Vec<String>,
    /// Beginnings of questions that cannot be answered with yes or no.
    pub open_questions: Vec<String>,
    /// What is heard in any conversation.
    #[serde(rename = "intent")]
    pub intents: Vec<Intent>,
    /// What coaches may tell a persona that the engine can follow.
    #[serde(rename = "direction")]
    pub directions: Vec<Direction>,
    pub voice: Voice,
}

macro_rules! pools {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// What is said in situations that every conversation has. An empty list leaves it to the
        /// voice below: a persona's to its language's.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Voice {
            $($(#[$doc])* pub $name: Vec<Phrase>,)*
        }

        impl Voice {
            /// Every list by the name it has in files.
            pub fn pools(&self) -> [(&'static str, &[Phrase]); [$(stringify!($name)),*].len()] {
                [$((stringify!($name), self.$name.as_slice())),*]
            }
        }
    };
}

pools! {
    /// Takes up what was said: "I see."
    acks,
    /// Picks up words of the line: "{Echo}? How so?"
    echoes,
    /// Was asked something that it has no answer to. Beside a nod, which would be a yes.
    dodges,
    /// Comes back to something from before: "You said {recall} earlier."
    recalls,
    /// Nothing was understood; keeps talking anyway.
    puzzled,
    /// A short thing of its own, said once: what makes somebody a person.
    asides,
    /// Says that an answer was too short.
    shorts,
    /// Cuts in on a line that does not end.
    rambles,
    /// The learner says the same thing again.
    repeats,
    /// Nothing was said: an empty line, dots.
    silences,
    /// Rudeness, the first times..
    rudes,
    /// ..and when it is enough: the persona goes.
    leaves,
    /// The learner says goodbye.
    byes,
    /// After the end. At least nine with the language's own, so that none is heard twice soon.
    afters,
}

impl Voice {
    /// Places that must never run dry need this many phrases, one more than the replies that must
    /// differ.
    pub const DEEP: usize = 9;
}
