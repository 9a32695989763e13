//! Every frame by every role in every relation to a room, and the answer people would expect.
//!
//! What is expected is written here from the rules as people know them, not taken from the hub.

use uuid::Uuid;

use crate::kit::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Member,
    /// Was a member until somebody removed them.
    Removed,
    Stranger,
    /// The room is open, and they have not been in it.
    Visitor,
    /// There is no such room at all.
    Nowhere,
}

const RELATIONS: [Relation; 5] = [
    Relation::Member,
    Relation::Removed,
    Relation::Stranger,
    Relation::Visitor,
    Relation::Nowhere,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask {
    Subscribe,
    Say,
    EditAnothers,
    RetractAnothers,
    React,
    RaiseHand,
    LowerAnothersHand,
    Rename,
    Mute,
    Report,
    Hide,
    Unhide,
    BanSomebody,
    UnbanSomebody,
    MoveNobody,
    Invite,
    Pause,
    Unpause,
    Start,
    Whisper,
    Announce,
    TakeOver,
    SayAs,
    HandBack,
    Direct,
    Extend,
    Remove,
    Join,
    Leave,
    End,
}

/// In an order in which none spoils the next.
const ASKS: [Ask; 30] = [
    Ask::Subscribe,
    Ask::Say,
    Ask::EditAnothers,
    Ask::React,
    Ask::RetractAnothers,
    Ask::RaiseHand,
    Ask::LowerAnothersHand,
    Ask::Rename,
    Ask::Mute,
    Ask::Report,
    Ask::Hide,
    Ask::Unhide,
    Ask::BanSomebody,
    Ask::UnbanSomebody,
    Ask::MoveNobody,
    Ask::Invite,
    Ask::Pause,
    Ask::Unpause,
    Ask::Start,
    Ask::Whisper,
    Ask::Announce,
    Ask::TakeOver,
    Ask::SayAs,
    Ask::HandBack,
    Ask::Direct,
    Ask::Extend,
    Ask::Remove,
    Ask::Join,
    Ask::Leave,
    Ask::End,
];

/// `None`: it is done. The room is by invitation, or open for a visitor; nobody here opened it.
fn expected(role: Role, is_guest: bool, relation: Relation, ask: Ask) -> Option<Refusal> {
    let moderates = role >= Role::Coach;
    let is_member = relation == Relation::Member;
    let is_visitor = relation == Relation::Visitor;
    let is_hidden = relation == Relation::Nowhere
        || (relation == Relation::Stranger && !moderates)
        || (is_visitor && is_guest);
    let stays_out = match () {
        () if is_hidden => Some(Refusal::NotFound),
        () if !is_member => Some(Refusal::NotAMember),
        () => None,
    };
    let moderating = match () {
        () if is_hidden => Some(Refusal::NotFound),
        () if moderates => None,
        () if is_member => Some(Refusal::Forbidden),
        () => Some(Refusal::NotAMember),
    };
    let speaking = stays_out.or((role == Role::Spectator).then_some(Refusal::Forbidden));
    match ask {
        // One who was removed is told by the room they knew, but looks at it no more.
        Ask::Subscribe if is_member || ((moderates || is_visitor) && !is_hidden) => None,
        Ask::Subscribe => Some(Refusal::NotFound),
        Ask::Say | Ask::React => speaking,
        Ask::EditAnothers => speaking.or(Some(Refusal::NotYourLine)),
        // Coaches need no seat for it.
        Ask::RetractAnothers | Ask::Report if moderates && !is_hidden => None,
        Ask::RetractAnothers => stays_out.or(Some(Refusal::NotYourLine)),
        Ask::MoveNobody => moderating.or(Some(Refusal::NoSuchMember)),
        Ask::Report | Ask::RaiseHand => stays_out,
        Ask::Join | Ask::Leave if is_hidden => Some(Refusal::NotFound),
        Ask::Join if relation == Relation::Removed && !moderates => Some(Refusal::RemovedFromRoom),
        Ask::Join => None,
        // Who may come in has come in by now.
        Ask::Leave if is_member || is_visitor || moderates => None,
        Ask::Leave => Some(Refusal::NotAMember),
        // The member has left, and is a stranger with a standing invitation.
        Ask::End if is_member && !moderates => Some(Refusal::NotAMember),
        // In a lounge nobody plays: what a coach does on a stage finds none.
        Ask::TakeOver | Ask::Direct | Ask::Extend => moderating.or(Some(Refusal::NotLive)),
        Ask::SayAs | Ask::HandBack => moderating.or(Some(Refusal::SeatNotHeld)),
        // The room is live already, so starting it changes nothing.
        Ask::Start
        | Ask::Hide
        | Ask::Unhide
        | Ask::BanSomebody
        | Ask::UnbanSomebody
        | Ask::LowerAnothersHand
        | Ask::Rename
        | Ask::Mute
        | Ask::Invite
        | Ask::Pause
        | Ask::Unpause
        | Ask::Whisper
        | Ask::Announce
        | Ask::Remove
        | Ask::End => moderating,
    }
}

fn command(ask: Ask, line: Seq, target: UserId, somebody: UserId) -> Command {
    match ask {
        Ask::Subscribe => unreachable!("not a command"),
        Ask::Say => say("hello"),
        Ask::EditAnothers => Command::Edit {
            line,
            text: "changed".into(),
        },
        Ask::RetractAnothers => Command::Retract { line },
        Ask::React => Command::React {
            line,
            emoji: "👍".into(),
            on: true,
        },
        Ask::RaiseHand => Command::RaiseHand {
            up: true,
            user: None,
        },
        Ask::LowerAnothersHand => Command::RaiseHand {
            up: false,
            user: Some(target),
        },
        Ask::Rename => Command::Rename {
            title: "Another name".into(),
        },
        Ask::Mute => Command::Mute {
            user: target,
            muted: true,
            minutes: None,
        },
        Ask::Report => Command::Report {
            line,
            reason: ludus_domain::moderation::ReportReason::Other,
            note: None,
        },
        Ask::Hide => Command::Hide { line },
        Ask::Unhide => Command::Unhide { line },
        Ask::BanSomebody => Command::Ban { user: somebody },
        Ask::UnbanSomebody => Command::Unban { user: somebody },
        Ask::MoveNobody => Command::Move {
            user: somebody,
            to: RoomId(Uuid::now_v7()),
        },
        Ask::Invite => Command::Invite { user: somebody },
        Ask::Pause => Command::Pause {},
        Ask::Unpause => Command::Unpause {},
        Ask::Start => Command::Start {},
        Ask::Whisper => Command::Whisper {
            to: vec![target],
            text: "between us".into(),
            hint: false,
        },
        Ask::Announce => Command::Announce {
            text: "to all".into(),
        },
        Ask::TakeOver => Command::TakeOver { persona: nobody() },
        Ask::SayAs => Command::SayAs {
            persona: nobody(),
            text: "as somebody".into(),
        },
        Ask::HandBack => Command::HandBack {
            persona: nobody(),
            note: None,
            heeds: None,
        },
        Ask::Direct => Command::Direct {
            persona: nobody(),
            text: "kinder".into(),
            heeds: None,
        },
        Ask::Extend => Command::Extend { minutes: 5 },
        Ask::Remove => Command::Remove { user: target },
        Ask::Join => Command::Join { code: None },
        Ask::Leave => Command::Leave {},
        Ask::End => Command::End {},
    }
}

fn nobody() -> ludus_domain::slug::PersonaId {
    "nobody".parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_frame_by_every_role_in_every_relation() {
    let hub = Hub::start(Backend::Sqlite).await;
    let target = hub.person("Tom Target", Role::Learner).await;
    let somebody = hub.person("Sam Somebody", Role::Learner).await;
    let host = hub.person("Hans Host", Role::Coach).await;
    let mut hosts = hub.client(&host).await;
    let mut targets = hub.client(&target).await;
    let mut wrong = Vec::new();
    let mut count = 0;
    let (.., guests) = hub.crowd(1).await;
    let mut actors: Vec<_> = guests.into_iter().map(|guest| ("guest", guest)).collect();
    for role in Role::ALL {
        let actor = hub.person(&format!("Actor {}", role.as_str()), role).await;
        actors.push((role.as_str(), actor));
    }
    for (who, actor) in actors {
        let (role, is_guest) = (actor.role, who == "guest");
        let mut client = hub.client(&actor).await;
        for relation in RELATIONS {
            let wish = RoomWish::lounge("Matrix");
            let wish = match relation {
                Relation::Visitor => wish,
                _ => wish.by_invitation(),
            };
            let room = host.open(&wish).await.unwrap().id;
            // Somebody else's line to tamper with, and a member to act upon.
            let invite = |user| Command::Invite { user };
            acked(hosts.ask(room, invite(target.user), SOON).await);
            acked(targets.ask(room, Command::Join { code: None }, SOON).await);
            let (line, ..) = acked(targets.ask(room, say("mine"), SOON).await);
            if matches!(relation, Relation::Member | Relation::Removed) {
                acked(hosts.ask(room, invite(actor.user), SOON).await);
                acked(client.ask(room, Command::Join { code: None }, SOON).await);
            }
            if relation == Relation::Removed {
                let remove = Command::Remove { user: actor.user };
                acked(hosts.ask(room, remove, SOON).await);
            }
            let asked_of = match relation {
                Relation::Nowhere => RoomId(Uuid::now_v7()),
                _ => room,
            };
            for ask in ASKS {
                let got = if ask == Ask::Subscribe {
                    subscribe(&mut client, asked_of).await
                } else {
                    let command = command(ask, line, target.user, somebody.user);
                    asking(&mut client, asked_of, command).await
                };
                count += 1;
                let expected = expected(role, is_guest, relation, ask);
                if got != expected {
                    let code = |it: Option<Refusal>| it.map_or("done", Refusal::code);
                    wrong.push(format!(
                        "{who} {relation:?} {ask:?}: expected {}, got {}",
                        code(expected),
                        code(got)
                    ));
                }
            }
        }
    }
    assert_eq!(count, 6 * 5 * 30);
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// `None`: it is done. "Not now" is asked again, as a client does.
async fn asking(client: &mut Client, room: RoomId, command: Command) -> Option<Refusal> {
    for _ in 0..20 {
        match client.ask(room, command.clone(), SOON).await {
            Some(Answer::Ack { .. }) => return None,
            Some(Answer::Nack {
                code: Refusal::Unavailable,
                ..
            }) => tokio::time::sleep(std::time::Duration::from_millis(100)).await,
            Some(Answer::Nack { code, .. }) => return Some(code),
            None => panic!("{command:?}: no answer ({:?})", client.last_end),
        }
    }
    Some(Refusal::Unavailable)
}

async fn subscribe(client: &mut Client, room: RoomId) -> Option<Refusal> {
    let wanted = client.subscribe(StreamId::Room(room), None).await;
    let answer = client.expect(SOON, |frame| match frame {
        ServerFrame::Subscribed { id, .. } if *id == Some(wanted) => Some(None),
        ServerFrame::Nack { id, code, .. } if *id == Some(wanted) => Some(Some(*code)),
        _ => None,
    });
    answer.await.expect("an answer to subscribe")
}

/// Frames that have no answer change nothing for who may not do them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn typing_is_heard_of_members_only() {
    let hub = Hub::start(Backend::Sqlite).await;
    let room = hub
        .owner
        .open(&RoomWish::lounge("Lounge"))
        .await
        .unwrap()
        .id;
    let member = hub.person("Mia Member", Role::Learner).await;
    let visitor = hub.person("Vic Visitor", Role::Learner).await;
    let mut watcher = hub.viewer(&hub.owner, room).await;
    let mut members = hub.member(&member, room, None).await;
    let mut visitors = hub.viewer(&visitor, room).await;
    let typing = ClientFrame::Typing { room, on: true };
    visitors.send_frame(&typing).await.unwrap();
    visitors.heartbeat().await.unwrap();
    members.send_frame(&typing).await.unwrap();
    let first = watcher.expect(SOON, |frame| match frame {
        ServerFrame::Typing { user, .. } => Some(*user),
        _ => None,
    });
    assert_eq!(first.await, Some(member.user));
    assert!(visitors.is_connected());
}
