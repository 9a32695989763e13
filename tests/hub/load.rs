//! A small load, for what is right and not for how fast: nothing is lost, and order is kept.

use std::path::Path;

use ludus_loadtests::bench::{Outcome, of_ludus};
use ludus_loadtests::people::code_of;
use ludus_loadtests::scenario::Scenario;
use ludus_loadtests::servers::ludus::Ludus;
use serde::Deserialize;
use serde_json::json;

use crate::kit::*;

#[derive(Deserialize)]
struct Link {
    url: String,
}

/// A load against a hub that runs already, by the code of a coach.
async fn load(hub: &Hub, name: &'static str) -> Outcome {
    let wish = json!({"role": Role::Coach});
    let link: Link = hub.owner.post("/api/v1/invitations", &wish).await.unwrap();
    let base = hub.rest.base().to_owned();
    let done = tokio::task::spawn_blocking(move || {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("loadtests/scenarios");
        let scenario = Scenario::read(&folder.join(name).with_extension("toml")).unwrap();
        let mut ludus = Ludus::at(&base, code_of(&link.url)).unwrap();
        of_ludus(&mut ludus, &scenario).unwrap()
    });
    done.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_load_loses_nothing_and_keeps_order() {
    let hub = Hub::start(Backend::Sqlite).await;
    let outcome = load(&hub, "smoke").await;
    let Outcome::Load { seen, .. } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(
        (seen.lost, seen.disordered, seen.refused),
        (0, 0, 0),
        "{seen:?}"
    );
    assert!(seen.deliveries > 0 && seen.ack.is_some(), "{seen:?}");
}
