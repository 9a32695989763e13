//! Slips of the pen: what is told, and, more important, what is not.

use std::sync::LazyLock;

use ludus_domain::signals::{Context, HintKind, Lang, Lexicons, Slip, SlipKind, draft, slips};

static LEXICONS: LazyLock<Lexicons> = LazyLock::new(|| Lexicons::shipped().expect("lists"));

/// Without a guess at the language.
fn slips_in(lang: Lang, text: &str) -> Vec<Slip> {
    slips(text, LEXICONS.of(lang))
}

fn told(lang: Lang, text: &str) -> Vec<(SlipKind, String, Option<String>)> {
    let told = slips_in(lang, text).into_iter();
    told.map(|slip| {
        let marked = text[slip.span.start..slip.span.end].to_owned();
        (slip.kind, marked, slip.say)
    })
    .collect()
}

/// A line, what is marked in it, and what is suggested.
type Labelled = (&'static str, &'static str, &'static str);

const MISSPELT: [Labelled; 43] = [
    ("I recieve them each week", "recieve", "receive"),
    ("this is definately ours.", "definately", "definitely"),
    ("see you tommorow then", "tommorow", "tomorrow"),
    ("it occured to me", "occured", "occurred"),
    ("we need a seperate plan", "seperate", "separate"),
    ("that is realy good", "realy", "really"),
    ("my freind said so", "freind", "friend"),
    ("i beleive you there", "beleive", "believe"),
    ("wich one of them", "wich", "which"),
    ("Wich one of them", "Wich", "Which"),
    ("I like it alot more", "alot", "a lot"),
    ("becuase it was late", "becuase", "because"),
    ("the goverment did it", "goverment", "government"),
    ("it is neccessary now", "neccessary", "necessary"),
    ("an arguement about it", "arguement", "argument"),
    ("I am writting to you", "writting", "writing"),
    ("some usefull advice", "usefull", "useful"),
    ("until the begining of", "begining", "beginning"),
    ("our enviroment is calm", "enviroment", "environment"),
    ("a succesful start now", "succesful", "successful"),
    ("the comittee met today", "comittee", "committee"),
    ("she was embarassed by it", "embarassed", "embarrassed"),
    ("their adress has changed", "adress", "address"),
    ("an intresting idea of yours", "intresting", "interesting"),
    ("what a strange wierd day", "wierd", "weird"),
    ("my collegue told me so", "collegue", "colleague"),
    ("the buisness case is thin", "buisness", "business"),
    ("i dont know about it", "dont", "don't"),
    ("we shouldnt go there now", "shouldnt", "shouldn't"),
    ("it is happenning again", "happenning", "happening"),
    ("a diferent way to go", "diferent", "different"),
    ("the custmer was calm", "custmer", "customer"),
    ("an importent question of mine", "importent", "important"),
    ("we improoved it a lot", "improoved", "improved"),
    ("the probelm is the price", "probelm", "problem"),
    ("that was expesive for us", "expesive", "expensive"),
    ("i wonderd about the price", "wonderd", "wondered"),
    (
        "we should discus it soon, togehter.",
        "togehter",
        "together",
    ),
    ("a realistic estimat is hard", "estimat", "estimate"),
    ("to negociate a better price", "negociate", "negotiate"),
    ("it was unfortunatly late", "unfortunatly", "unfortunately"),
    ("give me an exampel please", "exampel", "example"),
    ("he allways does that.", "allways", "always"),
];

const GRAMMAR: [Labelled; 22] = [
    ("You could of told me.", "could of", "could have"),
    ("You Could of told me.", "Could of", "Could have"),
    ("I saw the the offer", "the the", "the"),
    ("it is a idea of mine", "a idea", "an idea"),
    ("he is an good man", "an good", "a good"),
    ("it took a hour of it", "a hour", "an hour"),
    ("an university in Spain", "an university", "a university"),
    ("an one-time thing", "an one", "a one"),
    ("this is more better now", "more better", "better"),
    ("she don't like it much", "she don't", "she doesn't"),
    (
        "I didn\u{2019}t went there",
        "didn\u{2019}t went",
        "didn't go",
    ),
    ("we should discuss about it", "discuss about", "discuss"),
    ("I am agree with you", "I am agree", "I agree"),
    (
        "that is to much for me",
        "that is to much",
        "that is too much",
    ),
    ("its a good offer", "its a", "it's a"),
    ("it is better then before", "better then", "better than"),
    ("it depends of the price", "depends of", "depends on"),
    ("their is no time left", "their is", "there is"),
    (
        "I am looking forward to meet you",
        "looking forward to meet",
        "looking forward to meeting",
    ),
    (
        "could you explain me the price",
        "explain me",
        "explain to me",
    ),
    (
        "one of my friend said",
        "one of my friend",
        "one of my friends",
    ),
    ("you was late again, sorry", "you was", "you were"),
];

const GERMAN: [Labelled; 8] = [
    ("das ist vorallem teuer", "vorallem", "vor allem"),
    (
        "Das wird warscheinlich gut",
        "warscheinlich",
        "wahrscheinlich",
    ),
    ("Eigendlich wollte ich", "Eigendlich", "Eigentlich"),
    ("der Standart ist hoch", "Standart", "Standard"),
    ("seit ihr schon fertig", "seit ihr", "seid ihr"),
    ("das ist besser wie vorher", "besser wie", "besser als"),
    ("ich ich habe eine Frage", "ich ich", "ich"),
    ("ich weis das doch", "ich weis", "ich weiß"),
];

/// Lines in which there is nothing to tell, though much of it is in no dictionary.
const FINE: [&str; 34] = [
    "I had had that thought that that was it.",
    "Could of course be that you are right.",
    "We met Xanthippe and Brogan at the Kwik-E-Mart.",
    "Our kubernetes cluster speaks gRPC, see https://exampel.org/wich/one and @recieve.",
    "Set `recieve_max` to 4 in /etc/teh.conf, then run teh_thing --recieve.",
    "sooooo good, hahaha, lol, omg, kinda, gonna, dunno!!!",
    "It is an honest hour, a useful unit and a European one-time offer.",
    "An unusual, unimportant and unanimous vote; a unanimous one too.",
    "She works as an SRE at an MBA-only shop with an HR lead.",
    "Let's onboard them, sync async on the roadmap, and refactor the backend.",
    "Would he have known? Did she have time? Does he have a car?",
    "Plan A is fine. A, B and C are options; vitamin a is not.",
    "What I said to many people was to much applause.",
    "the colour of the theatre, the color of the theater, organise, organize",
    "we're, you've, they'd, it's, can't, won't, o'clock, ma'am, y'all",
    "naïve café résumé jalapeño über",
    "that's Anna's and the teams' idea",
    "bye bye, no no, very very good, so so, that that",
    "He said it was his, hers or theirs.",
    "wir treffen uns, guten Morgen, vielen Dank",
    "I'd like a refund for order 66A4, ticket #4711, SKU-teh9.",
    "ok thx, brb, idk tbh",
    "a b c d e f g",
    "",
    " ",
    "teh",
    "I think we shou",
    "one more thing: the",
    "The deadline was moved, rescheduled and then cancelled; travelling takes ages.",
    "Their own are there, and they're theirs.",
    "I look forward to hearing from you.",
    "the end-to-end, face-to-face, re-sent, co-worker thing",
    "It was he, the 2nd one, at 10am on the 3rd.",
    "emojis \u{1F469}\u{200D}\u{1F4BB} are \u{1F1E9}\u{1F1EA} fine \u{1F44D}\u{1F3FD} too",
];

#[test]
fn what_is_wrong_is_told_with_what_was_meant() {
    let mut missed = vec![];
    let labelled =
        |lang, kind, lines: &'static [Labelled]| lines.iter().map(move |line| (lang, kind, line));
    let all = labelled(Lang::EN, SlipKind::Spelling, &MISSPELT).chain(labelled(
        Lang::EN,
        SlipKind::Grammar,
        &GRAMMAR,
    ));
    for (lang, kind, (text, marked, meant)) in all {
        let expected = (kind, (*marked).to_owned(), Some((*meant).to_owned()));
        if !told(lang, text).contains(&expected) {
            missed.push(format!("{text}: {:?}", told(lang, text)));
        }
    }
    for (text, marked, meant) in GERMAN {
        let found = told(Lang::DE, text);
        if !found
            .iter()
            .any(|(_, at, say)| at == marked && say.as_deref() == Some(meant))
        {
            missed.push(format!("{text}: {found:?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn of_what_is_fine_nothing_is_told() {
    let told: Vec<_> = FINE
        .iter()
        .flat_map(|text| {
            let is_german = text.starts_with("wir treffen");
            let english = (!is_german).then(|| told(Lang::EN, text));
            [told(Lang::DE, text), english.unwrap_or_default()].concat()
        })
        .collect();
    assert!(told.is_empty(), "{told:?}");
}

/// Everything the shipped content says in English was read by people: what is told of it is a false alarm.
#[test]
fn the_shipped_texts_raise_no_false_alarm() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../content");
    let (mut words, mut alarms) = (0, vec![]);
    for folder in [
        "personas",
        "scenarios",
        "rubrics",
        "badges",
        "quests",
        "boards",
    ] {
        for file in std::fs::read_dir(format!("{root}/{folder}"))
            .expect("content")
            .flatten()
        {
            let Ok(text) = std::fs::read_to_string(file.path()) else {
                continue;
            };
            let quoted = text
                .split('"')
                .skip(1)
                .step_by(2)
                .filter(|text| text.contains(' '));
            for text in quoted {
                let text = format!("{text} .");
                if text.split(' ').count() < 6 || LEXICONS.detect(&text) != Some(Lang::EN) {
                    continue;
                }
                words += text.split(' ').count();
                for slip in slips(&text, LEXICONS.of(Lang::EN)) {
                    alarms.push(format!("{:?} in {text:?}: {slip:?}", file.file_name()));
                }
            }
        }
    }
    println!("{} alarms in {words} words", alarms.len());
    assert!(words > 5_000, "{words}");
    assert!(alarms.is_empty(), "{}", alarms.join("\n"));
}

#[test]
fn a_slip_is_a_hint_each_time_and_goes_when_it_is_mended() {
    let mut talk = Context::default();
    for _ in 0..5 {
        let hints = draft("I think you recieve it on Friday, is that right?", &talk);
        let hint = hints
            .iter()
            .find(|hint| hint.kind == HintKind::Spelling)
            .expect("a hint");
        assert_eq!(hint.say.as_deref(), Some("receive"));
        talk.showed(&hints);
        let facts = ludus_domain::signals::facts("I think you recieve it on Friday.");
        talk.take(&facts, true);
    }
    let hints = draft("I think you receive it on Friday, is that right?", &talk);
    assert!(
        hints.iter().all(|hint| hint.kind != HintKind::Spelling),
        "{hints:?}"
    );
}
