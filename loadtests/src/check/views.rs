//! What each viewer was shown, against what is stored.

use std::collections::{BTreeMap, BTreeSet};

use ludus_domain::audience::Viewer;
use ludus_domain::ids::{RoomId, Seq, UserId};
use ludus_domain::journal::{Fact, Recorded};
use ludus_domain::protocol::ServerFrame;
use ludus_domain::role::Role;
use ludus_domain::room::Event;
use ludus_domain::stream::StreamId;

use super::{Rule, Verdict};
use crate::database::{Database, StoredEvent, StoredStream};
use crate::record::{Line, What};

/// One connection of one client, or one reading over REST.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Connection(u32),
    Reading(u32),
}

/// How far one view of one stream has come.
struct View {
    /// `None` until the hub says where it starts.
    at: Option<Seq>,
    /// Of an audit that started from nothing: it has to reach the head.
    whole: bool,
}

type Key<'a> = (UserId, &'a str, Source, StreamId);

struct Views<'a> {
    database: &'a Database,
    open: BTreeMap<Key<'a>, View>,
    /// Who saw everything of what, to the head.
    complete: BTreeSet<(UserId, StreamId)>,
}

pub(super) fn check(lines: &[Line], database: &Database, verdict: &mut Verdict) {
    let mut views = Views {
        database,
        open: BTreeMap::new(),
        complete: BTreeSet::new(),
    };
    let mut speakers: BTreeSet<(UserId, RoomId)> = BTreeSet::new();
    let mut asked: BTreeMap<_, RoomId> = BTreeMap::new();
    for line in lines {
        match &line.what {
            What::Open {
                conn,
                streams,
                audit,
                ..
            } => {
                for (stream, since) in streams {
                    let at = since.map(|position| position.seq);
                    views.start(line, *conn, *stream, at, *audit);
                    if *audit {
                        verdict.seen.final_views += 1;
                    } else {
                        verdict.seen.live_views += 1;
                    }
                }
            }
            What::Follow {
                conn,
                stream,
                since,
            } => {
                let at = since.map(|position| position.seq);
                views.start(line, *conn, *stream, at, false);
                verdict.seen.live_views += 1;
            }
            What::Heard { conn, frame } => {
                verdict.seen.frames += 1;
                views.hear(line, *conn, frame, verdict);
            }
            What::Page {
                reading,
                stream,
                events,
                skips,
                last,
            } => {
                views.page(line, *reading, *stream, events, skips, verdict);
                if *last {
                    views.page_end(line, *reading, *stream, verdict);
                }
            }
            What::Invoke { id, room, .. } => {
                asked.insert((line.user, *id), *room);
            }
            What::Ok { id, count, .. } if *count > 0 => {
                if let Some(room) = asked.get(&(line.user, *id)) {
                    speakers.insert((line.user, *room));
                }
            }
            _ => {}
        }
    }
    views.close(verdict);
    views.check_everybody_looked(&speakers, verdict);
}

impl<'a> Views<'a> {
    fn start(&mut self, line: &'a Line, conn: u32, stream: StreamId, at: Option<Seq>, audit: bool) {
        let key = (line.user, &*line.client, Source::Connection(conn), stream);
        let whole = audit && at == Some(Seq::ZERO);
        self.open.insert(key, View { at, whole });
    }

    fn viewer(&self, user: UserId) -> Viewer {
        let role = self.database.users.get(&user).map(|(_, role)| *role);
        Viewer {
            user,
            role: role.unwrap_or(Role::Spectator),
            // Audiences do not ask.
            guest: false,
        }
    }

    fn hear(&mut self, line: &'a Line, conn: u32, frame: &ServerFrame, verdict: &mut Verdict) {
        let source = Source::Connection(conn);
        match frame {
            ServerFrame::Event { stream, event } => {
                self.show(line, source, *stream, event, verdict);
            }
            ServerFrame::Skip { stream, from, to } => {
                self.skip(line, source, *stream, *from, *to, verdict);
            }
            ServerFrame::Subscribed { stream, head, .. } => {
                let key = (line.user, &*line.client, source, *stream);
                let at = self.open.get(&key).and_then(|view| view.at);
                if let Some(at) = at.filter(|at| at != head) {
                    let says = format!(
                        "{} was told that {stream} is complete to {head} when it had {at}",
                        who(line, source)
                    );
                    verdict.breach(Rule::Lost, says);
                }
                self.open
                    .entry(key)
                    .or_insert(View {
                        at: None,
                        whole: false,
                    })
                    .at = Some(*head);
            }
            ServerFrame::Reset { stream, head, .. } => {
                let key = (line.user, &*line.client, source, *stream);
                let view = View {
                    at: Some(*head),
                    whole: false,
                };
                self.open.insert(key, view);
            }
            ServerFrame::Unsubscribed { stream, .. } => {
                self.open
                    .remove(&(line.user, &*line.client, source, *stream));
            }
            _ => {}
        }
    }

    /// Moves a view on by what came; it has to be exactly what comes next.
    fn step(
        &mut self,
        line: &'a Line,
        source: Source,
        stream: StreamId,
        from: Seq,
        to: Seq,
        verdict: &mut Verdict,
    ) {
        let key = (line.user, &*line.client, source, stream);
        let Some(view) = self.open.get_mut(&key) else {
            let says = format!(
                "{} got {from} of {stream}, which it did not follow",
                who(line, source)
            );
            return verdict.breach(Rule::Invented, says);
        };
        let Some(at) = view.at else {
            let says = format!(
                "{} got {from} of {stream} before it was told where it starts",
                who(line, source)
            );
            verdict.breach(Rule::Reordered, says);
            view.at = Some(to);
            return;
        };
        if from <= at {
            let says = format!("{} got {from} of {stream} after {at}", who(line, source));
            verdict.breach(Rule::Doubled, says);
        } else if from != at.next() {
            let says = format!(
                "{} got {from} of {stream} after {at}: {} never came",
                who(line, source),
                at.next()
            );
            verdict.breach(Rule::Lost, says);
        }
        view.at = Some(to.max(at));
    }

    fn show(
        &mut self,
        line: &'a Line,
        source: Source,
        stream: StreamId,
        event: &Recorded,
        verdict: &mut Verdict,
    ) {
        self.step(line, source, stream, event.seq, event.seq, verdict);
        self.compare(line, source, stream, event, verdict);
    }

    fn compare(
        &self,
        line: &Line,
        source: Source,
        stream: StreamId,
        event: &Recorded,
        verdict: &mut Verdict,
    ) {
        let who = who(line, source);
        let seq = event.seq;
        match find(self.database, stream, seq) {
            None => verdict.breach(
                Rule::Lost,
                format!("{who} was shown {seq} of {stream}, which is not stored"),
            ),
            Some(stored) => {
                if !self.is_same(stream, event, stored) {
                    verdict.breach(
                        Rule::Reordered,
                        format!(
                            "{who} was shown another {seq} of {stream} ({}) than is stored ({})",
                            event.fact.kind(),
                            stored.fact.kind()
                        ),
                    );
                }
                if !stored.audience.admits(self.viewer(line.user)) {
                    verdict.breach(
                        Rule::Invented,
                        format!("{who} was shown {seq} of {stream}, which is not theirs to see"),
                    );
                }
            }
        }
    }

    fn is_same(&self, stream: StreamId, shown: &Recorded, stored: &StoredEvent) -> bool {
        if shown.by != stored.by {
            return false;
        }
        if let Fact::Room(Event::Said {
            retracted: true,
            text,
            ..
        }) = &shown.fact
        {
            let taken_back = |event: &StoredEvent| matches!(&event.fact, Fact::Room(Event::Retracted { line, .. } | Event::LineHidden { line, .. }) if *line == stored.seq);
            return text.is_empty()
                && self
                    .database
                    .streams
                    .get(&stream)
                    .is_some_and(|stream| stream.events.iter().any(taken_back));
        }
        shown.fact == stored.fact
    }

    /// What is skipped has to be there, and not for this viewer.
    fn skip(
        &mut self,
        line: &'a Line,
        source: Source,
        stream: StreamId,
        from: Seq,
        to: Seq,
        verdict: &mut Verdict,
    ) {
        self.step(line, source, stream, from, to, verdict);
        for seq in from.0..=to.0 {
            let fault = match find(self.database, stream, Seq(seq)) {
                None => "which is not stored",
                Some(event) if event.audience.admits(self.viewer(line.user)) => {
                    "which is theirs to see"
                }
                Some(_) => continue,
            };
            let who = who(line, source);
            let says = format!("{who} was told to skip {seq} of {stream}, {fault}");
            verdict.breach(Rule::Lost, says);
        }
    }

    /// A page of history over REST: with its skips it goes on exactly where the last one ended.
    fn page(
        &mut self,
        line: &'a Line,
        reading: u32,
        stream: StreamId,
        events: &[Recorded],
        skips: &[[Seq; 2]],
        verdict: &mut Verdict,
    ) {
        let source = Source::Reading(reading);
        let key = (line.user, &*line.client, source, stream);
        let stored = self.database.streams.get(&stream);
        let first = stored.map_or(Seq(1), |stream| stream.first.max(Seq(1)));
        self.open.entry(key).or_insert_with(|| {
            verdict.seen.final_views += 1;
            View {
                at: Some(Seq(first.0 - 1)),
                whole: false,
            }
        });
        let mut skips = skips.iter().peekable();
        for event in events {
            while let Some([from, to]) = skips.next_if(|[from, _]| *from < event.seq) {
                self.skip(line, source, stream, *from, *to, verdict);
            }
            self.show(line, source, stream, event, verdict);
        }
        for [from, to] in skips {
            self.skip(line, source, stream, *from, *to, verdict);
        }
    }

    fn page_end(&mut self, line: &'a Line, reading: u32, stream: StreamId, verdict: &mut Verdict) {
        let source = Source::Reading(reading);
        let key = (line.user, &*line.client, source, stream);
        let at = self.open.remove(&key).and_then(|view| view.at);
        let stored = self.database.streams.get(&stream);
        let head = stored.map_or(Seq::ZERO, StoredStream::end);
        if at == Some(head) {
            self.complete.insert((line.user, stream));
        } else {
            let at = at.unwrap_or_default();
            let who = who(line, source);
            let says = format!("{who} read {stream} to its end, which was {at} of {head}");
            verdict.breach(Rule::Lost, says);
        }
    }

    /// An audit is over when its log is: it has to have reached the head.
    fn close(&mut self, verdict: &mut Verdict) {
        for ((user, client, source, stream), view) in &self.open {
            if !view.whole {
                continue;
            }
            let head = self
                .database
                .streams
                .get(stream)
                .map_or(Seq::ZERO, StoredStream::end);
            if view.at == Some(head) {
                self.complete.insert((*user, *stream));
            } else {
                let at = view.at.unwrap_or_default();
                let says = format!(
                    "{user} ({client}, {}) resumed {stream} from the beginning and came to {at} of {head}",
                    name(*source)
                );
                verdict.breach(Rule::Lost, says);
            }
        }
    }

    /// Who said something has to have looked at all of it in the end, or nothing is proved for them.
    fn check_everybody_looked(&self, speakers: &BTreeSet<(UserId, RoomId)>, verdict: &mut Verdict) {
        for (user, room) in speakers {
            let stream = StreamId::Room(*room);
            if !self.complete.contains(&(*user, stream)) && self.has_seat(*user, stream) {
                let says = format!("{user} has no final view of {stream}: nothing is proved");
                verdict.breach(Rule::Lost, says);
            }
        }
    }

    fn has_seat(&self, user: UserId, stream: StreamId) -> bool {
        let Some(stream) = self.database.streams.get(&stream) else {
            return true;
        };
        let mut seated = false;
        for event in &stream.events {
            match &event.fact {
                Fact::Room(Event::Joined { user: who, .. }) if *who == user => seated = true,
                Fact::Room(
                    Event::Left { user: who }
                    | Event::Removed { user: who }
                    | Event::Banned { user: who }
                    | Event::Moved { user: who, .. },
                ) if *who == user => {
                    seated = false;
                }
                _ => {}
            }
        }
        seated
    }
}

impl StoredStream {
    fn end(&self) -> Seq {
        self.events.last().map_or(self.head, |event| event.seq)
    }
}

fn find(database: &Database, stream: StreamId, seq: Seq) -> Option<&StoredEvent> {
    let stream = database.streams.get(&stream)?;
    let index = stream.events.binary_search_by_key(&seq, |event| event.seq);
    index.ok().map(|index| &stream.events[index])
}

fn name(source: Source) -> String {
    match source {
        Source::Connection(conn) => format!("connection {conn}"),
        Source::Reading(reading) => format!("reading {reading}"),
    }
}

fn who(line: &Line, source: Source) -> String {
    format!("{} ({}, {})", line.user, line.client, name(source))
}
