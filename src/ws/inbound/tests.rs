use proptest::prelude::*;

use super::*;
use crate::ws::guard::Flow;

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// A frame of a client: `first` is the whole first byte.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        n @ ..126 => bytes.push(0x80 | u8::try_from(n).unwrap()),
        n @ ..65_536 => {
            bytes.push(0x80 | 0x7e);
            bytes.extend(u16::try_from(n).unwrap().to_be_bytes());
        }
        n => {
            bytes.push(0x80 | 0x7f);
            bytes.extend((n as u64).to_be_bytes());
        }
    }
    bytes.extend(MASK);
    bytes.extend(payload.iter().zip(MASK.iter().cycle()).map(|(b, k)| b ^ k));
    bytes
}

fn last(opcode: u8, payload: &[u8]) -> Vec<u8> {
    frame(0x80 | opcode, payload)
}

/// A header alone, with a length written in a form of the test's choosing.
fn header(first: u8, length: &[u8]) -> Vec<u8> {
    [&[first][..], length, &MASK].concat()
}

fn roomy() -> GuardSettings {
    let flow = Flow {
        per_second: 1_000_000_000,
        burst: 1_000_000_000,
    };
    GuardSettings {
        control_frames: flow,
        frames: flow,
        bytes: flow,
        ..GuardSettings::default()
    }
}

/// Everything that comes out, and how it ended; `cuts` says where the network cut the bytes.
fn feed(settings: GuardSettings, pieces: &[&[u8]]) -> (Vec<Received>, Option<Close>) {
    let mut inbound = Inbound::new(settings);
    let mut out = Vec::new();
    for piece in pieces {
        let mut input = *piece;
        loop {
            match inbound.next(&mut input, 0) {
                Ok(Some(received)) => out.push(received),
                Ok(None) => break,
                Err(close) => return (out, Some(close)),
            }
        }
        assert!(input.is_empty());
    }
    (out, None)
}

fn ends(bytes: &[u8]) -> Option<Close> {
    feed(GuardSettings::default(), &[bytes]).1
}

fn text(text: &str) -> Received {
    Received::Text(Bytes::copy_from_slice(text.as_bytes()))
}

#[test]
fn messages_fragments_and_control_frames_in_between() {
    let bytes = [
        frame(TEXT, b"sal"),
        last(PING, b"there?"),
        frame(0, b""),
        last(PONG, b"yes"),
        last(0, b"ve"),
        last(TEXT, b""),
        last(CLOSE, b"\x03\xe8bye"),
        last(TEXT, b"never read"),
    ]
    .concat();
    let (out, close) = feed(GuardSettings::default(), &[&bytes]);
    assert_eq!(close, None);
    assert_eq!(
        out,
        [
            Received::Ping(Bytes::from_static(b"there?")),
            Received::Pong,
            text("salve"),
            text(""),
            Received::Close(Some(1000)),
        ]
    );
}

#[test]
fn lengths_at_their_borders() {
    for length in [0, 1, 125, 126, 127, 65_535, 65_536] {
        let payload = "x".repeat(length);
        let (out, close) = feed(GuardSettings::default(), &[&last(TEXT, payload.as_bytes())]);
        assert_eq!((out, close), (vec![text(&payload)], None), "{length}");
    }
    for length in [65_537, 1 << 31, 1 << 32, (1 << 63) - 1] {
        let bytes = header(0x81, &[&[0xff][..], &u64::to_be_bytes(length)].concat());
        assert_eq!(ends(&bytes), Some(Close::TooBig), "{length}");
    }
    let negative = header(0x81, &[&[0xff][..], &u64::to_be_bytes(1 << 63)].concat());
    assert_eq!(ends(&negative), Some(Close::Protocol));
}

#[test]
fn a_declared_giant_is_refused_before_its_payload_and_reserves_nothing() {
    let mut inbound = Inbound::new(GuardSettings::default());
    let bytes = header(0x81, &[&[0xff][..], &u64::to_be_bytes(1 << 33)].concat());
    // The mask need not even have come.
    let mut input = &bytes[..10];
    assert_eq!(inbound.next(&mut input, 0), Err(Close::TooBig));
    assert_eq!(inbound.message.capacity(), 0);

    let mut inbound = Inbound::new(GuardSettings::default());
    let bytes = header(0x81, &[0xfe, 0xff, 0xff]);
    assert_eq!(inbound.next(&mut bytes.as_slice(), 0), Ok(None));
    assert_eq!(
        inbound.message.capacity(),
        0,
        "65,535 bytes declared, none come"
    );
}

#[test]
fn lengths_are_written_in_their_shortest_form() {
    for length in [
        &[0xfe, 0, 125][..],
        &[0xfe, 0, 0],
        &[0xff, 0, 0, 0, 0, 0, 0, 0, 125],
        &[0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff],
    ] {
        assert_eq!(
            ends(&header(0x81, length)),
            Some(Close::Protocol),
            "{length:?}"
        );
    }
}

#[test]
fn headers_that_break_the_rules() {
    let mut unmasked = last(TEXT, b"hi");
    unmasked[1] &= 0x7f;
    assert_eq!(ends(&unmasked), Some(Close::Protocol));
    for reserved in [0x40, 0x20, 0x10, 0x70] {
        assert_eq!(ends(&last(reserved | TEXT, b"hi")), Some(Close::Protocol));
    }
    for opcode in [3, 4, 5, 6, 7, 0xb, 0xc, 0xd, 0xe, 0xf] {
        assert_eq!(ends(&last(opcode, b"")), Some(Close::Protocol), "{opcode}");
    }
    for opcode in [CLOSE, PING, PONG] {
        assert_eq!(
            ends(&frame(opcode, b"")),
            Some(Close::Protocol),
            "fragmented"
        );
        assert_eq!(
            ends(&last(opcode, &[b'x'; 126])),
            Some(Close::Protocol),
            "long"
        );
    }
    assert_eq!(ends(&last(BINARY, b"hi")), Some(Close::NotText));
    assert_eq!(ends(&frame(BINARY, b"hi")), Some(Close::NotText));
}

#[test]
fn fragments_come_in_order() {
    assert_eq!(ends(&last(0, b"hi")), Some(Close::Protocol));
    for second in [TEXT, BINARY] {
        let bytes = [frame(TEXT, b"a"), last(second, b"b")].concat();
        assert_eq!(ends(&bytes), Some(Close::Protocol));
    }
    let bytes = [last(TEXT, b"a"), last(0, b"b")].concat();
    assert_eq!(ends(&bytes), Some(Close::Protocol));
}

#[test]
fn a_message_is_bounded_over_its_fragments() {
    let half = vec![b'x'; 32_768];
    let fits = [frame(TEXT, &half), last(0, &half)].concat();
    assert_eq!(ends(&fits), None);
    let too_big = [frame(TEXT, &half), frame(0, &half), last(0, b"x")].concat();
    assert_eq!(ends(&too_big), Some(Close::TooBig));

    let many = |count: usize| {
        let mut bytes = frame(TEXT, b"x");
        for _ in 2..count {
            bytes.extend(frame(0, b"x"));
        }
        bytes.extend(last(0, b"x"));
        bytes
    };
    assert_eq!(ends(&many(64)), None);
    assert_eq!(ends(&many(65)), Some(Close::TooBig));
    let empties =
        |count: usize| [frame(TEXT, b"x"), frame(0, b"").repeat(count), last(0, b"")].concat();
    assert_eq!(ends(&empties(8)), None);
    assert_eq!(ends(&empties(9)), Some(Close::TooBig));
}

#[test]
fn text_is_utf8_and_a_wrong_byte_is_seen_at_once() {
    let whole = "κόσμε 𝄞";
    let bytes = whole.as_bytes();
    for cut in 0..=bytes.len() {
        let bytes = [frame(TEXT, &bytes[..cut]), last(0, &bytes[cut..])].concat();
        assert_eq!(
            feed(GuardSettings::default(), &[&bytes]),
            (vec![text(whole)], None)
        );
    }
    for wrong in [
        &b"\xc0\xaf"[..],    // overlong
        b"\xed\xa0\x80",     // half of a surrogate pair
        b"\xf4\x90\x80\x80", // beyond the last character
        b"\xff",
        b"ok\x80",
    ] {
        assert_eq!(ends(&last(TEXT, wrong)), Some(Close::NotUtf8), "{wrong:?}");
        // The message is far from finished, and still it is over.
        assert_eq!(ends(&frame(TEXT, wrong)), Some(Close::NotUtf8), "{wrong:?}");
    }
    assert_eq!(ends(&last(TEXT, b"cut off \xe2\x82")), Some(Close::NotUtf8));
    assert_eq!(ends(&frame(TEXT, b"goes on \xe2\x82")), None);
}

#[test]
fn closes() {
    let said = |payload: &[u8]| feed(GuardSettings::default(), &[&last(CLOSE, payload)]);
    assert_eq!(said(b"").0, [Received::Close(None)]);
    assert_eq!(said(b"\x03").1, Some(Close::Protocol));
    for code in [
        0u16, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535,
    ] {
        assert_eq!(said(&code.to_be_bytes()).1, Some(Close::Protocol), "{code}");
    }
    for code in [
        1000u16, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 3999, 4000, 4999,
    ] {
        assert_eq!(
            said(&code.to_be_bytes()).0,
            [Received::Close(Some(code))],
            "{code}"
        );
    }
    assert_eq!(said(b"\x03\xe8\xff").1, Some(Close::NotUtf8));
    assert_eq!(
        said(&[b"\x03\xe8".as_slice(), &[b'x'; 123]].concat()).1,
        None
    );
}

#[test]
fn floods_are_closed_and_honest_rates_are_not() {
    let (out, close) = feed(GuardSettings::default(), &[&last(PING, b"").repeat(10_000)]);
    assert_eq!((out.len(), close), (10, Some(Close::RateLimited)));
    let (out, close) = feed(GuardSettings::default(), &[&last(PONG, b"").repeat(10_000)]);
    assert_eq!((out.len(), close), (10, Some(Close::RateLimited)));
    let (out, close) = feed(
        GuardSettings::default(),
        &[&last(TEXT, b"hi").repeat(10_000)],
    );
    assert_eq!((out.len(), close), (400, Some(Close::RateLimited)));
    let big = last(TEXT, &vec![b'x'; 60_000]).repeat(100);
    let (out, close) = feed(GuardSettings::default(), &[&big]);
    assert_eq!((out.len(), close), (17, Some(Close::RateLimited)));

    let mut inbound = Inbound::new(GuardSettings::default());
    for tick in 0..10_000 {
        for bytes in [last(PING, b""), last(TEXT, b"hi")] {
            assert!(
                inbound
                    .next(&mut bytes.as_slice(), tick * 100)
                    .unwrap()
                    .is_some()
            );
        }
    }
}

#[test]
fn what_is_started_is_finished_in_time() {
    let mut inbound = Inbound::new(GuardSettings::default());
    assert_eq!(inbound.overdue(1_000_000), None);
    let bytes = last(TEXT, b"hello");
    for (at, byte) in bytes.iter().enumerate().take(9) {
        assert_eq!(
            inbound.next(&mut [*byte].as_slice(), 5_000 + at as u64 * 1_000),
            Ok(None)
        );
    }
    assert_eq!(inbound.overdue(14_999), None);
    assert_eq!(inbound.overdue(15_000), Some(Close::Silent));

    // A drip of whole fragments is a drip too, whatever is pinged in between.
    let mut inbound = Inbound::new(GuardSettings::default());
    inbound
        .next(&mut frame(TEXT, b"a").as_slice(), 1_000)
        .unwrap();
    for second in 2..10 {
        inbound
            .next(&mut frame(0, b"a").as_slice(), second * 1_000)
            .unwrap();
        inbound
            .next(&mut last(PING, b"").as_slice(), second * 1_000)
            .unwrap();
    }
    assert_eq!(inbound.overdue(11_000), Some(Close::Silent));
    inbound.next(&mut last(0, b"a").as_slice(), 11_000).unwrap();
    assert_eq!(inbound.overdue(1_000_000), None);
}

fn any_frame() -> impl Strategy<Value = Vec<u8>> {
    let payload = prop_oneof![
        "[a-z κ𝄞]{0,40}".prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..140),
        Just(vec![b'x'; 300]),
    ];
    let first = prop_oneof![
        8 => Just(0x80 | TEXT), 4 => Just(TEXT), 4 => Just(0), 4 => Just(0x80),
        2 => Just(0x80 | PING), 1 => Just(0x80 | PONG), 1 => Just(0x80 | CLOSE), 1 => any::<u8>(),
    ];
    let whole = (first, payload).prop_map(|(first, payload)| frame(first, &payload));
    prop_oneof![9 => whole, 1 => proptest::collection::vec(any::<u8>(), 0..20)]
}

proptest! {
    #[test]
    fn any_cut_of_the_bytes_gives_the_same_answer(
        frames in proptest::collection::vec(any_frame(), 0..12),
        cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..20),
        tight in any::<bool>(),
    ) {
        let settings = if tight { GuardSettings::default() } else { roomy() };
        let bytes = frames.concat();
        let whole = feed(settings, &[&bytes]);
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        prop_assert_eq!(&feed(settings, &single), &whole);
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        at.extend([0, bytes.len()]);
        at.sort_unstable();
        let pieces: Vec<&[u8]> = at.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        prop_assert_eq!(&feed(settings, &pieces), &whole);
    }

    #[test]
    fn noise_never_panics_and_never_grows(noise in proptest::collection::vec(any::<u8>(), 0..4_000)) {
        let mut inbound = Inbound::new(roomy());
        let mut input = noise.as_slice();
        while let Ok(Some(_)) = inbound.next(&mut input, 0) {}
        prop_assert!(inbound.message.capacity() <= 2 * noise.len().max(8));
    }

    #[test]
    fn what_a_client_says_is_what_is_heard(text in ".{0,200}", cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..10)) {
        let payload = text.as_bytes();
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(payload.len() + 1)).collect();
        at.extend([0, payload.len()]);
        at.sort_unstable();
        let pieces = at.len() - 1;
        let bytes: Vec<u8> = at.windows(2).enumerate().flat_map(|(n, pair)| {
            let first = if n == 0 { TEXT } else { 0 } | if n + 1 == pieces { 0x80 } else { 0 };
            frame(first, &payload[pair[0]..pair[1]])
        }).collect();
        let settings = GuardSettings { empty_fragments_max: 64, ..roomy() };
        prop_assert_eq!(feed(settings, &[&bytes]), (vec![super::tests::text(&text)], None));
    }
}
