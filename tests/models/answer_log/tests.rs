use std::collections::BTreeSet;

use stateright::{Checker, HasDiscoveries, Model};

use super::*;

fn model(guards: Guards) -> AnswerLog {
    AnswerLog { guards, faults: 3, words: 2 }
}

#[test]
fn with_any_three_faults_all_readers_see_the_answer_that_is_stored() {
    let checker = model(Guards::ALL).checker().threads(2).spawn_bfs().join();
    checker.assert_properties();
}

#[test]
fn each_guard_is_needed() {
    let all = Guards::ALL;
    for (without, broken) in [
        (Guards { end_once: false, ..all }, ONE_END),
        (Guards { store_first: false, ..all }, ONE_END),
        (Guards { emit_stored: false, ..all }, ONE_END),
        (Guards { touch: false, ..all }, INTERRUPTED),
        (Guards { append_length: false, ..all }, PREFIX),
        (Guards { open_resets: false, ..all }, PREFIX),
    ] {
        let found = HasDiscoveries::AllOf(BTreeSet::from([broken]));
        let checker = model(without).checker().threads(2).finish_when(found).spawn_bfs().join();
        assert!(checker.discovery(broken).is_some(), "not broken: {broken}, with {without:?}");
    }
}
