//! Moments: as people write them, and as they are shown. Pure but for how long ago something was, which asks the clock.

use std::time::{SystemTime, UNIX_EPOCH};

use bailiwick_policy::ids::Tick;

const SECOND_MS: u64 = 1_000;
const DAY_S: i64 = 86_400;

/// A date, a time as in RFC 3339 (without an offset it is UTC), or how long ago: `90s`, `30m`, `2h`, `7d`, `2w`.
pub fn parse_moment(text: &str) -> Result<Tick, String> {
    let wrong = || format!("`{text}` is no moment: write a date, a time such as 2026-05-01T08:30:00Z, or how long ago, such as 2h or 7d");
    let text = text.trim();
    if let Some(ago) = length_ms(text) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        return Ok(Tick(u64::try_from(now.as_millis()).unwrap_or(u64::MAX).saturating_sub(ago)));
    }
    written(text).map(Tick).ok_or_else(wrong)
}

/// Milliseconds of a length of time: `90s`, `30m`, `2h`, `7d`, `2w`.
pub fn length_ms(text: &str) -> Option<u64> {
    let unit = text.strip_prefix(|c: char| c.is_ascii_digit())?.trim_start_matches(|c: char| c.is_ascii_digit());
    let scale = match unit {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _other => return None,
    };
    let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
    number.checked_mul(scale)?.checked_mul(SECOND_MS)
}

/// Milliseconds since 1970 of a written moment.
fn written(text: &str) -> Option<u64> {
    let (date, rest) = (text.get(..10)?, text.get(10..)?);
    let days = days_of(date)?;
    let (seconds, millis, offset) = match rest.strip_prefix(['T', 't', ' ']) {
        None if rest.is_empty() => (0, 0, 0),
        None => return None,
        Some(time) => time_of(time)?,
    };
    let seconds = days * DAY_S + seconds - offset;
    u64::try_from(seconds).ok()?.checked_mul(SECOND_MS)?.checked_add(millis)
}

fn number(text: &str, digits: usize) -> Option<i64> {
    (text.len() == digits && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

fn days_of(date: &str) -> Option<i64> {
    let mut parts = date.split('-');
    let (year, month, day) = (number(parts.next()?, 4)?, number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let days = days_from_civil(year, month, day);
    // What doesn't come back as it was is no day of the calendar: the 30th of February.
    (parts.next().is_none() && civil_from_days(days) == (year, month, day)).then_some(days)
}

/// Seconds of the day, milliseconds, and the offset from UTC in seconds.
fn time_of(text: &str) -> Option<(i64, u64, i64)> {
    let at = text.find(['Z', 'z', '+', '-']).unwrap_or(text.len());
    let (clock, zone) = (text.get(..at)?, text.get(at..)?);
    let offset = match zone {
        "" | "Z" | "z" => 0,
        zone => {
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            let (hours, minutes) = zone.get(1..)?.split_once(':')?;
            let (hours, minutes) = (number(hours, 2).filter(|h| *h < 24)?, number(minutes, 2).filter(|m| *m < 60)?);
            sign * (hours * 3_600 + minutes * 60)
        }
    };
    let (clock, fraction) = clock.split_once('.').map_or((clock, None), |(clock, fraction)| (clock, Some(fraction)));
    let mut parts = clock.split(':');
    let hours = number(parts.next()?, 2).filter(|h| *h < 24)?;
    let minutes = number(parts.next()?, 2).filter(|m| *m < 60)?;
    let seconds = parts.next().map_or(Some(0), |s| number(s, 2).filter(|s| *s < 61))?;
    let millis = match fraction {
        None => 0,
        Some(f) if !f.is_empty() && f.bytes().all(|b| b.is_ascii_digit()) => format!("{f:0<3}").get(..3)?.parse().ok()?,
        Some(_) => return None,
    };
    parts.next().is_none().then_some((hours * 3_600 + minutes * 60 + seconds, millis, offset))
}

/// Days since 1970 of a day of the proleptic Gregorian calendar (Howard Hinnant's algorithm).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The reverse.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    (year, month, of_year - (153 * shifted + 2) / 5 + 1)
}

/// A moment in UTC as in RFC 3339, to the second.
pub fn moment(tick: Tick) -> String {
    let seconds = i64::try_from(tick.0 / SECOND_MS).unwrap_or(i64::MAX);
    let (year, month, day) = civil_from_days(seconds.div_euclid(DAY_S));
    let of_day = seconds.rem_euclid(DAY_S);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", of_day / 3_600, of_day / 60 % 60, of_day % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn moments_as_people_write_them() {
        for (text, expected) in [
            ("1970-01-01", 0),
            ("2026-05-01", 1_777_593_600_000),
            ("2026-05-01T08:30:00Z", 1_777_624_200_000),
            ("2026-05-01 08:30", 1_777_624_200_000),
            ("2026-05-01T10:30:00+02:00", 1_777_624_200_000),
            ("2026-05-01T08:30:00.25Z", 1_777_624_200_250),
            ("2024-02-29", 1_709_164_800_000),
        ] {
            assert_eq!(parse_moment(text), Ok(Tick(expected)), "{text}");
        }
        for wrong in ["", "yesterday", "2026-02-30", "2026-13-01", "2026-05-01T25:00", "2026-05-01X", "2h30", "5", "-2h", "1969-12-31", "é"] {
            assert!(parse_moment(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn how_long_ago() {
        for (text, ms) in [("90s", 90_000), ("2h", 7_200_000), ("7d", 604_800_000), ("1w", 604_800_000)] {
            assert_eq!(length_ms(text), Some(ms), "{text}");
        }
        assert_eq!(length_ms("99999999999999999999d"), None);
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(seconds in 0u64..253_402_300_800) {
            let tick = Tick(seconds * SECOND_MS);
            prop_assert_eq!(parse_moment(&moment(tick)), Ok(tick));
        }
    }
}
