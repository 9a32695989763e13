//! `ludus user` and `ludus org`: what whoever has the machine may do, beside a running hub or
//! without one. The hub finds what was changed here by its own sweep, within a few seconds.

use std::io;
use std::sync::Arc;

use clap::{Args, Subcommand, ValueEnum};
use ludus_actors::ports::Doorbell;
use ludus_domain::ids::{ContestId, OrgId};
use ludus_domain::role::Role;
use ludus_domain::stream::StreamId;

use super::{Trouble, public_url, say};
use crate::clock::WallClock;
use crate::config::Config;
use crate::keys::Keys;
use crate::people::console::{Account, Console, Pass};
use crate::people::policies::PolicyBook;
use crate::people::rosters::Rosters;
use crate::people::{Needs, People};
use crate::store::Store;
use crate::store::links::LinkKind;
use crate::store::people::{Org, User};

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Make an account and print the link that sets its password
    #[command(after_help = "Examples:
  ludus user add --name 'Ada' --email ada@example.org --role admin
  pwgen 20 1 | ludus user add --name 'Bo' --email bo@example.org --password-stdin")]
    Add(Add),
    /// List accounts: id, role, name, e-mail, and whether they are shut out
    List {
        #[command(flatten)]
        org: OrgFlag,
    },
    /// Change what somebody is
    SetRole {
        /// E-mail address or id
        who: String,
        #[arg(value_enum)]
        role: RoleName,
        #[command(flatten)]
        org: OrgFlag,
    },
    /// Print a link that sets a new password; good once, for a quarter of an hour
    ResetLink {
        /// E-mail address or id
        who: String,
        #[command(flatten)]
        org: OrgFlag,
    },
    /// Shut somebody out, and end every sign-in of theirs
    Disable {
        /// E-mail address or id
        who: String,
        #[command(flatten)]
        org: OrgFlag,
    },
    /// Let somebody in again
    Enable {
        /// E-mail address or id
        who: String,
        #[command(flatten)]
        org: OrgFlag,
    },
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// The name others see
    #[arg(long)]
    name: String,
    /// What they sign in with
    #[arg(long)]
    email: String,
    #[arg(long, value_enum, default_value = "learner")]
    role: RoleName,
    /// Take the first line of standard input as the password, instead of printing a link
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    org: OrgFlag,
}

#[derive(Debug, Args)]
pub(super) struct OrgFlag {
    /// Name or id of the org; needed when there are several
    #[arg(long, value_name = "ORG")]
    pub(super) org: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum OrgCommand {
    /// Make an org and print the link that makes its owner
    Add { name: String },
    /// List orgs: id and name
    List,
    /// Give an org another name
    Rename {
        /// Its name now, or its id
        org: String,
        name: String,
    },
}

/// Roles as they are typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum RoleName {
    Spectator,
    Learner,
    Coach,
    Admin,
    Owner,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Spectator => Self::Spectator,
            RoleName::Learner => Self::Learner,
            RoleName::Coach => Self::Coach,
            RoleName::Admin => Self::Admin,
            RoleName::Owner => Self::Owner,
        }
    }
}

/// Nobody is listening in this process; the hub beside it sweeps.
#[derive(Debug)]
struct NobodyNear;

impl Doorbell for NobodyNear {
    fn ring(&self, _: OrgId, _: StreamId) {}
    fn boards_changed(&self, _: OrgId) {}
    fn roster_changed(&self, _: OrgId) {}

    fn contest_changed(&self, _: OrgId, _: ContestId) {}
}

/// An open store with a console on it.
pub(super) struct Desk {
    pub(super) store: Store,
    console: Console,
}

impl Desk {
    pub(super) async fn open(config: &Config) -> Result<Self, Trouble> {
        let keys = Keys::derive(config.master_secret()?.bytes());
        let store = Store::open(&config.store(true)).await?;
        let people = People::start(Needs {
            archive: Arc::new(store.clone()),
            rosters: Rosters::start(store.clone()).await?,
            policies: PolicyBook::start(store.clone()).await?,
            store: store.clone(),
            clock: Arc::new(WallClock),
            doorbell: Arc::new(NobodyNear),
            keys,
            public_url: public_url(config),
        })
        .await?;
        Ok(Self {
            store,
            console: people.console(),
        })
    }

    /// The org that is meant: the named one, or the only one.
    pub(super) async fn org(&self, named: Option<&str>) -> Result<Org, Trouble> {
        let mut orgs = self.console.orgs().await?;
        if let Some(named) = named {
            let is_meant = |org: &Org| org.name == named || org.id.to_string() == named;
            let found = orgs.into_iter().find(is_meant);
            return found.ok_or_else(|| {
                Trouble::Typed(format!(
                    "There is no org called {named}. See: ludus org list"
                ))
            });
        }
        match (orgs.pop(), orgs.is_empty()) {
            (Some(only), true) => Ok(only),
            (Some(_), false) => Err(Trouble::Typed(
                "There are several orgs. Say which with --org; see: ludus org list".to_owned(),
            )),
            (None, _) => Err(Trouble::Typed(
                "There is no org yet. Start the hub and claim its owner link, or: ludus org add NAME".to_owned(),
            )),
        }
    }

    async fn users(&self, org: OrgId) -> Result<Vec<User>, Trouble> {
        let mut users: Vec<User> = Vec::new();
        loop {
            let after = users.last().map(|user| user.id);
            let page = self.console.users(org, after).await?;
            if page.is_empty() {
                return Ok(users);
            }
            users.extend(page);
        }
    }

    pub(super) async fn user(&self, org: &OrgFlag, who: &str) -> Result<User, Trouble> {
        let org = self.org(org.org.as_deref()).await?;
        let found = if who.contains('@') {
            self.console.user_by_email(Some(org.id), who).await?
        } else {
            let users = self.users(org.id).await?;
            users.into_iter().find(|user| user.id.to_string() == who)
        };
        found.ok_or_else(|| {
            Trouble::Typed(format!(
                "There is no {who} in {}. See: ludus user list",
                org.name
            ))
        })
    }
}

pub(super) async fn user(config: &Config, command: &UserCommand) -> Result<(), Trouble> {
    let desk = Desk::open(config).await?;
    let done = user_at(&desk, command).await;
    desk.store.shutdown().await;
    done
}

async fn user_at(desk: &Desk, command: &UserCommand) -> Result<(), Trouble> {
    match command {
        UserCommand::Add(add) => add_user(desk, add).await,
        UserCommand::List { org } => {
            let org = desk.org(org.org.as_deref()).await?;
            for user in desk.users(org.id).await? {
                let email = user.email.as_deref().unwrap_or("-");
                let state = if user.disabled_at.is_some() {
                    "  (disabled)"
                } else {
                    ""
                };
                say(format_args!(
                    "{}  {:9}  {}  {email}{state}",
                    user.id,
                    user.role.as_str(),
                    user.name
                ))?;
            }
            Ok(())
        }
        UserCommand::SetRole { who, role, org } => {
            let user = desk.user(org, who).await?;
            let user = desk.console.set_role(&user, Role::from(*role)).await?;
            say(format_args!("{} is {} now.", user.name, user.role.as_str()))
        }
        UserCommand::ResetLink { who, org } => {
            let user = desk.user(org, who).await?;
            say(desk.console.reset_link(&user).await?.url)
        }
        UserCommand::Disable { who, org } => {
            let user = desk.user(org, who).await?;
            let user = desk.console.set_disabled(&user, true).await?;
            say(format_args!("{} is shut out.", user.name))
        }
        UserCommand::Enable { who, org } => {
            let user = desk.user(org, who).await?;
            let user = desk.console.set_disabled(&user, false).await?;
            say(format_args!("{} may come in again.", user.name))
        }
    }
}

async fn add_user(desk: &Desk, add: &Add) -> Result<(), Trouble> {
    // A password on the command line would be seen by everybody who lists processes.
    let password = if add.password_stdin {
        let mut line = String::new();
        io::stdin().read_line(&mut line)?;
        Some(line.trim_end_matches(['\r', '\n']).to_owned())
    } else {
        None
    };
    let has_password = password.is_some();
    let account = Account {
        org: desk.org(add.org.org.as_deref()).await?.id,
        name: add.name.clone(),
        email: Some(add.email.clone()),
        role: add.role.into(),
        password,
    };
    let user = desk.console.add_user(account).await?;
    say(format_args!("{} is {} now.", user.name, user.role.as_str()))?;
    if !has_password {
        say("This link sets the password. It is good once, for a quarter of an hour:")?;
        say(desk.console.reset_link(&user).await?.url)?;
    }
    Ok(())
}

pub(super) async fn org(config: &Config, command: &OrgCommand) -> Result<(), Trouble> {
    let desk = Desk::open(config).await?;
    let done = org_at(&desk, command).await;
    desk.store.shutdown().await;
    done
}

async fn org_at(desk: &Desk, command: &OrgCommand) -> Result<(), Trouble> {
    match command {
        OrgCommand::Add { name } => {
            let org = desk.console.add_org(name).await?;
            let pass = Pass {
                org: org.id,
                user: None,
                kind: LinkKind::Invitation,
                role: Role::Owner,
                email: None,
                name: None,
                room: None,
            };
            let link = desk.console.link(pass).await?;
            say(format_args!(
                "{} exists now, with the id {}.",
                org.name, org.id
            ))?;
            say("This link makes its owner. It is good once, for a week:")?;
            say(link.url)
        }
        OrgCommand::List => {
            for org in desk.console.orgs().await? {
                say(format_args!("{}  {}", org.id, org.name))?;
            }
            Ok(())
        }
        OrgCommand::Rename { org, name } => {
            let org = desk.org(Some(org)).await?;
            let org = desk.console.rename_org(org.id, name).await?;
            say(format_args!("It is called {} now.", org.name))
        }
    }
}
