//! Moderation, with the rooms' own actors: the queue, undoing, appeals, lists of words.

use ludus_domain::host::Answer;
use ludus_domain::ids::{CommandId, RoomId, Seq, UserId};
use ludus_domain::moderation::ReportReason;
use ludus_domain::moderation::words::OrgWords;
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use ludus_domain::room::{Command, Moment, Sender, WordCheck};
use ludus_domain::stream::StreamId;
use serde_json::{Value, json};

use super::kit::Hub;

struct Person {
    token: String,
    sender: Sender,
}

async fn person(hub: &Hub, role: Role, name: &str) -> Person {
    let user = hub.user(role, name).await;
    Person {
        token: hub.enter(&user).await.access.token,
        sender: Sender {
            user: user.id,
            role,
            guest: false,
            name: name.to_owned(),
            session: None,
            moment: Moment::default(),
        },
    }
}

/// Asks a room for something. The kit's rooms have no stage, so words are compared here.
async fn ask(hub: &Hub, room: RoomId, who: &Person, command: Command) -> Result<Seq, Refusal> {
    let mut sender = who.sender.clone();
    if let Some(text) = command.said() {
        let list = hub.services.store.word_list(hub.org).await.unwrap();
        let words = OrgWords::read(&list.map(|list| list.words).unwrap_or_default()).unwrap();
        sender.moment.words = WordCheck::Found(words.check(text));
    }
    let id = CommandId(uuid::Uuid::now_v7());
    let directory = &hub.services.directory;
    match directory.ask_once(hub.org, room, sender, id, command).await {
        Answer::Ack { seq, .. } => Ok(seq),
        Answer::Nack { code, .. } => Err(code),
    }
}

fn say(text: &str) -> Command {
    Command::Say {
        text: text.to_owned(),
        reply_to: None,
        mentions: vec![],
    }
}

fn report(line: Seq, reason: ReportReason) -> Command {
    Command::Report {
        line,
        reason,
        note: Some("Look at it.".into()),
    }
}

/// Two learners of a coach's cohort in a room, where the first has said something.
struct Scene {
    hub: Hub,
    coach: Person,
    ada: Person,
    ben: Person,
    room: RoomId,
    line: Seq,
}

async fn scene() -> Scene {
    let hub = Hub::start().await;
    let coach = person(&hub, Role::Coach, "cora").await;
    let title = json!({"title": "C"});
    let cohort = hub
        .post("/api/v1/cohorts", &coach.token, title)
        .await
        .ok(201);
    let ada = person(&hub, Role::Learner, "ada").await;
    let ben = person(&hub, Role::Learner, "ben").await;
    for learner in [&ada, &ben] {
        let path = format!(
            "/api/v1/cohorts/{}/members/{}",
            cohort["id"].as_str().unwrap(),
            learner.sender.user
        );
        hub.put(&path, &coach.token, json!({"part": "learner"}))
            .await
            .ok(200);
    }
    let room = hub.room(&coach.token, "open").await;
    let room: RoomId = room["id"].as_str().unwrap().parse().unwrap();
    for who in [&ada, &ben] {
        ask(&hub, room, who, Command::Join { code: None })
            .await
            .unwrap();
    }
    let line = ask(&hub, room, &ada, say("You are a fool")).await.unwrap();
    Scene {
        hub,
        coach,
        ada,
        ben,
        room,
        line,
    }
}

async fn cases(hub: &Hub, token: &str) -> Vec<Value> {
    let page = hub.get("/api/v1/moderation/cases", token).await.ok(200);
    page["items"].as_array().unwrap().clone()
}

async fn acts(hub: &Hub, token: &str) -> Vec<Value> {
    let page = hub.get("/api/v1/moderation/acts", token).await.ok(200);
    page["items"].as_array().unwrap().clone()
}

/// What somebody reads of an event of the room.
async fn reads(scene: &Scene, token: &str, seq: Seq) -> Value {
    let path = format!(
        "/api/v1/rooms/{}/history?after={}&limit=1",
        scene.room,
        seq.0 - 1
    );
    let page = scene.hub.get(&path, token).await.ok(200);
    page["events"][0]["fact"].clone()
}

#[actix_web::test]
async fn a_line_is_reported_once_by_each_and_the_coaches_of_the_cohort_see_it() {
    let s = scene().await;
    let first = ask(&s.hub, s.room, &s.ben, report(s.line, ReportReason::Insult)).await;
    let again = ask(&s.hub, s.room, &s.ben, report(s.line, ReportReason::Spam)).await;
    assert_eq!(first, again, "the same report, answered as the first was");
    let found = cases(&s.hub, &s.coach.token).await;
    assert_eq!(found.len(), 1);
    let case = &found[0];
    assert_eq!(
        (&case["state"], &case["source"], &case["text"]),
        (&json!("open"), &json!("report"), &json!("You are a fool"))
    );
    let reports = case["reports"].as_array().unwrap();
    assert_eq!(reports.len(), 1);
    assert_eq!(
        (&reports[0]["reason"], &reports[0]["note"]),
        (&json!("insult"), &json!("Look at it."))
    );

    // Somebody else's coach sees nothing of it; an admin does.
    let other = person(&s.hub, Role::Coach, "otto").await;
    s.hub
        .post("/api/v1/cohorts", &other.token, json!({"title": "D"}))
        .await
        .ok(201);
    assert_eq!(cases(&s.hub, &other.token).await, Vec::<Value>::new());
    let path = format!("/api/v1/moderation/cases/{}", case["id"].as_str().unwrap());
    s.hub
        .get(&path, &other.token)
        .await
        .expect(404, "not_found");
    let act = format!("{path}/acts");
    s.hub
        .post(&act, &other.token, json!({"act": "dismiss"}))
        .await
        .expect(404, "not_found");
    let admin = person(&s.hub, Role::Admin, "adam").await;
    assert_eq!(cases(&s.hub, &admin.token).await.len(), 1);
    s.hub
        .get("/api/v1/moderation/cases", &s.ben.token)
        .await
        .expect(403, "forbidden");

    // Decided, told to whoever reported it, taken back, decided otherwise.
    let decided = s
        .hub
        .post(&act, &s.coach.token, json!({"act": "uphold"}))
        .await
        .ok(200);
    assert_eq!(decided["state"], "upheld");
    assert!(s.hub.rung.has(StreamId::Inbox(s.ben.sender.user)));
    s.hub
        .post(&act, &s.coach.token, json!({"act": "dismiss"}))
        .await
        .expect(409, "case_decided");
    s.hub
        .post(&act, &s.coach.token, json!({"act": "reopen"}))
        .await
        .ok(200);
    s.hub
        .post(&act, &s.coach.token, json!({"act": "dismiss"}))
        .await
        .ok(200);
    let kept = acts(&s.hub, &s.coach.token).await;
    let kinds: Vec<&str> = kept
        .iter()
        .map(|act| act["measure"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["dismiss", "reopen", "uphold"]);
    assert_eq!(acts(&s.hub, &other.token).await, Vec::<Value>::new());
}

#[actix_web::test]
async fn a_hidden_line_is_read_by_coaches_only_and_comes_back_whole() {
    let s = scene().await;
    let edit = Command::Edit {
        line: s.line,
        text: "You are a great fool".into(),
    };
    let edited = ask(&s.hub, s.room, &s.ada, edit).await.unwrap();
    ask(&s.hub, s.room, &s.coach, Command::Hide { line: s.line })
        .await
        .unwrap();
    let learners = reads(&s, &s.ben.token, s.line).await;
    assert_eq!(
        (
            &learners["text"],
            &learners["hidden"],
            &learners["retracted"]
        ),
        (&json!(""), &json!(true), &json!(true))
    );
    assert_eq!(reads(&s, &s.ben.token, edited).await["text"], "");
    let coachs = reads(&s, &s.coach.token, s.line).await;
    assert_eq!(
        (&coachs["text"], &coachs["hidden"]),
        (&json!("You are a fool"), &json!(true))
    );
    assert_eq!(
        reads(&s, &s.coach.token, edited).await["text"],
        "You are a great fool"
    );
    assert!(
        ask(
            &s.hub,
            s.room,
            &s.ada,
            Command::Edit {
                line: s.line,
                text: "x".into()
            }
        )
        .await
            == Err(Refusal::LineHidden)
    );

    // Undone by the books: once, and again changes nothing.
    let act = &acts(&s.hub, &s.coach.token).await[0];
    assert_eq!(act["measure"], "hide_line");
    let undo = format!(
        "/api/v1/moderation/acts/{}/undo",
        act["id"].as_str().unwrap()
    );
    s.hub
        .post(&undo, &s.ben.token, json!({}))
        .await
        .expect(403, "forbidden");
    for _ in 0..2 {
        s.hub.post(&undo, &s.coach.token, json!({})).await.ok(204);
    }
    let back = reads(&s, &s.ben.token, s.line).await;
    assert_eq!(
        (&back["text"], &back["hidden"]),
        (&json!("You are a fool"), &Value::Null)
    );
    assert_eq!(acts(&s.hub, &s.coach.token).await.len(), 2);

    // What its author took back stays so, hidden or not.
    ask(&s.hub, s.room, &s.ada, Command::Retract { line: s.line })
        .await
        .unwrap();
    ask(&s.hub, s.room, &s.coach, Command::Hide { line: s.line })
        .await
        .unwrap();
    ask(&s.hub, s.room, &s.coach, Command::Unhide { line: s.line })
        .await
        .unwrap();
    assert_eq!(reads(&s, &s.coach.token, s.line).await["text"], "");
}

#[actix_web::test]
async fn whom_it_concerns_appeals_once_and_what_is_granted_is_undone() {
    let s = scene().await;
    let mute = Command::Mute {
        user: s.ada.sender.user,
        muted: true,
        minutes: Some(60),
    };
    ask(&s.hub, s.room, &s.coach, mute).await.unwrap();
    assert_eq!(
        ask(&s.hub, s.room, &s.ada, say("but")).await,
        Err(Refusal::Muted)
    );
    let own = s
        .hub
        .get("/api/v1/me/moderation", &s.ada.token)
        .await
        .ok(200);
    let act = own["items"][0]["act"].clone();
    assert_eq!(act["measure"], "mute");
    assert!(act["until"].is_i64());
    let id = act["id"].as_str().unwrap();
    let appeal = format!("/api/v1/me/moderation/{id}/appeal");
    let says = json!({"says": "It was a joke."});
    s.hub
        .post(&appeal, &s.ben.token, says.clone())
        .await
        .expect(404, "not_found");
    s.hub
        .post(&appeal, &s.ada.token, says.clone())
        .await
        .ok(201);
    s.hub
        .post(&appeal, &s.ada.token, says)
        .await
        .expect(409, "appeal_made");

    let open = "/api/v1/moderation/appeals?open=true";
    let found = s.hub.get(open, &s.coach.token).await.ok(200);
    assert_eq!(found["items"][0]["appeal"]["says"], "It was a joke.");
    let answer = format!("/api/v1/moderation/acts/{id}/answer");
    let granted = json!({"granted": true, "says": "So it was."});
    let stranger = person(&s.hub, Role::Coach, "otto").await;
    s.hub
        .post(&answer, &stranger.token, granted.clone())
        .await
        .expect(404, "not_found");
    s.hub
        .post(&answer, &s.coach.token, granted.clone())
        .await
        .ok(200);
    s.hub
        .post(&answer, &s.coach.token, granted)
        .await
        .expect(409, "case_decided");
    assert!(ask(&s.hub, s.room, &s.ada, say("thanks")).await.is_ok());
    let own = s
        .hub
        .get("/api/v1/me/moderation", &s.ada.token)
        .await
        .ok(200);
    assert_eq!(own["items"][0]["appeal"]["answer"]["granted"], true);
    let found = s.hub.get(open, &s.coach.token).await.ok(200);
    assert_eq!(found["items"], json!([]));
}

#[actix_web::test]
async fn a_ban_is_lifted_by_the_books_and_being_shut_out_is_in_them() {
    let s = scene().await;
    let ban = Command::Ban {
        user: s.ada.sender.user,
    };
    ask(&s.hub, s.room, &s.coach, ban).await.unwrap();
    let join = || Command::Join { code: None };
    assert_eq!(
        ask(&s.hub, s.room, &s.ada, join()).await,
        Err(Refusal::Banned)
    );
    let act = acts(&s.hub, &s.coach.token).await[0].clone();
    assert_eq!(
        (&act["measure"], &act["user"]),
        (&json!("ban"), &json!(s.ada.sender.user))
    );
    let undo = format!(
        "/api/v1/moderation/acts/{}/undo",
        act["id"].as_str().unwrap()
    );
    s.hub.post(&undo, &s.coach.token, json!({})).await.ok(204);
    ask(&s.hub, s.room, &s.ada, join()).await.unwrap();

    let admin = person(&s.hub, Role::Admin, "adam").await;
    let path = format!("/api/v1/users/{}/disabled", s.ben.sender.user);
    s.hub
        .put(&path, &admin.token, json!({"disabled": true}))
        .await
        .ok(200);
    let act = acts(&s.hub, &admin.token).await[0].clone();
    assert_eq!(act["measure"], "shut_out");
    // It is the org's, and no coach's.
    assert!(
        acts(&s.hub, &s.coach.token)
            .await
            .iter()
            .all(|act| act["measure"] != "shut_out")
    );
    let undo = format!(
        "/api/v1/moderation/acts/{}/undo",
        act["id"].as_str().unwrap()
    );
    s.hub
        .post(&undo, &s.coach.token, json!({}))
        .await
        .expect(404, "not_found");
    s.hub.post(&undo, &admin.token, json!({})).await.ok(204);
    let ben: UserId = s.ben.sender.user;
    let user = s
        .hub
        .get(&format!("/api/v1/users/{ben}"), &admin.token)
        .await
        .ok(200);
    assert!(user["disabled_at"].is_null(), "{user}");
}

/// Nobody comes in who was shut out; what they say about it does, by what they would come in with.
#[actix_web::test]
async fn who_was_shut_out_appeals_at_the_door_once_and_comes_in_again_when_it_is_granted() {
    let s = scene().await;
    let admin = person(&s.hub, Role::Admin, "adam").await;
    let password = "correct horse battery staple";
    let dana = s.hub.with_password(Role::Learner, "dana", password).await;
    let path = "/api/v1/auth/appeal";
    let email = dana.email.clone().unwrap();
    let at_the_door = |password: &str, says: Option<&str>| {
        let mut body = json!({"email": email, "password": password});
        if let Some(says) = says {
            body["says"] = says.into();
        }
        body
    };
    let ask = async |body: Value| s.hub.post(path, "", body).await;
    // Whoever may come in has nothing to appeal against, and learns nothing else either.
    ask(at_the_door(password, None))
        .await
        .expect(401, "wrong_credentials");
    let disabled = format!("/api/v1/users/{}/disabled", dana.id);
    s.hub
        .put(&disabled, &admin.token, json!({"disabled": true}))
        .await
        .ok(200);
    ask(at_the_door("not the password", Some("Let me in.")))
        .await
        .expect(401, "wrong_credentials");
    let stands = ask(at_the_door(password, None)).await.ok(200);
    assert!(
        stands["at"].is_i64() && stands["appeal"].is_null(),
        "{stands}"
    );
    ask(at_the_door(password, Some("  ")))
        .await
        .expect(422, "text_empty");
    let stands = ask(at_the_door(password, Some("It was my brother.")))
        .await
        .ok(200);
    assert_eq!(stands["appeal"]["says"], "It was my brother.");
    ask(at_the_door(password, Some("And again.")))
        .await
        .expect(409, "appeal_made");

    // It is the org's: no coach reads or answers it.
    let open = "/api/v1/moderation/appeals?open=true";
    let found = s.hub.get(open, &s.coach.token).await.ok(200);
    assert_eq!(found["items"], json!([]));
    let found = s.hub.get(open, &admin.token).await.ok(200);
    let act = found["items"][0]["act"].clone();
    assert_eq!(
        (&act["measure"], &act["user"]),
        (&json!("shut_out"), &json!(dana.id))
    );
    let answer = format!(
        "/api/v1/moderation/acts/{}/answer",
        act["id"].as_str().unwrap()
    );
    let granted = json!({"granted": true, "says": "Welcome back."});
    s.hub
        .post(&answer, &s.coach.token, granted.clone())
        .await
        .expect(404, "not_found");
    s.hub.post(&answer, &admin.token, granted).await.ok(200);
    let login = json!({"email": email, "password": password, "client": "api"});
    let came = s.hub.post("/api/v1/auth/login", "", login).await.ok(200);
    let token = came["access_token"].as_str().unwrap();
    let own = s.hub.get("/api/v1/me/moderation", token).await.ok(200);
    assert_eq!(own["items"][0]["appeal"]["answer"]["says"], "Welcome back.");
    ask(at_the_door(password, None))
        .await
        .expect(401, "wrong_credentials");
}

#[actix_web::test]
async fn an_orgs_words_refuse_flag_and_hold_until_a_coach_lets_pass() {
    let s = scene().await;
    let admin = person(&s.hub, Role::Admin, "adam").await;
    let path = "/api/v1/orgs/current/words";
    let words = json!({"words": [
        {"phrase": "trottel", "action": "flag", "language": "de"},
        {"phrase": "holzkopf", "action": "hold"},
        {"phrase": "mistkerl", "action": "refuse"},
    ]});
    s.hub
        .put(path, &s.coach.token, words.clone())
        .await
        .expect(403, "forbidden");
    let bad = json!({"words": [{"phrase": "one two three four five", "action": "flag"}]});
    let fault = s
        .hub
        .put(path, &admin.token, bad)
        .await
        .expect(422, "field_invalid");
    assert!(
        fault.json["detail"]
            .as_str()
            .unwrap()
            .starts_with("words.0.phrase")
    );
    let list = s.hub.put(path, &admin.token, words.clone()).await.ok(200);
    assert_eq!(list["number"], 1);
    // The same again is no change.
    assert_eq!(
        s.hub.put(path, &admin.token, words).await.ok(200)["number"],
        1
    );
    let changes = s
        .hub
        .get(&format!("{path}/changes"), &admin.token)
        .await
        .ok(200);
    assert_eq!(changes["items"][0]["count"], 3);
    assert_eq!(
        s.hub
            .services
            .stage
            .policies
            .words(s.hub.org)
            .check("du TROTTEL"),
        Some(ludus_domain::moderation::words::WordAction::Flag)
    );

    assert_eq!(
        ask(&s.hub, s.room, &s.ada, say("Du Mistkerl!")).await,
        Err(Refusal::WordRefused)
    );
    let flagged = ask(&s.hub, s.room, &s.ada, say("Du Trottel!"))
        .await
        .unwrap();
    assert_eq!(
        reads(&s, &s.ben.token, flagged).await["text"],
        "Du Trottel!"
    );
    let held = ask(&s.hub, s.room, &s.ada, say("Du Holzkopf!"))
        .await
        .unwrap();
    // Nobody but its author and coaches reads it.
    let path = |token: &str| {
        let path = format!(
            "/api/v1/rooms/{}/history?after={}&limit=1",
            s.room,
            held.0 - 1
        );
        let (hub, token) = (&s.hub, token.to_owned());
        async move { hub.get(&path, &token).await.ok(200) }
    };
    assert_eq!(path(&s.ben.token).await["skips"], json!([[held, held]]));
    assert_eq!(
        path(&s.ada.token).await["events"][0]["fact"]["kind"],
        "line_held"
    );
    let found = cases(&s.hub, &s.coach.token).await;
    assert_eq!(
        found
            .iter()
            .map(|case| case["source"].as_str().unwrap())
            .collect::<Vec<_>>(),
        ["held", "words"]
    );
    let act = format!(
        "/api/v1/moderation/cases/{}/acts",
        found[0]["id"].as_str().unwrap()
    );
    s.hub
        .post(&act, &s.coach.token, json!({"act": "dismiss"}))
        .await
        .ok(200);
    // It is said now, by its author, once.
    let said = reads(&s, &s.ben.token, Seq(held.0 + 1)).await;
    assert_eq!(
        (&said["kind"], &said["text"]),
        (&json!("said"), &json!("Du Holzkopf!"))
    );
    s.hub
        .post(&act, &s.coach.token, json!({"act": "dismiss"}))
        .await
        .ok(200);
    let room = s
        .hub
        .get(&format!("/api/v1/rooms/{}/history", s.room), &s.coach.token)
        .await
        .ok(200);
    let times =
        room["events"].as_array().unwrap().iter().filter(|event| {
            event["fact"]["kind"] == "said" && event["fact"]["text"] == "Du Holzkopf!"
        });
    assert_eq!(
        times.map(|event| event["by"].clone()).collect::<Vec<_>>(),
        [json!(s.ada.sender.user)]
    );
}
