//! The text that a PNG carries beside its picture. Only chunks are walked; no pixel is read.

use super::{CARD_TEXT_BYTES_MAX, NotACard};

const SIGNATURE: [u8; 8] = [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A];
/// A picture has a handful of chunks besides its data, which encoders cut into at most some thousands.
const CHUNKS_MAX: usize = 20_000;

pub(super) fn is_png(bytes: &[u8]) -> bool {
    bytes.starts_with(&SIGNATURE)
}

/// The JSON of the card in a picture: `ccv3` before `chara`, as both may stand in one.
pub(super) fn card(bytes: &[u8]) -> Result<Vec<u8>, NotACard> {
    let text = find(bytes, b"ccv3").or_else(|| find(bytes, b"chara"));
    let text = text.ok_or(NotACard::NoCardInPicture)?;
    if text.len() > CARD_TEXT_BYTES_MAX {
        return Err(NotACard::TooLarge);
    }
    base64(text).ok_or(NotACard::NotBase64)
}

/// The text behind a keyword in a `tEXt` chunk.
fn find<'b>(bytes: &'b [u8], keyword: &[u8]) -> Option<&'b [u8]> {
    let mut rest = bytes.get(SIGNATURE.len()..)?;
    for _ in 0..CHUNKS_MAX {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (kind, after) = after.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let data = after.get(..length)?;
        if kind == b"tEXt"
            && let Some(zero) = data.iter().position(|byte| *byte == 0)
            && data.get(..zero) == Some(keyword)
        {
            return data.get(zero + 1..);
        }
        if kind == b"IEND" {
            return None;
        }
        // The checksum: what it guards is checked by being read.
        rest = after.get(length.checked_add(4)?..)?;
    }
    None
}

/// Standard base64, with or without padding and line breaks.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0_u32);
    let mut is_over = false;
    for byte in text {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                is_over = true;
                continue;
            }
            b'\r' | b'\n' => continue,
            _ => return None,
        };
        if is_over {
            return None;
        }
        held = (held << 6) | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((held >> bits) & 0xFF).ok()?);
            held &= (1 << bits) - 1;
        }
    }
    // Six left over bits are a letter that says nothing.
    (bits < 6).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_strictly() {
        let read = |text: &str| base64(text.as_bytes());
        assert_eq!(read("aGVsbG8="), Some(b"hello".to_vec()));
        assert_eq!(read("aGVs\nbG8"), Some(b"hello".to_vec()));
        assert_eq!(read("+/+/"), Some(vec![0xFB, 0xFF, 0xBF]));
        assert_eq!(read(""), Some(vec![]));
        for bad in ["a", "aGVsb", "aGV=bG8=", "aG Vs", "aG-s", "ä"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
