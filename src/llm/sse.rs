//! Events of a `text/event-stream`, however the network cuts it, in bounded memory.
//!
//! Only `data` is of interest. A line may end in LF, CR or both; an event ends at an empty line, or
//! where the stream does: some servers leave without one.

/// What stands before the first byte of some streams.
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// One event held more bytes than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("one event is too large")]
pub(super) struct TooLarge;

#[derive(Debug)]
pub(super) struct Events {
    /// The line that is not finished yet.
    line: Vec<u8>,
    /// The data lines of the event that is not finished yet.
    data: Vec<u8>,
    has_data: bool,
    /// The last byte was a CR: an LF after it belongs to it.
    after_cr: bool,
    is_first_line: bool,
    bytes_max: usize,
}

impl Events {
    pub(super) const fn new(bytes_max: usize) -> Self {
        Self {
            line: Vec::new(),
            data: Vec::new(),
            has_data: false,
            after_cr: false,
            is_first_line: true,
            bytes_max,
        }
    }

    /// Takes the next bytes and appends the data of whatever is complete.
    pub(super) fn push(&mut self, bytes: &[u8], out: &mut Vec<Vec<u8>>) -> Result<(), TooLarge> {
        let mut rest = bytes;
        if self.after_cr && !rest.is_empty() {
            self.after_cr = false;
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let (line, after) = rest.split_at(end);
            self.extend(line)?;
            self.end_line(out)?;
            rest = match after {
                [b'\r', b'\n', rest @ ..] | [_, rest @ ..] => rest,
                [] => after,
            };
            self.after_cr = after == b"\r";
        }
        self.extend(rest)
    }

    /// The stream has ended: what is whole but for its empty line counts.
    pub(super) fn finish(&mut self, out: &mut Vec<Vec<u8>>) -> Result<(), TooLarge> {
        self.end_line(out)?;
        self.end_event(out);
        Ok(())
    }

    fn extend(&mut self, bytes: &[u8]) -> Result<(), TooLarge> {
        if self.line.len() + self.data.len() + bytes.len() > self.bytes_max {
            return Err(TooLarge);
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn end_line(&mut self, out: &mut Vec<Vec<u8>>) -> Result<(), TooLarge> {
        let line = std::mem::take(&mut self.line);
        let mut text = line.as_slice();
        if std::mem::take(&mut self.is_first_line) {
            text = text.strip_prefix(BOM).unwrap_or(text);
        }
        if text.is_empty() {
            self.end_event(out);
            return Ok(());
        }
        if let Some(value) = text.strip_prefix(b"data") {
            let value = match value {
                [b':', b' ', value @ ..] | [b':', value @ ..] => value,
                [] => value,
                // Another field that only begins like it.
                _ => return Ok(()),
            };
            if self.has_data {
                self.data.push(b'\n');
            }
            self.has_data = true;
            self.data.extend_from_slice(value);
        }
        if self.data.len() > self.bytes_max {
            return Err(TooLarge);
        }
        Ok(())
    }

    fn end_event(&mut self, out: &mut Vec<Vec<u8>>) {
        if std::mem::take(&mut self.has_data) {
            out.push(std::mem::take(&mut self.data));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn read(chunks: &[&[u8]], bytes_max: usize) -> Result<Vec<String>, TooLarge> {
        let (mut events, mut out) = (Events::new(bytes_max), Vec::new());
        for chunk in chunks {
            events.push(chunk, &mut out)?;
        }
        events.finish(&mut out)?;
        Ok(out
            .into_iter()
            .map(|data| String::from_utf8(data).unwrap())
            .collect())
    }

    #[test]
    fn every_kind_of_line_end_and_field() {
        let stream = b"\xEF\xBB\xBFdata: one\n\n: a comment\n\nevent: x\r\nid: 1\r\ndata:two\r\n\
            data: lines\r\n\r\ndata: three\r\rdatabase: no\n\nretry: 5\ndata\ndata: \n\ndata: [DONE]";
        let expected = ["one", "two\nlines", "three", "\n", "[DONE]"];
        assert_eq!(read(&[stream], 100).unwrap(), expected);
    }

    #[test]
    fn one_event_has_a_limit_and_a_stream_has_none() {
        let line = "data: 0123456789\n\n".repeat(1_000);
        assert_eq!(read(&[line.as_bytes()], 16).unwrap().len(), 1_000);
        assert_eq!(read(&[b"data: 01234567890"], 16), Err(TooLarge));
        // Many short lines of one event are as large as one long one.
        let many = "data: 1\n".repeat(100);
        assert_eq!(read(&[many.as_bytes()], 64), Err(TooLarge));
        assert_eq!(read(&[&b"x".repeat(65)], 64), Err(TooLarge));
    }

    proptest! {
        #[test]
        fn what_is_read_does_not_depend_on_the_cuts(
            texts in vec("[ -~äß🦉]{0,12}", 1..12),
            ends in vec(0_usize..3, 12),
            cuts in vec(1_usize..9, 1..400),
        ) {
            let mut stream = Vec::new();
            for (text, end) in texts.iter().zip(&ends) {
                let end = ["\n", "\r\n", "\r"][*end];
                stream.extend_from_slice(format!("data: {text}{end}: c{end}{end}").as_bytes());
            }
            let (mut chunks, mut rest) = (Vec::new(), stream.as_slice());
            for cut in cuts {
                let (chunk, after) = rest.split_at(cut.min(rest.len()));
                chunks.push(chunk);
                rest = after;
            }
            chunks.push(rest);
            prop_assert_eq!(read(&chunks, 1_000).unwrap(), texts);
        }
    }
}
