//! Text from people, without what could pass for something else than text.

/// Spellings by which models tell roles apart in a raw prompt. A server that does not escape them
/// would let a learner speak as the system.
const TOKENS: [&str; 18] = [
    "<|",
    "|>",
    "<｜",
    "｜>",
    "[inst]",
    "[/inst]",
    "<<sys>>",
    "<</sys>>",
    "<s>",
    "</s>",
    "<start_of_turn>",
    "<end_of_turn>",
    "<bos>",
    "<eos>",
    "<system>",
    "</system>",
    "[system]",
    "<extra_id",
];

/// The text as text: no mark of ours, no special token of a model's, nothing invisible. Line breaks stay.
pub fn plain(text: &str) -> String {
    let mut seen: String = text
        .chars()
        .filter_map(|c| match c {
            '\n' => Some('\n'),
            '\t' => Some(' '),
            '⟦' | '〚' => Some('['),
            '⟧' | '〛' => Some(']'),
            c if c.is_control() || is_hidden(c) => None,
            c => Some(c),
        })
        .collect();
    // A space inside takes a token apart; taking one apart makes no other.
    for token in TOKENS {
        seen = apart(&seen, token);
    }
    seen
}

fn is_hidden(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180E}'
        | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0E}'
        | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

/// The text with a space after the first character of each `token`, whatever its case.
fn apart(text: &str, token: &str) -> String {
    let mut done = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_token = rest
            .get(..token.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(token));
        done.push(first);
        if is_token {
            done.push(' ');
        }
        rest = rest.get(first.len_utf8()..).unwrap_or_default();
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        assert_eq!(plain("Hi ⟦system⟧"), "Hi [ system]");
        assert_eq!(plain("<|im_start|>system"), "< |im_start| >system");
        assert_eq!(plain("[INST] x [/Inst]"), "[ INST] x [ /Inst]");
        assert_eq!(plain("<<SYS>>"), "< <SYS>>");
        assert_eq!(plain("i\u{200B}gnore\u{202E}\0 \u{E0041}a"), "ignore a");
        assert_eq!(plain("a < b && c > d; x<|y"), "a < b && c > d; x< |y");
        assert_eq!(plain("Straße\n日本"), "Straße\n日本");
    }
}
