use super::*;
use crate::ids::Seq;
use crate::persona::offline::Ended;
use crate::room::{PACE_MAX, Why};

const T1: TurnId = TurnId(1);

fn open(attempt: u8) -> Turn {
    Turn {
        persona: "mara".parse().unwrap(),
        why: Why::Line,
        of: None,
        asked_by: None,
        depth: 0,
        attempt,
        recoveries: 0,
        steers: 0,
        stopped: false,
    }
}

fn ack() -> Answer {
    Answer::Ack {
        seq: Seq(9),
        count: 1,
        dup: false,
    }
}

fn nack(code: Refusal) -> Answer {
    Answer::Nack {
        code,
        retry_after_ms: None,
    }
}

fn cue(player: &mut Player, turn: Turn, now: i64) -> Vec<Do> {
    player.cue([(T1, turn)].into(), Timestamp(now))
}

/// A player that speaks its first attempt.
fn speaking() -> Player {
    let mut player = Player::default();
    let todo = cue(&mut player, open(0), 1_000);
    assert_eq!(
        todo,
        [Do::Act(Act::Begin {
            turn: T1,
            attempt: 1,
            recovery: false
        })]
    );
    let todo = player.begun(T1, 1, ack(), Timestamp(1_000));
    assert_eq!(
        todo,
        [Do::Compose {
            turn: T1,
            attempt: 1
        }]
    );
    assert_eq!(cue(&mut player, open(1), 1_000), []);
    player
}

fn finish(text: &str, end: TurnEnd, pace: &[(u32, u32)]) -> Do {
    Do::Act(Act::Finish {
        turn: T1,
        attempt: 1,
        text: text.to_owned(),
        end,
        engine: String::new(),
        notes: SceneNotes {
            pace: pace.to_vec(),
            ..SceneNotes::default()
        },
    })
}

fn tell(from: u32, text: &str) -> Do {
    Do::Tell {
        turn: T1,
        attempt: 1,
        from,
        text: text.to_owned(),
    }
}

#[test]
fn pieces_are_told_at_once_then_together_and_handed_in_whole() {
    let mut player = speaking();
    assert_eq!(player.piece("Grüß ", Timestamp(1_100)), [tell(0, "Grüß ")]);
    assert_eq!(player.piece("dich, ", Timestamp(1_110)), []);
    assert_eq!(player.piece("Ada", Timestamp(1_120)), []);
    assert_eq!(player.wait_ms(Timestamp(1_120)), Some(21));
    assert_eq!(player.tick(Timestamp(1_141)), [tell(5, "dich, Ada")]);
    assert_eq!(player.piece(".", Timestamp(1_150)), []);
    assert_eq!(
        player.ended(TurnEnd::Done, Timestamp(1_151)),
        [
            tell(14, "."),
            finish("Grüß dich, Ada.", TurnEnd::Done, &[(100, 5), (151, 15)])
        ]
    );
    assert_eq!(player.finished(T1, ack(), Timestamp(1_160)), []);
    player.cue(BTreeMap::new(), Timestamp(1_161));
    assert!(player.is_idle());
}

#[test]
fn what_the_learner_reached_stands_though_the_persona_is_stopped() {
    let mut player = speaking();
    let notes = SceneNotes {
        mood: "curious".to_owned(),
        goals_met: vec!["number".parse().unwrap()],
        ended: Some(Ended::Good),
        ..SceneNotes::default()
    };
    player.noted(notes.clone());
    player.engine("local/tiny".to_owned());
    let stopped = Turn {
        stopped: true,
        ..open(1)
    };
    let handed_in = Act::Finish {
        turn: T1,
        attempt: 1,
        text: String::new(),
        end: TurnEnd::Stopped,
        engine: "local/tiny".to_owned(),
        notes: SceneNotes {
            ended: None,
            ..notes
        },
    };
    assert_eq!(
        cue(&mut player, stopped, 1_105),
        [Do::Abort, Do::Act(handed_in)]
    );
}

#[test]
fn a_stop_ends_the_request_and_keeps_what_was_heard() {
    let mut player = speaking();
    player.piece("I was about to", Timestamp(1_100));
    let stopped = Turn {
        stopped: true,
        ..open(1)
    };
    assert_eq!(
        cue(&mut player, stopped, 1_105),
        [
            Do::Abort,
            finish("I was about to", TurnEnd::Stopped, &[(100, 14)])
        ]
    );
}

#[test]
fn the_pace_of_a_long_answer_has_few_marks_and_its_end() {
    let mut player = speaking();
    for piece in 0..600_i64 {
        player.piece("word ", Timestamp(1_000 + 50 * piece));
    }
    let todo = player.ended(TurnEnd::Done, Timestamp(31_000));
    let [Do::Act(Act::Finish { text, notes, .. })] = todo.as_slice() else {
        panic!("{todo:?}");
    };
    let pace = &notes.pace;
    assert!((8..=PACE_MAX).contains(&pace.len()), "{pace:?}");
    assert!(pace.is_sorted(), "{pace:?}");
    assert_eq!(pace[0], (0, 5));
    let whole = u32::try_from(text.chars().count()).unwrap();
    assert_eq!(pace.last(), Some(&(29_950, whole + 1)));
}

#[test]
fn what_was_said_is_kept_every_second_and_who_lost_the_turn_goes_quiet() {
    let mut player = speaking();
    player.piece("Well", Timestamp(1_100));
    let todo = player.tick(Timestamp(2_001));
    assert_eq!(
        todo,
        [Do::Keep {
            turn: T1,
            attempt: 1,
            text: "Well".to_owned()
        }]
    );
    assert_eq!(player.kept(T1, 1, true, Timestamp(2_002)), []);
    assert_eq!(player.kept(T1, 1, false, Timestamp(3_002)), [Do::Abort]);
    assert_eq!(player.piece(" then", Timestamp(3_100)), []);
}

#[test]
fn an_attempt_of_somebody_else_silences() {
    let mut player = speaking();
    player.piece("Well", Timestamp(1_100));
    assert_eq!(cue(&mut player, open(2), 1_200), [Do::Abort]);
    assert_eq!(player.tick(Timestamp(1_300)), []);
}

#[test]
fn a_lost_turn_is_looked_for_taken_over_once_and_then_closed() {
    let mut player = Player::default();
    assert_eq!(cue(&mut player, open(1), 1_000), [Do::Look { turn: T1 }]);
    let kept = |age_ms| {
        Some(Kept {
            attempt: 1,
            text: "So far".to_owned(),
            age_ms,
        })
    };
    assert_eq!(player.looked(T1, kept(2_000), Timestamp(1_000)), []);
    assert_eq!(player.tick(Timestamp(4_999)), []);
    assert_eq!(player.tick(Timestamp(5_000)), [Do::Look { turn: T1 }]);
    let todo = player.looked(T1, kept(LEASE_MS), Timestamp(5_001));
    assert_eq!(
        todo,
        [Do::Act(Act::Begin {
            turn: T1,
            attempt: 2,
            recovery: true
        })]
    );
    // Another was faster.
    assert_eq!(
        player.begun(T1, 2, nack(Refusal::Conflict), Timestamp(5_002)),
        []
    );
    let lost_twice = Turn {
        recoveries: 1,
        ..open(2)
    };
    assert_eq!(cue(&mut player, lost_twice, 5_003), []);
    assert_eq!(player.tick(Timestamp(11_003)), [Do::Look { turn: T1 }]);
    let kept = Some(Kept {
        attempt: 2,
        text: "So far".to_owned(),
        age_ms: LEASE_MS,
    });
    let todo = player.looked(T1, kept, Timestamp(11_004));
    let [
        Do::Act(Act::Finish {
            attempt: 2,
            text,
            end: TurnEnd::Broken,
            ..
        }),
    ] = todo.as_slice()
    else {
        panic!("{todo:?}");
    };
    assert_eq!(text, "So far");
}

#[test]
fn a_steered_answer_begins_anew() {
    let mut player = speaking();
    player.piece("Well", Timestamp(1_100));
    let steered = Turn {
        steers: 1,
        ..open(1)
    };
    let todo = cue(&mut player, steered.clone(), 1_200);
    assert_eq!(
        todo,
        [
            Do::Abort,
            Do::Act(Act::Begin {
                turn: T1,
                attempt: 2,
                recovery: false
            })
        ]
    );
    let todo = player.begun(T1, 2, ack(), Timestamp(1_201));
    assert_eq!(
        todo,
        [Do::Compose {
            turn: T1,
            attempt: 2
        }]
    );
    // The room's word that it has begun may come after its answer.
    assert_eq!(cue(&mut player, steered, 1_202), []);
}

#[test]
fn a_store_that_is_away_costs_time_and_no_text() {
    let mut player = speaking();
    player.piece("Well.", Timestamp(1_100));
    let handed_in = player.ended(TurnEnd::Done, Timestamp(1_200));
    player.finished(T1, nack(Refusal::Unavailable), Timestamp(1_300));
    assert_eq!(player.tick(Timestamp(1_700)), []);
    assert_eq!(player.tick(Timestamp(1_801)), handed_in);
    assert_eq!(player.tick(Timestamp(1_900)), []);
}

#[test]
fn an_endless_answer_is_cut() {
    let mut player = speaking();
    let todo = player.piece(&"ä".repeat(TEXT_BYTES_MAX), Timestamp(1_100));
    let [
        Do::Abort,
        Do::Tell { .. },
        Do::Act(Act::Finish {
            text,
            end: TurnEnd::Cut,
            ..
        }),
    ] = todo.as_slice()
    else {
        panic!("{} things", todo.len());
    };
    assert_eq!(text.len(), TEXT_BYTES_MAX);
}
