//! Where one message of Redis' protocol ends and the next begins, so that a proxy can lose a whole
//! one and leave the rest readable. Knows nothing else of Redis.

/// Bytes in, whole frames out.
#[derive(Debug, Default)]
pub(super) struct Frames {
    waiting: Vec<u8>,
}

impl Frames {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    /// The next frame that is whole.
    pub(super) fn next(&mut self) -> Option<Vec<u8>> {
        let end = end_of_frame(&self.waiting)?;
        let rest = self.waiting.split_off(end);
        Some(std::mem::replace(&mut self.waiting, rest))
    }
}

/// Where the first frame ends, when all of it is there. What cannot be read is a frame by itself:
/// a proxy passes on what it does not understand.
fn end_of_frame(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    let mut wanted = 1_usize;
    while wanted > 0 {
        let line = bytes.get(at..)?;
        let length = line.windows(2).position(|pair| pair == b"\r\n")?;
        let (kind, rest) = line[..length].split_first()?;
        let count = || {
            std::str::from_utf8(rest)
                .ok()
                .and_then(|text| text.parse::<i64>().ok())
                .and_then(|count| usize::try_from(count).ok())
        };
        at += length + 2;
        wanted -= 1;
        match kind {
            // A count below zero stands for nothing at all.
            b'$' | b'!' | b'=' => at += count().map_or(0, |count| count + 2),
            b'*' | b'>' | b'~' => wanted += count().unwrap_or(0),
            b'%' => wanted += 2 * count().unwrap_or(0),
            // An attribute stands before what it belongs to.
            b'|' => wanted += 2 * count().unwrap_or(0) + 1,
            _ => {}
        }
    }
    (bytes.len() >= at).then_some(at)
}

/// Whether a frame brings what somebody published.
pub(super) fn is_published(frame: &[u8]) -> bool {
    let mut lines = frame.split(|byte| *byte == b'\n');
    let is_list = lines
        .next()
        .is_some_and(|line| matches!(line.first(), Some(b'>' | b'*')));
    let kind = lines.nth(1).map(<[u8]>::trim_ascii_end);
    is_list && matches!(kind, Some(b"message" | b"smessage" | b"pmessage"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLISHED: &[u8] = b">3\r\n$7\r\nmessage\r\n$4\r\nroom\r\n$6\r\na\r\nb\r\n\r\n";
    const SUBSCRIBED: &[u8] = b">3\r\n$9\r\nsubscribe\r\n$4\r\nroom\r\n:1\r\n";
    const HELLO: &[u8] = b"%2\r\n+server\r\n+redis\r\n+modules\r\n*0\r\n";
    const NOTHING: &[u8] = b"$-1\r\n";

    #[test]
    fn frames_come_out_whole_however_they_came_in() {
        let all = [PUBLISHED, SUBSCRIBED, HELLO, NOTHING, b"+OK\r\n"];
        let stream = all.concat();
        for step in [1, 2, 3, 7, stream.len()] {
            let mut frames = Frames::default();
            let mut found = vec![];
            for piece in stream.chunks(step) {
                frames.push(piece);
                while let Some(frame) = frames.next() {
                    found.push(frame);
                }
            }
            assert_eq!(found, all, "{step} bytes at a time");
        }
    }

    #[test]
    fn only_what_was_published_may_be_lost() {
        assert!(is_published(PUBLISHED));
        for frame in [SUBSCRIBED, HELLO, NOTHING, b"+message\r\n"] {
            assert!(!is_published(frame));
        }
    }
}
