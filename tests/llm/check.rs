//! `ludus llm check`, as an operator types it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use super::kit::*;

fn check(config: &str, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    fs::write(&key, format!("{KEY}\n")).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let file = folder.path().join("ludus.toml");
    fs::write(
        &file,
        config.replace("KEY_FILE", &key.display().to_string()),
    )
    .unwrap();
    Command::new(env!("CARGO_BIN_EXE_ludus"))
        .args(["llm", "check", "--config"])
        .arg(&file)
        .args(arguments)
        // Nobody asked for these to be read.
        .env("OPENAI_API_KEY", "sk-of-the-environment")
        .env("OPENAI_BASE_URL", "http://127.0.0.1:1")
        .env("HTTP_PROXY", "http://127.0.0.1:1")
        .env("http_proxy", "http://127.0.0.1:1")
        .env("ALL_PROXY", "http://127.0.0.1:1")
        .output()
        .unwrap()
}

fn config(name: &str, server: &Server) -> String {
    format!(
        "[[providers]]\nname = \"{name}\"\nbase_url = \"http://{}/v1\"\nkey_file = \"KEY_FILE\"\n\
         models = [{{ name = \"small\", prompt_price_micro = 0, completion_price_micro = 0 }}]\n",
        server.address
    )
}

/// The command is another process: it is waited for beside the server.
async fn checked(config: String, arguments: &'static [&str]) -> (bool, String, String) {
    let output = tokio::task::spawn_blocking(move || check(&config, arguments))
        .await
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.success(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_what_a_provider_can_do() {
    let json = token("{\"ready\": true}");
    let shaped = vec![send([STREAM, &json, &finish("stop"), DONE].concat())];
    let able = Server::start(vec![good("ready"), shaped]).await;
    let (fine, out, err) = checked(config("able", &able), &[]).await;
    assert!(fine, "{err}");
    assert!(out.starts_with("able/small: first word after "), "{out}");
    assert!(out.ends_with("; counts tokens; answers in JSON\n"), "{out}");
    let request = able.seen()[0].request.clone();
    assert!(
        request.contains(&format!("authorization: Bearer {KEY}\r\n")),
        "{request}"
    );

    let simple = vec![send([STREAM, &token("ready"), DONE].concat())];
    let simple = Server::once(simple).await;
    let (fine, out, _) = checked(config("simple", &simple), &["simple"]).await;
    assert!(fine);
    assert!(
        out.contains("; does not count tokens (Ludus does); does not answer in JSON"),
        "{out}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_what_to_mend() {
    for (script, says) in [
        (
            vec![status("401 Unauthorized", "", PROMPT)],
            "x/small: the provider refused with status 401; the key is wrong, missing or has no \
             right to this model: check providers.x.key_file or providers.x.key_env",
        ),
        (
            vec![status("404 Not Found", "", PROMPT)],
            "check providers.x.base_url (most end in /v1) and the name in providers.x.models",
        ),
        (
            vec![status("200 OK", "content-type: text/html\r\n", PROMPT)],
            "is providers.x.base_url the address of a server that speaks the OpenAI protocol?",
        ),
    ] {
        let server = Server::once(script).await;
        let (fine, out, err) = checked(config("x", &server), &[]).await;
        assert!(!fine);
        assert!(out.contains(says), "{out}");
        assert_eq!(err, "One model does not answer.\n");
        assert!(!out.contains(KEY) && !out.contains(PROMPT), "{out}");
    }
    let gone = "[[providers]]\nname = \"x\"\nbase_url = \"http://127.0.0.1:1/v1\"\n\
        models = [{ name = \"m\", prompt_price_micro = 0, completion_price_micro = 0 }]\n";
    let (fine, out, _) = checked(gone.to_owned(), &[]).await;
    assert!(
        !fine && out.contains("cannot be reached; check providers.x.base_url"),
        "{out}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_when_there_is_nobody() {
    let (fine, out, _) = checked(String::new(), &[]).await;
    assert!(
        fine && out.starts_with("No provider is configured"),
        "{out}"
    );
    let (fine, _, err) = checked(String::new(), &["openai"]).await;
    assert!(!fine && err.contains("no provider \"openai\""), "{err}");
}
