//! Turns of personas: in the journal they are decided, beside it what was heard is kept.

use ludus_actors::llm::Usage;
use ludus_actors::stage::{Bill, Turns as _};
use ludus_domain::ids::{TurnId, UserId};
use ludus_domain::journal::{Appended, Fact, Outcome};
use ludus_domain::room::{Event, SceneNotes, TurnEnd, Why};
use ludus_domain::slug::PersonaId;
use ludus_domain::turn::Kept;
use ludus_entities::turn;
use sea_orm::EntityTrait as _;

use crate::kit::*;

const T1: TurnId = TurnId(1);

fn mara() -> PersonaId {
    "mara-okafor".parse().unwrap()
}

fn asked(by: UserId) -> Event {
    Event::TurnAsked {
        turn: T1,
        persona: mara(),
        why: Why::Line,
        of: None,
        asked_by: Some(by),
        depth: 0,
    }
}

fn begun(attempt: u8) -> Event {
    Event::TurnBegun {
        turn: T1,
        attempt,
        recovered: attempt > 1,
    }
}

fn spoke(attempt: u8, text: &str) -> Event {
    Event::Spoke {
        turn: T1,
        attempt,
        persona: mara(),
        text: text.to_owned(),
        end: TurnEnd::Done,
        why: Why::Line,
        of: None,
        engine: "offline".to_owned(),
        notes: SceneNotes::default(),
        retracted: false,
        hidden: false,
    }
}

/// Writes events of the hub or of the host, one append each.
async fn write(room: &mut Seeded, by: UserId, events: Vec<Event>) {
    let append = room.plan(vec![accepted(by, events)]);
    let state = append.state.clone();
    match room.append(append.proposals).await.unwrap() {
        Appended::Committed { guard, .. } => {
            room.guard = guard;
            room.state = state.unwrap_or_else(|| room.state.clone());
        }
        Appended::Moved { .. } => panic!("nobody else writes here"),
    }
}

on_both! {
    async fn what_was_heard_is_kept_for_the_attempt_that_speaks(ground: &Ground) {
        let store = ground.open().await;
        let org = seed_org(&store).await;
        let mut room = seed_room(&store, org).await;
        let host = room.host;
        write(&mut room, host, vec![said("Hello"), asked(host)]).await;
        let kept = store.kept(org, room.room, T1).await.unwrap().unwrap();
        assert_eq!((kept.attempt, kept.text.as_str()), (0, ""));
        assert!(!store.keep(org, room.room, T1, 1, "early".into()).await.unwrap(), "nobody has begun");

        write(&mut room, UserId::HUB, vec![begun(1)]).await;
        assert!(store.keep(org, room.room, T1, 1, "So\0 far".into()).await.unwrap());
        let Kept { attempt, text, age_ms } = store.kept(org, room.room, T1).await.unwrap().unwrap();
        assert_eq!((attempt, text.as_str()), (1, "So far"));
        assert!((0..5_000).contains(&age_ms), "{age_ms}");

        write(&mut room, UserId::HUB, vec![begun(2)]).await;
        assert!(!store.keep(org, room.room, T1, 1, "late".into()).await.unwrap(), "it was taken over");
        let kept = store.kept(org, room.room, T1).await.unwrap().unwrap();
        assert_eq!((kept.attempt, kept.text.as_str()), (2, ""), "text of another attempt is void");

        write(&mut room, UserId::HUB, vec![spoke(2, "All of it.")]).await;
        assert!(!store.keep(org, room.room, T1, 2, "more".into()).await.unwrap(), "it is over");
        assert_eq!(store.kept(org, room.room, T1).await.unwrap(), None);
        let last = room.events().await.pop().unwrap();
        assert_eq!(last.by, None, "the hub's own acts are nobody's");
        assert!(matches!(last.fact, Fact::Room(Event::Spoke { .. })));
        // What it took comes when it comes.
        let bill = Bill {
            provider: "local".into(),
            model: "tiny".into(),
            usage: Usage { prompt_tokens: 120, completion_tokens: 9, estimated: false },
            cost_micro: 7,
            first_token_ms: 80,
            total_ms: 900,
        };
        store.bill(org, room.room, T1, bill).await.unwrap();
        let key = (org.0, room.room.0, 1_i64);
        let row = store
            .read("a turn", move |db| Box::pin(async move { Ok(turn::Entity::find_by_id(key).one(db).await?) }))
            .await
            .unwrap()
            .unwrap();
        assert_eq!((row.ending.as_deref(), row.cost_micro, row.prompt_tokens), (Some("done"), Some(7), Some(120)));
    }

    async fn a_line_and_who_is_asked_by_it_are_one_commit(ground: &Ground) {
        let store = ground.open().await;
        let org = seed_org(&store).await;
        let room = seed_room(&store, org).await;
        let proposal = accepted(room.host, vec![said("Hello"), asked(room.host)]);
        let again = proposal.clone();
        outcomes(room.append(vec![proposal]).await);
        // The answer was lost: the same command again asks nobody twice.
        let again = outcomes(room.append(vec![again]).await);
        assert!(matches!(again.as_slice(), [Outcome::Duplicate { count: 2, .. }]), "{again:?}");
        let events = room.events().await;
        let asks = events.iter().filter(|event| matches!(event.fact, Fact::Room(Event::TurnAsked { .. })));
        assert_eq!(asks.count(), 1);
    }

    async fn a_personas_line_can_be_taken_back_like_any_other(ground: &Ground) {
        let store = ground.open().await;
        let org = seed_org(&store).await;
        let mut room = seed_room(&store, org).await;
        let host = room.host;
        write(&mut room, host, vec![asked(host)]).await;
        write(&mut room, UserId::HUB, vec![begun(1)]).await;
        write(&mut room, UserId::HUB, vec![spoke(1, "Something regrettable")]).await;
        let line = room.events().await.pop().unwrap().seq;
        write(&mut room, host, vec![Event::Retracted { line, of: None }]).await;
        let events = room.events().await;
        let found = events.iter().find(|event| event.seq == line).unwrap();
        let Fact::Room(Event::Spoke { text, retracted, .. }) = &found.fact else {
            panic!("{found:?}");
        };
        assert!(text.is_empty() && *retracted);
    }
}
