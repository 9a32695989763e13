//! Whether this process may open as many files as its connections need.

/// Descriptors of one connection that the hub owns, and of one behind TLS: there the handle it can
/// be ended with from outside comes on top (see `ws/socket.rs`).
const OWNED: u64 = 1;
const BEHIND_TLS: u64 = 2;
/// What the hub has open besides: databases, listeners, threads, the page of whoever reads metrics.
const BESIDES: u64 = 256;

/// Says at start what would otherwise be found out in the middle of a storm.
pub(crate) fn check(sockets: u32, is_tls: bool) {
    let Some(allowed) = std::fs::read_to_string("/proc/self/limits")
        .ok()
        .and_then(|limits| open_files(&limits))
    else {
        return;
    };
    let needed = needed(sockets, is_tls);
    if allowed < needed {
        tracing::warn!(
            allowed,
            needed,
            sockets,
            "the process may open fewer files than limits.sockets connections need: raise \
             `ulimit -n` (LimitNOFILE), or lower limits.sockets"
        );
    }
}

const fn needed(sockets: u32, is_tls: bool) -> u64 {
    let each = if is_tls { BEHIND_TLS } else { OWNED };
    sockets as u64 * each + BESIDES
}

/// The soft limit, as the kernel tells it; none when there is none.
fn open_files(limits: &str) -> Option<u64> {
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_table_is_read() {
        let table = "Limit                     Soft Limit           Hard Limit           Units\n\
                     Max processes             127711               127711               processes\n\
                     Max open files            1024                 1048576              files\n";
        assert_eq!(open_files(table), Some(1_024));
        let unlimited = table.replace("1024  ", "unlimited  ");
        assert_eq!(open_files(&unlimited), None);
        assert_eq!(open_files(""), None);
        assert_eq!(needed(50_000, true), 100_256);
        assert_eq!(needed(50_000, false), 50_256);
    }
}
