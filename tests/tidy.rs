//! The house rules that a machine can hold, so that nobody has to remember them: who imports whom,
//! what stands in which file, what no file may hold.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use serde_json::Value;

/// Longer than this, a file is about two things. Tests do not count.
const CODE_LINES_MAX: usize = 450;
/// Files that were longer when the rule came, with their length then: they may only shrink.
const LONG_FILES: [(&str, usize); 9] = [
    ("actors/src/lane.rs", 500),
    ("actors/src/simulation/world.rs", 750),
    ("actors/src/room.rs", 700),
    ("actors/src/session.rs", 550),
    ("domain/src/host.rs", 600),
    ("loadtests/src/client.rs", 500),
    ("src/store/archive.rs", 500),
    ("src/store/cohorts.rs", 550),
    ("src/store/people.rs", 600),
];

/// One file of the repository, as git knows it (committed or about to be).
struct Source {
    path: String,
    text: String,
}

impl Source {
    fn is_rust(&self) -> bool {
        self.path.rsplit('.').next() == Some("rs")
    }

    /// What runs: the text before the tests at its end.
    fn code(&self) -> &str {
        match self.text.find("#[cfg(test)]\nmod ") {
            Some(end) => &self.text[..end],
            None => &self.text,
        }
    }

    /// Tests look at the machinery from all sides.
    fn is_test(&self) -> bool {
        self.path.starts_with("tests/")
            || self.path.contains("/tests/")
            || self.path.ends_with("/tests.rs")
    }

    fn is_under(&self, folder: &str) -> bool {
        self.path.starts_with(folder)
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn run(program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap_or_else(|error| panic!("{program} does not run: {error}"));
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// Every text file of the repository.
fn sources() -> Vec<Source> {
    let listed = run(
        "git",
        &[
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ],
    );
    String::from_utf8(listed)
        .unwrap()
        .split_terminator('\0')
        // A deleted file is listed until the deletion is staged; a picture is no text.
        .filter_map(|path| {
            Some(Source {
                path: path.to_owned(),
                text: fs::read_to_string(root().join(path)).ok()?,
            })
        })
        .collect()
}

/// Names the files in which one of `words` stands, outside the allowed ones.
fn offenders(within: &[&str], words: &[&str], allowed: &dyn Fn(&str) -> bool) -> Vec<String> {
    sources()
        .iter()
        .filter(|source| source.is_rust() && within.iter().any(|folder| source.is_under(folder)))
        .filter(|source| !source.is_test() && !allowed(&source.path))
        .flat_map(|source| {
            words
                .iter()
                .filter(|word| source.code().contains(**word))
                .map(|word| format!("{}: {word}", source.path))
        })
        .collect()
}

fn assert_none(found: &[String], rule: &str) {
    assert!(found.is_empty(), "{rule}:\n  {}", found.join("\n  "));
}

// -- Who imports whom ---------------------------------------------------------------------------

/// What `cargo metadata` knows of this workspace and everything under it.
struct Graph {
    packages: BTreeMap<String, Value>,
    /// Normal dependencies (neither build nor dev), by package id.
    uses: BTreeMap<String, Vec<String>>,
}

impl Graph {
    fn read() -> Self {
        let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let output = run(&cargo, &["metadata", "--format-version", "1", "--locked"]);
        let all: Value = serde_json::from_slice(&output).unwrap();
        let packages = list(&all["packages"])
            .map(|package| (text(&package["id"]), package.clone()))
            .collect();
        let uses = list(&all["resolve"]["nodes"])
            .map(|node| {
                let normal = list(&node["deps"])
                    .filter(|used| list(&used["dep_kinds"]).any(|kind| kind["kind"].is_null()))
                    .map(|used| text(&used["pkg"]))
                    .collect();
                (text(&node["id"]), normal)
            })
            .collect();
        Self { packages, uses }
    }

    fn name(&self, id: &str) -> String {
        text(&self.packages[id]["name"])
    }

    fn id(&self, name: &str) -> String {
        let own = |package: &&Value| package["name"] == name && package["source"].is_null();
        text(&self.packages.values().find(own).unwrap()["id"])
    }

    fn direct(&self, name: &str) -> BTreeSet<String> {
        self.uses[&self.id(name)]
            .iter()
            .map(|id| self.name(id))
            .collect()
    }

    fn all(&self, name: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut waiting = vec![self.id(name)];
        while let Some(id) = waiting.pop() {
            for used in &self.uses[&id] {
                if found.insert(used.clone()) {
                    waiting.push(used.clone());
                }
            }
        }
        found.iter().map(|id| self.name(id)).collect()
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn imports_run_one_way() {
    let graph = Graph::read();
    let ours = |name: &str| -> BTreeSet<String> {
        let used = graph.direct(name);
        used.into_iter()
            .filter(|name| name.starts_with("ludus"))
            .collect()
    };
    assert_eq!(ours("ludus-domain"), set(&[]));
    assert_eq!(ours("ludus-entities"), set(&[]));
    assert_eq!(ours("ludus-migration"), set(&[]));
    assert_eq!(ours("ludus-actors"), set(&["ludus-domain"]));
    assert_eq!(ours("ludus-loadtests"), set(&["ludus-domain"]));
}

#[test]
fn the_domain_uses_nothing_that_does_anything() {
    // A list of what it may use, because no list of what it may not would ever be whole.
    let used = Graph::read().direct("ludus-domain");
    let allowed = set(&[
        "csv",
        "fst",
        "jiff",
        "serde",
        "serde_json",
        "sha2",
        "thiserror",
        "toml",
        "unicode-segmentation",
        "utoipa",
        "uuid",
    ]);
    let foreign: Vec<_> = used.difference(&allowed).cloned().collect();
    assert_none(&foreign, "the domain is pure, and may not use");

    let words = [
        "std::fs",
        "std::net",
        "std::env",
        "std::thread",
        "std::process",
        "std::io",
        "std::time",
        "SystemTime",
        "Instant::",
        "now_v7",
        "new_v4",
        "println!",
        "async fn",
        ".await",
    ];
    let found = offenders(&["domain/src/"], &words, &|_| false);
    assert_none(&found, "the domain has no clock, no randomness and no I/O");
}

#[test]
fn actors_know_neither_database_nor_bus_nor_web_server() {
    let used = Graph::read().all("ludus-actors");
    let banned = [
        "sea-orm",
        "sqlx",
        "sqlx-core",
        "redis",
        "async-openai",
        "actix-web",
        "actix-http",
        "reqwest",
        "figment",
    ];
    let found: Vec<_> = used.intersection(&set(&banned)).cloned().collect();
    assert_none(&found, "actors ask ports, and may not come to use");
}

#[test]
fn what_belongs_in_one_place_stays_there() {
    let everywhere = ["src/", "actors/src/", "domain/src/", "loadtests/src/"];
    let rule = |words: &[&str], allowed: &dyn Fn(&str) -> bool, says: &str| {
        assert_none(&offenders(&everywhere, words, allowed), says);
    };
    rule(
        &["sea_orm::", "ludus_entities::", "ludus_migration::"],
        &|path| path == "src/store.rs" || path.starts_with("src/store/"),
        "only src/store knows the database",
    );
    rule(
        &["dashmap::"],
        &|path| path == "actors/src/directory.rs",
        "only directory.rs holds a concurrent map",
    );
    rule(
        &["redis::"],
        &|path| path.starts_with("src/bus"),
        "only src/bus knows Redis",
    );
    rule(
        &["async_openai::"],
        &|path| path.starts_with("src/llm"),
        "only src/llm knows a provider",
    );
    rule(
        &[".do_send("],
        &|path| path == "actors/src/delivery.rs",
        "only delivery.rs sends without waiting",
    );
    let files: BTreeSet<_> = offenders(&everywhere, &["actix_web_actors::"], &|_| false)
        .into_iter()
        .collect();
    assert!(
        files.len() <= 1,
        "one file uses actix-web-actors, not {files:?}"
    );
}

#[test]
fn the_edges_go_through_services_and_ports() {
    let found = offenders(
        // src/http.rs wires them up, and asks the store whether it is ready.
        &["src/http/", "src/ws"],
        &["store::Store", "StoreError", "crate::bus", "crate::llm"],
        &|_| false,
    );
    assert_none(&found, "a handler never touches store, bus or provider");
}

// -- What no file may hold ----------------------------------------------------------------------

#[test]
fn nothing_is_left_for_later() {
    let words = [
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("dbg", "!("),
        concat!("#[", "ignore"),
    ];
    let found: Vec<_> = sources()
        .iter()
        .filter(|source| source.is_rust())
        .flat_map(|source| {
            words
                .iter()
                .filter(|word| source.text.contains(**word))
                .map(|word| format!("{}: {word}", source.path))
        })
        .collect();
    assert_none(&found, "no stubs, no ignored tests");
}

#[test]
fn files_are_about_one_thing() {
    let mut found = Vec::new();
    for source in sources() {
        let is_code = [".rs", ".js", ".mjs", ".css", ".html"]
            .iter()
            .any(|end| source.path.ends_with(end));
        // Catalogues of texts are as long as there are texts.
        let is_list = source.path.contains("/vendor/") || source.path.starts_with("web/texts/");
        if !is_code || source.is_test() || is_list {
            continue;
        }
        let lines = source.code().lines().count();
        let known = LONG_FILES.iter().find(|(path, _)| *path == source.path);
        let most = known.map_or(CODE_LINES_MAX, |(_, then)| *then);
        if lines > most {
            found.push(format!("{} has {lines} lines, at most {most}", source.path));
        }
        let name = source.path.rsplit('/').next().unwrap_or_default();
        if ["util.rs", "utils.rs", "helpers.rs", "common.rs", "misc.rs"].contains(&name) {
            found.push(format!("{} says nothing about what is in it", source.path));
        }
    }
    assert_none(&found, "a file is about one thing, and its name says which");
}

#[test]
fn nothing_names_a_machine_or_a_registry() {
    // Written in halves, so that this file is not the first offender.
    let words = [
        concat!("/wo", "rk/"),
        concat!("/tmp/", "wt"),
        concat!("/ro", "ot/"),
        concat!("/home", "/"),
        concat!("registry.", "npmjs"),
        concat!("static.", "crates.io"),
        concat!("index.", "crates.io"),
        concat!("/artifact", "ory/"),
    ];
    let found: Vec<_> = sources()
        .iter()
        .flat_map(|source| {
            words
                .iter()
                .filter(|word| source.text.contains(**word))
                .map(|word| format!("{}: {word}", source.path))
        })
        .collect();
    assert_none(&found, "what is committed is true on every machine");
}

/// Paths that documents name, as `path/like.this`.
fn named_paths(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2).filter(|name| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
        let ends = [".rs", ".md", ".toml", ".js", ".html", ".css", "/"];
        name.chars().all(plain)
            && name.contains(['/', '.'])
            && !name.starts_with('/')
            && !name.contains("ludus-data")
            && ends.iter().any(|end| name.ends_with(end))
    })
}

#[test]
fn documents_name_only_what_exists() {
    let mut found = Vec::new();
    for source in sources() {
        let is_map = ["ARCHITECTURE.md", "README.md", "CONTRIBUTING.md"]
            .contains(&source.path.as_str())
            || source.path.starts_with("docs/");
        if !is_map || source.path.rsplit('.').next() != Some("md") {
            continue;
        }
        for name in named_paths(&source.text) {
            // Written by operators, not by us.
            let elsewhere = ["ludus.toml", "master.key"].contains(&name);
            if !elsewhere && !root().join(name).exists() {
                found.push(format!("{}: `{name}`", source.path));
            }
        }
    }
    assert_none(&found, "documents describe the house as it is");
}

// -- What we depend on --------------------------------------------------------------------------

const LICENCES: [&str; 13] = [
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Whether an SPDX expression offers a permissive licence. `AND` binds closer than `OR`; the one
/// place for parentheses is a choice among several that are all needed.
fn is_permissive(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    let all_of = |part: &str| {
        part.split(" AND ").all(|one| {
            let one = one.trim().trim_matches(['(', ')']).trim();
            LICENCES.contains(&one)
        })
    };
    if expression.contains(") AND ") || expression.contains(" AND (") {
        return expression.split(" AND ").all(|group| {
            group
                .trim()
                .trim_matches(['(', ')'])
                .split(" OR ")
                .any(all_of)
        });
    }
    expression.split(" OR ").any(all_of)
}

#[test]
fn licences_are_permissive_and_sources_are_known() {
    assert!(
        is_permissive("MIT OR Apache-2.0") && is_permissive("(MIT OR GPL-3.0) AND Unicode-3.0")
    );
    assert!(!is_permissive("GPL-3.0-only") && !is_permissive("MIT AND AGPL-3.0-only"));

    let graph = Graph::read();
    let mut found = Vec::new();
    for package in graph.packages.values() {
        let Some(source) = package["source"].as_str() else {
            continue;
        };
        let named = format!("{} {}", text(&package["name"]), text(&package["version"]));
        if !source.starts_with("registry+https://github.com/rust-lang/crates.io-index") {
            found.push(format!("{named} comes from {source}"));
        }
        let licence = text(&package["license"]);
        if !is_permissive(&licence) {
            found.push(format!("{named} is licensed as `{licence}`"));
        }
        if ["openssl-sys", "native-tls"].contains(&package["name"].as_str().unwrap_or_default()) {
            found.push(format!("{named}: TLS is rustls"));
        }
    }
    assert_none(
        &found,
        "dependencies are permissively licensed and come from crates.io",
    );
}

#[test]
fn deny_toml_allows_what_this_test_allows() {
    let deny = fs::read_to_string(root().join("deny.toml")).unwrap();
    for licence in LICENCES {
        assert!(
            deny.contains(&format!("\"{licence}\"")),
            "deny.toml lacks {licence}"
        );
    }
}
