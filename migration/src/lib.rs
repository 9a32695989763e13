//! Migrations of the Ludus store, one file each, forward only: a hub that must go back restores a
//! backup. A migration that was released is never edited; what it did is the ground the next stands on.

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::MigrationTrait;

mod m20261121_000001_spine;
mod m20261121_000002_game;
mod m20261121_000003_windows;
mod m20261121_000004_turns;
mod m20261121_000005_budgets;
mod m20261121_000006_closed_until;
mod m20261121_000007_contests;
mod m20261121_000008_practices;
mod m20261121_000009_api_keys;
mod m20261121_000010_displays;
mod m20261121_000011_nodes;
mod m20261121_000012_access;
mod m20261121_000013_held_seats;
mod m20261121_000014_policies;
mod m20261121_000015_alerts;
mod m20261121_000016_comments;
mod m20261121_000017_notes;
mod m20261121_000018_moderation;
mod m20261121_000019_plans;
mod m20261121_000024_content;
mod m20261121_000026_breakouts;
mod m20261121_000032_audit;
mod m20261122_000040_goals;

/// Every migration, in order.
#[derive(Clone, Copy, Debug)]
pub struct Migrator;

#[sea_orm_migration::async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_spine::Migration),
            Box::new(m20261121_000002_game::Migration),
            Box::new(m20261121_000003_windows::Migration),
            Box::new(m20261121_000004_turns::Migration),
            Box::new(m20261121_000005_budgets::Migration),
            Box::new(m20261121_000006_closed_until::Migration),
            Box::new(m20261121_000007_contests::Migration),
            Box::new(m20261121_000008_practices::Migration),
            Box::new(m20261121_000009_api_keys::Migration),
            Box::new(m20261121_000010_displays::Migration),
            Box::new(m20261121_000011_nodes::Migration),
            Box::new(m20261121_000012_access::Migration),
            Box::new(m20261121_000013_held_seats::Migration),
            Box::new(m20261121_000014_policies::Migration),
            Box::new(m20261121_000015_alerts::Migration),
            Box::new(m20261121_000016_comments::Migration),
            Box::new(m20261121_000017_notes::Migration),
            Box::new(m20261121_000018_moderation::Migration),
            Box::new(m20261121_000019_plans::Migration),
            Box::new(m20261121_000024_content::Migration),
            Box::new(m20261121_000032_audit::Migration),
            Box::new(m20261121_000026_breakouts::Migration),
            Box::new(m20261122_000040_goals::Migration),
        ]
    }
}
