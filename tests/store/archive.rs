//! Reading history: pages, masks, search, positions.

use std::time::Duration;

use ludus::store::archive::Anchor;
use ludus_actors::ports::Archive as _;
use ludus_domain::ids::Seq;
use ludus_domain::journal::Fact;
use ludus_domain::room::{Event, LineFact};
use ludus_domain::stream::StreamId;
use ludus_entities::member;
use sea_orm::EntityTrait as _;

use crate::kit::{Ground, accepted, on_both, outcomes, said, seed_org, seed_room};

on_both! {
    async fn history_comes_in_pages_from_either_end(ground: &Ground) {
        let store = ground.open().await;
        let org = seed_org(&store).await;
        let room = seed_room(&store, org).await;
        let lines = (3..=10).map(|line| accepted(room.host, vec![said(&format!("line {line}"))]));
        outcomes(room.append(lines.collect()).await);
        let stream = StreamId::Room(room.room);
        let page = async |anchor, limit| {
            let page = store.history(org, stream, anchor, limit).await.unwrap().unwrap();
            assert_eq!(page.head, Seq(10));
            let seqs: Vec<u64> = page.events.iter().map(|recorded| recorded.seq.0).collect();
            (seqs, page.more)
        };
        assert_eq!(page(Anchor::Latest, 3).await, (vec![8, 9, 10], true));
        assert_eq!(page(Anchor::Before(Seq(8)), 3).await, (vec![5, 6, 7], true));
        assert_eq!(page(Anchor::Before(Seq(3)), 3).await, (vec![1, 2], false));
        assert_eq!(page(Anchor::Before(Seq(1)), 3).await, (vec![], false));
        assert_eq!(page(Anchor::After(Seq(0)), 4).await, (vec![1, 2, 3, 4], true));
        assert_eq!(page(Anchor::After(Seq(7)), 3).await, (vec![8, 9, 10], false));
        assert_eq!(page(Anchor::After(Seq(10)), 3).await, (vec![], false));
        // Another org sees no such stream.
        let other = seed_org(&store).await;
        assert_eq!(store.history(other, stream, Anchor::Latest, 3).await.unwrap(), None);
        assert!(store.room(other, room.room, 3).await.unwrap().is_none());
        assert!(store.events(other, stream, Seq::ZERO, 10).await.unwrap().is_empty());
    }

    async fn a_retracted_text_never_comes_out(ground: &Ground) {
        let store = ground.open().await;
        let org = seed_org(&store).await;
        let room = seed_room(&store, org).await;
        let host = room.host;
        outcomes(
            room.append(vec![
                accepted(host, vec![said("a regret")]),
                accepted(host, vec![said("kept")]),
                accepted(host, vec![Event::Edited { line: Seq(3), text: "a deeper regret".to_owned(), flagged: false }]),
                accepted(host, vec![Event::Retracted { line: Seq(3), of: Some(host) }]),
            ])
            .await,
        );
        let masked = |fact: &Fact| match fact {
            Fact::Room(Event::Said { text, retracted, .. }) => (text.clone(), *retracted),
            Fact::Room(Event::Edited { text, .. }) => (text.clone(), true),
            other => panic!("{other:?}"),
        };
        for events in [
            room.events().await,
            store.room(org, room.room, 100).await.unwrap().unwrap().tail,
            store.history(org, StreamId::Room(room.room), Anchor::Latest, 100).await.unwrap().unwrap().events,
        ] {
            assert_eq!(masked(&events[2].fact), (String::new(), true));
            assert_eq!(masked(&events[3].fact), ("kept".to_owned(), false));
            assert_eq!(masked(&events[4].fact), (String::new(), true));
        }
        // The edit alone, without its line in the page.
        let tail = store.events(org, StreamId::Room(room.room), Seq(4), 10).await.unwrap();
        assert_eq!(masked(&tail[0].fact).0, "");
        assert_eq!(store.search(org, room.room, "regret", None, 10).await.unwrap().events, []);

        let line = |seq| store.line(org, room.room, Seq(seq));
        assert_eq!(line(3).await.unwrap(), Some(LineFact { author: Some(host), retracted: true, hidden: false }));
        assert_eq!(line(4).await.unwrap(), Some(LineFact { author: Some(host), retracted: false, hidden: false }));
        // A seat that was taken, an edit, and nothing at all are no lines.
        for seq in [2, 5, 99] {
            assert_eq!(line(seq).await.unwrap(), None);
        }
    }

    async fn search_finds_lines_whatever_their_case(ground: &Ground) {
        let store = ground.open().await;
        let org = seed_org(&store).await;
        let room = seed_room(&store, org).await;
        let texts = ["Äpfel und Birnen", "nothing", "zwei ÄPFEL", "none", "äpfel"];
        let lines = texts.map(|text| accepted(room.host, vec![said(text)]));
        outcomes(room.append(lines.to_vec()).await);
        let find = async |before, limit| {
            let found = store.search(org, room.room, "äpfel", before, limit).await.unwrap();
            let seqs: Vec<u64> = found.events.iter().map(|recorded| recorded.seq.0).collect();
            (seqs, found.before)
        };
        assert_eq!(find(None, 2).await, (vec![7, 5], Some(Seq(5))));
        assert_eq!(find(Some(Seq(5)), 2).await, (vec![3], None));
        assert_eq!(find(None, 10).await, (vec![7, 5, 3], None));
    }

    async fn a_read_position_only_moves_forward(ground: &Ground) {
        let store = ground.open().await;
        let org = seed_org(&store).await;
        let room = seed_room(&store, org).await;
        let at = async || {
            let key = (org.0, room.room.0, room.host.0);
            let seat = store
                .read("test", move |db| {
                    Box::pin(async move { Ok(member::Entity::find_by_id(key).one(db).await?) })
                })
                .await;
            seat.unwrap().unwrap().read_seq
        };
        for seq in [2, 1] {
            store.mark_read(org, room.room, room.host, Seq(seq)).await.unwrap();
            tokio::time::sleep(Duration::from_millis(1_300)).await;
            assert_eq!(at().await, 2);
        }
        // The last ones are written on the way out.
        store.mark_read(org, room.room, room.host, Seq(9)).await.unwrap();
        store.shutdown().await;
        let store = ground.open().await;
        let key = (org.0, room.room.0, room.host.0);
        let seat = store
            .read("test", move |db| Box::pin(async move { Ok(member::Entity::find_by_id(key).one(db).await?) }))
            .await;
        assert_eq!(seat.unwrap().unwrap().read_seq, 9);
    }

    async fn a_stream_nobody_wrote_to_stands_at_nothing(ground: &Ground) {
        let store = ground.open().await;
        let org = seed_org(&store).await;
        let inbox = StreamId::Inbox(ludus_domain::ids::UserId(uuid::Uuid::now_v7()));
        let head = store.head(org, inbox).await.unwrap();
        assert_eq!((head.epoch.0, head.seq), (1, Seq::ZERO));
        assert!(store.events(org, inbox, Seq::ZERO, 10).await.unwrap().is_empty());
    }
}
