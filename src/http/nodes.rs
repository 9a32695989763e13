//! The nodes of the hub: which there are, what they carry, and how well they hear of each other.

use actix_web::web;
use ludus_domain::ids::NodeId;
use ludus_domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::Services;
use super::reply::{Answer, ok};
use crate::people::Admin;
use crate::store::nodes::NodeSeen;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Node)]
pub(super) struct NodeBody {
    id: NodeId,
    /// Whether it is the one that answers.
    answers: bool,
    version: String,
    started_at: Timestamp,
    /// When the store heard of it last.
    seen_at: Timestamp,
    /// Whether that was lately. One that is stopped in good order is not listed.
    running: bool,
    /// How far its clock is ahead of the store's. Keep nodes within ten seconds of each other.
    clock_ahead_ms: i64,
    /// Whether news of other nodes come to it over Redis: `up`, `down`, or `none` where there is none.
    bus: String,
    sockets: u32,
    rooms: u32,
    boards: u32,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Nodes)]
pub(super) struct NodesBody {
    nodes: Vec<NodeBody>,
}

/// Every node that was heard of within the last hour, the youngest first.
#[utoipa::path(get, path = "/api/v1/nodes", tag = "house",
    responses((status = 200, description = "Nodes", body = NodesBody)))]
pub(super) async fn list(services: web::Data<Services>, admin: Admin) -> Answer {
    let own = services.directory.node();
    let node = |seen: NodeSeen| NodeBody {
        id: seen.id,
        answers: seen.id == own,
        version: seen.version,
        started_at: seen.started_at,
        seen_at: seen.seen_at,
        running: seen.is_running,
        clock_ahead_ms: seen.clock_ahead_ms,
        bus: seen.bus,
        sockets: seen.sockets,
        rooms: seen.rooms,
        boards: seen.boards,
    };
    let nodes = admin.nodes().await?.into_iter().map(node).collect();
    Ok(ok(&NodesBody { nodes }))
}
