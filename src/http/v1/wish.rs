//! From a request to a question: checked, moderated, and with the hub's own prompt around it.

use std::collections::BTreeMap;

use ludus_actors::llm::{Ask, Choice, Message, OFFLINE, Offline};
use ludus_domain::ids::{OrgId, Seq, TurnId, UserId};
use ludus_domain::persona::Persona;
use ludus_domain::persona::pace::Pace;
use ludus_domain::practice::{Library, Scenario};
use ludus_domain::prompt::{self, By, Canary, Guard, Line, Memory, Spec};
use ludus_domain::refusal::Refusal;
use ludus_domain::room::Why;
use ludus_domain::script::{self, Script, ScriptLine, Voice};
use ludus_domain::slug::{PersonaId, ScenarioId};
use ludus_domain::text::{self, shown};
use uuid::Uuid;

use super::fault::Fault;
use super::request::{Completion, Content, MessageBody, RoleBody, Stop};
use crate::http::problem::Problem;

/// A conversation that is longer was not had by people.
const MESSAGES_MAX: usize = 2_000;
/// Tokens of a prompt: what the room's own personas have.
const PROMPT_TOKENS: u32 = 6_000;
/// Tokens of an answer when nobody says, and the most that may be asked for.
const ANSWER_TOKENS: u32 = 400;
const ANSWER_TOKENS_MAX: i64 = 4_096;
const STOPS_MAX: usize = 4;
const STOP_CHARS_MAX: usize = 64;
/// Who says a line, for a model, where the client does not.
const SOMEBODY: &str = "Learner";
/// For whoever waits for the whole.
const AT_ONCE: Pace = Pace {
    think_ms: 0,
    char_ms: 0,
    breath_ms: 0,
};

/// What a client wants, checked.
#[derive(Debug)]
pub(super) struct Wish {
    /// As the client wrote it.
    pub(super) model: String,
    persona: PersonaId,
    scenario: Option<ScenarioId>,
    lines: Vec<Spoken>,
    pub(super) stream: bool,
    pub(super) includes_usage: bool,
    tokens_max: Option<u32>,
    temperature_milli: Option<u32>,
    stops: Vec<String>,
    seed: u64,
}

#[derive(Debug)]
struct Spoken {
    is_persona: bool,
    name: String,
    text: String,
}

impl Wish {
    pub(super) fn read(body: Completion, library: &Library) -> Result<Self, Fault> {
        refuse_what_cannot_be(&body)?;
        let (persona, scenario) = cast_of(&body.model, library).ok_or_else(Fault::no_such_model)?;
        let language = library
            .persona(&persona)
            .map_or("", |persona| persona.sheet.language.as_str());
        let words = library.words(language);
        if body.messages.is_empty() || body.messages.len() > MESSAGES_MAX {
            return Err(Fault::field("messages", "There are 1 to 2000 messages."));
        }
        let mut lines = vec![];
        for (at, message) in body.messages.iter().enumerate() {
            let Some(mut line) = spoken(message, at)? else {
                continue;
            };
            let passed = words.check(&line.text);
            // What it is said to have said itself is masked; what people say may also be refused.
            if passed.is_stopped && !line.is_persona {
                return Err(Fault::stopped(format!("messages[{at}].content")));
            }
            line.text = passed.text;
            if !line.text.trim().is_empty() {
                lines.push(line);
            }
        }
        let options = body.stream_options.unwrap_or_default();
        Ok(Self {
            persona,
            scenario,
            lines,
            stream: body.stream.unwrap_or(false),
            includes_usage: options.include_usage.unwrap_or(false),
            tokens_max: tokens_max(body.max_completion_tokens.or(body.max_tokens))?,
            temperature_milli: temperature(body.temperature)?,
            stops: stops(body.stop)?,
            seed: body.seed.unwrap_or(0).cast_unsigned(),
            model: body.model,
        })
    }

    /// The conversation as a room would have it in its journal.
    fn script(&self) -> Script {
        let mut turns = 0;
        let lines = self.lines.iter().zip(1_u64..).map(|(line, number)| {
            let by = if line.is_persona {
                turns += 1;
                Voice::Persona {
                    id: self.persona.clone(),
                    turn: TurnId(turns),
                    why: Why::Line,
                    of: None,
                }
            } else {
                Voice::Person(UserId::HUB)
            };
            ScriptLine {
                seq: Seq(number),
                by,
                name: line.name.clone(),
                text: line.text.clone(),
            }
        });
        Script::of(lines.collect())
    }

    fn next_turn(&self) -> TurnId {
        let spoken = self.lines.iter().filter(|line| line.is_persona).count();
        TurnId(spoken as u64 + 1)
    }
}

fn refuse_what_cannot_be(body: &Completion) -> Result<(), Fault> {
    let no = |param: &'static str, says: &'static str| Err(Fault::field(param, says));
    if body.n.is_some_and(|n| n != 1) {
        return no("n", "A persona gives one answer.");
    }
    if body.tools.as_ref().is_some_and(|tools| !tools.is_empty()) {
        return no("tools", "A persona has no tools.");
    }
    if body.functions.as_ref().is_some_and(|all| !all.is_empty()) {
        return no("functions", "A persona has no functions.");
    }
    if body.logprobs == Some(true) {
        return no("logprobs", "There are none.");
    }
    if body
        .response_format
        .as_ref()
        .is_some_and(|format| format.kind != "text")
    {
        return no("response_format", "A persona answers in text.");
    }
    Ok(())
}

/// Who is meant by `persona` or `persona/scenario`.
fn cast_of(model: &str, library: &Library) -> Option<(PersonaId, Option<ScenarioId>)> {
    let (persona, scenario) = match model.split_once('/') {
        Some((persona, scenario)) => (persona, Some(scenario)),
        None => (model, None),
    };
    let persona = library.persona(&persona.parse().ok()?)?.id.clone();
    let Some(scenario) = scenario else {
        return Some((persona, None));
    };
    let scenario = library.scenario(&scenario.parse().ok()?)?;
    let is_cast = scenario.script.personas.contains(&persona);
    is_cast.then(|| (persona, Some(scenario.id.clone())))
}

fn spoken(message: &MessageBody, at: usize) -> Result<Option<Spoken>, Fault> {
    let is_persona = match message.role {
        RoleBody::User => false,
        RoleBody::Assistant => true,
        RoleBody::System | RoleBody::Developer => return Ok(None),
        RoleBody::Tool | RoleBody::Function => {
            let param = format!("messages[{at}].role");
            return Err(Fault::field(param, "A persona has no tools."));
        }
    };
    let text = match &message.content {
        None => String::new(),
        Some(Content::Text(text)) => shown(text),
        Some(Content::Parts(parts)) => {
            let mut texts = vec![];
            for part in parts {
                let Some(text) = part.text.as_ref().filter(|_| part.kind == "text") else {
                    let param = format!("messages[{at}].content");
                    return Err(Fault::field(
                        param,
                        "A persona reads text and nothing else.",
                    ));
                };
                texts.push(shown(text));
            }
            texts.join("\n")
        }
    };
    let name = match message.name.as_deref() {
        None | Some("") => String::new(),
        Some(name) => text::name(name)
            .map_err(|why| Fault::field(format!("messages[{at}].name"), why.says()))?,
    };
    Ok(Some(Spoken {
        is_persona,
        name,
        text,
    }))
}

fn tokens_max(asked: Option<i64>) -> Result<Option<u32>, Fault> {
    match asked {
        None => Ok(None),
        Some(tokens) if (1..=ANSWER_TOKENS_MAX).contains(&tokens) => Ok(u32::try_from(tokens).ok()),
        Some(_) => Err(Fault::field(
            "max_tokens",
            "An answer has 1 to 4096 tokens.",
        )),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and 2000"
)]
fn temperature(asked: Option<f64>) -> Result<Option<u32>, Fault> {
    match asked {
        None => Ok(None),
        Some(degrees) if (0.0..=2.0).contains(&degrees) => {
            Ok(Some((degrees * 1_000.0).round() as u32))
        }
        Some(_) => Err(Fault::field("temperature", "It is between 0 and 2.")),
    }
}

fn stops(asked: Option<Stop>) -> Result<Vec<String>, Fault> {
    let stops = match asked {
        None => vec![],
        Some(Stop::One(stop)) => vec![stop],
        Some(Stop::Several(stops)) => stops,
    };
    let is_fine = |stop: &String| (1..=STOP_CHARS_MAX).contains(&stop.chars().count());
    if stops.len() > STOPS_MAX || !stops.iter().all(is_fine) {
        let says = "There are at most 4 stops, of 1 to 64 characters.";
        return Err(Fault::field("stop", says));
    }
    Ok(stops)
}

/// What is needed of the hub to make a question of a wish.
pub(super) struct Part<'a> {
    pub(super) library: &'a Library,
    pub(super) org: OrgId,
    pub(super) instructions: &'a str,
}

/// A question, and what looks after its answer.
pub(super) struct Asking {
    pub(super) ask: Ask,
    pub(super) guard: Guard,
    /// The offline engine's answer was too long for what the client takes.
    pub(super) is_cut: bool,
}

impl Part<'_> {
    pub(super) fn line(&self, wish: &Wish) -> Result<Asking, Fault> {
        let persona = self
            .library
            .persona(&wish.persona)
            .ok_or_else(Fault::no_such_model)?;
        let scenario = wish
            .scenario
            .as_ref()
            .and_then(|id| self.library.scenario(id));
        let script = wish.script();
        let (text, is_cut) = self.offline(wish, &script)?;
        let internal = || Fault::from(Problem::from(Refusal::Internal));
        let canary = Canary::new(&Uuid::now_v7().simple().to_string()).ok_or_else(internal)?;
        let model = &persona.sheet.model;
        let ask = Ask {
            org: self.org,
            room: None,
            learner: None,
            providers: choices(persona, wish),
            messages: self.messages(persona, scenario, &script, &canary),
            max_output_tokens: wish
                .tokens_max
                .or(model.tokens_max)
                .unwrap_or(ANSWER_TOKENS),
            temperature_milli: wish
                .temperature_milli
                .or(model.temperature_milli.map(u32::from)),
            stop: wish.stops.clone(),
            json_schema: None,
            offline: Some(Offline {
                text,
                pace: if wish.stream { Pace::TYPED } else { AT_ONCE },
                seed: wish.seed,
            }),
        };
        let guard = Guard::new(canary, self.library.words(&persona.sheet.language));
        Ok(Asking { ask, guard, is_cut })
    }

    fn messages(
        &self,
        persona: &Persona,
        scenario: Option<&Scenario>,
        script: &Script,
        canary: &Canary,
    ) -> Vec<Message> {
        let spec = Spec {
            persona,
            dials: persona.dials(scenario),
            canary,
            direction: "",
        };
        let mut transcript = script.for_model(&persona.id);
        for line in &mut transcript {
            if line.by == By::Person("") {
                line.by = By::Person(SOMEBODY);
            }
        }
        let messages = prompt::build(
            &spec,
            scenario,
            &transcript as &[Line<'_>],
            &Memory::default(),
            self.instructions,
            PROMPT_TOKENS,
        );
        messages.into_iter().map(Message::from).collect()
    }

    /// What the offline engine says, by playing the whole conversation: the same one, the same answer.
    fn offline(&self, wish: &Wish, script: &Script) -> Result<(String, bool), Fault> {
        let cast = self
            .library
            .cast(&wish.persona, wish.scenario.as_ref())
            .ok_or_else(Fault::no_such_model)?;
        let part = script::Part {
            cast,
            own: &wish.persona,
            turn: wish.next_turn(),
            why: Why::Line,
            seed: wish.seed,
        };
        let text = part.play(script, &BTreeMap::new()).reply.text;
        let stops = wish.stops.iter();
        let stop = stops.filter_map(|stop| text.find(stop.as_str())).min();
        let text = text.get(..stop.unwrap_or(text.len())).unwrap_or_default();
        Ok(cut(text, wish.tokens_max))
    }
}

/// Nobody has said a word yet: the opening is written, and no model makes a better one.
fn choices(persona: &Persona, wish: &Wish) -> Vec<Choice> {
    let choice = |name: &str| {
        let (provider, model) = name.split_once('/').unwrap_or((name, ""));
        Choice {
            provider: provider.to_owned(),
            model: model.to_owned(),
        }
    };
    if wish.lines.is_empty() {
        return vec![choice(OFFLINE)];
    }
    let prefer = &persona.sheet.model.prefer;
    prefer.iter().map(|name| choice(name)).collect()
}

/// As many words as have so many tokens, and whether that was not all.
fn cut(text: &str, tokens_max: Option<u32>) -> (String, bool) {
    let Some(most) = tokens_max else {
        return (text.to_owned(), false);
    };
    let mut kept = String::new();
    for word in text.split_inclusive(char::is_whitespace) {
        let before = kept.len();
        kept.push_str(word);
        if prompt::tokens(&kept) > most {
            kept.truncate(before);
            return (kept, true);
        }
    }
    (kept, false)
}
