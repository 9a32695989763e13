//! What an org writes itself: rules, badges and their pictures, personas, scenarios, rubrics. Each change
//! is held against everything else before it is in force, and kept for ever.

use std::collections::HashMap;
use std::time::Duration;

use ludus_domain::content::{ContentFault, Kind, shape};
use ludus_domain::game::calendar::Day;
use ludus_domain::ids::UserId;
use ludus_domain::persona::card;
use ludus_domain::refusal::Refusal;
use ludus_domain::slug::{PersonaId, RuleId};
use ludus_domain::text;
use tokio::time::Instant;

use super::{Admin, Denied};
use crate::game::rulebook::{ITEM_BYTES_MAX, Rulebook, RulebookError, Trial};
use crate::game::trial::{self, Bound, Tried};
use crate::store::content::drafts::Draft;
use crate::store::content::{Becomes, Change, Item, Revision};

/// Changes of one look at a history.
pub(crate) const HISTORY_MAX: u64 = 50;

/// Entries of accounts that are read to tell what a rule would have paid, and for how long.
const TRIED_ENTRIES_MAX: u64 = 200_000;
const TRIED_WITHIN: Duration = Duration::from_secs(5);
/// Cards of one name.
const NAMESAKES_MAX: usize = 99;

/// Why a change was not made.
#[derive(Debug)]
pub(crate) enum Unfit {
    Denied(Denied),
    /// It does not go with everything else there is.
    Faults(Vec<ContentFault>),
}

impl<E: Into<Denied>> From<E> for Unfit {
    fn from(error: E) -> Self {
        Self::Denied(error.into())
    }
}

/// Where what stands comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Shipped,
    /// The org's, and nothing of its name is shipped.
    Own,
    /// The org's, in place of a shipped one.
    Changed,
    /// Taken out of play.
    Out,
    /// Nothing but a draft, or a history.
    Gone,
}

/// An item, as lists show it.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) origin: Origin,
    pub(crate) version: i64,
    pub(crate) changed: Option<Revision>,
    pub(crate) draft: Option<Draft>,
}

/// An item whole.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) origin: Origin,
    /// What stands; none where nothing does.
    pub(crate) body: Option<String>,
    pub(crate) shipped: Option<String>,
    pub(crate) changed: Option<Revision>,
    pub(crate) draft: Option<Draft>,
}

/// What becomes of an item, and why.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) to: Becomes,
    pub(crate) says: Option<String>,
    /// The version it was made of.
    pub(crate) of: Option<i64>,
}

impl Admin {
    /// What the org wrote itself.
    pub(crate) async fn content(&self) -> Result<Vec<Item>, Denied> {
        let (_, items) = self.0.people.store().content(self.0.who.org).await?;
        Ok(items)
    }

    /// Everything there is of a kind, shipped or written here, by id.
    pub(crate) async fn content_of(
        &self,
        book: &Rulebook,
        kind: Kind,
    ) -> Result<Vec<Listed>, Denied> {
        let (org, store) = (self.0.who.org, self.0.people.store());
        let of_kind = |of: &str| of == kind.as_str();
        let changes = store.content_changes(org).await?.into_iter();
        let mut changes: HashMap<String, Revision> = changes
            .filter(|change| of_kind(&change.kind))
            .map(|change| (change.id.clone(), change))
            .collect();
        let drafts = store.drafts(org).await?.into_iter();
        let mut drafts: HashMap<String, Draft> = drafts
            .filter(|draft| of_kind(&draft.kind))
            .map(|draft| (draft.id.clone(), draft))
            .collect();
        let shipped: HashMap<&str, &str> = book.shipped_of(kind).collect();
        let mut ids: Vec<String> = shipped.keys().map(|id| (*id).to_owned()).collect();
        ids.extend(changes.keys().cloned());
        ids.extend(drafts.keys().cloned());
        ids.sort_unstable();
        ids.dedup();
        let listed = ids.into_iter().map(|id| {
            let (changed, draft) = (changes.remove(&id), drafts.remove(&id));
            let shipped = shipped.get(id.as_str()).copied();
            let origin = origin(shipped.is_some(), changed.as_ref());
            let own = changed.as_ref().and_then(|change| change.body.as_deref());
            let drafted = draft.as_ref().map(|draft| draft.body.as_str());
            let text = own.or(shipped).or(drafted).unwrap_or_default();
            Listed {
                title: title(kind, text).unwrap_or_else(|| id.clone()),
                version: changed.as_ref().map_or(0, |change| change.version),
                origin,
                changed,
                draft,
                id,
            }
        });
        let is_there = |item: &Listed| item.origin != Origin::Gone || item.draft.is_some();
        Ok(listed.filter(is_there).collect())
    }

    /// One of them, with what is being written of it.
    pub(crate) async fn content_item(
        &self,
        book: &Rulebook,
        kind: Kind,
        id: &str,
    ) -> Result<Written, Denied> {
        let store = self.0.people.store();
        let history = store.content_history(self.0.who.org, kind, id.to_owned(), None, 1);
        let changed = history.await?.pop();
        let draft = store.draft(self.0.who.org, kind, id.to_owned()).await?;
        let shipped = book.shipped(kind, id).map(str::to_owned);
        let origin = origin(shipped.is_some(), changed.as_ref());
        if origin == Origin::Gone && changed.is_none() && draft.is_none() {
            return Err(Refusal::NotFound.into());
        }
        let own = changed.as_ref().filter(|change| change.is_own);
        Ok(Written {
            origin,
            body: match own {
                Some(own) => own.body.clone(),
                None => shipped.clone(),
            },
            shipped,
            changed,
            draft,
        })
    }

    /// What would be wrong with an item.
    pub(crate) async fn check_content(
        &self,
        book: &Rulebook,
        item: Item,
    ) -> Result<Vec<ContentFault>, Denied> {
        // A kind may have one item, of its own name (`levels`).
        if item.kind.parse::<RuleId>().is_err() || item.id.parse::<RuleId>().is_err() {
            return Err(Refusal::FieldInvalid.into());
        }
        Ok(book.check(self.0.who.org, item).await?)
    }

    /// What an org would have with an item.
    pub(crate) async fn trial(&self, book: &Rulebook, item: Item) -> Result<Trial, Unfit> {
        match book.trial(self.0.who.org, item).await {
            Ok(trial) => Ok(trial),
            Err(RulebookError::Content(faults)) => Err(Unfit::Faults(faults)),
            Err(RulebookError::Store(error)) => Err(error.into()),
            Err(RulebookError::Folder { .. }) => Err(Refusal::Internal.into()),
        }
    }

    /// What a rule would have paid, as far as that can be read in a few seconds.
    pub(crate) async fn try_rule(
        &self,
        book: &Rulebook,
        item: Item,
        since: Option<Day>,
    ) -> Result<Tried, Unfit> {
        let rule: RuleId = item.id.parse().map_err(|_| Refusal::FieldInvalid)?;
        let trial = self.trial(book, item).await?;
        let play = trial.play.ok_or(Refusal::NotFound)?;
        if play.rules.rule(&rule).is_none() {
            return Err(Refusal::NotFound.into());
        }
        let _alone = book.try_alone().ok_or(Refusal::RateLimited)?;
        let bound = Bound {
            entries: TRIED_ENTRIES_MAX,
            until: Some(Instant::now() + TRIED_WITHIN),
        };
        let set = (play.rules.set(), &rule);
        let store = self.0.people.store();
        Ok(trial::everybody(store, self.0.who.org, set, since, bound).await?)
    }

    /// Makes a change, and puts it in force.
    pub(crate) async fn change_content(
        &self,
        book: &Rulebook,
        (kind, id): (Kind, String),
        wish: Wish,
    ) -> Result<Revision, Unfit> {
        if id.parse::<RuleId>().is_err() || kind.is_single() != (kind.as_str() == id) {
            return Err(Refusal::FieldInvalid.into());
        }
        let says = match wish.says.as_deref().map(str::trim) {
            None | Some("") => String::new(),
            Some(says) => text::title(says)?,
        };
        let change = Change {
            kind,
            id,
            to: wish.to,
            says,
            of: wish.of,
        };
        match book.change(self.0.actor(), change).await {
            Ok(made) => {
                if kind.is_game() {
                    self.0.people.boards_changed(self.0.who.org);
                }
                Ok(made)
            }
            Err(RulebookError::Content(faults)) => Err(Unfit::Faults(faults)),
            Err(RulebookError::Store(error)) => Err(error.into()),
            Err(RulebookError::Folder { .. }) => Err(Refusal::Internal.into()),
        }
    }

    /// Changes of an item, the newest first.
    pub(crate) async fn content_history(
        &self,
        kind: Kind,
        id: String,
        before: Option<i64>,
    ) -> Result<Vec<Revision>, Denied> {
        let store = self.0.people.store();
        let org = self.0.who.org;
        Ok(store
            .content_history(org, kind, id, before, HISTORY_MAX)
            .await?)
    }

    /// An item as it was.
    pub(crate) async fn content_version(
        &self,
        kind: Kind,
        id: String,
        version: i64,
    ) -> Result<Revision, Denied> {
        let before = Some(version.saturating_add(1));
        let found = self.content_history(kind, id, before).await?;
        let found = found.into_iter().find(|found| found.version == version);
        Ok(found.ok_or(Refusal::NotFound)?)
    }

    /// Keeps what is being written, sound or not.
    pub(crate) async fn put_draft(
        &self,
        kind: Kind,
        id: String,
        body: String,
    ) -> Result<Draft, Denied> {
        let is_text = |c: char| !c.is_control() || ['\n', '\r', '\t'].contains(&c);
        if id.parse::<RuleId>().is_err() || !body.chars().all(is_text) {
            return Err(Refusal::FieldInvalid.into());
        }
        if body.len() > ITEM_BYTES_MAX {
            return Err(Refusal::TooLarge.into());
        }
        let store = self.0.people.store();
        Ok(store.put_draft(self.0.actor(), kind, id, body).await?)
    }

    pub(crate) async fn drop_draft(&self, kind: Kind, id: String) -> Result<(), Denied> {
        let store = self.0.people.store();
        if store.drop_draft(self.0.who.org, kind, id).await? {
            Ok(())
        } else {
            Err(Refusal::NotFound.into())
        }
    }

    /// Reads another program's card into a draft of a persona.
    /// One that names no id stands beside what is there, and takes nobody's place.
    pub(crate) async fn take_card(
        &self,
        book: &Rulebook,
        bytes: Vec<u8>,
        id: Option<PersonaId>,
        language: &str,
    ) -> Result<Result<Draft, card::NotACard>, Denied> {
        let is_named = id.is_some();
        let read = match card::read(&bytes, id, language) {
            Ok(persona) => persona,
            Err(fault) => return Ok(Err(fault)),
        };
        let text = shape::text_of_content(&read.sheet).map_err(|_| Refusal::FieldInvalid)?;
        let mut id = read.id.to_string();
        if !is_named {
            let there = self.content_of(book, Kind::Personas).await?;
            let is_free = |id: &str| there.iter().all(|persona| persona.id != id);
            let others = (2..=NAMESAKES_MAX).map(|number| format!("{}-{number}", read.id));
            let mut ids = std::iter::once(id).chain(others);
            id = ids.find(|id| is_free(id)).ok_or(Refusal::TooLarge)?;
        }
        let draft = self.put_draft(Kind::Personas, id, text);
        Ok(Ok(draft.await?))
    }

    /// What people are called who changed something.
    pub(crate) async fn names_of(
        &self,
        people: impl IntoIterator<Item = UserId>,
    ) -> Result<HashMap<UserId, String>, Denied> {
        let mut ids: Vec<UserId> = people.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        let store = self.0.people.store();
        Ok(store.names(self.0.who.org, ids).await?)
    }
}

fn origin(is_shipped: bool, changed: Option<&Revision>) -> Origin {
    match (changed.filter(|change| change.is_own), is_shipped) {
        (Some(change), _) if change.body.is_none() => Origin::Out,
        (Some(_), true) => Origin::Changed,
        (Some(_), false) => Origin::Own,
        (None, true) => Origin::Shipped,
        (None, false) => Origin::Gone,
    }
}

/// What people call an item.
fn title(kind: Kind, text: &str) -> Option<String> {
    let value = shape::value_of("", text).ok()?;
    let item = match kind.list() {
        Some(list) => value.get(list)?.get(0)?,
        None => &value,
    };
    let title = item.get("title").or_else(|| item.get("name"));
    let name = if kind == Kind::Personas {
        item.get("name")
    } else {
        title
    };
    Some(name?.as_str()?.to_owned())
}
