//! What each rule pays for a deed.

use std::collections::BTreeSet;

use super::Auditor;
use super::history::{Moment, Payment};
use super::sums::Change;
use crate::game::deed::{Deed, Field, Source};
use crate::game::gain::Award;
use crate::game::rules::{Per, Rule, RuleSet};
use crate::game::total::Metric;
use crate::ids::UserId;

/// People a rule that counts each by itself pays for in a day.
const PEERS_MAX: usize = 64;

pub(super) fn peer(deed: &Deed) -> Option<UserId> {
    match deed.field("peer") {
        Some(Field::Peer(peer)) => Some(peer),
        _ => None,
    }
}

impl Auditor {
    pub(super) fn pay_all(&mut self, set: &RuleSet, deed: &Deed, source: Source, now: &Moment) {
        let mut rules: Vec<&Rule> = set.rules.iter().collect();
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        for rule in rules {
            let is_in_force = rule.on == deed.kind()
                && rule.from.is_none_or(|from| from <= now.now.day)
                && rule.until.is_none_or(|until| now.now.day <= until);
            if !is_in_force {
                continue;
            }
            let who = format!("rule {}", rule.id);
            if !self.meets_first(&who, rule.when.as_ref(), deed, now) {
                continue;
            }
            if let Some(points) = self.worth(rule, deed, now) {
                self.pay(set, rule, points, deed, source, now);
            }
        }
    }

    /// What a rule whose conditions hold pays now; `None` for no payment.
    fn worth(&self, rule: &Rule, deed: &Deed, now: &Moment) -> Option<i64> {
        if let (Some(seconds), Some(last)) = (rule.cooldown_s, self.history.last_paid(&rule.id))
            && now.at.0 < last.0.saturating_add(i64::from(seconds) * 1000)
        {
            return None;
        }
        let mut points = rule.points;
        if let Some(diminish) = &rule.diminish {
            let times = self.history.of_period(&rule.id, diminish.per, *now).len();
            if times >= usize::try_from(diminish.after).unwrap_or(usize::MAX) {
                points = points * i64::from(diminish.percent) / 100;
                if points == 0 && rule.freezes.is_none() {
                    return None;
                }
            }
        }
        for cap in &rule.caps {
            if cap.each_peer {
                let paid = self.history.by_peer(&rule.id, *now);
                let with = paid.iter().filter(|one| one.peer == peer(deed)).count();
                let people: BTreeSet<_> = paid.iter().map(|one| one.peer).collect();
                let is_stranger = with == 0;
                if cap.times.is_some_and(|times| with >= times as usize)
                    || (is_stranger && people.len() >= PEERS_MAX)
                {
                    return None;
                }
                continue;
            }
            let paid = self.history.of_period(&rule.id, cap.per, *now);
            if cap.times.is_some_and(|times| paid.len() >= times as usize) {
                return None;
            }
            if let Some(most) = cap.points {
                let left = most - paid.iter().map(|one| one.points).sum::<i64>();
                if left <= 0 {
                    return None;
                }
                points = points.min(left);
            }
        }
        Some(points)
    }

    fn pay(
        &mut self,
        set: &RuleSet,
        rule: &Rule,
        points: i64,
        deed: &Deed,
        source: Source,
        now: &Moment,
    ) {
        let mut counted: Vec<Per> = rule
            .caps
            .iter()
            .filter(|cap| !cap.each_peer)
            .map(|cap| cap.per)
            .collect();
        counted.extend(rule.diminish.iter().map(|diminish| diminish.per));
        let payment = Payment {
            when: *now,
            points,
            peer: peer(deed),
            counted,
            by_peer: rule.caps.iter().any(|cap| cap.each_peer),
            cools: rule.cooldown_s.is_some(),
        };
        self.history.paid(&rule.id, payment);
        self.streak
            .grant(rule.freezes.unwrap_or(0), set.streak.freezes_max);
        self.awards.push(Award {
            rule: rule.id.clone(),
            version: rule.version,
            points,
            kind: rule.kind.clone(),
            source,
            run: 0,
            cause: source,
        });
        let metric = Metric::Points(rule.kind.clone());
        self.sums.change(now, &metric, Change::Add(points), None);
    }
}
