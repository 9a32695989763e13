//! What may stand in a line, a title or a name.

use crate::refusal::Refusal;

/// Long enough for a thoughtful answer; short enough that a full page of history stays small.
pub const LINE_CHARS_MAX: usize = 4_000;
pub const TITLE_CHARS_MAX: usize = 120;
pub const NAME_CHARS_MAX: usize = 60;
/// What a mail server takes at most.
pub const EMAIL_BYTES_MAX: usize = 254;
/// Combining marks on one base character beyond which a text is noise that paints over its neighbours.
pub const MARKS_IN_A_ROW_MAX: usize = 8;

/// Checks a line and answers what will be stored: ends trimmed, line breaks as `\n`, the rest as written.
pub fn line(text: &str) -> Result<String, Refusal> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text = text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c));
    if text.is_empty() {
        return Err(Refusal::TextEmpty);
    }
    if text.chars().count() > LINE_CHARS_MAX {
        return Err(Refusal::TextTooLong);
    }
    if text
        .chars()
        .any(|c| is_forbidden(c) && c != '\n' && c != '\t')
        || is_zalgo(text)
    {
        return Err(Refusal::TextInvalid);
    }
    Ok(text.to_owned())
}

/// A title: one visible line.
pub fn title(text: &str) -> Result<String, Refusal> {
    one_line(text, TITLE_CHARS_MAX).ok_or(Refusal::TitleInvalid)
}

/// A person's display name: one visible line.
pub fn name(text: &str) -> Result<String, Refusal> {
    one_line(text, NAME_CHARS_MAX).ok_or(Refusal::NameInvalid)
}

/// An e-mail address, as it is stored and compared: without margins, in lower case. Whether
/// somebody reads it there only a message to it can tell.
pub fn email(text: &str) -> Result<String, Refusal> {
    let text = text.trim().to_lowercase();
    let (local, domain) = text.rsplit_once('@').ok_or(Refusal::EmailInvalid)?;
    let fine = !local.is_empty()
        && local.len() <= 64
        && !domain.is_empty()
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && text.len() <= EMAIL_BYTES_MAX
        && !text.chars().any(|c| {
            c.is_whitespace() || is_forbidden(c) || is_invisible(c) || "<>()[],;:\\\"".contains(c)
        })
        && !local.contains('@');
    if fine {
        Ok(text)
    } else {
        Err(Refusal::EmailInvalid)
    }
}

/// Text of a machine as it may be shown and stored: without what [`line()`] refuses. People are told
/// to write differently; a model cannot be.
pub fn shown(text: &str) -> String {
    text.chars()
        .filter(|c| matches!(c, '\n' | '\t') || !is_forbidden(*c))
        .collect()
}

fn one_line(text: &str, chars_max: usize) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    let fine = !text.is_empty()
        && text.chars().count() <= chars_max
        && !text.chars().any(|c| is_forbidden(c) || is_invisible(c))
        && !is_zalgo(&text);
    fine.then_some(text)
}

/// Control characters, and the marks that turn the reading direction of what follows them.
fn is_forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}')
}

/// Characters that show nothing: names made of them would look like nobody.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180E}'
        | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{2064}' | '\u{3164}' | '\u{FFA0}' | '\u{E0000}'..='\u{E007F}')
}

fn is_zalgo(text: &str) -> bool {
    let mut row = 0;
    text.chars().any(|c| {
        row = if is_combining(c) { row + 1 } else { 0 };
        row > MARKS_IN_A_ROW_MAX
    })
}

fn is_combining(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036F}' | '\u{0483}'..='\u{0489}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}')
}

/// One visible grapheme or so: no letters, no blanks, nothing that could be a sentence.
pub fn is_emoji(text: &str, bytes_max: usize) -> bool {
    !text.is_empty()
        && text.len() <= bytes_max
        && text.chars().any(|c| !c.is_ascii() && !c.is_alphabetic())
        && text.chars().all(|c| {
            !c.is_control()
                && !c.is_whitespace()
                && !c.is_alphabetic()
                && (!c.is_ascii() || c.is_ascii_digit() || c == '#' || c == '*')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_its_words_and_loses_its_margins() {
        assert_eq!(line("  hi\r\nthere \u{200B}"), Ok("hi\nthere".into()));
        assert_eq!(line(" \u{200B}\n"), Err(Refusal::TextEmpty));
        assert_eq!(line(&"x".repeat(4_001)), Err(Refusal::TextTooLong));
        assert_eq!(
            line(&"é".repeat(4_000)).map(|text| text.chars().count()),
            Ok(4_000)
        );
        assert_eq!(line("a\0b"), Err(Refusal::TextInvalid));
        assert_eq!(line("a\u{202E}b"), Err(Refusal::TextInvalid));
        assert_eq!(
            line(&format!("a{}", "\u{0301}".repeat(9))),
            Err(Refusal::TextInvalid)
        );
        assert_eq!(line("👩‍👩‍👧 family"), Ok("👩‍👩‍👧 family".into()));
    }

    #[test]
    fn what_a_machine_says_loses_what_cannot_be_shown() {
        assert_eq!(
            shown("a\0b\r\n\tc\u{1B}[1m\u{202E}d\u{7F}é👩‍👩‍👧"),
            "ab\n\tc[1mdé👩‍👩‍👧"
        );
        assert!(line(&shown("a\0\u{2066}b")).is_ok());
    }

    #[test]
    fn an_address_has_two_sides_and_one_spelling() {
        assert_eq!(email(" Ada@Example.ORG "), Ok("ada@example.org".into()));
        assert_eq!(email("ada@localhost"), Ok("ada@localhost".into()));
        for bad in [
            "", "ada", "@x", "a@", "a b@x", "a@b@c", "a@.x", "a\0@x", "<a@x>", "a@x\n",
        ] {
            let expected = if bad == "a@x\n" {
                Ok("a@x".into())
            } else {
                Err(Refusal::EmailInvalid)
            };
            assert_eq!(email(bad), expected, "{bad:?}");
        }
        assert!(email(&format!("{}@x", "a".repeat(65))).is_err());
    }

    #[test]
    fn names_are_one_visible_line() {
        assert_eq!(name("  Ada \n Lovelace "), Ok("Ada Lovelace".into()));
        assert_eq!(name("\u{3164}"), Err(Refusal::NameInvalid));
        assert_eq!(name("a\u{200B}b"), Err(Refusal::NameInvalid));
        assert_eq!(title(""), Err(Refusal::TitleInvalid));
    }
}
