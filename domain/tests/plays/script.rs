//! Conversations read out of a journal, and played from it.

use std::collections::BTreeMap;

use ludus_domain::ids::{Seq, TurnId, UserId};
use ludus_domain::journal::{Fact, Recorded};
use ludus_domain::practice::Library;
use ludus_domain::prompt::By;
use ludus_domain::room::{Barge, Event, Floor, Scene, SceneNotes, Seated, TurnEnd, Why};
use ludus_domain::script::{Part, Played, Script};
use ludus_domain::slug::PersonaId;
use ludus_domain::time::Timestamp;
use uuid::Uuid;

use crate::content::library;

fn mara() -> PersonaId {
    "mara-okafor".parse().unwrap()
}

fn scene() -> Scene {
    Scene {
        scenario: Some("ask-for-a-raise".parse().unwrap()),
        cast: vec![Seated {
            persona: mara(),
            name: "Mara Okafor".into(),
            title: "Head of service".into(),
        }],
        floor: Floor::Free,
        barge: Barge::Interrupt,
        harder: 0,
        minutes: Some(10),
        edition: ludus_domain::content::Edition::SHIPPED,
    }
}

/// A journal that grows as a room's does.
struct Told {
    library: Library,
    events: Vec<Recorded>,
    turns: u64,
}

impl Told {
    fn new() -> Self {
        let mut told = Self {
            library: library(),
            events: vec![],
            turns: 0,
        };
        told.push(Event::Joined {
            user: UserId(Uuid::from_u128(1)),
            name: "Ada".into(),
            host: true,
        });
        told
    }

    fn push(&mut self, event: Event) -> Seq {
        let seq = Seq(self.events.len() as u64 + 1);
        let by = (!matches!(event, Event::Spoke { .. })).then_some(UserId(Uuid::from_u128(1)));
        let fact = Fact::Room(event);
        self.events.push(Recorded {
            seq,
            at: Timestamp(0),
            by,
            audience: fact.audience(),
            fact,
        });
        seq
    }

    fn say(&mut self, text: &str) -> Seq {
        self.push(Event::said(text, vec![]))
    }

    fn script(&self) -> Script {
        Script::read(&self.events, &scene())
    }

    fn play(&self, turn: u64, why: Why, script: &Script) -> Played {
        let cast = self.library.cast(&mara(), scene().scenario.as_ref());
        let part = Part {
            cast: cast.unwrap(),
            own: &mara(),
            turn: TurnId(turn),
            why,
            seed: 7,
        };
        part.play(script, &BTreeMap::new())
    }

    /// The persona answers; `heard` says how much of it.
    fn answer(&mut self, why: Why, of: Option<u64>, heard: impl Fn(&str) -> String) -> Played {
        self.turns += 1;
        let mut script = self.script();
        if why == Why::Again {
            script = script.before(TurnId(of.unwrap()));
        }
        let played = self.play(self.turns, why, &script);
        self.push(Event::Spoke {
            turn: TurnId(self.turns),
            attempt: 1,
            persona: mara(),
            text: heard(&played.reply.text),
            end: TurnEnd::Done,
            why,
            of: of.map(TurnId),
            engine: "offline".into(),
            notes: SceneNotes::default(),
            retracted: false,
            hidden: false,
        });
        played
    }
}

fn whole(text: &str) -> String {
    text.to_owned()
}

fn texts(script: &Script) -> Vec<&str> {
    script.lines.iter().map(|line| line.text.as_str()).collect()
}

#[test]
fn the_same_journal_plays_the_same_on_every_node() {
    let mut told = Told::new();
    told.answer(Why::Opening, None, whole);
    for line in [
        "I would like 12 percent more.",
        "I took over the night rota in spring.",
        "When would it be possible?",
    ] {
        told.say(line);
        let first = told.play(9, Why::Line, &told.script());
        let second = told.play(9, Why::Line, &told.script());
        assert_eq!(first.reply, second.reply);
        assert_eq!(first.state, second.state);
        told.answer(Why::Line, None, whole);
    }
    let goals: Vec<_> = told
        .play(9, Why::Line, &told.script())
        .state
        .goals_met()
        .cloned()
        .collect();
    assert!(goals.len() >= 3, "{goals:?}");
}

#[test]
fn another_version_answers_the_same_line_in_other_words() {
    let mut told = Told::new();
    told.answer(Why::Opening, None, whole);
    told.say("I would like 12 percent more.");
    let first = told.answer(Why::Line, None, whole);
    let second = told.answer(Why::Again, Some(2), whole);
    assert_ne!(first.reply.text, second.reply.text);
    assert_eq!(first.reply.intents, second.reply.intents);
    let script = told.script();
    assert_eq!(
        texts(&script).len(),
        3,
        "one version is on the path: {:?}",
        texts(&script)
    );
    assert_eq!(texts(&script)[2], second.reply.text);
}

#[test]
fn another_opening_is_an_opening() {
    let mut told = Told::new();
    told.answer(Why::Opening, None, whole);
    told.answer(Why::Again, Some(1), whole);
    let script = told.script();
    let text = texts(&script);
    let library = library();
    let openings = &library
        .scenario(&"ask-for-a-raise".parse().unwrap())
        .unwrap()
        .script
        .opening;
    assert_eq!(text.len(), 1);
    assert!(
        openings.iter().any(|phrase| phrase.source() == text[0]),
        "{text:?}"
    );
}

#[test]
fn who_was_stopped_goes_on_with_the_rest() {
    let mut told = Told::new();
    told.answer(Why::Opening, None, whole);
    told.say("I would like 12 percent more.");
    let half = |text: &str| text.chars().take(text.chars().count() / 2).collect();
    let said = told.answer(Why::Line, None, half);
    let rest = told.answer(Why::Onward, Some(2), whole);
    let heard: String = half(&said.reply.text);
    let joined = format!("{heard}{}", rest.reply.text);
    let plain = |text: &str| text.replace(' ', "");
    assert_eq!(plain(&joined), plain(&said.reply.text));
    assert_eq!(rest.state, said.state, "the engine had said it all along");
}

#[test]
fn what_is_said_differently_takes_the_rest_along() {
    let mut told = Told::new();
    told.answer(Why::Opening, None, whole);
    let line = told.say("Sorry to bother you.");
    told.answer(Why::Line, None, whole);
    told.say("Never mind.");
    told.push(Event::Said {
        text: "I would like 12 percent more.".into(),
        reply_to: None,
        answers: None,
        mentions: vec![],
        instead_of: Some(line),
        as_persona: None,
        facts: ludus_domain::signals::LineFacts::default(),
        retracted: false,
        hidden: false,
        flagged: false,
    });
    let script = told.script();
    assert_eq!(texts(&script).len(), 2);
    assert_eq!(texts(&script)[1], "I would like 12 percent more.");
    assert_eq!(script.lines[1].name, "Ada");
}

#[test]
fn edits_are_read_as_edited_and_what_was_taken_back_is_not_read() {
    let mut told = Told::new();
    let first = told.say("Helo");
    let second = told.say("A secret");
    told.push(Event::Edited {
        line: first,
        text: "Hello".into(),
        flagged: false,
    });
    told.push(Event::Retracted {
        line: second,
        of: None,
    });
    assert_eq!(texts(&told.script()), ["Hello"]);
}

/// The learner talks to the same persona whoever speaks for it: its words are its own afterwards, and
/// what it was told meanwhile it knows.
#[test]
fn what_a_coach_says_from_its_seat_is_its_own_line() {
    let as_mara = |text: &str| Event::Said {
        text: text.into(),
        reply_to: None,
        answers: None,
        mentions: vec![],
        instead_of: None,
        as_persona: Some(mara()),
        facts: ludus_domain::signals::LineFacts::default(),
        retracted: false,
        hidden: false,
        flagged: false,
    };
    let goals = |told: &Told| {
        let played = told.play(9, Why::HandedBack, &told.script());
        played.state.goals_met().cloned().collect::<Vec<_>>()
    };
    let mut told = Told::new();
    told.answer(Why::Opening, None, whole);
    told.push(as_mara("So, what brings you here?"));
    assert!(goals(&told).is_empty());
    told.say("I would like 12 percent more.");
    told.push(as_mara("Twelve?"));
    told.push(as_mara("I am listening."));
    told.say("Yes.");
    assert_eq!(goals(&told), ["number".parse().unwrap()]);
    let script = told.script();
    assert_eq!(script.lines[1].name, "Mara Okafor");
    let lines = script.for_model(&mara());
    let by: Vec<_> = lines.iter().map(|line| line.by).collect();
    let ada = By::Person("Ada");
    assert_eq!(by, [By::Own, By::Own, ada, By::Own, By::Own, ada]);
    assert_eq!(
        told.play(9, Why::HandedBack, &script).reply,
        told.play(9, Why::HandedBack, &script).reply
    );
}

/// What a coach says while an answer is on its way counts from the next one on, and what it does to the
/// mood it does once, however often the part is played through.
#[test]
fn a_direction_counts_from_the_turn_that_is_begun_after_it() {
    let rapports = |is_early: bool| {
        let mut told = Told::new();
        told.answer(Why::Opening, None, whole);
        told.say("I would like 12 percent more.");
        let order = Event::Directed {
            persona: mara(),
            text: "Be much colder.".into(),
            heeds: None,
        };
        let begun = Event::TurnBegun {
            turn: TurnId(2),
            attempt: 1,
            recovered: false,
        };
        let both = if is_early {
            [order, begun]
        } else {
            [begun, order]
        };
        for event in both {
            told.push(event);
        }
        let second = told.answer(Why::Line, None, whole).state.rapport();
        told.say("I took over the night rota.");
        let third = told.answer(Why::Line, None, whole).state.rapport();
        (second, third)
    };
    let (told_before, and_then) = rapports(true);
    let (told_after, then_only) = rapports(false);
    assert!(
        told_before + 100 < told_after,
        "{told_before}, {told_after}"
    );
    assert!(then_only + 100 < told_after, "{then_only}, {told_after}");
    assert!(and_then + 100 > told_before, "{and_then}, {told_before}");
}
