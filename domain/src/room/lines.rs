//! Lines: who may say one, change it, take it back and react to it.

use std::collections::BTreeSet;

use super::order::{listed, must_be_sayable};
use super::{EMOJI_BYTES_MAX, Event, LineFact, MENTIONS_MAX, Room, Sender};
use crate::ids::{Seq, UserId};
use crate::moderation::words::WordAction;
use crate::refusal::Refusal;
use crate::{signals, text};

impl LineFact {
    /// Refuses what is done to a line that nobody reads any more.
    pub(super) const fn must_stand(self) -> Result<(), Refusal> {
        if self.retracted {
            Err(Refusal::LineRetracted)
        } else if self.hidden {
            Err(Refusal::LineHidden)
        } else {
            Ok(())
        }
    }
}

impl Room {
    pub(super) fn decide_say(
        &self,
        sender: &Sender,
        text: &str,
        reply_to: Option<Seq>,
        mentions: &[UserId],
        line: Option<LineFact>,
    ) -> Result<Vec<Event>, Refusal> {
        self.may_speak(sender)?;
        let answers = match reply_to {
            Some(_) => line.ok_or(Refusal::NoSuchLine)?.author,
            None => None,
        };
        if mentions.len() > MENTIONS_MAX {
            return Err(Refusal::FieldInvalid);
        }
        let mentions: BTreeSet<UserId> = mentions.iter().copied().collect();
        if mentions.iter().any(|user| !self.members.contains_key(user)) {
            return Err(Refusal::NoSuchMember);
        }
        let text = text::line(text)?;
        match listed(sender) {
            Some(WordAction::Refuse) => return Err(Refusal::WordRefused),
            Some(WordAction::Hold) => {
                let user = sender.user;
                return Ok(vec![Event::LineHeld { user, text }]);
            }
            Some(WordAction::Flag) | None => {}
        }
        let turns = self.turns_for(&text, sender.user);
        let said = Event::Said {
            facts: signals::facts(&text),
            text,
            reply_to,
            answers,
            mentions: mentions.into_iter().collect(),
            instead_of: None,
            as_persona: None,
            retracted: false,
            hidden: false,
            flagged: listed(sender).is_some(),
        };
        Ok(std::iter::once(said).chain(turns).collect())
    }

    pub(super) fn decide_edit(
        &self,
        sender: &Sender,
        seq: Seq,
        text: &str,
        line: Option<LineFact>,
    ) -> Result<Vec<Event>, Refusal> {
        self.may_speak(sender)?;
        let found = line.ok_or(Refusal::NoSuchLine)?;
        if found.author != Some(sender.user) {
            return Err(Refusal::NotYourLine);
        }
        found.must_stand()?;
        Ok(vec![Event::Edited {
            line: seq,
            text: text::line(text)?,
            flagged: must_be_sayable(sender)?,
        }])
    }

    pub(super) fn decide_retract(
        &self,
        sender: &Sender,
        seq: Seq,
        line: Option<LineFact>,
    ) -> Result<Vec<Event>, Refusal> {
        let seat = self.seat(sender);
        let found = line.ok_or(Refusal::NoSuchLine)?;
        if found.author == Some(sender.user) {
            seat?;
        } else if !self.moderates(sender) {
            seat?;
            return Err(Refusal::NotYourLine);
        }
        if found.retracted {
            return Ok(vec![]);
        }
        Ok(vec![Event::Retracted {
            line: seq,
            of: found.author,
        }])
    }

    pub(super) fn decide_react(
        &self,
        sender: &Sender,
        seq: Seq,
        emoji: &str,
        on: bool,
        line: Option<LineFact>,
    ) -> Result<Vec<Event>, Refusal> {
        self.may_speak(sender)?;
        let found = line.ok_or(Refusal::NoSuchLine)?;
        found.must_stand()?;
        if !text::is_emoji(emoji, EMOJI_BYTES_MAX) {
            return Err(Refusal::TextInvalid);
        }
        Ok(vec![Event::Reacted {
            line: seq,
            of: found.author,
            emoji: emoji.to_owned(),
            on,
        }])
    }
}
