//! What a client of the OpenAI protocol sends. Fields that change nothing here (`top_p`, `user`,
//! penalties and whatever else clients have) are read over; those that ask for what a persona
//! cannot do are refused, rather than answered as if they had not been asked for.

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ChatCompletionRequest)]
pub(in crate::http) struct Completion {
    /// `persona` or `persona/scenario`, as `GET /v1/models` has them.
    pub(super) model: String,
    pub(super) messages: Vec<MessageBody>,
    #[serde(default)]
    pub(super) stream: Option<bool>,
    #[serde(default)]
    pub(super) stream_options: Option<StreamOptions>,
    #[serde(default)]
    pub(super) max_tokens: Option<i64>,
    /// The newer name of `max_tokens`; it goes before it.
    #[serde(default)]
    pub(super) max_completion_tokens: Option<i64>,
    #[serde(default)]
    pub(super) temperature: Option<f64>,
    #[serde(default)]
    pub(super) stop: Option<Stop>,
    /// The dice of the offline engine: with another seed it says the same in other words.
    #[serde(default)]
    pub(super) seed: Option<i64>,
    /// One answer is all there is.
    #[serde(default)]
    pub(super) n: Option<i64>,
    #[serde(default)]
    pub(super) tools: Option<Vec<Value>>,
    #[serde(default)]
    pub(super) functions: Option<Vec<Value>>,
    #[serde(default)]
    pub(super) response_format: Option<ResponseFormat>,
    #[serde(default)]
    pub(super) logprobs: Option<bool>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ChatCompletionMessage)]
pub(in crate::http) struct MessageBody {
    pub(super) role: RoleBody,
    #[serde(default)]
    pub(super) content: Option<Content>,
    /// Who says it, where several people do.
    #[serde(default)]
    pub(super) name: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ChatCompletionRole)]
pub(in crate::http) enum RoleBody {
    /// Left out: who a persona is stands in content, and nowhere else.
    System,
    /// The newer name of `system`.
    Developer,
    User,
    Assistant,
    Tool,
    Function,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
#[schema(as = ChatCompletionContent)]
pub(in crate::http) enum Content {
    Text(String),
    Parts(Vec<ContentPart>),
}

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ChatCompletionContentPart)]
pub(in crate::http) struct ContentPart {
    /// `text` is the only kind a persona reads.
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) text: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
#[schema(as = ChatCompletionStop)]
pub(in crate::http) enum Stop {
    One(String),
    Several(Vec<String>),
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = ChatCompletionStreamOptions)]
pub(in crate::http) struct StreamOptions {
    /// One more event before the last, with what was used.
    #[serde(default)]
    pub(super) include_usage: Option<bool>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ChatCompletionResponseFormat)]
pub(in crate::http) struct ResponseFormat {
    #[serde(rename = "type")]
    pub(super) kind: String,
}
