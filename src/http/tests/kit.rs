//! A hub without sockets on a database of its own, and a clock one can turn.
//!
//! SQLite, or with `LUDUS_TEST_REST=postgres` the server `LUDUS_TEST_POSTGRES` names.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use actix_web::body::to_bytes;
use actix_web::http::header::{HeaderMap, HeaderName};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, web};
use ludus_actors::board::BoardPorts;
use ludus_actors::bus::Alone;
use ludus_actors::desk::DeskPorts;
use ludus_actors::directory::Directory;
use ludus_actors::ports::{Clock, Doorbell, Ports};
use ludus_actors::stage::StagePorts;
use ludus_domain::budget;
use ludus_domain::ids::{ContestId, NodeId, OrgId, UserId};
use ludus_domain::role::Role;
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;
use serde_json::{Value, json};

use crate::clock::WallClock;
use crate::coaching::Desks;
use crate::config::{Config, LlmSettings};
use crate::game::boards::{self, Boards};
use crate::game::rulebook::Rulebook;
use crate::http::{Services, Site, configure, guard};
use crate::keys::Keys;
use crate::limits::{LimitSettings, Limits, Rate};
use crate::llm::Router;
use crate::people::boards::LiveBoards;
use crate::people::console::Account;
use crate::people::entrance::Entered;
use crate::people::policies::PolicyBook;
use crate::people::rosters::Rosters;
use crate::people::{Needs, People};
use crate::practice::Reviewer;
use crate::practice::remarks::Remarker;
use crate::store::budgets::Purses;
use crate::store::people::User;
use crate::store::{Store, StoreConfig, scratch};

pub(super) const SITE: &str = "https://hub.test";
pub(super) const PROXY: &str = "10.0.0.1";
/// One of the shipped personas, in one of the shipped scenarios.
const CAST: [(&str, &str); 5] = [
    (
        "personas/mara-okafor.toml",
        include_str!("../../../content/personas/mara-okafor.toml"),
    ),
    (
        "scenarios/interview-first-minutes.toml",
        include_str!("../../../content/scenarios/interview-first-minutes.toml"),
    ),
    (
        "rubrics/interview.toml",
        include_str!("../../../content/rubrics/interview.toml"),
    ),
    (
        "manners/en.toml",
        include_str!("../../../content/manners/en.toml"),
    ),
    (
        "moderation/en.toml",
        include_str!("../../../content/moderation/en.toml"),
    ),
];
/// A game of a few rules.
pub(super) const CONTENT: [(&str, &str); 6] = [
    (
        "rules/all.toml",
        "[[rule]]\nid = \"kudos\"\nversion = 1\ntitle = \"Was thanked\"\non = \"kudos_received\"\npoints = 5\n\
         [[rule]]\nid = \"thanks\"\nversion = 1\ntitle = \"Thanked somebody\"\non = \"kudos_given\"\npoints = 1\n\
         [[rule.caps]]\nper = \"day\"\ntimes = 2\n\
         [[rule]]\nid = \"scored\"\nversion = 1\ntitle = \"Was measured\"\non = \"scored\"\npoints = 2\n",
    ),
    (
        "badges/all.toml",
        "[[badge]]\nid = \"liked\"\nversion = 1\ntitle = \"Liked\"\nsays = \"Was thanked\"\non = \"kudos_received\"\nlevels = [1, 5]\n\
         [[badge]]\nid = \"hidden\"\nversion = 1\ntitle = \"Hidden\"\nsays = \"A secret\"\non = \"scored\"\nlevels = [1]\nsecret = true\n",
    ),
    (
        "boards/all.toml",
        "[[board]]\nid = \"all-xp\"\ntitle = \"All\"\nscope = \"org\"\nmetric = \"points:xp\"\nwindow = \"all\"\n\
         [[board]]\nid = \"week-xp\"\ntitle = \"Week\"\nscope = \"org\"\nmetric = \"points:xp\"\nwindow = \"week\"\n\
         [[board]]\nid = \"masks\"\ntitle = \"Masks\"\nscope = \"org\"\nmetric = \"points:xp\"\nwindow = \"all\"\nnames = \"anonymous\"\n\
         [[board]]\nid = \"cohort-xp\"\ntitle = \"Cohort\"\nscope = \"cohort\"\nmetric = \"points:xp\"\nwindow = \"all\"\n\
         [[board]]\nid = \"team-xp\"\ntitle = \"Team\"\nscope = \"team\"\nmetric = \"points:xp\"\nwindow = \"all\"\n\
         [[board]]\nid = \"room-xp\"\ntitle = \"Room\"\nscope = \"room\"\nmetric = \"points:xp\"\nwindow = \"all\"\n\
         [[board]]\nid = \"contest\"\ntitle = \"Contest\"\nscope = \"contest\"\nmetric = \"points:xp\"\nwindow = \"all\"\n",
    ),
    (
        "contests/all.toml",
        "[[contest]]\nid = \"sprint\"\ntitle = \"Sprint\"\nsays = \"An hour\"\nmetric = \"points:xp\"\nentry = \"open\"\nminutes = 60\nlate = true\nentrants_max = 2\n\
         [[contest]]\nid = \"secret\"\ntitle = \"Secret\"\nsays = \"By code\"\nmetric = \"points:xp\"\nentry = \"code\"\nminutes = 60\nlate = true\n\
         [[contest]]\nid = \"teams\"\ntitle = \"Teams\"\nsays = \"By team\"\nmetric = \"score:sales\"\nentry = \"cohort\"\nminutes = 60\nlate = true\nteams = \"sum\"\nnames = \"anonymous\"\n",
    ),
    (
        "levels.toml",
        "kind = \"xp\"\nbase = 100\ngrowth_percent = 10\nmax = 20\n",
    ),
    (
        "streak.toml",
        "on = [\"kudos_given\"]\nfreeze_every = 7\nfreezes_max = 2\nrepair_deeds = 3\nrepair_days = 1\n",
    ),
];
const START: i64 = 1_795_000_000_000;

#[derive(Debug)]
pub(super) struct HandClock(AtomicI64);

impl HandClock {
    pub(super) fn turn(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

#[derive(Debug, Default)]
pub(super) struct Rung(Mutex<BTreeSet<String>>, AtomicUsize);

impl Rung {
    pub(super) fn has(&self, stream: StreamId) -> bool {
        self.0.lock().unwrap().contains(&stream.to_string())
    }

    /// How often boards were told that they are not as they were, since this was asked last.
    pub(super) fn boards_changed(&self) -> usize {
        self.1.swap(0, Ordering::SeqCst)
    }
}

impl Doorbell for Rung {
    fn ring(&self, _: OrgId, stream: StreamId) {
        self.0.lock().unwrap().insert(stream.to_string());
    }

    fn boards_changed(&self, _: OrgId) {
        self.1.fetch_add(1, Ordering::SeqCst);
    }

    fn roster_changed(&self, _: OrgId) {}

    fn contest_changed(&self, _: OrgId, _: ContestId) {}
}

pub(super) struct Hub {
    pub(super) people: People,
    pub(super) clock: Arc<HandClock>,
    pub(super) rung: Arc<Rung>,
    pub(super) services: Arc<Services>,
    pub(super) org: OrgId,
    /// Kept for as long as the database in it is used; none on PostgreSQL.
    folder: Option<tempfile::TempDir>,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) json: Value,
    pub(super) bytes: actix_web::web::Bytes,
}

impl Reply {
    pub(super) fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }

    pub(super) fn header(&self, name: &'static str) -> &str {
        let name = HeaderName::from_static(name);
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub(super) fn expect(self, status: u16, code: &str) -> Self {
        assert_eq!(
            (self.status.as_u16(), self.code()),
            (status, code),
            "{:?}",
            self.json
        );
        self
    }

    #[track_caller]
    pub(super) fn ok(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{:?}", self.json);
        self.json
    }

    pub(super) fn cookie(&self) -> Option<(String, String)> {
        let text = self.header("set-cookie");
        let (name, rest) = text.split_once('=')?;
        let (value, _) = rest.split_once(';')?;
        Some((name.to_owned(), value.to_owned()))
    }
}

impl Hub {
    pub(super) async fn start() -> Self {
        let generous = Rate::new(1_000_000, 1_000_000);
        Self::with_limits(&LimitSettings {
            address_rest: generous,
            user_rest: generous,
            key_rest: generous,
            address_logins: generous,
            account_logins: generous,
            ..LimitSettings::default()
        })
        .await
    }

    pub(super) async fn with_limits(limits: &LimitSettings) -> Self {
        if std::env::var("LUDUS_TEST_REST").as_deref() == Ok("postgres") {
            let server = std::env::var("LUDUS_TEST_POSTGRES").unwrap();
            return Self::on(limits, &scratch::database(&server).await).await;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ludus.db");
        let mut hub = Self::on(limits, path.to_str().unwrap()).await;
        hub.folder = Some(folder);
        hub
    }

    async fn on(limits: &LimitSettings, url: &str) -> Self {
        let mut config = StoreConfig::new(url);
        config.fsync_off = true;
        config.readers = 2;
        let store = Store::open(&config).await.unwrap();
        let clock = Arc::new(HandClock(AtomicI64::new(START)));
        let rung = Arc::new(Rung::default());
        let keys = Keys::derive(b"a master secret for tests, thirty-two bytes and more");
        let rosters = Rosters::start(store.clone()).await.unwrap();
        let policies = PolicyBook::start(store.clone()).await.unwrap();
        let people = People::start(Needs {
            archive: Arc::new(store.clone()),
            store: store.clone(),
            clock: Arc::clone(&clock) as _,
            doorbell: Arc::clone(&rung) as _,
            rosters: Arc::clone(&rosters),
            policies: Arc::clone(&policies),
            keys: keys.clone(),
            public_url: SITE.to_owned(),
        })
        .await
        .unwrap();
        let rulebook = Rulebook::of_files(store.clone(), CONTENT.into_iter().chain(CAST))
            .await
            .unwrap();
        let boards = Boards::new(
            store.clone(),
            rulebook.clone(),
            Arc::new(WallClock),
            Arc::clone(&rosters) as _,
            keys.names.clone(),
        );
        let ports = Ports {
            journal: Arc::new(store.clone()),
            archive: Arc::new(store.clone()),
            clock: Arc::new(WallClock),
            rosters,
            stage: None,
            bus: Arc::new(Alone(NodeId(uuid::Uuid::nil()))),
            boards: BoardPorts {
                standings: Arc::new(boards.clone()),
                clock: Arc::new(WallClock),
                tick: Duration::from_millis(20),
                bus: Arc::new(Alone(NodeId(uuid::Uuid::nil()))),
            },
            desks: DeskPorts {
                coaching: Arc::new(Desks::new(
                    store.clone(),
                    rulebook.clone(),
                    Arc::new(WallClock),
                )),
                archive: Arc::new(store.clone()),
                clock: Arc::new(WallClock),
                attendance: Arc::default(),
                bus: Arc::new(Alone(NodeId(uuid::Uuid::nil()))),
            },
        };
        let here = vec![actix::Arbiter::current()];
        let directory = Arc::new(Directory::new(here, ports));
        boards::feed(&store, &directory);
        let org = people.console().add_org("Ours").await.unwrap().id;
        let proxy: IpAddr = PROXY.parse().unwrap();
        // Without a model everybody talks to the offline engine.
        let purses = Purses::new(store.clone(), budget::Limits::default());
        let nobody = Router::new(
            &LlmSettings::default(),
            vec![],
            Arc::new(purses.clone()),
            Arc::new(WallClock),
        );
        let nobody = Arc::new(nobody);
        let reports = Reviewer {
            store: store.clone(),
            archive: Arc::new(store.clone()),
            libraries: Arc::new(rulebook.clone()),
            llm: Arc::clone(&nobody) as _,
            clock: Arc::new(WallClock),
        };
        let remarks = Remarker::new(
            &Config::default(),
            &store,
            Arc::new(rulebook.clone()),
            &nobody,
        );
        let stage = Arc::new(StagePorts {
            llm: Arc::clone(&nobody) as _,
            libraries: Arc::new(rulebook.clone()),
            turns: Arc::new(store.clone()),
            seats: Arc::new(store.clone()),
            policies,
            reports: Arc::new(reports),
            remarks: Arc::new(remarks),
            node: 1,
        });
        let services = Arc::new(Services {
            people: people.clone(),
            limits: Arc::new(Limits::new(limits)),
            site: Site {
                public_url: SITE.to_owned(),
                admits: Box::new(|origin, _| origin == SITE),
                trusts: Box::new(move |peer| peer == proxy),
            },
            cursor_key: keys.cursor,
            store,
            rulebook,
            boards: LiveBoards::new(boards, Arc::clone(&directory)),
            directory,
            stage,
            models: nobody,
            purses,
            draining: Arc::new(AtomicBool::new(false)),
        });
        Self {
            people,
            clock,
            rung,
            services,
            org,
            folder: None,
        }
    }

    pub(super) async fn user(&self, role: Role, name: &str) -> User {
        self.user_of(self.org, role, name).await
    }

    pub(super) async fn user_of(&self, org: OrgId, role: Role, name: &str) -> User {
        let account = Account {
            org,
            name: name.to_owned(),
            email: Some(format!("{name}@{org}.test")),
            role,
            password: None,
        };
        self.people.console().add_user(account).await.unwrap()
    }

    /// Somebody who can come in by the door.
    pub(super) async fn with_password(&self, role: Role, name: &str, password: &str) -> User {
        let account = Account {
            org: self.org,
            name: name.to_owned(),
            email: Some(format!("{name}@example.org")),
            role,
            password: Some(password.to_owned()),
        };
        self.people.console().add_user(account).await.unwrap()
    }

    pub(super) async fn enter(&self, user: &User) -> Entered {
        self.people.console().enter(user.clone()).await.unwrap()
    }

    /// Somebody who came by a code of a room of their own.
    pub(super) async fn guest(&self, opener: &str) -> User {
        let room = self.room(opener, "code").await;
        let code = room["code"].as_str().unwrap();
        let came = self.people.guest(code, "Gus", String::new()).await;
        came.unwrap().0.user
    }

    /// An access token of somebody new.
    pub(super) async fn token(&self, role: Role, name: &str) -> (String, UserId) {
        let user = self.user(role, name).await;
        (self.enter(&user).await.access.token, user.id)
    }

    pub(super) async fn send(&self, request: TestRequest) -> Reply {
        let app = App::new()
            .wrap(from_fn(guard))
            .configure(configure(Arc::clone(&self.services)))
            .default_service(web::to(actix_web::HttpResponse::NotFound));
        let app = init_service(app).await;
        let request = request.to_request();
        let (method, path) = (request.method().clone(), request.path().to_owned());
        let response = call_service(&app, request).await;
        let status = response.status();
        let headers = response.headers().clone();
        let bytes = to_bytes(response.into_body())
            .await
            .map_err(|_| ())
            .unwrap();
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let reply = Reply {
            status,
            headers,
            json,
            bytes,
        };
        check_always(&path, &reply);
        check_documented(&method, &path, &reply);
        reply
    }

    pub(super) async fn get(&self, path: &str, token: &str) -> Reply {
        self.send(bearing(TestRequest::get().uri(path), token))
            .await
    }

    pub(super) async fn post(&self, path: &str, token: &str, body: Value) -> Reply {
        let request = TestRequest::post().uri(path).set_json(body);
        self.send(bearing(request, token)).await
    }

    pub(super) async fn put(&self, path: &str, token: &str, body: Value) -> Reply {
        let request = TestRequest::put().uri(path).set_json(body);
        self.send(bearing(request, token)).await
    }

    pub(super) async fn room(&self, token: &str, entry: &str) -> Value {
        let body = json!({"title": "A room", "kind": "practice", "entry": entry});
        self.post("/api/v1/rooms", token, body).await.ok(201)
    }
}

pub(super) fn bearing(request: TestRequest, token: &str) -> TestRequest {
    if token.is_empty() {
        request
    } else {
        request.insert_header(("authorization", format!("Bearer {token}")))
    }
}

/// What no answer may lack.
fn check_always(path: &str, reply: &Reply) {
    assert!(reply.header("x-request-id").len() >= 8);
    assert!(
        reply
            .header("content-security-policy")
            .contains("default-src 'none'")
    );
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    if path.starts_with("/api/") || path.starts_with("/v1/") {
        assert!(reply.header("cache-control").contains("no-store"));
    }
    if reply.status.is_client_error() || reply.status.is_server_error() {
        if path.starts_with("/v1/") {
            assert_eq!(reply.header("content-type"), "application/json");
            assert!(!reply.json["error"]["message"].as_str().unwrap().is_empty());
        } else {
            assert_eq!(reply.header("content-type"), "application/problem+json");
            assert_eq!(reply.json["request_id"], reply.header("x-request-id"));
            assert_eq!(reply.json["status"], reply.status.as_u16());
        }
        let text = reply.json.to_string();
        for leak in ["src/", ".rs", "panicked", "SELECT", "sqlite", "backtrace"] {
            assert!(!text.contains(leak), "{text}");
        }
    }
}

static DOCUMENT: LazyLock<Value> = LazyLock::new(crate::openapi::document);
type Schemas = HashMap<String, Arc<jsonschema::Validator>>;
static SCHEMAS: LazyLock<Mutex<Schemas>> = LazyLock::new(Mutex::default);

/// Holds an answer against what the OpenAPI document says of this operation.
fn check_documented(method: &Method, path: &str, reply: &Reply) {
    let method = method.as_str().to_lowercase();
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let fitting = paths.keys().filter(|template| fits(template, path));
    // What is named is meant before what could be anything.
    let fits_best = |template: &&String| {
        let gaps = template.matches('{').count();
        (std::cmp::Reverse(gaps), template.len())
    };
    let Some(template) = fitting.max_by_key(fits_best) else {
        return;
    };
    let operation = &DOCUMENT["paths"][template][&method];
    if !operation.is_object() {
        assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED);
        return;
    }
    let status = reply.status.as_u16().to_string();
    let refused = reply.status.is_client_error() || reply.status.is_server_error();
    let answers = &operation["responses"];
    let key = if refused { "default" } else { &status };
    let answer = &answers[key];
    assert!(
        answer.is_object(),
        "{method} {template} answers {status}, undocumented"
    );
    let kind = if refused && !path.starts_with("/v1/") {
        "application/problem+json"
    } else {
        "application/json"
    };
    let is_stream = reply
        .header("content-type")
        .starts_with("text/event-stream");
    if is_stream || !answer["content"][kind].is_object() {
        return;
    }
    let pointer = format!(
        "#/paths/{}/{method}/responses/{key}/content/{}/schema",
        template.replace('~', "~0").replace('/', "~1"),
        kind.replace('/', "~1"),
    );
    let known = SCHEMAS.lock().unwrap().get(&pointer).cloned();
    let schema = known.unwrap_or_else(|| {
        let mut root = DOCUMENT.clone();
        root["$ref"] = json!(pointer.replace('{', "%7B").replace('}', "%7D"));
        let schema = Arc::new(jsonschema::validator_for(&root).unwrap());
        SCHEMAS
            .lock()
            .unwrap()
            .insert(pointer.clone(), Arc::clone(&schema));
        schema
    });
    if let Err(error) = schema.validate(&reply.json) {
        panic!("{method} {template} {status}: {error}\n{}", reply.json);
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (mut a, mut b) = (template.split('/'), path.split('/'));
    loop {
        match (a.next(), b.next()) {
            (None, None) => return true,
            (Some(part), Some(given)) if part == given => {}
            (Some(part), Some(given))
                if part.starts_with('{')
                    && given.ends_with(part.rsplit('}').next().unwrap_or_default()) => {}
            _ => return false,
        }
    }
}
