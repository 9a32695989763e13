mod days;
mod kit;
mod laws;
mod pays;
mod rescores;
