//! A conversation gets easier for whoever does not get on, and harder for whoever gets on too well.

use std::collections::BTreeMap;

use ludus_domain::persona::Dials;
use ludus_domain::persona::offline::{Cast, Said};
use ludus_domain::practice::Scenario;

use crate::content::library;
use crate::golden::CONVERSATIONS;

/// The dials before each line, and how it ends.
fn turned(cast: &Cast<'_>, lines: &[&str]) -> Vec<Dials> {
    let (_, mut state) = cast.open(&BTreeMap::new(), 3);
    let mut dials = vec![];
    for (turn, line) in lines.iter().enumerate() {
        dials.push(cast.as_it_goes(&state).dials());
        let said = [Said {
            name: "Ada",
            text: line,
        }];
        (_, state) = cast.reply(&state, &said, u64::try_from(turn).unwrap());
        if state.ended().is_some() {
            break;
        }
    }
    dials
}

/// Thirty lines of somebody who has no answer.
fn at_a_loss() -> Vec<&'static str> {
    ["No idea.", "I do not know.", "Hm.", "Not sure."]
        .into_iter()
        .cycle()
        .take(30)
        .collect()
}

#[test]
fn who_does_not_get_on_has_it_easier_by_one_step() {
    let library = library();
    for scenario in library.scenarios() {
        let cast = library
            .cast(&scenario.script.personas[0], Some(&scenario.id))
            .unwrap();
        let (written, easier) = (cast.dials(), cast.harder(-1).dials());
        let turned = turned(&cast, &at_a_loss());
        assert_eq!(turned[0], written, "{}", scenario.id);
        assert_eq!(turned.last(), Some(&easier), "{}", scenario.id);
        assert!(turned.iter().all(|dials| [written, easier].contains(dials)));
    }
}

#[test]
fn who_gets_on_well_is_doubted_more_by_one_step() {
    let library = library();
    let mut harder_somewhere = 0;
    for (persona, scenario, lines) in CONVERSATIONS {
        let scenario = scenario.parse().unwrap();
        let cast = library
            .cast(&persona.parse().unwrap(), Some(&scenario))
            .unwrap();
        let (written, harder) = (cast.dials(), cast.harder(1).dials());
        let turned = turned(&cast, lines);
        assert_eq!(turned[0], written, "{scenario}");
        assert!(
            !turned.contains(&cast.harder(-1).dials()) || written == cast.harder(-1).dials(),
            "{scenario}: eased for somebody who does it well"
        );
        harder_somewhere += usize::from(written != harder && turned.contains(&harder));
    }
    assert!(harder_somewhere >= 8, "{harder_somewhere} conversations");
}

#[test]
fn where_everybody_is_to_meet_the_same_nothing_turns() {
    let library = library();
    let id = "ask-for-a-raise".parse().unwrap();
    let mut scenario: Scenario = library.scenario(&id).unwrap().clone();
    scenario.script.adapts = false;
    let persona = library.persona(&scenario.script.personas[0]).unwrap();
    let manners = library.manners("en").unwrap();
    let cast = Cast::new(persona, Some(&scenario), manners);
    let turned = turned(&cast, &at_a_loss());
    assert!(turned.len() > 8);
    assert!(turned.iter().all(|dials| *dials == cast.dials()));
}
