//! Every documented operation, for every role, in one's own org and from another: who gets what.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use ludus_actors::ports::Clock as _;
use ludus_domain::desk::alert::{Raise, Severity};
use ludus_domain::ids::UserId;
use ludus_domain::role::Role;
use serde_json::{Value, json};

use super::kit::{Hub, bearing};
use crate::people::console::Pass;
use crate::store::links::LinkKind;

/// What an operation answers.
struct Row {
    method: &'static str,
    path: &'static str,
    body: Value,
    /// A guest, then from spectator to owner.
    own: [u16; 6],
    /// To the owner of another org who names this org's things.
    other: u16,
    /// To somebody without a token.
    nobody: u16,
}

const ALL_200: [u16; 6] = [200; 6];
/// Coaches and above see it; to the others it does not exist.
const COACHES: [u16; 6] = [404, 404, 404, 200, 200, 200];

fn coaches_may(status: u16) -> [u16; 6] {
    [403, 403, 403, status, status, status]
}

/// Who made a contest and who runs the org may; this coach did not make it.
fn coaches_end(status: u16) -> [u16; 6] {
    [403, 403, 403, 403, status, status]
}

fn admins_may(status: u16) -> [u16; 6] {
    [403, 403, 403, 403, status, status]
}

fn rows() -> Vec<Row> {
    let row = |operation: &'static str, body: Value, own, other, nobody| {
        let (method, path) = operation.split_once(' ').unwrap();
        Row {
            method,
            path,
            body,
            own,
            other,
            nobody,
        }
    };
    let none = Value::Null;
    vec![
        row("get /healthz", none.clone(), ALL_200, 200, 200),
        row("get /readyz", none.clone(), ALL_200, 200, 200),
        row("get /api/v1/openapi.json", none.clone(), ALL_200, 200, 200),
        row("get /api/v1/asyncapi.json", none.clone(), ALL_200, 200, 200),
        row(
            "post /api/v1/auth/login",
            json!({"email": "a@b", "password": "nonsense"}),
            [401; 6],
            401,
            401,
        ),
        row(
            "post /api/v1/auth/appeal",
            json!({"email": "a@b", "password": "nonsense"}),
            [401; 6],
            401,
            401,
        ),
        row("post /api/v1/auth/refresh", json!({}), [401; 6], 401, 401),
        row("post /api/v1/auth/logout", json!({}), [204; 6], 204, 204),
        row(
            "post /api/v1/auth/logout-everywhere",
            none.clone(),
            [204; 6],
            204,
            401,
        ),
        row(
            "post /api/v1/auth/claim/inspect",
            json!({"code": "x"}),
            [410; 6],
            410,
            410,
        ),
        row(
            "post /api/v1/auth/claim",
            json!({"code": "x"}),
            [410; 6],
            410,
            410,
        ),
        row(
            "post /api/v1/auth/guest",
            json!({"code": "x", "name": "x"}),
            [403; 6],
            403,
            403,
        ),
        row("post /api/v1/ws-ticket", none.clone(), ALL_200, 200, 401),
        row("get /api/v1/me", none.clone(), ALL_200, 200, 401),
        row("put /api/v1/me", json!({"name": "New"}), ALL_200, 200, 401),
        row(
            "put /api/v1/me/password",
            json!({"current": "wrong one", "new": "a good long one"}),
            [401; 6],
            401,
            401,
        ),
        row("get /api/v1/orgs/current", none.clone(), ALL_200, 200, 401),
        row(
            "put /api/v1/orgs/current",
            json!({"name": "New"}),
            admins_may(200),
            200,
            401,
        ),
        row(
            "get /api/v1/orgs/current/policies",
            none.clone(),
            ALL_200,
            200,
            401,
        ),
        row(
            "put /api/v1/orgs/current/policies",
            json!({"drafts_to_coaches": true}),
            admins_may(200),
            200,
            401,
        ),
        row(
            "get /api/v1/orgs/current/policies/changes",
            none.clone(),
            admins_may(200),
            200,
            401,
        ),
        row(
            "get /api/v1/orgs/current/words",
            none.clone(),
            admins_may(200),
            200,
            401,
        ),
        row(
            "put /api/v1/orgs/current/words",
            json!({"words": [{"phrase": "fiddlesticks", "action": "flag"}]}),
            admins_may(200),
            200,
            401,
        ),
        row(
            "get /api/v1/orgs/current/words/changes",
            none.clone(),
            admins_may(200),
            200,
            401,
        ),
        row(
            "get /api/v1/moderation/cases",
            none.clone(),
            coaches_may(200),
            200,
            401,
        ),
        // Nobody has reported anything; who may see it is in the tests of moderation.
        row(
            "get /api/v1/moderation/cases/{id}",
            none.clone(),
            coaches_may(404),
            404,
            401,
        ),
        row(
            "post /api/v1/moderation/cases/{id}/acts",
            json!({"act": "uphold"}),
            coaches_may(404),
            404,
            401,
        ),
        row(
            "get /api/v1/moderation/acts",
            none.clone(),
            coaches_may(200),
            200,
            401,
        ),
        row(
            "post /api/v1/moderation/acts/{id}/undo",
            none.clone(),
            coaches_may(404),
            404,
            401,
        ),
        row(
            "post /api/v1/moderation/acts/{id}/answer",
            json!({"granted": true, "says": "So be it."}),
            coaches_may(404),
            404,
            401,
        ),
        row(
            "get /api/v1/moderation/appeals",
            none.clone(),
            coaches_may(200),
            200,
            401,
        ),
        row("get /api/v1/me/moderation", none.clone(), ALL_200, 200, 401),
        row(
            "post /api/v1/me/moderation/{id}/appeal",
            json!({"says": "It was a joke."}),
            [404; 6],
            404,
            401,
        ),
        row(
            "get /api/v1/users",
            none.clone(),
            coaches_may(200),
            200,
            401,
        ),
        row("get /api/v1/users/{id}", none.clone(), COACHES, 404, 401),
        row(
            "put /api/v1/users/{id}",
            json!({"name": "New"}),
            [404, 404, 404, 403, 200, 200],
            404,
            401,
        ),
        row(
            "get /api/v1/users/{id}/roles",
            none.clone(),
            COACHES,
            404,
            401,
        ),
        row(
            "put /api/v1/users/{id}/roles",
            json!({"role": "learner"}),
            admins_may(200),
            404,
            401,
        ),
        row(
            "put /api/v1/users/{id}/disabled",
            json!({"disabled": false}),
            admins_may(200),
            404,
            401,
        ),
        row(
            "post /api/v1/users/{id}/reset-link",
            none.clone(),
            admins_may(201),
            404,
            401,
        ),
        row(
            "get /api/v1/invitations",
            none.clone(),
            coaches_may(200),
            200,
            401,
        ),
        row(
            "post /api/v1/invitations",
            json!({"role": "learner"}),
            coaches_may(201),
            201,
            401,
        ),
        // The invitation is an admin's: a coach sees and withdraws only their own.
        row(
            "delete /api/v1/invitations/{id}",
            none.clone(),
            [403, 403, 403, 404, 204, 204],
            404,
            401,
        ),
        row("get /api/v1/rooms", none.clone(), ALL_200, 200, 401),
        row(
            "post /api/v1/rooms",
            json!({"title": "R", "kind": "lounge"}),
            coaches_may(201),
            201,
            401,
        ),
        row(
            "post /api/v1/rooms/by-code",
            json!({"code": "x"}),
            [403; 6],
            403,
            401,
        ),
        row("get /api/v1/rooms/{id}", none.clone(), COACHES, 404, 401),
        row(
            "get /api/v1/rooms/{id}/members",
            none.clone(),
            COACHES,
            404,
            401,
        ),
        row(
            "post /api/v1/rooms/{id}/moves",
            json!({"user": "{user}", "to": "00000000-0000-0000-0000-00000000002a"}),
            coaches_may(404),
            404,
            401,
        ),
        // Nobody is in it to be sent anywhere.
        row(
            "post /api/v1/rooms/{id}/breakouts",
            json!({"way": {"by": "teams"}}),
            coaches_may(422),
            404,
            401,
        ),
        row(
            "delete /api/v1/rooms/{id}/breakouts",
            none.clone(),
            coaches_may(200),
            404,
            401,
        ),
        row(
            "get /api/v1/rooms/{id}/history",
            none.clone(),
            COACHES,
            404,
            401,
        ),
        row(
            "get /api/v1/rooms/{id}/replay",
            none.clone(),
            COACHES,
            404,
            401,
        ),
        row(
            "get /api/v1/rooms/{id}/replay/outline",
            none.clone(),
            COACHES,
            404,
            401,
        ),
        row(
            "post /api/v1/rooms/{id}/replay/comments",
            json!({"seq": 1, "text": "Well begun."}),
            [404, 404, 404, 201, 201, 201],
            404,
            401,
        ),
        // Nobody wrote that one.
        row(
            "delete /api/v1/rooms/{id}/replay/comments/{comment}",
            none.clone(),
            [404; 6],
            404,
            401,
        ),
        row(
            "get /api/v1/rooms/{id}/search?q=x",
            none.clone(),
            COACHES,
            404,
            401,
        ),
        row(
            "put /api/v1/rooms/{id}/read",
            json!({"seq": 1}),
            [404, 404, 404, 204, 204, 204],
            404,
            401,
        ),
        row(
            "post /api/v1/training/sessions",
            json!({"title": "T"}),
            [403, 403, 201, 201, 201, 201],
            201,
            401,
        ),
        row(
            "get /api/v1/training/sessions/{id}",
            none.clone(),
            COACHES,
            404,
            401,
        ),
        row(
            "get /api/v1/training/sessions",
            none.clone(),
            ALL_200,
            200,
            401,
        ),
        row(
            "post /api/v1/training/sessions/{id}/end",
            none.clone(),
            [404, 404, 404, 204, 204, 204],
            404,
            401,
        ),
        // Nobody practised in it.
        row(
            "get /api/v1/training/sessions/{id}/report",
            none.clone(),
            [404; 6],
            404,
            401,
        ),
        row(
            "post /api/v1/training/sessions/{id}/report/overrides",
            json!({"of": "{user}", "criterion": "asks", "per_mille": 800, "reason": "Well asked."}),
            [404; 6],
            404,
            401,
        ),
        row(
            "get /api/v1/training/sessions/{id}/report.md",
            none.clone(),
            [404; 6],
            404,
            401,
        ),
        row(
            "get /api/v1/training/sessions/{id}/report.csv",
            none.clone(),
            [404; 6],
            404,
            401,
        ),
        row("get /api/v1/scenarios", none.clone(), ALL_200, 200, 401),
        // This content has none.
        row(
            "get /api/v1/scenarios/{id}",
            none.clone(),
            [404; 6],
            404,
            401,
        ),
        row("get /api/v1/personas", none.clone(), ALL_200, 200, 401),
        row(
            "get /api/v1/personas/{id}",
            none.clone(),
            [404; 6],
            404,
            401,
        ),
        row(
            "get /api/v1/personas/instructions",
            none.clone(),
            admins_may(200),
            200,
            401,
        ),
        row(
            "put /api/v1/personas/instructions",
            json!({"says": "Speak of our products by their names."}),
            admins_may(200),
            200,
            401,
        ),
        row("get /api/v1/me/skills", none.clone(), ALL_200, 200, 401),
        row("get /api/v1/me/memories", none.clone(), ALL_200, 200, 401),
        row(
            "put /api/v1/me/memories",
            json!({"off": true}),
            [204; 6],
            204,
            401,
        ),
        row(
            "delete /api/v1/me/memories/{persona}",
            none.clone(),
            [204; 6],
            204,
            401,
        ),
        row("get /api/v1/cohorts", none.clone(), ALL_200, 200, 401),
        row(
            "post /api/v1/cohorts",
            json!({"title": "C"}),
            coaches_may(201),
            201,
            401,
        ),
        row("get /api/v1/cohorts/{id}", none.clone(), COACHES, 404, 401),
        row(
            "put /api/v1/cohorts/{id}",
            json!({"title": "C"}),
            coaches_may(200),
            404,
            401,
        ),
        row(
            "get /api/v1/cohorts/{id}/assignments",
            none.clone(),
            coaches_may(200),
            404,
            401,
        ),
        row(
            "post /api/v1/cohorts/{id}/assignments",
            json!({"scenario": "interview-first-minutes"}),
            coaches_may(201),
            404,
            401,
        ),
        row(
            "get /api/v1/cohorts/{id}/assignments/{assignment}",
            none.clone(),
            coaches_may(404),
            404,
            401,
        ),
        row(
            "delete /api/v1/cohorts/{id}/assignments/{assignment}",
            none.clone(),
            coaches_may(404),
            404,
            401,
        ),
        row(
            "get /api/v1/me/assignments",
            none.clone(),
            ALL_200,
            200,
            401,
        ),
        row(
            "get /api/v1/cohorts/{id}/goals",
            none.clone(),
            coaches_may(200),
            404,
            401,
        ),
        row(
            "post /api/v1/cohorts/{id}/goals",
            json!({"aim": {"kind": "practices", "count": 3}}),
            coaches_may(201),
            404,
            401,
        ),
        row(
            "get /api/v1/cohorts/{id}/goals/{goal}",
            none.clone(),
            coaches_may(404),
            404,
            401,
        ),
        row(
            "delete /api/v1/cohorts/{id}/goals/{goal}",
            none.clone(),
            coaches_may(404),
            404,
            401,
        ),
        row("get /api/v1/me/goals", none.clone(), ALL_200, 200, 401),
        // The coach leads it; a learner in it sees its meetings, these are not.
        row(
            "get /api/v1/cohorts/{id}/meetings",
            none.clone(),
            COACHES,
            404,
            401,
        ),
        row(
            "get /api/v1/cohorts/{id}/meetings.ics",
            none.clone(),
            COACHES,
            404,
            401,
        ),
        row(
            "post /api/v1/cohorts/{id}/meetings",
            json!({"title": "Monday", "starts": "2027-01-04T10:00", "minutes": 60}),
            coaches_may(201),
            404,
            401,
        ),
        row(
            "delete /api/v1/cohorts/{id}/meetings/{meeting}",
            none.clone(),
            coaches_may(404),
            404,
            401,
        ),
        row(
            "get /api/v1/cohorts/{id}/roster.csv",
            none.clone(),
            [403, 403, 403, 200, 200, 200],
            404,
            401,
        ),
        // Taken for JSON, it is refused before anything else; who may is in the tests of enrolment.
        row(
            "post /api/v1/cohorts/{id}/roster",
            json!({}),
            [403, 403, 403, 415, 415, 415],
            415,
            401,
        ),
        row(
            "get /api/v1/cohorts/{id}/members",
            none.clone(),
            COACHES,
            404,
            401,
        ),
        row(
            "put /api/v1/cohorts/{id}/members/{user}",
            json!({"part": "learner"}),
            coaches_may(200),
            404,
            401,
        ),
        row(
            "delete /api/v1/cohorts/{id}/members/{user}",
            none.clone(),
            coaches_may(204),
            404,
            401,
        ),
        row(
            "get /api/v1/cohorts/{id}/alerts",
            none.clone(),
            coaches_may(200),
            404,
            401,
        ),
        row(
            "get /api/v1/cohorts/{id}/alerts/{alert}",
            none.clone(),
            coaches_may(200),
            404,
            401,
        ),
        row(
            "post /api/v1/cohorts/{id}/alerts/{alert}/acts",
            json!({"act": "acknowledge"}),
            coaches_may(200),
            404,
            401,
        ),
        row(
            "post /api/v1/cohorts/{id}/rooms/acts",
            json!({"act": "announce", "text": "Five minutes."}),
            coaches_may(200),
            404,
            401,
        ),
        row(
            "post /api/v1/cohorts/{id}/rooms/summary",
            json!({"model": true}),
            coaches_may(200),
            404,
            401,
        ),
        row(
            "get /api/v1/cohorts/{id}/report",
            none.clone(),
            coaches_may(200),
            404,
            401,
        ),
        row(
            "get /api/v1/cohorts/{id}/report.csv",
            none.clone(),
            coaches_may(200),
            404,
            401,
        ),
        row(
            "post /api/v1/cohorts/{id}/teams",
            json!({"title": "T"}),
            coaches_may(201),
            404,
            401,
        ),
        row(
            "get /api/v1/leagues",
            none.clone(),
            [403, 200, 200, 200, 200, 200],
            200,
            401,
        ),
        // To a guest the house has no boards.
        row("get /api/v1/boards", none.clone(), ALL_200, 200, 401),
        row(
            "get /api/v1/boards/{key}",
            none.clone(),
            [404, 200, 200, 200, 200, 200],
            200,
            401,
        ),
        row(
            "get /api/v1/boards/{key}/me",
            none.clone(),
            [404, 200, 200, 200, 200, 200],
            200,
            401,
        ),
        row(
            "get /api/v1/boards/{key}.csv",
            none.clone(),
            coaches_may(200),
            200,
            401,
        ),
        row(
            "get /api/v1/seasons",
            none.clone(),
            [403, 200, 200, 200, 200, 200],
            200,
            401,
        ),
        row(
            "get /api/v1/seasons/{number}/standings?metric=points:xp",
            none.clone(),
            [403, 200, 200, 200, 200, 200],
            200,
            401,
        ),
        row(
            "get /api/v1/seasons/{number}/standings.csv?metric=points:xp",
            none.clone(),
            coaches_may(200),
            200,
            401,
        ),
        row(
            "get /api/v1/leagues/{league}/weeks",
            none.clone(),
            [403, 200, 200, 200, 200, 200],
            200,
            401,
        ),
        // There was no such week.
        row(
            "get /api/v1/leagues/{league}/weeks/{monday}",
            none.clone(),
            [403, 404, 404, 404, 404, 404],
            404,
            401,
        ),
        row(
            "get /api/v1/leagues/{league}/weeks/{monday}.csv",
            none.clone(),
            coaches_may(404),
            404,
            401,
        ),
        row(
            "get /api/v1/boards/{key}/history",
            none.clone(),
            [404, 200, 200, 200, 200, 200],
            200,
            401,
        ),
        row(
            "post /api/v1/displays",
            json!({"board": "all-xp"}),
            coaches_may(201),
            201,
            401,
        ),
        row(
            "get /api/v1/displays",
            none.clone(),
            coaches_may(200),
            200,
            401,
        ),
        // Nobody but who made a grant and who runs the org knows of it.
        row(
            "delete /api/v1/displays/{id}",
            none.clone(),
            [403, 403, 403, 404, 204, 204],
            404,
            401,
        ),
        row(
            "post /api/v1/displays/ticket",
            json!({"code": "nonsense"}),
            [410; 6],
            410,
            410,
        ),
        row(
            "post /api/v1/displays/board",
            json!({"code": "nonsense"}),
            [410; 6],
            410,
            410,
        ),
        row(
            "get /api/v1/contest-plans",
            none.clone(),
            coaches_may(200),
            200,
            401,
        ),
        row(
            "get /api/v1/contests",
            none.clone(),
            [403, 200, 200, 200, 200, 200],
            200,
            401,
        ),
        row(
            "post /api/v1/contests",
            json!({"plan": "sprint"}),
            coaches_may(201),
            201,
            401,
        ),
        // It has no code.
        row(
            "post /api/v1/contests/by-code",
            json!({"code": "NOSUCHXX"}),
            [403; 6],
            403,
            401,
        ),
        row(
            "get /api/v1/contests/{id}",
            none.clone(),
            [404, 200, 200, 200, 200, 200],
            404,
            401,
        ),
        row(
            "post /api/v1/contests/{id}/enter",
            json!({}),
            [403, 403, 200, 403, 403, 403],
            404,
            401,
        ),
        row(
            "post /api/v1/contests/{id}/leave",
            none.clone(),
            [404, 200, 200, 200, 200, 200],
            404,
            401,
        ),
        row(
            "get /api/v1/contests/{id}/results",
            none.clone(),
            [404, 200, 200, 200, 200, 200],
            404,
            401,
        ),
        row(
            "get /api/v1/contests/{id}/teams",
            none.clone(),
            [404, 200, 200, 200, 200, 200],
            404,
            401,
        ),
        // The coach did not make it; it is over when the owner comes.
        row(
            "post /api/v1/contests/{id}/end",
            none.clone(),
            coaches_end(200),
            404,
            401,
        ),
        row(
            "post /api/v1/contests/{id}/cancel",
            none.clone(),
            coaches_end(409),
            404,
            401,
        ),
        row("get /api/v1/me/standing", none.clone(), ALL_200, 200, 401),
        row("get /api/v1/me/ledger", none.clone(), ALL_200, 200, 401),
        row(
            "put /api/v1/me/zone",
            json!({"zone": "Europe/Berlin"}),
            [204; 6],
            204,
            401,
        ),
        row("get /api/v1/me/boards", none.clone(), ALL_200, 200, 401),
        row(
            "put /api/v1/me/boards",
            json!({"hidden": true}),
            ALL_200,
            200,
            401,
        ),
        row(
            "get /api/v1/users/{id}/standing",
            none.clone(),
            COACHES,
            404,
            401,
        ),
        row(
            "get /api/v1/users/{id}/ledger",
            none.clone(),
            COACHES,
            404,
            401,
        ),
        row(
            "get /api/v1/users/{id}/notes",
            none.clone(),
            coaches_may(200),
            404,
            401,
        ),
        row(
            "post /api/v1/users/{id}/notes",
            json!({"text": "Asks well, listens late."}),
            coaches_may(201),
            404,
            401,
        ),
        // Nobody wrote that one.
        row(
            "delete /api/v1/users/{id}/notes/{note}",
            none.clone(),
            coaches_may(404),
            404,
            401,
        ),
        row(
            "post /api/v1/users/{id}/adjust",
            json!({"points": "xp", "by": 5, "says": "Well done"}),
            admins_may(204),
            404,
            401,
        ),
        row("get /api/v1/rules", none.clone(), ALL_200, 200, 401),
        row("get /api/v1/badges", none.clone(), ALL_200, 200, 401),
        // These badges have no picture.
        row(
            "get /api/v1/badges/{id}.svg",
            none.clone(),
            [404; 6],
            404,
            404,
        ),
        // A learner who shares nothing with somebody is told that there is nobody.
        row(
            "post /api/v1/kudos",
            json!({"to": "{user}"}),
            [403, 403, 404, 204, 204, 204],
            404,
            401,
        ),
        // The coach does not lead them.
        row(
            "post /api/v1/scores",
            json!({"scores": [{"metric": "sales", "user": "{user}", "op": "set", "value": 3}]}),
            [403, 403, 403, 404, 200, 200],
            404,
            401,
        ),
        row(
            "get /api/v1/suspicions",
            none.clone(),
            coaches_may(200),
            200,
            401,
        ),
        row(
            "get /api/v1/ledger.csv",
            none.clone(),
            coaches_may(200),
            200,
            401,
        ),
        row(
            "get /api/v1/content",
            none.clone(),
            admins_may(200),
            200,
            401,
        ),
        row(
            "post /api/v1/content/check",
            json!({"kind": "rules", "id": "extra", "body": "nonsense"}),
            admins_may(200),
            200,
            401,
        ),
        row(
            "post /api/v1/content/cards",
            json!({"spec": "chara_card_v2", "data": {"name": "Card"}}),
            admins_may(201),
            201,
            401,
        ),
        row(
            "post /api/v1/content/try",
            json!({"id": "extra", "body": "[[rule]]\nid = \"extra\"\nversion = 1\ntitle = \"Extra\"\non = \"kudos_given\"\npoints = 1\n"}),
            admins_may(200),
            200,
            401,
        ),
        // What it is to say is not written yet.
        row(
            "post /api/v1/content/talk",
            json!({"kind": "personas", "id": "extra", "body": "nonsense", "lines": []}),
            admins_may(422),
            422,
            401,
        ),
        row(
            "get /api/v1/content/{kind}",
            none.clone(),
            admins_may(200),
            200,
            401,
        ),
        row(
            "get /api/v1/content/{kind}/{id}",
            none.clone(),
            admins_may(404),
            404,
            401,
        ),
        row(
            "put /api/v1/content/{kind}/{id}",
            json!({"body": "[[rule]]\nid = \"extra\"\nversion = 1\ntitle = \"Extra\"\non = \"kudos_given\"\npoints = 1\n"}),
            admins_may(200),
            200,
            401,
        ),
        row(
            "get /api/v1/content/{kind}/{id}/history",
            none.clone(),
            admins_may(200),
            200,
            401,
        ),
        row(
            "get /api/v1/content/{kind}/{id}/history/{version}",
            none.clone(),
            admins_may(200),
            200,
            401,
        ),
        row(
            "put /api/v1/content/{kind}/{id}/draft",
            json!({"body": "half of a"}),
            admins_may(200),
            200,
            401,
        ),
        row(
            "delete /api/v1/content/{kind}/{id}/draft",
            none.clone(),
            [403, 403, 403, 403, 204, 404],
            204,
            401,
        ),
        row(
            "get /api/v1/pictures/{name}.svg",
            none.clone(),
            [404; 6],
            404,
            404,
        ),
        row("get /api/v1/nodes", none.clone(), admins_may(200), 200, 401),
        row(
            "get /api/v1/providers",
            none.clone(),
            admins_may(200),
            200,
            401,
        ),
        row("get /api/v1/audit", none.clone(), admins_may(200), 200, 401),
        row(
            "get /api/v1/api-keys",
            none.clone(),
            admins_may(200),
            200,
            401,
        ),
        row(
            "post /api/v1/api-keys",
            json!({"name": "K", "scopes": ["personas"]}),
            admins_may(201),
            201,
            401,
        ),
        row(
            "delete /api/v1/api-keys/{id}",
            none.clone(),
            admins_may(204),
            404,
            401,
        ),
        // People are no programs, whoever they are.
        row("get /v1/models", none.clone(), [401; 6], 401, 401),
        row("get /v1/models/{model}", none.clone(), [401; 6], 401, 401),
        row(
            "post /v1/chat/completions",
            json!({"model": "x", "messages": []}),
            [401; 6],
            401,
            401,
        ),
        row(
            "delete /api/v1/content/{kind}/{id}",
            none.clone(),
            [403, 403, 403, 403, 204, 404],
            204,
            401,
        ),
    ]
}

/// A contest that runs by the store's clock and by ours.
fn sprint() -> Value {
    use ludus_actors::ports::Clock as _;
    let now = crate::clock::WallClock.now().0;
    let apart = 200 * 3_600_000;
    json!({"plan": "sprint", "starts": now - apart, "ends": now + apart})
}

/// Something of our org to be named in a path.
async fn named(hub: &Hub, path: &str, things: &Things) -> String {
    let id = match path.split('/').nth(3).unwrap_or_default() {
        "users" => things.user.clone(),
        "rooms" | "training" => things.room.clone(),
        "cohorts" => things.cohort.clone(),
        "contests" => things.contest.clone(),
        "scenarios" | "personas" => "nobody".to_owned(),
        "displays" => things.display.clone(),
        "badges" => "liked".to_owned(),
        "content" => "extra".to_owned(),
        "api-keys" => things.key.clone(),
        "moderation" | "me" => uuid::Uuid::from_u128(42).to_string(),
        "invitations" => {
            let pass = Pass {
                org: hub.org,
                user: None,
                kind: LinkKind::Invitation,
                role: Role::Learner,
                email: None,
                name: None,
                room: None,
            };
            let made = hub.people.console().link(pass).await.unwrap();
            made.link.id.to_string()
        }
        _ => String::new(),
    };
    path.replace("{id}", &id)
        .replace("{user}", &things.user)
        .replace("{alert}", &things.alert)
        .replace("{note}", "00000000-0000-7000-8000-000000000001")
        .replace("{comment}", "00000000-0000-7000-8000-000000000001")
        .replace("{key}", "all-xp")
        .replace("{persona}", "nobody")
        .replace("{assignment}", "00000000-0000-0000-0000-00000000002a")
        .replace("{goal}", "00000000-0000-0000-0000-00000000002a")
        .replace("{meeting}", "00000000-0000-0000-0000-00000000002a")
        .replace("{kind}", "rules")
        .replace("{version}", "1")
        .replace("{name}", "nobody")
        .replace("{number}", "1")
        .replace("{league}", "weekly")
        .replace("{monday}", "2026-11-16")
}

/// An alert of a cohort.
async fn raised(hub: &Hub, cohort: &Value, learner: UserId) -> String {
    let raise = Raise {
        learner,
        room: None,
        signal: "silent".parse().unwrap(),
        severity: Severity::Info,
        cool_down_ms: 1,
    };
    let id = cohort["id"].as_str().unwrap().parse().unwrap();
    let (store, now) = (&hub.services.store, hub.clock.now());
    store.raise(hub.org, id, vec![raise], now).await.unwrap();
    let found = store.desk_alerts(hub.org, id, now).await.unwrap();
    found[0].id.to_string()
}

struct Things {
    user: String,
    room: String,
    cohort: String,
    alert: String,
    contest: String,
    key: String,
    display: String,
}

#[actix_web::test]
async fn who_gets_what() {
    let hub = Hub::start().await;
    let opener = hub.user(Role::Coach, "opener").await;
    let opener = hub.enter(&opener).await.access.token;
    let mut people = vec![("guest", hub.guest(&opener).await)];
    for role in Role::ALL {
        people.push((role.as_str(), hub.user(role, role.as_str()).await));
    }
    let elsewhere = hub.people.console().add_org("Theirs").await.unwrap().id;
    let stranger = hub.user_of(elsewhere, Role::Owner, "stranger").await;
    let coach = hub.enter(&people[3].1).await.access.token;
    let target = hub.user(Role::Learner, "target").await;
    let cohort = hub
        .post("/api/v1/cohorts", &coach, json!({"title": "C"}))
        .await
        .ok(201);
    let contest = hub
        .post("/api/v1/contests", &opener, sprint())
        .await
        .ok(201);
    let owner = hub.enter(&people[5].1).await.access.token;
    let new = json!({"name": "K", "scopes": ["personas"]});
    let key = hub.post("/api/v1/api-keys", &owner, new).await.ok(201);
    let display = hub
        .post("/api/v1/displays", &opener, json!({"board": "all-xp"}))
        .await
        .ok(201);
    let alert = raised(&hub, &cohort, target.id).await;
    let things = Things {
        alert,
        key: key["id"].as_str().unwrap().to_owned(),
        display: display["id"].as_str().unwrap().to_owned(),
        contest: contest["id"].as_str().unwrap().to_owned(),
        user: target.id.to_string(),
        room: hub.room(&coach, "invitation").await["id"]
            .as_str()
            .unwrap()
            .to_owned(),
        cohort: cohort["id"].as_str().unwrap().to_owned(),
    };

    let mut wrong = vec![];
    let mut covered = std::collections::BTreeSet::new();
    for row in rows() {
        let path = row.path.split('?').next().unwrap_or_default();
        covered.insert(format!("{path} {}", row.method));
        let mut tries = vec![(String::new(), "nobody", row.nobody)];
        // From the least: what a role may not do is not done when the next one tries.
        for ((who, user), expected) in people.iter().zip(row.own) {
            let token = hub.enter(user).await.access.token;
            tries.push((token, who, expected));
        }
        let token = hub.enter(&stranger).await.access.token;
        tries.insert(1, (token, "stranger", row.other));
        for (token, who, expected) in tries {
            let path = named(&hub, row.path, &things).await;
            let method = Method::from_bytes(row.method.to_uppercase().as_bytes()).unwrap();
            let mut request = TestRequest::default().method(method).uri(&path);
            if !row.body.is_null() {
                let body = row.body.to_string().replace("{user}", &things.user);
                let body: Value = serde_json::from_str(&body).unwrap();
                request = request.set_json(body);
            }
            let reply = hub.send(bearing(request, &token)).await;
            if reply.status.as_u16() != expected {
                wrong.push(format!(
                    "{} {}: {who} got {} {}, expected {expected}",
                    row.method,
                    row.path,
                    reply.status.as_u16(),
                    reply.code(),
                ));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());

    let document = crate::openapi::document();
    let mut documented = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            // Connections need a worker's edge; their own tests try them over real sockets.
            if operation["tags"][0] == "connections" {
                continue;
            }
            documented.insert(format!("{path} {method}"));
        }
    }
    assert_eq!(
        documented, covered,
        "every operation has a row, and every row an operation"
    );
}

/// What does not exist and what is somebody else's cannot be told apart.
#[actix_web::test]
async fn strangers_cannot_tell_what_exists() {
    let hub = Hub::start().await;
    let (coach, _) = hub.token(Role::Coach, "coach").await;
    let (_, target) = hub.token(Role::Learner, "target").await;
    let room = hub.room(&coach, "open").await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let cohort = hub
        .post("/api/v1/cohorts", &coach, json!({"title": "C"}))
        .await
        .ok(201)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let contest = hub
        .post("/api/v1/contests", &coach, json!({"plan": "sprint"}))
        .await
        .ok(201)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let elsewhere = hub.people.console().add_org("Theirs").await.unwrap().id;
    let stranger = hub.user_of(elsewhere, Role::Owner, "stranger").await;
    let token = hub.enter(&stranger).await.access.token;
    let nothing = uuid::Uuid::from_u128(42);
    for (path, theirs) in [
        ("/api/v1/rooms/{id}", room.clone()),
        ("/api/v1/rooms/{id}/history", room.clone()),
        ("/api/v1/rooms/{id}/replay", room.clone()),
        ("/api/v1/rooms/{id}/replay/outline", room.clone()),
        ("/api/v1/rooms/{id}/members", room),
        ("/api/v1/users/{id}", target.to_string()),
        ("/api/v1/users/{id}/roles", target.to_string()),
        ("/api/v1/users/{id}/standing", target.to_string()),
        ("/api/v1/users/{id}/ledger", target.to_string()),
        ("/api/v1/contests/{id}", contest.clone()),
        ("/api/v1/contests/{id}/results", contest),
        ("/api/v1/cohorts/{id}", cohort.clone()),
        ("/api/v1/cohorts/{id}/members", cohort),
    ] {
        let mut seen = vec![];
        for id in [theirs, nothing.to_string(), "not-an-id".to_owned()] {
            let mut reply = hub.get(&path.replace("{id}", &id), &token).await;
            reply.json["request_id"] = Value::Null;
            seen.push((reply.status, reply.json));
        }
        assert!(seen.iter().all(|one| *one == seen[0]), "{path}: {seen:?}");
        assert_eq!(seen[0].0, 404);
    }
}
