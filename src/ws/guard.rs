//! What a peer may send, decided from frame headers alone.
//!
//! A declared length is believed only in so far as it is refused: nothing is ever reserved for a
//! payload that has not come. Every rule is checked at the first byte that can break it, so the
//! answer is the same however the network cut the bytes. Pure: no clock, no socket.

use ludus_domain::protocol::{Close, MESSAGE_BYTES_MAX};

/// Milliseconds since the connection began.
pub type Millis = u64;

/// How fast a bucket fills, and how much it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    pub per_second: u32,
    pub burst: u32,
}

/// The hard ceilings of one connection. Whoever passes one is closed; the milder limits per user
/// and room, which answer with a `nack`, lie well below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardSettings {
    /// Bytes of a frame, and of a message over all its fragments.
    pub message_bytes_max: usize,
    /// Each fragment costs a header and a turn; browsers send a handful.
    pub fragments_max: u32,
    /// Fragments without a byte in them, except the last. They carry nothing, so they need no more.
    pub empty_fragments_max: u32,
    /// Pings, pongs and closes.
    pub control_frames: Flow,
    pub frames: Flow,
    pub bytes: Flow,
    /// A started frame or message that is not finished by then is a slow drip, or a dead peer.
    pub finish_within: Millis,
}

impl Default for GuardSettings {
    fn default() -> Self {
        Self {
            message_bytes_max: MESSAGE_BYTES_MAX,
            fragments_max: 64,
            empty_fragments_max: 8,
            control_frames: Flow {
                per_second: 10,
                burst: 10,
            },
            frames: Flow {
                per_second: 200,
                burst: 400,
            },
            bytes: Flow {
                per_second: 256 * 1024,
                burst: 1024 * 1024,
            },
            finish_within: 10_000,
        }
    }
}

/// A token bucket in thousandths, so that a slow one still fills between two milliseconds.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    flow: Flow,
    thousandths: u64,
    at: Millis,
}

impl Bucket {
    const fn full(flow: Flow) -> Self {
        Self {
            flow,
            thousandths: flow.burst as u64 * 1_000,
            at: 0,
        }
    }

    fn take(&mut self, count: u64, now: Millis) -> bool {
        let gained = now.saturating_sub(self.at) * u64::from(self.flow.per_second);
        let most = u64::from(self.flow.burst) * 1_000;
        self.thousandths = self.thousandths.saturating_add(gained).min(most);
        self.at = self.at.max(now);
        match self.thousandths.checked_sub(count * 1_000) {
            Some(left) => {
                self.thousandths = left;
                true
            }
            None => false,
        }
    }
}

/// What a frame is, as far as this protocol has a use for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    Continuation,
    Text,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    pub const fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// A frame whose header was admitted; its payload follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub opcode: Opcode,
    /// The last frame of its message.
    pub last: bool,
    pub length: usize,
    pub mask: [u8; 4],
}

/// Where a header is in being read. At most fourteen bytes are kept of it.
#[derive(Clone, Copy, Debug)]
enum Reading {
    First,
    Second {
        opcode: Opcode,
        last: bool,
    },
    Length {
        opcode: Opcode,
        last: bool,
        wide: bool,
        got: u8,
        value: u64,
    },
    Mask {
        opcode: Opcode,
        last: bool,
        length: usize,
        got: u8,
        mask: [u8; 4],
    },
}

/// The fragments of the message that has begun.
#[derive(Clone, Copy, Debug, Default)]
struct Fragments {
    count: u32,
    empty: u32,
    bytes: usize,
}

/// The state of one connection's inbound direction.
#[derive(Debug)]
pub struct Guard {
    settings: GuardSettings,
    reading: Reading,
    /// Some while a message has begun and its last fragment has not come.
    message: Option<Fragments>,
    /// When what is unfinished was started.
    unfinished_since: Option<Millis>,
    control_frames: Bucket,
    frames: Bucket,
    bytes: Bucket,
}

impl Guard {
    pub const fn new(settings: GuardSettings) -> Self {
        Self {
            settings,
            reading: Reading::First,
            message: None,
            unfinished_since: None,
            control_frames: Bucket::full(settings.control_frames),
            frames: Bucket::full(settings.frames),
            bytes: Bucket::full(settings.bytes),
        }
    }

    /// One more byte of a header; the header when it was the last.
    pub fn header(&mut self, byte: u8, now: Millis) -> Result<Option<Header>, Close> {
        self.unfinished_since.get_or_insert(now);
        match self.reading {
            Reading::First => {
                let (opcode, last) = self.first(byte)?;
                self.reading = Reading::Second { opcode, last };
                Ok(None)
            }
            Reading::Second { opcode, last } => {
                self.reading = self.second(opcode, last, byte)?;
                Ok(None)
            }
            Reading::Length {
                opcode,
                last,
                wide,
                got,
                value,
            } => {
                let value = value << 8 | u64::from(byte);
                let size = if wide { 8 } else { 2 };
                if got == 0 && wide && byte & 0x80 != 0 {
                    // The most significant bit of a 64-bit length must be 0.
                    return Err(Close::Protocol);
                }
                self.reading = if got + 1 < size {
                    Reading::Length {
                        opcode,
                        last,
                        wide,
                        got: got + 1,
                        value,
                    }
                } else {
                    let shortest = if wide { 65_536 } else { 126 };
                    if value < shortest {
                        return Err(Close::Protocol);
                    }
                    self.mask_follows(opcode, last, value)?
                };
                Ok(None)
            }
            Reading::Mask {
                opcode,
                last,
                length,
                got,
                mut mask,
            } => {
                mask[usize::from(got)] = byte;
                if got < 3 {
                    self.reading = Reading::Mask {
                        opcode,
                        last,
                        length,
                        got: got + 1,
                        mask,
                    };
                    return Ok(None);
                }
                self.reading = Reading::First;
                self.admit(opcode, last, length, now)?;
                Ok(Some(Header {
                    opcode,
                    last,
                    length,
                    mask,
                }))
            }
        }
    }

    /// The whole payload of a frame has come.
    pub fn finished(&mut self, header: Header, now: Millis) {
        if !header.opcode.is_control() && header.last {
            self.message = None;
        }
        if self.message.is_none() {
            self.unfinished_since = None;
        } else if !header.opcode.is_control() {
            // Progress on a long message is measured from its beginning, so that a drip of
            // fragments is a drip too: the start is left as it is.
            self.unfinished_since.get_or_insert(now);
        }
    }

    /// By when the peer must have finished what it started, if it started anything.
    pub fn deadline(&self) -> Option<Millis> {
        self.unfinished_since
            .map(|since| since + self.settings.finish_within)
    }

    fn first(&self, byte: u8) -> Result<(Opcode, bool), Close> {
        let last = byte & 0x80 != 0;
        if byte & 0x70 != 0 {
            // No extension was agreed on, so no reserved bit means anything.
            return Err(Close::Protocol);
        }
        let opcode = match byte & 0x0f {
            0x0 => Opcode::Continuation,
            0x1 => Opcode::Text,
            0x2 if self.message.is_none() => return Err(Close::NotText),
            0x8 => Opcode::Close,
            0x9 => Opcode::Ping,
            0xa => Opcode::Pong,
            _ => return Err(Close::Protocol),
        };
        let in_order = match opcode {
            Opcode::Continuation => self.message.is_some(),
            Opcode::Text => self.message.is_none(),
            Opcode::Close | Opcode::Ping | Opcode::Pong => last,
        };
        if in_order {
            Ok((opcode, last))
        } else {
            Err(Close::Protocol)
        }
    }

    fn second(&self, opcode: Opcode, last: bool, byte: u8) -> Result<Reading, Close> {
        if byte & 0x80 == 0 {
            return Err(Close::Protocol);
        }
        match byte & 0x7f {
            126 | 127 if opcode.is_control() => Err(Close::Protocol),
            length @ (126 | 127) => Ok(Reading::Length {
                opcode,
                last,
                wide: length == 127,
                got: 0,
                value: 0,
            }),
            length => self.mask_follows(opcode, last, u64::from(length)),
        }
    }

    /// The length is known: everything that depends on it is refused before a payload byte is read.
    fn mask_follows(&self, opcode: Opcode, last: bool, length: u64) -> Result<Reading, Close> {
        let length = usize::try_from(length).map_err(|_| Close::TooBig)?;
        if !opcode.is_control() {
            let so_far = self.message.unwrap_or_default();
            let empty = so_far.empty + u32::from(length == 0 && !last);
            if length > self.settings.message_bytes_max.saturating_sub(so_far.bytes)
                || so_far.count >= self.settings.fragments_max
                || empty > self.settings.empty_fragments_max
            {
                return Err(Close::TooBig);
            }
        }
        Ok(Reading::Mask {
            opcode,
            last,
            length,
            got: 0,
            mask: [0; 4],
        })
    }

    /// The header is whole: it is paid for and counted.
    fn admit(
        &mut self,
        opcode: Opcode,
        last: bool,
        length: usize,
        now: Millis,
    ) -> Result<(), Close> {
        // The mask, the two bytes before it, and the length: near enough to what it cost to carry.
        let bytes = length as u64 + 6;
        let affordable = self.frames.take(1, now)
            && self.bytes.take(bytes, now)
            && (!opcode.is_control() || self.control_frames.take(1, now));
        if !affordable {
            return Err(Close::RateLimited);
        }
        if !opcode.is_control() {
            let message = self.message.get_or_insert_default();
            message.count += 1;
            message.empty += u32::from(length == 0 && !last);
            message.bytes += length;
        }
        Ok(())
    }
}
