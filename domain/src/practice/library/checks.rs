//! What serde cannot know of a library: that names exist, that numbers make sense, that no place
//! where a persona must say something runs dry.

use std::collections::BTreeSet;

use super::{Read, Shelf};
use crate::content::{ContentFault, Document};
use crate::persona::direction::{Direction, Steps};
use crate::persona::{Dials, Intent, Manners, Phrase, Play, Sheet, Voice};
use crate::practice::scenario::Script;
use crate::text;

/// What the engine itself fills.
const OWN_SLOTS: [&str; 4] = ["echo", "recall", "me", "you"];
/// What the engine itself hears, whatever the language.
pub(crate) const OWN_INTENTS: [&str; 7] = [
    "question",
    "open-question",
    "number",
    "long",
    "short",
    "again",
    "rude",
];

mod scripts;

const TEXT_CHARS_MAX: usize = 4_000;
const SHORT_CHARS_MAX: usize = 300;
const LIST_MAX: usize = 80;

pub(super) fn check(shelf: &Shelf<'_>, faults: &mut Vec<ContentFault>) {
    for read in &shelf.manners {
        let mut check = Check::new(&read.document, faults);
        check.manners(&read.value);
    }
    for read in &shelf.rubrics {
        let mut check = Check::new(&read.document, faults);
        check.rubric(&read.value);
    }
    for read in &shelf.personas {
        let manners = named(&shelf.manners, &read.value.language);
        let mut check = Check::new(&read.document, faults);
        check.persona(&read.value, manners);
    }
    for read in &shelf.scenarios {
        let mut check = Check::new(&read.document, faults);
        check.scenario(&read.value, shelf);
    }
}

fn named<'s, T>(shelf: &'s [Read<'_, T>], name: &str) -> Option<&'s T> {
    shelf
        .iter()
        .find(|read| read.name == name)
        .map(|read| &read.value)
}

struct Check<'c, 'a> {
    document: &'c Document<'a>,
    faults: &'c mut Vec<ContentFault>,
}

impl<'c, 'a> Check<'c, 'a> {
    fn new(document: &'c Document<'a>, faults: &'c mut Vec<ContentFault>) -> Self {
        Self { document, faults }
    }

    fn say(&mut self, field: &str, says: impl Into<String>) {
        let fault = self.document.fault(field, says);
        self.faults.push(fault);
    }

    fn hold(&mut self, holds: bool, field: &str, says: &str) {
        if !holds {
            self.say(field, says);
        }
    }

    fn text(&mut self, text: &str, chars_max: usize, field: &str) {
        let fine = !text.trim().is_empty() && text.chars().count() <= chars_max;
        self.hold(
            fine,
            field,
            &format!("a text of 1 to {chars_max} characters"),
        );
    }

    fn texts(&mut self, texts: &[String], field: &str) {
        self.hold(texts.len() <= LIST_MAX, field, "a list of at most 80");
        for (place, one) in texts.iter().enumerate() {
            self.text(one, SHORT_CHARS_MAX, &format!("{field}.{place}"));
        }
    }

    fn count(&mut self, count: usize, range: std::ops::RangeInclusive<usize>, field: &str) {
        let says = format!("{} to {} of these, not {count}", range.start(), range.end());
        self.hold(range.contains(&count), field, &says);
    }

    fn once<T: Ord + std::fmt::Display>(
        &mut self,
        ids: impl Iterator<Item = T>,
        field: impl Fn(usize) -> String,
    ) {
        let mut seen = BTreeSet::new();
        for (place, id) in ids.enumerate() {
            let says = format!("there is another `{id}`");
            if !seen.insert(id) {
                self.say(&field(place), says);
            }
        }
    }

    fn language(&mut self, language: &str) {
        let fine = language.len() == 2 && language.bytes().all(|byte| byte.is_ascii_lowercase());
        self.hold(fine, "language", "a language in two letters: en, de");
    }

    fn phrases(&mut self, phrases: &[Phrase], slots: &BTreeSet<String>, field: &str) {
        self.hold(phrases.len() <= LIST_MAX, field, "a list of at most 80");
        for (place, phrase) in phrases.iter().enumerate() {
            for slot in phrase.slots().filter(|slot| !slots.contains(*slot)) {
                self.say(
                    &format!("{field}.{place}"),
                    format!("nothing fills {{{slot}}}"),
                );
            }
        }
        self.once(phrases.iter().map(Phrase::source), |place| {
            format!("{field}.{place}")
        });
    }

    fn intents(&mut self, intents: &[Intent], names: &Names, field: &str) {
        self.hold(intents.len() <= LIST_MAX, field, "a list of at most 80");
        self.once(intents.iter().map(|intent| &intent.id), |place| {
            format!("{field}.{place}.id")
        });
        for (place, intent) in intents.iter().enumerate() {
            let at = format!("{field}.{place}");
            self.count(intent.hears.len(), 1..=LIST_MAX, &format!("{at}.hears"));
            self.phrases(&intent.says, &names.slots, &format!("{at}.says"));
            self.phrases(&intent.asks, &names.slots, &format!("{at}.asks"));
            self.phrases(&intent.guarded, &names.slots, &format!("{at}.guarded"));
            self.hold(
                intent.warms.abs() <= 500,
                &format!("{at}.warms"),
                "from -500 to 500",
            );
            if let Some(fact) = &intent.reveals {
                let known = names.facts.contains(fact.as_str());
                self.hold(known, &format!("{at}.reveals"), "there is no such fact");
                let both = !intent.says.is_empty() && !intent.guarded.is_empty();
                self.hold(
                    both,
                    &format!("{at}.reveals"),
                    "what reveals has `says` for telling and `guarded` for not telling",
                );
            }
            if let Some(beat) = &intent.during {
                let known = names.beats.contains(beat.as_str());
                self.hold(known, &format!("{at}.during"), "there is no such beat");
            }
        }
    }

    fn voice(&mut self, voice: &Voice, slots: &BTreeSet<String>, field: &str) {
        for (name, pool) in voice.pools() {
            self.phrases(pool, slots, &format!("{field}.{name}"));
        }
    }

    fn play(&mut self, play: &Play, names: &Names) {
        self.voice(&play.voice, &names.slots, "offline.voice");
        self.intents(&play.intents, names, "offline.intent");
        self.hold(play.moods.len() <= 8, "offline.mood", "at most 8 moods");
        for (place, mood) in play.moods.iter().enumerate() {
            let at = format!("offline.mood.{place}");
            self.text(&mood.name, 40, &format!("{at}.name"));
            let before = place.checked_sub(1).and_then(|place| play.moods.get(place));
            let fine = match before {
                None => mood.from == 0,
                Some(before) => before.from < mood.from && mood.from <= 1_000,
            };
            self.hold(
                fine,
                &format!("{at}.from"),
                "moods begin at 0 and go up to at most 1000",
            );
            self.phrases(&mood.thaws, &names.slots, &format!("{at}.thaws"));
            self.phrases(&mood.cools, &names.slots, &format!("{at}.cools"));
            self.phrases(&mood.acks, &names.slots, &format!("{at}.acks"));
        }
    }

    fn manners(&mut self, manners: &Manners) {
        let names = Names::of(None, None, manners);
        self.intents(&manners.intents, &names, "intent");
        self.directions(&manners.directions);
        self.voice(&manners.voice, &names.slots, "voice");
        for (name, pool) in manners.voice.pools() {
            let least = if ["puzzled", "afters"].contains(&name) {
                Voice::DEEP
            } else {
                1
            };
            // These are said when nothing is known, so they may name nothing.
            let plain = pool
                .iter()
                .filter(|phrase| phrase.is_sayable(&std::collections::BTreeMap::new()));
            let ready = ["echoes", "recalls", "asides"].contains(&name) || plain.count() >= least;
            self.hold(
                ready,
                &format!("voice.{name}"),
                &format!("at least {least} phrases that name no slot"),
            );
        }
    }

    fn directions(&mut self, directions: &[Direction]) {
        self.hold(
            directions.len() <= LIST_MAX,
            "direction",
            "a list of at most 80",
        );
        self.once(directions.iter().map(|direction| &direction.id), |place| {
            format!("direction.{place}.id")
        });
        for (place, direction) in directions.iter().enumerate() {
            let at = format!("direction.{place}");
            self.text(&direction.title, SHORT_CHARS_MAX, &format!("{at}.title"));
            self.count(direction.hears.len(), 1..=LIST_MAX, &format!("{at}.hears"));
            for (name, steps) in direction.dials.named() {
                self.hold(
                    Steps::RANGE.contains(&steps),
                    &format!("{at}.dials.{name}"),
                    "from -4 to 4",
                );
            }
            self.hold(
                direction.warms.abs() <= 500,
                &format!("{at}.warms"),
                "from -500 to 500",
            );
        }
    }

    fn persona(&mut self, sheet: &Sheet, manners: Option<&Manners>) {
        if text::name(&sheet.name).as_deref() != Ok(sheet.name.as_str()) {
            self.say("name", "one visible line of at most 60 characters");
        }
        self.text(&sheet.title, SHORT_CHARS_MAX, "title");
        self.language(&sheet.language);
        self.text(&sheet.character, TEXT_CHARS_MAX, "character");
        self.text(&sheet.voice, TEXT_CHARS_MAX, "voice");
        self.texts(&sheet.goals, "goals");
        self.texts(&sheet.boundaries, "boundaries");
        self.dials(sheet.dials);
        self.once(sheet.facts.iter().map(|fact| &fact.id), |place| {
            format!("fact.{place}.id")
        });
        for (place, fact) in sheet.facts.iter().enumerate() {
            self.text(&fact.text, SHORT_CHARS_MAX, &format!("fact.{place}.text"));
            self.text(
                &fact.said_when,
                SHORT_CHARS_MAX,
                &format!("fact.{place}.said_when"),
            );
        }
        let Some(manners) = manners else {
            self.say(
                "language",
                "nobody has manners in this language: a file in content/manners",
            );
            return;
        };
        let names = Names::of(Some(sheet), None, manners);
        self.phrases(&sheet.opening, &names.slots, "opening");
        self.play(&sheet.offline, &names);
    }

    fn dials(&mut self, dials: Dials) {
        for (name, value) in dials.named() {
            self.hold(
                Dials::RANGE.contains(&value),
                &format!("dials.{name}"),
                "from 1 to 5",
            );
        }
    }
}

/// The names that may be used somewhere.
struct Names {
    intents: BTreeSet<String>,
    facts: BTreeSet<String>,
    beats: BTreeSet<String>,
    slots: BTreeSet<String>,
}

impl Names {
    fn of(persona: Option<&Sheet>, script: Option<&Script>, manners: &Manners) -> Self {
        let lists = [
            Some(&manners.intents),
            persona.map(|sheet| &sheet.offline.intents),
            script.map(|script| &script.intents),
        ];
        let intents = || lists.iter().flatten().flat_map(|list| list.iter());
        let facts = persona.map(|sheet| &sheet.facts).into_iter();
        let facts = facts.chain(script.map(|script| &script.facts));
        let patterns = intents().flat_map(|intent| &intent.hears);
        Self {
            intents: intents()
                .map(|intent| intent.id.to_string())
                .chain(OWN_INTENTS.map(str::to_owned))
                .collect(),
            facts: facts.flatten().map(|fact| fact.id.to_string()).collect(),
            beats: script
                .iter()
                .flat_map(|script| &script.beats)
                .map(|beat| beat.id.to_string())
                .collect(),
            slots: patterns
                .flat_map(|pattern| pattern.slots().map(str::to_owned).collect::<Vec<_>>())
                .chain(OWN_SLOTS.map(str::to_owned))
                .collect(),
        }
    }
}
