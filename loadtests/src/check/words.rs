//! What was heard of a persona while it spoke, against what is stored that it said.

use std::collections::HashMap;

use ludus_domain::ids::{RoomId, TurnId, UserId};
use ludus_domain::journal::Fact;
use ludus_domain::protocol::ServerFrame;
use ludus_domain::room::{Event, TurnEnd};
use ludus_domain::stream::StreamId;

use super::{Rule, Verdict};
use crate::database::Database;
use crate::record::{Line, What};

/// One turn as one connection hears it.
type Ear<'a> = (UserId, &'a str, u32, RoomId, TurnId);

#[derive(Default)]
struct Heard {
    attempt: u8,
    text: String,
}

impl Heard {
    fn take(&mut self, attempt: u8, from: u32, piece: &str) {
        if attempt < self.attempt {
            return;
        }
        if attempt > self.attempt {
            *self = Self {
                attempt,
                text: String::new(),
            };
        }
        let from = from as usize;
        match self.text.char_indices().map(|(at, _)| at).nth(from) {
            // Said again from there: whoever read it from the store had it whole.
            Some(at) => self.text.truncate(at),
            None if from == self.text.chars().count() => {}
            // Something in between never came: what comes after it proves nothing.
            None => return,
        }
        self.text.push_str(piece);
    }
}

/// Answers that came to their end were heard as they are stored, as far as they were heard.
pub(super) fn check(lines: &[Line], database: &Database, verdict: &mut Verdict) {
    let mut ears: HashMap<Ear<'_>, Heard> = HashMap::new();
    for line in lines {
        let What::Heard { conn, frame } = &line.what else {
            continue;
        };
        if let ServerFrame::Speaking {
            room,
            turn,
            attempt,
            from,
            text,
            ..
        } = &**frame
        {
            let ear = (line.user, &*line.client, *conn, *room, *turn);
            ears.entry(ear).or_default().take(*attempt, *from, text);
        }
    }
    let said = said(database);
    for ((user, client, conn, room, turn), heard) in ears {
        let Some((attempt, text)) = said.get(&(room, turn)) else {
            continue;
        };
        if heard.attempt == *attempt && !text.starts_with(heard.text.trim_end()) {
            let says = format!(
                "{user} ({client}, connection {conn}) heard of turn {turn} in room {room} what is not stored of it"
            );
            verdict.breach(Rule::Invented, says);
        }
    }
}

/// What personas said to the end, by which attempt.
fn said(database: &Database) -> HashMap<(RoomId, TurnId), (u8, &str)> {
    let mut said = HashMap::new();
    for (id, stream) in &database.streams {
        let StreamId::Room(room) = id else { continue };
        for event in &stream.events {
            if let Fact::Room(Event::Spoke {
                turn,
                attempt,
                text,
                end: TurnEnd::Done | TurnEnd::Cut,
                retracted: false,
                ..
            }) = &event.fact
            {
                said.insert((*room, *turn), (*attempt, text.as_str()));
            }
        }
    }
    said
}
