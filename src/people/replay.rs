//! Rooms looked back on, and what coaches write beside them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ludus_actors::ports::Head;
use ludus_domain::audience::Viewer;
use ludus_domain::game::deed::Source;
use ludus_domain::ids::{CommentId, RoomId, Seq, UserId};
use ludus_domain::journal::{Fact, Recorded};
use ludus_domain::refusal::Refusal;
use ludus_domain::replay::{
    self, AFTER_MS_MAX, Beside, COMMENT_CHARS_MAX, Comment, Gained, Outline, Stretch, What,
};
use ludus_domain::rights::Action;
use ludus_domain::room::{Event, RoomKind};
use ludus_domain::stream::StreamId;
use ludus_domain::text;

use super::caller::OnceKey;
use super::{Caller, Denied};
use crate::practice::journal;
use crate::store::idempotency::Done;
use crate::store::people::fresh;
use crate::store::rooms::RoomRow;

/// A stretch of a room, looked back on.
#[derive(Debug)]
pub(crate) struct ReplayPage {
    pub(crate) head: Head,
    pub(crate) stretch: Stretch,
    /// The moments lie after this and up to `to`.
    pub(crate) after: Seq,
    pub(crate) to: Seq,
    pub(crate) names: HashMap<UserId, String>,
}

/// A room at a glance.
#[derive(Debug)]
pub(crate) struct Glimpse {
    pub(crate) room: RoomRow,
    pub(crate) head: Head,
    pub(crate) outline: Outline,
    /// Whether the reader may write beside it.
    pub(crate) may_comment: bool,
}

/// A comment, before it is written.
#[derive(Clone, Debug)]
pub(crate) struct NewComment {
    pub(crate) seq: Seq,
    pub(crate) after_ms: u32,
    pub(crate) text: String,
    pub(crate) shared: bool,
}

impl Caller {
    /// Moments of a room one may see, oldest first.
    pub(crate) async fn replay(
        &self,
        id: RoomId,
        after: Seq,
        limit: u32,
    ) -> Result<ReplayPage, Denied> {
        let room = self.room(id).await?;
        let who = self.viewer_in(&room.state);
        let (org, stream) = (self.who.org, StreamId::Room(id));
        let archive = &self.people.inner.archive;
        let head = archive.head(org, stream).await?;
        let after = after.min(head.seq);
        let to = Seq(after.0.saturating_add(limit.into())).min(head.seq);
        let events = match u32::try_from(to.0 - after.0) {
            Ok(0) | Err(_) => vec![],
            Ok(count) => archive.events(org, stream, after, count).await?,
        };
        let beside = Beside {
            gained: self.gained(id, room.state.plan.kind, &events).await?,
            comments: self
                .people
                .store()
                .comments(org, id, (after.next(), to))
                .await?,
        };
        let stretch = replay::look_back(who, events, beside);
        let names = self.names_in(&stretch).await?;
        Ok(ReplayPage {
            head,
            stretch,
            after,
            to,
            names,
        })
    }

    /// A room at a glance: the bar of its time.
    pub(crate) async fn replay_outline(&self, id: RoomId) -> Result<Glimpse, Denied> {
        let room = self.room(id).await?;
        let who = self.viewer_in(&room.state);
        let archive = &self.people.inner.archive;
        let head = archive.head(self.who.org, StreamId::Room(id)).await?;
        let events = journal(archive, self.who.org, id).await?;
        let is_cut = events.last().is_some_and(|last| last.seq < head.seq);
        Ok(Glimpse {
            outline: Outline::of(who, &events, is_cut),
            may_comment: self.may_comment(who),
            room,
            head,
        })
    }

    /// Writes beside a moment of a room. Only its coaches do.
    pub(crate) async fn comment(
        &self,
        once: Option<OnceKey>,
        id: RoomId,
        new: NewComment,
    ) -> Result<Done<Comment>, Denied> {
        self.must_comment(id).await?;
        let text = text::line(&new.text)?;
        if text.chars().count() > COMMENT_CHARS_MAX {
            return Err(Refusal::TextTooLong.into());
        }
        let org = self.who.org;
        let head = self
            .people
            .inner
            .archive
            .head(org, StreamId::Room(id))
            .await?;
        if new.seq == Seq::ZERO || new.seq > head.seq || new.after_ms > AFTER_MS_MAX {
            return Err(Refusal::FieldInvalid.into());
        }
        let comment = Comment {
            id: CommentId(fresh()),
            seq: new.seq,
            after_ms: new.after_ms,
            by: self.who.user,
            at: self.people.now(),
            text,
            shared: new.shared,
        };
        let store = self.people.store();
        Ok(store.add_comment(self.once(once), org, id, comment).await?)
    }

    /// Takes a comment away: one's own, and for those who run the org anybody's.
    pub(crate) async fn remove_comment(
        &self,
        id: RoomId,
        comment: CommentId,
    ) -> Result<(), Denied> {
        self.must_comment(id).await?;
        let all = self.may(Action::ManagePeople);
        let store = self.people.store();
        Ok(store.remove_comment(self.actor(), id, comment, all).await?)
    }

    fn may_comment(&self, who: Viewer) -> bool {
        self.may(Action::LeadCohorts) && replay::may_comment(who)
    }

    async fn must_comment(&self, id: RoomId) -> Result<(), Denied> {
        let room = self.room(id).await?;
        if self.may_comment(self.viewer_in(&room.state)) {
            Ok(())
        } else {
            Err(Refusal::Forbidden.into())
        }
    }

    /// What came of these events for whoever did them, by the event it came of.
    async fn gained(
        &self,
        room: RoomId,
        kind: RoomKind,
        events: &[Recorded],
    ) -> Result<BTreeMap<Seq, Vec<Gained>>, Denied> {
        let by = replay::doers(room, kind, events).into_iter().collect();
        let store = self.people.store();
        let (lines, grants) = store.gained(self.who.org, StreamId::Room(room), by).await?;
        let mut gained: BTreeMap<Seq, Vec<Gained>> = BTreeMap::new();
        // Lines of nothing (a freeze, say) are told to nobody.
        for line in lines.into_iter().filter(|line| line.points != 0) {
            let cause: Option<Source> = line.cause.parse().ok();
            let seq = cause.and_then(|cause| replay::caused_in(room, cause));
            let (Some(seq), Ok(rule), Ok(kind)) = (seq, line.rule.parse(), line.kind.parse())
            else {
                continue;
            };
            let what = What::Points {
                rule,
                kind,
                points: line.points,
                says: line.says,
            };
            let user = line.user;
            gained.entry(seq).or_default().push(Gained { user, what });
        }
        for grant in grants {
            let Ok(badge) = grant.badge.parse() else {
                continue;
            };
            let what = What::Badge {
                badge,
                level: grant.level,
            };
            let user = grant.user;
            gained
                .entry(grant.seq)
                .or_default()
                .push(Gained { user, what });
        }
        Ok(gained)
    }

    /// The names of everybody a stretch speaks of, as they are called now.
    async fn names_in(&self, stretch: &Stretch) -> Result<HashMap<UserId, String>, Denied> {
        let mut people = BTreeSet::new();
        for moment in &stretch.moments {
            people.extend(moment.event.by);
            people.extend(moment.gained.iter().map(|gained| gained.user));
            people.extend(moment.comments.iter().map(|comment| comment.by));
            if let Fact::Room(
                Event::PracticeCompleted { user, .. } | Event::SkillScored { user, .. },
            ) = &moment.event.fact
            {
                people.insert(*user);
            }
        }
        people.remove(&UserId::HUB);
        let ids = people.into_iter().collect();
        Ok(self.people.store().names(self.who.org, ids).await?)
    }
}
