//! What a server costs, as its operating system counts it (Linux).

use std::fs;

/// Ticks of `/proc/PID/stat` in a second. It is 100 on every Linux there is.
const TICKS_PER_SECOND: f64 = 100.0;

/// A process and all it started.
#[derive(Clone, Copy, Debug)]
pub struct Family(pub u32);

impl Family {
    /// Seconds of processor time so far, in user and system mode.
    pub fn cpu_seconds(self) -> f64 {
        let ticks: u64 = self
            .members()
            .iter()
            .filter_map(|pid| stat(*pid))
            .map(|stat| stat.ticks)
            .sum();
        let ticks = ticks as f64;
        ticks / TICKS_PER_SECOND
    }

    /// The same of this process alone, without what it started.
    pub fn own_cpu_seconds(self) -> f64 {
        stat(self.0).map_or(0.0, |stat| stat.ticks as f64 / TICKS_PER_SECOND)
    }

    /// Resident memory.
    pub fn resident_kib(self) -> u64 {
        self.members()
            .iter()
            .filter_map(|pid| resident_kib(*pid))
            .sum()
    }

    fn members(self) -> Vec<u32> {
        let everybody: Vec<(u32, u32)> = fs::read_dir("/proc")
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter_map(|pid| Some((pid, stat(pid)?.parent)))
            .collect();
        let mut family = vec![self.0];
        let mut at = 0;
        while let Some(parent) = family.get(at).copied() {
            family.extend(
                everybody
                    .iter()
                    .filter(|(_, of)| *of == parent)
                    .map(|(pid, _)| *pid),
            );
            at += 1;
        }
        family
    }
}

struct Stat {
    parent: u32,
    ticks: u64,
}

fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name may have spaces and parentheses in it; what follows the last one has not.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Stat {
        parent: u32::try_from(number(1)?).ok()?,
        ticks: number(11)? + number(12)?,
    })
}

fn resident_kib(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_process_is_seen_to_be_busy() {
        let own = Family(std::process::id());
        let before = own.cpu_seconds();
        let begin = std::time::Instant::now();
        let mut sum = 0_u64;
        while begin.elapsed().as_millis() < 100 || own.cpu_seconds() <= before {
            sum = std::hint::black_box(sum.wrapping_add(1));
            assert!(begin.elapsed().as_secs() < 20, "no time was counted");
        }
        assert!(own.resident_kib() > 500);
    }
}
