//! Degrees as text to degrees × 10⁷, without a float on the way: the same file gives the same state everywhere.

/// Degrees that a latitude may lie from the equator.
pub const LATITUDE: i64 = 90;
/// Degrees that a longitude may lie from Greenwich.
pub const LONGITUDE: i64 = 180;

const SCALE: i64 = 10_000_000;
const DIGITS: usize = 7;

/// Reads a decimal; digits beyond the seventh are rounded, half away from zero.
pub fn parse(text: &str, limit: i64) -> Result<i32, String> {
    let what = if limit == LATITUDE { "latitude" } else { "longitude" };
    let wrong = || format!("`{}` is no {what}: a decimal between -{limit} and {limit} degrees", shown(text));
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let numeric = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if !numeric(whole) || !numeric(fraction) || (whole.is_empty() && fraction.is_empty()) || whole.len() > 6 {
        return Err(wrong());
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| wrong())? };
    let mut value = whole * SCALE;
    let mut weight = SCALE;
    for digit in fraction.bytes().take(DIGITS) {
        weight /= 10;
        value += i64::from(digit - b'0') * weight;
    }
    if fraction.as_bytes().get(DIGITS).is_some_and(|digit| *digit >= b'5') {
        value += 1;
    }
    if value > limit * SCALE {
        return Err(wrong());
    }
    i32::try_from(sign * value).map_err(|_| wrong())
}

/// A cell as a fault quotes it: cut to a bearable length.
pub(super) fn shown(text: &str) -> String {
    let mut cut: String = text.chars().take(60).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ag_40_latitudes() {
        assert_eq!(parse("54.4345", LATITUDE), Ok(544_345_000));
        assert_eq!(parse("-37.9265315", LATITUDE), Ok(-379_265_315));
        assert_eq!(parse("145.01114104467587", LONGITUDE), Ok(1_450_111_410));
        assert_eq!(parse("-.5", LATITUDE), Ok(-5_000_000));
        assert_eq!(parse("90", LATITUDE), Ok(900_000_000));
        for wrong in ["", "-", ".", "505.925", "90.00000005", "1e1", "NaN", "12,5", "--1", "5 N", "99999999999999999999"] {
            assert!(parse(wrong, LATITUDE).is_err(), "{wrong}");
        }
    }
}
