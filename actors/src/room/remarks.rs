//! Remarks of a model on learners' lines. The node that wrote a line has it asked about, so that nobody
//! pays twice; the room writes each remark down once. What is lost on the way stays absent: a
//! remark is help, and late help is none.

use std::collections::VecDeque;

use actix::prelude::*;
use ludus_domain::host::Answer;
use ludus_domain::ids::Seq;
use ludus_domain::journal::{Fact, Recorded};
use ludus_domain::practice::remark::WORDS_MIN;
use ludus_domain::practice::remark::queue::{Queue, Wanted};
use ludus_domain::room::{Act, Event};

use super::{Open, Room};
use crate::metrics;
use crate::report::bring_back;
use crate::stage::Uttering;

/// Lines that were told of and not yet answered: of one batch, and of others while they come in.
const TOLD_MAX: usize = 256;

#[derive(Debug, Default)]
pub(super) struct Remarks {
    /// Lines of people that were just told of. Whether this node wrote them its answers say.
    told: VecDeque<Wanted>,
    queue: Queue,
}

impl Remarks {
    /// Takes in what was committed, by whomever.
    pub(super) fn published(&mut self, events: &[Recorded]) {
        for recorded in events {
            match (&recorded.fact, recorded.by) {
                (
                    Fact::Room(Event::Said {
                        as_persona: None,
                        facts,
                        ..
                    }),
                    Some(of),
                ) if facts.words >= WORDS_MIN => {
                    self.told.truncate(TOLD_MAX - 1);
                    self.told.push_front(Wanted {
                        line: recorded.seq,
                        of,
                        at: recorded.at,
                    });
                }
                (Fact::Room(Event::Retracted { line, .. }), _) => {
                    self.told.retain(|wanted| wanted.line != *line);
                    self.queue.forget(*line);
                }
                _ => {}
            }
        }
    }

    /// What was acknowledged here was written here: its lines wait for a remark.
    pub(super) fn answered(&mut self, answer: &Answer) {
        let Answer::Ack {
            seq,
            count,
            dup: false,
        } = answer
        else {
            return;
        };
        let end = Seq(seq.0.saturating_add((*count).into()));
        let is_ours = |wanted: &Wanted| (*seq..end).contains(&wanted.line);
        let ours: Vec<Wanted> = self.told.iter().copied().filter(is_ours).collect();
        self.told.retain(|wanted| !is_ours(wanted));
        for wanted in ours {
            metrics::remarks_dropped("crowded", self.queue.wait(wanted));
        }
    }
}

impl Open {
    /// Coaches who help do not practise; one who opened a practice does.
    fn practises(&self, wanted: &Wanted) -> bool {
        let seat = self.host.room().members.get(&wanted.of);
        let is_host = seat.is_some_and(|seat| seat.host);
        is_host || !self.watchers.has_coach(wanted.of)
    }
}

impl Room {
    fn wants_remarks(&self) -> bool {
        let (Some(open), Some(stage)) = (&self.open, &self.ports.stage) else {
            return false;
        };
        open.host.room().is_practice()
            && stage.remarks.are_wanted()
            && !stage.policies.of(self.org).no_remarks
    }

    /// Has as many lines asked about as may be at once.
    pub(super) fn mind_remarks(&mut self, ctx: &mut Context<Self>) {
        let is_wanted = self.wants_remarks();
        let now = self.ports.clock.now();
        let (Some(open), Some(stage)) = (&mut self.open, self.ports.stage.clone()) else {
            return;
        };
        if !is_wanted {
            return open.remarks.queue.clear();
        }
        metrics::remarks_dropped("stale", open.remarks.queue.tire(now));
        while let Some(wanted) = open.remarks.queue.take() {
            let scene = open.host.room().plan.scene.clone();
            let Some(scene) = scene.filter(|_| open.practises(&wanted)) else {
                open.remarks.queue.done(wanted.of);
                continue;
            };
            let asked = stage.remarks.on(Uttering {
                org: self.org,
                room: self.id,
                scene,
                line: wanted.line,
                of: wanted.of,
            });
            bring_back(ctx, asked, move |remark, room, ctx| {
                if let Some(open) = &mut room.open {
                    open.remarks.queue.done(wanted.of);
                }
                // The org may have decided otherwise meanwhile.
                if let Some(remark) = remark.filter(|_| room.wants_remarks()) {
                    let Wanted { line, of, .. } = wanted;
                    room.hand_in(Act::Remark { line, of, remark }, ctx);
                }
                room.mind_remarks(ctx);
            });
        }
    }
}
