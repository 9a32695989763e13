//! What the actors count: every name in one place, no ids in labels.

use ludus_domain::host::Answer;
use ludus_domain::refusal::Refusal;
use ludus_domain::room::{Command, TurnEnd};
use metrics::{counter, gauge, histogram};

pub fn session_opened() {
    gauge!("ludus_sessions_open").increment(1);
    counter!("ludus_sessions_opened_total").increment(1);
}

pub fn session_closed() {
    gauge!("ludus_sessions_open").decrement(1);
}

pub fn room_opened() {
    gauge!("ludus_rooms_hosted").increment(1);
}

pub fn room_closed() {
    gauge!("ludus_rooms_hosted").decrement(1);
}

pub fn commanded(command: &Command) {
    counter!("ludus_commands_total", "kind" => command.kind()).increment(1);
}

pub fn answered(answer: &Answer) {
    match answer {
        Answer::Ack { dup: false, .. } => {
            counter!("ludus_acks_total", "kind" => "fresh").increment(1);
        }
        Answer::Ack { dup: true, .. } => {
            counter!("ludus_acks_total", "kind" => "duplicate").increment(1);
        }
        Answer::Nack { code, .. } => refused(*code),
    }
}

pub fn refused(code: Refusal) {
    counter!("ludus_nacks_total", "code" => code.code()).increment(1);
}

pub fn turn_ended(end: TurnEnd) {
    counter!("ludus_turns_total", "end" => end.as_str()).increment(1);
}

/// Lines that nobody was asked about, and why.
pub fn remarks_dropped(result: &'static str, count: usize) {
    if count > 0 {
        counter!("ludus_remarks_total", "result" => result).increment(count as u64);
    }
}

pub fn events_published(count: usize) {
    counter!("ludus_events_published_total").increment(count as u64);
}

/// What another node wrote is read because it was not told.
pub fn caught_up() {
    counter!("ludus_catch_ups_total").increment(1);
}

pub fn delivered() {
    counter!("ludus_deliveries_total").increment(1);
}

pub fn resumed(replayed: u32) {
    counter!("ludus_resumes_total").increment(1);
    histogram!("ludus_resume_events").record(replayed);
}

pub fn reset() {
    counter!("ludus_resets_total").increment(1);
}

pub fn fell_behind() {
    counter!("ludus_clients_behind_total").increment(1);
}

pub fn lane_lost() {
    counter!("ludus_lanes_lost_total").increment(1);
}

pub fn board_opened() {
    gauge!("ludus_boards_running").increment(1);
}

pub fn board_closed() {
    gauge!("ludus_boards_running").decrement(1);
}

pub fn desk_opened() {
    gauge!("ludus_desks_running").increment(1);
}

pub fn desk_closed() {
    gauge!("ludus_desks_running").decrement(1);
}

pub fn desk_frames(count: usize) {
    counter!("ludus_desk_frames_total").increment(count as u64);
}

/// A desk asked other nodes who is there.
pub fn roll_called() {
    counter!("ludus_desk_rolls_total", "what" => "called").increment(1);
}

/// Another node asked who is here.
pub fn roll_answered() {
    counter!("ludus_desk_rolls_total", "what" => "answered").increment(1);
}

pub fn board_frames(count: usize) {
    counter!("ludus_board_frames_total").increment(count as u64);
}
