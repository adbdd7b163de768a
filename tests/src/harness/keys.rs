//! Keys as a terminal sends them, by the names that the console's table gives them.

/// The bytes of a key: `a`, `A`, `ctrl-l`, `enter`, `pgdn`.
pub fn bytes_of(key: &str) -> Result<Vec<u8>, String> {
    if let Some(letter) = key.strip_prefix("ctrl-") {
        return match letter.as_bytes() {
            [letter @ b'a'..=b'z'] => Ok(vec![letter & 0x1f]),
            _ => Err(format!("`{key}` is no key: after `ctrl-` stands one small letter")),
        };
    }
    Ok(match key {
        "enter" => b"\r".to_vec(),
        // Its one byte begins other keys, and would be taken for Alt if the next key were read together with it. This is how
        // terminals say it that leave no doubt.
        "esc" => b"\x1b[27u".to_vec(),
        "space" => b" ".to_vec(),
        "tab" => b"\t".to_vec(),
        "backtab" => b"\x1b[Z".to_vec(),
        "backspace" => b"\x7f".to_vec(),
        "delete" => b"\x1b[3~".to_vec(),
        "up" => b"\x1b[A".to_vec(),
        "down" => b"\x1b[B".to_vec(),
        "right" => b"\x1b[C".to_vec(),
        "left" => b"\x1b[D".to_vec(),
        "home" => b"\x1b[H".to_vec(),
        "end" => b"\x1b[F".to_vec(),
        "pgup" => b"\x1b[5~".to_vec(),
        "pgdn" => b"\x1b[6~".to_vec(),
        one if one.chars().count() == 1 => one.as_bytes().to_vec(),
        other => return Err(format!("`{other}` is no key: write `a`, `A`, `ctrl-a`, `enter`, `pgdn` or the like")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_bytes_that_terminals_send() {
        for (key, bytes) in [("a", &b"a"[..]), ("ctrl-z", b"\x1a"), ("backtab", b"\x1b[Z"), ("é", "é".as_bytes())] {
            assert_eq!(bytes_of(key).as_deref(), Ok(bytes), "{key}");
        }
        assert!(bytes_of("entr").is_err() && bytes_of("ctrl-").is_err() && bytes_of("").is_err());
    }
}
