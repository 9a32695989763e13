//! What comes from other nodes, and from the sweep that finds what did not come: told to whoever
//! hosts it here, and to nobody else. Nothing is started for it.

use std::collections::BTreeSet;
use std::sync::Arc;

use ludus_domain::ids::{NodeId, OrgId, RoomId, UserId};
use ludus_domain::presence::Onlookers;
use ludus_domain::stream::StreamId;

use super::Directory;
use crate::board::Sought;
use crate::bus::{FromAfar, News, Standing};
use crate::feed::Stands;
use crate::ports::Head;
use crate::room::{Overheard, Share};

impl Directory {
    /// Where a stream stands in the store. Said again as long as it may be news: who was too busy to
    /// hear it hears it the next time.
    pub fn stands(&self, org: OrgId, stream: StreamId, head: Head) {
        match stream {
            StreamId::Room(room) => self.hint(org, room, Stands(head)),
            StreamId::Inbox(_) | StreamId::Cohort(_) => {
                if let Some(link) = self.channels.get(&(org, stream)) {
                    link.tell(Stands(head)).ok();
                }
            }
        }
    }

    /// What another node has for a room.
    pub fn from_afar(&self, org: OrgId, room: RoomId, news: FromAfar) {
        self.hint(org, room, news);
    }

    /// A node has ended: nobody looks at anything there.
    pub fn node_gone(&self, node: NodeId) {
        self.off_roll(node);
        for link in &self.rooms {
            let gone = FromAfar {
                from: node,
                news: News::Here(Onlookers::default()),
            };
            // One in each room and end of a node.
            link.must_tell(gone);
        }
    }

    /// Other nodes could not be heard, and can be again: rooms say who is here, and ask who is there.
    pub fn share_presence(&self) {
        for link in &self.rooms {
            link.tell(Share).ok();
        }
    }

    /// This node among the others.
    pub fn node(&self) -> NodeId {
        self.ports.bus.node()
    }

    /// Whether news come from other nodes.
    pub fn bus_standing(&self) -> Standing {
        self.ports.bus.standing()
    }

    /// Every stream that has an actor here.
    pub fn hosted(&self) -> Vec<(OrgId, StreamId)> {
        let rooms = self.rooms.iter().map(|link| {
            let (org, room) = *link.key();
            (org, StreamId::Room(room))
        });
        let mut hosted: Vec<_> = rooms.collect();
        hosted.extend(self.channels.iter().map(|link| *link.key()));
        hosted
    }

    /// How many actors there are here, of rooms and of boards.
    pub fn counts(&self) -> (usize, usize) {
        (self.rooms.len(), self.boards.len())
    }

    /// What a persona says, as far as another node has told or kept it.
    pub fn overheard(&self, org: OrgId, room: RoomId, overheard: Overheard) {
        self.hint(org, room, overheard);
    }

    /// Orgs somebody here looks at a board of.
    pub fn orgs_with_boards(&self) -> BTreeSet<OrgId> {
        self.boards.iter().map(|link| link.key().0).collect()
    }

    /// Accounts of an org moved, and what they gained was not told: boards read what counts there.
    pub fn accounts_moved(&self, org: OrgId, users: &Arc<[UserId]>) {
        for link in &self.boards {
            if link.key().0 == org {
                // One that is full opens anew by itself.
                link.tell(Sought(Arc::clone(users))).ok();
            }
        }
    }
}
