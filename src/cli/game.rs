//! `ludus rules`, `ludus ledger`, `ludus rescore`: what the rules would pay, and what they paid.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use ludus_domain::game::audit::Auditor;
use ludus_domain::game::calendar::Day;
use ludus_domain::game::deed::{Deed, Source};
use ludus_domain::game::gain::Award;
use ludus_domain::game::rules::RuleSet;
use ludus_domain::ids::{OrgId, Seq, UserId};
use ludus_domain::slug::RuleId;
use ludus_domain::stream::StreamId;

use super::people::{Desk, OrgFlag};
use super::{Trouble, say, verify};
use crate::config::Config;
use crate::game::rulebook;
use crate::game::trial::{self, Bound};
use crate::store::Store;
use crate::store::game::audit::{Standing, Taken};

#[derive(Debug, Subcommand)]
pub(super) enum RulesCommand {
    /// Say everything that is wrong with the shipped content and a folder over it
    #[command(after_help = "Example:
  ludus rules check ./my-content
      Each fault with file, line and field, and exit code 1 when there is one.")]
    Check {
        /// A folder as content.folder names it [default: the configured one]
        folder: Option<PathBuf>,
    },
    /// Say what a rule would have paid, and change nothing
    #[command(after_help = "Example:
  ludus rules try open-question --on journal --since 2026-11-01
      By everything that was done, under the rules as content has them now.")]
    Try {
        /// The id of the rule
        rule: RuleId,
        /// On what it is tried
        #[arg(long, value_enum, default_value = "journal")]
        on: TryOn,
        /// The first day that is counted, by each learner's calendar
        #[arg(long, value_name = "DAY")]
        since: Option<Day>,
        #[command(flatten)]
        org: OrgFlag,
    },
}

/// What a rule can be tried on.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum TryOn {
    /// Everything that was done
    Journal,
}

#[derive(Debug, Subcommand)]
pub(super) enum LedgerCommand {
    /// Compute everything again from the journals, by other code, and say where the store differs
    #[command(after_help = "Example:
  ludus ledger verify
      Exit code 1 when anything differs. What is done meanwhile may be told as a difference: with a
      busy hub, look again.")]
    Verify {
        #[command(flatten)]
        org: OrgFlag,
    },
}

#[derive(Debug, Args)]
pub(super) struct Rescore {
    /// E-mail address or id of one person [default: everybody]
    #[arg(long, value_name = "WHO")]
    user: Option<String>,
    /// Say what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    org: OrgFlag,
}

pub(super) async fn rules(config: &Config, command: &RulesCommand) -> Result<(), Trouble> {
    match command {
        RulesCommand::Check { folder } => {
            let folder = folder.as_deref().or(config.content.folder.as_deref());
            let Some(play) = rulebook::draft(folder, &[])? else {
                return say("There is no game in this content.");
            };
            let (game, set) = (&play.game, play.rules.set());
            say(format_args!(
                "All is well: {} rules, {} badges, {} quests, {} boards, {} leagues, {} contests.",
                set.rules.len(),
                set.badges.len(),
                set.quests.len(),
                game.boards.len(),
                game.leagues.len(),
                game.contests.len(),
            ))
        }
        RulesCommand::Try {
            rule,
            on: TryOn::Journal,
            since,
            org,
        } => {
            let desk = Desk::open(config).await?;
            let done = try_rule(config, &desk, rule, *since, org).await;
            desk.store.shutdown().await;
            done
        }
    }
}

pub(super) async fn ledger(config: &Config, command: &LedgerCommand) -> Result<(), Trouble> {
    let LedgerCommand::Verify { org } = command;
    let desk = Desk::open(config).await?;
    let done = async {
        let org = desk.org(org.org.as_deref()).await?;
        verify::verify(&desk.store, org.id).await
    }
    .await;
    desk.store.shutdown().await;
    done
}

pub(super) async fn rescore(config: &Config, command: &Rescore) -> Result<(), Trouble> {
    let desk = Desk::open(config).await?;
    let done = rescore_at(&desk, command).await;
    desk.store.shutdown().await;
    done
}

async fn try_rule(
    config: &Config,
    desk: &Desk,
    rule: &RuleId,
    since: Option<Day>,
    org: &OrgFlag,
) -> Result<(), Trouble> {
    let org = desk.org(org.org.as_deref()).await?;
    let (_, items) = desk.store.content(org.id).await?;
    let play = rulebook::draft(config.content.folder.as_deref(), &items)?;
    let known = play.filter(|play| play.rules.rule(rule).is_some());
    let Some(play) = known else {
        return Err(Trouble::Typed(format!(
            "There is no rule {rule}. See: ludus rules check, and content/rules"
        )));
    };
    let tried = trial::everybody(
        &desk.store,
        org.id,
        (play.rules.set(), rule),
        since,
        Bound::NONE,
    )
    .await?;
    let (mut times, mut points) = (0, 0);
    for paid in &tried.people {
        say(format_args!(
            "{:6} times {:8} points  {}  {}",
            paid.times, paid.points, paid.user, paid.name
        ))?;
        times += paid.times;
        points += paid.points;
    }
    let people = tried.people.len();
    say(format_args!(
        "{rule} would have paid {people} people {times} times, {points} points in all. Nothing was changed."
    ))
}

async fn rescore_at(desk: &Desk, command: &Rescore) -> Result<(), Trouble> {
    let org = desk.org(command.org.org.as_deref()).await?.id;
    let only = match &command.user {
        Some(who) => Some(desk.user(&command.org, who).await?.id),
        None => None,
    };
    let Some(game) = desk.store.game(org).await? else {
        return say("There are no rules in force here: nothing to do.");
    };
    let rules = desk.store.rules(org, game.rule_set).await?;
    let (mut people, mut lines, mut points) = (0_u64, 0, 0);
    let mut after = None;
    loop {
        let page = desk.store.standings_after(org, after).await?;
        for standing in &page {
            if only.is_some_and(|only| only != standing.user) {
                continue;
            }
            let (run, changes) = changes(&desk.store, org, standing.user, rules.set()).await?;
            if changes.is_empty() {
                continue;
            }
            if !command.dry_run {
                desk.store.rescore(org, standing.user, run).await?;
            }
            let sum: i64 = changes.iter().map(|line| line.points).sum();
            say(format_args!(
                "{:6} lines {sum:+8} points  {}",
                changes.len(),
                named(standing)
            ))?;
            let mut by_rule = BTreeMap::<&RuleId, i64>::new();
            for line in &changes {
                *by_rule.entry(&line.rule).or_default() += line.points;
            }
            for (rule, points) in by_rule {
                say(format_args!("                {points:+8} {rule}"))?;
            }
            people += 1;
            lines += changes.len();
            points += sum;
        }
        after = page.last().map(|standing| standing.user);
        if after.is_none() {
            break;
        }
    }
    let was = if command.dry_run {
        "would be: nothing was changed"
    } else {
        "were written"
    };
    say(format_args!(
        "{lines} lines for {people} people, {points:+} points, {was}."
    ))
}

/// The number of the next re-score of an account, and the lines it would add.
async fn changes(
    store: &Store,
    org: OrgId,
    user: UserId,
    set: &RuleSet,
) -> Result<(u32, Vec<Award>), Trouble> {
    let mut auditor = Auditor::new(user);
    let mut last = None;
    let mut run = 1;
    let mut after = 0;
    loop {
        let page = store.entries_after(org, user, after).await?;
        for Taken { entry, rule_set } in &page {
            let of_then = store.rules(org, rule_set.clone()).await?;
            auditor.take(entry, of_then.set());
            if matches!(entry.deed, Deed::Rescored { .. }) {
                run += 1;
            }
        }
        let Some(taken) = page.last() else { break };
        after = taken.entry.pos;
        last = Some(taken.entry.clone());
    }
    let Some(mut entry) = last else {
        return Ok((run, vec![]));
    };
    // As if it were the next thing that happens.
    entry.pos += 1;
    entry.deed = Deed::Rescored { run };
    entry.source = Source {
        stream: StreamId::Inbox(user),
        seq: Seq(u64::MAX),
        part: 0,
    };
    let before = auditor.awards().len();
    auditor.take(&entry, set);
    Ok((run, auditor.awards().iter().skip(before).cloned().collect()))
}

fn named(standing: &Standing) -> String {
    format!("{}  {}", standing.user, standing.name)
}
