//! What the room knows of the moment in which somebody asks: when it is, and what the org's words say
//! of their text.

use ludus_domain::ids::OrgId;
use ludus_domain::room::{Moment, WordCheck};

use super::message::Ask;
use crate::ports::Ports;

pub(super) fn moment(ports: &Ports, org: OrgId, ask: &Ask) -> Moment {
    let given = ask.sender.moment.words;
    let words = match (given, ask.command.said(), &ports.stage) {
        (WordCheck::Due, Some(text), Some(stage)) => {
            WordCheck::Found(stage.policies.words(org).check(text))
        }
        (given, ..) => given,
    };
    Moment {
        at: ports.clock.now(),
        words,
    }
}
