//! Who may not see an event gets a skip in its place: no hole, and not a word of it.

use crate::kit::*;

on_both! {
    async fn an_invitation_is_not_told_to_other_learners(backend: Backend) {
        let hub = Hub::start(backend).await;
        let coach = hub.person("Carla Coach", Role::Coach).await;
        let learner = hub.person("Lena Learner", Role::Learner).await;
        let invited = hub.person("Ivan Invited", Role::Learner).await;
        let room = hub.owner.open(&RoomWish::lounge("Lounge")).await.unwrap().id;
        let mut coaches = hub.viewer(&coach, room).await;
        let mut learners = hub.member(&learner, room, None).await;
        let mut owners = hub.client(&hub.owner).await;
        let invite = Command::Invite { user: invited.user };
        let (seq, ..) = acked(owners.ask(room, invite, SOON).await);
        acked(owners.ask(room, say("after it"), SOON).await);

        let shown = |frame: &ServerFrame| match frame {
            ServerFrame::Event { event, .. } if event.seq == seq => Some("event"),
            ServerFrame::Skip { from, to, .. } if *from <= seq && seq <= *to => Some("skip"),
            _ => None,
        };
        assert_eq!(coaches.expect(SOON, shown).await, Some("event"));
        assert_eq!(learners.expect(SOON, shown).await, Some("skip"));
        assert!(sees(&mut learners, "after it").await);

        // The same when it is read later, by whatever way.
        let mut later = hub.viewer(&learner, room).await;
        assert_eq!(later.expect(SOON, shown).await, Some("skip"));
        let pages = learner.history(room).await.unwrap();
        assert!(pages.iter().flat_map(|page| &page.events).all(|event| event.seq != seq));
        let pages = coach.history(room).await.unwrap();
        assert!(pages.iter().flat_map(|page| &page.events).any(|event| event.seq == seq));
    }
}
