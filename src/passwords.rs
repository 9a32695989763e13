//! Passwords: what one may be, how it is kept, and a pool that keeps hashing from starving the rest.
//!
//! Argon2id is meant to be slow and to fill memory, so that at most two run at once, on threads
//! that carry no sockets; a bounded number waits, for a bounded time, and everybody after that is
//! told to come back. Whether an account exists cannot be told from the time an answer takes: an
//! unknown one is checked against a hash that nothing matches.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use ludus_domain::refusal::Refusal;
use tokio::sync::Semaphore;

pub const CHARS_MIN: usize = 8;
pub const CHARS_MAX: usize = 256;

/// Memory of one hash, in KiB: what OWASP asks for with two passes and one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Hashes at once. Each takes 19 MiB and a core for some tens of milliseconds.
const AT_ONCE_MAX: usize = 2;
/// Callers that may wait for a turn. More would wait longer than [`WAIT_MAX`] anyway.
const WAITING_MAX: usize = 64;
const WAIT_MAX: Duration = Duration::from_secs(2);

/// One per line, lower case; also the bare words that digits are commonly hung on.
static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("passwords/common.txt").lines().collect());

/// Checks a new password. It is never trimmed, folded or cut.
pub fn check_new(password: &str) -> Result<(), Refusal> {
    let chars = password.chars().count();
    if chars < CHARS_MIN {
        Err(Refusal::PasswordTooShort)
    } else if chars > CHARS_MAX {
        Err(Refusal::PasswordTooLong)
    } else if is_common(password) {
        Err(Refusal::PasswordTooCommon)
    } else {
        Ok(())
    }
}

/// Whether a password is among the first anybody tries: a listed one, a listed word with a few
/// digits or signs around it or written with digits for letters, or hardly more than one key.
fn is_common(password: &str) -> bool {
    let lower = password.to_lowercase();
    if COMMON.contains(lower.as_str()) {
        return true;
    }
    let distinct: HashSet<char> = lower.chars().collect();
    if distinct.len() <= 2 || is_run(&lower) {
        return true;
    }
    let word = lower.trim_matches(|c: char| !c.is_alphabetic());
    let around = lower.chars().count() - word.chars().count();
    if around <= 4 && COMMON.contains(word) {
        return true;
    }
    let plain: String = lower
        .trim_end_matches(|c: char| c.is_ascii_digit() || c == '!' || c == '.')
        .chars()
        .map(|c| match c {
            '0' => 'o',
            '1' | '!' => 'i',
            '3' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            '7' => 't',
            other => other,
        })
        .collect();
    lower.chars().count() - plain.chars().count() <= 4 && COMMON.contains(plain.as_str())
}

/// `abcdefgh`, `87654321`: each character next to the one before.
fn is_run(text: &str) -> bool {
    let codes: Vec<i64> = text.chars().map(|c| i64::from(u32::from(c))).collect();
    let steps: HashSet<i64> = codes.windows(2).map(|pair| pair[1] - pair[0]).collect();
    steps.len() == 1 && steps.iter().all(|step| step.abs() <= 1)
}

/// What came of checking a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    Right,
    /// Right, and kept with weaker settings than today's: store this hash instead.
    Rehash(String),
    Wrong,
}

/// Hashes and checks, two at a time.
#[derive(Clone, Debug)]
pub struct Passwords {
    /// Taken before waiting: its size is the length of the queue and those at work.
    queue: Arc<Semaphore>,
    at_work: Arc<Semaphore>,
    memory_kib: u32,
    /// Matches nothing; what unknown accounts are checked against.
    nobody: Arc<str>,
}

impl Passwords {
    pub fn new() -> Result<Self, Refusal> {
        Self::with_memory(MEMORY_KIB)
    }

    fn with_memory(memory_kib: u32) -> Result<Self, Refusal> {
        let mut noise = [0; 32];
        getrandom::fill(&mut noise).map_err(|_| Refusal::Unavailable)?;
        Ok(Self {
            queue: Arc::new(Semaphore::new(AT_ONCE_MAX + WAITING_MAX)),
            at_work: Arc::new(Semaphore::new(AT_ONCE_MAX)),
            memory_kib,
            nobody: hash(memory_kib, &noise)?.into(),
        })
    }

    /// The text to keep for a password that [`check_new`] let through.
    pub async fn hash(&self, password: String) -> Result<String, Refusal> {
        let memory_kib = self.memory_kib;
        self.run(move || hash(memory_kib, password.as_bytes()))
            .await?
    }

    /// Checks a password against what is kept; `None` when there is no such account, which takes
    /// just as long and is always wrong.
    pub async fn check(&self, password: String, kept: Option<String>) -> Result<Checked, Refusal> {
        // A longer one was never let in; hashing it would be work for whoever sends it.
        if password.chars().count() > CHARS_MAX {
            return Ok(Checked::Wrong);
        }
        let memory_kib = self.memory_kib;
        let nobody = Arc::clone(&self.nobody);
        self.run(move || {
            let text = kept.as_deref().unwrap_or(&nobody);
            let Ok(parsed) = PasswordHash::new(text) else {
                return Ok(Checked::Wrong);
            };
            let is_right = Argon2::default()
                .verify_password(password.as_bytes(), &parsed)
                .is_ok();
            if !is_right || kept.is_none() {
                return Ok(Checked::Wrong);
            }
            if is_weaker(&parsed, memory_kib) {
                return hash(memory_kib, password.as_bytes()).map(Checked::Rehash);
            }
            Ok(Checked::Right)
        })
        .await?
    }

    /// Takes a turn on a blocking thread, or says that there is none to be had.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let place = Arc::clone(&self.queue)
            .try_acquire_owned()
            .map_err(|_| Refusal::Unavailable)?;
        let turn = tokio::time::timeout(WAIT_MAX, Arc::clone(&self.at_work).acquire_owned())
            .await
            .map_err(|_| Refusal::Unavailable)?
            .map_err(|_| Refusal::Unavailable)?;
        tokio::task::spawn_blocking(move || {
            // Held by the work itself: a caller who leaves does not make room for another.
            let _held = (place, turn);
            work()
        })
        .await
        .map_err(|_| Refusal::Internal)
    }
}

fn argon(memory_kib: u32) -> Result<Argon2<'static>, Refusal> {
    let params = Params::new(memory_kib, PASSES, LANES, None).map_err(|_| Refusal::Internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(memory_kib: u32, password: &[u8]) -> Result<String, Refusal> {
    argon(memory_kib)?
        .hash_password(password)
        .map(|hash| hash.to_string())
        .map_err(|_| Refusal::Internal)
}

fn is_weaker(kept: &PasswordHash, memory_kib: u32) -> bool {
    let is_id = kept.algorithm.as_str() == "argon2id";
    Params::try_from(kept).map_or(true, |params| {
        !is_id || params.m_cost() < memory_kib || params.t_cost() < PASSES
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_password_may_be() {
        assert_eq!(check_new("sevench"), Err(Refusal::PasswordTooShort));
        assert_eq!(check_new("пароль№"), Err(Refusal::PasswordTooShort));
        assert_eq!(check_new(&"ab1".repeat(90)), Err(Refusal::PasswordTooLong));
        assert_eq!(check_new("zebra crossing"), Ok(()));
        assert_eq!(check_new("длинный пароль из слов"), Ok(()));
        assert_eq!(check_new("with\0a zero"), Ok(()));
        for common in [
            "password",
            "Password",
            "PASSWORD1",
            "password123",
            "P@ssw0rd",
            "p4ssw0rd!",
            "12345678",
            "qwertyuiop",
            "iloveyou",
            "!dragon99",
            "aaaaaaaa",
            "abababab",
            "abcdefgh",
            "87654321",
            "Welcome2026",
            "letmein!",
            "monkey2024",
            "Sunshine1!",
        ] {
            assert_eq!(
                check_new(common),
                Err(Refusal::PasswordTooCommon),
                "{common}"
            );
        }
        assert!(COMMON.len() > 1_000);
    }

    #[tokio::test]
    async fn hashes_are_argon2id_with_the_asked_settings_and_salted() {
        let passwords = Passwords::new().unwrap();
        let one = passwords.hash("zebra crossing".into()).await.unwrap();
        let two = passwords.hash("zebra crossing".into()).await.unwrap();
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert_ne!(one, two);
        let right = passwords
            .check("zebra crossing".into(), Some(one.clone()))
            .await;
        assert!(right == Ok(Checked::Right));
        let wrong = passwords.check("zebra crossinG".into(), Some(one)).await;
        assert!(wrong == Ok(Checked::Wrong));
    }

    #[tokio::test]
    async fn nothing_is_cut_off() {
        let passwords = Passwords::with_memory(64).unwrap();
        for (long, twin) in [
            ("é".repeat(128), "é".repeat(36)),
            ("x1".repeat(64), "x1".repeat(36)),
            ("with\0a zero".to_owned(), "with".to_owned()),
        ] {
            let kept = passwords.hash(long.clone()).await.unwrap();
            assert!(passwords.check(twin, Some(kept.clone())).await == Ok(Checked::Wrong));
            assert!(passwords.check(long, Some(kept)).await == Ok(Checked::Right));
        }
    }

    #[tokio::test]
    async fn weaker_hashes_are_replaced_and_nobody_never_gets_in() {
        let weak = Passwords::with_memory(64).unwrap();
        let strong = Passwords::with_memory(128).unwrap();
        let kept = weak.hash("zebra crossing".into()).await.unwrap();
        let Ok(Checked::Rehash(better)) = strong.check("zebra crossing".into(), Some(kept)).await
        else {
            panic!("expected a better hash");
        };
        assert!(better.contains("m=128"));
        assert!(strong.check("zebra crossing".into(), None).await == Ok(Checked::Wrong));
        let broken = strong.check("x".into(), Some("not a hash".into())).await;
        assert!(broken == Ok(Checked::Wrong));
    }

    #[tokio::test]
    async fn a_crowd_is_turned_away_and_not_kept_waiting() {
        let passwords = Passwords::with_memory(MEMORY_KIB).unwrap();
        let tries: Vec<_> = (0..200)
            .map(|_| {
                let passwords = passwords.clone();
                tokio::spawn(async move { passwords.check("zebra crossing".into(), None).await })
            })
            .collect();
        let mut turned_away = 0;
        for one in tries {
            turned_away += u32::from(one.await.unwrap() == Err(Refusal::Unavailable));
        }
        assert!(turned_away >= 100, "{turned_away}");
        assert!(passwords.check("zebra crossing".into(), None).await == Ok(Checked::Wrong));
    }
}
