//! The book of what models may cost: within the limits however many ask, and given back once.

use std::sync::Arc;

use ludus::store::Store;
use ludus::store::budgets::Purses;
use ludus_actors::llm::{Budget as _, BudgetFault};
use ludus_domain::budget::{Claim, Limits, Reservation};
use ludus_domain::ids::{OrgId, RoomId, UserId};
use ludus_entities::{purse, reservation};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use crate::kit::{Ground, on_both, seed_org};

const AMOUNT: u64 = 100;

fn limits() -> Limits {
    Limits {
        org_day_micro: Some(12 * AMOUNT + AMOUNT / 2),
        room_micro: Some(5 * AMOUNT),
        learner_day_micro: Some(3 * AMOUNT),
    }
}

const fn claim(org: OrgId) -> Claim {
    Claim {
        org,
        room: None,
        learner: None,
        amount_micro: AMOUNT,
    }
}

/// What one kind of purse of an org has: spent, and set aside.
async fn held(store: &Store, org: OrgId, kind: &'static str) -> (i64, i64) {
    let rows = store
        .read("purses", move |db| {
            Box::pin(async move {
                Ok(purse::Entity::find()
                    .filter(purse::Column::OrgId.eq(org.0))
                    .filter(purse::Column::Kind.eq(kind))
                    .all(db)
                    .await?)
            })
        })
        .await
        .unwrap();
    rows.iter().fold((0, 0), |(spent, reserved), row| {
        (spent + row.spent_micro, reserved + row.reserved_micro)
    })
}

async fn reserve(purses: &Purses, claim: Claim) -> Option<Reservation> {
    match purses.reserve(claim).await {
        Ok(reservation) => Some(reservation),
        Err(BudgetFault::Short) => None,
        Err(fault) => panic!("{fault}"),
    }
}

on_both! {
    async fn a_hundred_at_once_stay_within_every_limit(ground: &Ground) {
        let store = ground.open().await;
        let org = seed_org(&store).await;
        let purses = Arc::new(Purses::new(store.clone(), limits()));
        let asked = (0..100_u128).map(|number| {
            let purses = Arc::clone(&purses);
            // Ten rooms and a hundred learners: the org's purse is the narrow one.
            let claim = Claim {
                room: Some(RoomId(Uuid::from_u128(number % 10))),
                learner: Some(UserId(Uuid::from_u128(number))),
                ..claim(org)
            };
            tokio::spawn(async move { reserve(&purses, claim).await })
        });
        let mut granted = vec![];
        for one in asked.collect::<Vec<_>>() {
            granted.extend(one.await.unwrap());
        }
        assert_eq!(granted.len(), 12);
        for kind in ["org_day", "room", "learner_day"] {
            assert_eq!(held(&store, org, kind).await, (0, 1_200), "{kind}");
        }
        // Half of each is spent; the rest buys as much again, and no more.
        for reservation in &granted {
            purses.settle(*reservation, AMOUNT / 2).await.unwrap();
        }
        assert_eq!(held(&store, org, "org_day").await, (600, 0));
        let mut more = 0;
        while reserve(&purses, claim(org)).await.is_some() {
            more += 1;
        }
        assert_eq!(more, 6);
    }

    async fn the_narrowest_purse_decides_and_the_others_are_left_as_they_were(ground: &Ground) {
        let store = ground.open().await;
        let org = seed_org(&store).await;
        let purses = Purses::new(store.clone(), limits());
        let learner = Claim {
            room: Some(RoomId(Uuid::from_u128(1))),
            learner: Some(UserId(Uuid::from_u128(2))),
            ..claim(org)
        };
        for _ in 0..3 {
            assert!(reserve(&purses, learner).await.is_some());
        }
        assert!(reserve(&purses, learner).await.is_none(), "the learner has had three");
        assert_eq!(held(&store, org, "org_day").await, (0, 300));
        assert_eq!(held(&store, org, "room").await, (0, 300));
        // Another learner of the room, and another org, have their own.
        let other = Claim {
            learner: Some(UserId(Uuid::from_u128(3))),
            ..learner
        };
        assert!(reserve(&purses, other).await.is_some());
        let elsewhere = seed_org(&store).await;
        let there = Claim {
            org: elsewhere,
            ..learner
        };
        assert!(reserve(&purses, there).await.is_some());
        assert_eq!(held(&store, elsewhere, "room").await, (0, 100));
    }

    async fn settled_once_and_never_for_more_than_was_set_aside(ground: &Ground) {
        let store = ground.open().await;
        let org = seed_org(&store).await;
        let purses = Purses::new(store.clone(), limits());
        let first = reserve(&purses, claim(org)).await.unwrap();
        purses.settle(first, 10 * AMOUNT).await.unwrap();
        assert_eq!(held(&store, org, "org_day").await, (100, 0));
        purses.settle(first, 30).await.unwrap();
        assert_eq!(held(&store, org, "org_day").await, (100, 0), "the second time is nothing");
    }

    async fn what_nobody_settles_is_paid_in_full_and_only_that(ground: &Ground) {
        let store = ground.open().await;
        let org = seed_org(&store).await;
        let purses = Purses::new(store.clone(), limits());
        let lost = reserve(&purses, claim(org)).await.unwrap();
        let running = reserve(&purses, claim(org)).await.unwrap();
        store.close_old_reservations().await;
        assert_eq!(held(&store, org, "org_day").await, (0, 200), "both may still run");

        let aside = ground.aside().await;
        reservation::Entity::update_many()
            .col_expr(reservation::Column::At, Expr::value(1_000_i64))
            .filter(reservation::Column::Id.eq(lost.id.0))
            .exec(&aside)
            .await
            .unwrap();
        store.close_old_reservations().await;
        assert_eq!(held(&store, org, "org_day").await, (100, 100));
        // Whoever asked comes back after all: what it cost is not taken twice.
        purses.settle(lost, 40).await.unwrap();
        purses.settle(running, 40).await.unwrap();
        assert_eq!(held(&store, org, "org_day").await, (140, 0));
    }

    async fn without_a_book_nobody_spends(ground: &Ground) {
        let store = ground.open().await;
        let org = seed_org(&store).await;
        let purses = Purses::new(store.clone(), Limits::default());
        store.shutdown().await;
        let answer = purses.reserve(claim(org)).await;
        assert_eq!(answer.err(), Some(BudgetFault::Unavailable));
    }
}
