//! An inbox hears at once of what was committed to it here.

use ludus_domain::ids::Seq;
use ludus_domain::journal::{Fact, InboxEvent, Recorded};
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;

use super::memory::{EPOCH, ORG};
use super::*;

fn told(seq: u64) -> Vec<Recorded> {
    vec![Recorded {
        seq: Seq(seq),
        at: Timestamp(0),
        by: None,
        audience: ludus_domain::audience::Audience::All,
        fact: Fact::Inbox(InboxEvent::InvitedToRoom { room: ROOM }),
    }]
}

/// The store of these tests has nothing of inboxes in it, so what is heard was not read there.
#[test]
fn what_was_committed_here_is_heard_without_a_look_into_the_store() {
    story(async {
        let mut house = House::new(Entry::Open);
        let inbox = StreamId::Inbox(user("ada"));
        let mut ada = house.connect();
        ada.send(json!({
            "type": "hello", "ticket": "ada/learner", "subscriptions": [{"stream": inbox}],
        }))
        .await;
        ada.until("subscribed").await;
        let directory = Arc::clone(&house.ports.directory);
        let tell = async |seq| {
            directory.tell_committed(ORG, inbox, EPOCH, &told(seq));
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        tell(1).await;
        // Not what follows: asked of the store, which has nothing.
        tell(3).await;
        // Heard before, and another lineage: the same.
        tell(1).await;
        directory.tell_committed(ORG, inbox, ludus_domain::ids::Epoch(9), &told(2));
        tokio::time::sleep(Duration::from_millis(10)).await;
        tell(2).await;
        tell(3).await;
        let mut heard = vec![];
        while heard.len() < 3 {
            heard.push(ada.until("event").await["seq"].as_u64());
        }
        assert_eq!(heard, [Some(1), Some(2), Some(3)]);
    });
}
