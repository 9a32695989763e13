//! What a configuration of the right types can still have wrong.

use std::fmt::Display;

use figment::Figment;
use ludus_domain::protocol::MESSAGE_BYTES_MAX;

use super::fault::{self, ConfigFault, Fault};
use super::{Config, Profile, providers, secret};

/// Collects faults, and knows where each key was set.
struct Checks<'a> {
    layers: &'a Figment,
    faults: Vec<Fault>,
}

impl Checks<'_> {
    fn refuse(&mut self, key: &str, what: impl Display, mend: impl Display) {
        let place = fault::place(self.layers, key);
        self.faults.push(Fault::new(place, key, what, mend));
    }

    fn within(&mut self, key: &str, value: impl TryInto<u64>, least: u64, most: u64) {
        let value = value.try_into().unwrap_or(u64::MAX);
        if !(least..=most).contains(&value) {
            self.refuse(
                key,
                format!("{value} is out of range"),
                format!("take a number from {least} to {most}"),
            );
        }
    }
}

pub(super) fn check(
    config: &mut Config,
    layers: &Figment,
    variables: &[(String, String)],
) -> Result<(), ConfigFault> {
    let mut checks = Checks {
        layers,
        faults: vec![],
    };
    secrets(config, &mut checks);
    listen(config, &mut checks);
    store(config, &mut checks);
    bus(config, &mut checks);
    numbers(config, &mut checks);
    if config.profile == Profile::Production {
        production(config, &mut checks);
    }
    providers::check(config, layers, variables, &mut checks.faults);
    if checks.faults.is_empty() {
        Ok(())
    } else {
        Err(ConfigFault(checks.faults))
    }
}

fn secrets(config: &Config, checks: &mut Checks<'_>) {
    if let Some(given) = &config.secrets.master {
        if config.secrets.master_file.is_some() {
            checks.refuse(
                "secrets.master",
                "there is also a secrets.master_file",
                "keep one of the two",
            );
        }
        if let Some(what) = secret::weakness(given.reveal().as_bytes()) {
            checks.refuse("secrets.master", what, secret::MEND);
        }
        let file = checks
            .layers
            .find_metadata("secrets.master")
            .and_then(|found| found.source.as_ref()?.file_path());
        if let Some(path) = file.filter(|path| secret::readable_by_others(path)) {
            let mend = format!("chmod 600 {}, or use secrets.master_file", path.display());
            checks.refuse(
                "secrets.master",
                "stands in a file that everybody on this machine can read",
                mend,
            );
        }
        return;
    }
    match secret::given(config) {
        Err(fault) => checks.faults.push(fault),
        Ok(None) if config.profile == Profile::Production => checks.faults.push(secret::missing()),
        Ok(_) => {}
    }
}

fn listen(config: &Config, checks: &mut Checks<'_>) {
    match (&config.listen.tls_cert, &config.listen.tls_key) {
        (Some(_), None) => checks.refuse(
            "listen.tls_key",
            "is missing",
            "name the key of listen.tls_cert",
        ),
        (None, Some(_)) => checks.refuse(
            "listen.tls_cert",
            "is missing",
            "name the certificate of listen.tls_key",
        ),
        (Some(cert), Some(key)) => {
            for (name, path) in [("listen.tls_cert", cert), ("listen.tls_key", key)] {
                if let Err(error) = std::fs::File::open(path) {
                    let what = format!("{} cannot be read: {error}", path.display());
                    checks.refuse(name, what, "name an existing PEM file");
                }
            }
            if secret::readable_by_others(key) {
                checks.refuse(
                    "listen.tls_key",
                    format!("{} can be read by everybody on this machine", key.display()),
                    format!("chmod 600 {}", key.display()),
                );
            }
        }
        (None, None) => {}
    }
    if let Some(url) = &config.public_url {
        let rest = url
            .strip_prefix("https://")
            .or_else(|| url.strip_prefix("http://"));
        let host = rest.unwrap_or("").trim_end_matches('/');
        if host.is_empty() || host.contains(['/', '?', '#', '@', ' ']) {
            checks.refuse(
                "public_url",
                format!("`{url}` is not the address of a site"),
                "write scheme and host only, for example https://ludus.example.org",
            );
        }
    }
    if config
        .metrics
        .address
        .is_some_and(|own| own == config.listen.address && own.port() != 0)
    {
        checks.refuse(
            "metrics.address",
            "is also listen.address",
            "give metrics a port of their own",
        );
    }
}

fn store(config: &Config, checks: &mut Checks<'_>) {
    if let Some(url) = &config.store.url {
        let known = ["sqlite:", "postgres://", "postgresql://"];
        if !known.iter().any(|start| url.reveal().starts_with(start)) {
            checks.refuse(
                "store.url",
                "names no database this hub knows",
                "write sqlite://path/to/file or postgres://user:password@host/name",
            );
        }
    }
}

fn bus(config: &Config, checks: &mut Checks<'_>) {
    if let Some(url) = &config.bus.url
        && crate::bus::check(url.reveal()).is_err()
    {
        checks.refuse(
            "bus.url",
            "is not the address of a Redis server",
            "write redis://user:password@host:6379, or rediss:// for TLS",
        );
    }
}

/// A zero or an absurd number would not fail; it would starve or open the gates.
fn numbers(config: &Config, checks: &mut Checks<'_>) {
    let sessions = &config.sessions;
    checks.within("boards.tick_ms", config.boards.tick_ms, 20, 10_000);
    checks.within("ledger.prove_seconds", config.ledger.prove_seconds, 0, 40);
    checks.within("listen.workers", config.listen.workers, 0, 256);
    checks.within("store.readers", config.store.readers, 1, 256);
    checks.within("sessions.hello_ms", sessions.hello_ms, 50, 60_000);
    checks.within("sessions.heartbeat_ms", sessions.heartbeat_ms, 50, 300_000);
    checks.within("sessions.silence_ms", sessions.silence_ms, 50, 300_000);
    checks.within("sessions.drain_ms", sessions.drain_ms, 0, 25_000);
    let llm = &config.llm;
    checks.within("llm.streams_per_org", llm.streams_per_org, 1, 10_000);
    checks.within("llm.waiting_per_org", llm.waiting_per_org, 0, 10_000);
    checks.within("llm.wait_ms", llm.wait_ms, 1, 60_000);
    // Every limit is a whole number of at least one, so that a new one is checked without a line here.
    if let Ok(serde_json::Value::Object(limits)) = serde_json::to_value(&config.limits) {
        for (key, value) in limits {
            checks.within(
                &format!("limits.{key}"),
                value.as_u64().unwrap_or(0),
                1,
                10_000_000,
            );
        }
    }
    // Below one whole message, nothing of the longest allowed could ever come through.
    let message = u64::try_from(MESSAGE_BYTES_MAX).unwrap_or(u64::MAX);
    let burst = config.limits.socket_bytes_burst;
    if burst > 0 {
        checks.within("limits.socket_bytes_burst", burst, message, 10_000_000);
    }
    if config
        .log
        .filter
        .parse::<tracing_subscriber::EnvFilter>()
        .is_err()
    {
        checks.refuse(
            "log.filter",
            "cannot be read",
            "write for example info,ludus=debug",
        );
    }
    tells(config, checks);
}

/// Who else is told.
fn tells(config: &Config, checks: &mut Checks<'_>) {
    let is_http = |url: &String| url.starts_with("http://") || url.starts_with("https://");
    if config
        .traces
        .endpoint
        .as_ref()
        .is_some_and(|url| !is_http(url))
    {
        checks.refuse(
            "traces.endpoint",
            "is not the address of a collector",
            "write for example http://127.0.0.1:4318/v1/traces",
        );
    }
    if !(0.0..=1.0).contains(&config.traces.sample) {
        checks.refuse(
            "traces.sample",
            format!("{} is no part of all traces", config.traces.sample),
            "write a number from 0 to 1",
        );
    }
    let dsn = config.errors.dsn.as_ref();
    if dsn.is_some_and(|dsn| dsn.reveal().parse::<sentry_types::Dsn>().is_err()) {
        checks.refuse(
            "errors.dsn",
            "is no DSN",
            "copy it from the settings of the project, it is like https://key@host/7",
        );
    }
}

/// What is fine on a laptop and wrong where real people sign in.
fn production(config: &Config, checks: &mut Checks<'_>) {
    if !config.store.fsync {
        checks.refuse(
            "store.fsync",
            "is off: an acknowledged line could be lost with the power",
            "remove it, production always syncs",
        );
    }
    if !config.listen.tls() && config.listen.trusted_proxies.is_empty() {
        checks.refuse(
            "listen.trusted_proxies",
            "plain http without a proxy in front: passwords would travel in the open",
            "set listen.tls_cert and listen.tls_key, or name the proxy that speaks TLS",
        );
    }
    match &config.public_url {
        None => checks.refuse(
            "public_url",
            "is not set: links would point at an address only this machine knows",
            "write for example https://ludus.example.org",
        ),
        Some(url) if !url.starts_with("https://") => checks.refuse(
            "public_url",
            "is not https: cookies and links would travel in the open",
            "write for example https://ludus.example.org",
        ),
        Some(_) => {}
    }
}
