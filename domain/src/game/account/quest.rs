//! Small goals for a day or a week, drawn by lot: the same person draws the same ones everywhere.

use serde::{Deserialize, Serialize};

use super::fold::fnv;
use crate::game::calendar::Day;
use crate::game::rules::{Per, Quest, RuleSet};
use crate::ids::UserId;
use crate::slug::QuestId;

/// The quests of one period, and how often each was done. What was drawn stays drawn, whatever
/// becomes of the rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Drawn {
    since: Day,
    pub(super) quests: Vec<(QuestId, u32)>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Quests {
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<Drawn>,
    #[serde(skip_serializing_if = "Option::is_none")]
    week: Option<Drawn>,
}

/// A quest somebody has, and how far they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestView {
    pub quest: QuestId,
    /// The first day of its period.
    pub since: Day,
    pub per: Per,
    pub done: u32,
    pub times: u32,
}

impl Quests {
    /// Draws for the periods of a day, where that was not done yet.
    pub(super) fn draw(&mut self, set: &RuleSet, user: UserId, day: Day) {
        for (drawn, per, since) in [
            (&mut self.day, Per::Day, day),
            (&mut self.week, Per::Week, day.week()),
        ] {
            if drawn.as_ref().is_none_or(|drawn| drawn.since != since) {
                *drawn = Some(Drawn {
                    since,
                    quests: lot(set, user, per, since),
                });
            }
        }
    }

    pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut (QuestId, u32)> {
        let drawn = self.day.iter_mut().chain(&mut self.week);
        drawn.flat_map(|drawn| &mut drawn.quests)
    }

    pub(super) fn view(&self, set: &RuleSet, user: UserId, day: Day) -> Vec<QuestView> {
        let mut then = self.clone();
        then.draw(set, user, day);
        let drawn = [(then.day, Per::Day), (then.week, Per::Week)];
        let drawn = drawn
            .into_iter()
            .filter_map(|(drawn, per)| drawn.map(|drawn| (drawn, per)));
        drawn
            .flat_map(|(drawn, per)| {
                let since = drawn.since;
                let known = drawn.quests.into_iter().filter_map(move |(id, done)| {
                    let quest = set.quests.iter().find(|quest| quest.id == id)?;
                    Some(QuestView {
                        done: done.min(quest.times),
                        times: quest.times,
                        quest: id,
                        since,
                        per,
                    })
                });
                known.collect::<Vec<_>>()
            })
            .collect()
    }
}

/// Draws without putting back, each by its weight, by a number made of who, when and how many before.
fn lot(set: &RuleSet, user: UserId, per: Per, since: Day) -> Vec<(QuestId, u32)> {
    let wanted = match per {
        Per::Week => set.quest_policy.a_week,
        _ => set.quest_policy.a_day,
    };
    let mut hat: Vec<&Quest> = set.quests.iter().filter(|quest| quest.per == per).collect();
    hat.sort_by(|a, b| a.id.cmp(&b.id));
    let mut drawn = vec![];
    for turn in 0..wanted {
        let weights: u64 = hat.iter().map(|quest| u64::from(quest.weight)).sum();
        if weights == 0 {
            break;
        }
        let bytes = user.0.into_bytes().into_iter();
        let bytes = bytes.chain(since.0.to_le_bytes()).chain(turn.to_le_bytes());
        let mut ticket = mixed(fnv(bytes)) % weights;
        let winner = hat.iter().position(|quest| {
            let weight = u64::from(quest.weight);
            let is_it = ticket < weight;
            ticket = ticket.saturating_sub(weight);
            is_it
        });
        let Some(winner) = winner else { break };
        drawn.push((hat.remove(winner).id.clone(), 0));
    }
    drawn
}

/// FNV's low bits hardly differ between neighbours; this spreads them (the finish of MurmurHash3).
const fn mixed(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}
