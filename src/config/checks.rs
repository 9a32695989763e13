//! What a configuration of the right types can still have wrong.

use std::fmt::Display;

use figment::Figment;

use super::fault::{self, ConfigFault, Fault};
use super::{Config, Profile, secret};

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

pub(super) fn check(config: &Config, layers: &Figment) -> Result<(), ConfigFault> {
    let mut checks = Checks {
        layers,
        faults: vec![],
    };
    secrets(config, &mut checks);
    listen(config, &mut checks);
    store(config, &mut checks);
    numbers(config, &mut checks);
    if config.profile == Profile::Production {
        production(config, &mut checks);
    }
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

/// A zero or an absurd number would not fail; it would starve or open the gates.
fn numbers(config: &Config, checks: &mut Checks<'_>) {
    let (sessions, limits) = (&config.sessions, &config.limits);
    checks.within("listen.workers", config.listen.workers, 0, 256);
    checks.within("store.connections", config.store.connections, 1, 256);
    checks.within("store.queue", config.store.queue, 1, 1 << 20);
    checks.within("store.deadline_ms", config.store.deadline_ms, 100, 60_000);
    checks.within("sessions.access_seconds", sessions.access_seconds, 1, 3_600);
    checks.within(
        "sessions.refresh_seconds",
        sessions.refresh_seconds,
        1,
        400 * 24 * 3_600,
    );
    checks.within(
        "sessions.refresh_grace_ms",
        sessions.refresh_grace_ms,
        0,
        60_000,
    );
    checks.within("sessions.ticket_seconds", sessions.ticket_seconds, 1, 300);
    checks.within(
        "sessions.resume_seconds",
        sessions.resume_seconds,
        1,
        86_400,
    );
    checks.within(
        "sessions.hello_timeout_ms",
        sessions.hello_timeout_ms,
        50,
        60_000,
    );
    checks.within("sessions.heartbeat_ms", sessions.heartbeat_ms, 50, 300_000);
    checks.within("sessions.silence_ms", sessions.silence_ms, 50, 900_000);
    checks.within(
        "sessions.write_stall_ms",
        sessions.write_stall_ms,
        50,
        600_000,
    );
    checks.within("sessions.outbox_frames", sessions.outbox_frames, 8, 65_536);
    checks.within(
        "sessions.outbox_bytes",
        sessions.outbox_bytes,
        65_536,
        1 << 28,
    );
    checks.within("sessions.drain_ms", sessions.drain_ms, 0, 25_000);
    checks.within(
        "rooms.history_events",
        config.rooms.history_events,
        1,
        65_536,
    );
    checks.within("rooms.idle_ms", config.rooms.idle_ms, 50, 86_400_000);
    checks.within("rooms.sweep_ms", config.rooms.sweep_ms, 50, 2_000);
    checks.within(
        "rooms.presence_damp_ms",
        config.rooms.presence_damp_ms,
        0,
        60_000,
    );
    for (key, value) in [
        ("limits.sockets", limits.sockets),
        ("limits.sockets_per_user", limits.sockets_per_user),
        ("limits.sockets_per_address", limits.sockets_per_address),
        ("limits.sockets_waiting", limits.sockets_waiting),
        ("limits.frames_per_second", limits.frames_per_second),
        ("limits.frames_burst", limits.frames_burst),
        ("limits.lines_per_second", limits.lines_per_second),
        ("limits.lines_burst", limits.lines_burst),
        (
            "limits.room_commands_per_second",
            limits.room_commands_per_second,
        ),
        ("limits.requests_per_second", limits.requests_per_second),
        ("limits.requests_burst", limits.requests_burst),
        ("limits.logins_per_minute", limits.logins_per_minute),
        (
            "limits.logins_per_account_per_minute",
            limits.logins_per_account_per_minute,
        ),
    ] {
        checks.within(key, value, 1, 10_000_000);
    }
    checks.within("limits.frame_bytes", limits.frame_bytes, 1_024, 1 << 24);
    checks.within("limits.body_bytes", limits.body_bytes, 1_024, 1 << 26);
    checks.within("limits.argon2_permits", limits.argon2_permits, 1, 256);
    checks.within(
        "limits.remembered_keys",
        limits.remembered_keys,
        1_000,
        10_000_000,
    );
    if sessions.silence_ms < sessions.heartbeat_ms {
        checks.refuse(
            "sessions.silence_ms",
            "is shorter than sessions.heartbeat_ms, so that every quiet connection would be cut",
            "make it at least 1.4 times as long",
        );
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
