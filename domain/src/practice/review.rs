//! A practice looked back on: what is taken out of the journal of a closed scene, and what is filed of
//! it for each learner. Pure: the same journal gives the same review.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::clock::SceneClock;
use super::library::Library;
use super::rejudge::Override;
use super::report::{self, Facts, Measured, Report, Score, Source};
use super::rubric::Rubric;
use super::scenario::Scenario;
use super::skill::{self, Profile, Shown};
use crate::game::deed::Judge;
use crate::ids::{Seq, TurnId, UserId};
use crate::journal::{Fact, Recorded};
use crate::persona::offline::Ended;
use crate::room::{Event, Scene, Why};
use crate::script::{Part, Script, ScriptLine, Voice};
use crate::signals;
use crate::slug::{GoalId, PersonaId, ScenarioId};
use crate::time::Timestamp;

/// Learners of one practice who get a report. With their skills they are one batch of the journal.
pub const LEARNERS_MAX: usize = 24;
/// Skills of one report: what a rubric feeds.
const SKILLS_MAX: usize = 8;
/// Notes a persona keeps of one learner, the latest.
pub const NOTES_MAX: usize = 12;
/// Things a persona keeps that a learner told, by name of what they are.
pub const SLOTS_MAX: usize = 24;

/// What the journal says of a practice, for everybody in it.
#[derive(Clone, Debug, Default)]
pub struct Course {
    pub script: Script,
    /// The person the scene was opened for.
    pub opened_for: Option<UserId>,
    /// With the learner's line each was met by.
    pub goals_met: Vec<(GoalId, Seq)>,
    pub ended: Option<Ended>,
    pub live_ms: i64,
}

impl Course {
    /// Reads the journal of a scene, up to where it was closed.
    pub fn read(events: &[Recorded], scene: &Scene, now: Timestamp) -> Self {
        let is_end =
            |recorded: &Recorded| matches!(recorded.fact, Fact::Room(Event::SceneClosed {}));
        let end = events.iter().position(is_end);
        // A stopped line is written after the end, and was heard before it.
        let (played, rest) = events.split_at(end.unwrap_or(events.len()));
        let heard = rest.iter().filter(|recorded| {
            matches!(
                recorded.fact,
                Fact::Room(Event::Spoke { .. } | Event::Retracted { .. } | Event::Edited { .. })
            )
        });
        let said: Vec<Recorded> = played.iter().chain(heard).cloned().collect();
        let script = Script::read(&said, scene);
        let mut course = Self {
            live_ms: SceneClock::of(events).live_ms(now),
            ..Self::default()
        };
        for recorded in &said {
            match &recorded.fact {
                Fact::Room(Event::TurnAsked {
                    why: Why::Opening,
                    asked_by,
                    ..
                }) => course.opened_for = *asked_by,
                Fact::Room(Event::Spoke { notes, turn, .. }) => {
                    let place = script
                        .lines
                        .iter()
                        .position(|line| line.turn() == Some(*turn));
                    let Some(place) = place else { continue };
                    course.ended = notes.ended.or(course.ended);
                    if let Some(seq) = last_said(&script.lines[..place]) {
                        course.meet(&notes.goals_met, seq);
                    }
                }
                _ => {}
            }
        }
        course.script = script;
        course
    }

    fn meet(&mut self, goals: &[GoalId], seq: Seq) {
        for goal in goals {
            if !self.goals_met.iter().any(|(met, _)| met == goal) {
                self.goals_met.push((goal.clone(), seq));
            }
        }
    }

    /// Everybody who said something, who it was for first.
    pub fn speakers(&self) -> Vec<UserId> {
        let said: BTreeSet<UserId> = self.script.lines.iter().filter_map(person).collect();
        let first = self.opened_for.filter(|user| said.contains(user));
        let others = said.iter().filter(|user| Some(**user) != first);
        first.into_iter().chain(others.copied()).collect()
    }

    /// What somebody said, measured.
    pub fn measured(&self, learner: UserId) -> Vec<Measured> {
        let own = self
            .script
            .lines
            .iter()
            .filter(|line| person(line) == Some(learner));
        own.map(|line| Measured {
            seq: line.seq,
            facts: signals::facts(&line.text),
        })
        .collect()
    }

    fn words_of_others(&self, learner: UserId) -> u32 {
        let others = self
            .script
            .lines
            .iter()
            .filter(|line| person(line) != Some(learner));
        let words: usize = others
            .map(|line| line.text.split_whitespace().count())
            .sum();
        u32::try_from(words).unwrap_or(u32::MAX)
    }
}

const fn person(line: &ScriptLine) -> Option<UserId> {
    match &line.by {
        Voice::Person(user) => Some(*user),
        Voice::Persona { .. } | Voice::Coach { .. } => None,
    }
}

fn last_said(lines: &[ScriptLine]) -> Option<Seq> {
    let said = |line: &&ScriptLine| matches!(line.by, Voice::Person(_));
    lines.iter().rev().find(said).map(|line| line.seq)
}

/// What a persona keeps of a learner for another time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keeps {
    pub persona: PersonaId,
    pub slots: BTreeMap<String, String>,
    pub notes: Vec<String>,
}

/// What is kept of one learner's practice, beside the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filed {
    pub scenario: ScenarioId,
    pub title: String,
    /// Steps harder than it is written.
    pub harder: i8,
    pub minutes: u16,
    /// How the scene ended, where a persona's line ended it.
    pub ended: Option<Ended>,
    /// Lines the learner said.
    pub lines: u32,
    pub judge: Judge,
    pub report: Report,
    /// What it showed of each skill.
    pub shown: Vec<Shown>,
    /// What coaches scored otherwise later, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Override>,
    /// Kept by the personas, and not with the report.
    #[serde(skip)]
    pub keeps: Vec<Keeps>,
}

/// One learner's practice, as it is handed to the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Practice {
    pub user: UserId,
    pub filed: Filed,
}

impl Practice {
    /// What is written of it in the journal.
    pub fn events(&self) -> Vec<Event> {
        let Filed { report, judge, .. } = &self.filed;
        let met = report.goals.iter().filter(|goal| goal.met_at.is_some());
        let small = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
        let completed = Event::PracticeCompleted {
            user: self.user,
            scenario: self.filed.scenario.clone(),
            score: report.total.unwrap_or(0),
            minutes: self.filed.minutes,
            goals_met: small(met.count()),
            goals: small(report.goals.len()),
            judge: *judge,
            filed: Some(std::sync::Arc::new(self.filed.clone())),
        };
        let skills = self.filed.shown.iter().take(SKILLS_MAX);
        let skills = skills.map(|shown| Event::SkillScored {
            user: self.user,
            skill: shown.skill.clone(),
            score: shown.per_mille,
            judge: judge_of(shown.source),
        });
        std::iter::once(completed).chain(skills).collect()
    }
}

pub(super) const fn judge_of(source: Source) -> Judge {
    match source {
        Source::Local => Judge::Local,
        Source::Model => Judge::Model,
        Source::Coach => Judge::Coach,
    }
}

/// Who is to be held for the judge of a report: it is trusted as its least part is, so that a model never
/// passes for something else.
pub(super) fn trusted(report: &Report) -> Judge {
    let scored = report
        .criteria
        .iter()
        .filter_map(|result| result.score.as_ref());
    if scored.clone().any(|score| score.source == Source::Model) {
        return Judge::Model;
    }
    let least = scored.map(|score| score.source).min();
    judge_of(least.unwrap_or(Source::Local))
}

/// What is known of a learner beside this practice.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// What earlier practices showed.
    pub shown: Vec<Shown>,
    /// What each persona of the cast kept of them; `None`: they want nothing kept.
    pub keeps: Option<Vec<Keeps>>,
    /// What a model thinks of each criterion.
    pub scores: Vec<Score>,
}

/// A practice, ready to be reviewed.
#[derive(Clone, Copy, Debug)]
pub struct Reviewing<'a> {
    pub library: &'a Library,
    pub scene: &'a Scene,
    pub scenario: &'a Scenario,
    pub rubric: &'a Rubric,
    pub course: &'a Course,
    /// Tells this room's dice from every other's.
    pub seed: u64,
    pub at: Timestamp,
}

impl Reviewing<'_> {
    /// What came of it for one learner. `None`: they said nothing.
    pub fn of(&self, learner: UserId, known: &Known) -> Option<Practice> {
        let lines = self.course.measured(learner);
        let last = lines.last()?.seq;
        let kept = known.keeps.as_deref().unwrap_or_default();
        let mut goals_met = self.course.goals_met.clone();
        let mut rapport = None;
        let mut keeps = vec![];
        for seat in &self.scene.cast {
            let before = kept.iter().find(|keeps| keeps.persona == seat.persona);
            let nothing = BTreeMap::new();
            let slots = before.map_or(&nothing, |keeps| &keeps.slots);
            let Some(cast) = self
                .library
                .cast(&seat.persona, Some(&self.scenario.id))
                .or_else(|| self.library.cast(&seat.persona, None))
            else {
                continue;
            };
            let part = Part {
                cast: cast.harder(self.scene.harder),
                own: &seat.persona,
                // A turn that nobody takes: only what is heard in it matters.
                turn: TurnId(u64::MAX),
                why: Why::Line,
                seed: self.seed,
            };
            // What was said last counts, although nobody had the time to answer it.
            let state = part.play(&self.course.script, slots).state;
            for goal in state.goals_met() {
                if !goals_met.iter().any(|(met, _)| met == goal) {
                    goals_met.push((goal.clone(), last));
                }
            }
            rapport = rapport.or(Some(state.rapport()));
            keeps.push(Keeps {
                persona: seat.persona.clone(),
                slots: told(state.slots()),
                notes: before.map_or_else(Vec::new, |keeps| keeps.notes.clone()),
            });
        }
        let facts = Facts {
            lines: &lines,
            other_words: self.course.words_of_others(learner),
            goals_met: &goals_met,
            rapport,
            scores: &known.scores,
        };
        let mut report = report::report(self.scenario, self.rubric, &facts);
        let shown = skill::shown(&report, self.scenario, self.at);
        report.skills = Profile::change(&known.shown, &shown, self.at);
        let note = self.note(&report);
        for keeps in &mut keeps {
            keeps.notes.push(note.clone());
            let surplus = keeps.notes.len().saturating_sub(NOTES_MAX);
            keeps.notes.drain(..surplus);
        }
        let filed = Filed {
            scenario: self.scenario.id.clone(),
            title: self.scenario.script.title.clone(),
            harder: self.scene.harder,
            minutes: u16::try_from(self.course.live_ms / 60_000).unwrap_or(u16::MAX),
            ended: self.course.ended,
            lines: u32::try_from(lines.len()).unwrap_or(u32::MAX),
            judge: trusted(&report),
            report,
            shown,
            overrides: vec![],
            keeps: if known.keeps.is_some() { keeps } else { vec![] },
        };
        Some(Practice {
            user: learner,
            filed,
        })
    }

    /// What a persona remembers of it: made of content, not of what was said.
    fn note(&self, report: &Report) -> String {
        let met = report.goals.iter().filter(|goal| goal.met_at.is_some());
        let met: Vec<&str> = met.map(|goal| goal.title.as_str()).collect();
        let title = &self.scenario.script.title;
        let reached = if met.is_empty() {
            "no goal was reached yet".to_owned()
        } else {
            format!("reached: {}", met.join("; "))
        };
        format!("You practised \"{title}\" together; {reached}.")
    }
}

fn told(slots: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let kept = slots.iter().take(SLOTS_MAX);
    kept.map(|(slot, value)| (slot.clone(), value.clone()))
        .collect()
}
