//! Rules, badges, quests, levels and streaks that make sense.

use std::collections::BTreeSet;

use super::conditions::{Checking, Names, has_room, shape};
use super::{Content, Placed, distinct, of_all, says_something};
use crate::content::ContentFault;
use crate::game::deed::DeedKind;
use crate::game::rules::{
    ADJUSTED, Badge, Condition, Count, Levels, Per, Quest, Rule, StreakPolicy,
};

const POINTS_MAX: i64 = 1_000_000;
/// A year: whoever means longer means a cap.
const COOLDOWN_MAX_S: u32 = 31_536_000;
const CAPS_MAX: usize = 8;
const FREEZES_MAX: u32 = 10;
/// People whom a badge can remember.
const PEERS_MAX: u32 = 256;

pub(super) fn check(content: &Content<'_>, is_whole: bool, faults: &mut Vec<ContentFault>) {
    distinct(&content.rules, |rule| &rule.id, faults);
    distinct(&content.badges, |badge| &badge.id, faults);
    distinct(&content.quests, |quest| &quest.id, faults);
    let badges: BTreeSet<&str> = ids(&content.badges, |badge| badge.id.as_str());
    let quests: BTreeSet<&str> = ids(&content.quests, |quest| quest.id.as_str());
    let names = Names {
        badges: is_whole.then_some(&badges),
        quests: is_whole.then_some(&quests),
        levels: content.levels.first().map(|levels| levels.value.max),
    };
    for placed in &content.rules {
        rule(placed, names, faults);
    }
    for placed in &content.badges {
        badge(placed, names, faults);
    }
    for placed in &content.quests {
        quest(placed, names, faults);
    }
    for placed in &content.streaks {
        streak(placed, names, faults);
    }
    for placed in &content.levels {
        levels(placed, faults);
        let kind = &placed.value.kind;
        let is_paid = content.rules.iter().any(|rule| rule.value.kind == *kind);
        if is_whole && !is_paid {
            faults.push(placed.fault("kind", format!("no rule pays '{kind}'")));
        }
    }
    policies(content, is_whole, faults);
    once("levels.toml", &content.levels, is_whole, faults);
    once("streak.toml", &content.streaks, is_whole, faults);
}

fn ids<'c, T>(placed: &'c [Placed<'_, T>], id: impl Fn(&'c T) -> &'c str) -> BTreeSet<&'c str> {
    placed.iter().map(|placed| id(&placed.value)).collect()
}

/// There is exactly one.
fn once<T>(file: &str, placed: &[Placed<'_, T>], is_whole: bool, faults: &mut Vec<ContentFault>) {
    if placed.is_empty() && is_whole {
        faults.push(of_all(file, "is missing".to_owned()));
    }
    for placed in placed.iter().skip(1) {
        faults.push(placed.fault("", "there is another one"));
    }
}

fn condition<T>(
    placed: &Placed<'_, T>,
    kind: DeedKind,
    when: Option<&Condition>,
    names: Names<'_>,
    knows_firsts: bool,
    faults: &mut Vec<ContentFault>,
) {
    if let Some(when) = when {
        let mut checking = Checking {
            placed,
            kind,
            names,
            knows_firsts,
            faults,
        };
        checking.whole(when);
    }
}

fn rule(placed: &Placed<'_, Rule>, names: Names<'_>, faults: &mut Vec<ContentFault>) {
    let rule = &placed.value;
    let is_free = rule.id.as_str() != ADJUSTED;
    placed.hold(is_free, "id", "is kept for points given by hand", faults);
    placed.hold(rule.version > 0, "version", "is counted from 1", faults);
    says_something(placed, "title", &rule.title, faults);
    placed.hold(rule.on.pays(), "on", "these deeds are never paid", faults);
    let freezes = rule.freezes.unwrap_or(0);
    let least = i64::from(freezes == 0);
    let is_fine = (least..=POINTS_MAX).contains(&rule.points);
    placed.hold(
        is_fine,
        "points",
        "are from 1 to 1000000, or 0 beside freezes",
        faults,
    );
    let is_fine = rule.freezes.is_none() || (1..=FREEZES_MAX).contains(&freezes);
    placed.hold(is_fine, "freezes", "are from 1 to 10", faults);
    let is_fine = rule
        .cooldown_s
        .is_none_or(|s| (1..=COOLDOWN_MAX_S).contains(&s));
    placed.hold(is_fine, "cooldown_s", "is from a second to a year", faults);
    if let (Some(from), Some(until)) = (rule.from, rule.until) {
        placed.hold(from <= until, "until", "is before 'from'", faults);
    }
    condition(placed, rule.on, rule.when.as_ref(), names, true, faults);
    placed.hold(rule.caps.len() <= CAPS_MAX, "caps", "8 are enough", faults);
    for (place, cap) in rule.caps.iter().enumerate() {
        let at = |field: &str| format!("caps.{place}.{field}");
        let is_some = cap.times.is_some() || cap.points.is_some();
        placed.hold(is_some, &at("per"), "needs 'times' or 'points'", faults);
        let is_fine = cap.times.is_none_or(|times| times > 0);
        placed.hold(is_fine, &at("times"), "a cap of 0 pays nothing", faults);
        let is_fine = cap.points.is_none_or(|points| points > 0);
        placed.hold(is_fine, &at("points"), "a cap of 0 pays nothing", faults);
        let is_somewhere = cap.per != Per::Room || has_room(rule.on);
        placed.hold(
            is_somewhere,
            &at("per"),
            "these deeds are not done in a room",
            faults,
        );
        if cap.each_peer {
            let has_peer = shape(rule.on, "peer").is_some();
            placed.hold(
                has_peer,
                &at("each_peer"),
                "these deeds have no peer",
                faults,
            );
            let is_fine = cap.per == Per::Day && cap.times.is_some() && cap.points.is_none();
            placed.hold(
                is_fine,
                &at("each_peer"),
                "counts 'times' per 'day' only",
                faults,
            );
        }
    }
    if let Some(diminish) = &rule.diminish {
        placed.hold(
            diminish.after > 0,
            "diminish.after",
            "is at least 1",
            faults,
        );
        let is_less = diminish.percent < 100;
        placed.hold(is_less, "diminish.percent", "is from 0 to 99", faults);
        let is_somewhere = diminish.per != Per::Room || has_room(rule.on);
        let says = "these deeds are not done in a room";
        placed.hold(is_somewhere, "diminish.per", says, faults);
    }
}

fn badge(placed: &Placed<'_, Badge>, names: Names<'_>, faults: &mut Vec<ContentFault>) {
    let badge = &placed.value;
    placed.hold(badge.version > 0, "version", "is counted from 1", faults);
    says_something(placed, "title", &badge.title, faults);
    says_something(placed, "says", &badge.says, faults);
    placed.hold(
        badge.on.pays(),
        "on",
        "these deeds are never counted",
        faults,
    );
    condition(placed, badge.on, badge.when.as_ref(), names, true, faults);
    let is_fine = (1..=4).contains(&badge.levels.len());
    placed.hold(
        is_fine,
        "levels",
        "are one to four: bronze, silver, gold, platinum",
        faults,
    );
    let is_rising = badge.levels.is_sorted_by(|a, b| a < b);
    placed.hold(is_rising, "levels", "must rise", faults);
    let is_some = badge.levels.first().is_none_or(|first| *first > 0);
    placed.hold(is_some, "levels", "begin with at least 1", faults);
    let most = badge.levels.last().copied().unwrap_or(0);
    match badge.count {
        Count::Times | Count::Days => {}
        Count::Rooms => {
            let says = "these deeds are not done in a room";
            placed.hold(has_room(badge.on), "count", says, faults);
        }
        Count::Peers => {
            let has_peer = shape(badge.on, "peer").is_some();
            placed.hold(has_peer, "count", "these deeds have no peer", faults);
            let says = "no more than 256 people are remembered";
            placed.hold(most <= PEERS_MAX, "levels", says, faults);
        }
        Count::Best => {
            let says = "these deeds have no days, level, score or value";
            let names = ["days", "level", "score", "value"];
            let is_some = names.iter().any(|name| shape(badge.on, name).is_some());
            placed.hold(is_some, "count", says, faults);
            let is_score = shape(badge.on, "score").is_some();
            let says = "a score is in per mille: at most 1000";
            placed.hold(!is_score || most <= 1000, "levels", says, faults);
        }
    }
    let is_name = badge.picture.as_ref().is_none_or(|picture| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        (1..=64).contains(&picture.len())
            && !picture.starts_with('.')
            && picture.bytes().all(is_plain)
    });
    placed.hold(
        is_name,
        "picture",
        "is the name of a file beside this one",
        faults,
    );
}

const fn follows(kind: DeedKind) -> bool {
    matches!(
        kind,
        DeedKind::DayBegun | DeedKind::BadgeEarned | DeedKind::LevelReached | DeedKind::QuestDone
    )
}

fn quest(placed: &Placed<'_, Quest>, names: Names<'_>, faults: &mut Vec<ContentFault>) {
    let quest = &placed.value;
    placed.hold(quest.version > 0, "version", "is counted from 1", faults);
    says_something(placed, "title", &quest.title, faults);
    let is_fine = matches!(quest.per, Per::Day | Per::Week);
    placed.hold(is_fine, "per", "is 'day' or 'week'", faults);
    let is_done = quest.on.pays() && !follows(quest.on);
    placed.hold(is_done, "on", "nobody can set out to do this", faults);
    condition(placed, quest.on, quest.when.as_ref(), names, false, faults);
    let is_fine = (1..=1000).contains(&quest.times);
    placed.hold(is_fine, "times", "is from 1 to 1000", faults);
    let is_fine = (1..=1000).contains(&quest.weight);
    placed.hold(is_fine, "weight", "is from 1 to 1000", faults);
}

fn policies(content: &Content<'_>, is_whole: bool, faults: &mut Vec<ContentFault>) {
    let (policies, quests) = (&content.policies, &content.quests);
    for placed in policies.iter().skip(1) {
        faults.push(placed.fault("", "there is another one"));
    }
    if let (Some(quest), None, true) = (quests.first(), policies.first(), is_whole) {
        let says =
            "nobody is given a quest: one file of quests needs [policy] with a_day and a_week";
        faults.push(quest.fault("", says));
    }
    for placed in policies {
        let policy = &placed.value;
        for (field, per, wanted) in [
            ("a_day", Per::Day, policy.a_day),
            ("a_week", Per::Week, policy.a_week),
        ] {
            placed.hold(wanted <= 10, field, "is from 0 to 10", faults);
            let there_are = quests.iter().filter(|quest| quest.value.per == per).count();
            let is_enough = !is_whole || there_are >= wanted as usize;
            placed.hold(is_enough, field, "is more than there are quests", faults);
        }
    }
}

fn streak(placed: &Placed<'_, StreakPolicy>, names: Names<'_>, faults: &mut Vec<ContentFault>) {
    let policy = &placed.value;
    placed.hold(
        !policy.on.is_empty(),
        "on",
        "no deed would make a day count",
        faults,
    );
    for (place, kind) in policy.on.iter().enumerate() {
        let is_done = kind.pays() && !follows(*kind);
        let field = format!("on.{place}");
        placed.hold(is_done, &field, "nobody can set out to do this", faults);
        condition(placed, *kind, policy.when.as_ref(), names, false, faults);
    }
    let is_fine = policy.freeze_every <= 366;
    placed.hold(
        is_fine,
        "freeze_every",
        "is at most 366; 0 for none",
        faults,
    );
    let is_fine = policy.freezes_max <= FREEZES_MAX;
    placed.hold(is_fine, "freezes_max", "is at most 10", faults);
    let is_fine = policy.repair_deeds <= 100;
    placed.hold(
        is_fine,
        "repair_deeds",
        "is at most 100; 0 for none",
        faults,
    );
    let is_fine = policy.repair_days <= 30;
    placed.hold(is_fine, "repair_days", "is at most 30", faults);
}

fn levels(placed: &Placed<'_, Levels>, faults: &mut Vec<ContentFault>) {
    let levels = &placed.value;
    let is_fine = (1..=1_000_000_000).contains(&levels.base);
    placed.hold(
        is_fine,
        "base",
        "is from 1 to 1000000000: levels must rise",
        faults,
    );
    let is_fine = (0..=1000).contains(&levels.growth_percent);
    placed.hold(is_fine, "growth_percent", "is from 0 to 1000", faults);
    let is_fine = (2..=1000).contains(&levels.max);
    placed.hold(is_fine, "max", "is from 2 to 1000", faults);
}
