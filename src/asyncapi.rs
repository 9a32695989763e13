//! The socket protocol as an AsyncAPI 3.0 document, generated from the wire types: one message per
//! frame type, the schemas as the REST document has them, close codes and refusals as extensions.

use ludus_domain::protocol::{
    ClientFrame, Close, Comeback, FRAMES_PER_MESSAGE_MAX, IN_FLIGHT_MAX, MESSAGE_BYTES_MAX,
    REPLAY_BYTES_MAX, REPLAY_EVENTS_MAX, SUBPROTOCOL, SUBSCRIPTIONS_MAX, ServerFrame,
};
use ludus_domain::refusal::Refusal;
use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

/// The document.
pub fn document() -> Value {
    let mut schemas = schemas_of::<ClientFrame>("ClientFrame");
    schemas.extend(schemas_of::<ServerFrame>("ServerFrame"));
    let from_client = messages(&schemas, "ClientFrame", "client");
    let from_server = messages(&schemas, "ServerFrame", "server");
    let named = |messages: &Map<String, Value>, at: &str| -> Vec<Value> {
        messages
            .keys()
            .map(|name| json!({"$ref": format!("#/{at}/{name}")}))
            .collect()
    };
    let channel: Map<String, Value> = from_client
        .keys()
        .chain(from_server.keys())
        .map(|name| {
            let at = format!("#/components/messages/{name}");
            (name.clone(), json!({"$ref": at}))
        })
        .collect();
    let in_channel = "channels/socket/messages";
    let mut document = json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Ludus socket",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What travels between a client and the hub. One client message is a \
                frame or an array of frames; each server message is one frame.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {"socket": {
            "address": "/api/v1/ws",
            "title": "A connection",
            "description": "Over WebSocket, or over Server-Sent Events down and POST up.",
            "messages": channel,
            "bindings": {"ws": {"method": "GET"}},
            "x-subprotocol": SUBPROTOCOL,
        }},
        "operations": {
            "fromClient": {
                "action": "receive",
                "channel": {"$ref": "#/channels/socket"},
                "messages": named(&from_client, in_channel),
            },
            "fromServer": {
                "action": "send",
                "channel": {"$ref": "#/channels/socket"},
                "messages": named(&from_server, in_channel),
            },
        },
        "x-close-codes": closes(),
        "x-refusals": refusals(),
        "x-limits": {
            "frames_per_message": FRAMES_PER_MESSAGE_MAX,
            "message_bytes": MESSAGE_BYTES_MAX,
            "subscriptions": SUBSCRIPTIONS_MAX,
            "in_flight": IN_FLIGHT_MAX,
            "replay_events": REPLAY_EVENTS_MAX,
            "replay_bytes": REPLAY_BYTES_MAX,
        },
    });
    let mut all = from_client;
    all.extend(from_server);
    document["components"]["messages"] = Value::Object(all);
    document["components"]["schemas"] = Value::Object(schemas);
    document
}

/// A type's schema and those it refers to, by name.
fn schemas_of<T: ToSchema + PartialSchema>(name: &str) -> Map<String, Value> {
    let mut found = vec![];
    T::schemas(&mut found);
    found.push((name.to_owned(), T::schema()));
    found
        .into_iter()
        .filter_map(|(name, schema)| Some((name, serde_json::to_value(schema).ok()?)))
        .collect()
}

/// One message per frame type: the variants of the frame's schema.
fn messages(schemas: &Map<String, Value>, frame: &str, from: &str) -> Map<String, Value> {
    let variants = schemas
        .get(frame)
        .and_then(|schema| schema.get("oneOf"))
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    variants
        .into_iter()
        .filter_map(|variant| {
            let kind = kind_of(&variant)?;
            let summary = variant.get("description").cloned();
            let message = json!({
                "name": kind,
                "summary": summary.unwrap_or_else(|| Value::String(kind.clone())),
                "payload": variant,
            });
            Some((format!("{from}_{kind}"), message))
        })
        .collect()
}

/// The value of a variant's `type`, wherever the schema keeps it.
fn kind_of(variant: &Value) -> Option<String> {
    let here = variant
        .get("properties")
        .and_then(|properties| properties.get("type"))
        .and_then(|kind| kind.get("enum"))
        .and_then(|values| values.get(0))
        .and_then(Value::as_str);
    if let Some(kind) = here {
        return Some(kind.to_owned());
    }
    variant
        .get("allOf")
        .and_then(Value::as_array)?
        .iter()
        .find_map(kind_of)
}

fn closes() -> Vec<Value> {
    Close::ALL
        .iter()
        .map(|close| {
            json!({
                "code": close.code(),
                "reason": close.label(),
                "then": match close.comeback() {
                    Comeback::Resume => "resume",
                    Comeback::SignIn => "sign_in",
                    Comeback::Stay => "stay",
                },
            })
        })
        .collect()
}

fn refusals() -> Vec<Value> {
    Refusal::ALL
        .iter()
        .map(|refusal| {
            json!({
                "code": refusal.code(),
                "http_status": refusal.http_status(),
                "says": refusal.says(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every `$ref` of a document, and whether it leads somewhere.
    fn dangling(document: &Value, at: &Value, found: &mut Vec<String>) {
        match at {
            Value::Object(fields) => {
                if let Some(Value::String(to)) = fields.get("$ref")
                    && document.pointer(to.trim_start_matches('#')).is_none()
                {
                    found.push(to.clone());
                }
                for field in fields.values() {
                    dangling(document, field, found);
                }
            }
            Value::Array(items) => {
                for item in items {
                    dangling(document, item, found);
                }
            }
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        for document in [document(), crate::openapi::document()] {
            let mut found = vec![];
            dangling(&document, &document, &mut found);
            assert_eq!(found, Vec::<String>::new());
        }
    }

    /// The rows of the table under a heading of docs/protocol.md, cells trimmed.
    fn table(heading: &str) -> Vec<Vec<String>> {
        let page = include_str!("../docs/protocol.md");
        let section = page.split(&format!("\n## {heading}\n")).nth(1).unwrap();
        let section = section.split("\n## ").next().unwrap();
        section
            .lines()
            .filter(|line| line.starts_with('|'))
            .skip(2)
            .map(|line| {
                let cells = line.trim_matches('|').split('|');
                cells.map(|cell| cell.trim().replace('`', "")).collect()
            })
            .collect()
    }

    #[test]
    fn the_page_has_the_tables_of_the_code() {
        let closes: Vec<Vec<String>> = table("Close codes")
            .into_iter()
            .map(|row| row[..3].to_vec())
            .collect();
        let expected: Vec<Vec<String>> = Close::ALL
            .iter()
            .map(|close| {
                let then = match close.comeback() {
                    Comeback::Resume => "resume",
                    Comeback::SignIn => "sign in",
                    Comeback::Stay => "stay away",
                };
                vec![close.code().to_string(), close.label().into(), then.into()]
            })
            .collect();
        assert_eq!(closes, expected);
        let expected: Vec<Vec<String>> = Refusal::ALL
            .iter()
            .map(|refusal| {
                let status = refusal.http_status().to_string();
                vec![refusal.code().into(), status, refusal.says().into()]
            })
            .collect();
        assert_eq!(table("Refusals"), expected);
    }

    #[test]
    fn the_page_names_every_frame_and_command() {
        let page = include_str!("../docs/protocol.md");
        let document = document();
        let messages = document["components"]["messages"].as_object().unwrap();
        let commands = document["components"]["schemas"]["Command"]["oneOf"]
            .as_array()
            .unwrap();
        let kinds = commands.iter().map(|command| {
            let kind = &command["properties"]["kind"]["enum"][0];
            kind.as_str().unwrap().to_owned()
        });
        let frames = messages
            .values()
            .map(|message| message["name"].as_str().unwrap().to_owned());
        for name in kinds.chain(frames) {
            assert!(page.contains(&format!("`{name}`")), "{name}");
        }
    }

    #[test]
    fn every_frame_is_a_message() {
        let document = document();
        let messages = document["components"]["messages"].as_object().unwrap();
        let mut shapes = Map::new();
        for (name, message) in messages {
            shapes.insert(name.clone(), json!(fields(&document, &message["payload"])));
        }
        let variants = |frame: &str| {
            document["components"]["schemas"][frame]["oneOf"]
                .as_array()
                .map_or(0, Vec::len)
        };
        assert_eq!(
            messages.len(),
            variants("ClientFrame") + variants("ServerFrame")
        );
        insta::assert_json_snapshot!("asyncapi_messages", shapes);
    }

    /// The fields of an object's schema, those of what it is composed of too.
    fn fields(document: &Value, schema: &Value) -> Vec<String> {
        let mut names: Vec<String> = schema["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name.clone())
            .collect();
        for part in schema["allOf"].as_array().into_iter().flatten() {
            names.extend(fields(document, part));
        }
        if let Some(to) = schema["$ref"].as_str()
            && let Some(target) = document.pointer(to.trim_start_matches('#'))
        {
            names.extend(fields(document, target));
        }
        names.sort();
        names
    }

    #[test]
    fn what_a_client_sends_is_what_the_document_says() {
        let mut document = document();
        document["$ref"] = json!("#/components/schemas/ClientFrame");
        let schema = jsonschema::validator_for(&document).unwrap();
        let id = uuid::Uuid::from_u128(7).to_string();
        for frame in [
            json!({"type": "hello", "ticket": "t", "subscriptions": [{"stream": format!("room:{id}")}]}),
            json!({"type": "command", "id": id, "room": id, "do": {"kind": "say", "text": "hi"}}),
            json!({"type": "command", "id": id, "room": id, "do": {"kind": "leave"}}),
            json!({"type": "typing", "room": id, "on": true}),
            json!({"type": "draft", "room": id, "text": "I just wanted to"}),
            json!({"type": "heartbeat"}),
        ] {
            serde_json::from_value::<ClientFrame>(frame.clone()).unwrap();
            assert!(schema.is_valid(&frame), "{frame}");
        }
        for frame in [
            json!({"type": "points"}),
            json!({"type": "command", "id": id}),
        ] {
            assert!(!schema.is_valid(&frame), "{frame}");
        }
    }
}
