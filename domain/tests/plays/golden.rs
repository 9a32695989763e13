//! Conversations as they read. Whoever changes the engine or the content reads them again.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ludus_domain::persona::offline::Said;
use ludus_domain::slug::{PersonaId, ScenarioId};

use crate::content::library;

/// Plays these lines and writes down everything that is said and noticed.
fn played(persona: &str, scenario: &str, lines: &[&str]) -> String {
    let library = library();
    let persona: PersonaId = persona.parse().expect("a name");
    let scenario: ScenarioId = scenario.parse().expect("a name");
    let cast = library.cast(&persona, Some(&scenario)).expect("a cast");
    let name = &library.persona(&persona).expect("a persona").sheet.name;
    let first = name.split(' ').next().expect("a name");
    let (reply, mut state) = cast.open(&BTreeMap::new(), 3);
    let mut text = format!("{first}: {}\n", reply.text);
    for (turn, line) in lines.iter().enumerate() {
        let said = [Said {
            name: "Ada Lovelace",
            text: line,
        }];
        let (reply, next) = cast.reply(&state, &said, 100 + u64::try_from(turn).expect("small"));
        let intents: Vec<&str> = reply
            .intents
            .iter()
            .map(ludus_domain::slug::IntentId::as_str)
            .collect();
        let beat = reply.beat.as_ref().map_or("-", |beat| beat.as_str());
        write!(
            text,
            "\nAda: {line}\n    [{} {} | {beat} | {}]",
            reply.mood,
            reply.rapport,
            intents.join(" ")
        )
        .expect("text");
        for goal in &reply.goals_met {
            write!(text, " goal:{goal}").expect("text");
        }
        for fact in &reply.revealed {
            write!(text, " told:{fact}").expect("text");
        }
        if let Some(ended) = reply.ended {
            write!(text, " ended:{ended:?}").expect("text");
        }
        write!(text, "\n{first}: {}\n", reply.text).expect("text");
        state = next;
    }
    text
}

macro_rules! conversations {
    ($($name:ident: $persona:literal in $scenario:literal, [$($line:literal,)*];)*) => {$(
        #[test]
        fn $name() {
            insta::assert_snapshot!(played($persona, $scenario, &[$($line),*]));
        }
    )*

        /// Who plays what with which lines: conversations that go well.
        pub(crate) const CONVERSATIONS: &[(&str, &str, &[&str])] = &[$(($persona, $scenario, &[$($line),*]),)*];

        /// Every scenario that is shipped has a conversation here.
        #[test]
        fn every_scenario_is_played() {
            let played = [$($scenario),*];
            for scenario in library().scenarios() {
                assert!(played.contains(&scenario.id.as_str()), "{} is not played", scenario.id);
            }
        }
    };
}

conversations! {
    an_interview: "mara-okafor" in "interview-first-minutes", [
        "Good morning! I'm passionate and a real team player.",
        "Fair. I keep machines running at night: six years in a brewery, the last two leading five people on the late shift.",
        "For example last year we cut unplanned stops from 40 a month to 9, because I had everybody write down what they heard before a stop.",
        "The idea was mine. The ears were theirs.",
        "I once forgot to tell the night shift about a valve we had bypassed. We lost 3000 litres.",
        "I told them myself, at the gate, before they found out. Now there is a board at the door and nobody goes home without it.",
        "I would sit down with each of them, alone, and ask why they don't do it.",
        "Then I would change the rota. What happened to the last person who had this job?",
        "That interests me more than it frightens me.",
    ];

    a_sales_call: "tom-birch" in "sales-ovens", [
        "Good morning! The rolls smell wonderful. We are the market leader in ovens.",
        "What is the biggest problem with the ovens you have now?",
        "That sounds awful. What happened at Easter, and what did it cost you?",
        "How many ovens do you need, and by when?",
        "If one fails, a technician is with you within 4 hours, day and night, and you get a loan oven.",
        "In writing, yes. If we are late we pay 500 euros for every hour.",
        "It costs 13900 euros each, because the service contract is part of it.",
        "Hull does not come at four in the morning. We do, and it is in the contract.",
        "Let's put one in next week as a test, on Tuesday.",
        "Thank you, Tom. I will send it tomorrow.",
    ];

    hard_feedback: "nadia-rahman" in "feedback-late", [
        "You always come late and everybody is annoyed.",
        "Sorry, that was unfair. Last Tuesday and Thursday you missed the stand up.",
        "I noticed because I rely on you. How are you? Is something wrong?",
        "I don't ask because of a book. What's going on?",
        "That sounds exhausting. Thank you for telling me.",
        "And Sam. You called his change garbage in front of everybody. What do you think about it now?",
        "What if we move the stand up to ten on two days, and you talk to Sam this week?",
        "I'll tell the team that I moved it. No reasons.",
        "Let's look at it again in two weeks.",
    ];

    small_talk: "june-park" in "small-talk-wedding", [
        "Hi! I didn't find the cake yet. How do you know the bride?",
        "Neither, I work with the groom's brother. I came alone, in a borrowed tie.",
        "Yesterday my grandmother taught me to fold a napkin into a frog. It took an hour.",
        "Why is there glue on your shoes?",
        "How did you come to repair instruments?",
        "Oh, that sounds like a beautiful thing to keep. What does it smell like today?",
        "I usually hide in the kitchen and dry glasses.",
        "I am going to get some air. I enjoyed talking to you, especially about the accordion.",
    ];

    english_in_a_cafe: "sofia-costa" in "language-cafe-weekend", [
        "Hello. I would like a coffee, please.",
        "ok",
        "On Saturday I went to the sea with my brother.",
        "I liked it because the water was cold and nobody was there.",
        "In my country we eat rice with fish on Sunday.",
        "What did you do at the weekend?",
        "Where are you from? How did you learn English?",
        "Thank you! Goodbye!",
    ];

    a_dead_line: "elaine-whitmore" in "support-dead-line", [
        "Have you turned it off and on?",
        "I am sorry, Mrs Whitmore. Four days and three people, that must be very frustrating. My name is Ada and I stay on the line.",
        "Thank you. When did it last work, and what happened on Monday?",
        "I think he hit the cable. I will send an engineer tomorrow between 9 and 11. His name is Sam.",
        "If he does not come, I will call you at noon, and I come in person with my boss.",
        "What do you need the line for on Sunday?",
        "Then we send you a mobile box by courier today, so you see him in any case.",
        "You are welcome. Goodbye, Mrs Whitmore.",
    ];

    a_pitch: "viktor-lindqvist" in "pitch-ninety-seconds", [
        "We are an AI powered platform that disrupts the soup ecosystem.",
        "Sorry. A box in which restaurants sell yesterday's soup by the litre instead of pouring it away.",
        "Because food waste is taxed since January, so pouring it away costs them money now.",
        "Our best customer is called Rosa. She runs a canteen and poured away 40 litres a day.",
        "31 customers, 900 a month each, it costs 2100 to win one, and 2 left us.",
        "Let me finish, please: payback is under three months because they find us, not we them.",
        "If the big kitchen supplier copies us, we are dead. That is what I am afraid of.",
        "We need 400000 euros for two people and a second city.",
        "With half I don't open the second city.",
    ];

    a_code_review: "nadia-rahman" in "code-review-cache", [
        "4 milliseconds is really impressive. I have one question that worries me.",
        "Prices are stale on Friday, because the list changes on Thursday night and you keep them 24 hours.",
        "Thursday at ten somebody asks for flour, at midnight it changes, on Friday they get the old price.",
        "Why did you build it this way? What was the context?",
        "I understand, that sounds stressful. I would have cut it too.",
        "How about we expire at midnight, and you pass in a clock so that the test need not sleep?",
        "A second query on every miss is fine, we have eleven thousand a day.",
        "Next time we write the failing case first, ten minutes, together.",
    ];

    a_negotiation: "tom-birch" in "negotiation-flour", [
        "Where does the ten percent come from? What has changed?",
        "I understand. What else matters to you besides the price?",
        "How do the deliveries go at the moment? What annoys you?",
        "If we deliver before three every night, would you sign for two years?",
        "Snow as well. If I am late, I pay your two men.",
        "At 512 a ton.",
        "No, 512, because the night costs me a driver.",
        "So you get flour before three every night, I get two years, and the price is 512 a ton. Did I get that right?",
    ];

    a_brief: "ben-adeyemi" in "marketing-brief", [
        "I like the piano. What should be different in six months?",
        "Who is it for? Describe one person.",
        "The experts will not notice. One person, a beginner, how does she feel after the first visit?",
        "How many of them come back?",
        "That must be hard to look at. Thank you for saying it.",
        "What is the budget, and by when do you need it?",
        "So you are saying: beginners shall come a second time, 40000, in six weeks. Did I get that right?",
        "No piano. But a second visit that is free, with somebody who remembers her name.",
    ];

    a_raise: "mara-okafor" in "ask-for-a-raise", [
        "I don't want to bother you, I know it's a bad time.",
        "I would like 12 percent more from next month.",
        "Because I took over the night rota since spring, and sick calls went from 11 to 4 a month.",
        "I wrote the swap list and I call people myself. That was me.",
        "I understand. When could it be possible, and what would have to be true?",
        "Yes, please put it in the calendar.",
        "I would like a course in planning, and two fewer nights.",
        "Thank you, Mara. That helps.",
    ];

    ein_vorstellungsgespraech: "renate-brandt" in "vorstellungsgespraech-buecherei", [
        "Guten Tag! Ich bin teamfähig, belastbar und ich liebe Bücher.",
        "Ich stehe seit vier Jahren an der Kasse eines Schwimmbads und kenne jeden, der singt.",
        "Zum Beispiel habe ich letzten Sommer die Schlange von 40 auf 10 Minuten gebracht, weil ich die Stammgäste gefragt habe.",
        "Mein Teil war die Frage. Und der zweite Stuhl.",
        "Ich habe einmal vergessen, die Kasse abzuschließen. Es fehlten 200 Euro. Seitdem schließe ich zweimal ab.",
        "Ich gehe zu ihm hin und sage: Guten Tag, Sie haben eine schöne Stimme, singen Sie mir draußen weiter?",
        "Dann frage ich ihn, was er spielt.",
        "Wie ist die Stimmung im Team, und was ändert sich nächstes Jahr?",
        "Das schreckt mich nicht. Ich würde zuerst mit den beiden vom Hafen Kaffee trinken.",
    ];

    ein_sprachcafe: "emre-yildiz" in "sprachcafe-alltag", [
        "Hallo, ich heiße Amal.",
        "Ich möchte Tee, bitte.",
        "Heute habe ich lange gearbeitet und dann Deutsch gelernt.",
        "Ja, weil ich viele Wörter verstanden habe.",
        "Am Sonntag essen wir Reis mit Linsen und viel Zwiebeln.",
        "Woher kommst du? Und was machst du gern?",
        "Ist Deutsch schwer für deine Familie?",
        "Danke, Emre! Tschüss!",
    ];

    eine_reklamation: "dieter-krause" in "reklamation-am-telefon", [
        "Ihre Kundennummer bitte.",
        "Entschuldigen Sie. Seit Montag im Wasser und am Dienstag umsonst gewartet, da wäre ich auch sauer.",
        "Ich heiße Ada und bleibe dran. Wer hat die Maschine angeschlossen, und woher kommt das Wasser genau?",
        "Dann kommt morgen um 7 Uhr Herr Seidel und schraubt ihn fest. Er ruft vorher an.",
        "Wenn nicht, rufe ich Sie um 8 Uhr selbst an, versprochen.",
        "Bis wann brauchen Sie die Maschine?",
        "Dann stelle ich Ihnen heute noch eine Leihmaschine hin, und wir schreiben 150 Euro gut.",
        "Gern. Auf Wiederhören, Herr Krause.",
    ];
}
