//! A mark in each line of a load: who sent it, its number, and when it was due.
//!
//! It is plain text inside the line, so that it crosses every server unchanged, and of one length,
//! so that finding it costs next to nothing.

/// `^^PPP.NNNNNNNN.MMMMMMMMMMMM^^`
const LENGTH: usize = 29;

/// What a line says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Which of its room's senders.
    pub sender: u16,
    /// Counts that sender's lines from 0.
    pub number: u32,
    /// Microseconds since the load began.
    pub due_us: u64,
}

impl Mark {
    /// A line of so many bytes, or of as many as the mark needs.
    pub fn line(self, bytes: usize) -> String {
        let Self {
            sender,
            number,
            due_us,
        } = self;
        let mut line = format!("^^{sender:03}.{number:08}.{due_us:012}^^");
        let padding = bytes.saturating_sub(line.len());
        line.extend(std::iter::repeat_n('x', padding));
        line
    }

    /// The mark of what was delivered, if it is one of ours.
    pub fn find(payload: &[u8]) -> Option<Self> {
        let mut from = 0;
        loop {
            let at = from + payload.get(from..)?.iter().position(|byte| *byte == b'^')?;
            let text = payload.get(at..at + LENGTH)?;
            if text[1] == b'^' && text[LENGTH - 2..] == *b"^^" {
                let number = |range: std::ops::Range<usize>| {
                    text[range].iter().try_fold(0_u64, |sum, digit| {
                        digit
                            .is_ascii_digit()
                            .then(|| sum * 10 + u64::from(digit - b'0'))
                    })
                };
                return Some(Self {
                    sender: u16::try_from(number(2..5)?).ok()?,
                    number: u32::try_from(number(6..14)?).ok()?,
                    due_us: number(15..27)?,
                });
            }
            from = at + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_found_where_it_was_put() {
        let mark = Mark {
            sender: 7,
            number: 12_345,
            due_us: 9_876_543_210,
        };
        let line = mark.line(200);
        assert_eq!(line.len(), 200);
        let wrapped = format!(r#"{{"type":"event","text":"^ and {line}"}}"#);
        assert_eq!(Mark::find(wrapped.as_bytes()), Some(mark));
        assert_eq!(
            Mark::find(b"nothing of ours ^^ at all, whatever it is"),
            None
        );
        assert_eq!(mark.line(0).len(), LENGTH);
    }
}
