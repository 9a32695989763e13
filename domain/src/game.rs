//! The game: what people do ([`deed`]) is paid by rules ([`rules`]) into accounts.
pub mod calendar;
