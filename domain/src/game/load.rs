//! The game's content: rules, badges, quests, boards and the like, read whole or not at all.
//!
//! What serde cannot know is checked here: a name that no deed has, a cap of nothing, a board of
//! points that nobody pays. Every fault has its file, line and field, and all are told at once, so
//! that a folder is right after one round and never wrong while people play.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::plan::{BoardPlan, ContestPlan, LeaguePlan, SeasonPlan};
use super::rules::{Badge, Levels, Quest, QuestPolicy, Rule, RuleSet, StreakPolicy};
pub use crate::content::Own;
use crate::content::{ContentFault, Document};

mod conditions;
mod plans;
mod rules;
#[cfg(test)]
mod tests;

/// Files of the game. More is a mistake in a folder.
pub const FILES_MAX: usize = 500;
/// Rules, badges, quests, boards.. of each kind. Each rule costs a little of every deed's time.
pub const ITEMS_MAX: usize = 1_000;
/// Faults that are told at once; who has more fixes these first.
const FAULTS_MAX: usize = 200;

/// Everything content says of the game, in the order of ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Game {
    pub rule_set: RuleSet,
    pub boards: Vec<BoardPlan>,
    pub leagues: Vec<LeaguePlan>,
    pub contests: Vec<ContestPlan>,
    pub season: Option<SeasonPlan>,
}

/// What a file holds, by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shelf {
    Rules,
    Badges,
    Quests,
    Boards,
    Leagues,
    Contests,
    Levels,
    Streak,
    Seasons,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    #[serde(default)]
    rule: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BadgeFile {
    #[serde(default)]
    badge: Vec<Badge>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuestFile {
    /// In one of the files.
    policy: Option<QuestPolicy>,
    #[serde(default)]
    quest: Vec<Quest>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BoardFile {
    #[serde(default)]
    board: Vec<BoardPlan>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LeagueFile {
    #[serde(default)]
    league: Vec<LeaguePlan>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContestFile {
    #[serde(default)]
    contest: Vec<ContestPlan>,
}

/// Something that was read, and where it stands.
struct Placed<'d, T> {
    document: &'d Document<'d>,
    /// `rule.2`, or empty for a file that is one thing.
    path: String,
    value: T,
}

impl<T> Placed<'_, T> {
    fn fault(&self, field: &str, says: impl Into<String>) -> ContentFault {
        let path = match (self.path.as_str(), field) {
            ("", field) => field.to_owned(),
            (path, "") => path.to_owned(),
            (path, field) => format!("{path}.{field}"),
        };
        self.document.fault(&path, says)
    }

    /// Says so when something does not hold.
    fn hold(&self, holds: bool, field: &str, says: &str, faults: &mut Vec<ContentFault>) {
        if !holds {
            faults.push(self.fault(field, says));
        }
    }
}

#[derive(Default)]
struct Content<'d> {
    rules: Vec<Placed<'d, Rule>>,
    badges: Vec<Placed<'d, Badge>>,
    quests: Vec<Placed<'d, Quest>>,
    policies: Vec<Placed<'d, QuestPolicy>>,
    levels: Vec<Placed<'d, Levels>>,
    streaks: Vec<Placed<'d, StreakPolicy>>,
    boards: Vec<Placed<'d, BoardPlan>>,
    leagues: Vec<Placed<'d, LeaguePlan>>,
    contests: Vec<Placed<'d, ContestPlan>>,
    seasons: Vec<Placed<'d, SeasonPlan>>,
}

impl Game {
    /// Reads files given as path and text. The last folder of a path says what a file holds (`rules/talk.toml`); `levels.toml`,
    /// `streak.toml` and `seasons.toml` are known by their names. Other files are none of ours. The
    /// order of files makes no difference.
    pub fn load<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Vec<ContentFault>> {
        Self::load_with(files, &[])
    }

    /// Whether a file, by its path, has something of the game in it.
    pub fn knows(path: &str) -> bool {
        shelf(path).is_some()
    }

    /// [`Game::load`], with what an org wrote of its own.
    pub fn load_with<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
        own: &[Own<'_>],
    ) -> Result<Self, Vec<ContentFault>> {
        let mut faults = vec![];
        let mut documents = vec![];
        for (path, text) in files {
            let Some(shelf) = shelf(path) else { continue };
            if documents.len() >= FILES_MAX {
                faults.push(of_all(path, format!("more than {FILES_MAX} files")));
                break;
            }
            match Document::parse(path, text) {
                Ok(document) => documents.push((shelf, document)),
                Err(fault) => faults.push(fault),
            }
        }
        let mut content = Content::default();
        for (shelf, document) in &documents {
            if let Err(fault) = content.read(*shelf, document) {
                faults.push(fault);
            }
        }
        let own: Vec<_> = own.iter().map(|own| (own, own.path())).collect();
        let mut own_documents = vec![];
        for (own, path) in &own {
            let Some(shelf) = shelf(path) else {
                faults.push(of_all(path, "there is no such kind of content".to_owned()));
                continue;
            };
            content.forget(shelf, own.id);
            match own.text.map(|text| Document::parse(path, text)) {
                Some(Ok(document)) => own_documents.push((shelf, own.id, document)),
                Some(Err(fault)) => faults.push(fault),
                None => {}
            }
        }
        for (shelf, id, document) in &own_documents {
            if let Err(fault) = content.read_own(*shelf, id, document) {
                faults.push(fault);
            }
        }
        // A file that cannot be read would be missed everywhere; those faults would only confuse.
        let is_whole = faults.is_empty();
        rules::check(&content, is_whole, &mut faults);
        plans::check(&content, is_whole, &mut faults);
        if faults.is_empty()
            && let Some(game) = content.into_game()
        {
            return Ok(game);
        }
        faults.sort();
        faults.dedup();
        faults.truncate(FAULTS_MAX);
        Err(faults)
    }
}

fn shelf(path: &str) -> Option<Shelf> {
    let mut parts = path.rsplit('/');
    let name = parts.next()?;
    match (parts.next(), name) {
        (_, "levels.toml") => return Some(Shelf::Levels),
        (_, "streak.toml") => return Some(Shelf::Streak),
        (_, "seasons.toml") => return Some(Shelf::Seasons),
        _ => {}
    }
    let mut parts = path.rsplit('/').skip(1);
    name.strip_suffix(".toml")?;
    match parts.next()? {
        "rules" => Some(Shelf::Rules),
        "badges" => Some(Shelf::Badges),
        "quests" => Some(Shelf::Quests),
        "boards" => Some(Shelf::Boards),
        "leagues" => Some(Shelf::Leagues),
        "contests" => Some(Shelf::Contests),
        _ => None,
    }
}

/// A fault of a file as a whole, or of one that is missing.
fn of_all(file: &str, says: String) -> ContentFault {
    ContentFault {
        file: file.to_owned(),
        line: 0,
        field: String::new(),
        says,
    }
}

impl<'d> Content<'d> {
    fn read(&mut self, shelf: Shelf, document: &'d Document<'d>) -> Result<(), ContentFault> {
        match shelf {
            Shelf::Rules => {
                let file: RuleFile = document.read()?;
                place_all(document, "rule", file.rule, &mut self.rules);
            }
            Shelf::Badges => {
                let file: BadgeFile = document.read()?;
                place_all(document, "badge", file.badge, &mut self.badges);
            }
            Shelf::Quests => {
                let file: QuestFile = document.read()?;
                self.policies.extend(file.policy.map(|value| Placed {
                    document,
                    path: "policy".to_owned(),
                    value,
                }));
                place_all(document, "quest", file.quest, &mut self.quests);
            }
            Shelf::Boards => {
                let file: BoardFile = document.read()?;
                place_all(document, "board", file.board, &mut self.boards);
            }
            Shelf::Leagues => {
                let file: LeagueFile = document.read()?;
                place_all(document, "league", file.league, &mut self.leagues);
            }
            Shelf::Contests => {
                let file: ContestFile = document.read()?;
                place_all(document, "contest", file.contest, &mut self.contests);
            }
            Shelf::Levels => self.levels.push(whole(document)?),
            Shelf::Streak => self.streaks.push(whole(document)?),
            Shelf::Seasons => self.seasons.push(whole(document)?),
        }
        Ok(())
    }

    /// Leaves out the item of an id, or what a kind with one item has.
    fn forget(&mut self, shelf: Shelf, id: &str) {
        match shelf {
            Shelf::Rules => self.rules.retain(|placed| placed.value.id.as_str() != id),
            Shelf::Badges => self.badges.retain(|placed| placed.value.id.as_str() != id),
            Shelf::Quests => self.quests.retain(|placed| placed.value.id.as_str() != id),
            Shelf::Boards => self.boards.retain(|placed| placed.value.id.as_str() != id),
            Shelf::Leagues => self.leagues.retain(|placed| placed.value.id.as_str() != id),
            Shelf::Contests => self
                .contests
                .retain(|placed| placed.value.id.as_str() != id),
            Shelf::Levels => self.levels.clear(),
            Shelf::Streak => self.streaks.clear(),
            Shelf::Seasons => self.seasons.clear(),
        }
    }

    /// Reads a file that has the one item in it that it is named after.
    fn read_own(
        &mut self,
        shelf: Shelf,
        id: &str,
        document: &'d Document<'d>,
    ) -> Result<(), ContentFault> {
        let before = (self.count(), self.policies.len());
        self.read(shelf, document)?;
        let read = (self.count(), self.policies.len());
        self.forget(shelf, id);
        let is_alone = (read.0, read.1) == (before.0 + 1, before.1) && self.count() == before.0;
        if !is_alone {
            let says = format!("has to hold '{id}', and nothing else");
            return Err(document.fault("", says));
        }
        self.read(shelf, document)
    }

    fn count(&self) -> usize {
        let of_many = self.rules.len() + self.badges.len() + self.quests.len() + self.boards.len();
        let of_few = self.leagues.len() + self.contests.len();
        of_many + of_few + self.levels.len() + self.streaks.len() + self.seasons.len()
    }

    /// `None` only where something is missing that the checks insist on.
    fn into_game(mut self) -> Option<Game> {
        let rule_set = RuleSet {
            rules: values(self.rules),
            badges: values(self.badges),
            levels: self.levels.pop()?.value,
            streak: self.streaks.pop()?.value,
            quest_policy: match self.policies.pop() {
                Some(policy) => policy.value,
                None => QuestPolicy {
                    a_day: 0,
                    a_week: 0,
                },
            },
            quests: values(self.quests),
        };
        let mut game = Game {
            rule_set: rule_set.sorted(),
            boards: values(self.boards),
            leagues: values(self.leagues),
            contests: values(self.contests),
            season: self.seasons.pop().map(|season| season.value),
        };
        game.boards.sort_by(|a, b| a.id.cmp(&b.id));
        game.leagues.sort_by(|a, b| a.id.cmp(&b.id));
        game.contests.sort_by(|a, b| a.id.cmp(&b.id));
        Some(game)
    }
}

fn whole<'d, T: DeserializeOwned>(
    document: &'d Document<'d>,
) -> Result<Placed<'d, T>, ContentFault> {
    Ok(Placed {
        document,
        path: String::new(),
        value: document.read()?,
    })
}

fn place_all<'d, T>(
    document: &'d Document<'d>,
    name: &str,
    values: Vec<T>,
    into: &mut Vec<Placed<'d, T>>,
) {
    let placed = values.into_iter().enumerate().map(|(place, value)| Placed {
        document,
        path: format!("{name}.{place}"),
        value,
    });
    into.extend(placed);
}

fn values<T>(placed: Vec<Placed<'_, T>>) -> Vec<T> {
    placed.into_iter().map(|placed| placed.value).collect()
}

/// Ids are given once, and there are not too many of them.
fn distinct<T, I: Ord + std::fmt::Display>(
    placed: &[Placed<'_, T>],
    id: impl Fn(&T) -> &I,
    faults: &mut Vec<ContentFault>,
) {
    let mut known = std::collections::BTreeMap::new();
    for (count, placed) in placed.iter().enumerate() {
        let id = id(&placed.value);
        if let Some(first) = known.insert(id, placed) {
            let ContentFault { file, line, .. } = first.fault("id", "");
            let says = format!("'{id}' is already the id of what stands in {file}:{line}");
            faults.push(placed.fault("id", says));
        }
        if count == ITEMS_MAX {
            faults.push(placed.fault("", format!("more than {ITEMS_MAX} of a kind")));
        }
    }
}

/// Words for people: some, but not a book.
fn says_something<T>(
    placed: &Placed<'_, T>,
    field: &str,
    text: &str,
    faults: &mut Vec<ContentFault>,
) {
    let is_fine = !text.trim().is_empty() && text.chars().count() <= 200;
    placed.hold(is_fine, field, "needs 1 to 200 characters", faults);
}
