//! The limit: a broadcaster with nothing in it but epoll, `read` and `write`.
//!
//! One thread, rooms by path, whatever somebody says goes to everybody in the room. No sign-in, no
//! store, no deadline, no bound: what any server costs beyond this is what it does besides. It
//! writes once per turn of its loop and member, which is the cheapest way there is.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::SocketAddr;

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

const LISTENER: Token = Token(usize::MAX);
const SCRATCH_BYTES: usize = 64 * 1024;

#[derive(Debug)]
struct Member {
    stream: TcpStream,
    /// None until it was upgraded.
    room: Option<usize>,
    part: Vec<u8>,
    unsent: Vec<u8>,
}

#[derive(Debug, Default)]
struct Room {
    members: Vec<usize>,
    /// What was said in this turn, as frames.
    held: Vec<u8>,
}

#[derive(Debug, Default)]
struct Hall {
    by_path: HashMap<String, usize>,
    rooms: Vec<Room>,
    members: Vec<Option<Member>>,
    free: Vec<usize>,
}

/// Serves until the process is ended.
pub fn serve(address: SocketAddr) -> io::Result<()> {
    let mut poll = Poll::new()?;
    let mut listener = TcpListener::bind(address)?;
    poll.registry()
        .register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut events = Events::with_capacity(1_024);
    let mut scratch = vec![0; SCRATCH_BYTES];
    let mut hall = Hall::default();
    loop {
        match poll.poll(&mut events, None) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        for event in &events {
            if event.token() == LISTENER {
                hall.accept(&listener, &poll)?;
            } else if hall.attend(event.token().0, &mut scratch).is_err() {
                hall.remove(event.token().0);
            }
        }
        hall.fan_out();
    }
}

impl Hall {
    fn accept(&mut self, listener: &TcpListener, poll: &Poll) -> io::Result<()> {
        loop {
            let (mut stream, _) = match listener.accept() {
                Ok(accepted) => accepted,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            stream.set_nodelay(true)?;
            let id = self.free.pop().unwrap_or_else(|| {
                self.members.push(None);
                self.members.len() - 1
            });
            let interest = Interest::READABLE | Interest::WRITABLE;
            poll.registry().register(&mut stream, Token(id), interest)?;
            self.members[id] = Some(Member {
                stream,
                room: None,
                part: Vec::new(),
                unsent: Vec::new(),
            });
        }
    }

    fn attend(&mut self, id: usize, scratch: &mut [u8]) -> io::Result<()> {
        loop {
            let Some(Some(member)) = self.members.get_mut(id) else {
                return Ok(());
            };
            member.flush()?;
            let count = match member.stream.read(scratch) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            member.part.extend_from_slice(&scratch[..count]);
            let part = std::mem::take(&mut member.part);
            let room = member.room;
            let used = match room {
                Some(room) => said(&part, &mut self.rooms[room].held)?,
                None => self.upgrade(id, &part)?,
            };
            if let Some(Some(member)) = self.members.get_mut(id) {
                member.part = part[used..].to_vec();
            }
            if count < scratch.len() {
                return Ok(());
            }
        }
    }

    fn upgrade(&mut self, id: usize, bytes: &[u8]) -> io::Result<usize> {
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            return Ok(0);
        };
        let head = String::from_utf8_lossy(&bytes[..end]);
        let path = head.split(' ').nth(1).unwrap_or("/").to_owned();
        let key = head
            .lines()
            .find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "))
            .ok_or(ErrorKind::InvalidData)?;
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {}\r\n\r\n",
            derive_accept_key(key.trim().as_bytes())
        );
        let room = *self.by_path.entry(path).or_insert_with(|| {
            self.rooms.push(Room::default());
            self.rooms.len() - 1
        });
        self.rooms[room].members.push(id);
        if let Some(Some(member)) = self.members.get_mut(id) {
            member.room = Some(room);
            member.send(answer.as_bytes())?;
        }
        Ok(end + 4)
    }

    fn remove(&mut self, id: usize) {
        if let Some(member) = self.members[id].take() {
            if let Some(room) = member.room {
                self.rooms[room].members.retain(|other| *other != id);
            }
            self.free.push(id);
        }
    }

    fn fan_out(&mut self) {
        let mut gone = Vec::new();
        for room in &mut self.rooms {
            if room.held.is_empty() {
                continue;
            }
            for id in &room.members {
                if let Some(Some(member)) = self.members.get_mut(*id)
                    && member.send(&room.held).is_err()
                {
                    gone.push(*id);
                }
            }
            room.held.clear();
        }
        for id in gone {
            self.remove(id);
        }
    }
}

impl Member {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut sent = 0;
        while self.unsent.is_empty() && sent < bytes.len() {
            match self.stream.write(&bytes[sent..]) {
                Ok(count) => sent += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        self.unsent.extend_from_slice(&bytes[sent..]);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        while !self.unsent.is_empty() {
            match self.stream.write(&self.unsent) {
                Ok(count) => {
                    self.unsent.drain(..count);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Turns a client's text frames into a server's; how many bytes were used.
fn said(bytes: &[u8], held: &mut Vec<u8>) -> io::Result<usize> {
    let mut at = 0;
    loop {
        let rest = &bytes[at..];
        let [first, second, ..] = *rest else {
            return Ok(at);
        };
        let (from, length) = match second & 0x7f {
            126 => match rest.get(2..4) {
                Some(two) => (4, usize::from(u16::from_be_bytes([two[0], two[1]]))),
                None => return Ok(at),
            },
            127 => return Err(ErrorKind::InvalidData.into()),
            short => (2, usize::from(short)),
        };
        let Some(frame) = rest.get(from..from + 4 + length) else {
            return Ok(at);
        };
        let (mask, payload) = frame.split_at(4);
        match first & 0x0f {
            1 => {
                held.push(0x81);
                if let Ok(short @ 0..126) = u8::try_from(length) {
                    held.push(short);
                } else {
                    held.push(126);
                    // Two bytes had it.
                    held.extend(u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
                }
                held.extend(
                    payload
                        .iter()
                        .zip(mask.iter().cycle())
                        .map(|(byte, key)| byte ^ key),
                );
            }
            8 => return Err(ErrorKind::ConnectionAborted.into()),
            _ => {}
        }
        at += from + 4 + length;
    }
}
