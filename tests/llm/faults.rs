//! Every way in which a provider can fail, and what it is called.

use std::net::SocketAddr;
use std::time::Duration;

use ludus::config::LlmSettings;
use ludus_actors::llm::{Finish, Llm, LlmFault};
use serde_json::json;
use socket2::{Domain, Socket, Type};
use tokio::net::{TcpListener, TcpStream};

use super::kit::*;

/// A deadline at its bound: not before it, and not much after it on a busy machine.
fn took_about(took: Duration, ms: u64) {
    let ms_took = u64::try_from(took.as_millis()).unwrap();
    assert!(
        (ms..ms + 400).contains(&ms_took),
        "{ms_took} ms instead of {ms}"
    );
}

#[tokio::test]
async fn nobody_listens() {
    let address = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let asker = asker_of(&[settings("gone", address)], &LlmSettings::default());
    let heard = heard(&asker).await;
    assert_eq!(heard.fault(), LlmFault::Connect);
    assert_eq!(asker.ledger.spent(), 0);
}

#[tokio::test]
async fn connecting_hangs() {
    // A listener that accepts nobody, with its queue full: the kernel drops who knocks.
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket
        .bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())
        .unwrap();
    socket.listen(0).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let mut waiting = Vec::new();
    while let Ok(Ok(one)) =
        tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(address)).await
    {
        waiting.push(one);
    }
    let asker = asker_of(&[settings("full", address)], &LlmSettings::default());
    let heard = heard(&asker).await;
    assert_eq!(heard.fault(), LlmFault::Connect);
    took_about(heard.took, CONNECT_MS);
}

#[tokio::test]
async fn it_does_not_speak_tls() {
    let server = Server::once(good(REPLY)).await;
    let mut settings = settings("plain", server.address);
    settings.base_url = settings.base_url.replace("http:", "https:");
    let asker = asker_of(&[settings], &LlmSettings::default());
    let heard = heard(&asker).await;
    // The other side is not TLS and waits for the rest of a request, so it is the deadline.
    assert_eq!(heard.fault(), LlmFault::Connect);
    assert!(heard.took < Duration::from_millis(CONNECT_MS + 400));
}

#[tokio::test]
async fn it_refuses() {
    let error = format!(r#"{{"error":{{"message":"{PROMPT} {KEY}"}}}}"#);
    for (line, expected) in [
        ("400 Bad Request", 400),
        ("401 Unauthorized", 401),
        ("403 Forbidden", 403),
        ("404 Not Found", 404),
        ("500 Internal Server Error", 500),
        ("503 Service Unavailable", 503),
        ("204 No Content", 204),
    ] {
        let script = vec![status(line, "content-type: application/json\r\n", &error)];
        let heard = after(script).await;
        assert_eq!(heard.fault(), LlmFault::Refused { status: expected });
        assert_eq!(heard.begun, None);
    }
}

#[tokio::test]
async fn it_points_elsewhere_and_nobody_follows() {
    let elsewhere = Server::once(good(REPLY)).await;
    let location = format!(
        "location: http://{}/v1/chat/completions\r\n",
        elsewhere.address
    );
    for line in ["302 Found", "307 Temporary Redirect"] {
        let heard = after(vec![status(line, &location, "")]).await;
        let code = line[..3].parse().unwrap();
        assert_eq!(heard.fault(), LlmFault::Refused { status: code });
    }
    assert_eq!(elsewhere.asked(), 0);
}

#[tokio::test]
async fn it_wants_fewer_questions() {
    for (header, expected) in [
        ("", None),
        ("retry-after: 0\r\n", Some(0)),
        ("retry-after: 7\r\n", Some(7)),
        ("retry-after: 86400\r\n", Some(120)),
        ("retry-after: Sat, 06 Nov 2094 08:49:37 GMT\r\n", Some(120)),
        ("retry-after: soon\r\n", None),
    ] {
        let server = Server::once(vec![status("429 Too Many Requests", header, "{}")]).await;
        let heard = heard(&asker(&server)).await;
        let fault = LlmFault::RateLimited {
            retry_after_s: expected,
        };
        assert_eq!(heard.fault(), fault);
        // It is not asked again behind our backs, and not waited for.
        assert_eq!(server.asked(), 1);
        assert!(heard.took < Duration::from_millis(FIRST_MS));
    }
}

#[tokio::test]
async fn a_page_instead_of_an_answer() {
    let page = "<html>sign in to the wifi</html>";
    let html = "content-type: text/html\r\n";
    assert_eq!(
        after(vec![status("200 OK", html, page)]).await.fault(),
        LlmFault::Garbled
    );
    // Even when it says that it is a stream.
    let stream = "content-type: text/event-stream\r\n";
    assert_eq!(
        after(vec![status("200 OK", stream, page)]).await.fault(),
        LlmFault::Truncated
    );
    let error = json!({"error": {"message": "no"}}).to_string();
    let kind = "content-type: application/json\r\n";
    assert_eq!(
        after(vec![status("200 OK", kind, &error)]).await.fault(),
        LlmFault::Garbled
    );
}

#[tokio::test]
async fn no_first_word() {
    let quiet = [
        // Nothing, headers only, comments only, thoughts only, empty deltas only.
        vec![Step::Hang],
        vec![send(STREAM), Step::Hang],
        vec![
            send(STREAM),
            Step::Forever(b": still here\n\n".to_vec(), 50),
        ],
        vec![
            send(STREAM),
            Step::Forever(
                event(&json!({"choices": [{"delta": {"reasoning_content": "hm"}}]})).into_bytes(),
                50,
            ),
        ],
        vec![send(STREAM), Step::Forever(token("").into_bytes(), 50)],
    ];
    for script in quiet {
        let heard = after(script).await;
        assert_eq!(heard.fault(), LlmFault::SlowFirstToken);
        assert_eq!(heard.begun, None);
        took_about(heard.took, FIRST_MS);
    }
}

#[tokio::test]
async fn the_answer_stops_coming() {
    let drip = token("never whole").into_bytes();
    let mut slow = vec![
        send(STREAM),
        send(token("Hello")),
        Step::Wait(300),
        send(token(" you")),
    ];
    // A byte now and then is no sign of life: it is not a word.
    slow.extend(
        drip.iter()
            .flat_map(|byte| [Step::Wait(60), Step::Send(vec![*byte])]),
    );
    let heard = after(slow).await;
    assert_eq!(heard.fault(), LlmFault::Stalled);
    assert_eq!(heard.text, "Hello you");
    took_about(heard.took, 300 + STALL_MS);
}

#[tokio::test]
async fn the_answer_takes_too_long() {
    let slow = vec![
        send(STREAM),
        Step::Forever(token("word ").into_bytes(), 100),
    ];
    let heard = after(slow).await;
    assert_eq!(heard.fault(), LlmFault::TotalTime);
    assert!(heard.text.starts_with("word word "));
    took_about(heard.took, TOTAL_MS);
}

#[tokio::test]
async fn the_answer_breaks_off() {
    let part = token("Hel");
    let chunked = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
                   transfer-encoding: chunked\r\n\r\n";
    for script in [
        // A clean end of the connection in the middle of everything.
        vec![send(STREAM), send(&part)],
        vec![send(STREAM), send(&part), send("data: {\"choices\"")],
        vec![send(STREAM), send(&part), Step::Wait(50), Step::Reset],
        vec![
            send(chunked),
            send(format!("{:x}\r\n{part}\r\n", part.len())),
        ],
        vec![
            send(chunked),
            send(format!("{:x}\r\n{part}", part.len() + 5)),
        ],
    ] {
        let broken_json =
            matches!(&script[..], [_, _, Step::Send(last)] if last.starts_with(b"data: {"));
        let heard = after(script).await;
        // Half an event is not readable, and nobody can know what it would have been.
        let fault = if broken_json {
            LlmFault::Garbled
        } else {
            LlmFault::Truncated
        };
        assert_eq!(heard.fault(), fault);
        assert_eq!(heard.text, "Hel");
    }
    for script in [
        vec![Step::Reset],
        vec![send("HTTP/1.1 200 OK\r\n")],
        vec![send(STREAM)],
    ] {
        let heard = after(script).await;
        assert_eq!(heard.fault(), LlmFault::Truncated);
        assert_eq!(heard.begun, None);
    }
}

#[tokio::test]
async fn a_server_that_just_hangs_up_can_be_known_for_it() {
    let script = vec![send([STREAM, &token("All of it.")].concat())];
    let server = Server::once(script).await;
    let mut settings = settings("silent", server.address);
    settings.ends_silently = true;
    let heard = heard(&asker_of(&[settings], &LlmSettings::default())).await;
    assert_eq!(heard.text, "All of it.");
    assert_eq!(heard.done().finish, Finish::Other);
}

#[tokio::test]
async fn nothing_was_said() {
    for tail in [
        DONE.to_owned(),
        finish("stop"),
        finish("length") + DONE,
        finish("tool_calls"),
    ] {
        let heard = after(vec![send([STREAM, &tail].concat())]).await;
        assert_eq!(heard.fault(), LlmFault::Garbled, "{tail}");
    }
}

#[tokio::test]
async fn what_nobody_can_read() {
    let bad: [&[u8]; 4] = [
        b"data: {\"choices\": [\n\n",
        b"data: nonsense\n\n",
        b"data: \xff\xfe\n\n",
        // A character that is cut in two for good.
        b"data: {\"choices\":[{\"delta\":{\"content\":\"\xf0\x9f\"}}]}\n\n",
    ];
    for bytes in bad {
        let script = vec![
            send(STREAM),
            send(token("so far ")),
            send(bytes),
            Step::Hang,
        ];
        let heard = after(script).await;
        assert_eq!(heard.fault(), LlmFault::Garbled);
        assert_eq!(heard.text, "so far ");
    }
}

#[tokio::test]
async fn errors_in_the_middle() {
    for (error, fault) in [
        (
            json!({"error": {"code": 503, "message": PROMPT}}),
            LlmFault::Refused { status: 503 },
        ),
        (
            json!({"error": "no more"}),
            LlmFault::Refused { status: 500 },
        ),
        (
            json!({"error": {"type": "rate_limit_exceeded"}}),
            LlmFault::RateLimited {
                retry_after_s: None,
            },
        ),
    ] {
        let script = [STREAM, &token("so far"), &event(&error), DONE].concat();
        let heard = after(vec![send(script)]).await;
        assert_eq!(heard.fault(), fault);
        assert_eq!(heard.text, "so far");
    }
}

#[tokio::test]
async fn the_filter_withholds_it() {
    let refusal = event(&json!({"choices": [{"delta": {"refusal": "I will not"}}]}));
    for tail in [finish("content_filter"), refusal] {
        let heard = after(vec![send([STREAM, &token("so far"), &tail, DONE].concat())]).await;
        assert_eq!(heard.fault(), LlmFault::Filtered);
        assert_eq!(heard.text, "so far");
    }
}

#[tokio::test]
async fn one_token_of_ten_megabytes() {
    let head = [
        STREAM,
        &token("so far"),
        "data: {\"choices\":[{\"delta\":{\"content\":\"",
    ]
    .concat();
    let server = Server::once(vec![send(head), Step::Forever(vec![b'x'; 64 * 1024], 0)]).await;
    let heard = heard(&asker(&server)).await;
    assert_eq!(heard.fault(), LlmFault::TooLarge);
    assert_eq!(heard.text, "so far");
    server.hung_up().await;
}

#[tokio::test]
async fn more_tokens_than_were_allowed() {
    let script = vec![
        send(STREAM),
        Step::Forever(token(&"many ".repeat(100)).into_bytes(), 0),
    ];
    let heard = after(script).await;
    assert_eq!(heard.fault(), LlmFault::TooLarge);
    assert!(!heard.text.is_empty() && heard.text.len() < 128 * 1024);

    // Hidden in what is never shown.
    let hidden = event(&json!({"choices": [{"delta": {"reasoning": "x".repeat(10_000)}}]}));
    let script = vec![
        send([STREAM, &token("so far")].concat()),
        Step::Forever(hidden.into(), 0),
    ];
    let heard = after(script).await;
    assert_eq!(
        (heard.fault(), heard.text.as_str()),
        (LlmFault::TooLarge, "so far")
    );
}

#[tokio::test]
async fn a_listener_who_does_not_listen_does_not_hold_a_provider_for_ever() {
    let server = Server::once(vec![send(STREAM), Step::Forever(token("word ").into(), 1)]).await;
    let asker = asker(&server);
    let running = asker.router.start(ask());
    tokio::time::sleep(Duration::from_millis(TOTAL_MS + 300)).await;
    let heard = hear(running).await;
    assert_eq!(heard.fault(), LlmFault::TotalTime);
    server.hung_up().await;
}

#[tokio::test]
async fn questions_that_are_no_questions() {
    let server = Server::once(good(REPLY)).await;
    let asker = asker(&server);
    let mut empty = ask();
    empty.messages.clear();
    let mut huge = ask();
    huge.messages[0].text = "x".repeat(1024 * 1024 + 1);
    let mut mute = ask();
    mute.max_output_tokens = 0;
    for wrong in [empty, huge, mute] {
        let heard = hear(asker.router.start(wrong)).await;
        assert_eq!(heard.fault(), LlmFault::TooLarge);
    }
    assert_eq!(server.asked(), 0);
}
