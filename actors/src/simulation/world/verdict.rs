//! When a world has come to rest, and whether everything in it kept its promise.

use super::{Process, Report, SETTLE_MS, World};
use crate::simulation::{floor, rules};

impl World {
    pub(super) fn is_settled(&self) -> bool {
        let head = self.store.head();
        let nodes_agree = self.nodes.iter().all(|node| {
            let host = node.process.as_ref().and_then(Process::host);
            host.is_some_and(|host| host.head() == head && host.unanswered() == 0)
        });
        let is_said = self.store.state.stage.open.is_empty();
        nodes_agree && is_said && self.clients.iter().all(|client| client.is_settled(head))
    }

    pub(super) fn unsettled(&self) -> String {
        let head = self.store.head();
        let nodes: Vec<_> = self
            .nodes
            .iter()
            .map(|node| {
                node.process
                    .as_ref()
                    .and_then(Process::host)
                    .map(|host| (host.head().0, host.unanswered()))
            })
            .collect();
        let clients: Vec<_> = self
            .clients
            .iter()
            .map(|client| {
                (
                    client.position.0,
                    client.unanswered.len() + client.turned_away.len(),
                )
            })
            .collect();
        format!(
            "nothing went wrong for {SETTLE_MS} ms and it is not settled: head {head}, nodes (head, unanswered) {nodes:?}, clients (position, unanswered) {clients:?}"
        )
    }

    pub(super) fn judge(&self) -> Option<String> {
        if let Some(fault) = rules::judge(&self.store, &self.roles) {
            return Some(fault);
        }
        if let Err(fault) = floor::judge(&self.store) {
            return Some(fault);
        }
        if let Some(fault) = self.turns.fault(&self.store) {
            return Some(fault);
        }
        for (index, node) in self.nodes.iter().enumerate() {
            let host = node.process.as_ref().and_then(Process::host)?;
            if host.room() != &self.store.state || host.guard() != self.store.guard {
                return Some(format!("node {index} knows another room than the store"));
            }
        }
        for client in &self.clients {
            for (asked, code) in &client.refused {
                let is_stored = self.store.commands.contains_key(&(client.user, asked.id));
                if is_stored && asked.given_to.len() == 1 {
                    return Some(format!(
                        "{} was refused ({}) and is stored",
                        asked.id,
                        code.code()
                    ));
                }
            }
            for (id, (_, seq, count)) in &client.acked {
                let known = self.store.commands.get(&(client.user, *id));
                if known.is_none_or(|known| (known.first, known.count) != (*seq, *count)) {
                    return Some(format!("{id} was acknowledged at {seq} and is not there"));
                }
            }
        }
        None
    }

    pub(super) fn sum_up(mut self) -> Report {
        self.report.events = self.store.head().0;
        self.report.resets = self.clients.iter().map(|c| u64::from(c.resets)).sum();
        self.report.stepped_in = floor::judge(&self.store).unwrap_or_default();
        self.report.members = self.store.state.members.len();
        self.report
    }
}
