//! A report as tables, in Markdown.

use std::fmt;

use super::{Outcome, Report, Run};

impl Report {
    /// Results of one server in one scenario, round by round.
    fn of<'a>(&'a self, scenario: &'a str, server: &'a str) -> impl Iterator<Item = &'a Run> {
        self.runs
            .iter()
            .filter(move |run| run.scenario == scenario && run.server == server)
    }

    fn median(
        &self,
        scenario: &str,
        server: &str,
        value: impl Fn(&Outcome) -> Option<f64>,
    ) -> Option<f64> {
        median(
            self.of(scenario, server)
                .filter_map(|run| value(&run.result))
                .collect(),
        )
    }

    /// The median of the ratios to a server, each within its round.
    fn ratio(&self, scenario: &str, server: &str, to: &str) -> Option<f64> {
        let ratios = self.of(scenario, server).filter_map(|run| {
            let other = self
                .of(scenario, to)
                .find(|other| other.round == run.round)?;
            Some(cpu(&run.result)? / cpu(&other.result)?)
        });
        median(ratios.collect())
    }

    fn names(&self, of: impl Fn(&Run) -> &str) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for run in &self.runs {
            if !names.iter().any(|name| name == of(run)) {
                names.push(of(run).to_owned());
            }
        }
        names
    }
}

fn cpu(outcome: &Outcome) -> Option<f64> {
    match outcome {
        Outcome::Load {
            cpu_per_million, ..
        } => Some(*cpu_per_million),
        _ => None,
    }
}

/// The middle of what there is.
pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) {
        let (low, high) = (values.get(middle.checked_sub(1)?)?, values.get(middle)?);
        return Some(f64::midpoint(*low, *high));
    }
    values.get(middle).copied()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scenarios, servers) = (
            self.names(|run| &run.scenario),
            self.names(|run| run.server),
        );
        writeln!(
            f,
            "Medians of {} interleaved rounds. The hub took its first connection after {:.0} ms, at {:.0} MiB.\n",
            self.rounds, self.hub_started_ms, self.hub_idle_mib
        )?;
        writeln!(
            f,
            "| scenario | server | CPU s/M | of epoll | p50 ms | p99 ms | delivered/s | lost | ack p50/p99 ms | events/commit | generator |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|---|---|---|---|")?;
        for scenario in &scenarios {
            for server in &servers {
                self.load_row(f, scenario, server)?;
            }
        }
        writeln!(f)?;
        for scenario in &scenarios {
            for server in &servers {
                self.other_row(f, scenario, server)?;
            }
        }
        Ok(())
    }
}

impl Report {
    fn load_row(&self, f: &mut fmt::Formatter<'_>, scenario: &str, server: &str) -> fmt::Result {
        let value = |of: &dyn Fn(&super::Seen) -> f64| {
            self.median(scenario, server, |outcome| match outcome {
                Outcome::Load { seen, .. } => Some(of(seen)),
                _ => None,
            })
        };
        let Some(cpu) = self.median(scenario, server, cpu) else {
            return Ok(());
        };
        let or = |value: Option<f64>| value.unwrap_or(f64::NAN);
        let ratio = self
            .ratio(scenario, server, "epoll")
            .map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
        let (acks, batch) = self.journal(scenario, server);
        let lost = or(value(&|seen| (seen.lost + seen.disordered) as f64));
        writeln!(
            f,
            "| {scenario} | {server} | {cpu:.1} | {ratio} | {:.2} | {:.2} | {:.0} | {lost:.0} | {acks} | {batch} | {:.0} % |",
            or(value(&|seen| seen.latency.p50)),
            or(value(&|seen| seen.latency.p99)),
            or(value(&|seen| seen.delivered_per_second())),
            or(value(&|seen| seen.own_cpu_seconds / seen.seconds * 100.0)),
        )
    }

    fn journal(&self, scenario: &str, server: &str) -> (String, String) {
        let ack = |of: &dyn Fn(&super::load::Late) -> f64| {
            self.median(scenario, server, |outcome| match outcome {
                Outcome::Load { seen, .. } => seen.ack.as_ref().map(of),
                _ => None,
            })
        };
        let batch = self.median(scenario, server, |outcome| match outcome {
            Outcome::Load {
                commits: Some(done),
                ..
            } if done.commits > 0.0 => Some(done.events / done.commits),
            _ => None,
        });
        let acks = ack(&|late| late.p50)
            .zip(ack(&|late| late.p99))
            .map_or_else(
                || "-".to_owned(),
                |(p50, p99)| format!("{p50:.1} / {p99:.1}"),
            );
        (
            acks,
            batch.map_or_else(|| "-".to_owned(), |batch| format!("{batch:.1}")),
        )
    }

    fn other_row(&self, f: &mut fmt::Formatter<'_>, scenario: &str, server: &str) -> fmt::Result {
        let value = |of: &dyn Fn(&Outcome) -> Option<f64>| self.median(scenario, server, of);
        if let Some(most) = value(&|outcome| match outcome {
            Outcome::Most {
                deliveries_per_second,
                ..
            } => Some(*deliveries_per_second),
            _ => None,
        }) {
            writeln!(f, "- {scenario}, {server}: {most:.0} deliveries/s held")?;
        }
        if let Some(each) = value(&|outcome| match outcome {
            Outcome::Idle { kib_each, .. } => Some(*kib_each),
            _ => None,
        }) {
            writeln!(
                f,
                "- {scenario}, {server}: {each:.1} KiB for each idle connection"
            )?;
        }
        let storms: Vec<_> = self
            .of(scenario, server)
            .filter_map(|run| match &run.result {
                Outcome::Storm { storm } => Some(storm),
                _ => None,
            })
            .collect();
        if !storms.is_empty() {
            let of = |value: &dyn Fn(&super::Storm) -> f64| {
                median(storms.iter().map(|storm| value(storm)).collect()).unwrap_or(f64::NAN)
            };
            writeln!(
                f,
                "- {scenario}, {server}: {} people, all there after {:.2} s (p50 {:.0} ms, p99 {:.0} ms), \
                 {:.1} presence frames each",
                storms.first().map_or(0, |storm| storm.people),
                of(&|storm| storm.all_s),
                of(&|storm| storm.late.p50),
                of(&|storm| storm.late.p99),
                of(&|storm| storm.presence_frames_each),
            )?;
        }
        for run in self.of(scenario, server) {
            if let Outcome::Boards { watched } = &run.result {
                writeln!(
                    f,
                    "- {scenario}, {server}: {} viewers, {:.0} lines/s: {:.0} frames/s ({:.1} at most to one), \
                     {:.0} bytes/s each, {:.1} CPU s/M frames, {} refused",
                    watched.viewers,
                    watched.lines as f64 / watched.seconds,
                    watched.frames as f64 / watched.seconds,
                    watched.most_each_per_second,
                    watched.bytes_each_per_second,
                    watched.cpu_per_million,
                    watched.refused,
                )?;
            }
            if let Outcome::Desk { desked } = &run.result {
                writeln!(
                    f,
                    "- {scenario}, {server}: {} learners, {:.0} lines/s: {:.1} frames/s at most to a coach, \
                     {:.0} bytes/s each, behind p50 {:.0} ms, p99 {:.0} ms, most {:.0} ms; {:.2} CPU with one coach, \
                     {:.1} ms/s for each more, {} refused",
                    desked.learners,
                    desked.lines as f64 / desked.seconds,
                    desked.frames_each_per_second,
                    desked.bytes_each_per_second,
                    desked.behind.p50,
                    desked.behind.p99,
                    desked.behind.max,
                    desked.cpu_with_one,
                    desked.cpu_ms_of_one_more,
                    desked.refused,
                )?;
            }
            if let Outcome::Failed { why } = &run.result {
                writeln!(
                    f,
                    "- {scenario}, {server}, round {}: FAILED: {why}",
                    run.round
                )?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0]), Some(2.5));
    }
}
