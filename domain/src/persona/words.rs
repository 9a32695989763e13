//! Cutting a line into words, the same way for every language written with spaces.

/// Words of one line that are looked at. What a longer line says after that changes no reply.
pub(crate) const WORDS_MAX: usize = 240;

/// One word of a line, in lower case, and where it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    /// Bytes of the line: from here..
    pub(crate) start: usize,
    /// ..to here.
    pub(crate) end: usize,
    /// Punctuation follows: a thought may end here.
    pub(crate) breaks: bool,
}

/// The words of a line. Apostrophes stay inside a word, hyphens part two, money signs are words.
pub(crate) fn words(line: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut open = false;
    for (at, c) in line.char_indices() {
        let next = at + c.len_utf8();
        let quote = matches!(c, '\'' | '’');
        if c.is_alphanumeric() || (open && quote) {
            if !open {
                if words.len() == WORDS_MAX {
                    break;
                }
                words.push(Word {
                    text: String::new(),
                    start: at,
                    end: at,
                    breaks: false,
                });
                open = true;
            }
            if let Some(word) = words.last_mut() {
                if quote {
                    word.text.push('\'');
                } else {
                    word.text.extend(c.to_lowercase());
                }
                word.end = next;
            }
            continue;
        }
        open = false;
        if matches!(c, '€' | '$' | '£' | '%') {
            if words.len() == WORDS_MAX {
                break;
            }
            words.push(Word {
                text: c.to_string(),
                start: at,
                end: next,
                breaks: false,
            });
        } else if matches!(
            c,
            '.' | ',' | '!' | '?' | ';' | ':' | '\n' | '(' | ')' | '…' | '–' | '—'
        ) && let Some(word) = words.last_mut()
        {
            word.breaks = true;
        }
    }
    for word in &mut words {
        let kept = word.text.trim_end_matches('\'').len();
        word.text.truncate(kept);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Vec<String> {
        words(line).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn words_keep_their_apostrophes_and_lose_their_case() {
        assert_eq!(
            texts("I DON’T know - 40 %, or 3€?"),
            ["i", "don't", "know", "40", "%", "or", "3", "€"]
        );
        assert_eq!(
            texts("Das heißt: Größe, 'nicht' wahr"),
            ["das", "heißt", "größe", "nicht", "wahr"]
        );
        assert_eq!(texts("…?!"), [""; 0]);
        let line = "one, two";
        let cut = words(line);
        assert!(cut[0].breaks && !cut[1].breaks);
        assert_eq!(&line[cut[1].start..cut[1].end], "two");
    }

    #[test]
    fn a_flood_of_words_is_cut() {
        assert_eq!(words(&"a ".repeat(10_000)).len(), WORDS_MAX);
    }
}
