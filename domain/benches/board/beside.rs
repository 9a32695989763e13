//! Figures that only mean something beside each other, from one interleaved run.

use std::time::{Duration, Instant};

use ludus_domain::board::ranking::Ranking;
use ludus_domain::board::viewer::{Shows, View};
use ludus_domain::board::{Board, Spec, Tick, Total};
use ludus_domain::ids::Epoch;
use ludus_domain::time::Timestamp;

use super::redis::Redis;
use super::{Dice, Hall, LARGE, SMALL, subjects, totals};

/// Each figure is the median of this many rounds, taken in turns.
const ROUNDS: usize = 7;

type Work = fn(&mut Hall);

fn clock(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn per_second(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

/// What one does a second in some rounds of `count`, and what the other does, in turns.
fn in_turns(count: usize, mut one: impl FnMut(usize), mut other: impl FnMut(usize)) -> (f64, f64) {
    let mut times = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        times.0.push(clock(|| one(count)));
        times.1.push(clock(|| other(count)));
    }
    let figure = |times| per_second(count, median(times));
    (figure(times.0), figure(times.1))
}

fn times(work: impl Fn(&mut Hall), hall: &mut Hall) -> impl FnMut(usize) {
    move |count| (0..count).for_each(|_| work(hall))
}

/// What a million entries take of the machine's memory, ids included. First of all, while nothing was freed
/// that could be used again.
pub(super) fn memory() {
    let subjects = subjects(LARGE);
    let totals = totals(&subjects);
    let before = resident();
    let ranking = Ranking::build(Spec::default(), totals.iter().copied());
    let taken = resident() - before;
    println!(
        "\n{LARGE} entries take {:.1} MB, {} bytes each",
        taken as f64 / 1e6,
        taken / LARGE
    );
    assert_eq!(ranking.len() as usize, LARGE);
}

fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages = pages.split(' ').nth(1).unwrap();
    pages.parse::<usize>().unwrap() * 4_096
}

/// How much more a million costs than a thousand.
pub(super) fn growth() {
    let (mut small, mut large) = (Hall::new(SMALL), Hall::new(LARGE));
    let works: [(&str, Work); 3] = [
        ("update", Hall::update),
        ("rank", Hall::rank),
        ("around", Hall::around),
    ];
    println!("\nfrom {SMALL} subjects to {LARGE}");
    for (name, work) in works {
        let (few, many) = in_turns(200_000, times(work, &mut small), times(work, &mut large));
        println!(
            "  {name:7} {few:>10.0}/s -> {many:>10.0}/s, {:.2}x",
            few / many
        );
    }
}

/// What a tick costs with five thousand viewers on a board of a million, each with a window of
/// their own, when twenty have moved a little (200 changes a second at ten ticks a second).
pub(super) fn viewers() {
    const VIEWERS: usize = 5_000;
    const TICKS: usize = 100;
    let subjects = subjects(LARGE);
    let mut dice = Dice(11);
    let mut known = totals(&subjects);
    let mut board = Board::build(Epoch(1), Spec::default(), known.iter().copied());
    let mut views: Vec<View> = (0..VIEWERS)
        .map(|_| {
            let own = subjects[dice.below(LARGE)];
            View::new(Shows::new(10, 5, Some(own)))
        })
        .collect();
    let mut opening = 0;
    let opened = clock(|| {
        for view in &mut views {
            let change = view.look(&board).unwrap();
            opening += serde_json::to_vec(&change).unwrap().len();
        }
    });
    println!("\n{VIEWERS} viewers of a board of {LARGE}, each with the top ten and eleven around");
    println!(
        "  a snapshot: {:.1} us and {} bytes (with encoding)",
        opened.as_secs_f64() * 1e6 / VIEWERS as f64,
        opening / VIEWERS
    );
    for (case, climb) in [
        ("twenty climb a little", 300),
        ("twenty climb a tenth", 100_000),
    ] {
        let (mut told, mut bytes, mut looks) = (0, 0, Vec::new());
        for tick in 0..TICKS {
            for _ in 0..20 {
                let who = dice.below(LARGE);
                let next = Total {
                    score: known[who].score + climb,
                    reached_at: Timestamp(i64::try_from(2_000_000 + tick).unwrap()),
                    version: known[who].version + 1,
                    ..known[who]
                };
                known[who] = next;
                board.apply([next]);
            }
            assert!(board.tick().is_some_and(|moves| moves.tick() > Tick(0)));
            let mut changes = Vec::new();
            looks.push(clock(|| {
                changes.extend(views.iter_mut().filter_map(|view| view.look(&board)));
            }));
            told += changes.len();
            for change in &changes {
                bytes += serde_json::to_vec(change).unwrap().len();
            }
        }
        println!(
            "  {case}: {:.0} us a tick, {:.1} viewers told, {} bytes each",
            median(looks).as_secs_f64() * 1e6,
            told as f64 / TICKS as f64,
            bytes.checked_div(told).unwrap_or_default(),
        );
    }
}

/// The same work at the same time by a Redis sorted set, asked by pipelines of 64.
pub(super) fn redis() {
    let Some(mut redis) = Redis::open() else {
        println!(
            "\nno Redis to stand beside: set LUDUS_TEST_REDIS, or have redis-server on the PATH"
        );
        return;
    };
    let mut hall = Hall::new(LARGE);
    redis.fill(&totals(&hall.subjects));
    println!(
        "\nbeside Redis, {LARGE} subjects, by id, pipelines of {}",
        Redis::DEEP
    );
    let names = hall.subjects.clone();
    let mut dice = Dice(42);
    let mut report = |name: &str, work: Work, asks: &mut dyn FnMut(usize)| {
        let (ours, theirs) = in_turns(64_000, times(work, &mut hall), asks);
        println!(
            "  {name:7} {ours:>10.0}/s, Redis {theirs:>8.0}/s, {:.1}x",
            ours / theirs
        );
    };
    let picks = |dice: &mut Dice, count: usize| -> Vec<_> {
        (0..count).map(|_| names[dice.below(LARGE)]).collect()
    };
    report("update", Hall::update, &mut |count| {
        let names = picks(&mut dice, count);
        redis.update(names.into_iter().map(|name| (name, dice.score())));
    });
    report("rank", Hall::rank, &mut |count| {
        redis.ranks(&picks(&mut dice, count));
    });
    report("around", Hall::around, &mut |count| {
        redis.around(&picks(&mut dice, count));
    });
}
