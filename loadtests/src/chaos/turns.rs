//! What became of the turns of personas in a run, counted for people.

use std::collections::{BTreeMap, BTreeSet};

use ludus_domain::ids::RoomId;
use ludus_domain::journal::Fact;
use ludus_domain::room::Event;
use ludus_domain::stream::StreamId;

use crate::database::Database;
use crate::record::{Line, What};

/// `None` where no persona was asked for anything.
pub(super) fn counted(lines: &[Line], database: &Database) -> Option<String> {
    let rooms: BTreeSet<RoomId> = lines
        .iter()
        .filter_map(|line| match &line.what {
            What::Invoke { room, .. } => Some(*room),
            _ => None,
        })
        .collect();
    let (mut asked, mut begun_anew) = (0, 0);
    let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
    for room in rooms {
        let stream = database.streams.get(&StreamId::Room(room))?;
        for event in &stream.events {
            match &event.fact {
                Fact::Room(Event::TurnAsked { .. }) => asked += 1,
                Fact::Room(Event::TurnBegun { attempt, .. }) => {
                    begun_anew += usize::from(*attempt > 1);
                }
                Fact::Room(Event::Spoke { end, .. }) => {
                    *ends.entry(end.as_str()).or_default() += 1;
                }
                _ => {}
            }
        }
    }
    let ends: Vec<String> = ends
        .into_iter()
        .map(|(end, count)| format!("{count} {end}"))
        .collect();
    (asked > 0).then(|| {
        format!(
            "{asked} turns of personas, {begun_anew} times begun anew; {}",
            ends.join(", ")
        )
    })
}
