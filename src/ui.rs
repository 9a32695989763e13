//! The page: the files of `web/`, inside the binary, as written. What the first view needs is sent as
//! one script and one style sheet ([`pack`]); everything else when somebody goes there.
//!
//! Whatever no other route claims is a file of the page, or a place inside it (`/rooms/…`), which
//! is `index.html` again. There is one inline script, the import map, and the policy names it by
//! its hash; nothing else inline runs, nothing comes from elsewhere, nothing is evaluated.
//!
//! `worker.js` keeps the page in the browser. It is sent with the list of all files and what is in
//! them, so that it is another one as soon as any of them is: that is how a browser learns that there
//! is a new page.

mod pack;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

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
use rust_embed::Embed;
use sha2::{Digest, Sha256};
use tracing::warn;

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

/// Something of the page, as it is sent.
#[derive(Clone)]
struct Sent {
    data: Bytes,
    hash: [u8; 32],
}

impl Sent {
    fn made(data: Bytes) -> Self {
        let hash = Sha256::digest(&data).into();
        Self { data, hash }
    }

    fn file(name: &str) -> Option<Self> {
        let file = Files::get(name)?;
        Some(Self {
            hash: file.metadata.sha256_hash(),
            data: file.data.into_owned().into(),
        })
    }

    /// What there is under a name: a file, or what is made of several.
    fn named(name: &str) -> Option<Self> {
        let part = match name {
            INDEX => |packed: &Packed| packed.index.clone(),
            pack::SCRIPT => |packed: &Packed| packed.script.clone(),
            pack::STYLE => |packed: &Packed| packed.style.clone(),
            WORKER => return Some(Self::made(worker()?.into())),
            file => return Self::file(file),
        };
        packed().map_or_else(|| Self::file(name), |packed| Some(part(&packed)))
    }
}

/// What the first view needs, in few files.
struct Packed {
    index: Sent,
    script: Sent,
    style: Sent,
    /// The files that are in them.
    files: Vec<String>,
}

/// `None` when the page is written in a way that cannot be packed, and is sent as it is.
fn packed() -> Option<Arc<Packed>> {
    static PACKED: OnceLock<Option<Arc<Packed>>> = OnceLock::new();
    let build = || {
        let read = |path: &str| String::from_utf8(Files::get(path)?.data.into_owned()).ok();
        let pack = pack::pack(&read(INDEX)?, &read)
            .inspect_err(|fault| warn!(%fault, "the page is sent in many files"))
            .ok()?;
        Some(Arc::new(Packed {
            index: Sent::made(pack.index.into()),
            script: Sent::made(pack.script.into()),
            style: Sent::made(pack.style.into()),
            files: pack.files,
        }))
    };
    // A debug build reads the page from disk, where it changes while one works on it.
    if cfg!(debug_assertions) {
        build()
    } else {
        PACKED.get_or_init(build).clone()
    }
}

/// What is behind a path. A path without an extension is a place in the page.
fn find(path: &str) -> Option<(&str, Sent)> {
    let name = path.trim_start_matches('/');
    // In a debug build the files are read from disk; a name that climbs is nobody's file.
    if name.split('/').any(|part| part.starts_with('.')) || name.contains('\\') {
        return None;
    }
    let last = name.rsplit('/').next().unwrap_or_default();
    if last.contains('.') {
        return Sent::named(name).map(|sent| (name, sent));
    }
    if name == "api" || name.starts_with("api/") {
        return None;
    }
    Sent::named(INDEX).map(|sent| (INDEX, sent))
}

fn answer(request: &HttpRequest, name: &str, Sent { data, hash }: Sent) -> HttpResponse {
    let mut response = fresh_or_known(request, name, &hash);
    let head = &mut response.0;
    if name == WORKER {
        // It fetches the page from here, and does nothing else.
        head.insert_header((
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; connect-src 'self'",
        ));
    }
    if name == INDEX {
        head.insert_header((header::CONTENT_SECURITY_POLICY, policy(&data)))
            .insert_header(("cross-origin-opener-policy", "same-origin"))
            .insert_header(("x-frame-options", "DENY"))
            .insert_header((
                "permissions-policy",
                "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
            ));
    }
    ended(request, response, hash, data)
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
    body: Bytes,
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
/// There are as many as there are files, so each is made once.
fn squeezed(hash: [u8; 32], body: &[u8]) -> Bytes {
    static MADE: LazyLock<Mutex<HashMap<[u8; 32], Bytes>>> = LazyLock::new(Mutex::default);
    let made = || MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = made().get(&hash) {
        return known.clone();
    }
    let mut squeeze = GzEncoder::new(Vec::with_capacity(body.len() / 2), Compression::best());
    // Writing to memory cannot fail.
    let fresh = squeeze
        .write_all(body)
        .and_then(|()| squeeze.finish())
        .map_or_else(|_| Bytes::new(), Bytes::from);
    made().insert(hash, fresh.clone());
    fresh
}

/// The worker, behind the list of everything it is to keep.
fn worker() -> Option<Vec<u8>> {
    static SCRIPT: OnceLock<Vec<u8>> = OnceLock::new();
    let file = Files::get(WORKER)?;
    let build = || [shell_list().as_bytes(), &file.data].concat();
    // A debug build reads the page from disk, where it changes while one works on it.
    Some(if cfg!(debug_assertions) {
        build()
    } else {
        SCRIPT.get_or_init(build).clone()
    })
}

/// Everything of the page that is asked for, by its path, with the beginning of its hash.
fn shell_list() -> String {
    let packed = packed();
    let is_packed = |name: &str| {
        let mut files = packed.iter().flat_map(|packed| &packed.files);
        files.any(|file| file == name)
    };
    let made: &[&str] = match packed {
        Some(_) => &[pack::SCRIPT, pack::STYLE],
        None => &[],
    };
    let list: BTreeMap<_, _> = Files::iter()
        .filter(|name| *name != WORKER && !name.ends_with(".LICENSE") && !is_packed(name))
        .chain(made.iter().map(|name| (*name).into()))
        .filter_map(|name| {
            let hash = Sent::named(&name)?.hash;
            Some((format!("/{name}"), hex(&hash[..HASH_BYTES])))
        })
        .collect();
    format!("self.SHELL = {};\n", serde_json::json!(list))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a text cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
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
fn policy(index: &[u8]) -> HeaderValue {
    static POLICY: OnceLock<HeaderValue> = OnceLock::new();
    let build = || {
        let hash = import_map(index).map(|map| STANDARD.encode(Sha256::digest(map)));
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

    /// What a phone loads before somebody can read and write, in English; then with a second language.
    const FIRST_BYTES_MAX: usize = 100_000;
    const SPOKEN_BYTES_MAX: usize = 116_000;

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

    #[test]
    fn what_the_first_view_needs_is_under_its_budget() {
        let sent = |name: &str| {
            let Sent { data, hash } = Sent::named(name).expect(name);
            squeezed(hash, &data).len()
        };
        let first = [
            INDEX,
            pack::SCRIPT,
            pack::STYLE,
            "app/theme.js",
            "icon.svg",
            "manifest.webmanifest",
        ];
        let whole: usize = first.iter().map(|name| sent(name)).sum();
        assert!(whole <= FIRST_BYTES_MAX, "{whole} bytes");
        let spoken = whole + sent("texts/de.js");
        assert!(spoken <= SPOKEN_BYTES_MAX, "{spoken} bytes with German");
        // Nothing else is asked for by the page itself.
        let index = Sent::named(INDEX).expect(INDEX).data;
        let index = String::from_utf8(index.to_vec()).expect("UTF-8");
        for asked in index.split("=\"/").skip(1) {
            let name = asked.split('"').next().unwrap_or_default();
            assert!(
                first.contains(&name) || name.starts_with("icons/"),
                "{name}"
            );
        }
    }

    #[test]
    fn views_that_are_read_later_find_in_the_script_what_they_import() {
        let packed = packed().expect("the page can be packed");
        let script = String::from_utf8(packed.script.data.to_vec()).expect("UTF-8");
        let mut found = 0;
        for name in Files::iter().filter(|name| name.ends_with(".js") && *name != WORKER) {
            if packed.files.contains(&name.to_string()) {
                continue;
            }
            let file = Files::get(&name).expect("a file").data;
            let text = String::from_utf8(file.into_owned()).expect("UTF-8");
            for (names, from) in pack::imports(&text) {
                let from = pack::absolute(&name, from);
                let is_packed = packed.files.iter().any(|file| from[1..] == *file);
                for name in names.into_iter().filter(|_| is_packed) {
                    found += 1;
                    let line = format!("\nexport const {name} = ");
                    assert!(script.contains(&line), "{name} of {from}");
                }
            }
        }
        assert!(found > 100, "{found}");
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
        let packed = packed().expect("packed");
        for name in Files::iter().filter(|name| !name.ends_with(".LICENSE")) {
            assert_eq!(
                list.contains_key(&format!("/{name}")),
                name != WORKER && !packed.files.contains(&name.to_string()),
                "{name}"
            );
        }
        for path in ["/index.html", "/shell.js", "/shell.css", "/vendor/uqr.mjs"] {
            assert!(list.contains_key(path), "{path}");
        }
        for (path, hash) in &list {
            let body = read_body(get(path, None).await).await;
            assert_eq!(*hash, hex(&Sha256::digest(&body)[..HASH_BYTES]), "{path}");
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
