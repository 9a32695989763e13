//! Connections that have to go, whatever they are doing.

use actix::prelude::*;
use ludus_domain::ids::{SignInId, UserId};
use ludus_domain::protocol::Close;
use ludus_domain::role::Role;

use super::Lane;

/// Rights ended or changed: the connections they carried end.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub enum Expel {
    SignIn(SignInId),
    User {
        user: UserId,
        why: Close,
    },
    /// Connections that were opened with another role than somebody has now.
    Role {
        user: UserId,
        role: Role,
    },
    /// The node goes away; each connection is told a moment of its own within this span.
    Everybody {
        spread_ms: u32,
    },
}

impl Handler<Expel> for Lane {
    type Result = ();

    fn handle(&mut self, expel: Expel, _: &mut Self::Context) {
        let table = self.table.borrow();
        let count = table.members.len().max(1);
        for (index, member) in table.members.values().enumerate() {
            match expel {
                Expel::SignIn(sign_in) if member.sign_in == sign_in => {
                    member.outbox.close(Close::Revoked, None);
                }
                Expel::User { user, why } if member.viewer.user == user => {
                    member.outbox.close(why, None);
                }
                Expel::Everybody { spread_ms } => {
                    // Evenly spread is the best jitter there is when one knows everybody.
                    let after_ms = u64::from(spread_ms) * index as u64 / count as u64;
                    member.outbox.close(
                        Close::GoingAway,
                        Some(u32::try_from(after_ms).unwrap_or(spread_ms)),
                    );
                }
                Expel::Role { user, role }
                    if member.viewer.user == user && member.viewer.role != role =>
                {
                    member.outbox.close(Close::RoleChanged, None);
                }
                Expel::SignIn(_) | Expel::User { .. } | Expel::Role { .. } => {}
            }
        }
    }
}
