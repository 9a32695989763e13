//! Actix shells around the machines of `ludus-domain`, and the ports they need.
//!
//! ```text
//! socket edge ─► Session ─► Room / Inbox ─► (port) Journal
//!     ▲  ready frames          │ one message per batch and lane
//!     └── Outbox ◄── Lane ◄────┘
//! ```

pub mod ports;
