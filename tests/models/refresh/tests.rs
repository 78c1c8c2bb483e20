use std::collections::BTreeSet;

use stateright::{Checker, HasDiscoveries, Model};

use super::*;

const FAULTS: u8 = 2;

fn model(guards: Guards, reuse: Reuse, store_forgets: bool) -> Refresh {
    Refresh { guards, reuse, store_forgets, faults: FAULTS, requests: 2 }
}

#[test]
fn with_any_two_faults_no_session_is_lost_but_by_the_provider_or_a_person() {
    // T44, T46
    for reuse in [Reuse::EndsGrant, Reuse::IsRefused] {
        let checker = model(Guards::ALL, reuse, false).checker().threads(2).spawn_bfs().join();
        checker.assert_properties();
    }
}

#[test]
fn with_a_store_that_forgets_no_token_is_sent_whose_successor_the_browser_has_seen() {
    // T46
    let checker = model(Guards::ALL, Reuse::EndsGrant, true).checker().threads(2).spawn_bfs().join();
    checker.assert_properties();
}

#[test]
fn each_guard_is_needed() {
    let all = Guards::ALL;
    for (without, store_forgets, broken) in [
        (Guards { lock: false, ..all }, false, PREDECESSOR),
        (Guards { renewal: false, ..all }, false, REUSE),
        (Guards { read_under_lock: false, ..all }, false, PREDECESSOR),
        (Guards { confirm: false, ..all }, false, PREDECESSOR),
        (Guards { replace_revision: false, ..all }, false, RESURRECTION),
        (Guards { remove_revision: false, ..all }, false, REMOVAL),
        (Guards { retry: false, ..all }, false, REUSE),
        (Guards { is_stored: false, ..all }, false, ANSWER),
        (Guards { seen_revision: false, ..all }, true, SEEN_PREDECESSOR),
    ] {
        let found = HasDiscoveries::AllOf(BTreeSet::from([broken]));
        let model = model(without, Reuse::EndsGrant, store_forgets);
        let checker = model.checker().threads(2).finish_when(found).spawn_bfs().join();
        assert!(checker.discovery(broken).is_some(), "not broken: {broken}, with {without:?}");
    }
}
