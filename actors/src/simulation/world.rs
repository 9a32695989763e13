//! What happens, in which order: the queue of happenings, the nemesis, and the final judgement.

mod verdict;

use std::collections::BTreeMap;

use ludus_domain::host::Answer;
use ludus_domain::ids::{CommandId, Seq, UserId};
use ludus_domain::journal::Fault;
use ludus_domain::protocol::Position;
use ludus_domain::role::Role;
use ludus_domain::room::Command;
use ludus_domain::time::Timestamp;

use super::chance::Chance;
use super::client::{Asked, Client};
use super::floor::SteppedIn;
use super::node::{Ask, ConnId, Down, Loaded, Out, Process, Told, Up};
use super::stage::{Played, TICK_MS, Turns, open_room};
use super::store::Store;
use super::{Breach, Settings};

/// How long everything may take to settle once nothing goes wrong any more.
const SETTLE_MS: i64 = 20_000;
/// Events a process remembers at start: few, so that resuming often has to ask the store.
const TAIL: usize = 8;
/// Events of one read: few, so that catching up takes several.
const READ: usize = 16;
/// How often a node looks at the heads of the store.
const SWEEP_MS: i64 = 500;
/// How long a client waits for an answer before it tries another connection.
const PATIENCE_MS: i64 = 1_500;

/// What a run saw, so that a proof of nothing is seen to be one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub steps: u64,
    pub events: u64,
    pub acknowledged: u64,
    pub repeats: u64,
    pub refused: u64,
    pub turned_away: u64,
    pub crashes: u64,
    pub resets: u64,
    pub members: usize,
    pub stepped_in: SteppedIn,
}

#[derive(Debug)]
enum Happening {
    Wake {
        client: usize,
    },
    Up {
        conn: ConnId,
        up: Up,
    },
    Down {
        conn: ConnId,
        down: Down,
    },
    /// The client notices that its connection is gone.
    Lost {
        conn: ConnId,
    },
    Reach {
        node: usize,
        life: u32,
        ask: Ask,
        retried: bool,
    },
    Told {
        node: usize,
        life: u32,
        told: Told,
    },
    Bell {
        node: usize,
        head: Seq,
    },
    Sweep {
        node: usize,
    },
    /// A word is said.
    Tick {
        node: usize,
    },
    Crash {
        node: usize,
    },
    Start {
        node: usize,
    },
    StoreGoes,
    StoreComes,
}

#[derive(Debug)]
struct Node {
    life: u32,
    process: Option<Process>,
}

#[derive(Debug)]
struct Conn {
    client: usize,
    node: usize,
    life: u32,
    /// Nothing overtakes on a connection.
    up_at: i64,
    down_at: i64,
}

/// A cluster.
#[derive(Debug)]
pub struct World {
    seed: u64,
    settings: Settings,
    now: i64,
    chance: Chance,
    store: Store,
    turns: Turns,
    is_store_up: bool,
    nodes: Vec<Node>,
    clients: Vec<Client>,
    everybody: Vec<UserId>,
    roles: BTreeMap<UserId, Role>,
    conns: BTreeMap<ConnId, Conn>,
    conn_count: ConnId,
    queue: BTreeMap<(i64, u64), Happening>,
    ticket: u64,
    broken: Option<String>,
    report: Report,
}

impl World {
    pub fn new(seed: u64, settings: Settings) -> Self {
        let mut chance = Chance::new(seed);
        let everybody: Vec<UserId> = (0..settings.parts.len())
            .map(|index| UserId(uuid::Uuid::from_u128(1_000 + index as u128)))
            .collect();
        let clients: Vec<Client> = settings
            .parts
            .iter()
            .zip(&everybody)
            .map(|(part, user)| Client::new(*user, part.role, part.script.clone()))
            .collect();
        let store = open_room(&settings, &everybody);
        let mut world = Self {
            seed,
            now: 0,
            store,
            turns: Turns::default(),
            is_store_up: true,
            nodes: (0..settings.nodes)
                .map(|_| Node {
                    life: 0,
                    process: None,
                })
                .collect(),
            roles: clients.iter().map(|c| (c.user, c.role)).collect(),
            clients,
            everybody,
            conns: BTreeMap::new(),
            conn_count: 0,
            queue: BTreeMap::new(),
            ticket: 0,
            broken: None,
            report: Report::default(),
            chance: Chance::new(0),
            settings,
        };
        world.chance = chance.clone();
        for node in 0..world.nodes.len() {
            world.after(0, Happening::Start { node });
            world.after(chance.between(0, SWEEP_MS), Happening::Sweep { node });
            if world.settings.scene {
                world.after(chance.between(0, TICK_MS), Happening::Tick { node });
            }
        }
        for client in 0..world.clients.len() {
            world.after(chance.between(1, 30), Happening::Wake { client });
        }
        world.plan_trouble(&mut chance);
        world
    }

    /// What will go wrong, and that it ends.
    fn plan_trouble(&mut self, chance: &mut Chance) {
        let trouble = self.settings.trouble_ms;
        for node in 0..self.nodes.len() {
            for _ in 0..chance.below(3) {
                let at = chance.between(50, trouble);
                let back = (at + chance.between(20, 400)).min(trouble);
                self.after(at, Happening::Crash { node });
                self.after(back, Happening::Start { node });
            }
            self.after(trouble, Happening::Start { node });
        }
        for _ in 0..chance.below(3) {
            let at = chance.between(50, trouble);
            let back = (at + chance.between(20, 300)).min(trouble);
            self.after(at, Happening::StoreGoes);
            self.after(back, Happening::StoreComes);
        }
        self.after(trouble, Happening::StoreComes);
    }

    fn after(&mut self, ms: i64, happening: Happening) {
        self.ticket += 1;
        self.queue.insert((self.now + ms, self.ticket), happening);
    }

    fn is_calm(&self) -> bool {
        self.now > self.settings.trouble_ms
    }

    /// Lets it all happen.
    pub fn run(mut self) -> Result<Report, Breach> {
        while let Some(((at, _), happening)) = self.queue.pop_first() {
            self.now = at;
            self.report.steps += 1;
            self.happen(happening);
            if let Some(says) = self.broken.take() {
                return Err(self.breach(says));
            }
            if self.is_calm() && self.is_settled() {
                return match self.judge() {
                    Some(says) => Err(self.breach(says)),
                    None => Ok(self.sum_up()),
                };
            }
            if at > self.settings.trouble_ms + SETTLE_MS {
                break;
            }
        }
        let says = self.unsettled();
        Err(self.breach(says))
    }

    fn breach(&self, says: String) -> Breach {
        Breach {
            seed: self.seed,
            at_ms: self.now,
            says,
        }
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Wake { client } => self.wake(client),
            Happening::Up { conn, up } => self.up(conn, up),
            Happening::Down { conn, down } => self.down(conn, down),
            Happening::Lost { conn } => self.lose(conn),
            Happening::Reach {
                node,
                life,
                ask,
                retried,
            } => self.reach(node, life, ask, retried),
            Happening::Told { node, life, told } => {
                if self.nodes[node].life == life
                    && let Some(process) = &mut self.nodes[node].process
                {
                    let out = process.told(told);
                    self.emit(node, out);
                }
            }
            Happening::Bell { node, head } => self.bell(node, head),
            Happening::Sweep { node } => {
                if self.is_store_up {
                    let head = self.store.head();
                    self.bell(node, head);
                }
                self.after(SWEEP_MS, Happening::Sweep { node });
            }
            Happening::Tick { node } => {
                if let Some(process) = &mut self.nodes[node].process {
                    let out = process.tick(Timestamp(self.now));
                    self.emit(node, out);
                }
                self.after(TICK_MS, Happening::Tick { node });
            }
            Happening::Crash { node } => self.crash(node),
            Happening::Start { node } => {
                if self.nodes[node].process.is_none() {
                    let chance = Chance::new(self.seed ^ self.ticket);
                    let identity = (u64::from(self.nodes[node].life) << 8) | node as u64;
                    let (process, out) = Process::start(self.settings.planted, chance, identity);
                    self.nodes[node].process = Some(process);
                    self.emit(node, out);
                }
            }
            Happening::StoreGoes => self.is_store_up = false,
            Happening::StoreComes => self.is_store_up = true,
        }
    }

    fn wake(&mut self, client: usize) {
        let pause = self.clients[client].pause(self.now, &mut self.chance);
        self.after(pause, Happening::Wake { client });
        let is_stuck = self.clients[client]
            .unanswered
            .front()
            .is_some_and(|asked| self.now - asked.since_ms > PATIENCE_MS);
        let is_cut = !self.is_calm() && self.chance.one_in(40);
        if let Some(conn) = self.clients[client].conn
            && (is_stuck || is_cut)
        {
            self.hang_up(conn);
        }
        if self.clients[client].conn.is_none() {
            self.connect(client);
        }
        if let Some(asked) = self.clients[client].turned_away.pop() {
            let (id, command) = (asked.id, asked.command.clone());
            self.clients[client].unanswered.push_back(Asked {
                since_ms: self.now,
                ..asked
            });
            self.dispatch(client, id, command);
        }
        if !self.is_calm()
            && let Some((id, command)) =
                self.clients[client].wish(self.now, &self.everybody, &mut self.chance)
        {
            self.ask(client, id, command);
        }
    }

    fn connect(&mut self, client: usize) {
        let node = self.chance.below(self.nodes.len());
        if self.nodes[node].process.is_none() {
            return;
        }
        self.conn_count += 1;
        let conn = self.conn_count;
        self.conns.insert(
            conn,
            Conn {
                client,
                node,
                life: self.nodes[node].life,
                up_at: 0,
                down_at: 0,
            },
        );
        let now = self.now;
        let one = &mut self.clients[client];
        one.conn = Some(conn);
        let hello = Up::Hello {
            viewer: one.viewer(),
            since: Position {
                epoch: self.store.epoch,
                seq: one.position,
            },
        };
        let again: Vec<(CommandId, Command)> = one
            .unanswered
            .iter_mut()
            .map(|asked| {
                asked.since_ms = now;
                (asked.id, asked.command.clone())
            })
            .collect();
        self.send_up(conn, hello);
        for (id, command) in again {
            self.dispatch(client, id, command);
        }
    }

    fn ask(&mut self, client: usize, id: CommandId, command: Command) {
        let one = &mut self.clients[client];
        if !one.unanswered.iter().any(|asked| asked.id == id) {
            one.unanswered.push_back(Asked {
                id,
                command: command.clone(),
                since_ms: self.now,
                given_to: [].into(),
            });
        }
        self.dispatch(client, id, command);
    }

    fn dispatch(&mut self, client: usize, id: CommandId, command: Command) {
        let one = &mut self.clients[client];
        let Some(conn) = one.conn else { return };
        if let Some(asked) = one.unanswered.iter_mut().find(|asked| asked.id == id) {
            asked.given_to.insert(conn);
        }
        let up = Up::Command {
            sender: one.sender(),
            id,
            command,
        };
        self.send_up(conn, up);
    }

    fn send_up(&mut self, conn: ConnId, up: Up) {
        let latency = self.chance.between(1, 10);
        let Some(place) = self.conns.get_mut(&conn) else {
            return;
        };
        place.up_at = place.up_at.max(self.now + latency);
        let wait = place.up_at - self.now;
        self.after(wait, Happening::Up { conn, up });
    }

    fn up(&mut self, conn: ConnId, up: Up) {
        let Some(place) = self.conns.get(&conn) else {
            return;
        };
        let (index, life) = (place.node, place.life);
        let node = &mut self.nodes[index];
        if node.life == life
            && let Some(process) = &mut node.process
        {
            let out = process.hear(conn, up);
            self.emit(index, out);
        }
    }

    fn down(&mut self, conn: ConnId, down: Down) {
        let Some(client) = self.conns.get(&conn).map(|place| place.client) else {
            return;
        };
        if self.clients[client].conn == Some(conn)
            && let Err(fault) = self.clients[client].hear(down, &self.store)
        {
            self.broken = Some(format!("client {client} {fault}"));
        }
    }

    /// The client cuts; what it sent may still arrive.
    fn hang_up(&mut self, conn: ConnId) {
        let Some(place) = self.conns.get(&conn) else {
            return;
        };
        let (client, index) = (place.client, place.node);
        self.clients[client].conn = None;
        let wait = self.chance.between(10, 40);
        self.after(wait, Happening::Lost { conn });
        if let Some(process) = &mut self.nodes[index].process {
            process.gone(conn);
        }
    }

    fn lose(&mut self, conn: ConnId) {
        if let Some(place) = self.conns.remove(&conn)
            && self.clients[place.client].conn == Some(conn)
        {
            self.clients[place.client].conn = None;
        }
    }

    fn bell(&mut self, node: usize, head: Seq) {
        if let Some(process) = &mut self.nodes[node].process {
            let out = process.doorbell(head);
            self.emit(node, out);
        }
    }

    fn crash(&mut self, node: usize) {
        if self.nodes[node].process.take().is_none() {
            return;
        }
        self.nodes[node].life += 1;
        self.report.crashes += 1;
        let gone: Vec<ConnId> = self
            .conns
            .iter()
            .filter(|(_, place)| place.node == node)
            .map(|(conn, _)| *conn)
            .collect();
        for conn in gone {
            // Mostly the client is told at once; sometimes it takes its own time to notice.
            let wait = if self.chance.one_in(4) {
                self.chance.between(500, 1_500)
            } else {
                self.chance.between(1, 30)
            };
            self.after(wait, Happening::Lost { conn });
        }
    }

    fn reach(&mut self, node: usize, life: u32, ask: Ask, retried: bool) {
        // What a dead process had asked may have been on its way already.
        if self.nodes[node].life != life && self.chance.one_in(2) {
            return;
        }
        let unavailable = Fault::Unavailable {
            retry_after_ms: 100,
        };
        let is_up = self.is_store_up;
        let told = match ask {
            Ask::Append(append) => {
                let result = if !is_up {
                    Err(unavailable)
                } else if !self.is_calm() && self.chance.one_in(300) {
                    Err(Fault::Poisoned)
                } else {
                    let appended = self.store.append(&append, Timestamp(self.now));
                    self.turns.written(&appended, self.now);
                    if !retried && !self.is_calm() && self.chance.one_in(25) {
                        // The connection broke during COMMIT: nobody knows, so it is asked again by key.
                        let wait = self.chance.between(5, 30);
                        let again = Happening::Reach {
                            node,
                            life,
                            ask: Ask::Append(append),
                            retried: true,
                        };
                        return self.after(wait, again);
                    }
                    Ok(appended)
                };
                // A try that may have been committed is not given up while nobody knows.
                if retried && result.is_err() {
                    let again = Happening::Reach {
                        node,
                        life,
                        ask: Ask::Append(append),
                        retried,
                    };
                    return self.after(20, again);
                }
                Told::Appended(result)
            }
            Ask::Load => Told::Loaded(if is_up {
                Ok(Box::new(self.load()))
            } else {
                Err(unavailable)
            }),
            Ask::Recall(seq) => {
                let found = is_up.then(|| self.store.line(seq)).ok_or(unavailable);
                Told::Recalled(seq, found)
            }
            Ask::CatchUp { after } => {
                let read = is_up.then(|| self.store.after(after, READ));
                Told::CaughtUp(read.ok_or(unavailable))
            }
            Ask::Pages { conn, after } => Told::Pages {
                conn,
                after,
                events: is_up
                    .then(|| self.store.after(after, READ))
                    .ok_or(unavailable),
            },
        };
        let wait = self.chance.between(1, 6) + if is_up { 0 } else { 30 };
        self.after(wait, Happening::Told { node, life, told });
    }

    fn load(&self) -> Loaded {
        let head = self.store.head();
        let from = Seq(head.0.saturating_sub(TAIL as u64));
        Loaded {
            org: self.store.org,
            room: self.store.room,
            epoch: self.store.epoch,
            head,
            guard: self.store.guard,
            state: self.store.state.clone(),
            tail: self.store.after(from, TAIL),
        }
    }

    fn emit(&mut self, node: usize, out: Vec<Out>) {
        for out in out {
            match out {
                Out::Ask(ask) => {
                    let wait = self.chance.between(1, 8);
                    let life = self.nodes[node].life;
                    let reach = Happening::Reach {
                        node,
                        life,
                        ask,
                        retried: false,
                    };
                    self.after(wait, reach);
                }
                Out::Down(conn, down) => self.send_down(conn, down),
                Out::Ring(head) => self.ring(node, head),
                Out::Published(event) => {
                    if self.store.event(event.seq) != Some(&event) {
                        let says = format!("node {node} told {} before it was stored", event.seq);
                        self.broken = Some(says);
                    }
                }
                Out::Played(played) => self.play(node, played),
                Out::Broken(says) => self.broken = Some(format!("node {node}: {says}")),
            }
        }
    }

    /// What a persona does beside the journal.
    fn play(&mut self, node: usize, played: Played) {
        match played {
            Played::Heard {
                turn,
                attempt,
                text,
            } => self.turns.hear(turn, attempt, &text),
            Played::Keep {
                turn,
                attempt,
                text,
            } if self.is_store_up => self.turns.keep(turn, attempt, text, self.now),
            Played::Look { persona, turn } => {
                let kept = self.turns.look(turn, self.now);
                let kept = kept.filter(|_| self.is_store_up);
                if let Some(process) = &mut self.nodes[node].process {
                    let out = process.looked(&persona, turn, kept, Timestamp(self.now));
                    self.emit(node, out);
                }
            }
            Played::Keep { .. } | Played::Act { .. } => {}
        }
    }

    fn send_down(&mut self, conn: ConnId, down: Down) {
        let latency = self.chance.between(1, 15);
        let Some(place) = self.conns.get_mut(&conn) else {
            return;
        };
        place.down_at = place.down_at.max(self.now + latency);
        let (wait, client) = (place.down_at - self.now, place.client);
        if let Down::Answer { id, answer } = &down {
            self.check_answer(client, *id, *answer);
        }
        self.after(wait, Happening::Down { conn, down });
    }

    /// At the moment an answer is spoken, what it speaks of is so.
    fn check_answer(&mut self, client: usize, id: CommandId, answer: Answer) {
        let user = self.clients[client].user;
        match answer {
            Answer::Ack { seq, count, dup } => {
                self.report.acknowledged += 1;
                self.report.repeats += u64::from(dup);
                let known = self.store.commands.get(&(user, id));
                let is_so = known.is_some_and(|known| (known.first, known.count) == (seq, count));
                if count > 0 && !is_so {
                    let says = format!("{id} is acknowledged at {seq}, where it is not stored");
                    self.broken = Some(says);
                }
            }
            Answer::Nack { code, .. } => {
                use ludus_domain::refusal::Refusal as R;
                if matches!(code, R::Unavailable | R::Conflict | R::Internal) {
                    self.report.turned_away += 1;
                    return;
                }
                self.report.refused += 1;
                // Another copy may have been stored elsewhere since the store said no to this one.
                let is_only_copy = self.clients[client]
                    .unanswered
                    .iter()
                    .any(|asked| asked.id == id && asked.given_to.len() == 1);
                if is_only_copy && self.store.commands.contains_key(&(user, id)) {
                    let says = format!("{id} is refused ({}) and stored", code.code());
                    self.broken = Some(says);
                }
            }
        }
    }

    /// The bus: fast, and not to be trusted.
    fn ring(&mut self, from: usize, head: Seq) {
        for node in (0..self.nodes.len()).filter(|node| *node != from) {
            let times = match self.chance.below(10) {
                _ if self.is_calm() => 1,
                0 | 1 => 0,
                2 => 2,
                _ => 1,
            };
            for _ in 0..times {
                let wait = self.chance.between(1, 60);
                self.after(wait, Happening::Bell { node, head });
            }
        }
    }
}
