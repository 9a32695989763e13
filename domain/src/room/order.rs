//! Keeping order: a line is reported, hidden, shown again; somebody is muted, removed, banned, and let
//! back. Everything done here can be undone, and says in its event what it was.

use super::{Command, Event, LineFact, Refusal, Room, Sender};
use crate::ids::{Seq, UserId};
use crate::moderation::words::WordAction;
use crate::moderation::{MUTE_MINUTES_MAX, NOTE_CHARS_MAX, ReportReason};
use crate::role::Role;
use crate::text;
use crate::time::Timestamp;

/// What the room's shell knows of the moment in which somebody asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    pub at: Timestamp,
    pub words: WordCheck,
}

/// What the org's words say of the text in hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WordCheck {
    /// Nobody has compared yet.
    #[default]
    Due,
    Found(Option<WordAction>),
    /// A coach has let the line pass.
    Waived,
}

impl Command {
    /// The text that members say with it.
    pub const fn said(&self) -> Option<&String> {
        match self {
            Self::Say { text, .. } | Self::Edit { text, .. } | Self::Resend { text, .. } => {
                Some(text)
            }
            _ => None,
        }
    }
}

/// What is to be done about a line for its words. Coaches quote what others said.
pub(super) fn listed(sender: &Sender) -> Option<WordAction> {
    match sender.moment.words {
        WordCheck::Found(found) if sender.role < Role::Coach => found,
        WordCheck::Found(_) | WordCheck::Due | WordCheck::Waived => None,
    }
}

/// [`listed`], where a line cannot be held back; answers whether a coach is to look at it.
pub(super) fn must_be_sayable(sender: &Sender) -> Result<bool, Refusal> {
    match listed(sender) {
        Some(WordAction::Hold | WordAction::Refuse) => Err(Refusal::WordRefused),
        Some(WordAction::Flag) => Ok(true),
        None => Ok(false),
    }
}

impl Room {
    pub(super) fn decide_report(
        &self,
        sender: &Sender,
        seq: Seq,
        reason: ReportReason,
        note: Option<&str>,
        line: Option<LineFact>,
    ) -> Result<Vec<Event>, Refusal> {
        if sender.role < Role::Coach {
            self.seat(sender)?;
        }
        let found = line.ok_or(Refusal::NoSuchLine)?;
        if found.author == Some(sender.user) {
            return Err(Refusal::Forbidden);
        }
        let note = match note.map(text::line).transpose() {
            Err(Refusal::TextEmpty) => None,
            other => other?,
        };
        if note
            .as_ref()
            .is_some_and(|note| note.chars().count() > NOTE_CHARS_MAX)
        {
            return Err(Refusal::TextTooLong);
        }
        Ok(vec![Event::LineReported {
            line: seq,
            of: found.author,
            by: sender.user,
            reason,
            note,
        }])
    }

    pub(super) fn decide_hiding(
        &self,
        sender: &Sender,
        seq: Seq,
        hide: bool,
        line: Option<LineFact>,
    ) -> Result<Vec<Event>, Refusal> {
        self.must_keep_order(sender)?;
        let found = line.ok_or(Refusal::NoSuchLine)?;
        if found.hidden == hide {
            return Ok(vec![]);
        }
        let (line, of) = (seq, found.author);
        Ok(vec![if hide {
            Event::LineHidden { line, of }
        } else {
            Event::LineShown { line, of }
        }])
    }

    pub(super) fn decide_mute(
        &self,
        sender: &Sender,
        user: UserId,
        muted: bool,
        minutes: Option<u16>,
    ) -> Result<Vec<Event>, Refusal> {
        self.must_moderate(sender)?;
        let is_sane =
            minutes.is_none_or(|minutes| muted && (1..=MUTE_MINUTES_MAX).contains(&minutes));
        if !is_sane {
            return Err(Refusal::FieldInvalid);
        }
        let until = minutes.map(|minutes| sender.moment.at.plus_ms(i64::from(minutes) * 60_000));
        // Whoever left keeps what they were muted for, and it can be taken from them.
        let is_gone = !muted && self.hushed.contains_key(&user);
        if !is_gone {
            let seat = self.must_outrank(sender, user)?;
            if (seat.muted, seat.muted_until) == (muted, until) {
                return Ok(vec![]);
            }
        }
        Ok(vec![Event::Muted { user, muted, until }])
    }

    pub(super) fn decide_remove(
        &self,
        sender: &Sender,
        user: UserId,
    ) -> Result<Vec<Event>, Refusal> {
        self.must_moderate(sender)?;
        self.must_outrank(sender, user)?;
        Ok(self.vacate(user, Event::Removed { user }))
    }

    /// Whoever has no seat can be banned before they take one.
    pub(super) fn decide_ban(
        &self,
        sender: &Sender,
        user: UserId,
        banned: bool,
    ) -> Result<Vec<Event>, Refusal> {
        self.must_keep_order(sender)?;
        if user == sender.user {
            return Err(Refusal::Forbidden);
        }
        if self.banned.contains(&user) == banned {
            return Ok(vec![]);
        }
        Ok(if !banned {
            vec![Event::Unbanned { user }]
        } else if self.members.contains_key(&user) {
            self.vacate(user, Event::Banned { user })
        } else {
            vec![Event::Banned { user }]
        })
    }

    /// What coaches do about lines and people, in a room that has ended too.
    fn must_keep_order(&self, sender: &Sender) -> Result<(), Refusal> {
        if sender.role >= Role::Coach {
            return Ok(());
        }
        self.seat(sender)?;
        Err(Refusal::Forbidden)
    }

    pub(super) fn evolve_order(&mut self, event: &Event) {
        match event {
            Event::Muted { user, muted, until } => {
                if let Some(seat) = self.members.get_mut(user) {
                    (seat.muted, seat.muted_until) = (*muted, *until);
                } else if !muted {
                    self.hushed.remove(user);
                }
            }
            Event::Removed { user } => {
                self.members.remove(user);
                self.invited.remove(user);
                self.removed.insert(*user);
            }
            Event::Banned { user } => {
                self.members.remove(user);
                self.invited.remove(user);
                self.hushed.remove(user);
                self.banned.insert(*user);
            }
            Event::Unbanned { user } => {
                self.banned.remove(user);
            }
            _ => {}
        }
    }
}
