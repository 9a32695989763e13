//! Everything that happened, and how often within a period: found by looking through all of it.

use std::collections::BTreeMap;

use crate::game::account::Entry;
use crate::game::calendar::Day;
use crate::game::deed::DeedKind;
use crate::game::rules::{Condition, Per, RuleSet};
use crate::game::total::Now;
use crate::ids::{RoomId, UserId};
use crate::slug::RuleId;
use crate::time::Timestamp;

/// When and where something was done: which periods and windows it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) pos: u64,
    pub(super) at: Timestamp,
    pub(super) day: Day,
    pub(super) now: Now,
    pub(super) room: Option<RoomId>,
}

impl Moment {
    pub(super) fn of(entry: &Entry) -> Self {
        Self {
            pos: entry.pos,
            at: entry.at,
            day: entry.day,
            now: entry.now,
            room: entry.deed.room(),
        }
    }

    /// Whether both are in the same period.
    pub(super) fn shares(&self, per: Per, other: &Self) -> bool {
        match per {
            Per::Day => self.day == other.day,
            Per::Week => self.day.week() == other.day.week(),
            Per::Season => self.now.season == other.now.season,
            Per::Room => self.room == other.room,
            Per::Ever => true,
        }
    }
}

/// Something a rule paid.
#[derive(Clone, Debug)]
pub(super) struct Payment {
    pub(super) when: Moment,
    pub(super) points: i64,
    pub(super) peer: Option<UserId>,
    /// The periods over which its rule counted when it paid: what nobody counted then is not
    /// counted later.
    pub(super) counted: Vec<Per>,
    /// Whether its rule counted each peer, and whether it cooled down.
    pub(super) by_peer: bool,
    pub(super) cools: bool,
}

/// The most deeds of a kind that any condition of a set counts.
fn asked_for(set: &RuleSet, kind: DeedKind) -> usize {
    let rules = set.rules.iter().map(|rule| &rule.when);
    let badges = set.badges.iter().map(|badge| &badge.when);
    let quests = set.quests.iter().map(|quest| &quest.when);
    let mut most = 0;
    for when in rules.chain(badges).chain(quests).chain([&set.streak.when]) {
        let Some(when) = when else { continue };
        when.visit(&mut |part| {
            if let Condition::Within(within) = part
                && within.of == kind
            {
                most = most.max(within.times as usize);
            }
        });
    }
    most
}

/// How far back a search goes: whoever has a hundred thousand entries has them over years, and a
/// day, week or season is a stretch at the end.
fn stretch<'a, T>(
    all: &'a [T],
    when: impl Fn(&T) -> Moment + 'a,
    per: Per,
    now: Moment,
) -> impl Iterator<Item = &'a T> {
    let ends = matches!(per, Per::Day | Per::Week | Per::Season);
    let goes_on = move |moment: &Moment| !ends || now.shares(per, moment);
    all.iter()
        .rev()
        .map(move |one| (when(one), one))
        .take_while(move |(moment, _)| goes_on(moment))
        .filter(move |(moment, _)| now.shares(per, moment))
        .map(|(_, one)| one)
}

#[derive(Clone, Debug, Default)]
pub(super) struct History {
    done: BTreeMap<DeedKind, Vec<Timestamp>>,
    paid: BTreeMap<RuleId, Vec<Payment>>,
    /// The same payments once more by room, so that a busy year need not be searched for a quiet room.
    paid_in: BTreeMap<(RuleId, RoomId), Vec<Payment>>,
    /// When the conditions of a rule or badge, firsts aside, were met; kept as a rule asks for firsts.
    met: BTreeMap<(String, Per), Vec<Moment>>,
    met_in: BTreeMap<(String, RoomId), Moment>,
}

impl History {
    /// Remembers a deed, as many of its kind as any `within` of the rules of its time asks for.
    pub(super) fn done(&mut self, set: &RuleSet, kind: DeedKind, at: Timestamp) {
        let most = asked_for(set, kind);
        let all = self.done.entry(kind).or_default();
        all.push(at);
        all.drain(..all.len().saturating_sub(most));
    }

    /// Deeds of a kind that are at most so many seconds old.
    pub(super) fn within(&self, kind: DeedKind, seconds: u32, now: Timestamp) -> usize {
        let since = now.0.saturating_sub(i64::from(seconds) * 1000);
        let all = self.done.get(&kind).into_iter().flatten().rev();
        all.take_while(|at| at.0 >= since).count()
    }

    pub(super) fn paid(&mut self, rule: &RuleId, payment: Payment) {
        if let Some(room) = payment.when.room {
            let key = (rule.clone(), room);
            self.paid_in.entry(key).or_default().push(payment.clone());
        }
        self.paid.entry(rule.clone()).or_default().push(payment);
    }

    /// When a rule paid last, as far as it cooled down then.
    pub(super) fn last_paid(&self, rule: &RuleId) -> Option<Timestamp> {
        let all = self.paid.get(rule)?.iter().rev();
        all.filter(|payment| payment.cools)
            .map(|payment| payment.when.at)
            .next()
    }

    /// What a rule paid in the period of a moment.
    pub(super) fn of_period(&self, rule: &RuleId, per: Per, now: Moment) -> Vec<&Payment> {
        let all = match (per, now.room) {
            (Per::Room, Some(room)) => self.paid_in.get(&(rule.clone(), room)),
            _ => self.paid.get(rule),
        };
        let all = all.map(Vec::as_slice).unwrap_or_default();
        stretch(all, |payment| payment.when, per, now)
            .filter(|payment| payment.counted.contains(&per))
            .collect()
    }

    /// What a rule paid on the day of a moment where it counted each peer.
    pub(super) fn by_peer(&self, rule: &RuleId, now: Moment) -> Vec<&Payment> {
        let all = self.paid.get(rule).map(Vec::as_slice).unwrap_or_default();
        stretch(all, |payment| payment.when, Per::Day, now)
            .filter(|payment| payment.by_peer)
            .collect()
    }

    /// Whether nothing in the period of a moment met these conditions before.
    pub(super) fn is_first(&self, who: &str, per: Per, now: Moment) -> bool {
        if per == Per::Room {
            return now
                .room
                .is_some_and(|room| !self.met_in.contains_key(&(who.to_owned(), room)));
        }
        let all = self.met.get(&(who.to_owned(), per));
        let all = all.map(Vec::as_slice).unwrap_or_default();
        stretch(all, |moment| *moment, per, now).next().is_none()
    }

    pub(super) fn met(&mut self, who: &str, per: Per, now: Moment) {
        match (per, now.room) {
            (Per::Room, Some(room)) => {
                self.met_in.insert((who.to_owned(), room), now);
            }
            (Per::Room, None) => {}
            _ => {
                let all = self.met.entry((who.to_owned(), per)).or_default();
                all.push(now);
            }
        }
    }
}
