//! Bytes from the peer into whole messages, in one pass.
//!
//! The header goes to the [`Guard`]; the payload is unmasked while it is copied into the message,
//! which is the only copy made of it. UTF-8 is checked as it arrives. Memory: the bytes that came
//! of the message at hand (at most 64 KiB), nothing between messages. Pure: it is told the time.

use bytes::Bytes;
use ludus_domain::protocol::Close;

use super::guard::{Guard, GuardSettings, Header, Millis, Opcode};

/// The longest payload of a control frame.
pub const CONTROL_BYTES_MAX: usize = 125;

/// Something whole from the peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// A text message, all its fragments together. It is UTF-8.
    Text(Bytes),
    /// To be answered by a pong with the same payload.
    Ping(Bytes),
    Pong,
    /// The peer is closing, with the code to answer with. Nothing comes after it.
    Close(Option<u16>),
}

/// One connection's inbound direction.
#[derive(Debug)]
pub struct Inbound {
    guard: Guard,
    /// The frame whose payload is being read.
    frame: Option<Frame>,
    message: Vec<u8>,
    /// How much of `message` is known to be UTF-8; what is beyond is the start of one character.
    valid: usize,
    control: Vec<u8>,
    /// A close came, or a rule was broken: what comes now is not looked at.
    over: bool,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    header: Header,
    done: usize,
}

impl Inbound {
    pub const fn new(settings: GuardSettings) -> Self {
        Self {
            guard: Guard::new(settings),
            frame: None,
            message: Vec::new(),
            valid: 0,
            control: Vec::new(),
            over: false,
        }
    }

    /// The next whole thing in `input`, which is moved on past what was used. `None`: all of it
    /// was used, and more is needed. After an error or a close, input is used up unread.
    pub fn next(&mut self, input: &mut &[u8], now: Millis) -> Result<Option<Received>, Close> {
        if self.over {
            *input = &[];
            return Ok(None);
        }
        let next = self.advance(input, now);
        if matches!(next, Err(_) | Ok(Some(Received::Close(_)))) {
            self.over = true;
            self.message = Vec::new();
        }
        next
    }

    /// The close to send when the peer has not finished in time what it began. It is the code of
    /// a silent peer, not of a wrong one: an honest phone in a tunnel should come back.
    pub fn overdue(&self, now: Millis) -> Option<Close> {
        let deadline = self.guard.deadline().filter(|_| !self.over)?;
        (now >= deadline).then_some(Close::Silent)
    }

    fn advance(&mut self, input: &mut &[u8], now: Millis) -> Result<Option<Received>, Close> {
        loop {
            let frame = match self.frame {
                Some(frame) => frame,
                None => match self.read_header(input, now)? {
                    Some(header) => Frame { header, done: 0 },
                    None => return Ok(None),
                },
            };
            let Some(header) = self.read_payload(frame, input)? else {
                return Ok(None);
            };
            self.guard.finished(header, now);
            if let Some(received) = self.complete(header)? {
                return Ok(Some(received));
            }
        }
    }

    fn read_header(&mut self, input: &mut &[u8], now: Millis) -> Result<Option<Header>, Close> {
        while let Some((byte, rest)) = input.split_first() {
            *input = rest;
            if let Some(header) = self.guard.header(*byte, now)? {
                return Ok(Some(header));
            }
        }
        Ok(None)
    }

    /// Takes what there is of a frame's payload; its header when that was all of it.
    fn read_payload(
        &mut self,
        mut frame: Frame,
        input: &mut &[u8],
    ) -> Result<Option<Header>, Close> {
        let header = frame.header;
        let wanted = header.length - frame.done;
        let (piece, rest) = input.split_at(wanted.min(input.len()));
        *input = rest;
        let target = if header.opcode.is_control() {
            &mut self.control
        } else {
            &mut self.message
        };
        let from = target.len();
        target.extend_from_slice(piece);
        unmask(&mut target[from..], header.mask, frame.done);
        frame.done += piece.len();
        if !header.opcode.is_control() {
            self.check_utf8()?;
        }
        let whole = frame.done == header.length;
        self.frame = (!whole).then_some(frame);
        Ok(whole.then_some(header))
    }

    fn check_utf8(&mut self) -> Result<(), Close> {
        match std::str::from_utf8(&self.message[self.valid..]) {
            Ok(text) => self.valid += text.len(),
            Err(error) if error.error_len().is_none() => self.valid += error.valid_up_to(),
            Err(_) => return Err(Close::NotUtf8),
        }
        Ok(())
    }

    fn complete(&mut self, header: Header) -> Result<Option<Received>, Close> {
        match header.opcode {
            Opcode::Text | Opcode::Continuation if !header.last => Ok(None),
            Opcode::Text | Opcode::Continuation => {
                if self.valid < self.message.len() {
                    return Err(Close::NotUtf8);
                }
                self.valid = 0;
                Ok(Some(Received::Text(Bytes::from(std::mem::take(
                    &mut self.message,
                )))))
            }
            Opcode::Ping => Ok(Some(Received::Ping(Bytes::from(std::mem::take(
                &mut self.control,
            ))))),
            Opcode::Pong => {
                self.control = Vec::new();
                Ok(Some(Received::Pong))
            }
            Opcode::Close => close_reply(&std::mem::take(&mut self.control))
                .map(|code| Some(Received::Close(code))),
        }
    }
}

/// The code to answer a close with: the one it has, if it may have it.
fn close_reply(payload: &[u8]) -> Result<Option<u16>, Close> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return if payload.is_empty() {
            Ok(None)
        } else {
            Err(Close::Protocol)
        };
    };
    let code = u16::from_be_bytes(*code);
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(Close::Protocol);
    }
    if std::str::from_utf8(reason).is_err() {
        return Err(Close::NotUtf8);
    }
    Ok(Some(code))
}

/// `done`: how many bytes of the payload came before these.
fn unmask(bytes: &mut [u8], mut mask: [u8; 4], done: usize) {
    mask.rotate_left(done % 4);
    let mut quads = bytes.chunks_exact_mut(4);
    for quad in &mut quads {
        for (byte, key) in quad.iter_mut().zip(mask) {
            *byte ^= key;
        }
    }
    for (byte, key) in quads.into_remainder().iter_mut().zip(mask) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests;
