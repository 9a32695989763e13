//! One spelling for what people write in many, and a nose for words nobody meant.

/// FNV-1a: short, and the same on every machine and in every version.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl std::hash::Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

pub(super) type FnvBuild = std::hash::BuildHasherDefault<Fnv>;

pub(super) fn hash(word: &str) -> u64 {
    let mut hasher = Fnv::default();
    std::hash::Hasher::write(&mut hasher, word.as_bytes());
    std::hash::Hasher::finish(&hasher)
}

/// Writes `word` into `out` as the lists spell it: lower case, one kind of apostrophe, "ae" for "ä" and "ss" for "ß" (so that a keyboard
/// without them makes no difference), drawn-out letters once ("sooooo").
pub(super) fn fold(word: &str, out: &mut String) {
    out.clear();
    if word.is_ascii() {
        out.push_str(word);
        out.make_ascii_lowercase();
    } else {
        for c in word.chars() {
            match c {
                'ä' | 'Ä' => out.push_str("ae"),
                'ö' | 'Ö' => out.push_str("oe"),
                'ü' | 'Ü' => out.push_str("ue"),
                'ß' | 'ẞ' => out.push_str("ss"),
                // The dots of an umlaut that came as a character of their own.
                '\u{0308}' => out.push('e'),
                '\u{2018}' | '\u{2019}' | '\u{02BC}' | '\u{FF07}' => out.push('\''),
                // A soft hyphen, and joiners that show nothing.
                '\u{00AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}' => {}
                _ => out.extend(c.to_lowercase()),
            }
        }
    }
    squeeze(out);
}

/// Three or more of one letter in a row become one.
fn squeeze(word: &mut String) {
    let drawn_out = word
        .as_bytes()
        .windows(3)
        .any(|three| matches!(three, [a, b, c] if a == b && b == c && a.is_ascii_alphabetic()));
    if !drawn_out {
        return;
    }
    let mut squeezed = String::with_capacity(word.len());
    let mut rest = word.as_str();
    while let Some(first) = rest.chars().next() {
        let after = rest.trim_start_matches(first);
        let row = (rest.len() - after.len()) / first.len_utf8();
        let keep = if row >= 3 && first.is_alphabetic() {
            1
        } else {
            row
        };
        squeezed.extend(std::iter::repeat_n(first, keep));
        rest = after;
    }
    *word = squeezed;
}

/// Four neighbours on a keyboard that no word of a shipped language has in a row.
const KEYS: [&str; 13] = [
    "asdf", "sdfg", "dfgh", "fghj", "ghjk", "hjkl", "fdsa", "lkjh", "kjhg", "hgfd", "zxcv", "xcvb",
    "yxcv",
];
/// No shipped language has a word with this many consonants in a row, "sch", "ch" and the like counted as one.
const CONSONANTS_MAX: usize = 6;

/// Whether a folded word that the lists may know looks like keys hit at random. A wrong guess costs little: all noise of a line is
/// together one different word, so that one odd word changes nothing.
pub(super) fn is_noise(folded: &str, written: &str, known: bool) -> bool {
    if longest_row(written) >= 5 && (folded.len() == 1 || !known) {
        return written.bytes().all(|b| b.is_ascii_alphabetic());
    }
    if known || folded.len() < 4 || !folded.bytes().all(|b| b.is_ascii_lowercase()) {
        return false;
    }
    if repeats_itself(folded) || KEYS.iter().any(|keys| folded.contains(keys)) {
        return true;
    }
    let acronym = written.len() <= 6 && written.bytes().all(|b| b.is_ascii_uppercase());
    let (consonants, vowels) = sounds(folded);
    consonants > CONSONANTS_MAX || (vowels == 0 && folded.len() >= 5 && !acronym)
}

/// The longest row of one letter.
fn longest_row(word: &str) -> usize {
    let (mut longest, mut row, mut last) = (0, 0, 0);
    for byte in word.bytes() {
        row = if byte == last { row + 1 } else { 1 };
        longest = longest.max(row);
        last = byte;
    }
    longest
}

/// "lalalala", "xyxyxy": a unit of two or three letters and nothing else, three times at least.
fn repeats_itself(word: &str) -> bool {
    let bytes = word.as_bytes();
    [2, 3].into_iter().any(|unit| {
        bytes.len() >= unit * 3
            && bytes
                .iter()
                .zip(bytes.iter().skip(unit))
                .all(|(one, next)| one == next)
    })
}

/// The most consonant sounds in a row, and the number of vowels.
fn sounds(word: &str) -> (usize, usize) {
    let (mut longest, mut row, mut vowels) = (0, 0, 0);
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let sound = ["sch", "ch", "ck", "th", "ph", "sh", "ng"]
            .into_iter()
            .find(|sound| rest.starts_with(sound))
            .map_or(first.len_utf8(), str::len);
        if "aeiouy".contains(first) {
            vowels += 1;
            row = 0;
        } else {
            row += 1;
            longest = longest.max(row);
        }
        rest = rest.get(sound..).unwrap_or_default();
    }
    (longest, vowels)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(word: &str) -> String {
        let mut out = String::new();
        fold(word, &mut out);
        out
    }

    #[test]
    fn many_spellings_are_one() {
        assert_eq!(folded("Möchte"), "moechte");
        assert_eq!(folded("mo\u{0308}chte"), "moechte");
        assert_eq!(folded("GROẞ"), "gross");
        assert_eq!(folded("Don\u{2019}t"), "don't");
        assert_eq!(folded("soooooo"), "so");
        assert_eq!(folded("hmmm"), "hm");
        assert_eq!(folded("Schifffahrt"), "schifahrt");
        assert_eq!(folded("100000"), "100000");
        assert_eq!(folded("ΔΈΛΤΑ"), "δέλτα");
    }

    #[test]
    fn keys_hit_at_random_are_told_from_words() {
        for word in [
            "asdfgh",
            "sdfjklsd",
            "hjkl",
            "xkcdqwrtz",
            "aaaaaaa",
            "lalalala",
            "dfghdfgh",
        ] {
            assert!(is_noise(&folded(word), word, false), "{word}");
        }
        let words = [
            "strengths",
            "Angstschweiß",
            "Rechtsschutz",
            "rhythms",
            "HTML",
            "SQL",
            "tsk",
            "Herbst",
            "hmm",
            "Bewerten",
            "properties",
            "selbstständig",
            "Geschichtsschreibung",
            "witchcraft",
            "banana",
            "mississippi",
            "sooo",
        ];
        for word in words {
            assert!(!is_noise(&folded(word), word, false), "{word}");
        }
    }
}
