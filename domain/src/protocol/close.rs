//! Why a connection ends. The range tells a client what to do without knowing the code:
//! 4000-4099 come back by resuming, 4100-4199 come back after signing in again, 4200-4299 do not
//! come back by yourself.

/// What a client does after a close.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comeback {
    /// Reconnect and resume, with back-off and jitter (or when told).
    Resume,
    /// Get a new ticket or sign in, then reconnect.
    SignIn,
    /// Tell the person; something is wrong that waiting does not mend.
    Stay,
}

macro_rules! closes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $label:literal, $comeback:ident;)*) => {
        /// Every reason for which the hub closes a connection.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Close {
            $($(#[$doc])* $name,)*
        }

        impl Close {
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            pub const fn code(self) -> u16 {
                match self { $(Self::$name => $code,)* }
            }

            /// The reason in the close frame, and the metric label.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$name => $label,)* }
            }

            pub const fn comeback(self) -> Comeback {
                match self { $(Self::$name => Comeback::$comeback,)* }
            }
        }
    };
}

closes! {
    /// The client asked to close.
    Normal = 1000, "normal", Stay;
    /// The frames break RFC 6455.
    Protocol = 1002, "protocol_error", Stay;
    /// A binary message: the protocol is text.
    NotText = 1003, "not_text", Stay;
    /// A text message that is not UTF-8.
    NotUtf8 = 1007, "not_utf8", Stay;
    /// A frame or message over the limit.
    TooBig = 1009, "too_big", Stay;
    /// The node is being stopped or upgraded; `goodbye` says when to come back.
    GoingAway = 4001, "going_away", Resume;
    /// The client did not read as fast as things happened. Nothing is lost: resume.
    Slow = 4008, "slow", Resume;
    /// The node cannot vouch for the stream any more: resume.
    InsufficientState = 4010, "insufficient_state", Resume;
    /// Nothing was heard for too long.
    Silent = 4012, "silent", Resume;
    /// Too many frames, again and again.
    RateLimited = 4013, "rate_limited", Resume;
    /// No `hello` within ten seconds.
    HelloTimeout = 4106, "hello_timeout", SignIn;
    /// The ticket or resume token is not good (any more).
    NotSignedIn = 4101, "not_signed_in", SignIn;
    /// The sign-in behind this connection was ended.
    Revoked = 4104, "revoked", SignIn;
    /// This user's role changed: a new ticket carries the new one.
    RoleChanged = 4105, "role_changed", SignIn;
    /// A frame that is not of this protocol.
    Malformed = 4200, "malformed", Stay;
    /// Too many connections of this user or address.
    TooManySockets = 4209, "too_many_sockets", Stay;
}
