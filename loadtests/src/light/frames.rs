//! WebSocket frames as a client writes and reads them (RFC 6455), without extensions.

use super::Door;

pub const TEXT: u8 = 1;
pub const BINARY: u8 = 2;
pub(super) const CLOSE: u8 = 8;
pub(super) const PING: u8 = 9;
pub(super) const PONG: u8 = 10;

/// The same for every frame: a load has nothing to hide from proxies.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// The request of a handshake.
pub(super) fn request(door: &Door) -> String {
    let subprotocol = door
        .subprotocol
        .map(|name| format!("Sec-WebSocket-Protocol: {name}\r\n"))
        .unwrap_or_default();
    format!(
        "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{subprotocol}\r\n",
        door.path, door.address
    )
}

/// A whole masked frame.
pub fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(payload.len() + 14);
    bytes.push(0x80 | opcode);
    match payload.len() {
        #[expect(clippy::cast_possible_truncation, reason = "guarded by the arm")]
        len @ 0..126 => bytes.push(0x80 | len as u8),
        #[expect(clippy::cast_possible_truncation, reason = "guarded by the arm")]
        len @ 126..65_536 => {
            bytes.push(0xfe);
            bytes.extend((len as u16).to_be_bytes());
        }
        len => {
            bytes.push(0xff);
            bytes.extend((len as u64).to_be_bytes());
        }
    }
    bytes.extend(MASK);
    bytes.extend(
        payload
            .iter()
            .zip(MASK.iter().cycle())
            .map(|(byte, key)| byte ^ key),
    );
    bytes
}

/// Tells of each whole frame of a server; how many bytes those had.
pub(super) fn walk(bytes: &[u8], mut each: impl FnMut(u8, &[u8])) -> usize {
    let mut at = 0;
    while let Some((opcode, from, length)) = header(&bytes[at..]) {
        let begin = at + from;
        let Some(payload) = bytes.get(begin..begin + length) else {
            break;
        };
        each(opcode, payload);
        at = begin + length;
    }
    at
}

/// The opcode, where the payload begins, and how long it is.
fn header(bytes: &[u8]) -> Option<(u8, usize, usize)> {
    let [first, second, ..] = *bytes else {
        return None;
    };
    let (from, length) = match second & 0x7f {
        126 => (
            4,
            usize::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?)),
        ),
        127 => (
            10,
            usize::try_from(u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?)).ok()?,
        ),
        short => (2, usize::from(short)),
    };
    Some((first & 0x0f, from, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unmasked(opcode: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = frame(opcode, payload);
        let at = bytes.len() - payload.len() - 4;
        bytes.drain(at..at + 4);
        bytes[1] &= 0x7f;
        let at = bytes.len() - payload.len();
        bytes[at..].copy_from_slice(payload);
        bytes
    }

    #[test]
    fn frames_are_found_wherever_the_bytes_were_cut() {
        let long = vec![b'x'; 70_000];
        let sent: Vec<&[u8]> = vec![b"", b"one", &long[..200], &long];
        let bytes: Vec<u8> = sent.iter().flat_map(|text| unmasked(TEXT, text)).collect();
        for cut in [0, 1, 2, 3, 5, 6, 7, 100, bytes.len() - 1, bytes.len()] {
            let mut heard = Vec::new();
            let used = walk(&bytes[..cut], |_, payload| heard.push(payload.to_vec()));
            walk(&bytes[used..], |_, payload| heard.push(payload.to_vec()));
            assert_eq!(heard, sent, "cut at {cut}");
        }
    }
}
