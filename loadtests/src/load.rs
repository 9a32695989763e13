//! Says lines at a steady rate, whether the server keeps up or not, and measures what comes of it.
//!
//! Open loop: a line is due when it is due; its latency is counted from then, also while the server
//! (or this generator) is late. Loss and order are seen by numbers in the lines, not believed.

use std::io;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::accounting::Family;
use crate::light::{Crowd, News, Sends};
use crate::marks::Mark;

/// Said before anything is counted.
const WARM_UP: Duration = Duration::from_secs(1);
/// What is on its way at the end may still arrive for so long.
const DRAIN: Duration = Duration::from_secs(5);
/// Nearer than this to the next line the generator does not sleep: a poll is a millisecond coarse.
const SPIN: Duration = Duration::from_millis(2);
/// Whatever takes longer is counted as this.
const LATE_US_MAX: u64 = 60_000_000;
const PAUSE_MAX: Duration = Duration::from_millis(50);

/// How a server is spoken to.
pub trait Dialect {
    /// A line said by a member of a room: whose connection, and the bytes.
    fn say(&mut self, room: usize, sender: usize, line: &str, due_us: u64) -> (usize, Vec<u8>);
    /// Whatever came that is no line of the load.
    fn hears(&mut self, who: usize, payload: &[u8], now_us: u64, sends: &mut Sends);
    /// Latencies of answers to those who spoke, and how many were refused.
    fn answers(&mut self) -> Answers;
}

/// What became of those who spoke.
#[derive(Debug, Default)]
pub struct Answers {
    pub latency: Option<Histogram<u64>>,
    pub refused: u64,
}

/// Who is there, and what they do.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub rooms: usize,
    pub members: usize,
    pub senders: usize,
    /// Lines per second of each room.
    pub rate: f64,
    pub bytes: usize,
    pub window: Duration,
}

/// Percentiles, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Late {
    pub p50: f64,
    pub p99: f64,
    pub p999: f64,
    pub max: f64,
}

/// What was seen.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Seen {
    /// In the window, as are the deliveries and the times.
    pub seconds: f64,
    pub deliveries: u64,
    /// What would have been delivered by a server that keeps up.
    pub offered: f64,
    /// Numbers that a member should have seen and did not, over the whole load.
    pub lost: u64,
    /// Numbers that came twice or late.
    pub disordered: u64,
    pub refused: u64,
    pub cpu_seconds: f64,
    /// The generator's own: near 1 per second it is what is measured.
    pub own_cpu_seconds: f64,
    pub resident_kib: u64,
    pub latency: Late,
    pub ack: Option<Late>,
}

impl Seen {
    /// Server seconds per million deliveries.
    pub fn cpu_per_million(&self) -> f64 {
        self.cpu_seconds / self.deliveries.max(1) as f64 * 1e6
    }

    pub fn delivered_per_second(&self) -> f64 {
        self.deliveries as f64 / self.seconds.max(0.001)
    }
}

impl Late {
    pub fn of(histogram: &Histogram<u64>) -> Self {
        let ms = |share| histogram.value_at_quantile(share) as f64 / 1_000.0;
        Self {
            p50: ms(0.5),
            p99: ms(0.99),
            p999: ms(0.999),
            max: histogram.max() as f64 / 1_000.0,
        }
    }
}

/// Latencies in microseconds, up to a minute, to three digits.
pub fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LATE_US_MAX, 3)
        .unwrap_or_else(|_| unreachable!("these bounds are good"))
}

pub fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Who has seen which numbers.
#[derive(Debug)]
struct Ledger {
    senders: usize,
    members: usize,
    /// The next number of each sender, for each connection.
    next: Vec<u32>,
    /// How many lines each sender of each room said.
    said: Vec<u32>,
    lost: u64,
    disordered: u64,
    arrived: u64,
}

impl Ledger {
    fn new(plan: &Plan) -> Self {
        Self {
            senders: plan.senders,
            members: plan.members,
            next: vec![0; plan.rooms * plan.members * plan.senders],
            said: vec![0; plan.rooms * plan.senders],
            lost: 0,
            disordered: 0,
            arrived: 0,
        }
    }

    fn speak(&mut self, room: usize, sender: usize) -> u32 {
        let said = &mut self.said[room * self.senders + sender];
        *said += 1;
        *said - 1
    }

    fn take(&mut self, who: usize, mark: Mark) {
        let at = who * self.senders + usize::from(mark.sender);
        let Some(next) = self.next.get_mut(at) else {
            self.disordered += 1;
            return;
        };
        self.arrived += 1;
        if mark.number < *next {
            self.disordered += 1;
            return;
        }
        self.lost += u64::from(mark.number - *next);
        *next = mark.number + 1;
    }

    fn expected(&self) -> u64 {
        let said: u64 = self.said.iter().map(|said| u64::from(*said)).sum();
        said * self.members as u64
    }

    /// With what never came at the end.
    fn lost(&self) -> u64 {
        let mut lost = self.lost;
        for (at, next) in self.next.iter().enumerate() {
            let (who, sender) = (at / self.senders, at % self.senders);
            let said = self.said[who / self.members * self.senders + sender];
            lost += u64::from(said.saturating_sub(*next));
        }
        lost
    }
}

/// Runs one load against the crowd's server.
pub fn run(
    crowd: &mut Crowd,
    dialect: &mut dyn Dialect,
    plan: &Plan,
    server: Family,
) -> io::Result<Seen> {
    let own = Family(std::process::id());
    let (mut ledger, mut latency) = (Ledger::new(plan), histogram());
    let per_second = plan.rate * plan.rooms as f64;
    let due_of = |line: u64| Duration::from_secs_f64(line as f64 / per_second);
    let (mut line, mut counted) = (0_u64, 0_u64);
    let mut window: Option<(Instant, f64, f64)> = None;
    let mut seen = Seen::default();
    let begin = Instant::now();
    let end = WARM_UP + plan.window;
    loop {
        let now = begin.elapsed();
        if window.is_none() && now >= WARM_UP {
            window = Some((Instant::now(), server.cpu_seconds(), own.own_cpu_seconds()));
            counted = 0;
            latency.clear();
            dialect.answers();
        }
        if now >= end {
            break;
        }
        while due_of(line) <= now {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "remainders of small numbers"
            )]
            let (room, turn) = (
                (line % plan.rooms as u64) as usize,
                line / plan.rooms as u64,
            );
            let sender = usize::try_from(turn % plan.senders as u64).unwrap_or(0);
            let due_us = micros(due_of(line));
            let mark = Mark {
                sender: u16::try_from(sender).unwrap_or(0),
                number: ledger.speak(room, sender),
                due_us,
            };
            let (who, bytes) = dialect.say(room, sender, &mark.line(plan.bytes), due_us);
            crowd.send(who, &bytes);
            line += 1;
        }
        let pause = due_of(line)
            .saturating_sub(begin.elapsed() + SPIN)
            .min(PAUSE_MAX);
        counted += turn(crowd, dialect, &mut ledger, &mut latency, begin, pause)?;
    }
    if let Some((since, cpu, own_cpu)) = window {
        seen.seconds = since.elapsed().as_secs_f64();
        seen.cpu_seconds = server.cpu_seconds() - cpu;
        seen.own_cpu_seconds = own.own_cpu_seconds() - own_cpu;
    }
    seen.deliveries = counted;
    let members = plan.members as f64;
    seen.offered = per_second * members * seen.seconds;
    let patience = Instant::now() + DRAIN;
    while ledger.arrived < ledger.expected() && Instant::now() < patience {
        turn(
            crowd,
            dialect,
            &mut ledger,
            &mut latency,
            begin,
            Duration::from_millis(5),
        )?;
    }
    let answers = dialect.answers();
    seen.latency = Late::of(&latency);
    seen.ack = answers.latency.as_ref().map(Late::of);
    seen.refused = answers.refused;
    seen.lost = ledger.lost();
    seen.disordered = ledger.disordered;
    seen.resident_kib = server.resident_kib();
    Ok(seen)
}

/// Takes what came; how many lines it was.
fn turn(
    crowd: &mut Crowd,
    dialect: &mut dyn Dialect,
    ledger: &mut Ledger,
    latency: &mut Histogram<u64>,
    begin: Instant,
    pause: Duration,
) -> io::Result<u64> {
    let mut count = 0;
    crowd.turn(pause, &mut |who, news, sends| {
        let News::Said(payload) = news else {
            return;
        };
        let now_us = micros(begin.elapsed());
        let Some(mark) = Mark::find(payload) else {
            return dialect.hears(who, payload, now_us, sends);
        };
        // NATS puts several lines into one message; the others of ours never do.
        let mut rest = payload;
        let mut mark = Some(mark);
        while let Some(found) = mark {
            ledger.take(who, found);
            latency.saturating_record(now_us.saturating_sub(found.due_us));
            count += 1;
            rest = after_mark(rest);
            mark = Mark::find(rest);
        }
    })?;
    Ok(count)
}

/// What follows the first mark.
fn after_mark(payload: &[u8]) -> &[u8] {
    let end = payload
        .windows(2)
        .position(|two| two == b"^^")
        .map_or(payload.len(), |at| at + 29);
    payload.get(end..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: Plan = Plan {
        rooms: 2,
        members: 2,
        senders: 1,
        rate: 1.0,
        bytes: 0,
        window: Duration::ZERO,
    };

    fn mark(number: u32) -> Mark {
        Mark {
            sender: 0,
            number,
            due_us: 0,
        }
    }

    #[test]
    fn what_is_missing_twice_or_late_is_counted() {
        let mut ledger = Ledger::new(&PLAN);
        for _ in 0..3 {
            ledger.speak(0, 0);
        }
        for number in 0..3 {
            ledger.take(0, mark(number));
        }
        assert_eq!(
            (ledger.lost(), ledger.disordered),
            (3, 0),
            "the other member has seen nothing"
        );
        ledger.take(1, mark(0));
        ledger.take(1, mark(2));
        assert_eq!(
            (ledger.lost(), ledger.disordered),
            (1, 0),
            "one was left out"
        );
        ledger.take(1, mark(1));
        ledger.take(1, mark(2));
        assert_eq!((ledger.lost(), ledger.disordered), (1, 2), "late and twice");
    }

    #[test]
    fn latencies_are_kept_whatever_their_size() {
        let mut latency = histogram();
        for us in [3, 2_500, 70_000_000] {
            latency.saturating_record(us);
        }
        let late = Late::of(&latency);
        assert!(
            (2.4..2.6).contains(&late.p50) && late.max > 59_000.0,
            "{late:?}"
        );
    }

    #[test]
    fn lines_that_come_together_are_all_found() {
        let two = format!(
            "MSG r 1 40\r\n{}\r\nMSG r 1 40\r\n{}\r\n",
            mark(1).line(40),
            mark(2).line(40)
        );
        assert_eq!(Mark::find(after_mark(two.as_bytes())), Some(mark(2)));
        assert_eq!(after_mark(after_mark(two.as_bytes())).len(), 40 - 29 + 2);
    }
}
