//! One's standing, its ledger, and the rules it comes from.

mod acts;
mod export;

use actix_web::{HttpRequest, HttpResponse, web};
use ludus_domain::game::calendar::Day;
use ludus_domain::game::rules::Per;
use ludus_domain::game::total::Metric;
use ludus_domain::ids::{OrgId, RoomId, Seq, UserId};
use ludus_domain::refusal::Refusal;
use ludus_domain::slug::{BadgeId, PointKind};
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

pub(super) use self::acts::*;
pub(super) use self::export::*;
use super::Services;
use super::page::{List, Page, Place, limit};
use super::problem::Problem;
use super::reply::{Answer, ok, polled};
use crate::game::rulebook::Rulebook;
use crate::people::Caller;
use crate::store::game::ledger::{Line, LinePlace, Profile};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LedgerQuery {
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    cursor: Option<String>,
}

/// How much somebody has of a kind of points.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Points)]
pub(super) struct PointsBody {
    kind: PointKind,
    points: i64,
    /// What of it was gained on the org's day.
    today: i64,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Level)]
pub(super) struct LevelBody {
    level: u32,
    kind: PointKind,
    /// The points this level began at.
    from: i64,
    /// The points the next one begins at; absent at the top.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Streak)]
pub(super) struct StreakBody {
    /// Days in a row so far; 0 when the streak has ended.
    days: u32,
    /// Whether this day counts already.
    today: bool,
    best: u32,
    freezes: u32,
    /// How many of them practising on this day would use.
    frozen: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    repair: Option<RepairBody>,
}

/// How a broken streak can be brought back today.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Repair)]
pub(super) struct RepairBody {
    /// Counted deeds still to do.
    deeds: u32,
    /// The days it then has.
    days: u32,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Quest)]
pub(super) struct QuestBody {
    id: String,
    title: String,
    /// `day` or `week`.
    per: Per,
    /// The first day of its period.
    since: Day,
    done: u32,
    times: u32,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BadgeProgress)]
pub(super) struct BadgeBody {
    id: BadgeId,
    title: String,
    says: String,
    /// 0 before the first, then 1 bronze, 2 silver, 3 gold, 4 platinum.
    level: u8,
    have: u32,
    /// What the next level needs; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u32>,
    /// Where its picture is; absent when it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<String>,
    /// When the level was earned.
    #[serde(skip_serializing_if = "Option::is_none")]
    earned_at: Option<Timestamp>,
}

/// Everything somebody has reached.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Standing)]
pub(super) struct StandingBody {
    user: UserId,
    /// The position of the account: how many deeds were taken in.
    pos: u64,
    /// The zone whose midnight their days begin at.
    zone: String,
    /// Their own day.
    day: Day,
    #[serde(skip_serializing_if = "Option::is_none")]
    season: Option<u32>,
    points: Vec<PointsBody>,
    level: LevelBody,
    streak: StreakBody,
    quests: Vec<QuestBody>,
    badges: Vec<BadgeBody>,
}

impl StandingBody {
    fn of(profile: Profile, (book, org): (&Rulebook, OrgId)) -> Self {
        let Profile {
            now,
            game,
            rules,
            account,
            grants,
            today,
        } = profile;
        let set = rules.set();
        let day = account.day_at(now, &game.zone);
        let points = today
            .into_iter()
            .filter_map(|(metric, today)| match metric {
                Metric::Points(kind) => Some(PointsBody {
                    points: account.points(&kind),
                    today,
                    kind,
                }),
                _ => None,
            });
        let (level, streak) = (account.level(), account.streak_on(set, day));
        let quests = account
            .quests_on(set, day)
            .into_iter()
            .map(|view| QuestBody {
                title: rules
                    .quest(&view.quest)
                    .map_or_else(String::new, |quest| quest.title.clone()),
                id: view.quest.to_string(),
                per: view.per,
                since: view.since,
                done: view.done,
                times: view.times,
            });
        let badges = account.badge_progress(&rules).into_iter().map(|view| {
            let badge = rules.badge(&view.badge);
            let text = |of: fn(&ludus_domain::game::rules::Badge) -> &String| {
                badge.map_or_else(String::new, |badge| of(badge).clone())
            };
            BadgeBody {
                title: text(|badge| &badge.title),
                says: text(|badge| &badge.says),
                picture: badge.and_then(|badge| book.picture_path(org, badge)),
                earned_at: grants.get(&(view.badge.to_string(), view.level)).copied(),
                id: view.badge,
                level: view.level,
                have: view.have,
                next: view.next,
            }
        });
        Self {
            user: account.user(),
            pos: account.pos(),
            zone: account.zone().unwrap_or(&game.zone).name().to_owned(),
            day,
            season: game.season,
            points: points.collect(),
            level: LevelBody {
                level,
                kind: set.levels.kind.clone(),
                from: set.levels.needs(level),
                next: (level < set.levels.max).then(|| set.levels.needs(level.saturating_add(1))),
            },
            streak: StreakBody {
                days: streak.days,
                today: streak.today,
                best: streak.best,
                freezes: streak.freezes,
                frozen: streak.frozen,
                repair: streak
                    .repair
                    .map(|(deeds, days)| RepairBody { deeds, days }),
            },
            quests: quests.collect(),
            badges: badges.collect(),
        }
    }
}

/// A line of the ledger.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LedgerLine)]
pub(super) struct LineBody {
    at: Timestamp,
    points: i64,
    kind: PointKind,
    /// Why, in the words the rule had then; absent for what was adjusted by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    says: Option<String>,
    rule: String,
    version: u32,
    /// What was paid for: an event of a room or of an inbox.
    source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<RoomId>,
    seq: Seq,
    /// 0 when it was paid live, counted up by each correction.
    run: u32,
}

impl LineBody {
    fn of(line: Line) -> Result<Self, Problem> {
        let stream: StreamId = line.stream.parse().map_err(|_| Refusal::Internal)?;
        Ok(Self {
            at: line.at,
            points: line.points,
            kind: line.kind.parse().map_err(|_| Refusal::Internal)?,
            says: line.says,
            rule: line.rule,
            version: line.version,
            source: format!("{stream}/{}/{}", line.seq, line.part),
            room: match stream {
                StreamId::Room(room) => Some(room),
                StreamId::Inbox(_) | StreamId::Cohort(_) => None,
            },
            seq: line.seq,
            run: line.run,
        })
    }
}

/// A rule, as people read it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RuleSummary)]
pub(super) struct RuleBody {
    id: String,
    version: u32,
    title: String,
    on: String,
    points: i64,
    kind: PointKind,
}

/// The rules in force.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Rules)]
pub(super) struct RulesBody {
    /// What each entry of an account names.
    hash: String,
    rules: Vec<RuleBody>,
}

/// A badge there is to earn. Secret ones are not told of before they are earned.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Badge)]
pub(super) struct BadgeToEarnBody {
    id: BadgeId,
    title: String,
    says: String,
    levels: Vec<u32>,
    /// Where its picture is; absent when it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<String>,
}

/// One's own points, level, streak, quests and badges.
#[utoipa::path(get, path = "/api/v1/me/standing", tag = "game",
    responses((status = 200, description = "One's standing", body = StandingBody),
        (status = 304, description = "As the client has it")))]
pub(super) async fn my_standing(
    request: HttpRequest,
    services: web::Data<Services>,
    caller: Caller,
) -> Answer {
    let of = (&services.rulebook, caller.identity().org);
    polled(&request, &StandingBody::of(caller.standing().await?, of))
}

/// What somebody has reached, for coaches; and for oneself.
#[utoipa::path(get, path = "/api/v1/users/{id}/standing", tag = "game", params(("id" = UserId, Path)),
    responses((status = 200, description = "Their standing", body = StandingBody)))]
pub(super) async fn standing(
    services: web::Data<Services>,
    caller: Caller,
    id: web::Path<UserId>,
) -> Answer {
    let org = caller.identity().org;
    let profile = if *id == caller.identity().user {
        caller.standing().await?
    } else {
        // Who may not see people is told that there is nobody.
        let coach = caller.coach().map_err(|_| Refusal::NotFound)?;
        coach.standing_of(*id).await?
    };
    Ok(ok(&StandingBody::of(profile, (&services.rulebook, org))))
}

/// Every point one was ever paid, newest first: why, for what, by which version of which rule.
#[utoipa::path(get, path = "/api/v1/me/ledger", tag = "game", params(LedgerQuery),
    responses((status = 200, description = "Lines", body = Page<LineBody>)))]
pub(super) async fn my_ledger(
    services: web::Data<Services>,
    caller: Caller,
    query: web::Query<LedgerQuery>,
) -> Answer {
    let user = caller.identity().user;
    page_of(&services, caller, user, &query).await
}

/// Every point somebody was ever paid, for coaches; and for oneself.
#[utoipa::path(get, path = "/api/v1/users/{id}/ledger", tag = "game",
    params(("id" = UserId, Path), LedgerQuery),
    responses((status = 200, description = "Lines", body = Page<LineBody>)))]
pub(super) async fn ledger(
    services: web::Data<Services>,
    caller: Caller,
    id: web::Path<UserId>,
    query: web::Query<LedgerQuery>,
) -> Answer {
    page_of(&services, caller, *id, &query).await
}

async fn page_of(services: &Services, caller: Caller, user: UserId, query: &LedgerQuery) -> Answer {
    let limit = limit(query.limit)?;
    let place = Place {
        list: List::Ledger,
        org: caller.identity().org,
        of: Some(user.0),
    };
    let before: Option<LinePlace> = place.open(services, query.cursor.as_deref())?;
    let more = u64::from(limit) + 1;
    let found = if user == caller.identity().user {
        caller.ledger(before, more).await?
    } else {
        let coach = caller.coach().map_err(|_| Refusal::NotFound)?;
        coach.ledger_of(user, before, more).await?
    };
    let page = place.page(services, found, limit, |line| line.place, LineBody::of);
    let items: Result<Vec<_>, _> = page.items.into_iter().collect();
    Ok(ok(&Page {
        items: items?,
        next: page.next,
    }))
}

/// What pays, and how much.
#[utoipa::path(get, path = "/api/v1/rules", tag = "game",
    responses((status = 200, description = "The rules in force", body = RulesBody),
        (status = 304, description = "As the client has it")))]
pub(super) async fn rules(request: HttpRequest, caller: Caller) -> Answer {
    let rules = caller.rules().await?;
    let body = RulesBody {
        hash: rules.hash().to_owned(),
        rules: rules
            .set()
            .rules
            .iter()
            .map(|rule| RuleBody {
                id: rule.id.to_string(),
                version: rule.version,
                title: rule.title.clone(),
                on: rule.on.as_str().to_owned(),
                points: rule.points,
                kind: rule.kind.clone(),
            })
            .collect(),
    };
    polled(&request, &body)
}

/// The badges there are to earn, and the secret ones one has.
#[utoipa::path(get, path = "/api/v1/badges", tag = "game",
    responses((status = 200, description = "Badges", body = Vec<BadgeToEarnBody>),
        (status = 304, description = "As the client has it")))]
pub(super) async fn badges(
    request: HttpRequest,
    services: web::Data<Services>,
    caller: Caller,
) -> Answer {
    let org = caller.identity().org;
    let profile = caller.standing().await?;
    let shown: Vec<BadgeToEarnBody> = profile
        .account
        .badge_progress(&profile.rules)
        .into_iter()
        .filter_map(|view| {
            let badge = profile.rules.badge(&view.badge)?;
            Some(BadgeToEarnBody {
                id: badge.id.clone(),
                title: badge.title.clone(),
                says: badge.says.clone(),
                levels: badge.levels.clone(),
                picture: services.rulebook.picture_path(org, badge),
            })
        })
        .collect();
    polled(&request, &shown)
}

/// The picture of a badge. Not of anybody, so that a page can show it like every picture.
#[utoipa::path(get, path = "/api/v1/badges/{id}.svg", tag = "game", security(()),
    params(("id" = BadgeId, Path)),
    responses((status = 200, description = "An SVG picture", content_type = "image/svg+xml", body = String)))]
pub(super) async fn picture(services: web::Data<Services>, id: web::Path<BadgeId>) -> Answer {
    let svg = services.rulebook.picture(&id).ok_or(Refusal::NotFound)?;
    Ok(HttpResponse::Ok()
        .content_type("image/svg+xml")
        .body(svg.to_vec()))
}
