use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::fault::known_keys;
use super::*;

const GOOD_SECRET: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// A folder with a `ludus.toml`, and variables.
struct Case {
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

impl Case {
    fn new(toml: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ludus.toml"), toml).unwrap();
        let data = folder.path().join("data").display().to_string();
        Self {
            folder,
            variables: vec![("LUDUS_DATA_DIR".to_owned(), data)],
        }
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn key_file(&self, text: &str, mode: u32) -> PathBuf {
        let path = self.folder.path().join("key");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn load(&self) -> Result<Config, ConfigFault> {
        let file = self.folder.path().join("ludus.toml");
        Config::load(Some(&file), self.variables.clone(), &Overrides::default())
    }

    /// The faults as an operator reads them, with this run's folder left out.
    fn refusal(&self) -> String {
        let text = self.load().unwrap_err().to_string();
        text.replace(&format!("{}/", self.folder.path().display()), "")
    }
}

#[test]
fn nothing_set_is_fit_to_start_with() {
    let config = Case::new("").load().unwrap();
    assert_eq!(config.listen.address.to_string(), "127.0.0.1:8080");
    assert_eq!(config.profile, Profile::Development);
    assert!(config.store.fsync);
    assert_eq!(config.metrics.address, None);

    let without_a_file = Config::load(None, [], &Overrides::default());
    assert_eq!(without_a_file, Ok(Config::default()));
}

#[test]
fn variables_win_over_the_file_and_flags_over_both() {
    let case = Case::new("[listen]\naddress = \"127.0.0.1:1\"\nworkers = 3\n")
        .variable("LUDUS_LISTEN__ADDRESS", "127.0.0.1:2")
        .variable("LUDUS_LISTEN__TRUSTED_PROXIES", "10.0.0.0/8, ::1")
        .variable("LUDUS_STORE__FSYNC", "false")
        .variable("LUDUS_TEST_POSTGRES", "not a setting");
    let config = case.load().unwrap();
    assert_eq!(config.listen.address.port(), 2);
    assert_eq!(config.listen.workers, 3);
    assert!(!config.store.fsync);
    assert!(config.listen.trusts("10.1.2.3".parse().unwrap()));
    assert!(config.listen.trusts("::1".parse().unwrap()));
    assert!(!config.listen.trusts("11.1.2.3".parse().unwrap()));

    let flags = Overrides {
        listen: Some("127.0.0.1:3".parse().unwrap()),
        ..Overrides::default()
    };
    let file = case.folder.path().join("ludus.toml");
    let config = Config::load(Some(&file), case.variables.clone(), &flags).unwrap();
    assert_eq!(config.listen.address.port(), 3);
}

#[test]
fn an_unknown_key_is_named_with_its_place_and_the_nearest_known_one() {
    let case = Case::new("[listen]\nadress = \"127.0.0.1:1\"\n[limts]\nsockets = 1\n")
        .variable("LUDUS_STORE__FSYNK", "true");
    assert_eq!(
        case.refusal(),
        "ludus.toml: limts: there is no such key; ludus.example.toml lists every key\n\
         ludus.toml: listen.adress: there is no such key; did you mean `listen.address`?\n\
         LUDUS_STORE__FSYNK: store.fsynk: there is no such key; did you mean `store.fsync`?"
    );
}

#[test]
fn a_wrong_type_names_file_key_and_mend() {
    let case = Case::new("[store]\nreaders = \"many\"\n");
    assert_eq!(
        case.refusal(),
        "ludus.toml: store.readers: has the wrong type: string \"many\", expected u32; \
         the default is 4"
    );
    let case = Case::new("").variable("LUDUS_LISTEN__ADDRESS", "here");
    let refusal = case.refusal();
    assert!(
        refusal.starts_with("LUDUS_LISTEN__ADDRESS: listen.address: ")
            && refusal.ends_with("the default is \"127.0.0.1:8080\""),
        "{refusal}"
    );
}

#[test]
fn a_broken_file_is_named() {
    let refusal = Case::new("[listen\n").refusal();
    assert!(refusal.contains("ludus.toml"), "{refusal}");
    let missing = Config::load(Some(Path::new("/nowhere.toml")), [], &Overrides::default());
    assert!(
        missing
            .unwrap_err()
            .to_string()
            .starts_with("/nowhere.toml: --config: ")
    );
}

#[test]
fn a_number_out_of_range_is_refused() {
    let refusal = Case::new("[sessions]\ndrain_ms = 90000\n").refusal();
    assert_eq!(
        refusal,
        "ludus.toml: sessions.drain_ms: 90000 is out of range; take a number from 0 to 25000"
    );
}

#[test]
fn what_one_connection_may_send_is_within_reason() {
    let frames = Case::new("[limits]\nsocket_frames_per_second = 0\n").refusal();
    assert_eq!(
        frames,
        "ludus.toml: limits.socket_frames_per_second: 0 is out of range; \
         take a number from 1 to 10000000"
    );
    let bytes = Case::new("[limits]\nsocket_bytes_burst = 65535\n").refusal();
    assert_eq!(
        bytes,
        "ludus.toml: limits.socket_bytes_burst: 65535 is out of range; \
         take a number from 65536 to 10000000"
    );
    let toml = "[limits]\nsocket_frames_per_second = 1\nsocket_frames_burst = 2\n\
                socket_bytes_per_second = 3\nsocket_bytes_burst = 65536\n";
    let guard = Case::new(toml).load().unwrap().limits.guard();
    let flow = |flow: crate::ws::guard::Flow| (flow.per_second, flow.burst);
    assert_eq!(
        (flow(guard.frames), flow(guard.bytes)),
        ((1, 2), (3, 65_536))
    );
    let own = Config::default().limits.guard();
    assert_eq!(own, crate::ws::guard::GuardSettings::default());
}

#[test]
fn a_secret_is_never_repeated_in_a_refusal() {
    for (toml, secret) in [
        ("[secrets]\nmaster = \"hunter2-hunter2\"\n", "hunter2"),
        ("[secrets]\nmaster = [\"hunter2\"]\n", "hunter2"),
        (
            "[store]\nurl = \"mysql://root:hunter2@db/ludus\"\n",
            "hunter2",
        ),
        ("[store]\nurl = [\"hunter2\"]\n", "hunter2"),
    ] {
        let refusal = Case::new(toml).refusal();
        assert!(!refusal.contains(secret), "{refusal}");
    }
    let config = Case::new("")
        .variable("LUDUS_SECRETS__MASTER", GOOD_SECRET)
        .load()
        .unwrap();
    assert!(!format!("{config:?}").contains(GOOD_SECRET));
}

#[test]
fn weak_and_sample_secrets_are_refused() {
    for (secret, why) in [
        ("short", "is shorter than 32 bytes"),
        (
            "replace-this-with-64-hex-digits-of-your-own",
            "is a known sample",
        ),
        (
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "repeats a few characters",
        ),
    ] {
        let refusal = Case::new("")
            .variable("LUDUS_SECRETS__MASTER", secret)
            .refusal();
        assert_eq!(
            refusal,
            format!(
                "LUDUS_SECRETS__MASTER: secrets.master: {why}; make one with: openssl rand -hex 32"
            )
        );
    }
    // Digits only: still a text.
    let digits = "31415926535897932384626433832795028841971693993751";
    let config = Case::new("")
        .variable("LUDUS_SECRETS__MASTER", digits)
        .load()
        .unwrap();
    assert_eq!(config.master_secret().unwrap().bytes(), digits.as_bytes());
}

#[test]
fn a_key_file_that_everybody_can_read_is_refused() {
    let case = Case::new("");
    let path = case.key_file(GOOD_SECRET, 0o644);
    let case = case.variable("LUDUS_SECRETS__MASTER_FILE", &path.display().to_string());
    assert_eq!(
        case.refusal(),
        "key: secrets.master_file: can be read by everybody on this machine; chmod 600 key"
    );
    case.key_file(GOOD_SECRET, 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let config = case.load().unwrap();
    assert_eq!(
        config.master_secret().unwrap().bytes(),
        GOOD_SECRET.as_bytes()
    );
}

#[test]
fn development_makes_a_secret_once_and_keeps_it() {
    let case = Case::new("");
    let config = case.load().unwrap();
    let path = config.data_dir.join("master.key");
    assert!(!path.exists(), "loading changes nothing on disk");
    let first = config.master_secret().unwrap();
    assert!(first.bytes().len() >= 32);
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(config.master_secret().unwrap().bytes(), first.bytes());
}

#[test]
fn production_refuses_what_is_unsafe_for_real_people() {
    let refusal = Case::new("profile = \"production\"\n[store]\nfsync = false\n").refusal();
    for key in [
        "secrets.master_file",
        "store.fsync",
        "listen.trusted_proxies",
        "public_url",
    ] {
        assert!(
            refusal.contains(&format!(" {key}: ")),
            "{key} is not in: {refusal}"
        );
    }
    let refusal =
        Case::new("profile = \"production\"\npublic_url = \"http://ludus.example.org\"\n")
            .refusal();
    assert!(refusal.contains("public_url: is not https"), "{refusal}");

    let safe = "profile = \"production\"\npublic_url = \"https://ludus.example.org\"\n\
                [listen]\ntrusted_proxies = [\"10.0.0.1\"]\n";
    let case = Case::new(safe).variable("LUDUS_SECRETS__MASTER", GOOD_SECRET);
    let config = case.load().unwrap();
    assert_eq!(
        config.public_url(config.listen.address),
        "https://ludus.example.org"
    );
}

#[test]
fn the_example_parses_to_the_defaults_and_has_every_key() {
    let example = include_str!("../../ludus.example.toml");
    let case = Case::new(&example.replace("./ludus-data", "ignored"));
    let mut parsed = case.load().unwrap();
    parsed.data_dir = Config::default().data_dir;
    let mut expected = Config::default();
    expected.metrics.address = Some("127.0.0.1:9464".parse().unwrap());
    assert_eq!(parsed, expected);

    let mut section = String::new();
    let mut named = Vec::new();
    for line in example.lines() {
        if let Some(name) = line
            .strip_prefix("# [[")
            .and_then(|rest| rest.strip_suffix("]]"))
        {
            named.push(name.to_owned());
            section = format!("{name}.");
        } else if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            section = format!("{name}.");
        } else if let Some((key, _)) = line.trim_start_matches("# ").split_once(" = ") {
            named.push(format!("{section}{key}"));
        }
    }
    for (key, _) in known_keys() {
        assert!(
            named.contains(&key),
            "ludus.example.toml does not document {key}"
        );
    }
}

#[test]
fn links_say_where_the_hub_can_be_reached() {
    let config = Config::default();
    assert_eq!(
        config.public_url("127.0.0.1:9000".parse().unwrap()),
        "http://127.0.0.1:9000"
    );
    assert_eq!(
        config.public_url("0.0.0.0:9000".parse().unwrap()),
        "http://localhost:9000"
    );
}

/// The example's provider, as somebody who removes the `#` has it.
fn example_provider() -> String {
    let example = include_str!("../../ludus.example.toml");
    let (_, section) = example.split_once("# [[providers]]").unwrap();
    let (section, _) = section.split_once("\n[log]").unwrap();
    let keys = section.lines().filter_map(|line| {
        let line = line.strip_prefix("# ")?;
        let (key, _) = line.split_once(" = ")?;
        (!key.contains(' ')).then_some(line)
    });
    let lines: Vec<_> = std::iter::once("[[providers]]").chain(keys).collect();
    lines.join("\n")
}

#[test]
fn the_example_names_every_key_of_a_provider_with_its_default() {
    let example = example_provider();
    for given in [
        "style",
        "key_file",
        "ca_file",
        "organization",
        "project",
        "headers",
        "proxy",
    ] {
        assert!(example.contains(&format!("\n{given} = ")), "{given}");
    }
    // What is there for show, is left out; the rest has to be the default.
    let show = [
        "key_file",
        "api_version",
        "organization",
        "project",
        "headers",
        "proxy",
        "ca_file",
    ];
    let kept: Vec<_> = example
        .lines()
        .filter(|line| !show.iter().any(|key| line.starts_with(key)))
        .collect();
    let config = Case::new(&kept.join("\n")).load().unwrap();
    let model = ModelSettings {
        name: "gpt-4o-mini".to_owned(),
        prompt_price_micro: 150_000,
        completion_price_micro: 600_000,
    };
    let usual = ProviderSettings::new("openai", "https://api.openai.com/v1", vec![model]);
    assert_eq!(config.providers, std::slice::from_ref(&usual));
    let Ok(serde_json::Value::Object(keys)) = serde_json::to_value(&usual) else {
        panic!("a provider is a table");
    };
    for key in keys.keys().filter(|key| *key != "key_env") {
        assert!(
            example.contains(&format!("\n{key} = ")),
            "{key} is not documented"
        );
    }
}

const MODELS: &str =
    "models = [{ name = \"m\", prompt_price_micro = 0, completion_price_micro = 0 }]\n";

#[test]
fn keys_of_providers_come_from_files_and_variables_and_stay_secret() {
    let provider = |name: &str, field: &str| {
        format!(
            "[[providers]]\nname = \"{name}\"\nbase_url = \"http://[::1]/v1\"\n{MODELS}{field}\n"
        )
    };
    let case = Case::new("").variable("MY_KEY", "sk-variable\n");
    let path = case.key_file("sk-file\n", 0o600);
    let text = provider("a", &format!("key_file = {:?}", path.display().to_string()))
        + &provider("b", "key_env = \"MY_KEY\"")
        + &provider("c", "");
    fs::write(case.folder.path().join("ludus.toml"), &text).unwrap();
    let config = case.load().unwrap();
    let keys: Vec<_> = config
        .providers
        .iter()
        .map(|provider| provider.key.as_ref().map(SecretText::reveal))
        .collect();
    assert_eq!(keys, [Some("sk-file"), Some("sk-variable"), None]);
    assert!(!format!("{config:?}").contains("sk-"));
    assert!(!serde_json::to_string(&config).unwrap().contains("sk-"));

    case.key_file("sk-file\n", 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let text = text.replace("MY_KEY", "NO_KEY");
    fs::write(case.folder.path().join("ludus.toml"), text).unwrap();
    assert_eq!(
        case.refusal(),
        "ludus.toml: providers.a.key_file: key can be read by everybody on this machine; chmod 600 key\n\
         ludus.toml: providers.b.key_env: \"NO_KEY\" is not set; set the variable where the hub is \
         started, or use key_file"
    );
}

#[test]
fn every_fault_of_a_provider_is_named_at_once() {
    let toml = format!(
        "[llm]\norder = [\"nobody/none\"]\n\
         [[providers]]\nname = \"Open AI\"\nbase_url = \"https://me:hunter2@host/v1\"\n\
         models = []\nstyle = \"azure\"\n\
         [[providers]]\nname = \"b\"\nbase_url = \"nowhere\"\n{MODELS}\
         headers = {{ \"a b\" = \"hunter2\" }}\ntimeouts = {{ stall_ms = 1 }}\n\
         proxy = \"\"\n"
    );
    let refusal = Case::new(&toml).refusal();
    for part in [
        "llm.order: \"nobody/none\" is no model of a provider",
        "providers.0.name: is not a name",
        "providers.0.base_url: has to be http or https",
        "providers.0.models: is not a list of models",
        "providers.0.api_version: is missing",
        "providers.b.base_url: is not an address",
        "providers.b.headers: \"a b\" is no header",
        "providers.b.timeouts.stall_ms: 1 is out of range",
        "providers.b.proxy: is not an address",
    ] {
        assert!(refusal.contains(part), "{part} is not in: {refusal}");
    }
    assert!(!refusal.contains("hunter2"), "{refusal}");

    let plain = format!(
        "profile = \"production\"\n[[providers]]\nname = \"far\"\nbase_url = \"http://far.example/v1\"\n\
         key_env = \"MY_KEY\"\n{MODELS}"
    );
    let refusal = Case::new(&plain).variable("MY_KEY", "sk").refusal();
    assert!(
        refusal.contains("providers.far.base_url: is plain http"),
        "{refusal}"
    );
}

#[test]
fn a_key_in_the_file_itself_is_refused_without_being_repeated() {
    for line in [
        "key = \"hunter2\"",
        "headers = { a = [\"hunter2\"] }",
        "key_file = [\"hunter2\"]",
    ] {
        let toml = format!(
            "[[providers]]\nname = \"a\"\nbase_url = \"http://localhost\"\n{MODELS}{line}\n"
        );
        let refusal = Case::new(&toml).refusal();
        assert!(!refusal.contains("hunter2"), "{refusal}");
        assert!(refusal.starts_with("ludus.toml: providers"), "{refusal}");
    }
}
