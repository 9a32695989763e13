//! What the domain promises, seen from outside: the wire as it is spelled, and who may do what in a room.

mod room;
mod stage;
mod wire;
