//! Answers that come whole, however a server writes and a network cuts them.

use std::fmt::Write as _;

use ludus::config::{LlmSettings, OutputLimit};
use ludus_actors::llm::{Finish, Llm, Message, Role, Usage};
use ludus_domain::text::shown;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::json;

use super::kit::*;

#[tokio::test]
async fn an_answer_and_what_it_cost() {
    let server = Server::once(good("Guten Tag!")).await;
    let asker = asker(&server);
    let heard = heard(&asker).await;
    assert_eq!(heard.text, "Guten Tag!");
    let who = ("scripted".to_owned(), "small".to_owned());
    assert_eq!(heard.begun, Some(who));
    let done = heard.done();
    assert_eq!(done.finish, Finish::Stop);
    assert_eq!(
        (done.provider.as_str(), done.model.as_str()),
        ("scripted", "small")
    );
    let usage = Usage {
        prompt_tokens: 10,
        completion_tokens: 5,
        estimated: false,
    };
    assert_eq!(done.usage, usage);
    // 10 at 1 and 5 at 2 millionths each.
    assert_eq!(done.cost_micro, 20);
    assert_eq!((asker.ledger.spent(), asker.ledger.reserved()), (20, 0));
    assert!(done.first_token_ms <= done.total_ms && done.total_ms < TOTAL_MS);
}

#[tokio::test]
async fn what_is_asked_is_what_travels() {
    let server = Server::once(good(REPLY)).await;
    let mut question = ask();
    question
        .messages
        .push(Message::new(Role::Assistant, "before"));
    question.stop = vec!["END".to_owned(); 6];
    question.json_schema = Some(json!({"type": "object"}));
    question.providers = vec![choice("scripted", "large")];
    hear(asker(&server).router.start(question)).await;
    let body = server.body();
    let expected = json!({
        "model": "large",
        "messages": [
            {"role": "system", "content": "be somebody"},
            {"role": "user", "content": PROMPT},
            {"role": "assistant", "content": "before"},
        ],
        "max_tokens": 100,
        "temperature": 0.7,
        "stop": ["END", "END", "END", "END"],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": {"type": "object"}, "strict": true},
        },
        "stream": true,
        "stream_options": {"include_usage": true},
    });
    // Through text, because 0.7 is not the same number in four bytes and in eight.
    assert_eq!(body.to_string(), expected.to_string());
    let request = server.seen()[0].request.clone();
    assert!(
        request.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(
        request.contains(&format!("authorization: Bearer {KEY}\r\n")),
        "{request}"
    );
    assert!(
        request.contains(&format!("x-own: {HEADER_VALUE}\r\n")),
        "{request}"
    );
}

#[tokio::test]
async fn servers_with_manners_of_their_own() {
    let server = Server::once(good(REPLY)).await;
    let mut settings = settings("picky", server.address);
    settings.output_limit = OutputLimit::MaxCompletionTokens;
    settings.sends_temperature = false;
    settings.sends_usage_option = false;
    heard(&asker_of(&[settings], &LlmSettings::default())).await;
    let body = server.body();
    assert_eq!(body["max_completion_tokens"], 100);
    for absent in [
        "max_tokens",
        "temperature",
        "stream_options",
        "stop",
        "response_format",
    ] {
        assert_eq!(body.get(absent), None, "{absent}");
    }
}

#[tokio::test]
async fn ends_of_every_kind() {
    for (tail, finish_is) in [
        (finish("stop"), Finish::Stop),
        (finish("length") + DONE, Finish::Length),
        (finish("sunset") + DONE, Finish::Other),
        // The end is said, though not why.
        (DONE.to_owned(), Finish::Other),
        ("data: [DONE]".to_owned(), Finish::Other),
        // Speaks on after the end.
        (
            finish("stop") + DONE + &token(" more") + "data: {",
            Finish::Stop,
        ),
    ] {
        let heard = after(vec![send([STREAM, &token("whole"), &tail].concat())]).await;
        assert_eq!(heard.text, "whole", "{tail}");
        assert_eq!(heard.done().finish, finish_is, "{tail}");
    }
    // Says why, and then neither the end nor anything else.
    for last in [Step::Hang, Step::Reset] {
        let script = [STREAM, &token("whole"), &finish("stop")].concat();
        let heard = after(vec![send(script), Step::Wait(50), last]).await;
        assert_eq!(heard.done().finish, Finish::Stop);
    }
}

#[tokio::test]
async fn counts_that_cannot_be_true_are_ours() {
    let absurd = [
        usage(-1, -1),
        usage(i64::MAX, i64::MAX),
        event(&json!({"choices": [], "usage": {}})),
        event(&json!({"choices": [], "usage": {"prompt_tokens": "many"}})),
        event(&json!({"usage": null})),
        String::new(),
    ];
    for usage in absurd {
        let whole = [
            STREAM,
            &token(&"word ".repeat(8)),
            &finish("stop"),
            &usage,
            DONE,
        ]
        .concat();
        let server = Server::once(vec![send(whole)]).await;
        let asker = asker(&server);
        let heard = heard(&asker).await;
        let counted = heard.done().usage;
        assert!(counted.estimated, "{usage}");
        assert_eq!(counted.completion_tokens, 10);
        assert_eq!(asker.ledger.spent(), heard.done().cost_micro);
    }
}

#[tokio::test]
async fn odd_chunks_change_nothing() {
    let odd = [
        ": OPENROUTER PROCESSING\n\n".to_owned(),
        event(&json!({"choices": []})),
        event(&json!({"type": "ping"})),
        event(&json!({"choices": [{"index": 0, "delta": {"role": "system", "content": ""}}]})),
        event(
            &json!({"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"name": "rm", "arguments": "-rf"}}]}}]}),
        ),
        event(&json!({"choices": [{"index": 1, "delta": {"content": "somebody else"}}]})),
        event(
            &json!({"id": "another", "model": "another", "choices": [{"delta": {"content": null}}]}),
        ),
        "event: message\nid: 7\nretry: 1\n\n".to_owned(),
        "event: ping\ndata: {}\n\n".to_owned(),
    ];
    // Duplicates are told as they come: nobody can know that they are not meant.
    let mut script = STREAM.to_owned() + &token("one ") + &token("one ");
    for chunk in &odd {
        script += chunk;
    }
    let told = "<b>two</b> \u{1b}[31m";
    script += &[&token(told), &finish("stop"), &usage(9, 9), DONE].concat();
    let heard = after(vec![send(script)]).await;
    // What steers a terminal is for nobody to read.
    assert_eq!(
        heard.text,
        format!("one one {}", told.replace('\u{1b}', ""))
    );
    assert!(!heard.done().usage.estimated);
}

#[tokio::test]
async fn connections_are_kept_for_the_next_question() {
    let text = token("Hi") + &finish("stop") + DONE;
    let whole = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n\
         {:x}\r\n{text}\r\n0\r\n\r\n",
        text.len()
    );
    let server = Server::once(vec![send(whole), Step::Hang]).await;
    let asker = asker(&server);
    assert_eq!(heard(&asker).await.text, "Hi");
    // The server does not answer a second question on this connection: that it came is enough.
    let _second = asker.router.start(ask());
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(
        server.asked(),
        1,
        "the second question opened another connection"
    );
}

/// Random texts, escaped or not, cut anywhere: inside characters, escapes, names of fields.
#[test]
fn what_is_heard_is_what_was_said() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let texts = vec(
        ("[ -~äßéñ漢字🦉👩‍👩‍👧\"\\\\\n\r\t]{1,24}", any::<bool>()),
        1..12,
    );
    let cuts = vec(1_usize..60, 1..60);
    let outcome = runner.run(&(texts, cuts), |(texts, cuts)| {
        let mut stream = String::new();
        let mut said = String::new();
        for (text, escaped) in &texts {
            said += &shown(text);
            let whole = token(text);
            if *escaped {
                for c in whole.chars() {
                    if c.is_ascii() {
                        stream.push(c);
                        continue;
                    }
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        write!(stream, "\\u{unit:04x}").unwrap();
                    }
                }
            } else {
                stream += &whole;
            }
        }
        stream += &(finish("stop") + DONE);
        let mut script = vec![send(STREAM)];
        let mut rest = stream.as_bytes();
        for (number, cut) in cuts.into_iter().enumerate() {
            let (part, after) = rest.split_at(cut.min(rest.len()));
            script.push(send(part));
            // Now and then long enough for the cut to arrive as one.
            if number % 4 == 0 {
                script.push(Step::Wait(1));
            }
            rest = after;
        }
        script.push(send(rest));
        let heard = runtime.block_on(after(script));
        prop_assert_eq!(heard.end.map(|done| done.finish), Ok(Finish::Stop));
        prop_assert_eq!(heard.text, said);
        Ok(())
    });
    outcome.unwrap();
}
