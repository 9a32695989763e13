//! How many lines of talk one core reads per second: `cargo run --release --example signals_speed -p ludus-domain`.
//!
//! The lines are those of the labelled tests, in both languages; each is read as while somebody writes: its
//! language found, its facts and marks, the hints they give, and the five scores.

#![expect(clippy::print_stdout, reason = "an example prints what it found")]
#![expect(
    clippy::disallowed_methods,
    reason = "measures this process by the clock on the wall"
)]

use std::hint::black_box;
use std::time::Instant;

use ludus_domain::content::ContentFault;
use ludus_domain::signals::{
    Context, Lexicons, LineFacts, Quality, hints, read, read_with_spans, slips,
};

const ROUNDS: usize = 400;

fn main() -> Result<(), Vec<ContentFault>> {
    let lexicons = Lexicons::shipped()?;
    let files = [
        include_str!("../tests/signals/en.txt"),
        include_str!("../tests/signals/de.txt"),
    ];
    let lines: Vec<&str> = files
        .iter()
        .flat_map(|file| file.lines())
        .filter_map(|line| line.split_once('|'))
        .map(|(_, text)| text.trim())
        .collect();
    let long = lines.join(" ").chars().take(4_000).collect::<String>();

    measure("facts alone, language known", &lines, |line| {
        black_box(read(line, lexicons.of(ludus_domain::signals::Lang::EN)));
    });
    measure("language, facts, marks, hints and scores", &lines, |line| {
        let lexicon = lexicons.for_line(line, None);
        let (facts, spans) = read_with_spans(line, lexicon);
        black_box(hints(&facts, &spans, &[], &Context::default()));
        black_box(Quality::ALL.map(|quality| quality.score(&facts)));
    });
    measure("the same, lines of 4,000 characters", &[&long], |line| {
        let lexicon = lexicons.for_line(line, None);
        let (facts, spans) = read_with_spans(line, lexicon);
        black_box(hints(&facts, &spans, &[], &Context::default()));
        black_box(Quality::ALL.map(|quality| quality.score(&facts)));
    });
    measure("slips alone", &lines, |line| {
        black_box(slips(line, lexicons.for_line(line, None)));
    });
    measure(
        "slips, every word wrong",
        &[
            "happenning wonderd diferent importent improoved custmer probelm expesive estimat negociate exampel allways steet comittee frendly",
        ],
        |line| {
            black_box(slips(line, lexicons.of(ludus_domain::signals::Lang::EN)));
        },
    );
    println!("facts of a line take {} bytes", size_of::<LineFacts>());
    Ok(())
}

fn measure(what: &str, lines: &[&str], each: impl Fn(&str)) {
    for line in lines {
        each(line);
    }
    let started = Instant::now();
    for _ in 0..ROUNDS {
        for line in lines {
            each(line);
        }
    }
    let taken = started.elapsed().as_micros().max(1);
    let read = (lines.len() * ROUNDS) as u128;
    let bytes = lines.iter().map(|line| line.len()).sum::<usize>() as u128 * ROUNDS as u128;
    println!(
        "{what}: {} lines/s ({} bytes each on average, {} MB/s)",
        read * 1_000_000 / taken,
        bytes / read,
        bytes / taken,
    );
}
