use super::conditions::{Shape, shape};
use super::{FILES_MAX, Game, ITEMS_MAX, Own};
use crate::game::deed::{Deed, DeedKind, Field, Judge};
use crate::game::rules::Compiled;

const LEVELS: &str = "kind = \"xp\"\nbase = 100\ngrowth_percent = 10\nmax = 50\n";
const STREAK: &str =
    "on = [\"line_said\"]\nfreeze_every = 7\nfreezes_max = 2\nrepair_deeds = 3\nrepair_days = 2\n";
const RULE: &str =
    "[[rule]]\nid = \"line\"\nversion = 1\ntitle = \"A line\"\non = \"line_said\"\npoints = 1\n";
const BOARD: &str = "[[board]]\nid = \"week-xp\"\ntitle = \"This week\"\nscope = \"org\"\nmetric = \"points:xp\"\nwindow = \"week\"\n";

fn load(files: &[(&str, &str)]) -> Result<Game, Vec<String>> {
    let base = [
        ("levels.toml", LEVELS),
        ("streak.toml", STREAK),
        ("rules/base.toml", RULE),
    ];
    let kept = base
        .into_iter()
        .filter(|(path, _)| files.iter().all(|(other, _)| other != path));
    Game::load(kept.chain(files.iter().copied()))
        .map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

/// The faults of one more rule, whose own lines begin at line 1.
fn rule(lines: &str) -> Vec<String> {
    let head = "[[rule]]\nid = \"more\"\nversion = 1\ntitle = \"More\"\n";
    let text = format!("{head}{lines}");
    load(&[("rules/more.toml", &text)])
        .err()
        .unwrap_or_default()
}

#[test]
fn good_content_is_a_game_whatever_the_order_of_its_files() {
    let files = [
        ("content/rules/base.toml", RULE),
        ("content/levels.toml", LEVELS),
        ("content/streak.toml", STREAK),
        ("content/boards/week.toml", BOARD),
        (
            "content/seasons.toml",
            "first_day = \"2026-01-05\"\nlength = { weeks = 12 }\n",
        ),
        (
            "content/leagues/main.toml",
            "[[league]]\nid = \"main\"\ntitle = \"League\"\nmetric = \"points:xp\"\ntiers = [\"Bronze\", \"Gold\"]\nsize = 30\npromote = 5\ndemote = 5\n",
        ),
        (
            "content/contests/sprint.toml",
            "[[contest]]\nid = \"sprint\"\ntitle = \"Sprint\"\nsays = \"An hour\"\nmetric = \"points:xp\"\nentry = \"open\"\nminutes = 60\n",
        ),
        (
            "content/quests/all.toml",
            "[policy]\na_day = 1\na_week = 0\n[[quest]]\nid = \"talk\"\nversion = 1\ntitle = \"Talk\"\nper = \"day\"\non = \"line_said\"\ntimes = 3\n",
        ),
        (
            "content/badges/talk.toml",
            "[[badge]]\nid = \"talker\"\nversion = 1\ntitle = \"Talker\"\nsays = \"Lines\"\non = \"line_said\"\nlevels = [1, 10]\npicture = \"talker.svg\"\n",
        ),
        ("content/badges/talker.svg", "<svg/>"),
        ("content/personas/mara.toml", "not = [ours"),
    ];
    let game = Game::load(files).expect("a game");
    assert_eq!(game.rule_set.badges.len() + game.rule_set.quests.len(), 2);
    assert!(game.season.is_some() && game.boards.len() == 1);
    let mut back = files;
    back.reverse();
    let again = Game::load(back).expect("a game");
    assert_eq!(again, game);
    let compiled = Compiled::new(game.rule_set.clone());
    assert_eq!(compiled.hash(), again.rule_set.hash());
    assert_eq!(compiled.hash().len(), 64);
    let mut other = game.rule_set;
    other.rules[0].points += 1;
    assert_ne!(other.hash(), compiled.hash());
}

#[test]
fn a_field_that_no_deed_has_is_named_with_the_one_that_was_meant() {
    let faults =
        rule("on = \"line_said\"\npoints = 1\nwhen = { at_least = { open_question = 1 } }\n");
    assert_eq!(
        faults,
        ["rules/more.toml:7: rule.0.when.at_least.open_question: \
          there is no 'open_question'; did you mean 'open_questions'?"]
    );
    let says = |lines: &str, wanted: &str| {
        let faults = rule(&format!("points = 1\n{lines}\n"));
        assert!(
            faults.iter().any(|fault| fault.contains(wanted)),
            "{lines}: {faults:?}"
        );
    };
    says(
        "on = \"day_begun\"\nwhen = { at_least = { words = 1 } }",
        "there are days",
    );
    says(
        "on = \"line_said\"\nwhen = { at_least = { reply = 1 } }",
        "compare it with 'is'",
    );
    says(
        "on = \"line_said\"\nwhen = { is = { words = \"many\" } }",
        "'at_least' and 'at_most'",
    );
    says(
        "on = \"line_said\"\nwhen = { is = { reply = \"yes\" } }",
        "true or false",
    );
    says(
        "on = \"line_said\"\nwhen = { is = { room_kind = \"practise\" } }",
        "did you mean 'practice'",
    );
    says(
        "on = \"skill_scored\"\nwhen = { is = { judge = [\"coach\", \"modl\"] } }",
        "did you mean 'model'",
    );
    says(
        "on = \"badge_earned\"\nwhen = { is = { badge = \"nobody\" } }",
        "there is no 'nobody'",
    );
    says(
        "on = \"kudos_received\"\nwhen = { at_least = { peer = 1 } }",
        "only counted",
    );
    says(
        "on = \"practice_completed\"\nwhen = { at_least = { score = 1001 } }",
        "per mille",
    );
}

#[test]
fn conditions_that_cannot_be_are_refused() {
    let says = |when: &str, field: &str, wanted: &str| {
        let faults = rule(&format!("on = \"line_said\"\npoints = 1\nwhen = {when}\n"));
        let found = faults.iter().any(|fault| {
            fault.starts_with(&format!("rules/more.toml:7: rule.0.{field}: "))
                && fault.contains(wanted)
        });
        assert!(found, "{when}: {faults:?}");
    };
    says("{ not = { first = \"day\" } }", "when.not.first", "unclear");
    says(
        "{ any = [{ all = [{ first = \"day\" }] }] }",
        "when.any.0.all.0.first",
        "unclear",
    );
    says("{ all = [] }", "when.all", "no conditions");
    says("{ at_least = {} }", "when.at_least", "nothing");
    says(
        "{ within = { seconds = 0, of = \"line_said\", times = 2 } }",
        "when.within.seconds",
        "86400",
    );
    says(
        "{ within = { seconds = 9, of = \"line_said\", times = 65 } }",
        "when.within.times",
        "64",
    );
    says("{ level = 51 }", "when.level", "levels.toml");
    says(
        "{ skill = { skill = \"empathy\", at_least = 1001 } }",
        "when.skill.at_least",
        "mille",
    );
    says("{ streak = 0 }", "when.streak", "10000");
    let deep = format!("{}{{ streak = 2 }}{}", "{ not = ".repeat(8), " }".repeat(8));
    says(
        &deep,
        "when.not.not.not.not.not.not.not.not",
        "deeper than 8",
    );
    let fine = format!("{}{{ streak = 2 }}{}", "{ not = ".repeat(7), " }".repeat(7));
    assert_eq!(
        rule(&format!("on = \"line_said\"\npoints = 1\nwhen = {fine}\n")),
        [""; 0]
    );
    let wide = format!("{{ all = [{}] }}", "{ streak = 2 },".repeat(100));
    says(&wide, "when", "100 are enough");
    let faults = rule("on = \"day_begun\"\npoints = 1\nwhen = { first = \"room\" }\n");
    assert!(faults[0].contains("not done in a room"), "{faults:?}");
    let far = format!(
        "{}{{ streak = 2 }}{}",
        "{ not = ".repeat(5000),
        " }".repeat(5000)
    );
    assert!(!rule(&format!("on = \"line_said\"\npoints = 1\nwhen = {far}\n")).is_empty());
}

#[test]
fn numbers_that_make_no_sense_are_refused() {
    let says = |lines: &str, field: &str| {
        let faults = rule(&format!("on = \"line_said\"\n{lines}\n"));
        let wanted = format!(" rule.0.{field}: ");
        assert!(
            faults.iter().any(|fault| fault.contains(&wanted)),
            "{lines}: {faults:?}"
        );
    };
    says("points = 1000001", "points");
    says("points = 0", "points");
    says("points = -5", "points");
    says("points = 1\nfreezes = 0", "freezes");
    says("points = 1\ncooldown_s = 0", "cooldown_s");
    says(
        "points = 1\ncaps = [{ per = \"day\", times = 0 }]",
        "caps.0.times",
    );
    says(
        "points = 1\ncaps = [{ per = \"day\", points = 0 }]",
        "caps.0.points",
    );
    says("points = 1\ncaps = [{ per = \"day\" }]", "caps.0.per");
    says(
        "points = 1\ncaps = [{ per = \"day\", times = 1, each_peer = true }]",
        "caps.0.each_peer",
    );
    says(
        "points = 1\ndiminish = { after = 0, per = \"day\", percent = 50 }",
        "diminish.after",
    );
    says(
        "points = 1\ndiminish = { after = 1, per = \"day\", percent = 100 }",
        "diminish.percent",
    );
    says(
        "points = 1\nfrom = \"2026-02-01\"\nuntil = \"2026-01-31\"",
        "until",
    );
    assert!(rule("on = \"rescored\"\npoints = 1\n")[0].contains("never paid"));
    assert!(
        rule("on = \"kudos_received\"\npoints = 1\ncaps = [{ per = \"room\", times = 1 }]\n")[0]
            .contains("not done in a room")
    );
    assert_eq!(
        rule("on = \"line_said\"\npoints = 0\nfreezes = 1\n"),
        [""; 0]
    );
    // serde's own refusals have their line.
    let faults = rule("on = \"line_said\"\npoints = 1\npionts = 2\n");
    assert!(
        faults[0].starts_with("rules/more.toml:7: ") && faults.len() == 1,
        "{faults:?}"
    );
}

#[test]
fn ids_are_given_once_and_some_are_kept() {
    let faults = load(&[("rules/more.toml", RULE)]).unwrap_err();
    let says = "'line' is already the id of what stands in rules/base.toml:2";
    assert_eq!(
        faults,
        [format!("rules/more.toml:2: rule.0.id: {says}")],
        "the later file says so"
    );
    let own = RULE.replace("\"line\"", "\"adjusted\"");
    let faults = load(&[("rules/more.toml", &own)]).unwrap_err();
    assert!(faults[0].contains("by hand"), "{faults:?}");
}

#[test]
fn what_is_missing_or_there_twice_is_told() {
    let says = |files: &[(&str, &str)], wanted: &str| {
        let faults = load(files).unwrap_err();
        assert!(
            faults.iter().any(|fault| fault.contains(wanted)),
            "{wanted}: {faults:?}"
        );
    };
    let alone = Game::load([("rules/base.toml", RULE)]).unwrap_err();
    let alone: Vec<String> = alone.iter().map(ToString::to_string).collect();
    assert_eq!(
        alone,
        ["levels.toml: is missing", "streak.toml: is missing"]
    );
    says(
        &[("more/levels.toml", LEVELS)],
        "levels.toml:1: there is another one",
    );
    says(
        &[("levels.toml", &LEVELS.replace("xp", "gold"))],
        "levels.toml:1: kind: no rule pays 'gold'",
    );
    says(
        &[("levels.toml", &LEVELS.replace("100", "0"))],
        "levels.toml:2: base: ",
    );
    says(
        &[("streak.toml", &STREAK.replace("line_said", "day_begun"))],
        "streak.toml:1: on.0: ",
    );
    says(
        &[(
            "streak.toml",
            &format!("{STREAK}when = {{ first = \"day\" }}\n"),
        )],
        "nothing can be the first here",
    );
    says(
        &[("boards/gold.toml", &BOARD.replace(":xp", ":gold"))],
        "boards/gold.toml:5: board.0.metric: no rule pays 'gold'",
    );
    says(
        &[(
            "boards/gold.toml",
            &BOARD
                .replace("\"org\"", "\"room\"")
                .replace("points:xp", "streak"),
        )],
        "by room",
    );
    says(
        &[(
            "boards/low.toml",
            &format!("{BOARD}order = \"best\"\ndirection = \"lower\"\n"),
        )],
        "board.0.order: ",
    );
    says(
        &[("boards/bad.toml", "[[board]]\nid = 1\n")],
        "boards/bad.toml:2: ",
    );
    // A file that is not read is not missed elsewhere.
    let faults = load(&[("rules/base.toml", "[[rule]\n")]).unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:?}");
    let badge = "[[badge]]\nid = \"b\"\nversion = 1\ntitle = \"B\"\nsays = \"B\"\non = \"line_said\"\nlevels = [3, 3]\n";
    says(
        &[("badges/b.toml", badge)],
        "badges/b.toml:7: badge.0.levels: must rise",
    );
    says(
        &[(
            "badges/b.toml",
            &badge.replace("[3, 3]", "[1]\ncount = \"peers\""),
        )],
        "have no peer",
    );
    says(
        &[(
            "badges/b.toml",
            &badge.replace("[3, 3]", "[1]\npicture = \"../b.svg\""),
        )],
        "badge.0.picture",
    );
    let quest = "[[quest]]\nid = \"q\"\nversion = 1\ntitle = \"Q\"\nper = \"day\"\non = \"line_said\"\ntimes = 1\n";
    says(&[("quests/q.toml", quest)], "needs [policy]");
    says(
        &[(
            "quests/q.toml",
            &format!("[policy]\na_day = 2\na_week = 0\n{quest}"),
        )],
        "more than there are",
    );
    let league = "[[league]]\nid = \"l\"\ntitle = \"L\"\nmetric = \"points:xp\"\ntiers = [\"A\", \"A\"]\nsize = 10\npromote = 5\ndemote = 5\n";
    says(
        &[("leagues/l.toml", league)],
        "league.0.tiers.1: is there twice",
    );
    says(&[("leagues/l.toml", league)], "league.0.promote: ");
    says(
        &[(
            "seasons.toml",
            "first_day = \"2026-01-05\"\nlength = { weeks = 0 }\n",
        )],
        "seasons.toml:2: length.weeks: ",
    );
}

#[test]
fn there_is_a_bound_on_everything() {
    let many: String = (0..=ITEMS_MAX)
        .map(|n| RULE.replace("\"line\"", &format!("\"line-{n}\"")))
        .collect();
    let faults = load(&[("rules/base.toml", &many)]).unwrap_err();
    assert!(faults[0].contains("more than 1000"), "{faults:?}");
    let paths: Vec<String> = (0..=FILES_MAX).map(|n| format!("rules/{n}.toml")).collect();
    let files: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), "")).collect();
    let faults = Game::load(files).unwrap_err();
    assert!(
        faults
            .iter()
            .any(|fault| fault.says.contains("more than 500 files"))
    );
}

#[test]
fn the_shapes_of_fields_are_those_of_deeds() {
    let room = crate::ids::RoomId(uuid::Uuid::nil());
    let peer = crate::ids::UserId(uuid::Uuid::nil());
    let deeds = [
        Deed::LineSaid {
            room,
            room_kind: crate::room::RoomKind::Lounge,
            facts: crate::signals::LineFacts::default(),
            reply: true,
            mentions: 0,
        },
        Deed::ReplyReceived { room, peer },
        Deed::ReactionGiven { room, peer },
        Deed::ReactionReceived { room, peer },
        Deed::KudosGiven { peer },
        Deed::KudosReceived { peer },
        Deed::PracticeCompleted {
            room,
            scenario: "a".parse().unwrap(),
            score: 1,
            minutes: 1,
            goals_met: 1,
            goals: 1,
            judge: Judge::Local,
        },
        Deed::SkillScored {
            room,
            skill: "a".parse().unwrap(),
            score: 1,
            judge: Judge::Local,
        },
        Deed::Scored {
            metric: "a".parse().unwrap(),
            op: crate::game::deed::ScoreOp::Set,
            value: 1,
        },
        Deed::DayBegun { days: 1 },
        Deed::BadgeEarned {
            badge: "a".parse().unwrap(),
            level: 1,
        },
        Deed::LevelReached { level: 1 },
        Deed::QuestDone {
            quest: "a".parse().unwrap(),
        },
    ];
    for deed in deeds {
        assert!(deed.kind().pays());
        assert_eq!(
            super::conditions::has_room(deed.kind()),
            deed.room().is_some()
        );
        for name in deed.kind().fields() {
            let found = match deed.field(name).expect(name) {
                Field::Number(_) => Shape::Number,
                Field::Word(_) => Shape::Word,
                Field::Flag(_) => Shape::Flag,
                Field::Peer(_) => Shape::Peer,
            };
            assert_eq!(shape(deed.kind(), name), Some(found), "{name}");
        }
        assert_eq!(shape(DeedKind::Rescored, "words"), None);
    }
}

#[test]
fn an_orgs_own_item_stands_in_place_of_the_one_of_its_id() {
    let load = |own: &[Own<'_>]| {
        let files = [
            ("levels.toml", LEVELS),
            ("streak.toml", STREAK),
            ("rules/base.toml", RULE),
        ];
        Game::load_with(files, own)
            .map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let dearer = RULE.replace("points = 1", "points = 7");
    let other = RULE.replace("\"line\"", "\"other\"");
    let levels = LEVELS.replace("100", "200");
    let own = |kind, id, text| Own { kind, id, text };
    let game = load(&[
        own("rules", "line", Some(&dearer)),
        own("rules", "other", Some(&other)),
        own("levels", "levels", Some(&levels)),
    ])
    .expect("a game");
    let points: Vec<_> = game.rule_set.rules.iter().map(|rule| rule.points).collect();
    assert_eq!((points, game.rule_set.levels.base), (vec![7, 1], 200));
    let game = load(&[
        own("rules", "line", None),
        own("rules", "other", Some(&other)),
    ]);
    let game = game.expect("a game without it");
    let ids: Vec<_> = game
        .rule_set
        .rules
        .iter()
        .map(|rule| rule.id.as_str())
        .collect();
    assert_eq!(ids, ["other"]);

    // Nothing but the item it is named after, of a kind there is, and sound with all the rest.
    let both = format!("{RULE}{other}");
    for (own, says) in [
        (
            own("rules", "line", Some(other.as_str())),
            "has to hold 'line', and nothing else",
        ),
        (
            own("rules", "line", Some(both.as_str())),
            "has to hold 'line', and nothing else",
        ),
        (
            own("rules", "line", Some("")),
            "has to hold 'line', and nothing else",
        ),
        (own("spells", "line", Some(RULE)), "there is no such kind"),
        (
            own("rules", "line", Some("[[rule]]\nid = 1")),
            "own/rules/line.toml:2",
        ),
        (own("levels", "levels", None), "levels"),
        // Sound by itself, and not with the rest: nothing would pay what levels are made of.
        (own("rules", "line", None), "no rule pays 'xp'"),
    ] {
        let faults = load(&[own]).expect_err("a fault").join("\n");
        assert!(faults.contains(says), "{own:?}: {faults}");
    }
}
