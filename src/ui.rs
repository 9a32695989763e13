//! The page: the files of `web/`, as written, inside the binary.
//!
//! Whatever no other route claims is a file of the page, or a place inside it (`/rooms/…`), which
//! is `index.html` again. There is one inline script, the import map, and the policy names it by
//! its hash; nothing else inline runs, nothing comes from elsewhere, nothing is evaluated.
//!
//! `worker.js` keeps the page in the browser. It is sent with the list of all files and what is in
//! them, so that it is another one as soon as any of them is: that is how a browser learns that there
//! is a new page.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};

use actix_web::http::Method;
use actix_web::http::header::{
    self, AcceptEncoding, CacheControl, CacheDirective, ContentEncoding, ETag, Encoding, EntityTag,
    HeaderValue, IfNoneMatch, TryIntoHeaderValue,
};
use actix_web::web::{self, Bytes, ServiceConfig};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::{Embed, EmbeddedFile};
use sha2::{Digest, Sha256};

const INDEX: &str = "index.html";
const WORKER: &str = "worker.js";
/// Of a file's hash: enough to tell any two files apart.
const HASH_BYTES: usize = 16;
/// What a picture begins with that is as small as it gets.
const PNG: &[u8] = b"\x89PNG";

#[derive(Embed)]
#[folder = "web/"]
#[include = "*.html"]
#[include = "*.js"]
#[include = "*.mjs"]
#[include = "*.css"]
#[include = "*.svg"]
#[include = "*.png"]
#[include = "*.webmanifest"]
#[include = "*.LICENSE"]
#[exclude = "test/*"]
#[exclude = "*/node_modules/*"]
#[exclude = "node_modules/*"]
struct Files;

/// Registers the page. It answers every path, so it comes after all other routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(web::scope("").default_service(web::to(page)));
}

async fn page(request: HttpRequest) -> HttpResponse {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return HttpResponse::MethodNotAllowed()
            .insert_header((header::ALLOW, "GET, HEAD"))
            .finish();
    }
    match find(request.path()) {
        Some((name, file)) => answer(&request, name, file),
        None => HttpResponse::NotFound()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .content_type("text/plain; charset=utf-8")
            .body("There is no such page here.\n"),
    }
}

/// The file behind a path. A path without an extension is a place in the page.
fn find(path: &str) -> Option<(&str, EmbeddedFile)> {
    let name = path.trim_start_matches('/');
    // In a debug build the files are read from disk; a name that climbs is nobody's file.
    if name.split('/').any(|part| part.starts_with('.')) || name.contains('\\') {
        return None;
    }
    let last = name.rsplit('/').next().unwrap_or_default();
    if last.contains('.') {
        return Files::get(name).map(|file| (name, file));
    }
    if name == "api" || name.starts_with("api/") {
        return None;
    }
    Files::get(INDEX).map(|file| (INDEX, file))
}

fn answer(request: &HttpRequest, name: &str, file: EmbeddedFile) -> HttpResponse {
    if name == WORKER {
        let script = worker(&file);
        let hash: [u8; 32] = Sha256::digest(&script).into();
        let mut response = fresh_or_known(request, name, &hash);
        // It fetches the page from here, and does nothing else.
        response.0.insert_header((
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; connect-src 'self'",
        ));
        return ended(request, response, hash, script);
    }
    let hash = file.metadata.sha256_hash();
    let mut response = fresh_or_known(request, name, &hash);
    if name == INDEX {
        response
            .0
            .insert_header((header::CONTENT_SECURITY_POLICY, policy(&file)))
            .insert_header(("cross-origin-opener-policy", "same-origin"))
            .insert_header(("x-frame-options", "DENY"))
            .insert_header((
                "permissions-policy",
                "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
            ));
    }
    ended(request, response, hash, file.data.into_owned())
}

/// The answer so far, and whether the client has the file already.
fn fresh_or_known(
    request: &HttpRequest,
    name: &str,
    hash: &[u8; 32],
) -> (HttpResponseBuilder, bool) {
    // Weak, because the same file leaves compressed for some and plain for others.
    let tag = EntityTag::new_weak(STANDARD.encode(&hash[..15]));
    let known = match request.get_header::<IfNoneMatch>() {
        Some(IfNoneMatch::Any) => true,
        Some(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(&tag)),
        None => false,
    };
    let mut response = if known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        // Names carry no version, so that each load asks whether they are fresh: one 304, no body.
        .insert_header(CacheControl(vec![CacheDirective::NoCache]))
        .insert_header(ETag(tag))
        .insert_header(("x-content-type-options", "nosniff"))
        .insert_header(("referrer-policy", "no-referrer"))
        .insert_header(("cross-origin-resource-policy", "same-origin"))
        .content_type(mime(name));
    (response, known)
}

fn ended(
    request: &HttpRequest,
    (mut response, known): (HttpResponseBuilder, bool),
    hash: [u8; 32],
    body: Vec<u8>,
) -> HttpResponse {
    response.insert_header((header::VARY, "accept-encoding"));
    if known {
        return response.finish();
    }
    let ways = [Encoding::identity(), Encoding::gzip()];
    let asked: Option<AcceptEncoding> = request.get_header();
    let is_gzip = asked.and_then(|asked| asked.negotiate(ways.iter())) == Some(Encoding::gzip());
    if !is_gzip || body.starts_with(PNG) {
        return response.body(body);
    }
    response.insert_header(ContentEncoding::Gzip);
    response.body(squeezed(hash, &body))
}

/// A file as small as gzip makes it: a third of it less than what one makes while somebody waits.
/// There are as many as there are files, so each is made once; but in a debug build, where files change.
fn squeezed(hash: [u8; 32], body: &[u8]) -> Bytes {
    static MADE: LazyLock<Mutex<HashMap<[u8; 32], Bytes>>> = LazyLock::new(Mutex::default);
    if !cfg!(debug_assertions) {
        let made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = made.get(&hash) {
            return known.clone();
        }
    }
    let mut squeeze = GzEncoder::new(Vec::with_capacity(body.len() / 2), Compression::best());
    // Writing to memory cannot fail.
    let fresh = squeeze
        .write_all(body)
        .and_then(|()| squeeze.finish())
        .map_or_else(|_| Bytes::new(), Bytes::from);
    if !cfg!(debug_assertions) {
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        made.insert(hash, fresh.clone());
    }
    fresh
}

/// The worker, behind the list of everything it is to keep.
fn worker(file: &EmbeddedFile) -> Vec<u8> {
    static SCRIPT: OnceLock<Vec<u8>> = OnceLock::new();
    let build = || [shell_list().as_bytes(), &file.data].concat();
    // A debug build reads the page from disk, where it changes while one works on it.
    if cfg!(debug_assertions) {
        build()
    } else {
        SCRIPT.get_or_init(build).clone()
    }
}

/// Every file of the page by its path, with the beginning of its hash.
fn shell_list() -> String {
    let mut files: Vec<_> = Files::iter()
        .filter(|name| *name != WORKER && !name.ends_with(".LICENSE"))
        .filter_map(|name| {
            let file = Files::get(&name)?;
            let hash = &file.metadata.sha256_hash()[..HASH_BYTES];
            let hash = hash.iter().fold(String::new(), |mut hex, byte| {
                // Writing to a text cannot fail.
                let _ = write!(hex, "{byte:02x}");
                hex
            });
            Some((format!("/{name}"), hash))
        })
        .collect();
    files.sort_unstable();
    let files: serde_json::Map<_, _> = files
        .into_iter()
        .map(|(path, hash)| (path, hash.into()))
        .collect();
    format!("self.SHELL = {};\n", serde_json::Value::Object(files))
}

/// Closed, like the list of what is embedded: an unknown ending is a download, never a page.
fn mime(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webmanifest") => "application/manifest+json",
        Some("LICENSE") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// What the browser may do on our behalf: load from here, talk to here, run what came from here.
fn policy(index: &EmbeddedFile) -> HeaderValue {
    static POLICY: OnceLock<HeaderValue> = OnceLock::new();
    let build = || {
        let hash = import_map(&index.data).map(|map| STANDARD.encode(Sha256::digest(map)));
        let map = hash
            .map(|hash| format!(" 'sha256-{hash}'"))
            .unwrap_or_default();
        format!(
            "default-src 'none'; script-src 'self'{map}; style-src 'self'; img-src 'self' data: blob:; \
             font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
             require-trusted-types-for 'script'; trusted-types ludus-worker"
        )
        .try_into_value()
        .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
    };
    // A debug build reads the page from disk, where it changes while one works on it.
    if cfg!(debug_assertions) {
        build()
    } else {
        POLICY.get_or_init(build).clone()
    }
}

/// The text between the tags of the import map, exactly: it is what the browser hashes.
fn import_map(index: &[u8]) -> Option<&[u8]> {
    const OPEN: &[u8] = b"<script type=\"importmap\">";
    let start = position(index, OPEN)? + OPEN.len();
    let length = position(&index[start..], b"</script>")?;
    Some(&index[start..start + length])
}

fn position(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

#[cfg(test)]
mod tests {
    use actix_web::http::StatusCode;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};
    use actix_web::{App, dev::ServiceResponse};

    use super::*;

    async fn get(
        path: &str,
        if_none_match: Option<&str>,
    ) -> ServiceResponse<impl actix_web::body::MessageBody> {
        let app = init_service(App::new().configure(routes)).await;
        let mut request = TestRequest::get().uri(path);
        if let Some(tag) = if_none_match {
            request = request.insert_header((header::IF_NONE_MATCH, tag));
        }
        call_service(&app, request.to_request()).await
    }

    fn header_of<B>(response: &ServiceResponse<B>, name: &str) -> String {
        let value = response.headers().get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    }

    #[actix_web::test]
    async fn places_in_the_page_are_the_page_and_files_are_files() {
        for path in [
            "/",
            "/rooms/0192f0c1-2345-7000-8000-000000000001",
            "/settings",
        ] {
            let response = get(path, None).await;
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            assert_eq!(
                header_of(&response, "content-type"),
                "text/html; charset=utf-8"
            );
        }
        let script = get("/ludus.js", None).await;
        assert_eq!(
            header_of(&script, "content-type"),
            "text/javascript; charset=utf-8"
        );
        for path in [
            "/no.js",
            "/api/v1/nothing",
            "/../Cargo.toml",
            "/.npmrc",
            "/vendor/package.json",
            "/test/queue.test.js",
        ] {
            assert_eq!(
                get(path, None).await.status(),
                StatusCode::NOT_FOUND,
                "{path}"
            );
        }
    }

    #[actix_web::test]
    async fn a_fresh_copy_is_not_sent_again() {
        let first = get("/ludus.js", None).await;
        let tag = header_of(&first, "etag");
        assert_eq!(header_of(&first, "cache-control"), "no-cache");
        assert!(!read_body(first).await.is_empty());
        let again = get("/ludus.js", Some(&tag)).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    }

    #[actix_web::test]
    async fn files_leave_as_small_as_gzip_makes_them_for_those_who_read_it() {
        let app = init_service(App::new().configure(routes)).await;
        for (path, asked, encoding) in [
            ("/app/main.js", "gzip, deflate, br", "gzip"),
            ("/", "gzip", "gzip"),
            ("/worker.js", "gzip", "gzip"),
            ("/app/main.js", "br", ""),
            ("/app/main.js", "gzip;q=0", ""),
            ("/icons/192.png", "gzip", ""),
        ] {
            let request = TestRequest::get().uri(path);
            let request = request.insert_header((header::ACCEPT_ENCODING, asked));
            let response = call_service(&app, request.to_request()).await;
            assert_eq!(
                header_of(&response, "content-encoding"),
                encoding,
                "{path} {asked}"
            );
            assert_eq!(header_of(&response, "vary"), "accept-encoding");
            let sent = read_body(response).await;
            let plain = read_body(get(path, None).await).await;
            let read = if encoding.is_empty() {
                sent.to_vec()
            } else {
                assert!(sent.len() < plain.len());
                let mut read = vec![];
                let mut gzip = flate2::read::GzDecoder::new(&sent[..]);
                std::io::Read::read_to_end(&mut gzip, &mut read).expect("gzip");
                read
            };
            assert_eq!(read, plain, "{path} {asked}");
        }
    }

    #[actix_web::test]
    async fn the_policy_names_the_import_map_and_nothing_else_is_inline() {
        let response = get("/", None).await;
        let policy = header_of(&response, "content-security-policy");
        let page = read_body(response).await;
        let map = import_map(&page).expect("an import map");
        assert!(policy.contains(&STANDARD.encode(Sha256::digest(map))));
        assert!(!policy.contains("unsafe"));
        let text = String::from_utf8(page.to_vec()).expect("UTF-8");
        assert_eq!(
            text.matches("<script").count(),
            text.matches("src=\"/").count() + 1
        );
        assert!(!text.contains("<style") && !text.contains(" style=") && !text.contains(" on"));
    }

    #[actix_web::test]
    async fn the_worker_knows_every_file_and_is_another_when_one_of_them_is() {
        let response = get("/worker.js", None).await;
        assert_eq!(
            header_of(&response, "content-type"),
            "text/javascript; charset=utf-8"
        );
        assert_eq!(
            header_of(&response, "content-security-policy"),
            "default-src 'none'; connect-src 'self'"
        );
        let tag = header_of(&response, "etag");
        let script = String::from_utf8(read_body(response).await.to_vec()).expect("UTF-8");
        let list = script
            .strip_prefix("self.SHELL = ")
            .and_then(|rest| rest.split_once(";\n"))
            .map(|(list, _)| list)
            .expect("the list");
        let list: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(list).expect("JSON");
        for name in Files::iter().filter(|name| !name.ends_with(".LICENSE")) {
            assert_eq!(
                list.contains_key(&format!("/{name}")),
                name != WORKER,
                "{name}"
            );
        }
        assert!(list.contains_key("/index.html") && list.contains_key("/vendor/preact.mjs"));
        for (path, hash) in &list {
            let response = get(path, None).await;
            let body = read_body(response).await;
            let mut hex = String::new();
            for byte in &Sha256::digest(&body)[..HASH_BYTES] {
                write!(hex, "{byte:02x}").expect("a text");
            }
            assert_eq!(hash, &hex, "{path}");
        }
        let again = get("/worker.js", Some(&tag)).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    }

    #[actix_web::test]
    async fn only_reading_is_allowed() {
        let app = init_service(App::new().configure(routes)).await;
        let response = call_service(&app, TestRequest::post().uri("/").to_request()).await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    }
}
