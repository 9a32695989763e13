//! Nothing that was asked, answered or paid with is in a log, whatever goes wrong.

use ludus_actors::llm::LlmFault;
use serde_json::json;

use super::kit::*;

#[tokio::test]
async fn nothing_said_and_no_key_is_logged() {
    // The ways in which libraries like to be helpful: bodies of errors, events nobody can read.
    let echo = json!({"error": {"message": format!("{PROMPT} {KEY} {REPLY}"), "type": "x"}});
    let kind = "content-type: application/json\r\n";
    let faults = [
        vec![status("401 Unauthorized", kind, &echo.to_string())],
        vec![status("500 Internal Server Error", kind, &echo.to_string())],
        vec![status("429 Too Many Requests", kind, &echo.to_string())],
        vec![status("200 OK", kind, &echo.to_string())],
        vec![send([STREAM, &event(&echo)].concat())],
        vec![send(
            [STREAM, &token(REPLY), "data: canary-reply\n\n"].concat(),
        )],
        vec![send([STREAM, &token(REPLY)].concat())],
        vec![send([STREAM, &token(REPLY)].concat()), Step::Reset],
        good(REPLY),
    ];
    let mut failed = 0;
    for script in faults {
        let heard = after(script).await;
        failed += usize::from(heard.end.is_err());
        let shown = format!("{:?}", heard.end);
        assert!(!shown.contains("canary"), "{shown}");
    }
    assert_eq!(failed, 8);
    let unreachable = settings("unreachable", ([127, 0, 0, 1], 1).into());
    let asker = asker_of(&[unreachable], &ludus::config::LlmSettings::default());
    assert_eq!(heard(&asker).await.fault(), LlmFault::Connect);

    let logs = logs();
    assert!(
        logs.contains("a language model did not answer: the provider refused with status 401"),
        "the log is not heard"
    );
    // Other tests log into the same place, with the same canaries.
    let told: Vec<_> = logs
        .lines()
        .filter(|line| line.contains("canary"))
        .collect();
    assert!(told.is_empty(), "{told:#?}");
    let question = format!("{:?}", ask());
    assert!(!question.contains("canary"), "{question}");
}
