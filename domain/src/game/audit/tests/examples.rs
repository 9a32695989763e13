//! What ships, and examples of docs/rules.md worked out by hand.

use crate::game::load::Game;

/// The files that ship, as the binary embeds them.
pub(super) fn shipped() -> Game {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../content");
    let mut files = vec![];
    for folder in [
        ".", "rules", "badges", "quests", "boards", "leagues", "contests",
    ] {
        for file in std::fs::read_dir(format!("{root}/{folder}")).expect("a folder") {
            let path = file.expect("a file").path();
            if path.extension().is_some_and(|ext| ext == "toml") {
                let text = std::fs::read_to_string(&path).expect("a text");
                files.push((path.display().to_string(), text));
            }
        }
    }
    let files = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()));
    Game::load(files).unwrap_or_else(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        panic!("{}", faults.join("\n"))
    })
}

#[test]
fn what_ships_is_whole_and_enough() {
    let game = shipped();
    let set = &game.rule_set;
    assert!(set.rules.len() >= 20, "{} rules", set.rules.len());
    assert!(set.badges.len() >= 15, "{} badges", set.badges.len());
    assert!(set.quests.len() >= 12);
    assert_eq!((game.leagues.len(), game.contests.len()), (3, 2));
    assert!(game.boards.len() >= 11 && game.season.is_some());
}

/// Pictures are shown inside pages: they draw, and do nothing else.
#[test]
fn every_badge_has_a_picture_that_only_draws() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../content/badges");
    for badge in shipped().rule_set.badges {
        let name = badge.picture.expect("a picture");
        let svg = std::fs::read_to_string(format!("{root}/{name}")).expect(&name);
        assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 96 96\""));
        assert!(
            svg.trim_end().ends_with("</svg>") && svg.len() < 4096,
            "{name}"
        );
        for never in [
            "<script", "<style", "href", "url(", "onload", "<image", "<foreign",
        ] {
            assert!(!svg.contains(never), "{name} has {never}");
        }
        let opened = svg.matches('<').count() - svg.matches("</").count();
        let closed = svg.matches("/>").count() + svg.matches("</").count();
        assert_eq!(opened, closed, "{name}");
    }
}

/// Nobody wins what ships by flattering a model.
#[test]
fn model_scores_stay_out_of_leagues_and_contests() {
    use crate::game::deed::{Deed, DeedKind, Judge};
    use crate::game::total::Metric;
    let game = shipped();
    let mut counted: Vec<_> = game.leagues.iter().map(|league| &league.metric).collect();
    counted.extend(game.contests.iter().map(|contest| &contest.metric));
    let room = super::draw::room(0);
    let judged = [
        Deed::SkillScored {
            room,
            skill: "calm".parse().expect("a name"),
            score: 1000,
            judge: Judge::Model,
        },
        Deed::PracticeCompleted {
            room,
            scenario: "interview".parse().expect("a name"),
            score: 1000,
            minutes: 30,
            goals_met: 9,
            goals: 9,
            judge: Judge::Model,
        },
    ];
    for metric in counted {
        let Metric::Points(kind) = metric else {
            panic!("{metric} may be judged by a model");
        };
        for deed in &judged {
            let mut world = World::new(game.rule_set.clone());
            world.does(0, deed.clone());
            let lines = world.auditor.awards().iter();
            let paid = lines.filter(|line| line.kind == *kind && line.source.part == 0);
            let rules: Vec<_> = paid.map(|line| line.rule.as_str()).collect();
            // Coming to an end is no judgement.
            let plain = matches!(deed.kind(), DeedKind::PracticeCompleted);
            let expected: &[&str] = if plain && kind.as_str() == "xp" {
                &["practice-completed"]
            } else {
                &[]
            };
            assert_eq!(rules, expected, "{kind}");
        }
    }
}

/// An account under one set, at hours counted from a Monday midnight in UTC.
struct World {
    set: crate::game::rules::RuleSet,
    auditor: crate::game::audit::Auditor,
    pos: u64,
}

impl World {
    fn new(set: crate::game::rules::RuleSet) -> Self {
        Self {
            set,
            auditor: crate::game::audit::Auditor::new(super::draw::me()),
            pos: 0,
        }
    }

    fn does(&mut self, minutes: i64, deed: crate::game::deed::Deed) {
        use crate::game::account::Entry;
        use crate::game::calendar::Zone;
        use crate::game::deed::Source;
        use crate::game::total::Now;
        self.pos += 1;
        // 2026-11-16, a Monday.
        let at = crate::time::Timestamp(1_794_787_200_000 + minutes * 60_000);
        let day = Zone::utc().day(at);
        let stream = crate::stream::StreamId::Room(super::draw::room(0));
        let seq = crate::ids::Seq(self.pos);
        let entry = Entry {
            pos: self.pos,
            at,
            source: Source {
                stream,
                seq,
                part: 0,
            },
            deed,
            day,
            now: Now { day, season: None },
        };
        self.auditor.take(&entry, &self.set);
    }

    fn says(&mut self, minutes: i64, text: &str) {
        let facts = crate::signals::facts(text);
        self.does(
            minutes,
            crate::game::deed::Deed::LineSaid {
                room: super::draw::room(0),
                room_kind: crate::room::RoomKind::Practice,
                facts,
                reply: false,
                mentions: 0,
            },
        );
    }

    fn paid(&self, rule: &str) -> Vec<i64> {
        let lines = self.auditor.awards().iter();
        lines
            .filter(|line| line.rule.as_str() == rule)
            .map(|line| line.points)
            .collect()
    }
}

/// Docs/rules.md: three each, five times in a room, then half rounded down.
#[test]
fn an_open_question_pays_as_the_page_says() {
    let mut world = World::new(shipped().rule_set);
    let asked = [
        "What did you change after that?",
        "How did your team take the news?",
        "Why do you want to leave the brewery?",
        "What would you do with a free year?",
        "How do you know when it is done?",
        "What was the hardest part of it?",
    ];
    for (minute, text) in (0..).zip(asked) {
        world.says(minute, text);
    }
    assert_eq!(world.paid("open-question"), [3, 3, 3, 3, 3, 1]);
    assert_eq!(world.paid("first-line-today"), [5]);
    // Within 20 seconds: it rests.
    world.says(5, "What did you like about it most?");
    assert_eq!(world.paid("open-question").len(), 6);
}

/// Seven days in a row: a freeze is earned, used for the eighth, and the streak goes on.
#[test]
fn a_week_earns_the_freeze_that_saves_the_next() {
    let mut world = World::new(shipped().rule_set);
    let day = 24 * 60;
    for number in 0..7 {
        world.says(number * day, "I fixed the radio again today.");
    }
    assert_eq!(world.paid("streak-7"), [25]);
    let streak = world.auditor.clone().finish().streak;
    assert_eq!((streak.days, streak.freezes), (7, 1));
    world.says(8 * day, "I fixed the radio again today.");
    let streak = world.auditor.clone().finish().streak;
    assert_eq!((streak.days, streak.freezes), (8, 0));
    // Two days missed, no freeze: broken, and brought back by ten lines.
    for line in 0..10 {
        world.says(11 * day + line, "I fixed the radio again today.");
    }
    assert_eq!(world.auditor.finish().streak.days, 9);
}
