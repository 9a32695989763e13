//! Reading what some people have now, where what they gained was not told.

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use ludus_domain::ids::UserId;
use ludus_domain::journal::Fault;

use super::{Board, Opening, Sought};
use crate::report::bring_back;
use crate::standings::Value;

/// People of one reading. Where more have moved, the whole board is read.
const SEEK_MAX: usize = 1_000;
/// What is being opened may have been read before they moved.
const AFTER_OPENING: Duration = Duration::from_millis(500);

impl Board {
    fn seek(&mut self, users: Arc<[UserId]>, ctx: &mut Context<Self>) {
        if matches!(self.opening, Opening::Now { .. }) {
            ctx.run_later(AFTER_OPENING, move |board, ctx| board.seek(users, ctx));
            return;
        }
        let Some(opened) = &self.opened else { return };
        if users.len() > SEEK_MAX {
            return self.open_soon(ctx);
        }
        let standings = &self.ports.standings;
        let values = standings.values(self.org, opened.from.compares.clone(), users);
        bring_back(
            ctx,
            values,
            |values: Result<Vec<Value>, Fault>, board, ctx| match values {
                Ok(values) => {
                    for value in values {
                        board.take_read(value, ctx);
                    }
                }
                Err(_) => board.open_soon(ctx),
            },
        );
    }

    fn take_read(&mut self, value: Value, ctx: &mut Context<Self>) {
        let Some(opened) = &self.opened else { return };
        if opened.from.standees.contains_key(&value.user) {
            self.take_value(value, ctx);
        } else {
            self.ask_who(value, ctx);
        }
    }
}

impl Handler<Sought> for Board {
    type Result = ();

    fn handle(&mut self, Sought(users): Sought, ctx: &mut Self::Context) {
        self.seek(users, ctx);
    }
}
