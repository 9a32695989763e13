//! Faults of scenarios and rubrics.

use super::super::Shelf;
use super::{Check, Names, SHORT_CHARS_MAX, TEXT_CHARS_MAX, named};
use crate::persona::{DialSettings, Dials};
use crate::practice::rubric;
use crate::practice::scenario::{Condition, Script};
use crate::text;

/// Nobody says so much in a practice that what came of it could not be told any sooner.
const LINES_MIN_MAX: usize = 50;

impl Check<'_, '_> {
    pub(super) fn scenario(&mut self, script: &Script, shelf: &Shelf<'_>) {
        self.text(&script.title, text::TITLE_CHARS_MAX, "title");
        self.language(&script.language);
        self.text(&script.summary, 600, "summary");
        self.text(&script.role, 600, "role");
        self.text(&script.stage, TEXT_CHARS_MAX, "stage");
        self.hold(
            (1..=180).contains(&script.minutes),
            "minutes",
            "from 1 to 180",
        );
        self.hold(
            (1..=5).contains(&script.difficulty),
            "difficulty",
            "from 1 to 5",
        );
        self.dials(settings(script.dials));
        self.texts(&script.hints, "hints");
        self.count(script.personas.len(), 1..=12, "personas");
        self.count(script.goals.len(), 1..=8, "goal");
        self.count(script.beats.len(), 2..=12, "beat");
        self.count(script.twists.len(), 0..=8, "twist");
        self.count(script.opening.len(), 1..=8, "opening");
        self.once(script.goals.iter().map(|goal| &goal.id), |place| {
            format!("goal.{place}.id")
        });
        self.once(script.beats.iter().map(|beat| &beat.id), |place| {
            format!("beat.{place}.id")
        });
        self.once(script.facts.iter().map(|fact| &fact.id), |place| {
            format!("fact.{place}.id")
        });
        self.rubric_of(script, shelf);

        let Some(manners) = named(&shelf.manners, &script.language) else {
            self.say(
                "language",
                "nobody has manners in this language: a file in content/manners",
            );
            return;
        };
        let mut names = Names::of(None, Some(script), manners);
        for (place, persona) in script.personas.iter().enumerate() {
            let field = format!("personas.{place}");
            match named(&shelf.personas, persona.as_str()) {
                None => self.say(&field, format!("there is no persona `{persona}`")),
                Some(sheet) if sheet.language != script.language => {
                    self.say(&field, format!("`{persona}` speaks `{}`", sheet.language));
                }
                Some(_) => {}
            }
        }
        self.intents(&script.intents, &names, "intent");
        // Conditions may wait for what only some of the cast hears or hides.
        for sheet in script
            .personas
            .iter()
            .filter_map(|id| named(&shelf.personas, id.as_str()))
        {
            let heard = sheet
                .offline
                .intents
                .iter()
                .map(|intent| intent.id.to_string());
            names.intents.extend(heard);
            names
                .facts
                .extend(sheet.facts.iter().map(|fact| fact.id.to_string()));
        }
        self.phrases(&script.opening, &names.slots, "opening");
        for (place, goal) in script.goals.iter().enumerate() {
            self.text(
                &goal.title,
                text::TITLE_CHARS_MAX,
                &format!("goal.{place}.title"),
            );
            let field = format!("goal.{place}.when");
            self.hold(!goal.when.is_empty(), &field, "a goal says when it is met");
            self.condition(&goal.when, &names, &field);
        }
        for (place, beat) in script.beats.iter().enumerate() {
            let at = format!("beat.{place}");
            self.text(&beat.wants, SHORT_CHARS_MAX, &format!("{at}.wants"));
            self.count(beat.says.len(), 1..=8, &format!("{at}.says"));
            self.count(beat.presses.len(), 1..=8, &format!("{at}.presses"));
            for (name, pool) in [
                ("says", &beat.says),
                ("presses", &beat.presses),
                ("objects", &beat.objects),
                ("accepts", &beat.accepts),
                ("gives_up", &beat.gives_up),
            ] {
                self.phrases(pool, &names.slots, &format!("{at}.{name}"));
            }
            self.hold(
                (1..=6).contains(&beat.tries),
                &format!("{at}.tries"),
                "from 1 to 6",
            );
            self.condition(&beat.until, &names, &format!("{at}.until"));
        }
        for (place, twist) in script.twists.iter().enumerate() {
            let at = format!("twist.{place}");
            self.count(twist.says.len(), 1..=8, &format!("{at}.says"));
            self.phrases(&twist.says, &names.slots, &format!("{at}.says"));
            self.condition(&twist.when, &names, &format!("{at}.when"));
        }
        for (name, pool) in [
            ("good", &script.ending.good),
            ("mixed", &script.ending.mixed),
            ("poor", &script.ending.poor),
        ] {
            self.count(pool.len(), 1..=8, &format!("ending.{name}"));
            self.phrases(pool, &names.slots, &format!("ending.{name}"));
        }
    }

    fn rubric_of(&mut self, script: &Script, shelf: &Shelf<'_>) {
        let Some(rubric) = named(&shelf.rubrics, script.rubric.as_str()) else {
            self.say("rubric", format!("there is no rubric `{}`", script.rubric));
            return;
        };
        self.count(script.skills.len(), 1..=6, "skills");
        for (place, skill) in script.skills.iter().enumerate() {
            let is_fed = rubric
                .criteria
                .iter()
                .any(|criterion| criterion.skill == *skill);
            self.hold(
                is_fed,
                &format!("skills.{place}"),
                &format!("no criterion of `{}` feeds `{skill}`", script.rubric),
            );
        }
    }

    fn condition(&mut self, when: &Condition, names: &Names, field: &str) {
        for (name, ids) in [("all", &when.all), ("any", &when.any), ("none", &when.none)] {
            for id in ids.iter().filter(|id| !names.intents.contains(id.as_str())) {
                self.say(&format!("{field}.{name}"), format!("nobody hears `{id}`"));
            }
        }
        for id in when
            .facts
            .iter()
            .filter(|id| !names.facts.contains(id.as_str()))
        {
            self.say(
                &format!("{field}.facts"),
                format!("there is no fact `{id}`"),
            );
        }
        for slot in when
            .slots
            .iter()
            .filter(|slot| !names.slots.contains(*slot))
        {
            self.say(&format!("{field}.slots"), format!("nothing fills `{slot}`"));
        }
        for id in when
            .beats
            .iter()
            .filter(|id| !names.beats.contains(id.as_str()))
        {
            self.say(
                &format!("{field}.beats"),
                format!("there is no beat `{id}`"),
            );
        }
        let fine = when.rapport <= 1_000;
        self.hold(fine, &format!("{field}.rapport"), "from 0 to 1000");
    }

    pub(super) fn rubric(&mut self, sheet: &rubric::Sheet) {
        self.text(&sheet.title, text::TITLE_CHARS_MAX, "title");
        self.text(&sheet.summary, 600, "summary");
        let lines = usize::from(sheet.lines_min);
        self.count(lines, 1..=LINES_MIN_MAX, "lines_min");
        self.count(sheet.criteria.len(), 1..=10, "criterion");
        self.once(
            sheet.criteria.iter().map(|criterion| &criterion.id),
            |place| format!("criterion.{place}.id"),
        );
        let sum: u32 = sheet
            .criteria
            .iter()
            .map(|criterion| u32::from(criterion.weight))
            .sum();
        self.hold(
            sum == 1_000,
            "criterion",
            &format!("the weights make 1000 together, not {sum}"),
        );
        for (place, criterion) in sheet.criteria.iter().enumerate() {
            let at = format!("criterion.{place}");
            self.text(
                &criterion.title,
                text::TITLE_CHARS_MAX,
                &format!("{at}.title"),
            );
            self.text(&criterion.tip, SHORT_CHARS_MAX, &format!("{at}.tip"));
            self.hold(criterion.weight > 0, &format!("{at}.weight"), "more than 0");
            self.count(criterion.levels.len(), 2..=6, &format!("{at}.levels"));
            self.texts(&criterion.levels, &format!("{at}.levels"));
            for (item, evidence) in criterion.evidence.iter().enumerate() {
                let field = format!("{at}.evidence.{item}");
                let fine = evidence.none != evidence.full && evidence.weight > 0;
                self.hold(
                    fine,
                    &field,
                    "`none` and `full` differ, and it weighs something",
                );
            }
        }
    }
}

fn settings(dials: DialSettings) -> Dials {
    dials.over(Dials::default())
}
