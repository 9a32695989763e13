//! Rooms, around what their actors do: opening one, finding one, reading one back.

use std::collections::{BTreeSet, HashMap};

use ludus_actors::ports::Head;
use ludus_domain::audience::Viewer;
use ludus_domain::ids::{RoomId, Seq, UserId};
use ludus_domain::journal::{Fact, Recorded};
use ludus_domain::refusal::Refusal;
use ludus_domain::rights::Action;
use ludus_domain::role::Role;
use ludus_domain::room::{CAPACITY_MAX, Entry, Event, Room, RoomKind, RoomPlan};
use ludus_domain::stream::StreamId;
use ludus_domain::text;

use super::caller::OnceKey;
use super::{Caller, Denied};
use crate::keys;
use crate::store::StoreError;
use crate::store::idempotency::Done;
use crate::store::people::fresh;
use crate::store::rooms::{MemberRow, RoomFilter, RoomRow, RoomsPage};

/// Letters and digits nobody mistakes for each other when they are read out in a hall.
const CODE_ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKLMNPQRSTUVWXY";
const CODE_CHARS: usize = 8;
/// Codes that may turn out to be taken. One in a hundred thousand million is, in a million rooms.
const CODE_TRIES: u32 = 3;
/// Events a search looks at before it answers with what it has: it opens and reads each.
const SEARCH_EVENTS_MAX: u32 = 4_000;
const SEARCH_CHUNK: u32 = 500;
const SEARCH_CHARS_MAX: usize = 120;

/// Events of a room, in order, without those that are not for the reader.
#[derive(Clone, Debug)]
pub struct HistoryPage {
    pub head: Head,
    pub events: Vec<Recorded>,
    /// Inclusive ranges of what is there and not shown.
    pub skipped: Vec<(Seq, Seq)>,
    /// The events asked for lie after this and up to `to`.
    pub after: Seq,
    pub to: Seq,
    pub names: HashMap<UserId, String>,
}

/// Lines that were found, latest first.
#[derive(Clone, Debug)]
pub struct Found {
    pub hits: Vec<Recorded>,
    /// Look on before this; none at the beginning of the room.
    pub next_before: Option<Seq>,
    pub names: HashMap<UserId, String>,
}

/// Where a page of history lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Around {
    /// The latest.
    End,
    After(Seq),
    Before(Seq),
}

impl Caller {
    pub async fn open_room(
        &self,
        once: Option<OnceKey>,
        plan: RoomPlan,
    ) -> Result<Done<RoomRow>, Denied> {
        let needed = if plan.kind == RoomKind::Practice {
            Action::OpenPractice
        } else {
            Action::OpenRoom
        };
        if !self.may(needed) {
            return Err(Refusal::Forbidden.into());
        }
        let plan = RoomPlan {
            title: text::title(&plan.title)?,
            ..plan
        };
        if !(1..=CAPACITY_MAX).contains(&plan.capacity) {
            return Err(Refusal::FieldInvalid.into());
        }
        let mut tries = CODE_TRIES;
        loop {
            let code = match plan.entry {
                Entry::Code => Some(new_code()?),
                Entry::Open | Entry::Invitation => None,
            };
            let opened = self
                .people
                .store()
                .open_room(
                    self.once(once.clone()),
                    self.actor(),
                    self.who.name.clone(),
                    RoomId(fresh()),
                    Room::open(plan.clone(), code),
                )
                .await;
            tries -= 1;
            match opened {
                Err(error) if tries > 0 && StoreError::is_taken(&error) => {}
                other => return Ok(other?),
            }
        }
    }

    pub(crate) async fn rooms(
        &self,
        filter: RoomFilter,
        before: Option<RoomId>,
        limit: u64,
    ) -> Result<RoomsPage, Denied> {
        let store = self.people.store();
        Ok(store
            .rooms_page(
                self.actor(),
                self.people.roster(self.who.org),
                filter,
                before,
                limit,
            )
            .await?)
    }

    /// A room one may watch. Others do not exist, as far as one is told.
    pub async fn room(&self, id: RoomId) -> Result<RoomRow, Denied> {
        let found = self.people.store().room_row(self.who.org, id).await?;
        let seen = found.filter(|room| room.state.may_watch(self.viewer_in(&room.state)));
        Ok(seen.ok_or(Refusal::NotFound)?)
    }

    /// The room a code opens, for somebody who does not see it yet. They join it with the code.
    pub async fn room_by_code(&self, code: &str) -> Result<RoomRow, Denied> {
        let code = code_of(code)?;
        let found = self.people.store().room_by_code(code).await?;
        let room = found
            .filter(|(org, room)| *org == self.who.org && room.state.plan.entry == Entry::Code)
            .map(|(_, room)| room);
        Ok(room.ok_or(Refusal::WrongCode)?)
    }

    /// One's own seat in a room, if any.
    pub async fn seat(&self, id: RoomId) -> Result<Option<MemberRow>, Denied> {
        let store = self.people.store();
        Ok(store.member(self.who.org, id, self.who.user).await?)
    }

    pub async fn members(
        &self,
        id: RoomId,
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Vec<MemberRow>, Denied> {
        self.room(id).await?;
        let store = self.people.store();
        Ok(store.members_page(self.who.org, id, after, limit).await?)
    }

    pub async fn history(
        &self,
        id: RoomId,
        around: Around,
        limit: u32,
    ) -> Result<HistoryPage, Denied> {
        let viewer = self.viewer_in(&self.room(id).await?.state);
        let stream = StreamId::Room(id);
        let archive = &self.people.inner.archive;
        let head = archive.head(self.who.org, stream).await?;
        let span = u64::from(limit);
        let (after, to) = match around {
            Around::End => (head.seq.0.saturating_sub(span), head.seq.0),
            Around::After(seq) => {
                let after = seq.min(head.seq).0;
                (after, after.saturating_add(span).min(head.seq.0))
            }
            Around::Before(seq) => {
                let to = seq.0.saturating_sub(1).min(head.seq.0);
                (to.saturating_sub(span), to)
            }
        };
        let (events, skipped) = if to > after {
            let limit = u32::try_from(to - after).unwrap_or(limit);
            let mut events = archive
                .events(self.who.org, stream, Seq(after), limit)
                .await?;
            if viewer.role >= Role::Coach {
                let store = self.people.store();
                events = store.uncover(self.who.org, id, events).await?;
            }
            visible(viewer, events)
        } else {
            (vec![], vec![])
        };
        Ok(HistoryPage {
            head,
            names: self.names(&events).await?,
            events,
            skipped,
            after: Seq(after),
            to: Seq(to),
        })
    }

    /// Lines of a room that hold a text, whatever its case; latest first.
    pub async fn search(
        &self,
        id: RoomId,
        text: &str,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Found, Denied> {
        let viewer = self.viewer_in(&self.room(id).await?.state);
        let wanted = text.trim().to_lowercase();
        if wanted.is_empty() || wanted.chars().count() > SEARCH_CHARS_MAX {
            return Err(Refusal::FieldInvalid.into());
        }
        let stream = StreamId::Room(id);
        let archive = &self.people.inner.archive;
        let head = archive.head(self.who.org, stream).await?;
        let mut before = before.map_or(head.seq.next(), |seq| seq.min(head.seq.next()));
        let mut hits = vec![];
        let mut looked = 0;
        while before.0 > 1 && looked < SEARCH_EVENTS_MAX && hits.len() < limit {
            let after = (before.0 - 1).saturating_sub(u64::from(SEARCH_CHUNK));
            let count = u32::try_from(before.0 - 1 - after).unwrap_or(SEARCH_CHUNK);
            let events = archive
                .events(self.who.org, stream, Seq(after), count)
                .await?;
            looked += count;
            let (events, _) = visible(viewer, events);
            before = Seq(after + 1);
            for event in events.into_iter().rev() {
                if !holds(&event, &wanted) {
                    continue;
                }
                let seq = event.seq;
                hits.push(event);
                if hits.len() == limit {
                    before = seq;
                    break;
                }
            }
        }
        Ok(Found {
            names: self.names(&hits).await?,
            hits,
            next_before: (before.0 > 1).then_some(before),
        })
    }

    /// How far one has read. Losing one is no loss.
    pub async fn mark_read(&self, id: RoomId, seq: Seq) -> Result<(), Denied> {
        self.room(id).await?;
        let archive = &self.people.inner.archive;
        let (org, user) = (self.who.org, self.who.user);
        Ok(archive.mark_read(org, id, user, seq).await?)
    }

    /// The names of those a page of events speaks of, as they are called now.
    async fn names(&self, events: &[Recorded]) -> Result<HashMap<UserId, String>, Denied> {
        let mut people = BTreeSet::new();
        for event in events {
            people.extend(event.by);
        }
        let ids = people.into_iter().collect();
        Ok(self.people.store().names(self.who.org, ids).await?)
    }
}

fn visible(viewer: Viewer, events: Vec<Recorded>) -> (Vec<Recorded>, Vec<(Seq, Seq)>) {
    let mut skipped: Vec<(Seq, Seq)> = vec![];
    let mut shown = Vec::with_capacity(events.len());
    for event in events {
        if event.audience.admits(viewer) {
            shown.push(event);
            continue;
        }
        match skipped.last_mut() {
            Some((_, to)) if to.next() == event.seq => *to = event.seq,
            _ => skipped.push((event.seq, event.seq)),
        }
    }
    (shown, skipped)
}

fn holds(event: &Recorded, wanted: &str) -> bool {
    match &event.fact {
        Fact::Room(Event::Said {
            text,
            retracted: false,
            ..
        }) => text.to_lowercase().contains(wanted),
        _ => false,
    }
}

/// A code as somebody typed it.
pub(super) fn code_of(typed: &str) -> Result<String, Refusal> {
    let code = typed.trim().to_uppercase();
    if code.chars().count() == CODE_CHARS {
        Ok(code)
    } else {
        Err(Refusal::WrongCode)
    }
}

pub(super) fn new_code() -> Result<String, Refusal> {
    let random: [u8; CODE_CHARS] = keys::random().map_err(|_| Refusal::Unavailable)?;
    // The last eight of 256 values make some letters a little likelier. It is no secret key.
    let letters = random
        .iter()
        .map(|byte| char::from(CODE_ALPHABET[usize::from(*byte) % CODE_ALPHABET.len()]));
    Ok(letters.collect())
}
