use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const ORG: OrgId = OrgId(Uuid::from_u128(1));
const PRICES: Prices = Prices {
    prompt_micro: 150_000,
    completion_micro: 600_000,
};

fn id(number: u128) -> ReservationId {
    ReservationId(Uuid::from_u128(number))
}

fn claim(room: u128, learner: u128, amount_micro: u64) -> Claim {
    Claim {
        org: ORG,
        room: Some(RoomId(Uuid::from_u128(room))),
        learner: Some(UserId(Uuid::from_u128(learner))),
        amount_micro,
    }
}

const MEASURED: Measured = Measured {
    prompt_bytes: 4_000,
    messages: 10,
    text_bytes: 800,
    max_output_tokens: 500,
};

fn said(prompt: i64, completion: i64) -> Reported {
    Reported {
        prompt_tokens: Some(prompt),
        completion_tokens: Some(completion),
    }
}

#[test]
fn an_honest_count_is_believed() {
    let usage = MEASURED.usage(said(1_020, 190));
    let expected = Usage {
        prompt_tokens: 1_020,
        completion_tokens: 190,
        estimated: false,
    };
    assert_eq!(usage, expected);
    // 1,020 at 0.15 and 190 at 0.60 a million are 267 millionths.
    assert_eq!(PRICES.cost(usage), 267);
}

#[test]
fn an_absurd_count_is_replaced_by_our_own() {
    let own = MEASURED.usage(Reported::default());
    assert!(own.estimated);
    assert_eq!((own.prompt_tokens, own.completion_tokens), (1_040, 200));
    for (prompt, completion) in [
        (-1, -1),
        (0, 0),
        (i64::MAX, i64::MAX),
        (i64::MIN, 501),
        // 800 bytes are no six tokens.
        (4_225, 6),
    ] {
        assert_eq!(MEASURED.usage(said(prompt, completion)), own);
    }
}

#[test]
fn costs_are_rounded_up() {
    let one = Usage {
        prompt_tokens: 1,
        ..Usage::default()
    };
    assert_eq!(PRICES.cost(one), 1);
    assert_eq!(PRICES.cost(Usage::default()), 0);
    assert_eq!(Prices::default().cost(one), 0);
}

#[test]
fn each_purse_has_its_own_limit() {
    let limits = Limits {
        org_day_micro: Some(100),
        room_micro: Some(60),
        learner_day_micro: Some(30),
    };
    let mut book = Book::new(limits);
    assert!(book.reserve(id(1), claim(1, 1, 30), 0).is_ok());
    let short = book.reserve(id(2), claim(2, 1, 1), 0).unwrap_err().0;
    assert!(matches!(short, Purse::LearnerDay { .. }));
    assert!(book.reserve(id(3), claim(1, 2, 30), 0).is_ok());
    let short = book.reserve(id(4), claim(1, 3, 1), 0).unwrap_err().0;
    assert!(matches!(short, Purse::Room { .. }));
    assert!(book.reserve(id(5), claim(2, 3, 30), 0).is_ok());
    let short = book.reserve(id(6), claim(3, 4, 11), 0).unwrap_err().0;
    assert!(matches!(short, Purse::OrgDay { .. }));
    // The next day has money again, except for rooms.
    assert!(book.reserve(id(7), claim(3, 1, 30), 1).is_ok());
    assert!(book.reserve(id(8), claim(1, 5, 1), 1).is_err());
    // What was not spent comes back, once.
    book.settle(id(1), 10);
    book.settle(id(1), 10);
    book.release(id(3));
    assert!(book.reserve(id(9), claim(1, 1, 20), 0).is_ok());
    assert!(book.reserve(id(10), claim(4, 1, 1), 0).is_err());
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Reserve {
        room: u128,
        learner: u128,
        amount: u64,
        day: i32,
    },
    Settle {
        which: u128,
        spent: u64,
    },
    Release {
        which: u128,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let amount = prop_oneof![4 => 0_u64..400, 1 => Just(u64::MAX), 1 => Just(u64::MAX - 5)];
    let spent = prop_oneof![4 => 0_u64..800, 1 => Just(u64::MAX)];
    prop_oneof![
        (0_u128..3, 0_u128..3, amount, 0..2).prop_map(|(room, learner, amount, day)| {
            Step::Reserve {
                room,
                learner,
                amount,
                day,
            }
        }),
        (0_u128..60, spent).prop_map(|(which, spent)| Step::Settle { which, spent }),
        (0_u128..60).prop_map(|which| Step::Release { which }),
    ]
}

proptest! {
    /// Under any interleaving, with any lie about what was spent.
    #[test]
    fn no_purse_is_ever_overdrawn(steps in vec(step(), 1..150)) {
        let limits = Limits {
            org_day_micro: Some(2_000),
            room_micro: Some(1_500),
            learner_day_micro: Some(1_000),
        };
        let mut book = Book::new(limits);
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Reserve { room, learner, amount, day } => {
                    let _ = book.reserve(id(number as u128), claim(room, learner, amount), day);
                }
                Step::Settle { which, spent } => book.settle(id(which), spent),
                Step::Release { which } => book.release(id(which)),
            }
            for (purse, balance) in &book.balances {
                prop_assert!(balance.total() <= limits.of(purse).unwrap(), "{purse:?} {balance:?}");
            }
            // What is reserved is what is open, purse by purse.
            for (purse, balance) in &book.balances {
                let open: u64 = book
                    .open
                    .values()
                    .filter(|open| open.claim.purses(open.day).any(|paid| paid == *purse))
                    .map(|open| open.claim.amount_micro)
                    .sum();
                prop_assert_eq!(balance.reserved_micro, open);
            }
        }
    }

    /// What is settled was reserved before, whatever a provider says.
    #[test]
    fn no_answer_costs_more_than_was_reserved(
        prompt_bytes in 0_u64..2_000_000,
        messages in 0_u64..100,
        text_bytes in 0_u64..2_000_000,
        max_output_tokens in 0_u64..100_000,
        prompt in any::<Option<i64>>(),
        completion in any::<Option<i64>>(),
    ) {
        let measured = Measured { prompt_bytes, messages, text_bytes, max_output_tokens };
        let reported = Reported { prompt_tokens: prompt, completion_tokens: completion };
        prop_assert!(PRICES.cost(measured.usage(reported)) <= measured.worst(PRICES));
    }
}
