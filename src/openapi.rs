//! The REST interface as an OpenAPI 3.1 document, generated from the handlers.

use serde_json::{Map, Value, json};
use utoipa::OpenApi as _;

use crate::http::Api;
use crate::http::problem;

/// Writes that keep their first answer for whoever asks again.
const ONCE: [(&str, &str); 16] = [
    ("/api/v1/api-keys", "post"),
    ("/api/v1/users/{id}", "put"),
    ("/api/v1/users/{id}/roles", "put"),
    ("/api/v1/users/{id}/disabled", "put"),
    ("/api/v1/invitations", "post"),
    ("/api/v1/rooms", "post"),
    ("/api/v1/training/sessions", "post"),
    ("/api/v1/cohorts", "post"),
    ("/api/v1/cohorts/{id}", "put"),
    ("/api/v1/cohorts/{id}/members/{user}", "put"),
    ("/api/v1/cohorts/{id}/members/{user}", "delete"),
    ("/api/v1/cohorts/{id}/teams", "post"),
    ("/api/v1/cohorts/{id}/alerts/{alert}/acts", "post"),
    ("/api/v1/kudos", "post"),
    ("/api/v1/scores", "post"),
    ("/api/v1/users/{id}/adjust", "post"),
];

/// The document.
pub fn document() -> Value {
    // Built from our own types: it always serialises.
    let mut document = serde_json::to_value(Api::openapi()).unwrap_or_default();
    document["info"] = json!({
        "title": "Ludus",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "A self-hosted, real-time hub for live practice. What happens in rooms \
            travels over the socket: see `/api/v1/asyncapi.json`.",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    });
    document["servers"] = json!([{"url": "/", "description": "This hub"}]);
    document["security"] = json!([{"bearer": []}]);
    document["components"]["securitySchemes"] = json!({
        "bearer": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "The access token of `POST /api/v1/auth/login`; ten minutes.",
        },
        "api_key": {
            "type": "http", "scheme": "bearer",
            "description": "The secret of `POST /api/v1/api-keys`; until it is taken back.",
        },
    });
    if let Some(paths) = document["paths"].as_object_mut() {
        for (path, item) in paths {
            let Some(operations) = item.as_object_mut() else {
                continue;
            };
            for (method, operation) in operations {
                complete(path, method, operation);
            }
        }
    }
    document
}

/// What is the same for every operation, said once.
fn complete(path: &str, method: &str, operation: &mut Value) {
    let (kind, schema) = if path.starts_with("/v1/") {
        ("application/json", "#/components/schemas/OpenAiError")
    } else {
        (problem::CONTENT_TYPE, "#/components/schemas/Problem")
    };
    operation["responses"]["default"] = json!({
        "description": "Refused; `code` says why",
        "content": {kind: {"schema": {"$ref": schema}}},
    });
    // utoipa names operations after their functions, which are not unique here.
    let id: String = format!("{method} {path}")
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty() && *part != "api" && *part != "v1")
        .collect::<Vec<_>>()
        .join("_");
    operation["operationId"] = Value::String(id);
    if ONCE.contains(&(path, method)) {
        let parameters = operation
            .as_object_mut()
            .map(|operation: &mut Map<String, Value>| {
                operation.entry("parameters").or_insert_with(|| json!([]))
            });
        if let Some(Value::Array(parameters)) = parameters {
            parameters.push(json!({
                "name": "Idempotency-Key", "in": "header", "required": false,
                "description": "The same key with the same request is answered as the first time, \
                    for a day, with `idempotent-replayed: true`; with another request, 409.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255},
            }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interface_is_what_it_was() {
        let document = document();
        let mut operations = Map::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let statuses: Vec<&String> =
                    operation["responses"].as_object().unwrap().keys().collect();
                let parameters: Vec<&str> = operation["parameters"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|parameter| parameter["name"].as_str())
                    .collect();
                let shape = json!({"answers": statuses, "parameters": parameters});
                operations.insert(format!("{path} {method}"), shape);
            }
        }
        insta::assert_json_snapshot!("openapi_operations", operations);
    }

    #[test]
    fn operations_have_names_of_their_own() {
        let document = document();
        assert_eq!(document["openapi"], "3.1.0");
        let mut seen = std::collections::BTreeSet::new();
        for item in document["paths"].as_object().unwrap().values() {
            for operation in item.as_object().unwrap().values() {
                let id = operation["operationId"].as_str().unwrap();
                assert!(seen.insert(id.to_owned()), "{id}");
            }
        }
        let known = |(path, method): &(&str, &str)| document["paths"][path][method].is_object();
        assert_eq!(ONCE.iter().filter(|once| !known(once)).count(), 0);
    }
}
