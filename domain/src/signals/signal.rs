//! What is listened for.

use serde::Deserialize;

/// What a list is about. The names are those of the tables in a word list file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    Fillers,
    Hedges,
    Empathy,
    Politeness,
    Thanks,
    Apologies,
    Assertive,
    Harsh,
    Profanity,
    Blame,
    Vague,
    Jargon,
    Specifics,
    FirstPerson,
    SecondPerson,
    /// How questions open that invite more than yes, no or a number. Looked for where a clause begins.
    OpenQuestions,
    /// How questions open that do not.
    ClosedQuestions,
    /// How questions open even where nobody wrote a question mark.
    UnmarkedQuestions,
    /// Requests that do what an open question does ("tell me more").
    Invitations,
    /// Words that stand before the opening of a question and change nothing ("and", "okay").
    Leads,
}

impl Signal {
    pub(super) const COUNT: usize = 20;
    pub const ALL: [Self; Self::COUNT] = [
        Self::Fillers,
        Self::Hedges,
        Self::Empathy,
        Self::Politeness,
        Self::Thanks,
        Self::Apologies,
        Self::Assertive,
        Self::Harsh,
        Self::Profanity,
        Self::Blame,
        Self::Vague,
        Self::Jargon,
        Self::Specifics,
        Self::FirstPerson,
        Self::SecondPerson,
        Self::OpenQuestions,
        Self::ClosedQuestions,
        Self::UnmarkedQuestions,
        Self::Invitations,
        Self::Leads,
    ];

    /// Whether it is about how a clause opens; those are looked up by the reader of questions.
    pub(super) const fn opens(self) -> bool {
        matches!(
            self,
            Self::OpenQuestions
                | Self::ClosedQuestions
                | Self::UnmarkedQuestions
                | Self::Invitations
                | Self::Leads
        )
    }

    /// Whether repeating it is good for somebody, so that it must not count each time.
    pub(super) const fn is_worth_farming(self) -> bool {
        matches!(
            self,
            Self::Empathy | Self::Politeness | Self::Thanks | Self::Apologies | Self::Assertive
        )
    }
    /// The name of its table in a file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fillers => "fillers",
            Self::Hedges => "hedges",
            Self::Empathy => "empathy",
            Self::Politeness => "politeness",
            Self::Thanks => "thanks",
            Self::Apologies => "apologies",
            Self::Assertive => "assertive",
            Self::Harsh => "harsh",
            Self::Profanity => "profanity",
            Self::Blame => "blame",
            Self::Vague => "vague",
            Self::Jargon => "jargon",
            Self::Specifics => "specifics",
            Self::FirstPerson => "first_person",
            Self::SecondPerson => "second_person",
            Self::OpenQuestions => "open_questions",
            Self::ClosedQuestions => "closed_questions",
            Self::UnmarkedQuestions => "unmarked_questions",
            Self::Invitations => "invitations",
            Self::Leads => "leads",
        }
    }
}
