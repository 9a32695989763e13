//! When a provider that wants fewer questions may be asked again.

use ludus_domain::time::Timestamp;
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// A provider that says tomorrow is not believed: whoever asks then learns soon enough.
const SECONDS_MAX: u32 = 120;

/// Seconds or a date, as `Retry-After` has them. `None`: it does not say, or nobody can read it.
pub(super) fn read(headers: &HeaderMap, now: Timestamp) -> Option<u32> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.chars().all(|c| c.is_ascii_digit()) {
        // More digits than a number has is more than the most.
        return Some(text.parse().unwrap_or(u32::MAX).min(SECONDS_MAX));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let since_1970 = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    let then = i64::try_from(since_1970.as_millis()).ok()?;
    let ms = u64::try_from(Timestamp(then).ms_since(now)).unwrap_or(0);
    let seconds = u32::try_from(ms.div_ceil(1_000)).unwrap_or(u32::MAX);
    Some(seconds.min(SECONDS_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<u32> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, text.parse().unwrap());
        // Sun, 06 Nov 1994 08:49:37 GMT
        read(&headers, Timestamp(784_111_777_000))
    }

    #[test]
    fn seconds_dates_and_garbage() {
        assert_eq!(at("0"), Some(0));
        assert_eq!(at("7"), Some(7));
        assert_eq!(at("86400"), Some(120));
        assert_eq!(at("99999999999999999999"), Some(120));
        assert_eq!(at("Sun, 06 Nov 1994 08:50:00 GMT"), Some(23));
        assert_eq!(at("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0));
        assert_eq!(at("Sat, 06 Nov 2094 08:49:37 GMT"), Some(120));
        assert_eq!(at("soon"), None);
        assert_eq!(at("-5"), None);
        assert_eq!(at(""), None);
        assert_eq!(read(&HeaderMap::new(), Timestamp(0)), None);
    }
}
