mod kit;
mod pays;
