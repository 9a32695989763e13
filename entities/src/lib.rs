//! SeaORM entities of the Ludus store, one file per table.
//!
//! Columns are what the databases hold: UUIDs, whole numbers, text and bytes. What they mean is said in
//! `ludus-domain`; this crate does not know it, and only the store's code sees both.
//! Instants are milliseconds since 1970. `org_id` leads every key.

pub mod account;
pub mod account_room;
pub mod alert;
pub mod alert_act;
pub mod api_key;
pub mod audit_entry;
pub mod award;
pub mod badge_grant;
pub mod board_choice;
pub mod cohort;
pub mod cohort_member;
pub mod command;
pub mod content_draft;
pub mod content_head;
pub mod content_version;
pub mod contest;
pub mod contest_entry;
pub mod contest_team;
pub mod deed;
pub mod display_grant;
pub mod division;
pub mod division_member;
pub mod event;
pub mod game;
pub mod held_seat;
pub mod hidden_line;
pub mod idempotency;
pub mod job;
pub mod kudos;
pub mod league_week;
pub mod learner_note;
pub mod link;
pub mod member;
pub mod memory_choice;
pub mod node;
pub mod org;
pub mod persona_instruction;
pub mod persona_memory;
pub mod policy_change;
pub mod practice;
pub mod practice_report;
pub mod purse;
pub mod rank_day;
pub mod rank_point;
pub mod reservation;
pub mod room;
pub mod room_comment;
pub mod rule_set;
pub mod season;
pub mod season_standing;
pub mod setting;
pub mod sign_in;
pub mod stream;
pub mod suspicion;
pub mod team;
pub mod total;
pub mod turn;
pub mod user;
