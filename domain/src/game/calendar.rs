//! Days, weeks and months as people live them: by the clock on the wall of their time zone.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::time::Timestamp;

/// A time zone by its IANA name. The rules of all zones are part of the binary, so that every node
/// of a version agrees about every day.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// A name that is no time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a time zone: expected an IANA name such as Europe/Berlin")]
pub struct NotAZone;

impl Zone {
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The day on the wall at an instant.
    pub fn day(&self, at: Timestamp) -> Day {
        let instant = jiff::Timestamp::from_millisecond(at.0).unwrap_or(if at.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        });
        Day::of(self.0.to_datetime(instant).date())
    }

    /// The instant at which the clock on the wall shows a time; where daylight saving skips it, the
    /// one as long after the skip begins, and where it comes twice, the first.
    pub fn at(&self, local: WallTime) -> Timestamp {
        let at = local.0.to_zoned(self.0.clone());
        Timestamp(at.map_or(i64::MAX, |at| at.timestamp().as_millisecond()))
    }

    /// When a day begins: its first instant, also where midnight is skipped by daylight saving.
    pub fn start(&self, day: Day) -> Timestamp {
        let at = day.date().to_zoned(self.0.clone());
        Timestamp(at.map_or(i64::from(day.0) * 86_400_000, |at| {
            at.timestamp().as_millisecond()
        }))
    }
}

impl FromStr for Zone {
    type Err = NotAZone;
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        TimeZone::get(name).map(Self).map_err(|_| NotAZone)
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name())
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}

impl PartialSchema for Zone {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("An IANA time zone."))
            .into()
    }
}

impl ToSchema for Zone {}

/// A time on the wall, without a time zone. Written `2026-11-21T18:30`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WallTime(DateTime);

impl FromStr for WallTime {
    type Err = NotADay;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // One spelling only; an offset or a zone would say something else than the org's.
        let is_plain = text.len() == 16 && text.is_ascii() && text.as_bytes()[10] == b'T';
        let at: DateTime = text.parse().map_err(|_| NotADay)?;
        if is_plain { Ok(Self(at)) } else { Err(NotADay) }
    }
}

impl Serialize for WallTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.strftime("%Y-%m-%dT%H:%M"))
    }
}

impl<'de> Deserialize<'de> for WallTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl PartialSchema for WallTime {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}$"))
            .description(Some("A time on the org's wall."))
            .into()
    }
}

impl ToSchema for WallTime {}

/// A day of the calendar, without a time zone: days since 1970-01-01. Written `2026-11-21`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

const EPOCH: Date = Date::constant(1970, 1, 1);

impl Day {
    fn of(date: Date) -> Self {
        let span = date.since(EPOCH);
        Self(span.map_or(0, |span| span.get_days()))
    }

    fn date(self) -> Date {
        EPOCH.saturating_add(jiff::Span::new().days(self.0.clamp(-700_000, 2_900_000)))
    }

    pub const fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// How many days after `earlier` this is.
    pub const fn since(self, earlier: Self) -> i32 {
        self.0.saturating_sub(earlier.0)
    }

    /// The Monday of its week.
    pub fn week(self) -> Self {
        // 1970-01-01 was a Thursday, three days after a Monday.
        Self(
            self.0
                .saturating_sub((self.0.saturating_add(3)).rem_euclid(7)),
        )
    }

    /// So many months later, on the same day of the month, or its last where it is shorter.
    pub fn plus_months(self, months: i32) -> Self {
        let span = jiff::Span::new().months(months.clamp(-100_000, 100_000));
        Self::of(self.date().saturating_add(span))
    }

    /// The first of its month.
    pub fn month(self) -> Self {
        Self::of(self.date().first_of_month())
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.date().fmt(f)
    }
}

/// A text that is no day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a day: expected one like 2026-11-21")]
pub struct NotADay;

impl FromStr for Day {
    type Err = NotADay;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_plain = text.len() == 10 && text.is_ascii();
        let date: Date = text.parse().map_err(|_| NotADay)?;
        if is_plain {
            Ok(Self::of(date))
        } else {
            Err(NotADay)
        }
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl PartialSchema for Day {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))
            .into()
    }
}

impl ToSchema for Day {}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> Zone {
        name.parse().expect("a zone")
    }

    fn day(text: &str) -> Day {
        text.parse().expect("a day")
    }

    #[test]
    fn a_day_is_by_the_clock_on_the_wall() {
        // 2026-11-21T00:30:00Z
        let at = Timestamp(1_795_221_000_000);
        assert_eq!(Zone::utc().day(at), day("2026-11-21"));
        assert_eq!(zone("America/New_York").day(at), day("2026-11-20"));
        assert_eq!(zone("Pacific/Kiritimati").day(at), day("2026-11-21"));
        assert_eq!(zone("Pacific/Pago_Pago").day(at), day("2026-11-20"));
    }

    #[test]
    fn every_day_begins_where_the_one_before_ends() {
        // Daylight saving both ways, a zone that skips midnight, and one that skipped a whole day.
        for name in [
            "Europe/Berlin",
            "America/Sao_Paulo",
            "Africa/Cairo",
            "Pacific/Apia",
            "Asia/Kathmandu",
        ] {
            let zone = zone(name);
            let mut today = day("2011-01-01");
            while today < day("2012-01-10") {
                let (start, next) = (zone.start(today), zone.start(today.plus(1)));
                assert!(start <= next, "{name} {today}");
                // Apia had no 2011-12-30.
                if start < next {
                    assert_eq!(zone.day(start), today, "{name} {today}");
                    assert_eq!(
                        zone.day(start.plus_ms(-1)).since(today),
                        if zone.start(today.plus(-1)) == start {
                            -2
                        } else {
                            -1
                        },
                        "{name} {today}"
                    );
                }
                today = today.plus(1);
            }
        }
    }

    #[test]
    fn a_time_on_the_wall_is_the_zones() {
        let at = |name: &str, text: &str| zone(name).at(text.parse().expect("a time")).0;
        let noon = at("UTC", "2026-11-21T12:00");
        assert_eq!(noon, 1_795_262_400_000);
        assert_eq!(at("Europe/Berlin", "2026-11-21T13:00"), noon);
        // Skipped in Berlin: as long after the skip.
        let skipped = at("Europe/Berlin", "2026-03-29T02:30");
        assert_eq!(skipped, at("Europe/Berlin", "2026-03-29T03:30"));
        for wrong in [
            "2026-11-21",
            "2026-11-21T12",
            "2026-11-21T12:00Z",
            "2026-11-21 12:00",
            "2026-02-30T12:00",
        ] {
            assert!(wrong.parse::<WallTime>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn weeks_begin_on_monday_and_months_on_the_first() {
        assert_eq!(day("2026-11-21").week(), day("2026-11-16"));
        assert_eq!(day("2026-11-16").week(), day("2026-11-16"));
        assert_eq!(day("2026-11-15").week(), day("2026-11-09"));
        assert_eq!(day("1969-12-31").week(), day("1969-12-29"));
        assert_eq!(day("2024-02-29").month(), day("2024-02-01"));
        assert!("2026-02-30".parse::<Day>().is_err() && "2026-2-3".parse::<Day>().is_err());
    }

    #[test]
    fn unheard_of_instants_do_no_harm() {
        for at in [i64::MIN, -1, 0, i64::MAX] {
            let day = zone("Europe/Berlin").day(Timestamp(at));
            zone("Europe/Berlin").start(day);
            assert!(!day.week().to_string().is_empty());
        }
        assert!("Mars/Olympus".parse::<Zone>().is_err());
    }
}
