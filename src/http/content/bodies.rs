//! What travels of an org's own content.

use std::collections::HashMap;

use ludus_domain::content::{ContentFault, Edition, Kind, shape};
use ludus_domain::game::calendar::Day;
use ludus_domain::ids::UserId;
use ludus_domain::slug::PersonaId;
use ludus_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::people::content::{Listed, Origin};
use crate::store::content::drafts::Draft;
use crate::store::content::{Item, Revision};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct CheckBody {
    /// `rules`, `badges`, `pictures`, `quests`, `boards`, `leagues`, `contests`, `levels`, `streak`,
    /// `seasons`, `personas`, `scenarios`, `rubrics`.
    pub(super) kind: String,
    pub(super) id: String,
    /// A content file with just this item in it; none takes the shipped item out of play.
    #[serde(default)]
    pub(super) body: Option<String>,
    /// The same as a value, in its place.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub(super) value: Option<Value>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct ItemTextBody {
    /// A content file with just this item in it; none takes the shipped item out of play.
    #[serde(default)]
    pub(super) body: Option<String>,
    /// The same as a value, in its place.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub(super) value: Option<Value>,
    /// Why, for whoever reads the history.
    #[serde(default)]
    pub(super) says: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct DraftTextBody {
    /// Any text, sound or not.
    #[serde(default)]
    pub(super) body: Option<String>,
    /// The same as a value, in its place.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub(super) value: Option<Value>,
}

/// Something as the org wrote it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContentItem)]
pub(in crate::http) struct ItemBody {
    pub(super) kind: String,
    pub(super) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<String>,
    pub(super) version: i64,
}

/// Where what stands comes from: `own` is the org's alone, `changed` stands in place of a shipped item,
/// `gone` is nothing but a draft or a history.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ContentOrigin)]
pub(in crate::http) enum OriginBody {
    Shipped,
    Own,
    Changed,
    Out,
    Gone,
}

/// An item, as lists show it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContentEntry)]
pub(in crate::http) struct EntryBody {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) origin: OriginBody,
    /// Counts the org's changes of it; 0 for none.
    pub(super) version: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) changed_by: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) changed_at: Option<Timestamp>,
    /// Somebody is writing it anew.
    pub(super) draft: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContentList)]
pub(in crate::http) struct EntriesBody {
    pub(super) items: Vec<EntryBody>,
}

/// A change of an item.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContentVersion)]
pub(in crate::http) struct VersionBody {
    pub(super) version: i64,
    /// Of everything the org wrote.
    pub(super) edition: Edition,
    pub(super) by: UserId,
    /// Absent for somebody who is not here any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) by_name: Option<String>,
    pub(super) at: Timestamp,
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) says: String,
    /// Whether the org's word counted from then; else the shipped item stood again.
    pub(super) own: bool,
    /// What was written. Absent in lists, and where there was nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(super) value: Option<Value>,
}

/// What somebody wrote down to go on with later.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContentDraft)]
pub(in crate::http) struct DraftBody {
    pub(super) id: String,
    pub(super) body: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(super) value: Option<Value>,
    pub(super) by: UserId,
    pub(super) at: Timestamp,
}

/// An item whole.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContentWhole)]
pub(in crate::http) struct WholeBody {
    pub(super) kind: Kind,
    pub(super) id: String,
    pub(super) origin: OriginBody,
    /// Also its `ETag`. Send it as `If-Match` with a change, to change nothing else than this.
    pub(super) version: i64,
    /// What stands. Absent where it is out of play.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(super) value: Option<Value>,
    /// What is shipped, where that is something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) shipped: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) changed: Option<VersionBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) draft: Option<DraftBody>,
}

/// One thing that is wrong with content.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContentFault)]
pub(in crate::http) struct FaultBody {
    pub(super) file: String,
    /// Counted from 1; 0 for the file as a whole.
    pub(super) line: usize,
    pub(super) field: String,
    pub(super) says: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct CheckedBody {
    /// None: it could be put in force.
    pub(super) faults: Vec<FaultBody>,
    /// The item as a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<String>,
    /// The item as a value; absent while its text is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(super) value: Option<Value>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct HistoryQuery {
    /// Changes before this version.
    pub(super) before: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContentHistory)]
pub(in crate::http) struct HistoryBody {
    /// The newest first, at most 50.
    pub(super) items: Vec<VersionBody>,
    /// Pass it as `before` for those before them; absent when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) before: Option<i64>,
}

/// A rule to be tried.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct TryBody {
    pub(super) id: String,
    /// A content file with just this rule in it.
    #[serde(default)]
    pub(super) body: Option<String>,
    /// The same as a value, in its place.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub(super) value: Option<Value>,
    /// The first day that is counted, by each learner's calendar.
    #[serde(default)]
    pub(super) since: Option<Day>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct TriedBody {
    pub(super) people: usize,
    pub(super) times: u64,
    pub(super) points: i64,
    /// How much was read.
    pub(super) deeds: u64,
    /// There was more than is read for one answer: what is told is of those who were read.
    pub(super) partial: bool,
    /// Who would have been paid most, at most 20.
    pub(super) most: Vec<TriedOneBody>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct TriedOneBody {
    pub(super) user: UserId,
    pub(super) name: String,
    pub(super) times: u64,
    pub(super) points: i64,
}

/// A persona or a scenario to be tried, and the conversation so far.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct TalkBody {
    /// `personas` or `scenarios`.
    pub(super) kind: String,
    pub(super) id: String,
    #[serde(default)]
    pub(super) body: Option<String>,
    /// The same as a value, in its place.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub(super) value: Option<Value>,
    /// Who plays the scenario.
    #[serde(default)]
    pub(super) persona: Option<String>,
    /// What the persona plays in.
    #[serde(default)]
    pub(super) scenario: Option<String>,
    /// Empty: the persona opens.
    pub(super) lines: Vec<TalkLineBody>,
    /// By the hub's own engine, whatever models there are.
    #[serde(default)]
    pub(super) offline: bool,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct TalkLineBody {
    /// Whether the persona said it.
    pub(super) persona: bool,
    pub(super) text: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Rehearsed)]
pub(in crate::http) struct SaidBody {
    pub(super) text: String,
    /// `offline`, or a provider and its model.
    pub(super) engine: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct CardQuery {
    /// What the persona is called in content; else it is made of its name.
    #[param(value_type = Option<String>)]
    pub(super) id: Option<PersonaId>,
    /// What the card is written in; else `en`.
    pub(super) language: Option<String>,
}

impl From<Item> for ItemBody {
    fn from(item: Item) -> Self {
        Self {
            kind: item.kind,
            id: item.id,
            body: item.body,
            version: item.version,
        }
    }
}

impl From<Origin> for OriginBody {
    fn from(origin: Origin) -> Self {
        match origin {
            Origin::Shipped => Self::Shipped,
            Origin::Own => Self::Own,
            Origin::Changed => Self::Changed,
            Origin::Out => Self::Out,
            Origin::Gone => Self::Gone,
        }
    }
}

impl From<Listed> for EntryBody {
    fn from(item: Listed) -> Self {
        let changed = item.changed.as_ref();
        Self {
            id: item.id,
            title: item.title,
            origin: item.origin.into(),
            version: item.version,
            changed_by: changed.map(|change| change.by),
            changed_at: changed.map(|change| change.at),
            draft: item.draft.is_some(),
        }
    }
}

impl From<ContentFault> for FaultBody {
    fn from(fault: ContentFault) -> Self {
        Self {
            file: fault.file,
            line: fault.line,
            field: fault.field,
            says: fault.says,
        }
    }
}

impl VersionBody {
    pub(super) fn of(change: Revision, names: &HashMap<UserId, String>) -> Self {
        Self {
            version: change.version,
            edition: change.edition,
            by_name: names.get(&change.by).cloned(),
            by: change.by,
            at: change.at,
            says: change.says,
            own: change.is_own,
            value: None,
            body: None,
        }
    }

    pub(super) fn whole(change: Revision, names: &HashMap<UserId, String>) -> Self {
        let (body, value) = both(Kind::parse(&change.kind), change.body.clone());
        Self {
            body,
            value,
            ..Self::of(change, names)
        }
    }
}

impl From<Draft> for DraftBody {
    fn from(draft: Draft) -> Self {
        let value = value_of(Kind::parse(&draft.kind), &draft.body);
        Self {
            id: draft.id,
            value,
            body: draft.body,
            by: draft.by,
            at: draft.at,
        }
    }
}

pub(super) fn value_of(kind: Option<Kind>, text: &str) -> Option<Value> {
    if kind == Some(Kind::Pictures) {
        return None;
    }
    shape::value_of("", text).ok()
}

pub(super) fn both(kind: Option<Kind>, body: Option<String>) -> (Option<String>, Option<Value>) {
    let value = body.as_deref().and_then(|text| value_of(kind, text));
    (body, value)
}
