use actix_http::test::TestRequest;
use actix_http::{HttpMessage as _, Request};

use super::*;
use crate::limits::{LimitSettings, Rate};

const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

fn good() -> TestRequest {
    let mut request = TestRequest::default();
    request
        .uri("/api/v1/ws")
        .insert_header((header::HOST, "ludus.example.org"))
        .insert_header((header::UPGRADE, "websocket"))
        .insert_header((header::CONNECTION, "keep-alive, Upgrade"))
        .insert_header((header::SEC_WEBSOCKET_VERSION, "13"))
        .insert_header((header::SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ=="))
        .insert_header((header::SEC_WEBSOCKET_PROTOCOL, "other, ludus.v1"));
    request
}

/// A request as actix-http's own parser would have marked it.
fn finish(mut request: TestRequest) -> Request {
    let mut request = request.finish();
    let upgrades = words(request.headers(), header::CONNECTION)
        .any(|word| word.eq_ignore_ascii_case("upgrade"));
    if upgrades {
        request
            .head_mut()
            .set_connection_type(actix_http::ConnectionType::Upgrade);
    }
    request
}

fn with(change: impl FnOnce(&mut TestRequest)) -> Request {
    let mut request = good();
    change(&mut request);
    finish(request)
}

fn admission(settings: LimitSettings) -> Admission {
    let origins = Origins::exactly(["https://Ludus.example.org/", "http://localhost:8080"]);
    Admission::new(
        origins,
        Arc::new(Limits::new(&settings)),
        Arc::default(),
        |_| false,
    )
}

fn status(request: &Request) -> u16 {
    match admission(LimitSettings::default()).socket(request.head(), PEER, "id".to_owned()) {
        Ok(_) => 101,
        Err(away) => away.status.as_u16(),
    }
}

#[test]
fn a_good_handshake_is_let_in_however_its_headers_are_spelt() {
    assert_eq!(status(&finish(good())), 101);
    assert_eq!(
        status(&with(|r| {
            r.insert_header((header::UPGRADE, "WebSocket"));
        })),
        101
    );
    assert_eq!(
        status(&with(|r| {
            r.append_header((header::SEC_WEBSOCKET_PROTOCOL, "more"));
        })),
        101
    );
}

#[test]
fn what_a_handshake_must_be() {
    assert_eq!(
        status(&with(|r| {
            r.method(Method::POST);
        })),
        405
    );
    assert_eq!(
        status(&with(|r| {
            r.version(Version::HTTP_10);
        })),
        400
    );
    assert_eq!(
        status(&with(|r| {
            r.insert_header((header::UPGRADE, "h2c"));
        })),
        426
    );
    assert_eq!(
        status(&with(|r| {
            r.insert_header((header::CONNECTION, "keep-alive"));
        })),
        426
    );
    for version in ["8", "7", "12", "13, 8", "", "thirteen"] {
        assert_eq!(
            status(&with(|r| {
                r.insert_header((header::SEC_WEBSOCKET_VERSION, version));
            })),
            426,
            "{version}"
        );
    }
    assert_eq!(
        status(&with(|r| {
            r.append_header((header::SEC_WEBSOCKET_VERSION, "13"));
        })),
        426
    );
    for key in [
        "",
        "short",
        "dGhlIHNhbXBsZSBub25jZQ",
        "dGhlIHNhbXBsZSBub25jZTE3",
        "!!!!IHNhbXBsZSBub25jZQ==",
    ] {
        assert_eq!(
            status(&with(|r| {
                r.insert_header((header::SEC_WEBSOCKET_KEY, key));
            })),
            400,
            "{key}"
        );
    }
    assert_eq!(
        status(&with(|r| {
            r.append_header((header::SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ=="));
        })),
        400
    );
    for protocol in ["", "ludus.v2", "LUDUS.V1", "ludus.v1x"] {
        assert_eq!(
            status(&with(|r| {
                r.insert_header((header::SEC_WEBSOCKET_PROTOCOL, protocol));
            })),
            400,
            "{protocol}"
        );
    }
    assert_eq!(
        status(&with(|r| {
            r.insert_header((header::CONTENT_LENGTH, "5"));
        })),
        400
    );
    for query in ["?token=x", "?access_token=x", "?", "?a=b"] {
        assert_eq!(
            status(&with(|r| {
                r.uri(&format!("/api/v1/ws{query}"));
            })),
            400,
            "{query}"
        );
    }
}

#[test]
fn only_our_own_pages_and_no_tricks_with_their_name() {
    let of = |origin: &str| {
        status(&with(|r| {
            r.insert_header((header::ORIGIN, origin));
        }))
    };
    assert_eq!(of("https://ludus.example.org"), 101);
    assert_eq!(of("http://localhost:8080"), 101);
    for origin in [
        "https://evil.example",
        "https://ludus.example.org.evil.example",
        "https://evil-ludus.example.org",
        "http://ludus.example.org",
        "https://ludus.example.org:444",
        "HTTPS://LUDUS.EXAMPLE.ORG",
        "https://ludus.example.org/",
        "null",
        "",
    ] {
        assert_eq!(of(origin), 403, "{origin}");
    }
    let twice = with(|r| {
        r.insert_header((header::ORIGIN, "https://ludus.example.org"));
        r.append_header((header::ORIGIN, "https://ludus.example.org"));
    });
    assert_eq!(status(&twice), 403);
}

#[test]
fn a_hub_without_a_name_believes_the_page_it_served() {
    let origins = Origins::exactly([]).or_same_host();
    assert!(origins.admit("http://192.168.1.5:8080", Some("192.168.1.5:8080")));
    assert!(!origins.admit("http://evil.example", Some("192.168.1.5:8080")));
    assert!(!origins.admit("null", Some("")));
    assert!(!origins.admit("http://", Some("")));
}

#[test]
fn what_is_counted_is_given_back() {
    let request = finish(good());
    let admission = admission(LimitSettings {
        sockets_per_address: 2,
        ..LimitSettings::default()
    });
    let first = admission
        .socket(request.head(), PEER, "id".to_owned())
        .unwrap();
    let _second = admission
        .socket(request.head(), PEER, "id".to_owned())
        .unwrap();
    let away = admission
        .socket(request.head(), PEER, "id".to_owned())
        .unwrap_err();
    assert_eq!(
        (away.status.as_u16(), away.code),
        (429, Refusal::TooManySockets)
    );
    let other = IpAddr::from([192, 0, 2, 2]);
    assert!(
        admission
            .socket(request.head(), other, "id".to_owned())
            .is_ok()
    );
    drop(first);
    assert!(
        admission
            .socket(request.head(), PEER, "id".to_owned())
            .is_ok()
    );
}

#[test]
fn those_who_have_not_said_hello_are_few() {
    let request = finish(good());
    let admission = admission(LimitSettings {
        sockets_waiting: 1,
        ..LimitSettings::default()
    });
    let first = admission
        .socket(request.head(), PEER, "id".to_owned())
        .unwrap();
    let away = admission
        .socket(request.head(), PEER, "id".to_owned())
        .unwrap_err();
    assert_eq!((away.status.as_u16(), away.retry_after_s), (503, Some(2)));
    drop(first.waiting);
    assert!(
        admission
            .socket(request.head(), PEER, "id".to_owned())
            .is_ok()
    );
}

#[test]
fn handshakes_have_a_rate_and_a_stopping_node_takes_none() {
    let request = finish(good());
    let hasty = admission(LimitSettings {
        address_handshakes: Rate::new(6, 2),
        ..LimitSettings::default()
    });
    assert!(hasty.socket(request.head(), PEER, "id".to_owned()).is_ok());
    assert!(hasty.socket(request.head(), PEER, "id".to_owned()).is_ok());
    let away = hasty
        .socket(request.head(), PEER, "id".to_owned())
        .unwrap_err();
    assert_eq!((away.status.as_u16(), away.retry_after_s), (429, Some(10)));

    let stopping = admission(LimitSettings::default());
    stopping.draining.store(true, Ordering::Relaxed);
    let away = stopping
        .socket(request.head(), PEER, "id".to_owned())
        .unwrap_err();
    assert_eq!(
        (away.status.as_u16(), away.code),
        (503, Refusal::Unavailable)
    );
    assert!(
        away.headers()
            .iter()
            .any(|(name, _)| name == header::RETRY_AFTER)
    );
}

#[test]
fn a_refusal_repeats_nothing_that_was_sent() {
    let request = with(|r| {
        r.uri("/api/v1/ws?token=canary");
    });
    let away = admission(LimitSettings::default())
        .socket(request.head(), PEER, "id".to_owned())
        .unwrap_err();
    let problem = String::from_utf8(away.problem()).unwrap();
    assert!(!problem.contains("canary"), "{problem}");
    assert!(problem.contains(&away.request_id));
}
