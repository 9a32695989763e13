//! A small proxy for one link, which does to it what networks do: late, cut, silent, in crumbs, thin,
//! reset, and on the way from Redis with one message in so many lost.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::plan::Toxic;
use super::resp::{self, Frames};

/// What is read at once. More waits in the sockets.
const CHUNK: usize = 64 * 1024;
/// How long the far side may take to answer a new connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// What a Redis says that has not read its data yet.
const LOADING: &[u8] = b"-LOADING Redis is loading the dataset in memory\r\n";

/// What is spoken on a link, as far as a proxy has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speaks {
    Anything,
    /// Whole messages can be lost.
    Redis,
}

/// What goes on, on a link.
#[derive(Clone, Copy, Debug, Default)]
struct Weather {
    toxic: Option<Toxic>,
    /// Connections that were opened before the last cut are over.
    cuts: u64,
}

#[derive(Debug)]
struct Shared {
    speaks: Speaks,
    seed: u64,
    count: AtomicU64,
    far: Mutex<Option<SocketAddr>>,
    weather: watch::Sender<Weather>,
}

/// A listening proxy. Gone, with all its connections, when dropped.
#[derive(Debug)]
pub(super) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepts: JoinHandle<()>,
}

impl Proxy {
    pub(super) async fn start(speaks: Speaks, seed: u64) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            speaks,
            seed,
            count: AtomicU64::new(0),
            far: Mutex::new(None),
            weather: watch::Sender::new(Weather::default()),
        });
        let accepts = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self {
            address,
            shared,
            accepts,
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where new connections lead. `None`: nobody is there.
    pub(super) fn leads_to(&self, far: Option<SocketAddr>) {
        *self
            .shared
            .far
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = far;
    }

    /// What is done to the link from now on.
    pub(super) fn set(&self, toxic: Option<Toxic>) {
        self.shared.weather.send_modify(|weather| {
            weather.toxic = toxic;
            if matches!(toxic, Some(Toxic::Down | Toxic::Loading)) {
                weather.cuts += 1;
            }
        });
    }

    /// Ends every connection there is, as a router that forgot them does.
    pub(super) fn cut(&self) {
        self.shared.weather.send_modify(|weather| weather.cuts += 1);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepts.abort();
        self.cut();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        match listener.accept().await {
            Ok((near, _)) => {
                tokio::spawn(carry(near, Arc::clone(&shared)));
            }
            // Too many open files, perhaps: some will be closed.
            Err(_) => sleep(Duration::from_millis(50)).await,
        }
    }
}

/// One connection, until it ends by itself or is ended.
async fn carry(mut near: TcpStream, shared: Arc<Shared>) {
    let weather = shared.weather.subscribe();
    let now = *weather.borrow();
    match now.toxic {
        Some(Toxic::Down) => return reset(&near),
        Some(Toxic::Loading) => {
            let over = is_over(weather, now.cuts, Some(Toxic::Loading));
            tokio::select! {
                () = say_loading(&mut near) => {}
                () = over => {}
            }
            return;
        }
        _ => {}
    }
    let far = *shared.far.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(far) = far else { return reset(&near) };
    let Ok(Ok(mut far)) = timeout(CONNECT_WITHIN, TcpStream::connect(far)).await else {
        return reset(&near);
    };
    near.set_nodelay(true).ok();
    far.set_nodelay(true).ok();
    let number = shared.count.fetch_add(1, Ordering::Relaxed);
    let pump = |back: bool| Pump {
        weather: weather.clone(),
        rng: StdRng::seed_from_u64(shared.seed ^ (number << 1) ^ u64::from(back)),
        frames: (back && shared.speaks == Speaks::Redis).then(Frames::default),
    };
    let ended = {
        let ((near_in, near_out), (far_in, far_out)) = (near.split(), far.split());
        let both = async {
            tokio::try_join!(
                pump(false).run(near_in, far_out),
                pump(true).run(far_in, near_out)
            )
        };
        tokio::select! {
            ended = both => ended.is_ok(),
            () = is_over(weather.clone(), now.cuts, None) => false,
        }
    };
    if !ended {
        reset(&near);
        reset(&far);
    }
}

/// Not a goodbye, but a RST.
fn reset(stream: &TcpStream) {
    stream.set_zero_linger().ok();
}

/// Resolves when what was opened at `cuts` is over, or when `toxic` is no longer so.
async fn is_over(mut weather: watch::Receiver<Weather>, cuts: u64, toxic: Option<Toxic>) {
    let over = weather.wait_for(|now| now.cuts != cuts || (toxic.is_some() && now.toxic != toxic));
    // A proxy that is gone has no connections.
    over.await.ok();
}

async fn say_loading(near: &mut TcpStream) {
    let mut frames = Frames::default();
    let mut chunk = vec![0; CHUNK];
    while let Ok(count) = near.read(&mut chunk).await {
        if count == 0 {
            return;
        }
        frames.push(&chunk[..count]);
        while frames.next().is_some() {
            if near.write_all(LOADING).await.is_err() {
                return;
            }
        }
    }
}

/// One direction of one connection.
struct Pump {
    weather: watch::Receiver<Weather>,
    rng: StdRng,
    frames: Option<Frames>,
}

impl Pump {
    async fn run(
        mut self,
        mut from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
    ) -> io::Result<()> {
        let mut chunk = vec![0; CHUNK];
        loop {
            let count = from.read(&mut chunk).await?;
            if count == 0 {
                // The other direction may have something to say yet.
                return to.shutdown().await;
            }
            let toxic = self.through().await;
            match toxic {
                Some(Toxic::Late { ms }) => sleep(Duration::from_millis(ms.into())).await,
                Some(Toxic::Thin { bytes_per_second }) => {
                    let ms = count as u64 * 1_000 / u64::from(bytes_per_second.max(1));
                    sleep(Duration::from_millis(ms)).await;
                }
                Some(Toxic::Resets { one_in }) if self.rng.random_ratio(1, one_in.max(1)) => {
                    return Err(io::ErrorKind::ConnectionReset.into());
                }
                _ => {}
            }
            match toxic {
                Some(Toxic::Crumbs { bytes }) => {
                    for crumb in chunk[..count].chunks(usize::from(bytes.max(1))) {
                        self.pass(crumb, &mut to, toxic).await?;
                        tokio::task::yield_now().await;
                    }
                }
                _ => self.pass(&chunk[..count], &mut to, toxic).await?,
            }
        }
    }

    /// Waits for as long as nothing gets through, and answers what is done to what does.
    async fn through(&mut self) -> Option<Toxic> {
        let clear = self
            .weather
            .wait_for(|now| now.toxic != Some(Toxic::Silent))
            .await;
        clear.map(|weather| weather.toxic).unwrap_or_default()
    }

    async fn pass(
        &mut self,
        bytes: &[u8],
        to: &mut (impl AsyncWrite + Unpin),
        toxic: Option<Toxic>,
    ) -> io::Result<()> {
        let Some(frames) = &mut self.frames else {
            return to.write_all(bytes).await;
        };
        // Frames are always looked for: in the middle of one nobody could begin to.
        frames.push(bytes);
        while let Some(frame) = frames.next() {
            if let Some(Toxic::Loses { one_in }) = toxic
                && resp::is_published(&frame)
                && self.rng.random_ratio(1, one_in.max(1))
            {
                continue;
            }
            to.write_all(&frame).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    /// A server that says everything back, behind a proxy.
    async fn echo(speaks: Speaks) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let proxy = Proxy::start(speaks, 1).await.expect("a proxy");
        proxy.leads_to(Some(listener.local_addr().expect("an address")));
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = socket.split();
                    tokio::io::copy(&mut from, &mut to).await.ok();
                });
            }
        });
        proxy
    }

    async fn open(proxy: &Proxy) -> TcpStream {
        TcpStream::connect(proxy.address())
            .await
            .expect("it listens")
    }

    /// What comes back of some bytes within a second; `None` when the connection ended.
    async fn back(socket: &mut TcpStream, bytes: &[u8]) -> Option<Vec<u8>> {
        socket.write_all(bytes).await.ok()?;
        let mut heard = vec![0; bytes.len()];
        match timeout(Duration::from_secs(1), socket.read_exact(&mut heard)).await {
            Ok(Ok(_)) => Some(heard),
            Ok(Err(_)) => None,
            Err(_) => Some(vec![]),
        }
    }

    #[tokio::test]
    async fn a_link_that_is_well_changes_nothing() {
        let proxy = echo(Speaks::Anything).await;
        let mut socket = open(&proxy).await;
        assert_eq!(
            back(&mut socket, b"hello").await.as_deref(),
            Some(&b"hello"[..])
        );
        proxy.set(Some(Toxic::Crumbs { bytes: 1 }));
        assert_eq!(
            back(&mut socket, b"crumbs").await.as_deref(),
            Some(&b"crumbs"[..])
        );
    }

    #[tokio::test]
    async fn silence_holds_everything_back_and_loses_nothing() {
        let proxy = echo(Speaks::Anything).await;
        let mut socket = open(&proxy).await;
        proxy.set(Some(Toxic::Silent));
        assert_eq!(back(&mut socket, b"held").await.as_deref(), Some(&b""[..]));
        proxy.set(None);
        let mut heard = [0; 4];
        socket
            .read_exact(&mut heard)
            .await
            .expect("it comes in the end");
        assert_eq!(&heard, b"held");
    }

    #[tokio::test]
    async fn a_cut_ends_what_was_open_and_down_refuses_what_comes() {
        let proxy = echo(Speaks::Anything).await;
        let mut socket = open(&proxy).await;
        assert!(back(&mut socket, b"a").await.is_some());
        proxy.cut();
        assert_eq!(back(&mut socket, b"b").await, None);
        let mut again = open(&proxy).await;
        assert!(back(&mut again, b"c").await.is_some());
        proxy.set(Some(Toxic::Down));
        assert_eq!(back(&mut again, b"d").await, None);
        let mut refused = open(&proxy).await;
        assert_eq!(back(&mut refused, b"e").await, None);
        proxy.set(None);
        let mut well = open(&proxy).await;
        assert!(back(&mut well, b"f").await.is_some());
    }

    #[tokio::test]
    async fn lateness_is_as_long_as_it_says() {
        let proxy = echo(Speaks::Anything).await;
        let mut socket = open(&proxy).await;
        proxy.set(Some(Toxic::Late { ms: 100 }));
        let began = Instant::now();
        assert!(back(&mut socket, b"late").await.is_some());
        // There and back.
        assert!(began.elapsed() >= Duration::from_millis(200));
    }

    #[tokio::test]
    async fn only_published_messages_are_lost() {
        let proxy = echo(Speaks::Redis).await;
        let mut socket = open(&proxy).await;
        proxy.set(Some(Toxic::Loses { one_in: 1 }));
        socket
            .write_all(b">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nb\r\n+PONG\r\n")
            .await
            .expect("it takes them");
        let mut heard = [0; 7];
        socket
            .read_exact(&mut heard)
            .await
            .expect("the answer comes");
        assert_eq!(&heard, b"+PONG\r\n");
        proxy.set(Some(Toxic::Loading));
        let mut loading = open(&proxy).await;
        loading
            .write_all(b"*1\r\n$4\r\nPING\r\n")
            .await
            .expect("it takes it");
        let mut heard = vec![0; LOADING.len()];
        loading.read_exact(&mut heard).await.expect("it answers");
        assert_eq!(heard, LOADING);
    }
}
