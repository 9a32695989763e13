//! A client as it should be: keeps what has no answer, sends it again in order, resumes from where
//! it was. And as it should not be: repeats itself, gives up connections, changes its mind.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use ludus_domain::audience::Viewer;
use ludus_domain::host::Answer;
use ludus_domain::ids::{CommandId, Seq, UserId};
use ludus_domain::journal::Fact;
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use ludus_domain::room::{Command, Event, Moment, Sender};

use super::Script;
use super::chance::Chance;
use super::node::{ConnId, Down};
use super::store::Store;

/// A command without an answer.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) id: CommandId,
    pub(super) command: Command,
    pub(super) since_ms: i64,
    /// Which connections were given a copy. A refusal over one says nothing about a copy that is
    /// still on its way over another.
    pub(super) given_to: BTreeSet<ConnId>,
}

/// One client of one user.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) user: UserId,
    pub(super) role: Role,
    script: Script,
    pub(super) conn: Option<ConnId>,
    /// How far it has come in the stream.
    pub(super) position: Seq,
    pub(super) unanswered: VecDeque<Asked>,
    /// Told to come again.
    pub(super) turned_away: Vec<Asked>,
    pub(super) acked: BTreeMap<CommandId, (Command, Seq, u32)>,
    pub(super) refused: Vec<(Asked, Refusal)>,
    lines: Vec<Seq>,
    said: u32,
    pub(super) resets: u32,
}

impl Client {
    pub(super) fn new(user: UserId, role: Role, script: Script) -> Self {
        Self {
            user,
            role,
            script,
            conn: None,
            position: Seq::ZERO,
            unanswered: VecDeque::new(),
            turned_away: vec![],
            acked: BTreeMap::new(),
            refused: vec![],
            lines: vec![],
            said: 0,
            resets: 0,
        }
    }

    pub(super) fn viewer(&self) -> Viewer {
        Viewer {
            user: self.user,
            role: self.role,
            guest: false,
        }
    }

    pub(super) fn sender(&self) -> Sender {
        Sender {
            user: self.user,
            role: self.role,
            guest: false,
            name: "somebody".into(),
            session: None,
            moment: Moment::default(),
        }
    }

    pub(super) fn is_settled(&self, head: Seq) -> bool {
        self.conn.is_some()
            && self.unanswered.is_empty()
            && self.turned_away.is_empty()
            && self.position == head
    }

    /// When it acts next, after `now`.
    pub(super) fn pause(&self, now: i64, chance: &mut Chance) -> i64 {
        match &self.script {
            Script::Free => chance.between(10, 60),
            Script::Repeat { every_ms, .. } => chance.between(1, (every_ms * 2).max(1)),
            Script::At(moments) => moments
                .iter()
                .find(|(at, _)| *at > now)
                .map_or(50, |(at, _)| (at - now).min(50)),
        }
    }

    /// What it asks now: a new command, or one it had an answer to already.
    pub(super) fn wish(
        &mut self,
        now: i64,
        everybody: &[UserId],
        chance: &mut Chance,
    ) -> Option<(CommandId, Command)> {
        let command = match &mut self.script {
            Script::Free => {
                if chance.one_in(12)
                    && let Some(again) = self.again(chance)
                {
                    return Some(again);
                }
                self.invent(everybody, chance)
            }
            Script::Repeat { commands, .. } => chance.pick(commands)?.clone(),
            Script::At(moments) => {
                let due = moments.iter().position(|(at, _)| *at <= now)?;
                moments.remove(due).1
            }
        };
        Some((CommandId(chance.uuid()), command))
    }

    fn again(&self, chance: &mut Chance) -> Option<(CommandId, Command)> {
        let index = chance.below(self.acked.len());
        let (id, (command, ..)) = self.acked.iter().nth(index)?;
        Some((*id, command.clone()))
    }

    fn invent(&mut self, everybody: &[UserId], chance: &mut Chance) -> Command {
        let user = chance.pick(everybody).copied().unwrap_or(self.user);
        let line = chance.pick(&self.lines).copied();
        match (chance.below(100), line) {
            (0..8, _) => Command::Join { code: None },
            (8..11, _) => Command::Leave {},
            (11..19, _) => Command::Mute {
                user,
                muted: chance.one_in(2),
                minutes: None,
            },
            (19..22, _) => Command::Pause {},
            (22..26, _) => Command::Unpause {},
            (26, _) => Command::Remove { user },
            (27..32, _) => Command::Invite { user },
            (32..36, _) => Command::RaiseHand {
                up: chance.one_in(2),
                user: None,
            },
            (36..44, Some(line)) => Command::React {
                line,
                emoji: "👍".into(),
                on: true,
            },
            (44..48, Some(line)) => Command::Edit {
                line,
                text: "better".into(),
            },
            (48..51, Some(line)) => Command::Retract { line },
            (51, _) if chance.one_in(10) => Command::End {},
            _ => {
                self.said += 1;
                Command::Say {
                    text: format!("line {}", self.said),
                    reply_to: None,
                    mentions: vec![],
                }
            }
        }
    }

    /// Takes a frame in, and says what is wrong with it.
    pub(super) fn hear(&mut self, down: Down, store: &Store) -> Result<(), String> {
        match down {
            Down::Event(event) => {
                self.advance(event.seq, event.seq)?;
                let stored = store.event(event.seq);
                if stored != Some(&*event) {
                    return Err(format!("was shown {}, which is not stored so", event.seq));
                }
                if !event.audience.admits(self.viewer()) {
                    return Err(format!("was shown {}, which is not theirs", event.seq));
                }
                if let Fact::Room(Event::Said { .. }) = event.fact {
                    self.lines.push(event.seq);
                }
                Ok(())
            }
            Down::Skip { from, to } => {
                self.advance(from, to)?;
                let theirs = (from.0..=to.0).find(|seq| {
                    let stored = store.event(Seq(*seq));
                    stored.is_none_or(|event| event.audience.admits(self.viewer()))
                });
                match theirs {
                    Some(seq) => Err(format!("was told to skip {seq}, which is theirs")),
                    None => Ok(()),
                }
            }
            Down::Subscribed { head } if head == self.position => Ok(()),
            Down::Subscribed { head } => Err(format!(
                "was told it has everything to {head}, and has {}",
                self.position
            )),
            Down::Reset { head } => {
                self.resets += 1;
                self.position = head;
                Ok(())
            }
            Down::Answer { id, answer } => self.answered(id, answer),
        }
    }

    fn advance(&mut self, from: Seq, to: Seq) -> Result<(), String> {
        let at = self.position;
        if from != at.next() {
            return Err(format!("got {from} after {at}"));
        }
        self.position = to;
        Ok(())
    }

    fn answered(&mut self, id: CommandId, answer: Answer) -> Result<(), String> {
        let index = self.unanswered.iter().position(|asked| asked.id == id);
        let asked = index.and_then(|index| self.unanswered.remove(index));
        match answer {
            Answer::Ack { seq, count, .. } => {
                if let Some((_, first, first_count)) = self.acked.get(&id) {
                    if (*first, *first_count) != (seq, count) {
                        return Err(format!(
                            "had {id} acknowledged at {first}, and again at {seq}"
                        ));
                    }
                } else if let Some((refused, code)) = self.refused.iter().find(|(a, _)| a.id == id)
                    && refused.given_to.len() == 1
                {
                    return Err(format!(
                        "had {id} refused ({}), and then acknowledged",
                        code.code()
                    ));
                }
                if let Some(asked) = asked
                    && count > 0
                {
                    self.acked.insert(id, (asked.command, seq, count));
                }
                Ok(())
            }
            Answer::Nack { code, .. } => {
                let Some(asked) = asked else { return Ok(()) };
                let is_turned_away = matches!(
                    code,
                    Refusal::Unavailable | Refusal::Conflict | Refusal::Internal
                );
                if is_turned_away {
                    self.turned_away.push(asked);
                } else if self.acked.contains_key(&id) {
                    return Err(format!(
                        "had {id} acknowledged, and then refused ({})",
                        code.code()
                    ));
                } else {
                    self.refused.push((asked, code));
                }
                Ok(())
            }
        }
    }
}
