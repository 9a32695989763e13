//! Stepping in, raced: a whisper, two takeovers, two hand-backs and a stop at once, while a network, a process or the
//! room itself ends. Whatever comes first: one speaker of a seat at any time, what was heard is what is stored, and
//! everybody's transcript is the same.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ludus_domain::audience::Audience;
use ludus_domain::ids::TurnId;
use ludus_domain::journal::{Fact, Recorded};
use ludus_domain::room::{HandBack, TurnEnd};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::cluster::{Between, Cluster};
use crate::kit::*;
use crate::personas::{begins, open, spoken};
use crate::stepping_in::{hand_back, say_as, take};

/// What happens while they race.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mishap {
    Nothing,
    /// The first coach's network is lost, and found again.
    CoachCut,
    /// The learner ends the room.
    Ended,
    /// The process is killed, and started again.
    HubKilled,
}

/// Small numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % end
    }

    async fn rest(&mut self, most_ms: u64) {
        sleep(Duration::from_millis(self.below(most_ms))).await;
    }
}

/// Sees a command through as a careful client does: under one id, over any number of connections.
async fn does(client: &mut Client, room: RoomId, command: Command) -> Answer {
    let give_up = Instant::now() + SOON * 2;
    let id = client.send(room, command).await;
    loop {
        assert!(Instant::now() < give_up, "{} got no answer", client.label);
        match client.answer(id, Duration::from_secs(5)).await {
            Some(Answer::Nack {
                code: Refusal::Unavailable | Refusal::Conflict,
                ..
            }) => {
                sleep(Duration::from_millis(50)).await;
                if let Some(command) = client.take_refused(id) {
                    client.send_as(id, room, command).await;
                }
            }
            Some(answer) => return answer,
            None if client.is_connected() => {}
            None => {
                sleep(Duration::from_millis(50)).await;
                client.connect().await.ok();
            }
        }
    }
}

/// Somebody who only looks on, whatever happens to their connection, and what they saw.
struct Viewer {
    stop: oneshot::Sender<()>,
    seen: JoinHandle<Vec<ServerFrame>>,
}

impl Viewer {
    async fn of(account: &Account, room: RoomId, log: &Log) -> Self {
        let mut client = Client::new(account.clone(), "viewer", log);
        let beginning = Position {
            seq: Seq::ZERO,
            ..account.position(room).await.unwrap()
        };
        client.follow(StreamId::Room(room), Some(beginning));
        client.connect().await.unwrap();
        let (stop, mut stopped) = oneshot::channel();
        let seen = tokio::spawn(async move {
            let mut seen = vec![];
            loop {
                tokio::select! {
                    _ = &mut stopped => return seen,
                    heard = client.hear() => if let Ok(frame) = heard {
                        seen.push(frame);
                    } else {
                        sleep(Duration::from_millis(100)).await;
                        client.connect().await.ok();
                    },
                }
            }
        });
        Self { stop, seen }
    }

    async fn end(self) -> Vec<ServerFrame> {
        self.stop.send(()).ok();
        self.seen.await.unwrap()
    }
}

async fn journal(account: &Account, room: RoomId) -> Vec<Recorded> {
    let pages = account.history(room).await.unwrap();
    pages.into_iter().flat_map(|page| page.events).collect()
}

fn of_room(recorded: &Recorded) -> &Event {
    let Fact::Room(event) = &recorded.fact else {
        panic!("{recorded:?}")
    };
    event
}

/// One speaker of a seat at any time, and every turn over once.
fn must_have_one_voice(events: &[Recorded]) {
    let mut held = None;
    let mut speaking = BTreeSet::new();
    let mut closed = BTreeSet::new();
    for recorded in events {
        match of_room(recorded) {
            Event::SeatTaken { by, .. } => {
                assert_eq!(held, None, "{recorded:?}");
                held = Some(*by);
            }
            Event::SeatHandedBack { .. } => assert!(held.take().is_some(), "{recorded:?}"),
            Event::Said {
                as_persona: Some(_),
                ..
            } => {
                assert_eq!(held, recorded.by, "who speaks from the seat has it");
                assert!(
                    speaking.is_empty(),
                    "while the persona speaks: {recorded:?}"
                );
            }
            Event::TurnBegun { turn, .. } => {
                assert_eq!(held, None, "begins in a taken seat: {recorded:?}");
                speaking.insert(*turn);
            }
            Event::Spoke { turn, end, .. } => {
                speaking.remove(turn);
                assert!(closed.insert(*turn), "closed twice: {recorded:?}");
                assert!(held.is_none() || *end != TurnEnd::Done, "{recorded:?}");
            }
            _ => {}
        }
    }
    assert!(speaking.is_empty(), "somebody was never heard to the end");
}

/// What was heard of a turn is how what is stored of it begins. A process that was killed has kept each second what was
/// said: the last words may have been heard and lost with it, but nobody ever heard other ones.
fn must_be_intact(seen: &[ServerFrame], events: &[Recorded], mishap: Mishap) {
    let mut heard: BTreeMap<(TurnId, u8), String> = BTreeMap::new();
    for frame in seen {
        if let ServerFrame::Speaking {
            turn,
            attempt,
            from,
            text,
            ..
        } = frame
        {
            let so_far = heard.entry((*turn, *attempt)).or_default();
            // Who comes back is told from the beginning.
            let kept: String = so_far.chars().take(*from as usize).collect();
            assert_eq!(kept.chars().count(), *from as usize, "a gap in {turn:?}");
            *so_far = kept + text;
        }
    }
    for recorded in events {
        if let Event::Spoke {
            turn,
            attempt,
            text,
            ..
        } = of_room(recorded)
            && let Some(heard) = heard.get(&(*turn, *attempt))
        {
            let heard = heard.trim_end();
            let is_lost = mishap == Mishap::HubKilled && heard.starts_with(text.as_str());
            let is_how = text.starts_with(heard) || is_lost;
            assert!(is_how, "{mishap:?}, {turn:?}: {heard:?} of {text:?}");
        }
    }
}

/// What is for everybody, as somebody sees it.
fn common(events: Vec<Recorded>) -> Vec<Recorded> {
    let of_all = |recorded: &Recorded| of_room(recorded).audience() == Audience::All;
    events.into_iter().filter(of_all).collect()
}

fn shown(seen: Vec<ServerFrame>) -> Vec<Recorded> {
    let mut events: BTreeMap<Seq, Recorded> = BTreeMap::new();
    for frame in seen {
        if let ServerFrame::Event {
            stream: StreamId::Room(_),
            event,
        } = frame
        {
            let seq = event.seq;
            if let Some(before) = events.insert(seq, event.clone()) {
                assert_eq!(before, event, "{seq} is another thing the second time");
            }
        }
    }
    events.into_values().collect()
}

/// People who race, kept over rounds: to be made takes longer than a race.
struct Cast {
    ada: Account,
    kim: Account,
    lou: Account,
}

impl Cast {
    async fn of(hub: &Hub) -> Self {
        Self {
            ada: hub.person("Ada", Role::Learner).await,
            kim: hub.person("Kim Coach", Role::Coach).await,
            lou: hub.person("Lou Coach", Role::Coach).await,
        }
    }
}

/// One coach's race for the seat: takes it, whispers, speaks from it, gives it back. Cut off in between, where the dice
/// say so.
async fn steps_in(
    mut coach: Client,
    room: RoomId,
    learner: UserId,
    mut dice: Dice,
    is_cut: bool,
) -> Client {
    let whisper = Command::Whisper {
        to: vec![learner],
        text: format!("From {}.", coach.label),
        hint: false,
    };
    let from_seat = format!("{} speaks.", coach.label);
    let note = format!("A note of {}.", coach.label);
    let acts = [take(), whisper, say_as(&from_seat), hand_back(Some(&note))];
    let cut_at = if is_cut { dice.below(4) } else { 4 };
    for (n, command) in (0..).zip(acts) {
        dice.rest(150).await;
        if n == cut_at {
            coach.cut();
            dice.rest(800).await;
        }
        // Whatever the answer is: it is a race.
        does(&mut coach, room, command).await;
    }
    coach
}

/// One race in a room of its own. `there`: where the learner's other tab and the second coach are, on another node.
async fn race(
    hub: &mut Hub,
    (cast, log): (&Cast, &Log),
    there: Option<&Node>,
    mishap: Mishap,
    seed: u64,
) {
    let other =
        |account: &Account| there.map_or_else(|| account.clone(), |node| node.account(account));
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let room = open(&cast.ada).await;
    let client = async |account: Account, label: &str| {
        let mut client = Client::new(account, label, log);
        client.connect().await.unwrap();
        follow(&mut client, room).await;
        client
    };
    let mut ada = client(cast.ada.clone(), "ada").await;
    let mut tab = client(other(&cast.ada), "tab").await;
    let kim = client(cast.kim.clone(), "kim").await;
    let lou = client(other(&cast.lou), "lou").await;
    let learners = Viewer::of(&cast.ada, room, log).await;
    let coachs = Viewer::of(&other(&cast.lou), room, log).await;
    spoken(&mut ada, TurnId(1)).await;
    acked(
        ada.ask(
            room,
            say("I took over the night rota and would like 12 percent more."),
            SOON,
        )
        .await,
    );
    begins(&mut ada, TurnId(2)).await;

    let learner = cast.ada.user;
    let (first, second) = (
        Dice(dice.below(u64::MAX >> 33)),
        Dice(dice.below(u64::MAX >> 33)),
    );
    let one = tokio::spawn(steps_in(
        kim,
        room,
        learner,
        first,
        mishap == Mishap::CoachCut,
    ));
    let two = tokio::spawn(steps_in(lou, room, learner, second, false));
    let pause = dice.below(300);
    let stops = tokio::spawn(async move {
        sleep(Duration::from_millis(pause)).await;
        does(&mut tab, room, Command::StopTurn { turn: TurnId(2) }).await;
        tab
    });
    dice.rest(500).await;
    match mishap {
        Mishap::Nothing | Mishap::CoachCut => {}
        Mishap::Ended => {
            does(&mut ada, room, Command::End {}).await;
        }
        Mishap::HubKilled => hub.restart().await,
    }
    let mut coaches = [one.await.unwrap(), two.await.unwrap()];
    stops.await.unwrap();

    // Whoever holds the seat still gives it back, and the persona answers as before.
    for coach in &mut coaches {
        does(coach, room, hand_back(None)).await;
    }
    if mishap != Mishap::Ended {
        does(&mut ada, room, say("Thank you.")).await;
        let give_up = Instant::now() + Duration::from_secs(40);
        loop {
            let events = journal(&cast.kim, room).await;
            let asked = events
                .iter()
                .rev()
                .find_map(|recorded| match of_room(recorded) {
                    Event::TurnAsked { turn, .. } => Some(*turn),
                    _ => None,
                });
            let last = events.iter().any(|recorded| {
                matches!(of_room(recorded), Event::Spoke { turn, end: TurnEnd::Done, .. } if Some(*turn) == asked)
            });
            if last {
                break;
            }
            assert!(
                Instant::now() < give_up,
                "{mishap:?} {seed}: no answer: {events:?}"
            );
            sleep(Duration::from_millis(200)).await;
        }
    }
    // What is on its way arrives.
    sleep(Duration::from_secs(2)).await;
    let (learners, coachs) = (learners.end().await, coachs.end().await);
    for client in coaches.iter_mut().chain([&mut ada]) {
        client.read_history(room, 0).await.unwrap();
    }
    let events = journal(&cast.kim, room).await;
    let context = format!("{mishap:?} {seed}");
    must_have_one_voice(&events);
    if mishap == Mishap::Ended {
        let backs = events.iter().filter(|one| {
            matches!(
                of_room(one),
                Event::SeatHandedBack {
                    why: HandBack::Over,
                    ..
                }
            )
        });
        assert!(backs.count() <= 1, "{context}");
    }
    for seen in [&learners, &coachs] {
        must_be_intact(seen, &events, mishap);
    }
    // Live and read later, by the learner and by both coaches, here and there.
    let truth = common(events);
    let read = [
        ("the learner reads", journal(&cast.ada, room).await),
        ("the coach reads", journal(&other(&cast.lou), room).await),
        ("the learner saw", shown(learners)),
        ("the coach saw", shown(coachs)),
    ];
    for (who, events) in read {
        let events = common(events);
        let seqs =
            |events: &[Recorded]| -> Vec<u64> { events.iter().map(|one| one.seq.0).collect() };
        assert_eq!(seqs(&events), seqs(&truth), "{context}: {who} another room");
        assert!(events == truth, "{context}: {who} other words");
    }
}

on_both! {
    async fn whoever_steps_in_and_whatever_ends_one_speaks(backend: Backend) {
        let mut hub = Hub::start(backend).await;
        let (cast, log) = (Cast::of(&hub).await, hub.log());
        for (seed, mishap) in [
            (1, Mishap::Nothing),
            (2, Mishap::CoachCut),
            (3, Mishap::Ended),
            (4, Mishap::HubKilled),
            (5, Mishap::Nothing),
            (6, Mishap::CoachCut),
            (7, Mishap::Ended),
            (8, Mishap::HubKilled),
        ] {
            race(&mut hub, (&cast, &log), None, mishap, seed).await;
        }
        let verdict = hub.check(&log).await;
        assert!(verdict.holds(), "{verdict}");
    }
}

/// The same with the two coaches, and the learner's two tabs, at two nodes; and the node of the first killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_two_nodes_one_speaks_too() {
    if !has_postgres() {
        return;
    }
    let mut cluster = Cluster::start(Between::Redis, "").await;
    let (cast, log) = (Cast::of(&cluster.hub).await, cluster.hub.log());
    for (seed, mishap) in [
        (11, Mishap::Nothing),
        (12, Mishap::CoachCut),
        (13, Mishap::Ended),
        (14, Mishap::HubKilled),
    ] {
        race(
            &mut cluster.hub,
            (&cast, &log),
            Some(&cluster.there),
            mishap,
            seed,
        )
        .await;
    }
    let verdict = cluster.hub.check(&log).await;
    assert!(verdict.holds(), "{verdict}");
}
