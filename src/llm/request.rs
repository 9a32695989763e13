//! A question as the OpenAI protocol writes it, in the types of `async-openai`.

use async_openai::types::chat::{
    ChatCompletionRequestAssistantMessage, ChatCompletionRequestAssistantMessageContent,
    ChatCompletionRequestMessage, ChatCompletionRequestSystemMessage,
    ChatCompletionRequestUserMessage, ChatCompletionStreamOptions, CreateChatCompletionRequest,
    ResponseFormat, ResponseFormatJsonSchema, StopConfiguration,
};
use ludus_actors::llm::{Ask, Message, Role};

use crate::config::{OutputLimit, ProviderSettings};

/// The protocol takes no more.
const STOPS_MAX: usize = 4;

/// The body. `None` for what JSON cannot say, which no ask can hold.
pub(super) fn body(ask: &Ask, model: &str, settings: &ProviderSettings) -> Option<Vec<u8>> {
    let limit = Some(ask.max_output_tokens);
    let (old, new) = match settings.output_limit {
        OutputLimit::MaxTokens => (limit, None),
        OutputLimit::MaxCompletionTokens => (None, limit),
    };
    let temperature = ask
        .temperature_milli
        .filter(|_| settings.sends_temperature)
        .and_then(|milli| u16::try_from(milli).ok())
        .map(|milli| f32::from(milli) / 1_000.0);
    let stop: Vec<_> = ask.stop.iter().take(STOPS_MAX).cloned().collect();
    #[expect(
        deprecated,
        reason = "the newer name is known to few servers but OpenAI's own"
    )]
    let request = CreateChatCompletionRequest {
        model: model.to_owned(),
        messages: ask.messages.iter().map(message).collect(),
        max_tokens: old,
        max_completion_tokens: new,
        temperature,
        stop: (!stop.is_empty()).then_some(StopConfiguration::StringArray(stop)),
        response_format: ask.json_schema.as_ref().map(|schema| {
            let json_schema = ResponseFormatJsonSchema {
                description: None,
                name: "answer".to_owned(),
                schema: schema.clone(),
                strict: Some(true),
            };
            ResponseFormat::JsonSchema { json_schema }
        }),
        stream: Some(true),
        stream_options: settings
            .sends_usage_option
            .then_some(ChatCompletionStreamOptions {
                include_usage: Some(true),
                include_obfuscation: None,
            }),
        ..CreateChatCompletionRequest::default()
    };
    serde_json::to_vec(&request).ok()
}

fn message(message: &Message) -> ChatCompletionRequestMessage {
    let text = message.text.clone();
    match message.role {
        Role::System => ChatCompletionRequestSystemMessage {
            content: text.into(),
            name: None,
        }
        .into(),
        Role::User => ChatCompletionRequestUserMessage {
            content: text.into(),
            name: None,
        }
        .into(),
        Role::Assistant => ChatCompletionRequestAssistantMessage {
            content: Some(ChatCompletionRequestAssistantMessageContent::Text(text)),
            ..ChatCompletionRequestAssistantMessage::default()
        }
        .into(),
    }
}
