//! What a board costs, at a thousand subjects and at a million, and beside a Redis sorted set.
//!
//! `cargo bench -p ludus-domain --bench board` measures and prints ratios at the end. Redis is the
//! one `LUDUS_TEST_REDIS` names (`redis://host:port` or `unix:///path`), or else a `redis-server`
//! on the PATH, started for this run and ended after it; without either there is no comparison.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a measurement: it reads the clock, prints, and stops when something is wrong"
)]

mod beside;
mod redis;

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion};
use ludus_domain::board::ranking::Ranking;
use ludus_domain::board::{Spec, Subject, Total};
use ludus_domain::ids::UserId;
use ludus_domain::time::Timestamp;
use uuid::Uuid;

const SMALL: usize = 1_000;
const LARGE: usize = 1_000_000;

/// Random enough, the same on every run (xorshift64*).
#[derive(Clone, Debug)]
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.roll() % limit as u64).unwrap()
    }

    fn score(&mut self) -> i64 {
        (self.roll() % 1_000_000).cast_signed()
    }
}

/// How many random members are drawn beforehand. Drawing one among a million is a miss in memory of
/// the measurement's own, as dear as a good part of what is measured.
const DRAWN: usize = 1 << 20;

/// A ranking and all who stand in it.
struct Hall {
    ranking: Ranking,
    subjects: Vec<Subject>,
    /// Members at random, to be taken one after the other.
    drawn: Vec<Subject>,
    next: usize,
    dice: Dice,
    version: u64,
}

fn subjects(count: usize) -> Vec<Subject> {
    let mut dice = Dice(0x9e37_79b9);
    let random = |_| Subject::User(UserId(Uuid::from_u64_pair(dice.roll(), dice.roll())));
    (0..count).map(random).collect()
}

fn totals(subjects: &[Subject]) -> Vec<Total> {
    let mut dice = Dice(7);
    let total = |subject: &Subject| Total {
        subject: *subject,
        score: dice.score(),
        reached_at: Timestamp((dice.roll() % 1_000_000).cast_signed()),
        version: 1,
    };
    subjects.iter().map(total).collect()
}

impl Hall {
    fn new(count: usize) -> Self {
        let subjects = subjects(count);
        let mut dice = Dice(42);
        let drawn = (0..DRAWN).map(|_| subjects[dice.below(count)]).collect();
        Self {
            ranking: Ranking::build(Spec::default(), totals(&subjects)),
            subjects,
            drawn,
            next: 0,
            dice,
            version: 1,
        }
    }

    fn pick(&mut self) -> Subject {
        self.next = (self.next + 1) % DRAWN;
        self.drawn[self.next]
    }

    /// Anybody to anywhere.
    fn update(&mut self) {
        self.version += 1;
        let total = Total {
            subject: self.pick(),
            score: self.dice.score(),
            reached_at: Timestamp(self.version.cast_signed()),
            version: self.version,
        };
        black_box(self.ranking.apply(total));
    }

    fn rank(&mut self) {
        let subject = self.pick();
        black_box(self.ranking.position_of(subject));
    }

    fn around(&mut self) {
        let subject = self.pick();
        black_box(self.ranking.around(subject, 5, 5));
    }
}

fn operations(criterion: &mut Criterion, sizes: &[usize]) {
    for &size in sizes {
        let mut hall = Hall::new(size);
        let mut group = criterion.benchmark_group("board");
        let id = |what| BenchmarkId::new(what, size);
        group.bench_function(id("update"), |bencher| bencher.iter(|| hall.update()));
        group.bench_function(id("rank"), |bencher| bencher.iter(|| hall.rank()));
        group.bench_function(id("around"), |bencher| bencher.iter(|| hall.around()));
        let totals = totals(&hall.subjects);
        group.sample_size(10);
        group.bench_function(id("build"), |bencher| {
            bencher.iter_batched(
                || totals.clone(),
                |totals| Ranking::build(Spec::default(), totals),
                BatchSize::PerIteration,
            );
        });
    }
}

fn main() {
    // Anything but `cargo bench` only wants to know that it runs.
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let sizes: &[usize] = if is_bench { &[SMALL, LARGE] } else { &[SMALL] };
    if is_bench {
        beside::memory();
    }
    let mut criterion = Criterion::default().configure_from_args();
    operations(&mut criterion, sizes);
    criterion.final_summary();
    if is_bench {
        beside::growth();
        beside::viewers();
        beside::redis();
    }
}
