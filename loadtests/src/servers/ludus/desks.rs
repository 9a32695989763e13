//! The desk of a cohort while everybody in it talks: how often coaches are told, how late, and what one
//! more of them costs.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use ludus_domain::ids::{CohortId, CommandId, UserId};
use ludus_domain::protocol::ClientFrame;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::entrance::Way;
use super::{Chat, Ludus, client_frame, is};
use crate::accounting::Family;
use crate::light::{Crowd, News, Sends};
use crate::load::{Dialect as _, Late, histogram, micros};
use crate::people::{Account, RestError};
use crate::scenario::Scenario;
use crate::servers::LoadError;

/// Coaches who come to look on beside the first.
const MORE: usize = 20;
/// Lines are said for so long before anything is counted, and before it is counted with more coaches.
const WARM_UP: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(2);
const LOOK_WITHIN: Duration = Duration::from_secs(30);

/// What was seen at the desk.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Desked {
    pub learners: usize,
    pub seconds: f64,
    pub lines: u64,
    pub refused: u64,
    /// To the coach who was sent the most, in a second. Four are promised to be the most.
    pub frames_each_per_second: f64,
    pub bytes_each_per_second: f64,
    /// From the moment a line was due until the first coach read that it was said.
    pub behind: Late,
    /// Of the server, in a second, with one coach.
    pub cpu_with_one: f64,
    /// Milliseconds of the server's processor in a second, for each further coach.
    pub cpu_ms_of_one_more: f64,
}

/// What one coach was sent.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    frames: u32,
    bytes: u64,
}

#[derive(Debug)]
struct Desk {
    /// The first coach's number; the others follow.
    first: usize,
    cohort: CohortId,
    tickets: Vec<String>,
    looking: usize,
    told: Vec<Told>,
    /// When each line of somebody was due.
    said: HashMap<UserId, Vec<u64>>,
    /// How many lines of somebody the first coach has read of, those of earlier loads included.
    read: HashMap<UserId, usize>,
    /// And how many they had said before this load.
    before: HashMap<UserId, usize>,
    behind: Histogram<u64>,
    no: Option<String>,
}

#[derive(Deserialize)]
struct Rows {
    #[serde(default)]
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    user: UserId,
    lines: usize,
}

impl Desk {
    fn take(&mut self, who: usize, news: News<'_>, now_us: u64, sends: &mut Sends) {
        let place = who - self.first;
        match news {
            News::Open => sends.push((
                who,
                client_frame(&ClientFrame::Hello {
                    ticket: self.tickets.get(place).cloned(),
                    resume: None,
                    subscriptions: vec![],
                    client: Some("ludus-loadtests".to_owned()),
                }),
            )),
            News::Gone => self.no = Some("a coach's connection ended".to_owned()),
            News::Said(payload) if is(payload, "welcome") => {
                let (id, cohort, since) = (CommandId(Uuid::now_v7()), self.cohort, None);
                let watch = ClientFrame::WatchDesk { id, cohort, since };
                sends.push((who, client_frame(&watch)));
            }
            News::Said(payload) if is(payload, "desk") => {
                self.looking += usize::from(self.told[place].frames == 0);
                self.told[place].frames += 1;
                self.told[place].bytes += payload.len() as u64;
                if place == 0 {
                    self.read(payload, now_us);
                }
            }
            News::Said(payload) if is(payload, "nack") || is(payload, "goodbye") => {
                self.no = Some(String::from_utf8_lossy(payload).chars().take(300).collect());
            }
            News::Said(_) => {}
        }
    }

    fn read(&mut self, payload: &[u8], now_us: u64) {
        let rows = serde_json::from_slice::<Rows>(payload).map(|desk| desk.rows);
        for row in rows.unwrap_or_default() {
            let before = *self.before.entry(row.user).or_insert(row.lines);
            let Some(said) = self.said.get(&row.user) else {
                continue;
            };
            let read = self.read.entry(row.user).or_insert(before);
            let new = (*read - before)..row.lines.max(before) - before;
            for due in said.get(new).unwrap_or_default() {
                self.behind.saturating_record(now_us.saturating_sub(*due));
            }
            *read = row.lines.max(*read);
        }
    }

    fn count_anew(&mut self) {
        for told in &mut self.told {
            // By the first frame it is known that a coach looks on.
            *told = Told {
                frames: told.frames.min(1),
                bytes: 0,
            };
        }
        self.behind.reset();
    }
}

/// Everybody, talking at a steady rate.
struct Talk {
    chat: Chat,
    users: Vec<UserId>,
    members: usize,
    rate: f64,
    begin: Instant,
    lines: u64,
}

impl Talk {
    /// Says whatever is due, and hears what comes, for so long.
    fn go_on(
        &mut self,
        crowd: &mut Crowd,
        desk: &mut Desk,
        lasts: Duration,
    ) -> Result<(), LoadError> {
        let end = self.begin.elapsed() + lasts;
        loop {
            let now = self.begin.elapsed();
            if now >= end {
                return Ok(());
            }
            loop {
                if self.rate == 0.0 {
                    break;
                }
                let due = Duration::from_secs_f64(self.lines as f64 / self.rate);
                if due > now {
                    break;
                }
                let who = usize::try_from(self.lines).unwrap_or(0) % self.users.len();
                let text = format!("Since then I have done {} of them by myself.", self.lines);
                let (room, sender) = (who / self.members, who % self.members);
                let (who, sent) = self.chat.say(room, sender, &text, micros(due));
                desk.said
                    .entry(self.users[who])
                    .or_default()
                    .push(micros(due));
                crowd.send(who, &sent);
                self.lines += 1;
            }
            let begin = self.begin;
            crowd.turn(PAUSE, &mut |who, news, sends| {
                let now_us = micros(begin.elapsed());
                if who >= desk.first {
                    desk.take(who, news, now_us, sends);
                } else if let News::Said(payload) = news {
                    self.chat.hears(who, payload, now_us, sends);
                }
            })?;
            if let Some(no) = desk.no.take() {
                return Err(LoadError::Refused(no));
            }
        }
    }

    /// The same, counted: what of the server's processor it took in a second.
    fn counted(
        &mut self,
        crowd: &mut Crowd,
        desk: &mut Desk,
        lasts: Duration,
        server: Family,
    ) -> Result<f64, LoadError> {
        self.go_on(crowd, desk, WARM_UP)?;
        desk.count_anew();
        let (since, cpu) = (Instant::now(), server.cpu_seconds());
        self.go_on(crowd, desk, lasts)?;
        Ok((server.cpu_seconds() - cpu) / since.elapsed().as_secs_f64())
    }
}

impl Ludus {
    /// Everybody of a cohort talks in their rooms while coaches look at its desk: one, and then more.
    pub fn watch_desk(
        &mut self,
        crowd: &mut Crowd,
        scenario: &Scenario,
    ) -> Result<Desked, LoadError> {
        let (rooms, members) = (scenario.rooms, scenario.members);
        let house = self.house(crowd, rooms, members)?;
        let people = rooms * members;
        self.enter(crowd, house, 0..people, Way::Follow)?;
        let users: Vec<UserId> = (self.houses[house].people.iter())
            .filter_map(|person| person.user)
            .collect();
        let host = &self.host;
        let cohort = self.runtime.block_on(cohort_of(host, &users))?;
        let first = self.runtime.block_on(tickets(host, 1))?;
        let mut desk = Desk {
            first: people,
            cohort,
            told: vec![Told::default(); 1 + MORE],
            tickets: first,
            looking: 0,
            said: HashMap::new(),
            read: HashMap::new(),
            before: HashMap::new(),
            behind: histogram(),
            no: None,
        };
        let mut talk = Talk {
            chat: Chat::of(&self.houses[house]),
            users,
            members,
            rate: scenario.rate * rooms as f64,
            begin: Instant::now(),
            lines: 0,
        };
        let (family, window) = (self.family(), Duration::from_secs(scenario.seconds));
        let door = self.door();
        crowd.connect(people, &door)?;
        // Before anything is said: what was said in earlier loads stands in the first frame.
        let rate = std::mem::replace(&mut talk.rate, 0.0);
        look(&mut talk, crowd, &mut desk, 1)?;
        (talk.rate, talk.begin) = (rate, Instant::now());
        let cpu_with_one = talk.counted(crowd, &mut desk, window, family)?;
        let behind = Late::of(&desk.behind);
        // Tickets are good for half a minute: not before they are wanted.
        let more = self.runtime.block_on(tickets(&self.host, MORE))?;
        desk.tickets.extend(more);
        for more in 1..=MORE {
            crowd.connect(people + more, &door)?;
        }
        look(&mut talk, crowd, &mut desk, 1 + MORE)?;
        let said = talk.lines;
        talk.chat.answers();
        let with_more = talk.counted(crowd, &mut desk, window, family)?;
        let seconds = window.as_secs_f64();
        let most = desk.told.iter().map(|told| told.frames).max().unwrap_or(1);
        let bytes: u64 = desk.told.iter().map(|told| told.bytes).sum();
        Ok(Desked {
            learners: people,
            seconds,
            lines: talk.lines - said,
            refused: talk.chat.answers().refused,
            frames_each_per_second: f64::from(most - 1) / seconds,
            bytes_each_per_second: bytes as f64 / desk.told.len() as f64 / seconds,
            behind,
            cpu_with_one,
            cpu_ms_of_one_more: (with_more - cpu_with_one) * 1_000.0 / MORE as f64,
        })
    }
}

/// Talks on until so many coaches look on.
fn look(
    talk: &mut Talk,
    crowd: &mut Crowd,
    desk: &mut Desk,
    coaches: usize,
) -> Result<(), LoadError> {
    let since = Instant::now();
    while desk.looking < coaches {
        talk.go_on(crowd, desk, Duration::from_millis(50))?;
        if since.elapsed() > LOOK_WITHIN {
            return Err(LoadError::NotThere {
                missing: coaches - desk.looking,
                all: coaches,
                seconds: LOOK_WITHIN.as_secs(),
            });
        }
    }
    Ok(())
}

/// A cohort of everybody.
async fn cohort_of(host: &Account, users: &[UserId]) -> Result<CohortId, RestError> {
    #[derive(Deserialize)]
    struct Made {
        id: CohortId,
    }
    let made: Made = (host.post("/api/v1/cohorts", &json!({"title": "Load"}))).await?;
    for user in users {
        let path = format!("/api/v1/cohorts/{}/members/{user}", made.id);
        let request = host.hub.request(Method::PUT, &path);
        let request = request
            .bearer_auth(&host.token)
            .json(&json!({"part": "learner"}));
        request.send().await?.error_for_status()?;
    }
    Ok(made.id)
}

async fn tickets(host: &Account, count: usize) -> Result<Vec<String>, RestError> {
    let mut tickets = Vec::with_capacity(count);
    for _ in 0..count {
        tickets.push(host.ticket().await?);
    }
    Ok(tickets)
}
