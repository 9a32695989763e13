//! Screens of a hall: each is granted one board, and nothing else.
//!
//! A screen is nobody. Its grant stands where a user would, with the least role and confined like a
//! guest; so whatever does not know of screens refuses it. What it may look at is asked of its grant.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ludus_actors::board::peek::Part;
use ludus_domain::audience::Viewer;
use ludus_domain::game::plan::BoardKey;
use ludus_domain::ids::{DisplayId, SignInId, UserId};
use ludus_domain::protocol::BoardFrame;
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use ludus_domain::text;

use super::boards::LiveBoards;
use super::caller::OnceKey;
use super::links::{CODE_CHARS_MAX, hash_of};
use super::own::Ticket;
use super::{Coach, Denied, People};
use crate::store::displays::Display;
use crate::store::idempotency::Done;
use crate::store::people::fresh;
use crate::tokens::{Identity, ticket};

/// How long a grant holds unless it says otherwise, and at most.
pub const DAYS_DEFAULT: u32 = 30;
pub const DAYS_MAX: u32 = 366;
/// Bytes of a screen's secret: far more than can be guessed.
const DISPLAY_CODE_BYTES: usize = 24;
const DAY_MS: i64 = 86_400_000;
/// Rows a screen reads at once.
const TOP_MAX: u32 = 100;

/// A grant, with the link that opens it: told once.
#[derive(Clone, Debug)]
pub struct NewDisplay {
    pub display: Display,
    pub url: String,
}

impl Coach {
    /// Lets a screen show a board that one sees oneself.
    pub async fn add_display(
        &self,
        live: &LiveBoards,
        once: Option<OnceKey>,
        board: BoardKey,
        title: Option<&str>,
        days: Option<u32>,
    ) -> Result<Done<NewDisplay>, Denied> {
        let days = days.unwrap_or(DAYS_DEFAULT);
        if !(1..=DAYS_MAX).contains(&days) {
            return Err(Refusal::FieldInvalid.into());
        }
        let caller = &self.0;
        let part = Part::Page { from: 0, len: 1 };
        let seen = caller.board(live, &board, None, part).await?;
        let title = match title {
            Some(title) => text::title(title)?,
            None => seen.about.map_or_else(String::new, |about| about.title),
        };
        let now = caller.people.now();
        let display = Display {
            id: DisplayId(fresh()),
            org: caller.who.org,
            board,
            title,
            created_by: caller.who.user,
            created_at: now,
            expires_at: now.plus_ms(i64::from(days) * DAY_MS),
            revoked_at: None,
        };
        let code = caller.people.display_code(display.id);
        let store = caller.people.store();
        let done = store
            .add_display(caller.once(once), display, hash_of(&code))
            .await?;
        // Asked again under the same key it is the grant of then, with its link.
        Ok(done.map(|display| NewDisplay {
            url: caller.people.display_url(&display),
            display,
        }))
    }

    /// The grants that hold: for admins all, for coaches their own.
    pub async fn displays(&self) -> Result<Vec<Display>, Denied> {
        let store = self.0.people.store();
        Ok(store.displays(self.0.actor()).await?)
    }

    /// Takes a grant back: the screen goes dark at once.
    pub async fn revoke_display(
        &self,
        once: Option<OnceKey>,
        id: DisplayId,
    ) -> Result<Done<()>, Denied> {
        let people = &self.0.people;
        let store = people.store();
        let done = store
            .revoke_display(self.0.once(once), self.0.actor(), id)
            .await?;
        people.inner.revocations.end(SignInId(id.0), people.now());
        Ok(done)
    }
}

impl People {
    /// A ticket for a screen: it opens one connection, which watches the board and does nothing else.
    pub async fn display_ticket(&self, code: &str) -> Result<(Display, Ticket), Denied> {
        let display = self.display(code).await?;
        let now = self.now();
        let who = Identity {
            org: display.org,
            user: UserId(display.id.0),
            sign_in: SignInId(display.id.0),
            role: Role::Spectator,
            guest: true,
            name: "Display".to_owned(),
            until: display.expires_at,
            display: Some(display.board.clone()),
        };
        let ticket = Ticket {
            ticket: self.inner.tokens.tickets.issue(who, now)?,
            expires_at: now.plus_ms(ticket::LIFE_MS),
        };
        Ok((display, ticket))
    }

    /// The first rows of a screen's board, for networks that have no connections.
    pub async fn display_board(
        &self,
        live: &LiveBoards,
        code: &str,
        top: u32,
    ) -> Result<BoardFrame, Denied> {
        if !(1..=TOP_MAX).contains(&top) {
            return Err(Refusal::FieldInvalid.into());
        }
        let display = self.display(code).await?;
        let viewer = Viewer {
            user: UserId(display.id.0),
            role: Role::Spectator,
            guest: true,
        };
        let part = Part::Page { from: 0, len: top };
        live.peek(display.org, display.board, viewer, part).await
    }

    /// The grant a link stands for, while it holds.
    async fn display(&self, code: &str) -> Result<Display, Denied> {
        if code.is_empty() || code.len() > CODE_CHARS_MAX {
            return Err(Refusal::LinkSpent.into());
        }
        let found = self.store().display_of(hash_of(code)).await?;
        let holds = |display: &Display| display.holds(self.now());
        Ok(found.filter(holds).ok_or(Refusal::LinkSpent)?)
    }

    fn display_code(&self, id: DisplayId) -> String {
        // Other words than those of a one-time link, whose id could be the same.
        let signature = self
            .inner
            .link_key
            .sign(format!("display/{}", id.0).as_bytes());
        URL_SAFE_NO_PAD.encode(&signature[..DISPLAY_CODE_BYTES])
    }

    fn display_url(&self, display: &Display) -> String {
        let code = self.display_code(display.id);
        format!(
            "{}/stage/{}#/display/{code}",
            self.inner.public_url, display.board
        )
    }
}
