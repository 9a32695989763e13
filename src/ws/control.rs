//! The control frames the hub sends. Text frames come ready-made out of an outbox.

use bytes::{BufMut as _, Bytes, BytesMut};
use ludus_domain::protocol::Close;

use super::inbound::CONTROL_BYTES_MAX;

const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;

/// A close frame with the code and its label.
pub(super) fn close(close: Close) -> Bytes {
    let mut payload = BytesMut::with_capacity(2 + close.label().len());
    payload.put_u16(close.code());
    payload.put_slice(close.label().as_bytes());
    frame(CLOSE, &payload)
}

/// The answer to a peer's close: its own code, or nothing when it had none.
pub(super) fn close_reply(code: Option<u16>) -> Bytes {
    match code {
        Some(code) => frame(CLOSE, &code.to_be_bytes()),
        None => frame(CLOSE, &[]),
    }
}

pub(super) fn ping() -> Bytes {
    Bytes::from_static(&[PING, 0])
}

pub(super) fn pong(payload: &[u8]) -> Bytes {
    frame(PONG, payload)
}

fn frame(first: u8, payload: &[u8]) -> Bytes {
    debug_assert!(payload.len() <= CONTROL_BYTES_MAX);
    let payload = &payload[..payload.len().min(CONTROL_BYTES_MAX)];
    let mut bytes = BytesMut::with_capacity(2 + payload.len());
    bytes.put_u8(first);
    // At most 125, so it fits.
    bytes.put_u8(u8::try_from(payload.len()).unwrap_or_default());
    bytes.put_slice(payload);
    bytes.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_frames_are_unmasked_whole_and_short() {
        assert_eq!(&close(Close::Slow)[..], b"\x88\x06\x0f\xa8slow");
        assert_eq!(&close_reply(Some(1000))[..], b"\x88\x02\x03\xe8");
        assert_eq!(&close_reply(None)[..], b"\x88\x00");
        assert_eq!(&pong(b"hi")[..], b"\x8a\x02hi");
        for reason in Close::ALL {
            assert!(close(*reason).len() <= 2 + CONTROL_BYTES_MAX);
        }
    }
}
