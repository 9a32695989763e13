//! What a coach tells a persona, followed without a model; and what cannot be.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ludus_domain::persona::offline::{Cast, Said};
use ludus_domain::practice::Library;
use ludus_domain::room::DIRECTIONS_MAX;

use crate::content::library;

fn cast<'l>(library: &'l Library, persona: &str, scenario: &str) -> Cast<'l> {
    let (persona, scenario) = (persona.parse().unwrap(), scenario.parse().unwrap());
    library.cast(&persona, Some(&scenario)).expect("a cast")
}

/// Plays lines, each after what the coach said before it.
fn directed(persona: &str, scenario: &str, steps: &[(&str, &str)]) -> String {
    let library = library();
    let cast = cast(&library, persona, scenario);
    let (reply, mut state) = cast.open(&BTreeMap::new(), 3);
    let mut text = format!("{}\n", reply.text);
    let mut stand: Vec<&str> = vec![];
    for (turn, (direction, line)) in steps.iter().enumerate() {
        let fresh = Some(*direction).filter(|direction| !direction.is_empty());
        stand.extend(fresh);
        let surplus = stand.len().saturating_sub(DIRECTIONS_MAX);
        stand.drain(..surplus);
        if let Some(direction) = fresh {
            let heeds: Vec<&str> = cast
                .heeds(direction)
                .map(|heard| heard.id.as_str())
                .collect();
            write!(text, "\n(Coach: {direction} => {})", heeds.join(" ")).unwrap();
        }
        let said = [Said {
            name: "Ada Lovelace",
            text: line,
        }];
        let seed = 100 + u64::try_from(turn).unwrap();
        let (reply, next) = cast
            .directed(stand.iter().copied(), fresh)
            .reply(&state, &said, seed);
        let beat = reply.beat.as_ref().map_or("-", |beat| beat.as_str());
        write!(
            text,
            "\nAda: {line}\n    [{} {} | {beat}]",
            reply.mood, reply.rapport
        )
        .unwrap();
        if let Some(ended) = reply.ended {
            write!(text, " ended:{ended:?}").unwrap();
        }
        write!(text, "\n{}\n", reply.text).unwrap();
        state = next;
    }
    text
}

#[test]
fn a_baker_pushes_back_on_the_price_and_then_gives_in() {
    insta::assert_snapshot!(directed(
        "tom-birch",
        "negotiation-flour",
        &[
            (
                "",
                "Where does the ten percent come from? What has changed?"
            ),
            (
                "Push back on the price.",
                "If we deliver before three every night, would you sign for two years?"
            ),
            (
                "",
                "The drivers cost us more at night, and you know how few bakers get flour before three."
            ),
            (
                "Good. Now go easy on her, and be a bit friendlier.",
                "If I am late, I pay your two men, in writing."
            ),
            ("", "At 512 a ton, then."),
        ]
    ));
}

#[test]
fn a_boss_gets_colder_goes_on_and_comes_to_an_end() {
    insta::assert_snapshot!(directed(
        "mara-okafor",
        "ask-for-a-raise",
        &[
            (
                "Be colder, you are annoyed today.",
                "I would like 12 percent more from next month."
            ),
            (
                "Move on to the next question.",
                "Because I took over the night rota."
            ),
            (
                "Surprise her with something.",
                "I wrote the swap list and I call people myself."
            ),
            ("Wrap it up now.", "When could it be possible?"),
            ("", "Thank you, Mara."),
        ]
    ));
}

#[test]
fn ein_kunde_haelt_dagegen_und_taut_dann_auf() {
    insta::assert_snapshot!(directed(
        "dieter-krause",
        "reklamation-am-telefon",
        &[
            (
                "Gib nicht nach, sei hart.",
                "Entschuldigen Sie. Seit Montag im Wasser, da wäre ich auch sauer."
            ),
            (
                "",
                "Dann kommt morgen um 7 Uhr Herr Seidel und schraubt ihn fest. Er ruft vorher an."
            ),
            (
                "Jetzt sei freundlicher und fass dich kurz.",
                "Wenn nicht, rufe ich Sie um 8 Uhr selbst an, versprochen."
            ),
            ("", "Bis wann brauchen Sie die Maschine?"),
        ]
    ));
}

/// What coaches write, and what it is taken for.
#[test]
fn directions_are_taken_for_what_they_say() {
    let library = library();
    let english = cast(&library, "mara-okafor", "ask-for-a-raise");
    let german = cast(&library, "renate-brandt", "vorstellungsgespraech-buecherei");
    for (text, wanted) in [
        ("push back on price", "firmer"),
        ("Push him a bit harder on the numbers", "firmer"),
        ("Be tougher.", "firmer"),
        ("do not give in yet", "firmer"),
        ("play devil's advocate", "firmer"),
        ("raise an objection", "firmer"),
        ("go easy on her", "softer"),
        ("Don't push so much, she is nervous", "softer"),
        ("please be more patient", "softer"),
        ("give in now", "softer"),
        ("be friendlier", "warmer"),
        ("Encourage him.", "warmer"),
        ("calm down a little", "warmer"),
        ("get impatient", "colder"),
        ("You are losing your patience: lose your temper", "colder"),
        ("don't be so friendly", "colder"),
        ("open up about the last manager", "opener"),
        ("Give her a hint", "opener"),
        ("don't reveal the budget yet", "closer"),
        ("Dodge the question", "closer"),
        ("keep it short", "briefer"),
        ("be curt", "briefer"),
        ("let him talk", "briefer"),
        ("tell her a story from your childhood", "longer"),
        ("move on", "moves-on"),
        ("change the subject", "moves-on"),
        ("throw in a surprise", "turns"),
        ("wrap up please", "closes"),
        ("Say goodbye and hang up", "closes"),
        // What only a model can do.
        ("mention the weather in Leeds", ""),
        ("answer in French from now on", ""),
        ("ask about the cat", ""),
        ("good job", ""),
    ] {
        assert_eq!(ids(&english, text), wanted, "{text}");
    }
    for (text, wanted) in [
        ("Halt beim Gehalt dagegen", "firmer"),
        ("Gib auf keinen Fall nach", "softer"),
        ("Gib nicht nach", "firmer"),
        ("Hak noch einmal nach", "firmer"),
        ("sei strenger mit ihr", "firmer"),
        ("Sei geduldiger.", "softer"),
        ("Lass ihm Zeit", "softer"),
        ("Sei freundlicher", "warmer"),
        ("Ermutige sie", "warmer"),
        ("Werde ungeduldig", "colder"),
        ("nicht so freundlich bitte", "colder"),
        ("Verrate noch nichts vom Budget", "closer"),
        ("Gib ihr einen Tipp", "opener"),
        ("Fass dich kurz", "briefer"),
        ("Hör mehr zu", "briefer"),
        ("Geh zur nächsten Frage", "moves-on"),
        ("Überrasch ihn", "turns"),
        ("Komm zum Ende", "closes"),
        ("Frag nach dem Hund", ""),
    ] {
        assert_eq!(ids(&german, text), wanted, "{text}");
    }
}

fn ids(cast: &Cast<'_>, text: &str) -> String {
    let ids: Vec<&str> = cast.heeds(text).map(|heard| heard.id.as_str()).collect();
    ids.join(" ")
}

/// A direction that says nothing to the engine changes nothing.
#[test]
fn what_cannot_be_followed_changes_nothing() {
    let library = library();
    let cast = cast(&library, "mara-okafor", "ask-for-a-raise");
    let (_, state) = cast.open(&BTreeMap::new(), 3);
    let said = [Said {
        name: "Ada",
        text: "I would like 12 percent more.",
    }];
    let plain = cast.reply(&state, &said, 9);
    let order = ["Mention the weather in Leeds."];
    assert_eq!(cast.directed(order, order).reply(&state, &said, 9), plain);
    let order = ["Be much colder."];
    assert_ne!(cast.directed(order, order).reply(&state, &said, 9), plain);
}

/// Whatever a coach asks for, whenever: replies are there, and none comes twice within eight.
#[test]
fn directed_or_not_nobody_repeats_themselves() {
    let orders = [
        "push back",
        "be friendlier",
        "move on",
        "surprise her",
        "be cold",
        "open up",
        "keep it short",
        "wrap up",
        "halt dagegen",
        "sei freundlicher",
        "geh weiter",
        "überrasch ihn",
        "werde ungeduldig",
        "komm zum ende",
    ];
    let lines = [
        "Why is that?",
        "I took over the night rota.",
        "ok",
        "Ich verstehe.",
        "That sounds hard, what happened?",
    ];
    let library = library();
    for scenario in library.scenarios() {
        let cast = library
            .cast(&scenario.script.personas[0], Some(&scenario.id))
            .expect("a cast");
        for seed in 0..8_usize {
            let (reply, mut state) = cast.open(&BTreeMap::new(), 1);
            let mut last = vec![reply.text];
            for turn in 0..30 {
                let order = [orders[(turn * 5 + seed * 3) % orders.len()]];
                let fresh = order.iter().copied().filter(|_| turn % 2 == 0);
                let said = [Said {
                    name: "Ada",
                    text: lines[(turn * 7 + seed) % lines.len()],
                }];
                let (reply, next) =
                    cast.directed(order, fresh)
                        .reply(&state, &said, u64::try_from(turn).unwrap());
                assert!(!reply.text.trim().is_empty());
                let recent = &last[last.len().saturating_sub(8)..];
                assert!(
                    !recent.contains(&reply.text),
                    "{}: {:?} again",
                    scenario.id,
                    reply.text
                );
                last.push(reply.text);
                state = next;
            }
        }
    }
}
