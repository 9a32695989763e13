//! Who may open a connection: a ticket or a resume token, and nothing the store would be asked for.

use ludus_actors::ports::{Admitted, Doorman, Proof};
use ludus_domain::ids::SessionId;
use ludus_domain::refusal::Refusal;

use super::People;
use crate::tokens::Identity;

impl Doorman for People {
    fn admit(&self, proof: Proof<'_>) -> Result<Admitted, Refusal> {
        let now = self.now();
        let tokens = &self.inner.tokens;
        let who = match proof {
            Proof::Ticket(ticket) => tokens.tickets.redeem(ticket, now)?,
            Proof::Resume(token) => tokens.resume.read(token, now)?.who,
        };
        let who = self.inner.revocations.check(who, now)?;
        Ok(Admitted {
            org: who.org,
            user: who.user,
            name: who.name,
            role: who.role,
            guest: who.guest,
            sign_in: who.sign_in,
            until: who.until,
            display: who.display,
        })
    }

    fn resume_token(&self, admitted: &Admitted, session: SessionId) -> String {
        let who = Identity {
            org: admitted.org,
            user: admitted.user,
            sign_in: admitted.sign_in,
            role: admitted.role,
            guest: admitted.guest,
            name: admitted.name.clone(),
            until: admitted.until,
            display: admitted.display.clone(),
        };
        self.inner.tokens.resume.issue(&who, session, self.now())
    }
}
