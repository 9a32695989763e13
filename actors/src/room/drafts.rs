//! Hints about lines while they are written: computed here, told to the one who writes, kept nowhere.
//! Whether anybody else sees the line before it is said is the org's to decide: see `watchers`.

use std::collections::BTreeMap;

use actix::prelude::*;
use ludus_domain::ids::UserId;
use ludus_domain::journal::{Fact, Recorded};
use ludus_domain::protocol::{HintMark, ServerFrame};
use ludus_domain::room::Event;
use ludus_domain::signals::{self, Context as Talk};
use ludus_domain::text;

use super::Room;
use super::message::Draft;
use crate::feed::Outgoing;
use crate::outbox::{Class, Frame, Key};

/// People whose side of the conversation is remembered. Beyond it hints know only the line.
const WRITERS_MAX: usize = 64;

/// The conversation from the side of each who writes with hints.
#[derive(Debug, Default)]
pub(super) struct Drafts {
    talks: BTreeMap<UserId, Talk>,
}

impl Drafts {
    /// Lines that were said. Numbers only are remembered of them.
    pub(super) fn published(&mut self, events: &[Recorded]) {
        for recorded in events {
            let facts = match &recorded.fact {
                Fact::Room(Event::Said { facts, .. }) => *facts,
                Fact::Room(Event::Spoke { text, .. }) if !self.talks.is_empty() => {
                    signals::facts(text)
                }
                _ => continue,
            };
            for (user, talk) in &mut self.talks {
                talk.take(&facts, recorded.by == Some(*user));
            }
        }
    }

    fn hints(&mut self, user: UserId, text: &str) -> Vec<HintMark> {
        let mut fresh = Talk::default();
        let is_known = self.talks.contains_key(&user);
        let talk = if is_known || self.talks.len() < WRITERS_MAX {
            self.talks.entry(user).or_default()
        } else {
            &mut fresh
        };
        let hints = signals::draft(text, talk);
        talk.showed(&hints);
        let mark = |hint: signals::Hint| {
            let (start, end) = hint.utf16(text);
            HintMark {
                hint: hint.kind,
                start,
                end,
                say: hint.say,
            }
        };
        hints.into_iter().map(mark).collect()
    }
}

impl Handler<Draft> for Room {
    type Result = ();

    fn handle(&mut self, draft: Draft, ctx: &mut Self::Context) {
        let Some(open) = &mut self.open else { return };
        let is_member = open.host.room().members.contains_key(&draft.user);
        if !is_member || draft.text.chars().count() > text::LINE_CHARS_MAX {
            return;
        }
        let hints = open.drafts.hints(draft.user, &draft.text);
        let frame = ServerFrame::Hints {
            room: self.id,
            hints,
        };
        let frame = Frame::encode(Class::Latest(Key::Hints(self.id)), &frame);
        let lane = open.feed.owe(&draft.lane);
        let mut out = Outgoing::default();
        out.answers
            .entry(lane)
            .or_default()
            .push((draft.session, frame));
        open.feed.send(out);
        self.show_draft(draft, ctx);
    }
}
