//! What a persona is asked, put together from the journal: the prompt for a model, and what the
//! offline engine would say, should nobody answer.

use std::sync::Arc;

use ludus_domain::ids::{OrgId, RoomId, Seq, TurnId};
use ludus_domain::journal::Recorded;
use ludus_domain::persona::pace::Pace;
use ludus_domain::practice::Library;
use ludus_domain::prompt::{self, Canary, Guard, Memory, Spec};
use ludus_domain::room::{Scene, SceneNotes, Turn, Why};
use ludus_domain::script::{EVENTS_MAX, Part, Script};
use ludus_domain::slug::PersonaId;
use ludus_domain::stream::StreamId;
use uuid::Uuid;

use crate::llm::{Ask, Choice, Message, Offline};
use crate::ports::Archive;
use crate::stage::{Remembered, StagePorts};

/// Tokens of a prompt, and of an answer when the persona does not say.
const PROMPT_TOKENS: u32 = 6_000;
const ANSWER_TOKENS: u32 = 400;
/// Events of one read.
const PAGE: u32 = 500;
/// What a model is told that is to go on where it stopped.
const GO_ON: &str = "Go on exactly where your last line stopped. Repeat nothing of it.";

/// Everything an answer is made of.
pub(super) struct Composing {
    pub(super) org: OrgId,
    pub(super) room: RoomId,
    pub(super) persona: PersonaId,
    pub(super) scene: Arc<Scene>,
    pub(super) turn: TurnId,
    pub(super) open: Turn,
    pub(super) head: Seq,
    pub(super) directions: Vec<String>,
    pub(super) stage: Arc<StagePorts>,
    pub(super) archive: Arc<dyn Archive>,
}

/// A question, ready to be asked.
pub(super) struct Composed {
    pub(super) ask: Ask,
    pub(super) notes: SceneNotes,
    pub(super) guard: Guard,
}

impl Composing {
    /// `None` when the journal or the content cannot be read, or the content has no such persona any more.
    pub(super) async fn compose(self) -> Option<Composed> {
        let events = self.events().await?;
        let remembered = self.remembered().await;
        let instructions = self.stage.turns.instructions(self.org).await;
        let libraries = &self.stage.libraries;
        let library = libraries.at(self.org, self.scene.edition).await.ok()?;
        self.question(
            &library,
            &events,
            &remembered,
            &instructions.unwrap_or_default(),
        )
    }

    /// The latest of the journal, up to what the room knew when it was asked for, and what came since.
    async fn events(&self) -> Option<Vec<Recorded>> {
        let mut after = Seq(self.head.0.saturating_sub(EVENTS_MAX as u64));
        let mut events = vec![];
        loop {
            let stream = StreamId::Room(self.room);
            let page = self.archive.events(self.org, stream, after, PAGE).await;
            let page = page.ok()?;
            let is_last = page.len() < PAGE as usize;
            after = page.last().map_or(after, |last| last.seq);
            events.extend(page);
            if is_last || events.len() >= 2 * EVENTS_MAX {
                return Some(events);
            }
        }
    }

    /// Not remembering is no reason not to answer.
    async fn remembered(&self) -> Remembered {
        let Some(learner) = self.open.asked_by else {
            return Remembered::default();
        };
        let turns = &self.stage.turns;
        let found = turns
            .remembered(self.org, self.persona.clone(), learner)
            .await;
        found.unwrap_or_default()
    }

    fn question(
        &self,
        library: &Library,
        events: &[Recorded],
        remembered: &Remembered,
        instructions: &str,
    ) -> Option<Composed> {
        let persona = library.persona(&self.persona)?;
        let scenario = self.scene.scenario.as_ref();
        let cast = library
            .cast(&self.persona, scenario)
            .or_else(|| library.cast(&self.persona, None))?
            .harder(self.scene.harder);
        let mut script = Script::read(events, &self.scene);
        if let (Why::Again, Some(of)) = (self.open.why, self.open.of) {
            script = script.before(of);
        }
        let part = Part {
            cast,
            own: &self.persona,
            turn: self.turn,
            why: self.open.why,
            seed: self.room.0.as_u64_pair().1,
        };
        let played = part.play(&script, &remembered.slots);
        let canary = Canary::new(&Uuid::now_v7().simple().to_string())?;
        let go_on = (self.open.why == Why::Onward).then_some(GO_ON);
        let given = self.directions.iter().map(String::as_str);
        let direction: Vec<&str> = given.chain(go_on).collect();
        let spec = Spec {
            persona,
            dials: cast.as_it_goes(&played.state).dials(),
            canary: &canary,
            direction: &direction.join("\n"),
        };
        let memory = Memory {
            notes: &remembered.notes,
            summary: &cast.gist(&played.state),
        };
        let messages = prompt::build(
            &spec,
            scenario.and_then(|id| library.scenario(id)),
            &script.for_model(&self.persona),
            &memory,
            instructions,
            PROMPT_TOKENS,
        );
        let model = &persona.sheet.model;
        let ask = Ask {
            org: self.org,
            room: Some(self.room),
            learner: self.open.asked_by,
            providers: model.prefer.iter().map(|name| choice(name)).collect(),
            messages: messages.into_iter().map(Message::from).collect(),
            max_output_tokens: model.tokens_max.unwrap_or(ANSWER_TOKENS),
            temperature_milli: model.temperature_milli.map(u32::from),
            stop: vec![],
            json_schema: None,
            offline: Some(Offline {
                text: played.reply.text,
                pace: Pace::TYPED,
                seed: self.turn.0,
            }),
        };
        let notes = SceneNotes {
            mood: played.reply.mood,
            goals_met: played.reply.goals_met,
            ended: played.reply.ended,
            // How it comes is not known before it came.
            pace: vec![],
        };
        let words = library.words(&persona.sheet.language);
        let org_words = self.stage.policies.words(self.org);
        let words = match org_words.unsaid() {
            Some(unsaid) => Arc::new((*words).clone().with(unsaid.clone())),
            None => words,
        };
        let guard = Guard::new(canary, words);
        Some(Composed { ask, notes, guard })
    }
}

/// `provider`, or `provider/model`.
fn choice(name: &str) -> Choice {
    let (provider, model) = name.split_once('/').unwrap_or((name, ""));
    Choice {
        provider: provider.to_owned(),
        model: model.to_owned(),
    }
}
