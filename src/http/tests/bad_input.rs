//! What a careless or hostile client sends, and what it gets: a fixed code each, and no panic.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use ludus_domain::role::Role;
use serde_json::json;

use super::kit::{Hub, PROXY, SITE, bearing};

#[actix_web::test]
async fn bodies_that_cannot_be_read() {
    let hub = Hub::start().await;
    let (token, _) = hub.token(Role::Coach, "coach").await;
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let nested = format!("{{\"title\":{deep},\"kind\":\"lounge\"}}");
    let long = format!("{{\"title\":\"{}\"}}", "x".repeat(70_000));
    let cases: Vec<(&str, Vec<u8>, u16, &str)> = vec![
        ("application/json", b"".to_vec(), 400, "malformed"),
        ("application/json", b"{".to_vec(), 400, "malformed"),
        ("application/json", b"null".to_vec(), 400, "malformed"),
        ("application/json", b"[]".to_vec(), 400, "malformed"),
        ("application/json", b"1e400".to_vec(), 400, "malformed"),
        ("application/json", b"NaN".to_vec(), 400, "malformed"),
        (
            "application/json",
            b"{\"title\":1,\"kind\":\"lounge\"}".to_vec(),
            400,
            "malformed",
        ),
        (
            "application/json",
            b"{\"title\":\"x\",\"kind\":\"palace\"}".to_vec(),
            400,
            "malformed",
        ),
        (
            "application/json",
            b"{\"title\":\"x\",\"kind\":\"lounge\",\"capacity\":-1}".to_vec(),
            400,
            "malformed",
        ),
        (
            "application/json",
            b"{\"title\":\"x\",\"kind\":\"lounge\",\"capacity\":0}".to_vec(),
            422,
            "field_invalid",
        ),
        (
            "application/json",
            b"{\"title\":\"x\",\"kind\":\"lounge\",\"capacity\":10001}".to_vec(),
            422,
            "field_invalid",
        ),
        (
            "application/json",
            b"{\"title\":\"x\",\"kind\":\"lounge\",\"capacity\":1e20}".to_vec(),
            400,
            "malformed",
        ),
        (
            "application/json",
            b"{\"title\":\"x\",\"title\":\"y\",\"kind\":\"lounge\"}".to_vec(),
            400,
            "malformed",
        ),
        (
            "application/json",
            b"{\"title\":\"\\ud800\",\"kind\":\"lounge\"}".to_vec(),
            400,
            "malformed",
        ),
        (
            "application/json",
            b"{\"title\":\"\xc0\xaf\",\"kind\":\"lounge\"}".to_vec(),
            400,
            "malformed",
        ),
        (
            "application/json",
            b"\xef\xbb\xbf{}".to_vec(),
            400,
            "malformed",
        ),
        (
            "application/json",
            b"{\"title\":\"a\\u0000b\",\"kind\":\"lounge\"}".to_vec(),
            422,
            "title_invalid",
        ),
        (
            "application/json",
            b"{\"title\":\"\",\"kind\":\"lounge\"}".to_vec(),
            422,
            "title_invalid",
        ),
        (
            "application/json",
            "{\"title\":\"\u{3164}\",\"kind\":\"lounge\"}".into(),
            422,
            "title_invalid",
        ),
        (
            "application/json",
            "{\"title\":\"\u{202e}x\",\"kind\":\"lounge\"}".into(),
            422,
            "title_invalid",
        ),
        // Nobody gives themselves what they have not got.
        (
            "application/json",
            b"{\"title\":\"x\",\"kind\":\"lounge\",\"org\":\"y\"}".to_vec(),
            400,
            "malformed",
        ),
        (
            "application/json",
            b"{\"title\":\"x\",\"kind\":\"lounge\",\"org_id\":1}".to_vec(),
            400,
            "malformed",
        ),
        (
            "application/json",
            b"{\"title\":\"x\",\"kind\":\"lounge\",\"is_admin\":true}".to_vec(),
            400,
            "malformed",
        ),
        ("application/json", nested.into_bytes(), 400, "malformed"),
        ("application/json", deep.into_bytes(), 400, "malformed"),
        ("application/json", long.into_bytes(), 413, "too_large"),
        ("text/plain", b"{}".to_vec(), 415, "malformed"),
        ("", b"{}".to_vec(), 415, "malformed"),
        (
            "multipart/form-data; boundary=x",
            b"--x--".to_vec(),
            415,
            "malformed",
        ),
        (
            "application/x-www-form-urlencoded",
            b"title=x".to_vec(),
            415,
            "malformed",
        ),
    ];
    for (kind, body, status, code) in cases {
        let shown = String::from_utf8_lossy(&body)
            .chars()
            .take(60)
            .collect::<String>();
        let mut request = TestRequest::post().uri("/api/v1/rooms").set_payload(body);
        if !kind.is_empty() {
            request = request.insert_header(("content-type", kind));
        }
        let reply = hub.send(bearing(request, &token)).await;
        assert_eq!(
            (reply.status.as_u16(), reply.code()),
            (status, code),
            "{kind} {shown}"
        );
    }
    let zipped = TestRequest::post()
        .uri("/api/v1/rooms")
        .insert_header(("content-encoding", "gzip"))
        .set_json(json!({"title": "x", "kind": "lounge"}));
    hub.send(bearing(zipped, &token))
        .await
        .expect(415, "malformed");
    assert_eq!(
        hub.get("/api/v1/rooms", &token).await.ok(200)["items"],
        json!([])
    );
}

#[actix_web::test]
async fn an_error_never_repeats_what_was_sent() {
    let hub = Hub::start().await;
    for body in [
        r#"{"email":"a@b","password":["correct-canary"]}"#,
        r#"{"email":"a@b","password":7777777,"client":"correct-canary"}"#,
        r#"{"email":"correct-canary"#,
    ] {
        let request = TestRequest::post()
            .uri("/api/v1/auth/login")
            .insert_header(("content-type", "application/json"))
            .set_payload(body);
        let reply = hub.send(request).await.expect(400, "malformed");
        let text = reply.json.to_string();
        assert!(
            !text.contains("canary") && !text.contains("7777777"),
            "{text}"
        );
    }
}

#[actix_web::test]
async fn queries_paths_and_methods() {
    let hub = Hub::start().await;
    let (token, _) = hub.token(Role::Owner, "owner").await;
    for (query, status, code) in [
        ("limit=0", 422, "field_invalid"),
        ("limit=201", 422, "field_invalid"),
        ("limit=-1", 400, "malformed"),
        ("limit=99999999999999999999", 400, "malformed"),
        ("limit=1&limit=2", 400, "malformed"),
        ("limit=abc", 400, "malformed"),
        ("limit=%00", 400, "malformed"),
        ("page=2", 400, "malformed"),
        ("cursor=", 400, "malformed"),
        ("cursor=abc.def", 400, "malformed"),
        ("cursor=%ff%fe", 400, "malformed"),
        ("org_id=3", 400, "malformed"),
    ] {
        let path = format!("/api/v1/users?{query}");
        let reply = hub.get(&path, &token).await;
        assert_eq!(
            (reply.status.as_u16(), reply.code()),
            (status, code),
            "{query}"
        );
    }
    let long = format!("/api/v1/rooms/{}", "x".repeat(8_000));
    for path in [
        "/api/v1/nothing",
        "/api/v2/me",
        "/api/",
        "/api/v1/rooms/../../etc/passwd",
        "/api/v1/rooms/%2e%2e%2f%2e%2e",
        "/api/v1/rooms/a%2Fb",
        "/api/v1/rooms/%00",
        &long,
    ] {
        hub.get(path, &token).await.expect(404, "not_found");
    }
    for method in ["PATCH", "DELETE", "HEAD", "BREW"] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = TestRequest::default().method(method).uri("/api/v1/rooms");
        let reply = hub.send(bearing(request, &token)).await;
        assert_eq!(reply.status, 405);
        assert_eq!(reply.header("allow"), "GET, POST");
    }
}

#[actix_web::test]
async fn secrets_in_a_url_are_refused_everywhere() {
    let hub = Hub::start().await;
    let (token, _) = hub.token(Role::Owner, "owner").await;
    for path in ["/api/v1/me", "/api/v1/rooms", "/healthz", "/", "/api/v1/ws"] {
        for name in [
            "token",
            "access_token",
            "ticket",
            "Token",
            "%74oken",
            "resume",
        ] {
            let reply = hub.get(&format!("{path}?{name}={token}"), &token).await;
            assert_eq!(reply.status, 400, "{path}?{name}");
            assert!(!reply.json.to_string().contains(&token));
        }
    }
}

#[actix_web::test]
async fn pages_of_others_write_nothing() {
    let hub = Hub::start().await;
    let (token, _) = hub.token(Role::Owner, "owner").await;
    for origin in [
        "https://evil.test",
        "https://hub.test.evil.test",
        "https://evil-hub.test",
        "https://hub.test:444",
        "http://hub.test",
        "HTTPS://HUB.TEST",
        "https://hub.test/",
        "null",
        "",
    ] {
        let request = TestRequest::put()
            .uri("/api/v1/me")
            .insert_header(("origin", origin))
            .set_json(json!({"name": "Taken over"}));
        hub.send(bearing(request, &token))
            .await
            .expect(403, "forbidden");
    }
    let ours = TestRequest::put()
        .uri("/api/v1/me")
        .insert_header(("origin", SITE))
        .set_json(json!({"name": "Still me"}));
    hub.send(bearing(ours, &token)).await.ok(200);
    let preflight = TestRequest::default()
        .method(Method::OPTIONS)
        .uri("/api/v1/me")
        .insert_header(("origin", "https://evil.test"));
    let reply = hub.send(preflight).await;
    assert_eq!(reply.header("access-control-allow-origin"), "");
    assert_eq!(
        hub.get("/api/v1/me", &token).await.ok(200)["name"],
        "Still me"
    );
}

#[actix_web::test]
async fn only_a_proxy_we_trust_names_requests_and_addresses() {
    let hub = Hub::start().await;
    let named = |peer: &str| {
        TestRequest::get()
            .uri("/healthz")
            .peer_addr(format!("{peer}:1").parse().unwrap())
            .insert_header(("x-request-id", "given-by-client"))
    };
    let reply = hub.send(named("192.0.2.1")).await;
    assert_ne!(reply.header("x-request-id"), "given-by-client");
    let reply = hub.send(named(PROXY)).await;
    assert_eq!(reply.header("x-request-id"), "given-by-client");
    let forged = named(PROXY).insert_header(("x-request-id", "two words"));
    assert_ne!(hub.send(forged).await.header("x-request-id"), "two words");
}

#[actix_web::test]
async fn tokens_come_in_one_header_and_one_form() {
    let hub = Hub::start().await;
    let (token, _) = hub.token(Role::Owner, "owner").await;
    for value in [
        String::new(),
        token.clone(),
        format!("Basic {token}"),
        format!("Bearer {token}x"),
        format!("Bearer {}", &token[..token.len() - 1]),
        "Bearer null".to_owned(),
        format!("Bearer {}", "x".repeat(6_000)),
    ] {
        let request = TestRequest::get()
            .uri("/api/v1/me")
            .insert_header(("authorization", value));
        let reply = hub.send(request).await.expect(401, "sign_in_needed");
        assert_eq!(reply.header("www-authenticate"), "Bearer");
    }
    let twice = TestRequest::get()
        .uri("/api/v1/me")
        .append_header(("authorization", format!("Bearer {token}")))
        .append_header(("authorization", format!("Bearer {token}")));
    hub.send(twice).await.expect(401, "sign_in_needed");
}
