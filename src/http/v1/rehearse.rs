//! What a persona says that is being written: a conversation without a room, a journal or points.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use ludus_actors::llm::{Choice, OFFLINE};
use ludus_domain::ids::{ApiKeyId, OrgId, UserId};
use ludus_domain::practice::Library;
use ludus_domain::refusal::Refusal;

use super::fault::Fault;
use super::reply::Reply;
use super::request::Completion;
use super::wish::{Part, Wish};
use crate::http::Services;
use crate::http::problem::Problem;
use crate::ws::socket::Kill;

/// Who is asked, in what, and what was said so far.
pub(in crate::http) struct Rehearsal<'a> {
    pub(in crate::http) org: OrgId,
    /// Who asks: they have as many answers running at a time as a key.
    pub(in crate::http) user: UserId,
    pub(in crate::http) library: &'a Library,
    pub(in crate::http) completion: Completion,
    /// By the hub's own engine, whatever models there are.
    pub(in crate::http) is_offline: bool,
}

/// What was said, and by whom: `offline`, or a provider and its model.
pub(in crate::http) struct Said {
    pub(in crate::http) text: String,
    pub(in crate::http) engine: String,
}

/// The next line of a persona.
pub(in crate::http) async fn rehearse(
    services: &Services,
    request: &HttpRequest,
    rehearsal: Rehearsal<'_>,
) -> Result<Said, Problem> {
    let Rehearsal {
        org,
        user,
        library,
        completion,
        is_offline,
    } = rehearsal;
    let stage = &services.stage;
    let wish = Wish::read(completion, library).map_err(problem)?;
    let place = services.limits.program(org, ApiKeyId(user.0));
    let place = place.map_err(|_| Refusal::RateLimited)?;
    let instructions = stage.turns.instructions(org).await;
    let part = Part {
        library,
        org,
        instructions: &instructions.unwrap_or_default(),
    };
    let mut line = part.line(&wish).map_err(problem)?;
    if is_offline {
        line.ask.providers = vec![Choice {
            provider: OFFLINE.to_owned(),
            model: String::new(),
        }];
    }
    let peer = request.conn_data::<Kill>().map(Kill::downgrade);
    let running = stage.llm.start(line.ask);
    let mut reply = Reply::new(running, line.guard, line.is_cut, peer, place);
    let gathered = reply.gathered().await.map_err(problem)?;
    let (text, ..) = gathered.ok_or(Refusal::Malformed)?;
    Ok(Said {
        text,
        engine: reply.into_engine(),
    })
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err gives")]
fn problem(fault: Fault) -> Problem {
    use actix_web::ResponseError as _;
    let refusal = match fault.status_code() {
        StatusCode::NOT_FOUND => Refusal::NotFound,
        StatusCode::TOO_MANY_REQUESTS => Refusal::RateLimited,
        status if status.is_server_error() => Refusal::Unavailable,
        _ => Refusal::FieldInvalid,
    };
    Problem::new(refusal, fault.message())
}
