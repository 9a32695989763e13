//! When a cohort meets, and how calendars of other programs are told (RFC 5545).

use crate::ids::{MeetingId, RoomId};
use crate::text;
use crate::time::Timestamp;

/// The longest meeting: a day.
pub const MINUTES_MAX: u16 = 24 * 60;
/// Meetings of a cohort that are still to come. More is a calendar of its own.
pub const MEETINGS_MAX: u64 = 500;
/// How far ahead one is planned: two years.
pub const AHEAD_MAX_MS: i64 = 2 * 366 * 86_400_000;
/// The longest line of a calendar, in bytes.
const LINE_BYTES_MAX: usize = 73;

/// A meeting, as a calendar shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: MeetingId,
    pub title: String,
    pub starts_at: Timestamp,
    pub minutes: u16,
    pub room: Option<RoomId>,
    pub cancelled: bool,
    pub changed_at: Timestamp,
}

impl Entry {
    pub fn ends_at(&self) -> Timestamp {
        self.starts_at.plus_ms(i64::from(self.minutes) * 60_000)
    }
}

/// A calendar of meetings. `site` is where the hub is: rooms are links into it.
pub fn calendar(title: &str, site: &str, entries: &[Entry]) -> String {
    let mut out = String::new();
    line(&mut out, "BEGIN:VCALENDAR");
    line(&mut out, "VERSION:2.0");
    line(&mut out, "PRODID:-//Ludus//Ludus//EN");
    line(&mut out, &format!("X-WR-CALNAME:{}", escaped(title)));
    for entry in entries {
        line(&mut out, "BEGIN:VEVENT");
        line(&mut out, &format!("UID:{}@ludus", entry.id));
        line(&mut out, &format!("DTSTAMP:{}", stamp(entry.changed_at)));
        line(&mut out, &format!("DTSTART:{}", stamp(entry.starts_at)));
        line(&mut out, &format!("DTEND:{}", stamp(entry.ends_at())));
        line(&mut out, &format!("SUMMARY:{}", escaped(&entry.title)));
        let status = if entry.cancelled {
            "CANCELLED"
        } else {
            "CONFIRMED"
        };
        line(&mut out, &format!("STATUS:{status}"));
        if let Some(room) = entry.room {
            line(&mut out, &format!("URL:{site}/rooms/{room}"));
        }
        line(&mut out, "END:VEVENT");
    }
    line(&mut out, "END:VCALENDAR");
    out
}

/// A line, folded where it is too long; never within a character.
fn line(out: &mut String, text: &str) {
    let mut room = LINE_BYTES_MAX;
    for c in text.chars() {
        if c.len_utf8() > room {
            out.push_str("\r\n ");
            room = LINE_BYTES_MAX - 1;
        }
        room -= c.len_utf8();
        out.push(c);
    }
    out.push_str("\r\n");
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text::shown(text).chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out
}

/// An instant in UTC.
fn stamp(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn entry(title: &str) -> Entry {
        Entry {
            id: MeetingId(Uuid::from_u128(7)),
            title: title.to_owned(),
            starts_at: Timestamp(1_795_273_200_000),
            minutes: 90,
            room: Some(RoomId(Uuid::from_u128(9))),
            cancelled: false,
            changed_at: Timestamp(951_782_400_000),
        }
    }

    #[test]
    fn a_calendar_is_one_that_others_read() {
        let text = calendar(
            "Course; A",
            "https://hub.test",
            &[entry("Talk, then listen\nTwice")],
        );
        for part in [
            "BEGIN:VCALENDAR\r\n",
            "X-WR-CALNAME:Course\\; A\r\n",
            "UID:00000000-0000-0000-0000-000000000007@ludus\r\n",
            "DTSTAMP:20000229T000000Z\r\n",
            "DTSTART:20261121T150000Z\r\nDTEND:20261121T163000Z\r\n",
            "SUMMARY:Talk\\, then listen\\nTwice\r\nSTATUS:CONFIRMED\r\n",
            "END:VEVENT\r\nEND:VCALENDAR\r\n",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        let unfolded = text.replace("\r\n ", "");
        assert!(
            unfolded
                .contains("URL:https://hub.test/rooms/00000000-0000-0000-0000-000000000009\r\n")
        );
    }

    #[test]
    fn long_lines_are_folded_between_characters() {
        let text = calendar("T", "https://hub.test", &[entry(&"äöü €𝄞".repeat(40))]);
        assert!(text.lines().all(|line| line.len() <= 75), "{text}");
        assert!(text.replace("\r\n ", "").contains(&"äöü €𝄞".repeat(40)));
        assert!(!calendar("T\r\nX:1", "s", &[]).contains("\nX:1"));
    }
}
