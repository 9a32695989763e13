//! What the personas of a process do.

use ludus_domain::host::Pending;
use ludus_domain::ids::TurnId;
use ludus_domain::room::{Act, Sender};
use ludus_domain::slug::PersonaId;
use ludus_domain::time::Timestamp;
use ludus_domain::turn::Kept;

use super::{Out, PERSONAS, Process};
use crate::simulation::stage::Played;

impl Process {
    /// Personas hear what is open, say a word more, and act.
    pub(in super::super) fn tick(&mut self, now: Timestamp) -> Vec<Out> {
        let Some(open) = &mut self.open else {
            return vec![];
        };
        let mut played = vec![];
        for (id, answer) in std::mem::take(&mut self.answers) {
            played.extend(self.company.answered(id, answer, now).unwrap_or_default());
        }
        let room = open.host.room();
        played.extend(self.company.cue(room, now));
        played.extend(self.company.tick(now));
        // Now and then somebody thinks that a coach is gone.
        let mut held = room.stage.held.iter();
        if let Some((persona, held)) = held.next().filter(|_| self.chance.one_in(60)) {
            let (persona, take) = (persona.clone(), held.take);
            let act = Act::Release {
                persona: persona.clone(),
                take,
            };
            played.push(Played::Act { persona, act });
        }
        self.play(played)
    }

    pub(in super::super) fn looked(
        &mut self,
        persona: &PersonaId,
        turn: TurnId,
        kept: Option<Kept>,
        now: Timestamp,
    ) -> Vec<Out> {
        let played = self.company.looked(persona, turn, kept, now);
        self.play(played)
    }

    fn play(&mut self, played: Vec<Played>) -> Vec<Out> {
        let mut out = vec![];
        for played in played {
            let Played::Act { persona, act } = played else {
                out.push(Out::Played(played));
                continue;
            };
            let Some(open) = &mut self.open else { continue };
            let id = self.company.asks(persona, act.clone(), self.identity);
            let todo = open.host.command(Pending {
                to: PERSONAS,
                sender: Sender::hub(),
                id,
                order: act.into(),
            });
            out.extend(self.perform(todo));
        }
        out
    }
}
