//! Looking back on practices: the journal is read, a model is asked where there is one, and what came
//! of it is handed to the room, which decides it once. Lost on the way, it is simply made again.
//! While it is practised, [`remarks`] asks a model about single lines.

pub(crate) mod remarks;

use std::sync::Arc;
use std::time::Duration;

use ludus_actors::llm::{Ask, Done, Llm, Message, Piece};
use ludus_actors::ports::{Answer, Archive, Clock};
use ludus_actors::stage::{Libraries, Played, Reports, Turns as _};
use ludus_domain::ids::{OrgId, RoomId, Seq, UserId};
use ludus_domain::journal::{Fault, Recorded};
use ludus_domain::practice::judge;
use ludus_domain::practice::report::{Measured, Score};
use ludus_domain::practice::review::{Course, Keeps, Known, LEARNERS_MAX, Practice, Reviewing};
use ludus_domain::practice::{Rubric, Scenario};
use ludus_domain::role;
use ludus_domain::script::EVENTS_MAX;
use ludus_domain::stream::StreamId;

use crate::metrics;
use crate::store::{Store, StoreError};

/// Events of one read.
const PAGE: u32 = 500;
/// Times a model is asked for scores; then there are none of it.
const ASKED_MAX: u32 = 2;
/// How long all of one learner's scores may take. A report without them is better than none.
const JUDGED_WITHIN: Duration = Duration::from_secs(45);
const SCORES_TOKENS: u32 = 2_000;
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// The port.
#[derive(Clone, Debug)]
pub(crate) struct Reviewer {
    pub(crate) store: Store,
    pub(crate) archive: Arc<dyn Archive>,
    pub(crate) libraries: Arc<dyn Libraries>,
    pub(crate) llm: Arc<dyn Llm>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Reports for Reviewer {
    fn make(&self, played: Played) -> Answer<Result<Vec<Practice>, Fault>> {
        let reviewer = self.clone();
        Box::pin(async move { reviewer.review(&played).await })
    }
}

/// The journal of a room, as far as a report looks back.
pub(crate) async fn journal(
    archive: &Arc<dyn Archive>,
    org: OrgId,
    room: RoomId,
) -> Result<Vec<Recorded>, Fault> {
    let mut events: Vec<Recorded> = vec![];
    loop {
        let after = events.last().map_or(Seq::ZERO, |last| last.seq);
        let stream = StreamId::Room(room);
        let page = archive.events(org, stream, after, PAGE).await?;
        let is_last = page.len() < PAGE as usize;
        events.extend(page);
        if is_last || events.len() >= 4 * EVENTS_MAX {
            return Ok(events);
        }
    }
}

impl Reviewer {
    async fn review(&self, played: &Played) -> Result<Vec<Practice>, Fault> {
        let edition = played.scene.edition;
        let library = self.libraries.at(played.org, edition).await?;
        let scenario = played.scene.scenario.as_ref();
        let Some(scenario) = scenario.and_then(|id| library.scenario(id)) else {
            tracing::warn!("a practice has no report: its scenario is not in the content any more");
            return Ok(vec![]);
        };
        let Some(rubric) = library.rubric(&scenario.script.rubric) else {
            return Ok(vec![]);
        };
        let events = journal(&self.archive, played.org, played.room).await?;
        let at = self.clock.now();
        let course = Course::read(&events, &played.scene, at);
        let reviewing = Reviewing {
            library: &library,
            scene: &played.scene,
            scenario,
            rubric,
            course: &course,
            seed: played.room.0.as_u64_pair().1,
            at,
        };
        let mut practices = vec![];
        for learner in self.learners(played.org, &course).await? {
            let mut known = self.known(played, learner).await?;
            let lines = course.measured(learner);
            known.scores = self
                .judged(played, (scenario, rubric), (&course, &lines), learner)
                .await;
            practices.extend(reviewing.of(learner, &known));
        }
        Ok(practices)
    }

    /// Who the scene was opened for, and every other learner who said something. Coaches who helped
    /// did not practise.
    async fn learners(&self, org: OrgId, course: &Course) -> Result<Vec<UserId>, Fault> {
        let mut learners = vec![];
        for user in course.speakers() {
            let is_learner = course.opened_for == Some(user)
                || self
                    .store
                    .user(org, user)
                    .await
                    .map_err(fault)?
                    .is_some_and(|user| user.role < role::Role::Coach);
            if is_learner && learners.len() < LEARNERS_MAX {
                learners.push(user);
            }
        }
        Ok(learners)
    }

    async fn known(&self, played: &Played, learner: UserId) -> Result<Known, Fault> {
        let reports = self
            .store
            .reports(played.org, learner)
            .await
            .map_err(fault)?;
        let forgets = self
            .store
            .forgets(played.org, learner)
            .await
            .map_err(fault)?;
        let mut keeps = vec![];
        for seat in &played.scene.cast {
            let persona = seat.persona.clone();
            let kept = self
                .store
                .remembered(played.org, persona.clone(), learner)
                .await?;
            keeps.push(Keeps {
                persona,
                slots: kept.slots,
                notes: kept.notes,
            });
        }
        Ok(Known {
            shown: reports
                .into_iter()
                .filter(|report| report.room != played.room)
                .flat_map(|report| report.filed.shown)
                .collect(),
            keeps: (!forgets).then_some(keeps),
            scores: vec![],
        })
    }

    /// What a model thinks. Nothing where there is none, or where it says nothing one can believe.
    async fn judged(
        &self,
        played: &Played,
        (scenario, rubric): (&Scenario, &Rubric),
        (course, lines): (&Course, &[Measured]),
        learner: UserId,
    ) -> Vec<Score> {
        if !rubric.is_enough(lines.len()) {
            return vec![];
        }
        let question = judge::question(scenario, rubric, &course.script, learner);
        let ask = Ask {
            org: played.org,
            room: Some(played.room),
            learner: Some(learner),
            providers: vec![],
            messages: question.into_iter().map(Message::from).collect(),
            max_output_tokens: SCORES_TOKENS,
            temperature_milli: Some(0),
            stop: vec![],
            json_schema: Some(judge::schema(rubric)),
            offline: None,
        };
        let asking = async {
            for _ in 0..ASKED_MAX {
                let Some((answer, _)) = whole(&self.llm, ask.clone()).await else {
                    metrics::practice_judged("unanswered");
                    return vec![];
                };
                if let Some(scores) = judge::read(&answer, rubric, lines) {
                    metrics::practice_judged("scored");
                    return scores;
                }
                metrics::practice_judged("unsound");
            }
            vec![]
        };
        tokio::time::timeout(JUDGED_WITHIN, asking)
            .await
            .unwrap_or_default()
    }
}

/// An answer that came whole, and who gave it.
async fn whole(llm: &Arc<dyn Llm>, ask: Ask) -> Option<(String, Done)> {
    let mut running = llm.start(ask);
    let mut text = String::new();
    while let Some(piece) = running.next().await {
        match piece {
            Piece::Begun { .. } => {}
            Piece::Text(more) if text.len() + more.len() <= ANSWER_BYTES_MAX => {
                text.push_str(&more);
            }
            Piece::Text(_) | Piece::Ended(Err(_)) => return None,
            Piece::Ended(Ok(done)) => return Some((text, done)),
        }
    }
    None
}

fn fault(error: StoreError) -> Fault {
    let retry_after_ms = match error {
        StoreError::Unavailable { retry_after_ms } => retry_after_ms,
        error => {
            tracing::error!(%error, "a practice could not be looked back on");
            1_000
        }
    };
    Fault::Unavailable { retry_after_ms }
}
