//! Other servers that send what one says to all in a room, each set up the way its own manual says
//! is fastest for that.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;
use tempfile::TempDir;

use super::{Cores, LoadError, Running, free_address, wait_for};
use crate::accounting::Family;
use crate::light::{BINARY, Crowd, Door, News, Sends, TEXT, frame};
use crate::load::{Answers, Dialect};

/// How long everybody may take to be connected.
const CONNECT_WITHIN: Duration = Duration::from_mins(1);
/// Connections that are being opened at a time.
const OPENING_MAX: usize = 256;

/// A server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Peer {
    /// Our own broadcaster of a hundred lines: the limit.
    Epoll,
    /// nginx with Debian's libnginx-mod-nchan.
    Nchan,
    /// `ws` of npm, on Node.
    Ws,
    /// Debian's nats-server, over WebSocket.
    Nats,
}

/// One that runs.
#[derive(Debug)]
pub struct Talk {
    peer: Peer,
    address: SocketAddr,
    members: usize,
    process: Running,
    _folder: TempDir,
}

impl Peer {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Epoll => "epoll",
            Self::Nchan => "nchan",
            Self::Ws => "ws",
            Self::Nats => "nats",
        }
    }

    /// Starts it. `modules`: the folder `node_modules` that has `ws`.
    pub fn start(
        self,
        cores: Option<Cores>,
        modules: Option<&Path>,
        members: usize,
    ) -> Result<Talk, LoadError> {
        let folder = TempDir::new()?;
        let address = free_address()?;
        let process = match self {
            Self::Epoll => Running::start(&std::env::current_exe()?, cores, |command| {
                command.args(["broadcaster", "--address", &address.to_string()]);
            }),
            Self::Nchan => {
                let file = folder.path().join("nginx.conf");
                fs::write(&file, nginx(address, folder.path()))?;
                Running::start(Path::new("nginx"), cores, |command| {
                    command.arg("-c").arg(&file).arg("-p").arg(folder.path());
                    command.stderr(std::process::Stdio::null());
                })
            }
            Self::Ws => {
                let file = folder.path().join("hub.cjs");
                fs::write(&file, WS)?;
                Running::start(Path::new("node"), cores, |command| {
                    command.arg(&file).arg(address.port().to_string());
                    command.env(
                        "NODE_PATH",
                        modules.map_or_else(|| PathBuf::from("node_modules"), Path::to_owned),
                    );
                })
            }
            Self::Nats => {
                let file = folder.path().join("nats.conf");
                fs::write(&file, nats(address, free_address()?))?;
                Running::start(Path::new("nats-server"), cores, |command| {
                    command.arg("-c").arg(&file);
                    command.stderr(std::process::Stdio::null());
                })
            }
        }?;
        wait_for(address, self.name())?;
        Ok(Talk {
            peer: self,
            address,
            members,
            process,
            _folder: folder,
        })
    }
}

impl Talk {
    pub fn family(&self) -> Family {
        self.process.family()
    }

    /// Has everybody connected, each in their room.
    pub fn gather(&self, crowd: &mut Crowd, people: usize) -> Result<(), LoadError> {
        let begin = std::time::Instant::now();
        let (mut asked, mut gone) = (0, 0);
        while crowd.open() < people {
            while asked < people && asked - crowd.open() < OPENING_MAX {
                crowd.connect(asked, &self.door(asked / self.members))?;
                asked += 1;
            }
            crowd.turn(
                Duration::from_millis(20),
                &mut |who, news, sends| match news {
                    News::Open => {
                        sends.extend(self.greeting(who / self.members).map(|bytes| (who, bytes)));
                    }
                    News::Said(_) => {}
                    News::Gone => gone += 1,
                },
            )?;
            if begin.elapsed() > CONNECT_WITHIN || gone > 0 {
                return Err(LoadError::NotThere {
                    missing: people - crowd.open(),
                    all: people,
                    seconds: begin.elapsed().as_secs(),
                });
            }
        }
        // A subscription of NATS has no answer.
        let settled = std::time::Instant::now() + Duration::from_millis(300);
        while std::time::Instant::now() < settled {
            crowd.turn(Duration::from_millis(20), &mut |_, _, _| {})?;
        }
        Ok(())
    }

    fn door(&self, room: usize) -> Door {
        let path = match self.peer {
            Peer::Nats => "/".to_owned(),
            _ => format!("/r{room}"),
        };
        Door {
            address: self.address,
            path,
            subprotocol: None,
        }
    }

    fn greeting(&self, room: usize) -> Option<Vec<u8>> {
        let hello = format!(
            "CONNECT {{\"verbose\":false,\"pedantic\":false,\"echo\":true}}\r\nSUB r{room} 1\r\n"
        );
        (self.peer == Peer::Nats).then(|| frame(BINARY, hello.as_bytes()))
    }
}

impl Dialect for Talk {
    fn say(&mut self, room: usize, sender: usize, line: &str, _: u64) -> (usize, Vec<u8>) {
        let bytes = match self.peer {
            Peer::Nats => frame(
                BINARY,
                format!("PUB r{room} {}\r\n{line}\r\n", line.len()).as_bytes(),
            ),
            _ => frame(TEXT, line.as_bytes()),
        };
        (room * self.members + sender, bytes)
    }

    fn hears(&mut self, who: usize, payload: &[u8], _: u64, sends: &mut Sends) {
        if payload.starts_with(b"PING") {
            sends.push((who, frame(BINARY, b"PONG\r\n")));
        }
    }

    fn answers(&mut self) -> Answers {
        Answers::default()
    }
}

fn nginx(address: SocketAddr, folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "load_module /usr/lib/nginx/modules/ngx_nchan_module.so;
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log /dev/null crit;
worker_rlimit_nofile 20000;
events {{ worker_connections 19000; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  tcp_nodelay on;
  server {{
    listen {address} backlog=4096;
    location ~ ^/(r[0-9]+)$ {{
      nchan_pubsub websocket;
      nchan_channel_id $1;
      nchan_message_buffer_length 64;
      nchan_message_timeout 10s;
      nchan_subscriber_first_message newest;
    }}
  }}
}}
"
    )
}

fn nats(address: SocketAddr, clients: SocketAddr) -> String {
    format!(
        "listen: \"{clients}\"
websocket {{ listen: \"{address}\", no_tls: true }}
max_connections: 20000
write_deadline: \"20s\"
max_pending: 268435456
"
    )
}

/// The example of its manual for broadcasting, with the frame made once for all.
const WS: &str = r#"
const { WebSocketServer, Sender } = require("ws");
const rooms = new Map();
const server = new WebSocketServer({ port: Number(process.argv[2]), host: "127.0.0.1", perMessageDeflate: false, backlog: 4096 });
server.on("connection", (socket, request) => {
  let room = rooms.get(request.url);
  if (!room) rooms.set(request.url, (room = new Set()));
  room.add(socket);
  socket.on("message", (data) => {
    const frame = Sender.frame(data, { fin: true, opcode: 1, mask: false, readOnly: true, rsv1: false });
    const whole = frame.length === 1 ? frame[0] : Buffer.concat(frame);
    for (const member of room) if (member.readyState === 1) member._socket.write(whole);
  });
  socket.on("close", () => room.delete(socket));
  socket.on("error", () => {});
});
"#;
