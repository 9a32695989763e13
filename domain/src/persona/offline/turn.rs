//! One reply, from what was heard to what is said.

use std::collections::BTreeMap;

use super::hear::{Heard, Near};
use super::speak::Speaker;
use super::{Cast, Ended, Reply, Said, State};
use crate::persona::dice::{Dice, hash};
use crate::practice::scenario::Beat;
use crate::slug::FactId;

/// Replies in one beat beyond the tries it grants: asking back is welcome, stalling for ever is not.
const STAYS_MORE: u8 = 5;
/// A farewell in a longer line is only a word.
const FAREWELL_WORDS_MAX: usize = 14;

/// What the ordinary course of a reply was about.
#[derive(Default)]
pub(super) struct Course {
    pub(super) revealed: Vec<FactId>,
    pub(super) ended: Option<Ended>,
}

impl<'l> Cast<'l> {
    /// The persona's first line. `memory` is what it kept of this learner from before.
    pub fn open(&self, memory: &BTreeMap<String, String>, seed: u64) -> (Reply, State) {
        let mut state = State {
            rapport: 400 + 50 * u16::from(self.dials.warmth.clamp(1, 5) - 1),
            ..State::default()
        };
        for (slot, value) in memory {
            state.remember(slot, value.clone());
        }
        state.remember("me", self.persona.sheet.name.clone());
        state.mood = 0;
        state.mood = state.mood_now(self);
        let mut speaker = Speaker::new(&mut state, Dice::new(seed));
        let opening = match self.scenario {
            Some(scenario) => &scenario.script.opening,
            None => &self.persona.sheet.opening,
        };
        let line = speaker.pick(opening);
        speaker.add(line);
        let text = speaker.finish(&self.deep(|voice| &voice.puzzled));
        state.is_asked = self
            .scenario
            .is_some_and(|scenario| scenario.script.opening_asks);
        self.skip_beats(&mut state);
        let reply = self.report(text, &state, Vec::new(), Course::default(), Vec::new());
        (reply, state)
    }

    /// Answers what was said since the last reply.
    pub fn reply(&self, state: &State, said: &[Said<'_>], seed: u64) -> (Reply, State) {
        self.as_it_goes(state).answered(state, said, seed)
    }

    fn answered(&self, state: &State, said: &[Said<'_>], seed: u64) -> (Reply, State) {
        let mut state = state.clone();
        if let Some(line) = said.last() {
            let first: String = line
                .name
                .split_whitespace()
                .next()
                .unwrap_or_default()
                .chars()
                .take(30)
                .collect();
            let you = state.slots.get("name").cloned().unwrap_or(first);
            if !you.is_empty() {
                state.remember("you", you);
            }
        }
        let heard = Heard::of(self, &state, said);
        state.take(&heard, self);
        state.swing(self.urged.warms);
        let dice = Dice::new(seed ^ hash("turn").wrapping_mul(u64::from(state.turn)) ^ heard.hash);
        let ids = heard.ids();
        let mut speaker = Speaker::new(&mut state, dice);
        let course = self.course(&heard, &mut speaker);
        let text = speaker.finish(&self.deep(|voice| &voice.puzzled));
        state.facts.extend(course.revealed.iter().cloned());
        if state.ended.is_none() {
            state.ended = course.ended;
        }
        let met = state.meet(self);
        let reply = self.report(text, &state, ids, course, met);
        (reply, state)
    }

    fn report(
        &self,
        text: String,
        state: &State,
        intents: Vec<crate::slug::IntentId>,
        course: Course,
        goals_met: Vec<crate::slug::GoalId>,
    ) -> Reply {
        let mood = self.moods().get(state.mood);
        let beat = self
            .beats()
            .get(state.beat)
            .filter(|_| state.ended.is_none());
        Reply {
            text,
            mood: mood.map_or_else(|| "even".to_owned(), |mood| mood.name.clone()),
            rapport: state.rapport,
            intents,
            beat: beat.map(|beat| beat.id.clone()),
            revealed: course.revealed,
            goals_met,
            ended: state.ended,
        }
    }

    fn course(&self, heard: &Heard<'l>, speaker: &mut Speaker<'_>) -> Course {
        let mut course = Course::default();
        if speaker.state.ended.is_some() {
            let line = speaker.pick(self.deep(|voice| &voice.afters));
            speaker.add(line);
            return course;
        }
        if heard.is_rude {
            let limit = 1 + self.dials.patience / 2;
            if speaker.state.strikes > limit || speaker.state.rapport == 0 {
                let line = speaker.pick(self.pool(|voice| &voice.leaves));
                speaker.add(line);
                course.ended = Some(Ended::Left);
                return course;
            }
            let line = speaker.pick(self.pool(|voice| &voice.rudes));
            speaker.add(line);
            self.change_mood(speaker, false);
            return course;
        }
        let is_farewell = heard.has("says-goodbye") && heard.words <= FAREWELL_WORDS_MAX;
        if is_farewell && speaker.state.turn > 1 {
            course.ended = Some(self.end(speaker));
            return course;
        }
        if self.urged.end && speaker.state.turn > 1 {
            if self.answer(heard, speaker, &mut course, false).is_none() {
                self.acknowledge(heard, speaker);
            }
            course.ended = Some(self.end(speaker));
            return course;
        }
        if heard.is_empty || heard.is_again {
            let line = if heard.is_empty {
                speaker.pick(self.pool(|voice| &voice.silences))
            } else {
                speaker.pick(self.pool(|voice| &voice.repeats))
            };
            if speaker.add(line) {
                speaker.state.tries = speaker.state.tries.saturating_add(1);
                speaker.state.stays = speaker.state.stays.saturating_add(1);
                return course;
            }
        }
        if heard.is_long {
            let line = speaker.pick(self.pool(|voice| &voice.rambles));
            speaker.add(line);
        } else {
            self.change_mood(speaker, true);
        }
        self.ordinary(heard, speaker, &mut course);
        course
    }

    /// Goes to the mood of the rapport, and lets it be heard.
    fn change_mood(&self, speaker: &mut Speaker<'_>, is_heard: bool) {
        let now = speaker.state.mood_now(self);
        let before = speaker.state.mood;
        speaker.state.mood = now;
        if let Some(mood) = self.moods().get(now).filter(|_| now != before && is_heard) {
            let line = speaker.pick_unsaid(if now > before {
                &mood.thaws
            } else {
                &mood.cools
            });
            speaker.add(line);
        }
    }

    fn ordinary(&self, heard: &Heard<'l>, speaker: &mut Speaker<'_>, course: &mut Course) {
        let Some(beat) = self.beats().get(speaker.state.beat) else {
            self.at_leisure(heard, speaker, course);
            return;
        };
        speaker.state.stays = speaker.state.stays.saturating_add(1);
        if self.urged.next || self.urged.twist {
            return self.turn_to(heard, speaker, course);
        }
        // Who says what was going to be asked is not asked for it.
        if !speaker.state.is_asked && !speaker.state.has(&beat.until) {
            if self.answer(heard, speaker, course, true).is_none() {
                self.acknowledge(heard, speaker);
            }
            Self::ask(beat, speaker);
            return;
        }
        if Self::is_satisfied(beat, heard, speaker.state) {
            // Who asks is answered, not doubted.
            let own = !speaker.state.is_doubted && heard.questions == 0 && self.doubts(speaker);
            let doubts = own || self.urged.object;
            if doubts {
                let line = speaker.pick(&beat.objects);
                if speaker.add(line) {
                    speaker.state.is_doubted = true;
                    return;
                }
            }
            speaker.state.beats_done.insert(beat.id.clone());
            speaker.state.leave_beat(true);
            let place = speaker.count();
            // What comes next is a question: the answer brings none of its own.
            let answered = self.answer(heard, speaker, course, false);
            if answered != Some(Near::Scenario) {
                let line = speaker.pick(&beat.accepts);
                if !speaker.add_at(place, line) && answered.is_none() {
                    self.acknowledge(heard, speaker);
                }
            }
            self.advance(speaker, course);
            return;
        }
        self.insist(beat, heard, speaker, course);
    }

    /// Leaves what it was about, because a coach said so: for something unexpected, or for what comes
    /// next. Whoever asked something is answered first.
    fn turn_to(&self, heard: &Heard<'l>, speaker: &mut Speaker<'_>, course: &mut Course) {
        if self.answer(heard, speaker, course, false).is_none() {
            self.acknowledge(heard, speaker);
        }
        if self.urged.twist && self.twist_now(speaker) {
            return;
        }
        self.advance(speaker, course);
    }

    fn is_satisfied(beat: &Beat, heard: &Heard<'_>, state: &State) -> bool {
        if state.is_doubted && heard.words < 4 {
            return false;
        }
        let is_none = ["does-not-know", "refuses", "dismisses", "speaks-otherwise"];
        let is_answer = beat.words > 0
            && heard.words >= usize::from(beat.words)
            && !is_none.iter().any(|id| heard.has(id));
        state.is_doubted || is_answer || state.has(&beat.until)
    }

    /// Whether this persona doubts the first good answer here.
    fn doubts(&self, speaker: &mut Speaker<'_>) -> bool {
        match self.dials.resistance {
            0..=1 => false,
            2 => speaker.dice.chance(250),
            3 => speaker.dice.chance(550),
            4 => speaker.dice.chance(850),
            _ => true,
        }
    }

    /// The answer did not do: answer what was asked, and come back to what is wanted.
    fn insist(
        &self,
        beat: &Beat,
        heard: &Heard<'l>,
        speaker: &mut Speaker<'_>,
        course: &mut Course,
    ) {
        let answered = self.answer(heard, speaker, course, true);
        let asked_back = answered.is_some() && heard.questions > 0;
        if !asked_back {
            speaker.state.tries = speaker.state.tries.saturating_add(1);
        }
        let limit = match self.dials.patience {
            0..=2 => beat.tries.saturating_sub(1).max(1),
            3 => beat.tries,
            _ => beat.tries.saturating_add(1),
        };
        let is_over = speaker.state.tries > limit || speaker.state.stays > limit + STAYS_MORE;
        if is_over {
            let line = speaker.pick(&beat.gives_up);
            if !speaker.add(line) && answered.is_none() {
                self.acknowledge(heard, speaker);
            }
            speaker.state.leave_beat(false);
            self.advance(speaker, course);
            return;
        }
        if self.twist(speaker) {
            return;
        }
        if answered.is_none() {
            let short = heard
                .is_short
                .then(|| speaker.pick(self.pool(|voice| &voice.shorts)));
            if !speaker.add(short.flatten()) {
                self.acknowledge(heard, speaker);
            }
        }
        // Who asks gets an answer, and every other time is left to go on asking.
        let presses = !asked_back || speaker.state.stays.is_multiple_of(2);
        if presses && !(answered.is_some() && speaker.has_asked()) {
            let line = speaker.pick(&beat.presses);
            if !speaker.add(line) {
                let line = speaker.pick(&beat.says);
                speaker.add(line);
            }
        }
        if speaker.count() == 1 {
            self.enrich(speaker);
        }
    }

    /// Puts what the beat wants, unless a question is in the air already: one at a time.
    fn ask(beat: &Beat, speaker: &mut Speaker<'_>) {
        if speaker.has_asked() {
            return;
        }
        let line = speaker.pick(&beat.says);
        speaker.add(line);
        speaker.state.is_asked = true;
    }

    /// To the next beat that is not over before it begins, or to the end.
    fn advance(&self, speaker: &mut Speaker<'_>, course: &mut Course) {
        next(speaker.state);
        // A goal met by this beat counts for the end it brings.
        self.skip_beats(speaker.state);
        match self.beats().get(speaker.state.beat) {
            None => course.ended = Some(self.end(speaker)),
            Some(_) if speaker.count() < 3 && self.twist(speaker) => {}
            Some(beat) => Self::ask(beat, speaker),
        }
    }

    fn skip_beats(&self, state: &mut State) {
        while let Some(beat) = self.beats().get(state.beat) {
            if !state.has(&beat.until) {
                break;
            }
            state.beats_done.insert(beat.id.clone());
            state.leave_beat(true);
            next(state);
        }
    }

    /// The last words, by how it went.
    fn end(&self, speaker: &mut Speaker<'_>) -> Ended {
        let Some(scenario) = self.scenario else {
            let line = speaker.pick(self.pool(|voice| &voice.byes));
            speaker.add(line);
            return Ended::Parted;
        };
        let mut after = speaker.state.clone();
        after.meet(self);
        let (met, all) = (after.goals.len(), scenario.script.goals.len());
        let ending = &scenario.script.ending;
        let (ended, pool) = if met * 3 >= all * 2 && speaker.state.rapport >= 300 {
            (Ended::Good, &ending.good)
        } else if met * 3 < all {
            (Ended::Poor, &ending.poor)
        } else {
            (Ended::Mixed, &ending.mixed)
        };
        let line = speaker.pick(pool);
        speaker.add(line);
        ended
    }
}

fn next(state: &mut State) {
    state.beat += 1;
    state.is_asked = false;
    state.is_doubted = false;
    state.tries = 0;
    state.stays = 0;
}
