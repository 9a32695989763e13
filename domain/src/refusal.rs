//! Why something was not done: one closed list, the same in nacks, problem documents and docs.

use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $http:literal, $says:literal;)*) => {
        /// A refusal. A value, not an error: the world works, the answer is no.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Refusal {
            $($(#[$doc])* #[serde(rename = $code)] $name,)*
        }

        impl Refusal {
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code users and clients see.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The HTTP status that carries it over REST.
            pub const fn http_status(self) -> u16 {
                match self { $(Self::$name => $http,)* }
            }

            /// One sentence for a person, with what to do about it.
            pub const fn says(self) -> &'static str {
                match self { $(Self::$name => $says,)* }
            }
        }
    };
}

refusals! {
    Malformed = "malformed", 400, "The request could not be read.";
    SignInNeeded = "sign_in_needed", 401, "Sign in first.";
    WrongCredentials = "wrong_credentials", 401, "E-mail or password is wrong.";
    SessionEnded = "session_ended", 401, "This sign-in has ended. Sign in again.";
    LinkSpent = "link_spent", 410, "This link was used already, or has expired. Ask for a new one.";
    Forbidden = "forbidden", 403, "Your role does not allow this.";
    NotFound = "not_found", 404, "There is no such thing here, or it is not yours to see.";
    NotAMember = "not_a_member", 403, "Join the room first.";
    AlreadyAMember = "already_a_member", 409, "This person is in the room already.";
    WrongCode = "wrong_code", 403, "That is not the code.";
    RoomFull = "room_full", 409, "The last place is taken.";
    RemovedFromRoom = "removed_from_room", 403, "You were removed from this room.";
    NotLive = "not_live", 409, "The room is not live.";
    /// Before it opens, after it has begun where nobody may come late, when it is over.
    ContestClosed = "contest_closed", 409, "One cannot do that in the contest now.";
    TooManyContests = "too_many_contests", 409, "One takes part in at most 16 contests at a time.";
    RoomEnded = "room_ended", 409, "The room has ended.";
    Banned = "banned", 403, "You, or whom you mean, cannot come into this room until a coach lifts the ban.";
    Muted = "muted", 403, "You are muted in this room.";
    NoSuchMember = "no_such_member", 404, "Nobody of that name is in the room.";
    NoSuchLine = "no_such_line", 404, "There is no such line.";
    NotYourLine = "not_your_line", 403, "Only its author may change a line.";
    LineRetracted = "line_retracted", 409, "That line was taken back.";
    LineHidden = "line_hidden", 409, "A coach has hidden that line.";
    /// By the org's list of words.
    WordRefused = "word_refused", 422, "There is a word in that line that is not wanted here. Say it differently.";
    CaseDecided = "case_decided", 409, "That was decided otherwise. Open it again first.";
    /// Once for each thing that was done.
    AppealMade = "appeal_made", 409, "You have appealed against that already.";
    /// Of an alert: it was dismissed, for good.
    AlertSettled = "alert_settled", 409, "That alert was dismissed.";
    NoSuchTurn = "no_such_turn", 404, "That answer is over, or was never asked for.";
    SeatHeld = "seat_held", 409, "A coach speaks from that seat.";
    SeatNotHeld = "seat_not_held", 409, "Take that seat over first.";
    TextEmpty = "text_empty", 422, "There is nothing to say in an empty text.";
    TextTooLong = "text_too_long", 422, "The text is too long.";
    TextInvalid = "text_invalid", 422, "The text has characters that cannot be shown.";
    TitleInvalid = "title_invalid", 422, "A title has 1 to 120 visible characters.";
    NameInvalid = "name_invalid", 422, "A name has 1 to 60 visible characters.";
    EmailInvalid = "email_invalid", 422, "That is not an e-mail address.";
    EmailTaken = "email_taken", 409, "Somebody here uses that e-mail address already.";
    PasswordTooShort = "password_too_short", 422, "A password has at least 8 characters.";
    PasswordTooLong = "password_too_long", 422, "A password has at most 256 characters.";
    PasswordTooCommon = "password_too_common", 422, "That password is among the first to be tried. Choose another.";
    TooManyKeys = "too_many_keys", 409, "An org has at most 100 keys at a time. Take one back first.";
    /// Beside one room, or about one learner.
    TooManyComments = "too_many_comments", 409, "There are too many of them. Take one away first.";
    /// Somebody else has to become owner first.
    LastOwner = "last_owner", 409, "An org needs an owner. Make somebody else one first.";
    FieldInvalid = "field_invalid", 422, "A field has a value that is not allowed.";
    /// The same client id came back with another command.
    IdReused = "id_reused", 409, "This id was used for something else.";
    /// The thing changed since the client last saw it, three times in a row.
    Conflict = "conflict", 409, "Somebody changed this at the same moment. Try again.";
    /// Of what is written over what somebody else wrote meanwhile, with `If-Match`.
    ChangedSince = "changed_since", 412, "Somebody changed this since you read it. Look at it again.";
    NotSubscribed = "not_subscribed", 409, "Subscribe first.";
    TooManySubscriptions = "too_many_subscriptions", 409, "One connection carries at most 64 subscriptions.";
    TooManySockets = "too_many_sockets", 429, "Too many connections are open.";
    TooLarge = "too_large", 413, "The request is too large.";
    RateLimited = "rate_limited", 429, "Slow down a little.";
    /// The store is gone or the queue to it is full. Not accepted; the same id may be sent again,
    /// and should be: it is how a client learns of a commit whose answer was lost.
    Unavailable = "unavailable", 503, "Not now. Try again in a moment.";
    Internal = "internal", 500, "Something went wrong on our side.";
}

/// By hand: the derive does not see a code that comes out of a macro, and would document the
/// variants' names, which never travel.
impl PartialSchema for Refusal {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(Self::ALL.iter().map(|refusal| refusal.code())))
            .description(Some("Why something was not done."))
            .into()
    }
}

impl ToSchema for Refusal {}
