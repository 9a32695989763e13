//! Whether the hub is well, and what it speaks.

use std::sync::LazyLock;
use std::sync::atomic::Ordering;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use ludus_actors::bus::Standing;
use ludus_domain::refusal::Refusal;

use super::Services;
use super::problem::Problem;
use super::reply::{Answer, polled};

static OPENAPI: LazyLock<serde_json::Value> = LazyLock::new(crate::openapi::document);
static ASYNCAPI: LazyLock<serde_json::Value> = LazyLock::new(crate::asyncapi::document);

/// The process answers. Whoever restarts it asks this.
#[utoipa::path(get, path = "/healthz", tag = "house", security(()),
    responses((status = 200, description = "Alive", content_type = "text/plain", body = String)))]
pub(super) async fn health() -> HttpResponse {
    plain("ok\n")
}

/// The hub would serve: it is not stopping, and its store answers. Whoever sends it people asks this.
#[utoipa::path(get, path = "/readyz", tag = "house", security(()),
    responses((status = 200, description = "Ready", content_type = "text/plain", body = String)))]
pub(super) async fn ready(services: web::Data<Services>) -> Answer {
    if services.draining.load(Ordering::Relaxed) {
        return Err(Problem::new(Refusal::Unavailable, "this node is stopping"));
    }
    if services.store.ping().await.is_err() {
        return Err(Problem::new(
            Refusal::Unavailable,
            "the store does not answer",
        ));
    }
    // Without news from other nodes it serves all the same: the store has everything.
    Ok(plain(match services.directory.bus_standing() {
        Standing::None => "ready\n",
        Standing::Up => "ready\nbus up\n",
        Standing::Down => "ready\nbus down\n",
    }))
}

fn plain(text: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(text)
}

/// This interface, as OpenAPI 3.1.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "house", security(()),
    responses((status = 200, description = "OpenAPI", body = serde_json::Value),
        (status = 304, description = "As the client has it")))]
pub(super) async fn openapi(request: HttpRequest) -> Answer {
    polled(&request, &*OPENAPI)
}

/// The socket's interface, as AsyncAPI 3.0.
#[utoipa::path(get, path = "/api/v1/asyncapi.json", tag = "house", security(()),
    responses((status = 200, description = "AsyncAPI", body = serde_json::Value),
        (status = 304, description = "As the client has it")))]
pub(super) async fn asyncapi(request: HttpRequest) -> Answer {
    polled(&request, &*ASYNCAPI)
}

/// Paths under `/api` that nobody knows.
pub(super) async fn nowhere() -> Answer {
    Err(Problem::new(Refusal::NotFound, "there is no such path"))
}
