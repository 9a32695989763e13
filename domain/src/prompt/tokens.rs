//! How much a text costs a model, estimated so that the truth is never more.

/// What a message costs beside its text, with every known template.
pub(super) const PER_MESSAGE: u32 = 8;

/// Tokens of a text, at most: three letters of a Latin word are one, each digit, sign and line break is one,
/// and every other character as many as it has bytes.
pub fn tokens(text: &str) -> u32 {
    let mut count: u32 = 0;
    let mut letters: u32 = 0;
    for c in text.chars() {
        if c.is_ascii_alphabetic() {
            letters += 1;
            // The first letter of a word begins a token, then every third.
            if letters % 3 == 1 {
                count = count.saturating_add(1);
            }
            continue;
        }
        letters = 0;
        let price = match c {
            ' ' => 0,
            c if c.is_ascii() => 1,
            c => u32::try_from(c.len_utf8()).unwrap_or(4),
        };
        count = count.saturating_add(price);
    }
    // Runs of spaces are tokens of their own.
    let runs = text.split(|c| c != ' ').filter(|run| run.len() > 1);
    runs.fold(count, |count, run| {
        count.saturating_add(u32::try_from(run.len() - 1).unwrap_or(u32::MAX))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_is_never_low() {
        // Real counts of a common tokenizer (cl100k): 9, 8, 10, 5.
        assert!(tokens("The quick brown fox jumps over the lazy dog") >= 9);
        assert!(tokens("Donaudampfschifffahrtsgesellschaft") >= 8);
        assert!(tokens("1234567890") >= 4);
        assert!(tokens("日本語") >= 3);
        assert_eq!(tokens(""), 0);
        assert!(tokens("        x") >= 2);
    }
}
