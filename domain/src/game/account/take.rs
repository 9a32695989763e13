//! What one entry causes, in a fixed order: its own effect, the streak, rules by id, badges, quests, the
//! level; then the same for each thing that followed.

use std::collections::{BTreeMap, BTreeSet};

use super::cells::Change;
use super::condition::Facts;
use super::pay::{Tally, Worth, peer};
use super::{Account, Entry, Paid, RoomTally};
use crate::game::deed::{Deed, DeedKind, ScoreOp, Source};
use crate::game::gain::{Award, BadgeGrant, Outcome};
use crate::game::rules::{Badge, Compiled, Per, Rule};
use crate::game::total::{Metric, Now, Scope};
use crate::ids::{RoomId, Seq};
use crate::slug::{PointKind, RuleId};
use crate::stream::StreamId;
use crate::time::Timestamp;

/// Deeds that may follow from one entry. Without a bound, rules that reward each other's badges could run for ever; what
/// does not fit waits for the next entry.
pub const FOLLOWING_MAX: usize = 32;

impl Account {
    /// Takes in the next entry. `room` is what this account remembers of the entry's room; a fresh one
    /// where it has none. `paid` are the lines that stand for what a [`Deed::LineRetracted`] or a [`Deed::Rejudged`] names, empty otherwise.
    ///
    /// An entry that was taken before changes nothing. A [`Deed::Rescored`] is only given its place here; what it does is
    /// [`super::rescore()`].
    pub fn take(
        &mut self,
        set: &Compiled,
        entry: &Entry,
        room: &mut RoomTally,
        paid: &[Paid],
    ) -> Outcome {
        if entry.pos <= self.pos {
            return Outcome::default();
        }
        self.pos = entry.pos;
        self.at = entry.at;
        self.day = Some(entry.day);
        self.cells.roll(entry.now);
        room.cells.roll(entry.now);
        self.contests.forget(entry.at);
        self.quests.draw(set.set(), self.user, entry.day);
        self.forget(set);
        let mut taking = Taking {
            account: self,
            room,
            set,
            entry,
            outcome: Outcome::default(),
            moved: BTreeSet::new(),
            following: vec![],
            was_paid: false,
        };
        taking.own_effect(paid);
        taking.evaluate(&entry.deed, 0);
        let mut part = 0;
        while let Some(deed) = taking.following.get(part).cloned() {
            part += 1;
            taking.evaluate(&deed, u16::try_from(part).unwrap_or(u16::MAX));
        }
        taking.finish()
    }

    /// Rules that are gone for good are forgotten, but only when there are many: one that comes back keeps its caps.
    fn forget(&mut self, set: &Compiled) {
        if self.rules.len() > set.set().rules.len().saturating_mul(2).saturating_add(64) {
            self.rules.retain(|id, _| set.rule(id).is_some());
        }
    }
}

pub(super) struct Taking<'a> {
    pub(super) account: &'a mut Account,
    room: &'a mut RoomTally,
    pub(super) set: &'a Compiled,
    pub(super) entry: &'a Entry,
    pub(super) outcome: Outcome,
    /// Metrics that changed, and where.
    moved: BTreeSet<(Scope, Metric)>,
    following: Vec<Deed>,
    was_paid: bool,
}

impl Taking<'_> {
    /// What a deed does by being what it is, whatever the rules say.
    fn own_effect(&mut self, paid: &[Paid]) {
        let entry = self.entry;
        match &entry.deed {
            Deed::ZoneChanged { zone } => {
                self.account.streak.travel(entry.day, zone.day(entry.at));
                self.account.zone = Some(zone.clone());
            }
            Deed::ContestEntered { contest, counts } => {
                self.account.contests.enter(*contest, counts, entry.at);
            }
            Deed::ContestLeft { contest } => self.account.contests.leave(*contest),
            Deed::Adjusted { points, by } => {
                let rule = self.set.adjusted().clone();
                self.pay(rule, 1, points.clone(), *by, entry.source);
            }
            Deed::Scored { metric, op, value } => {
                let change = match op {
                    ScoreOp::Set => Change::Set(*value),
                    ScoreOp::Best => Change::Better(*value),
                    ScoreOp::Incr => Change::Incr(*value),
                    ScoreOp::Decr => Change::Incr(value.saturating_neg()),
                };
                self.change(&Metric::Score(metric.clone()), change);
            }
            Deed::SkillScored { skill, score, .. } => {
                let level = self.account.skills.judge(skill, *score);
                let metric = Metric::Skill(skill.clone());
                self.change(&metric, Change::Set(i64::from(level)));
            }
            Deed::LineRetracted { room, line } => self.reverse(*room, *line, paid),
            Deed::Rejudged { room, of, was, now } => {
                self.rejudge((*room, *of), (was.as_ref(), now.as_ref()), paid);
            }
            Deed::LineSaid { .. }
            | Deed::ReplyReceived { .. }
            | Deed::ReactionGiven { .. }
            | Deed::ReactionReceived { .. }
            | Deed::KudosGiven { .. }
            | Deed::KudosReceived { .. }
            | Deed::PracticeCompleted { .. }
            | Deed::Rescored { .. }
            | Deed::DayBegun { .. }
            | Deed::BadgeEarned { .. }
            | Deed::LevelReached { .. }
            | Deed::QuestDone { .. } => {}
        }
    }

    /// Brings what a line gained by itself to nothing, with one further line for each rule and kind.
    fn reverse(&mut self, room: RoomId, line: Seq, paid: &[Paid]) {
        let source = Source {
            stream: StreamId::Room(room),
            seq: line,
            part: 0,
        };
        let mut runs = BTreeMap::<&RuleId, u32>::new();
        let mut worth = BTreeMap::<(&RuleId, &PointKind), (i64, u32)>::new();
        let mut when = None;
        for Paid { award, at, now } in paid.iter().filter(|paid| paid.award.source == source) {
            let run = runs.entry(&award.rule).or_default();
            *run = award.run.max(*run);
            let (points, version) = worth.entry((&award.rule, &award.kind)).or_default();
            *points = points.saturating_add(award.points);
            *version = award.version;
            when = Some((*at, *now));
        }
        let Some((at, now)) = when else { return };
        for ((rule, kind), (points, version)) in worth {
            if points == 0 {
                continue;
            }
            let run = runs.entry(rule).or_default();
            *run = run.saturating_add(1);
            let award = Award {
                rule: rule.clone(),
                version,
                points: points.saturating_neg(),
                kind: kind.clone(),
                source,
                run: *run,
                cause: self.entry.source,
            };
            self.outcome.awards.push(award);
            let metric = Metric::Points(kind.clone());
            self.count(&metric, Change::Correct(points.saturating_neg()), at, now);
        }
    }

    fn evaluate(&mut self, deed: &Deed, part: u16) {
        let kind = deed.kind();
        let source = Source {
            part,
            ..self.entry.source
        };
        let Taking { account, set, .. } = self;
        account.recent.note(set, kind, self.entry.at);
        if set.set().streak.on.contains(&kind) {
            self.practise(deed);
        }
        if !kind.pays() {
            // An adjustment may still lift a level.
            self.climb_levels();
            return;
        }
        if let DeedKind::ReactionReceived | DeedKind::KudosReceived = kind
            && let Some(peer) = peer(deed)
        {
            let suspicion = self.account.watch.sign(peer, self.entry.day);
            self.outcome.suspicions.extend(suspicion);
        }
        for rule in self.set.rules_on(kind) {
            self.follow_rule(rule, deed, source);
        }
        for badge in self.set.badges_on(kind) {
            self.follow_badge(badge, deed);
        }
        self.follow_quests(deed);
        self.climb_levels();
    }

    pub(super) fn facts<'b>(&'b self, deed: &'b Deed) -> Facts<'b> {
        Facts {
            deed,
            at: self.entry.at,
            recent: &self.account.recent,
            streak: self.account.streak.on(self.entry.day),
            skills: &self.account.skills,
            level: self.account.level,
        }
    }

    fn practise(&mut self, deed: &Deed) {
        let policy = &self.set.set().streak;
        let day = self.entry.day;
        if !self.facts(deed).plainly(policy.when.as_ref()) {
            return;
        }
        let is_new = self.account.streak.on(day) == 0;
        let Some(news) = self.account.streak.practise(policy, day) else {
            return;
        };
        self.outcome.streak = Some(news);
        self.change(&Metric::Streak, Change::Set(i64::from(news.days)));
        if is_new {
            self.follow(Deed::DayBegun { days: news.days });
        }
    }

    fn follow_rule(&mut self, rule: &Rule, deed: &Deed, source: Source) {
        let entry = self.entry;
        let is_early = rule.from.is_some_and(|from| entry.now.day < from);
        let is_late = rule.until.is_some_and(|until| entry.now.day > until);
        if is_early || is_late {
            return;
        }
        // Put back below; nothing else looks at it meanwhile.
        let slot = self.account.rules.get_mut(&rule.id);
        let is_known = slot.is_some();
        let mut tally = slot.map(std::mem::take).unwrap_or_default();
        let here = entry.deed.room().is_some();
        let met = self.facts(deed).met(rule.when.as_ref(), &|per| match per {
            Per::Room => here && !self.room.firsts.contains(&key('r', rule.id.as_str())),
            _ => tally.firsts.is_first(per, entry),
        });
        if met.rest {
            for per in met.firsts {
                match per {
                    Per::Room => {
                        self.room.firsts.insert(key('r', rule.id.as_str()));
                    }
                    _ => tally.firsts.mark(per, entry),
                }
            }
        }
        if met.all {
            self.follow_worth(rule, deed, source, &mut tally);
        }
        if is_known {
            if let Some(slot) = self.account.rules.get_mut(&rule.id) {
                *slot = tally;
            }
        } else if !tally.is_empty() {
            self.account.rules.insert(rule.id.clone(), tally);
        }
    }

    fn follow_worth(&mut self, rule: &Rule, deed: &Deed, source: Source, tally: &mut Tally) {
        let entry = self.entry;
        let mut span = self.room.spans.get(&rule.id).copied();
        match tally.worth(rule, deed, span.unwrap_or_default(), entry) {
            Worth::Nothing => {}
            Worth::Capped => {
                let suspicion = self.account.watch.capped(entry.day);
                self.outcome.suspicions.extend(suspicion);
            }
            Worth::Pays(points) => {
                tally.paid(rule, deed, points, &mut span, entry);
                if let Some(span) = span {
                    self.room.spans.insert(rule.id.clone(), span);
                }
                let (id, kind) = (rule.id.clone(), rule.kind.clone());
                self.pay(id, rule.version, kind, points, source);
                if let Some(freezes) = rule.freezes {
                    let policy = &self.set.set().streak;
                    self.account.streak.freeze(policy, freezes);
                }
                if source.part == 0 && !self.was_paid {
                    self.was_paid = true;
                    let suspicion = self.account.watch.paid(entry.at, entry.day);
                    self.outcome.suspicions.extend(suspicion);
                }
            }
        }
    }

    fn follow_badge(&mut self, badge: &Badge, deed: &Deed) {
        let entry = self.entry;
        let slot = self.account.badges.get_mut(&badge.id);
        let is_known = slot.is_some();
        if slot
            .as_ref()
            .is_some_and(|progress| progress.next(badge).is_none())
        {
            return;
        }
        let mut progress = slot.map(std::mem::take).unwrap_or_default();
        let here = entry.deed.room().is_some();
        let met = self.facts(deed).met(badge.when.as_ref(), &|per| match per {
            Per::Room => here && !self.room.firsts.contains(&key('b', badge.id.as_str())),
            _ => progress.firsts.is_first(per, entry),
        });
        if met.rest {
            for per in met.firsts {
                match per {
                    Per::Room => {
                        self.room.firsts.insert(key('b', badge.id.as_str()));
                    }
                    _ => progress.firsts.mark(per, entry),
                }
            }
        }
        if met.all {
            progress.count(badge, deed, entry.deed.room(), entry);
            while self.has_space() {
                let Some(level) = progress.climb(badge) else {
                    break;
                };
                let badge = badge.id.clone();
                self.outcome.badges.push(BadgeGrant {
                    badge: badge.clone(),
                    level,
                });
                self.follow(Deed::BadgeEarned { badge, level });
            }
        }
        if is_known {
            if let Some(slot) = self.account.badges.get_mut(&badge.id) {
                *slot = progress;
            }
        } else if met.rest {
            self.account.badges.insert(badge.id.clone(), progress);
        }
    }

    fn follow_quests(&mut self, deed: &Deed) {
        let mut quests = std::mem::take(&mut self.account.quests);
        for (id, done) in quests.all_mut() {
            let Some(quest) = self.set.quest(id) else {
                continue;
            };
            let is_open = quest.on == deed.kind() && *done < quest.times;
            if is_open && self.has_space() && self.facts(deed).plainly(quest.when.as_ref()) {
                *done = done.saturating_add(1);
                if *done == quest.times {
                    self.outcome.quests.push(id.clone());
                    self.follow(Deed::QuestDone { quest: id.clone() });
                }
            }
        }
        self.account.quests = quests;
    }

    fn climb_levels(&mut self) {
        let levels = &self.set.set().levels;
        let points = self.account.points(&levels.kind);
        while self.account.level < levels.max
            && points >= levels.needs(self.account.level.saturating_add(1))
            && self.has_space()
        {
            self.account.level = self.account.level.saturating_add(1);
            let level = self.account.level;
            self.outcome.level = Some(level);
            self.follow(Deed::LevelReached { level });
        }
    }

    fn has_space(&self) -> bool {
        self.following.len() < FOLLOWING_MAX
    }

    fn follow(&mut self, deed: Deed) {
        if self.has_space() {
            self.following.push(deed);
        }
    }

    fn pay(&mut self, rule: RuleId, version: u32, kind: PointKind, points: i64, source: Source) {
        let metric = Metric::Points(kind.clone());
        self.outcome.awards.push(Award {
            rule,
            version,
            points,
            kind,
            source,
            run: 0,
            cause: source,
        });
        self.change(&metric, Change::Add(points));
    }

    pub(super) fn change(&mut self, metric: &Metric, change: Change) {
        self.count(metric, change, self.entry.at, self.entry.now);
    }

    /// Counts a change wherever this entry counts and what was at `also_at` and `also` counted.
    pub(super) fn count(&mut self, metric: &Metric, change: Change, also_at: Timestamp, also: Now) {
        let Entry { at, pos, deed, .. } = self.entry;
        self.account.cells.change(metric, change, also, *at);
        self.moved.insert((Scope::Org, metric.clone()));
        let contests = &mut self.account.contests;
        contests.change(metric, change, *at, also_at, *pos);
        // Days in a row are nobody's room's.
        if let Some(room) = deed.room().filter(|_| *metric != Metric::Streak) {
            self.room.cells.change(metric, change, also, *at);
            self.moved.insert((Scope::Room(room), metric.clone()));
        }
    }

    fn finish(mut self) -> Outcome {
        for (scope, metric) in &self.moved {
            let cells = match scope {
                Scope::Room(_) => &self.room.cells,
                Scope::Org | Scope::Contest(_) => &self.account.cells,
            };
            self.outcome.totals.extend(cells.totals(*scope, metric));
        }
        let in_contests = self.account.contests.totals(None);
        let moved =
            in_contests.filter(|total| self.moved.contains(&(Scope::Org, total.metric.clone())));
        self.outcome.totals.extend(moved);
        self.outcome
    }
}

fn key(what: char, id: &str) -> String {
    format!("{what}/{id}")
}
