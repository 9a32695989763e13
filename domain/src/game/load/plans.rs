//! Boards, leagues, contests and seasons that can be won.

use std::collections::BTreeSet;

use super::{Content, Placed, distinct, says_something};
use crate::board::Direction;
use crate::content::ContentFault;
use crate::game::contest::ENTRANTS_MAX;
use crate::game::plan::{
    BoardPlan, BoardScope, ContestPlan, LeaguePlan, Order, SeasonLength, SeasonPlan,
};
use crate::game::total::{Metric, WindowKind};

pub(super) fn check(content: &Content<'_>, is_whole: bool, faults: &mut Vec<ContentFault>) {
    distinct(&content.boards, |board| &board.id, faults);
    distinct(&content.leagues, |league| &league.id, faults);
    distinct(&content.contests, |contest| &contest.id, faults);
    let paid: BTreeSet<&str> = content
        .rules
        .iter()
        .map(|rule| rule.value.kind.as_str())
        .collect();
    let paid = is_whole.then_some(&paid);
    for placed in &content.boards {
        board(placed, faults);
        is_paid(placed, &placed.value.metric, paid, faults);
    }
    for placed in &content.leagues {
        league(placed, faults);
        is_paid(placed, &placed.value.metric, paid, faults);
    }
    for placed in &content.contests {
        contest(placed, faults);
        is_paid(placed, &placed.value.metric, paid, faults);
    }
    for placed in &content.seasons {
        season(placed, faults);
    }
    for placed in content.seasons.iter().skip(1) {
        faults.push(placed.fault("", "there is another one"));
    }
}

/// Somebody can have some of it.
fn is_paid<T>(
    placed: &Placed<'_, T>,
    metric: &Metric,
    paid: Option<&BTreeSet<&str>>,
    faults: &mut Vec<ContentFault>,
) {
    if let (Metric::Points(kind), Some(paid)) = (metric, paid)
        && !paid.contains(kind.as_str())
    {
        faults.push(placed.fault("metric", format!("no rule pays '{kind}'")));
    }
}

fn order<T>(
    placed: &Placed<'_, T>,
    order: Order,
    direction: Direction,
    faults: &mut Vec<ContentFault>,
) {
    let is_fine = order != Order::Best || direction != Direction::Lower;
    let says = "the best is the greatest: with 'lower' use 'sum' or 'last'";
    placed.hold(is_fine, "order", says, faults);
}

fn board(placed: &Placed<'_, BoardPlan>, faults: &mut Vec<ContentFault>) {
    let board = &placed.value;
    says_something(placed, "title", &board.title, faults);
    order(placed, board.order, board.direction, faults);
    match board.scope {
        BoardScope::Room => {
            let is_there = matches!(board.metric, Metric::Points(_) | Metric::Skill(_));
            let says = "only points and skills are counted by room";
            placed.hold(is_there, "metric", says, faults);
        }
        BoardScope::Contest => {
            let is_all = board.window == WindowKind::All;
            placed.hold(is_all, "window", "a contest has only 'all'", faults);
        }
        BoardScope::Division => {
            let is_week = board.window == WindowKind::Week;
            placed.hold(is_week, "window", "a division lasts a 'week'", faults);
        }
        BoardScope::Team => {
            let says = "one team has no teams in it";
            placed.hold(board.teams.is_none(), "teams", says, faults);
        }
        BoardScope::Org | BoardScope::Cohort => {}
    }
}

fn league(placed: &Placed<'_, LeaguePlan>, faults: &mut Vec<ContentFault>) {
    let league = &placed.value;
    says_something(placed, "title", &league.title, faults);
    let is_fine = (1..=20).contains(&league.tiers.len());
    placed.hold(is_fine, "tiers", "are 1 to 20", faults);
    let mut known = BTreeSet::new();
    for (place, tier) in league.tiers.iter().enumerate() {
        let field = format!("tiers.{place}");
        says_something(placed, &field, tier, faults);
        placed.hold(known.insert(tier), &field, "is there twice", faults);
    }
    let is_fine = (2..=200).contains(&league.size);
    placed.hold(is_fine, "size", "is from 2 to 200", faults);
    let moving = league.promote.saturating_add(league.demote);
    let says = "with 'demote' must leave somebody in the division";
    placed.hold(moving < league.size, "promote", says, faults);
    placed.hold(league.least >= 0, "least", "is at least 0", faults);
}

fn contest(placed: &Placed<'_, ContestPlan>, faults: &mut Vec<ContentFault>) {
    let contest = &placed.value;
    says_something(placed, "title", &contest.title, faults);
    says_something(placed, "says", &contest.says, faults);
    order(placed, contest.order, contest.direction, faults);
    let is_fine = (1..=527_040).contains(&contest.minutes);
    placed.hold(is_fine, "minutes", "is from a minute to a year", faults);
    let entrants = contest.entrants_max.unwrap_or(ENTRANTS_MAX);
    let is_fine = (2..=ENTRANTS_MAX).contains(&entrants);
    placed.hold(is_fine, "entrants_max", "is from 2 to 2000", faults);
    let is_fine = contest.teams.is_none() || contest.direction == Direction::Higher;
    let says = "a team is not better for doing less";
    placed.hold(is_fine, "direction", says, faults);
    let is_fine = contest.attempts_max.is_none_or(|most| most > 0);
    placed.hold(is_fine, "attempts_max", "is at least 1", faults);
}

fn season(placed: &Placed<'_, SeasonPlan>, faults: &mut Vec<ContentFault>) {
    let (field, is_fine) = match placed.value.length {
        SeasonLength::Weeks(weeks) => ("length.weeks", (1..=104).contains(&weeks)),
        SeasonLength::Months(months) => ("length.months", (1..=24).contains(&months)),
    };
    placed.hold(is_fine, field, "is from a week to two years", faults);
}
