//! Badges and quests: what is counted until there is enough of it.

use std::collections::{BTreeMap, BTreeSet};

use super::history::Moment;
use super::pay::peer;
use super::{Auditor, FOLLOWING_MAX};
use crate::game::calendar::Day;
use crate::game::deed::{Deed, Field};
use crate::game::gain::BadgeGrant;
use crate::game::rules::{Badge, Count, Per, Quest, RuleSet};
use crate::ids::{RoomId, UserId};
use crate::slug::{BadgeId, QuestId};

/// Rooms that are remembered for a badge: one that came before the last so many new ones counts again.
const ROOMS_MAX: usize = 64;
/// The same of people.
const PEERS_MAX: usize = 256;

/// What counted towards a badge: one number, and whom or what it must know again.
#[derive(Clone, Debug, Default)]
struct Tally {
    have: u32,
    days: BTreeSet<Day>,
    rooms: Vec<RoomId>,
    peers: Vec<UserId>,
}

/// The quests of one period.
#[derive(Clone, Debug)]
struct Drawn {
    since: Day,
    quests: Vec<(QuestId, u32)>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Goals {
    tallies: BTreeMap<BadgeId, Tally>,
    drawn: BTreeMap<Per, Drawn>,
}

impl Tally {
    fn add(&mut self, count: Count, deed: &Deed, now: &Moment) {
        let is_new = match count {
            Count::Times => true,
            Count::Days => self.days.insert(now.day),
            Count::Rooms => is_new(&mut self.rooms, now.room, ROOMS_MAX),
            Count::Peers => is_new(&mut self.peers, peer(deed), PEERS_MAX),
            Count::Best => {
                let numbers = ["days", "level", "score", "value"]
                    .into_iter()
                    .filter_map(|name| match deed.field(name) {
                        Some(Field::Number(number)) => u32::try_from(number.max(0)).ok(),
                        _ => None,
                    });
                self.have = self.have.max(numbers.max().unwrap_or(0));
                false
            }
        };
        self.have += u32::from(is_new);
    }
}

/// Whether somebody is none of the last so many that were new.
fn is_new<T: Copy + PartialEq>(known: &mut Vec<T>, who: Option<T>, most: usize) -> bool {
    let Some(who) = who else { return false };
    let is_new = !known.iter().rev().take(most).any(|one| *one == who);
    if is_new {
        known.push(who);
    }
    is_new
}

impl Auditor {
    pub(super) fn earn_badges(
        &mut self,
        set: &RuleSet,
        deed: &Deed,
        now: &Moment,
        line: &mut Vec<Deed>,
    ) {
        let mut badges: Vec<&Badge> = set.badges.iter().collect();
        badges.sort_by(|a, b| a.id.cmp(&b.id));
        for badge in badges.into_iter().filter(|badge| badge.on == deed.kind()) {
            let granted = self.badges.iter().filter(|grant| grant.badge == badge.id);
            let granted = granted.map(|grant| grant.level).max().unwrap_or(0);
            if usize::from(granted) >= badge.levels.len() {
                // Complete: nothing counts any more.
                continue;
            }
            let who = format!("badge {}", badge.id);
            if !self.meets_first(&who, badge.when.as_ref(), deed, now) {
                continue;
            }
            let tally = self.goals.tallies.entry(badge.id.clone()).or_default();
            tally.add(badge.count, deed, now);
            let have = tally.have;
            let ahead = (1_u8..).zip(&badge.levels).skip(usize::from(granted));
            for (level, needed) in ahead {
                if have < *needed || line.len() > FOLLOWING_MAX {
                    break;
                }
                let badge = badge.id.clone();
                self.badges.insert(BadgeGrant {
                    badge: badge.clone(),
                    level,
                });
                line.push(Deed::BadgeEarned { badge, level });
            }
        }
    }

    pub(super) fn advance_quests(
        &mut self,
        set: &RuleSet,
        deed: &Deed,
        now: &Moment,
        line: &mut Vec<Deed>,
    ) {
        for per in [Per::Day, Per::Week] {
            let drawn = self.goals.drawn.get(&per);
            let mine: Vec<QuestId> = drawn
                .iter()
                .flat_map(|drawn| drawn.quests.iter().map(|(id, _)| id.clone()))
                .collect();
            for id in mine {
                let Some(quest) = set.quests.iter().find(|quest| quest.id == id) else {
                    continue;
                };
                if quest.on != deed.kind() || !self.meets(quest.when.as_ref(), deed, now) {
                    continue;
                }
                let drawn = self.goals.drawn.get_mut(&per);
                let mut counts = drawn.into_iter().flat_map(|drawn| drawn.quests.iter_mut());
                if let Some((_, done)) = counts.find(|(mine, _)| *mine == id)
                    && *done < quest.times
                {
                    *done += 1;
                    if *done == quest.times {
                        line.push(Deed::QuestDone { quest: id });
                    }
                }
            }
        }
    }
}

impl Goals {
    /// After a re-score: what its rules know nothing of stays as it was.
    pub(super) fn keep(&mut self, before: &Self, set: &RuleSet) {
        for (badge, tally) in &before.tallies {
            if set.badges.iter().all(|known| known.id != *badge) {
                self.tallies.insert(badge.clone(), tally.clone());
            }
        }
    }

    /// Draws the quests of a day and its week, with the first entry of each.
    pub(super) fn draw(&mut self, set: &RuleSet, user: UserId, day: Day) {
        for (per, since, wanted) in [
            (Per::Day, day, set.quest_policy.a_day),
            (Per::Week, day.week(), set.quest_policy.a_week),
        ] {
            if self
                .drawn
                .get(&per)
                .is_none_or(|drawn| drawn.since != since)
            {
                let quests = lot(set, user, per, since, wanted);
                let quests = quests.into_iter().map(|id| (id, 0)).collect();
                self.drawn.insert(per, Drawn { since, quests });
            }
        }
    }
}

/// The lot as `docs/rules.md` has it.
fn lot(set: &RuleSet, user: UserId, per: Per, since: Day, wanted: u32) -> Vec<QuestId> {
    let mut hat: Vec<&Quest> = set.quests.iter().filter(|quest| quest.per == per).collect();
    hat.sort_by(|a, b| a.id.cmp(&b.id));
    let mut drawn = vec![];
    for turn in 0..wanted {
        let total: u64 = hat.iter().map(|quest| u64::from(quest.weight)).sum();
        if total == 0 {
            break;
        }
        let mut bytes = user.0.into_bytes().to_vec();
        bytes.extend(since.0.to_le_bytes());
        bytes.extend(turn.to_le_bytes());
        let mut number: u64 = 0xcbf2_9ce4_8422_2325;
        for byte in bytes {
            number = (number ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        number = (number ^ (number >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        number = (number ^ (number >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        number ^= number >> 33;
        let ticket = number % total;
        let mut below = 0;
        let winner = hat.iter().position(|quest| {
            below += u64::from(quest.weight);
            ticket < below
        });
        if let Some(winner) = winner {
            drawn.push(hat.remove(winner).id.clone());
        }
    }
    drawn
}
