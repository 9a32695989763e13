//! Asking a model about one line: the line and what came before it are read from the journal, the answer
//! is checked, asked for once more when nothing of it can be believed, and then done without.

use std::sync::Arc;
use std::time::Duration;

use ludus_actors::llm::{Ask, Llm, Message};
use ludus_actors::ports::{Answer, Archive};
use ludus_actors::stage::{Libraries, Remarks, Uttering};
use ludus_domain::game::deed::Judge;
use ludus_domain::ids::Seq;
use ludus_domain::practice::remark::{self, Opinion, Remark};
use ludus_domain::script::Script;
use ludus_domain::stream::StreamId;
use tokio::time::timeout;

use super::whole;
use crate::config::Config;
use crate::llm::{Bulkhead, Router};
use crate::metrics;
use crate::store::Store;

/// Events before a line that are read: what it answers is among them, whatever else went on.
const EVENTS_BEFORE: u32 = 64;
/// Times a model is asked about one line; then there is nothing beside it.
const ASKED_MAX: u32 = 2;
/// Both times together. Who has talked on for so long has forgotten the line.
const WITHIN: Duration = Duration::from_secs(20);
/// Lines of one org that wait for one of its seats, and how long.
const WAITING_MAX: usize = 32;
const WAIT: Duration = Duration::from_secs(5);
const TOKENS: u32 = 700;
/// The second time it may say it in other words.
const TEMPERATURES_MILLI: [u32; ASKED_MAX as usize] = [0, 500];

/// The port.
#[derive(Clone, Debug)]
pub(crate) struct Remarker {
    archive: Arc<dyn Archive>,
    libraries: Arc<dyn Libraries>,
    llm: Arc<dyn Llm>,
    /// Whether the configuration names any model.
    has_model: bool,
    /// Of the seats an org has at its models, remarks take so many: a persona's answer is waited
    /// for, a remark is not.
    seats: Arc<Bulkhead>,
}

/// What came of a line, for the metric.
enum Heard {
    Remark(Remark),
    Nothing(&'static str),
}

impl Remarks for Remarker {
    fn are_wanted(&self) -> bool {
        self.has_model
    }

    fn on(&self, line: Uttering) -> Answer<Option<Remark>> {
        let remarker = self.clone();
        Box::pin(async move {
            let heard = timeout(WITHIN, remarker.remark(&line)).await;
            match heard.unwrap_or(Heard::Nothing("late")) {
                Heard::Remark(remark) => {
                    metrics::remarked("made");
                    Some(remark)
                }
                Heard::Nothing(why) => {
                    metrics::remarked(why);
                    None
                }
            }
        })
    }
}

impl Remarker {
    pub(crate) fn new(
        config: &Config,
        store: &Store,
        libraries: Arc<dyn Libraries>,
        models: &Arc<Router>,
    ) -> Self {
        let llm = &config.llm;
        // A quarter of what the org has; what does not fit in a few seconds is left out.
        let seats = (llm.streams_per_org as usize / 4).max(1);
        Self {
            archive: Arc::new(store.clone()),
            libraries,
            llm: Arc::clone(models) as _,
            has_model: !config.providers.is_empty(),
            seats: Arc::new(Bulkhead::new(seats, WAITING_MAX, WAIT)),
        }
    }

    async fn remark(&self, line: &Uttering) -> Heard {
        let Ok(library) = self.libraries.at(line.org, line.scene.edition).await else {
            return Heard::Nothing("unread");
        };
        let scenario = line.scene.scenario.as_ref();
        let scenario = scenario.and_then(|id| library.scenario(id));
        let Some(scenario) = scenario.filter(|scenario| scenario.script.remarks) else {
            return Heard::Nothing("unwanted");
        };
        let Some(rubric) = library.rubric(&scenario.script.rubric) else {
            return Heard::Nothing("unwanted");
        };
        let Ok(_seat) = self.seats.enter(line.org).await else {
            return Heard::Nothing("busy");
        };
        let Some(script) = self.script(line).await else {
            return Heard::Nothing("unread");
        };
        let said = script.lines.iter().find(|said| said.seq == line.line);
        let question = remark::question(scenario, rubric, &script, line.line);
        let (Some(said), Some(question)) = (said, question) else {
            return Heard::Nothing("unread");
        };
        let words = library.words(&scenario.script.language);
        let mut ask = Ask {
            org: line.org,
            room: Some(line.room),
            learner: Some(line.of),
            providers: vec![],
            messages: question.into_iter().map(Message::from).collect(),
            max_output_tokens: TOKENS,
            temperature_milli: None,
            stop: vec![],
            json_schema: Some(remark::schema(rubric)),
            offline: None,
        };
        for temperature in TEMPERATURES_MILLI {
            ask.temperature_milli = Some(temperature);
            let Some((answer, done)) = whole(&self.llm, ask.clone()).await else {
                return Heard::Nothing("unanswered");
            };
            match remark::read(&answer, rubric, &said.text, &words) {
                Some(Opinion { scores, .. }) if scores.is_empty() => {
                    return Heard::Nothing("nothing_to_say");
                }
                Some(Opinion { scores, better }) => {
                    return Heard::Remark(Remark {
                        scores,
                        better,
                        judge: Judge::Model,
                        engine: format!("{}/{}", done.provider, done.model),
                    });
                }
                None => metrics::remarked("unsound"),
            }
        }
        Heard::Nothing("given_up")
    }

    /// The line, and what was said just before it.
    async fn script(&self, line: &Uttering) -> Option<Script> {
        let after = Seq(line.line.0.saturating_sub(EVENTS_BEFORE.into()));
        let stream = StreamId::Room(line.room);
        let events = self
            .archive
            .events(line.org, stream, after, EVENTS_BEFORE)
            .await;
        Some(Script::read(&events.ok()?, &line.scene))
    }
}
