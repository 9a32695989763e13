//! What one event of an answer says.
//!
//! Servers that speak the OpenAI protocol agree on little: fields are absent, null, of another type
//! or somewhere else, and strict types (those of `async-openai` among them) end the whole answer for
//! it. Here only what is needed is looked at, and what makes no sense is as good as absent.

use ludus_actors::llm::{Finish, LlmFault};
use ludus_domain::budget::Reported;
use serde_json::Value;

/// One event, understood.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) text: String,
    pub(super) finish: Option<Finish>,
    pub(super) usage: Option<Reported>,
    /// The provider took it back: an error, a filter. What was said in the same event still counts.
    pub(super) fault: Option<LlmFault>,
}

/// `Err`: not JSON at all.
pub(super) fn read(data: &[u8]) -> Result<Said, LlmFault> {
    let event: Value = serde_json::from_slice(data).map_err(|_| LlmFault::Garbled)?;
    let mut said = Said {
        usage: usage(&event),
        fault: error(&event),
        ..Said::default()
    };
    let choices = event.get("choices").and_then(Value::as_array);
    // One answer was asked for; another one beside it is nobody's business.
    let is_first = |choice: &&Value| {
        let index = choice.get("index").and_then(Value::as_u64);
        index.unwrap_or(0) == 0
    };
    let Some(choice) = choices.and_then(|choices| choices.iter().find(is_first)) else {
        return Ok(said);
    };
    // A server that ignores `stream` puts the whole message where a delta should be.
    if let Some(delta) = choice.get("delta").or_else(|| choice.get("message")) {
        said.text = delta.get("content").map(text).unwrap_or_default();
        let refusal = delta.get("refusal").and_then(Value::as_str);
        if refusal.is_some_and(|refusal| !refusal.is_empty()) {
            said.fault.get_or_insert(LlmFault::Filtered);
        }
    }
    match choice.get("finish_reason").and_then(Value::as_str) {
        None | Some("") => {}
        Some("stop" | "eos" | "end_turn" | "stop_sequence") => said.finish = Some(Finish::Stop),
        Some("length" | "max_tokens") => said.finish = Some(Finish::Length),
        Some("content_filter" | "safety") => {
            said.fault.get_or_insert(LlmFault::Filtered);
        }
        Some("error") => {
            said.fault.get_or_insert(LlmFault::Truncated);
        }
        Some(_) => said.finish = Some(Finish::Other),
    }
    Ok(said)
}

/// A text, or a list of parts some of which are.
fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts
            .iter()
            .filter_map(|part| part.get("text").and_then(Value::as_str))
            .collect(),
        _ => String::new(),
    }
}

fn usage(event: &Value) -> Option<Reported> {
    let usage = event.get("usage").filter(|usage| usage.is_object())?;
    let count = |name: &str| usage.get(name).and_then(Value::as_i64);
    Some(Reported {
        prompt_tokens: count("prompt_tokens"),
        completion_tokens: count("completion_tokens"),
    })
}

fn error(event: &Value) -> Option<LlmFault> {
    let error = match event.get("error") {
        None | Some(Value::Null) => {
            let is_error = event.get("object").and_then(Value::as_str) == Some("error");
            is_error.then_some(event)?
        }
        Some(error) => error,
    };
    let is_status = |code: &u16| (400..600).contains(code);
    let status = ["code", "status", "status_code"].iter().find_map(|name| {
        let code = error.get(name)?;
        let number = code.as_u64().and_then(|code| u16::try_from(code).ok());
        number
            .or_else(|| code.as_str()?.parse().ok())
            .filter(is_status)
    });
    let kind = error.get("type").and_then(Value::as_str).unwrap_or("");
    let code = error.get("code").and_then(Value::as_str).unwrap_or("");
    if status == Some(429) || [kind, code].iter().any(|word| word.contains("rate_limit")) {
        return Some(LlmFault::RateLimited {
            retry_after_s: None,
        });
    }
    if [kind, code]
        .iter()
        .any(|word| word.contains("content_filter"))
    {
        return Some(LlmFault::Filtered);
    }
    // An error without a number is theirs.
    let status = status.unwrap_or(500);
    Some(LlmFault::Refused { status })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(event: &Value) -> Said {
        read(event.to_string().as_bytes()).unwrap()
    }

    fn text_of(event: &Value) -> String {
        let said = said(event);
        assert_eq!(said.fault, None);
        said.text
    }

    #[test]
    fn text_is_found_in_every_known_place() {
        for delta in [
            json!({"content": "hi"}),
            json!({"role": "system", "content": "hi", "tool_calls": [{"index": 0}]}),
            json!({"content": [{"type": "text", "text": "h"}, {"type": "x"}, {"text": "i"}]}),
        ] {
            assert_eq!(
                text_of(&json!({"choices": [{"index": 0, "delta": delta}]})),
                "hi"
            );
        }
        assert_eq!(
            text_of(&json!({"choices": [{"message": {"content": "hi"}}]})),
            "hi"
        );
    }

    #[test]
    fn what_makes_no_sense_is_as_good_as_absent() {
        for event in [
            json!({}),
            json!([]),
            json!(null),
            json!({"choices": []}),
            json!({"choices": null}),
            json!({"choices": {"delta": {"content": "no"}}}),
            json!({"choices": [{"index": 1, "delta": {"content": "another answer"}}]}),
            json!({"choices": [{"delta": {"content": 5}}]}),
            json!({"choices": [{"delta": null, "finish_reason": null}]}),
            json!({"choices": [{"delta": {"tool_calls": [{"function": {"name": "rm"}}]}}]}),
            json!({"choices": [{"delta": {"reasoning_content": "hm"}, "finish_reason": ""}]}),
            json!({"usage": null, "error": null}),
        ] {
            assert_eq!(said(&event), Said::default(), "{event}");
        }
        assert_eq!(read(b"{"), Err(LlmFault::Garbled));
        assert_eq!(read(b"\xff"), Err(LlmFault::Garbled));
    }

    #[test]
    fn reasons_to_finish() {
        for (reason, finish) in [
            ("stop", Finish::Stop),
            ("end_turn", Finish::Stop),
            ("length", Finish::Length),
            ("tool_calls", Finish::Other),
            ("sunset", Finish::Other),
        ] {
            let event = json!({"choices": [{"delta": {}, "finish_reason": reason}]});
            assert_eq!(said(&event).finish, Some(finish), "{reason}");
        }
        let filtered =
            json!({"choices": [{"delta": {"content": "a"}, "finish_reason": "content_filter"}]});
        let filtered = said(&filtered);
        assert_eq!(filtered.fault, Some(LlmFault::Filtered));
        assert_eq!(filtered.text, "a");
    }

    #[test]
    fn counts_are_taken_as_they_are() {
        let reported = |usage: Value| said(&json!({ "usage": usage })).usage;
        let both = Reported {
            prompt_tokens: Some(3),
            completion_tokens: Some(-4),
        };
        assert_eq!(
            reported(json!({"prompt_tokens": 3, "completion_tokens": -4})),
            Some(both)
        );
        assert_eq!(reported(json!({})), Some(Reported::default()));
        let absurd = json!({"prompt_tokens": "many", "completion_tokens": 1e30});
        assert_eq!(reported(absurd), Some(Reported::default()));
    }

    #[test]
    fn errors_inside_the_stream() {
        let refused = |status| LlmFault::Refused { status };
        let limited = LlmFault::RateLimited {
            retry_after_s: None,
        };
        for (event, fault) in [
            (
                json!({"error": {"code": 502, "message": "m"}}),
                refused(502),
            ),
            (json!({"error": {"code": "401"}}), refused(401)),
            (json!({"error": "gone"}), refused(500)),
            (
                json!({"error": {"type": "server_error", "code": 7}}),
                refused(500),
            ),
            (
                json!({"object": "error", "message": "m", "code": 400}),
                refused(400),
            ),
            (json!({"error": {"code": 429}}), limited),
            (json!({"error": {"type": "rate_limit_exceeded"}}), limited),
            (
                json!({"error": {"code": "content_filter"}}),
                LlmFault::Filtered,
            ),
        ] {
            assert_eq!(said(&event).fault, Some(fault), "{event}");
        }
    }
}
