//! Personas for other programs: `/v1/models` and `/v1/chat/completions`, as the OpenAI protocol has them.
//!
//! A persona is a model, and so is a persona in a scenario. A program brings a key
//! ([`crate::people::programs`]) and the conversation; the hub brings the prompt, in which nothing a
//! client calls `system` stands, moderation both ways, the org's budget, and the offline engine
//! where no model answers. Nothing of a conversation is stored.

mod fault;
pub(super) mod rehearse;
mod reply;
mod request;
mod wish;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use futures_util::future::LocalBoxFuture;
use ludus_domain::practice::Library;
use ludus_domain::refusal::Refusal;
use serde::Serialize;
use utoipa::ToSchema;

pub(super) use self::fault::Fault;
pub(crate) use self::fault::FaultBody;
use self::reply::{CompletionBody, Reply};
use self::request::Completion;
use self::wish::{Part, Wish};
use super::Services;
use super::auth::{bearer, services as services_of};
use super::body::LongBody;
use super::guard::too_much;
use super::problem::Problem;
use super::reply::{Answer, ok};
use crate::limits::Asked;
use crate::people::programs::Program;
use crate::store::api_keys::Scope;
use crate::ws::socket::Kill;

/// A persona as a model.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Model)]
pub(super) struct ModelBody {
    id: String,
    /// Always `model`.
    object: &'static str,
    /// Content has no date: always 0.
    created: i64,
    owned_by: &'static str,
    /// For people; not a part of the protocol.
    name: String,
    description: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Models)]
pub(super) struct ModelsBody {
    /// Always `list`.
    object: &'static str,
    data: Vec<ModelBody>,
}

/// A program that may talk to personas.
#[derive(Debug)]
pub(super) struct Talker(Program);

impl FromRequest for Talker {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let services = services_of(&request)?;
            let program = services.people.program(bearer(&request)?).await?;
            services
                .limits
                .check(Asked::RequestByKey(program.org(), program.key()))
                .map_err(too_much)?;
            if !program.may(Scope::Personas) {
                return Err(Refusal::Forbidden.into());
            }
            Ok(Self(program))
        })
    }
}

/// Every persona, and every persona in each scenario that casts it.
fn all(library: &Library) -> Vec<ModelBody> {
    let model = |id: String, name: String, description: &str| ModelBody {
        id,
        object: "model",
        created: 0,
        owned_by: "ludus",
        name,
        description: description.to_owned(),
    };
    let mut models: Vec<ModelBody> = library
        .personas()
        .map(|persona| {
            let sheet = &persona.sheet;
            model(persona.id.to_string(), sheet.name.clone(), &sheet.title)
        })
        .collect();
    for scenario in library.scenarios() {
        let script = &scenario.script;
        let cast = script.personas.iter().filter_map(|id| library.persona(id));
        models.extend(cast.map(|persona| {
            let id = format!("{}/{}", persona.id, scenario.id);
            let name = format!("{}: {}", persona.sheet.name, script.title);
            model(id, name, &script.summary)
        }));
    }
    models
}

/// The personas of this hub, as models.
#[utoipa::path(get, path = "/v1/models", tag = "programs", security(("api_key" = [])),
    responses((status = 200, description = "Personas", body = ModelsBody)))]
pub(super) async fn models(services: web::Data<Services>, talker: Talker) -> HttpResponse {
    ok(&ModelsBody {
        object: "list",
        data: all(&services.rulebook.library(talker.0.org())),
    })
}

/// One of them.
#[utoipa::path(get, path = "/v1/models/{model}", tag = "programs", security(("api_key" = [])),
    params(("model" = String, Path)),
    responses((status = 200, description = "A persona", body = ModelBody)))]
pub(super) async fn model(
    services: web::Data<Services>,
    talker: Talker,
    id: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    // Clients escape the slash of an id, and a path keeps it so.
    let id = id.replace("%2F", "/").replace("%2f", "/");
    let all = all(&services.rulebook.library(talker.0.org()));
    let found = all.into_iter().find(|model| model.id == id);
    found
        .map(|model| ok(&model))
        .ok_or_else(Fault::no_such_model)
}

/// Talk to a persona.
///
/// The messages are the conversation so far: `user` is whoever talks to it, `assistant` what it
/// said. What a client calls `system` or `developer` is left out: who a persona is stands in
/// content. Without a line of anybody it says its opening.
#[utoipa::path(post, path = "/v1/chat/completions", tag = "programs", security(("api_key" = [])),
    request_body = Completion,
    responses((status = 200, description = "What it says; with `stream`, as events", body = CompletionBody)))]
pub(super) async fn complete(
    request: HttpRequest,
    services: web::Data<Services>,
    talker: Talker,
    body: LongBody<Completion>,
) -> Result<HttpResponse, Fault> {
    let (org, key) = (talker.0.org(), talker.0.key());
    let stage = &services.stage;
    let library = services.rulebook.library(org);
    let wish = Wish::read(body.0, &library)?;
    let place = services
        .limits
        .program(org, key)
        .map_err(|_| Fault::busy())?;
    let instructions = stage.turns.instructions(org).await;
    let part = Part {
        library: &library,
        org,
        instructions: &instructions.unwrap_or_default(),
    };
    let line = part.line(&wish)?;
    let peer = request.conn_data::<Kill>().map(Kill::downgrade);
    let running = stage.llm.start(line.ask);
    let reply = Reply::new(running, line.guard, line.is_cut, peer, place);
    if wish.stream {
        reply.stream(wish.model, wish.includes_usage).await
    } else {
        reply.whole(wish.model).await
    }
}

/// Paths under `/v1` that nobody knows.
pub(super) async fn nowhere() -> Answer {
    Err(Problem::new(Refusal::NotFound, "there is no such path"))
}
