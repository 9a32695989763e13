//! Every route, in one list; and the same list for the documentation.

use actix_web::Resource;
use actix_web::web::{self, ServiceConfig, delete, get, post, put};
use utoipa::OpenApi;

use super::problem::Problem;
use super::reply::Answer;
use super::{
    alerts, archives, assignments, audit, boards, body, cohort_reports, cohorts, content, contests,
    displays, enrolment, entrance, game, gists, goals, house, invitations, keys, library, me,
    meetings, moderation, moves, nodes, notes, policies, progress, providers, replays, rooms,
    stream, training, users, v1, words,
};

/// A path, with what it answers to methods it does not have.
fn at(path: &'static str, allow: &'static str) -> Resource {
    web::resource(path).default_service(web::to(move || async move {
        Answer::Err(Problem::no_such_method(allow))
    }))
}

#[rustfmt::skip]
pub(super) fn mount(config: &mut ServiceConfig) {
    config
        .app_data(body::query_config())
        .app_data(body::path_config())
        .service(at("/healthz", "GET").route(get().to(house::health)))
        .service(at("/readyz", "GET").route(get().to(house::ready)))
        .service(at("/api/v1/openapi.json", "GET").route(get().to(house::openapi)))
        .service(at("/api/v1/asyncapi.json", "GET").route(get().to(house::asyncapi)))
        .service(at("/api/v1/auth/login", "POST").route(post().to(entrance::login)))
        .service(at("/api/v1/auth/appeal", "POST").route(post().to(entrance::appeal)))
        .service(at("/api/v1/auth/refresh", "POST").route(post().to(entrance::refresh)))
        .service(at("/api/v1/auth/logout", "POST").route(post().to(entrance::logout)))
        .service(at("/api/v1/auth/logout-everywhere", "POST").route(post().to(entrance::logout_everywhere)))
        .service(at("/api/v1/auth/claim/inspect", "POST").route(post().to(entrance::inspect)))
        .service(at("/api/v1/auth/claim", "POST").route(post().to(entrance::claim)))
        .service(at("/api/v1/auth/guest", "POST").route(post().to(entrance::guest)))
        .service(at("/api/v1/ws-ticket", "POST").route(post().to(me::ticket)))
        .service(at("/api/v1/me", "GET, PUT").route(get().to(me::get)).route(put().to(me::put)))
        .service(at("/api/v1/me/password", "PUT").route(put().to(me::put_password)))
        .service(at("/api/v1/orgs/current", "GET, PUT").route(get().to(me::org)).route(put().to(me::put_org)))
        .service(at("/api/v1/orgs/current/policies", "GET, PUT").route(get().to(policies::get)).route(put().to(policies::put)))
        .service(at("/api/v1/orgs/current/policies/changes", "GET").route(get().to(policies::changes)))
        .service(at("/api/v1/orgs/current/words", "GET, PUT").route(get().to(words::get)).route(put().to(words::put)))
        .service(at("/api/v1/orgs/current/words/changes", "GET").route(get().to(words::changes)))
        .service(at("/api/v1/moderation/cases", "GET").route(get().to(moderation::cases)))
        .service(at("/api/v1/moderation/cases/{id}", "GET").route(get().to(moderation::case)))
        .service(at("/api/v1/moderation/cases/{id}/acts", "POST").route(post().to(moderation::decide)))
        .service(at("/api/v1/moderation/acts", "GET").route(get().to(moderation::acts)))
        .service(at("/api/v1/moderation/acts/{id}/undo", "POST").route(post().to(moderation::undo)))
        .service(at("/api/v1/moderation/acts/{id}/answer", "POST").route(post().to(moderation::answer)))
        .service(at("/api/v1/moderation/appeals", "GET").route(get().to(moderation::appeals)))
        .service(at("/api/v1/me/moderation", "GET").route(get().to(moderation::own)))
        .service(at("/api/v1/me/moderation/{id}/appeal", "POST").route(post().to(moderation::appeal)))
        .service(at("/api/v1/users", "GET").route(get().to(users::list)))
        .service(at("/api/v1/users/{id}", "GET, PUT").route(get().to(users::get)).route(put().to(users::put)))
        .service(at("/api/v1/users/{id}/roles", "GET, PUT").route(get().to(users::roles)).route(put().to(users::put_roles)))
        .service(at("/api/v1/users/{id}/notes", "GET, POST").route(get().to(notes::list)).route(post().to(notes::create)))
        .service(at("/api/v1/users/{id}/notes/{note}", "DELETE").route(delete().to(notes::remove)))
        .service(at("/api/v1/users/{id}/disabled", "PUT").route(put().to(users::put_disabled)))
        .service(at("/api/v1/users/{id}/reset-link", "POST").route(post().to(users::reset_link)))
        .service(at("/api/v1/invitations", "GET, POST").route(get().to(invitations::list)).route(post().to(invitations::create)))
        .service(at("/api/v1/invitations/{id}", "DELETE").route(delete().to(invitations::withdraw)))
        .service(at("/api/v1/rooms", "GET, POST").route(get().to(rooms::list)).route(post().to(rooms::create)))
        .service(at("/api/v1/rooms/by-code", "POST").route(post().to(rooms::by_code)))
        .service(at("/api/v1/rooms/{id}", "GET").route(get().to(rooms::get)))
        .service(at("/api/v1/rooms/{id}/members", "GET").route(get().to(rooms::members)))
        .service(at("/api/v1/rooms/{id}/moves", "POST").route(post().to(moves::shift)))
        .service(at("/api/v1/rooms/{id}/breakouts", "POST, DELETE").route(post().to(moves::break_out)).route(delete().to(moves::end)))
        .service(at("/api/v1/rooms/{id}/history", "GET").route(get().to(rooms::history)))
        .service(at("/api/v1/rooms/{id}/search", "GET").route(get().to(rooms::search)))
        .service(at("/api/v1/rooms/{id}/replay", "GET").route(get().to(replays::moments)))
        .service(at("/api/v1/rooms/{id}/replay/outline", "GET").route(get().to(replays::outline)))
        .service(at("/api/v1/rooms/{id}/replay/comments", "POST").route(post().to(replays::comment)))
        .service(at("/api/v1/rooms/{id}/replay/comments/{comment}", "DELETE").route(delete().to(replays::uncomment)))
        .service(at("/api/v1/rooms/{id}/read", "PUT").route(put().to(rooms::put_read)))
        .service(at("/api/v1/training/sessions", "GET, POST").route(get().to(training::list)).route(post().to(training::create)))
        .service(at("/api/v1/training/sessions/{id}", "GET").route(get().to(training::get)))
        .service(at("/api/v1/training/sessions/{id}/end", "POST").route(post().to(training::end)))
        .service(at("/api/v1/training/sessions/{id}/report", "GET").route(get().to(training::report)))
        .service(at("/api/v1/training/sessions/{id}/report/overrides", "POST").route(post().to(training::judge)))
        .service(at("/api/v1/training/sessions/{id}/report.md", "GET").route(get().to(training::report_md)))
        .service(at("/api/v1/training/sessions/{id}/report.csv", "GET").route(get().to(training::report_csv)))
        .service(at("/api/v1/scenarios", "GET").route(get().to(library::scenarios)))
        .service(at("/api/v1/scenarios/{id}", "GET").route(get().to(library::scenario)))
        .service(at("/api/v1/personas", "GET").route(get().to(library::personas)))
        .service(at("/api/v1/personas/instructions", "GET, PUT").route(get().to(progress::instructions)).route(put().to(progress::put_instructions)))
        .service(at("/api/v1/personas/{id}", "GET").route(get().to(library::persona)))
        .service(at("/api/v1/me/skills", "GET").route(get().to(progress::skills)))
        .service(at("/api/v1/me/memories", "GET, PUT").route(get().to(progress::memories)).route(put().to(progress::put_memories)))
        .service(at("/api/v1/me/memories/{persona}", "DELETE").route(delete().to(progress::forget)))
        .service(at("/api/v1/cohorts", "GET, POST").route(get().to(cohorts::list)).route(post().to(cohorts::create)))
        .service(at("/api/v1/cohorts/{id}", "GET, PUT").route(get().to(cohorts::get)).route(put().to(cohorts::put)))
        .service(at("/api/v1/cohorts/{id}/assignments", "GET, POST").route(get().to(assignments::list)).route(post().to(assignments::create)))
        .service(at("/api/v1/cohorts/{id}/assignments/{assignment}", "GET, DELETE").route(get().to(assignments::get)).route(delete().to(assignments::withdraw)))
        .service(at("/api/v1/cohorts/{id}/meetings", "GET, POST").route(get().to(meetings::list)).route(post().to(meetings::create)))
        .service(at("/api/v1/cohorts/{id}/meetings.ics", "GET").route(get().to(meetings::calendar)))
        .service(at("/api/v1/cohorts/{id}/meetings/{meeting}", "DELETE").route(delete().to(meetings::cancel)))
        .service(at("/api/v1/cohorts/{id}/goals", "GET, POST").route(get().to(goals::list)).route(post().to(goals::create)))
        .service(at("/api/v1/cohorts/{id}/goals/{goal}", "GET, DELETE").route(get().to(goals::get)).route(delete().to(goals::withdraw)))
        .service(at("/api/v1/me/goals", "GET").route(get().to(goals::own)))
        .service(at("/api/v1/me/assignments", "GET").route(get().to(assignments::own)))
        .service(at("/api/v1/cohorts/{id}/roster", "POST").route(post().to(enrolment::enrol)))
        .service(at("/api/v1/cohorts/{id}/roster.csv", "GET").route(get().to(enrolment::list)))
        .service(at("/api/v1/cohorts/{id}/members", "GET").route(get().to(cohorts::members)))
        .service(at("/api/v1/cohorts/{id}/members/{user}", "PUT, DELETE").route(put().to(cohorts::put_member)).route(delete().to(cohorts::drop_member)))
        .service(at("/api/v1/cohorts/{id}/alerts", "GET").route(get().to(alerts::list)))
        .service(at("/api/v1/cohorts/{id}/alerts/{alert}", "GET").route(get().to(alerts::get)))
        .service(at("/api/v1/cohorts/{id}/alerts/{alert}/acts", "POST").route(post().to(alerts::act)))
        .service(at("/api/v1/cohorts/{id}/rooms/acts", "POST").route(post().to(cohorts::act_together)))
        .service(at("/api/v1/cohorts/{id}/rooms/summary", "POST").route(post().to(gists::sum_up)))
        .service(at("/api/v1/cohorts/{id}/report", "GET").route(get().to(cohort_reports::report)))
        .service(at("/api/v1/cohorts/{id}/report.csv", "GET").route(get().to(cohort_reports::report_csv)))
        .service(at("/api/v1/cohorts/{id}/teams", "POST").route(post().to(cohorts::add_team)))
        .service(at("/api/v1/me/standing", "GET").route(get().to(game::my_standing)))
        .service(at("/api/v1/me/ledger", "GET").route(get().to(game::my_ledger)))
        .service(at("/api/v1/me/zone", "PUT").route(put().to(game::put_zone)))
        .service(at("/api/v1/me/boards", "GET, PUT").route(get().to(game::my_boards)).route(put().to(game::put_boards)))
        .service(at("/api/v1/users/{id}/standing", "GET").route(get().to(game::standing)))
        .service(at("/api/v1/users/{id}/ledger", "GET").route(get().to(game::ledger)))
        .service(at("/api/v1/users/{id}/adjust", "POST").route(post().to(game::adjust)))
        .service(at("/api/v1/rules", "GET").route(get().to(game::rules)))
        .service(at("/api/v1/badges", "GET").route(get().to(game::badges)))
        .service(at("/api/v1/badges/{id}.svg", "GET").route(get().to(game::picture)))
        .service(at("/api/v1/kudos", "POST").route(post().to(game::kudos)))
        .service(at("/api/v1/scores", "POST").route(post().to(game::scores)))
        .service(at("/api/v1/suspicions", "GET").route(get().to(game::suspicions)))
        .service(at("/api/v1/ledger.csv", "GET").route(get().to(game::ledger_csv)))
        .service(at("/api/v1/leagues", "GET").route(get().to(boards::leagues)))
        .service(at("/api/v1/leagues/{league}/weeks", "GET").route(get().to(archives::weeks)))
        .service(at("/api/v1/leagues/{league}/weeks/{monday}.csv", "GET").route(get().to(archives::week_csv)))
        .service(at("/api/v1/leagues/{league}/weeks/{monday}", "GET").route(get().to(archives::week)))
        .service(at("/api/v1/seasons", "GET").route(get().to(archives::seasons)))
        .service(at("/api/v1/seasons/{number}/standings", "GET").route(get().to(archives::standings)))
        .service(at("/api/v1/seasons/{number}/standings.csv", "GET").route(get().to(archives::standings_csv)))
        .service(at("/api/v1/boards", "GET").route(get().to(boards::list)))
        .service(at("/api/v1/boards/{key}.csv", "GET").route(get().to(boards::csv)))
        .service(at("/api/v1/boards/{key}", "GET").route(get().to(boards::page)))
        .service(at("/api/v1/boards/{key}/me", "GET").route(get().to(boards::around_me)))
        .service(at("/api/v1/boards/{key}/history", "GET").route(get().to(boards::history)))
        .service(at("/api/v1/contest-plans", "GET").route(get().to(contests::plans)))
        .service(at("/api/v1/contests", "GET, POST").route(get().to(contests::list)).route(post().to(contests::create)))
        .service(at("/api/v1/contests/by-code", "POST").route(post().to(contests::by_code)))
        .service(at("/api/v1/contests/{id}", "GET").route(get().to(contests::get)))
        .service(at("/api/v1/contests/{id}/enter", "POST").route(post().to(contests::enter)))
        .service(at("/api/v1/contests/{id}/leave", "POST").route(post().to(contests::leave)))
        .service(at("/api/v1/contests/{id}/end", "POST").route(post().to(contests::end)))
        .service(at("/api/v1/contests/{id}/cancel", "POST").route(post().to(contests::cancel)))
        .service(at("/api/v1/contests/{id}/results", "GET").route(get().to(contests::results)))
        .service(at("/api/v1/contests/{id}/teams", "GET").route(get().to(contests::teams)))
        .service(at("/api/v1/displays", "GET, POST").route(get().to(displays::list)).route(post().to(displays::create)))
        .service(at("/api/v1/displays/ticket", "POST").route(post().to(displays::ticket)))
        .service(at("/api/v1/displays/board", "POST").route(post().to(displays::board)))
        .service(at("/api/v1/displays/{id}", "DELETE").route(delete().to(displays::revoke)))
        .service(at("/api/v1/content", "GET").route(get().to(content::list)))
        .service(at("/api/v1/content/check", "POST").route(post().to(content::check)))
        .service(at("/api/v1/content/cards", "POST").route(post().to(content::take_card)))
        .service(at("/api/v1/content/try", "POST").route(post().to(content::try_rule)))
        .service(at("/api/v1/content/talk", "POST").route(post().to(content::talk)))
        .service(at("/api/v1/content/{kind}", "GET").route(get().to(content::of_kind)))
        .service(at("/api/v1/content/{kind}/{id}", "GET, PUT, DELETE").route(get().to(content::get)).route(put().to(content::put)).route(delete().to(content::forget)))
        .service(at("/api/v1/content/{kind}/{id}/draft", "PUT, DELETE").route(put().to(content::put_draft)).route(delete().to(content::drop_draft)))
        .service(at("/api/v1/content/{kind}/{id}/history", "GET").route(get().to(content::history)))
        .service(at("/api/v1/content/{kind}/{id}/history/{version}", "GET").route(get().to(content::version)))
        .service(at("/api/v1/pictures/{name}.svg", "GET").route(get().to(content::picture)))
        .service(at("/api/v1/stream", "POST").route(post().to(stream::open)))
        .service(at("/api/v1/commands", "POST").route(post().to(stream::commands)))
        .service(at("/api/v1/nodes", "GET").route(get().to(nodes::list)))
        .service(at("/api/v1/providers", "GET").route(get().to(providers::list)))
        .service(at("/api/v1/audit", "GET").route(get().to(audit::list)))
        .service(at("/api/v1/api-keys", "GET, POST").route(get().to(keys::list)).route(post().to(keys::create)))
        .service(at("/api/v1/api-keys/{id}", "DELETE").route(delete().to(keys::revoke)))
        .service(at("/v1/models", "GET").route(get().to(v1::models)))
        .service(at("/v1/models/{model:.*}", "GET").route(get().to(v1::model)))
        .service(at("/v1/chat/completions", "POST").route(post().to(v1::complete)))
        .service(web::resource("/v1/{rest:.*}").to(v1::nowhere))
        .service(web::resource("/api/{rest:.*}").to(house::nowhere));
}

/// What the documentation is generated from. A test holds it against [`mount`].
#[derive(Debug, OpenApi)]
#[openapi(
    paths(
        house::health, house::ready, house::openapi, house::asyncapi,
        entrance::login, entrance::appeal, entrance::refresh, entrance::logout, entrance::logout_everywhere,
        entrance::inspect, entrance::claim, entrance::guest,
        me::ticket, me::get, me::put, me::put_password, me::org, me::put_org,
        policies::get, policies::put, policies::changes,
        words::get, words::put, words::changes,
        moderation::cases, moderation::case, moderation::decide, moderation::acts, moderation::undo,
        moderation::appeals, moderation::answer, moderation::own, moderation::appeal,
        users::list, users::get, users::put, users::roles, users::put_roles,
        users::put_disabled, users::reset_link,
        invitations::list, invitations::create, invitations::withdraw,
        rooms::list, rooms::create, rooms::by_code, rooms::get, rooms::members, rooms::history, rooms::search,
        rooms::put_read,
        replays::moments, replays::outline, replays::comment, replays::uncomment,
        moves::shift, moves::break_out, moves::end,
        training::create, training::list, training::get, training::end,
        training::report, training::judge, training::report_md, training::report_csv,
        library::scenarios, library::scenario, library::personas, library::persona,
        progress::skills, progress::memories, progress::put_memories, progress::forget,
        progress::instructions, progress::put_instructions,
        cohorts::list, cohorts::create, cohorts::get, cohorts::put, cohorts::members,
        cohorts::put_member, cohorts::drop_member, cohorts::act_together, cohorts::add_team,
        enrolment::enrol, enrolment::list,
        assignments::list, assignments::create, assignments::get, assignments::withdraw, assignments::own,
        goals::list, goals::create, goals::get, goals::withdraw, goals::own,
        meetings::list, meetings::create, meetings::cancel, meetings::calendar,
        alerts::list, alerts::get, alerts::act,
        gists::sum_up, cohort_reports::report, cohort_reports::report_csv,
        notes::list, notes::create, notes::remove,
        game::my_standing, game::my_ledger, game::put_zone, game::my_boards, game::put_boards,
        game::standing, game::ledger, game::adjust, game::rules, game::badges, game::picture,
        game::kudos, game::scores, game::suspicions, game::ledger_csv,
        boards::leagues, boards::list, boards::page, boards::around_me, boards::history, boards::csv,
        archives::seasons, archives::standings, archives::standings_csv, archives::weeks, archives::week, archives::week_csv,
        contests::plans, contests::list, contests::create, contests::by_code, contests::get, contests::enter,
        contests::leave, contests::end, contests::cancel, contests::results, contests::teams,
        displays::create, displays::list, displays::revoke, displays::ticket, displays::board,
        content::list, content::check, content::take_card, content::try_rule, content::talk, content::of_kind, content::get, content::put, content::forget,
        content::put_draft, content::drop_draft, content::history, content::version, content::picture,
        stream::open, stream::commands,
        keys::create, keys::list, keys::revoke, nodes::list, providers::list, audit::list,
        v1::models, v1::model, v1::complete,
    ),
    components(schemas(super::problem::ProblemBody<'static>, v1::FaultBody<'static>)),
    tags(
        (name = "auth", description = "Coming in, staying in, going out"),
        (name = "me", description = "Oneself"),
        (name = "orgs", description = "The org one is in"),
        (name = "users", description = "The people of the org"),
        (name = "invitations", description = "One-time links into the org"),
        (name = "rooms", description = "Opening, finding and reading rooms; what happens in them goes over a connection"),
        (name = "connections", description = "For networks that break WebSockets: events down, commands up"),
        (name = "training", description = "Practice: what, with whom, and what came of it"),
        (name = "cohorts", description = "Learners who learn together"),
        (name = "moderation", description = "Lines that should not stand, what is done about them, and appeals"),
        (name = "game", description = "Points, badges and streaks: what one has, why, and the rules"),
        (name = "boards", description = "Who stands where, read once; watching goes over a connection"),
        (name = "contests", description = "Contests: holding one, taking part, how it went"),
        (name = "programs", description = "Keys for programs, and personas for clients of the OpenAI protocol"),
        (name = "displays", description = "Screens of a hall, each granted one board"),
        (name = "house", description = "Whether the hub is well, and what it speaks"),
    )
)]
pub(crate) struct Api;
