//! The contract of stores. Every implementation runs all of it, Redis in each of its forms.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use futures_util::future::join_all;
use oracle_ai::server::store::{
    HEAD_LEN, Kind, LockOwner, MemoryStore, OutageStore, Record, RecordName, RedisAddress, RedisStore, SecretHash,
    SessionCount, SessionEnds, Store, StoreError,
};

use crate::{
    session_ends,
    support::{app::wait_until, authority::Authority, lossy_proxy::LossyProxy, redis::Redis},
};

const HOUR: Duration = Duration::from_secs(60 * 60);
const MOMENT: Duration = Duration::from_millis(1);
const RECORDS: [Kind; 5] = [Kind::Pending, Kind::Session, Kind::IssuedToken, Kind::Ended, Kind::UsedState];
const SETS: [Kind; 4] = [Kind::OfProviderSession, Kind::OfUser, Kind::OfUserWithoutSid, Kind::OfKey];
/// As long as what [`Store::head`] gives out, and longer.
const LENGTHS: [usize; 4] = [HEAD_LEN - 1, HEAD_LEN, HEAD_LEN + 1, 100_000];

pub fn memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_memory_store_keeps_the_contract() {
    keeps_the_contract(memory()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_keeps_the_contract() {
    let redis = Redis::start().await;
    keeps_the_contract(at(&redis.url())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_over_tls_keeps_the_contract_and_an_unknown_authority_is_not_trusted() {
    let authority = Authority::new();
    let redis = Redis::start_with_tls(&authority).await;
    let address = RedisAddress::parse(&redis.url()).unwrap();
    let trusting = address.clone().trusting(authority.trusted());
    keeps_the_contract(Arc::new(RedisStore::new(&trusting).unwrap())).await;
    assert!(RedisStore::new(&address).unwrap().check().await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_sentinels_watch_keeps_the_contract() {
    let redis = Redis::start_with_sentinel().await;
    keeps_the_contract(at(&redis.url())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_cluster_keeps_the_contract() {
    let redis = Redis::start_cluster().await;
    keeps_the_contract(at(&redis.url())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rights_that_the_documents_give_to_a_user_of_redis_suffice() {
    let command = include_str!("../../docs/operations.md").split('`').find(|text| text.starts_with("ACL SETUSER"));
    let command: Vec<&str> = command.unwrap().split(' ').collect();
    let redis = Redis::start().await;
    assert_eq!(redis.command(&command).await.trim(), "OK");
    let url = redis.url().replace("redis://", "redis://oracle-ai:PASSWORD@");
    let store = RedisStore::new(&RedisAddress::parse(&url).unwrap()).unwrap();
    let ends: Arc<dyn SessionEnds> = Arc::new(store.session_ends());
    session_ends::keeps_the_contract(&ends, &ends, 10_000).await;
    keeps_the_contract(Arc::new(store)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_with_its_outage_memory_keeps_the_contract() {
    keeps_the_contract(Arc::new(OutageStore::new(memory()))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_removes_expired_records() {
    // T108
    let redis = Redis::start().await;
    let store = at(&redis.url());
    let soon = SystemTime::now() + Duration::from_millis(50);
    for kind in RECORDS {
        store.put(&name(kind, "ends"), record("x", 0, soon)).await.unwrap();
    }
    for kind in SETS {
        store.add(&name(kind, "ends"), &SecretHash::of("a"), soon, SystemTime::now()).await.unwrap();
    }
    store.consume(&name(Kind::UsedProof, "ends"), soon, SystemTime::now()).await.unwrap();
    store.lock(&name(Kind::RefreshLock, "ends"), &owner("a"), Duration::from_millis(50)).await.unwrap();
    wait_until("Redis is empty", async || redis.keys().await.is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_reconnects_when_redis_comes_back() {
    // T105
    let redis = Redis::start().await;
    let store = at(&redis.url());
    store.check().await.unwrap();
    redis.stop().await;
    assert!(store.check().await.is_err());
    assert!(store.put(&name(Kind::Session, "down"), record("x", 0, SystemTime::now() + HOUR)).await.is_err());
    redis.restart().await;
    wait_until("the store is back", async || store.check().await.is_ok()).await;
    store.put(&name(Kind::Session, "up"), record("x", 0, SystemTime::now() + HOUR)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_one_time_call_is_retried_after_a_lost_response_and_still_succeeds() {
    let redis = Redis::start().await;
    let proxy = LossyProxy::before(&redis.url()).await;
    let store = at(&proxy.url());
    let (now, until) = (SystemTime::now(), SystemTime::now() + HOUR);
    let put = async |text| store.put(&name(Kind::Pending, text), record(text, 0, until)).await.unwrap();
    let spend = async |text| store.consume(&name(Kind::UsedProof, text), until, now).await.unwrap();
    let take = async |text| store.take(&name(Kind::Pending, text), now).await.unwrap();
    // Loads the scripts into Redis.
    put("before").await;
    assert!(take("before").await.is_some() && spend("before").await);

    proxy.drop_next_response();
    assert!(spend("a").await, "the retry is refused as a replay");
    assert_eq!(proxy.dropped(), 1);
    assert!(!spend("a").await);

    put("a").await;
    proxy.drop_next_response();
    assert_eq!(take("a").await.map(|record| record.sealed), Some(record("a", 0, until).sealed));
    assert_eq!(proxy.dropped(), 2);
    for _ in 0..3 {
        assert_eq!(take("a").await, None);
    }
    assert!(store.get(&name(Kind::Pending, "a"), now).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_counted_until_they_end() {
    let redis = Redis::start().await;
    let (now, until) = (SystemTime::now(), SystemTime::now() + HOUR);
    let outage: Arc<dyn Store> = Arc::new(OutageStore::new(at(&redis.url())));
    let memory_counts: fn(u64) -> SessionCount = SessionCount::All;
    let counted = [(memory(), memory_counts), (outage, SessionCount::InUseHere)];
    for (store, count) in counted {
        for text in ["a", "b", "c"] {
            store.put(&name(Kind::Session, text), record(text, 0, until)).await.unwrap();
            store.put(&name(Kind::IssuedToken, text), record(text, 0, until)).await.unwrap();
        }
        assert!(store.replace(&name(Kind::Session, "a"), record("a", 1, until)).await.unwrap());
        assert_eq!(store.sessions(now), count(3));
        store.remove(&name(Kind::Session, "b")).await.unwrap();
        assert_eq!(store.sessions(now), count(2));
        assert_eq!(store.sessions(until), count(0));
    }
    // A session that ended at another server stops counting once it is looked up, as open pages do all the time.
    let (here, other_server) = (OutageStore::new(at(&redis.url())), at(&redis.url()));
    here.put(&name(Kind::Session, "d"), record("d", 0, until)).await.unwrap();
    other_server.remove(&name(Kind::Session, "d")).await.unwrap();
    assert!(here.head(&name(Kind::Session, "d"), now).await.unwrap().is_none());
    assert_eq!(here.sessions(now), SessionCount::InUseHere(0));
    here.put(&name(Kind::Session, "e"), record("e", 0, until)).await.unwrap();
    other_server.remove(&name(Kind::Session, "e")).await.unwrap();
    assert_eq!(here.missing(&[name(Kind::Session, "e")], now).await.unwrap(), [name(Kind::Session, "e")]);
    assert_eq!(here.sessions(now), SessionCount::InUseHere(0));
}

fn at(url: &str) -> Arc<dyn Store> {
    Arc::new(RedisStore::new(&RedisAddress::parse(url).unwrap()).unwrap())
}

/// The names of each part are its own, so that a store need not be empty.
async fn keeps_the_contract(store: Arc<dyn Store>) {
    store.check().await.unwrap();
    a_record_is_returned_as_it_was_stored(&store).await;
    an_expired_record_is_not_returned(&store).await;
    a_record_is_taken_once(&store).await;
    of_many_concurrent_takers_of_a_record_one_gets_it(&store).await;
    a_record_is_removed_once(&store).await;
    only_the_next_revision_replaces_a_record(&store).await;
    of_many_concurrent_replacements_of_a_revision_one_succeeds(&store).await;
    a_removal_is_never_undone(&store).await;
    an_outdated_revision_is_not_removed(&store).await;
    a_name_is_consumed_once_until_it_expires(&store).await;
    of_many_concurrent_consumers_of_a_name_one_succeeds(&store).await;
    a_lock_has_one_owner(&store).await;
    a_lease_that_is_renewed_lasts_and_one_that_is_not_ends(&store).await;
    records_of_different_kinds_are_separate(&store).await;
    a_member_is_in_its_set_until_its_end_or_its_removal(&store).await;
    concurrent_additions_to_a_set_are_all_kept(&store).await;
    of_many_records_the_missing_ones_are_found(&store).await;
}

async fn a_record_is_returned_as_it_was_stored(store: &Arc<dyn Store>) {
    let now = SystemTime::now();
    for kind in RECORDS {
        let name = name(kind, "as put");
        assert!(store.get(&name, now).await.unwrap().is_none());
        assert!(store.head(&name, now).await.unwrap().is_none());
        let long = LENGTHS.map(|length| vec![b'x'; length]);
        for sealed in [vec![], vec![0, 13, 10, 255, 128]].into_iter().chain(long) {
            let put = Record { sealed, revision: 7, ends_at: whole(now + HOUR) };
            store.put(&name, put.clone()).await.unwrap();
            assert_eq!(store.get(&name, now).await.unwrap().as_ref(), Some(&put));
            let head = Record { sealed: put.sealed[..put.sealed.len().min(HEAD_LEN)].to_vec(), ..put };
            assert_eq!(store.head(&name, now).await.unwrap(), Some(head));
        }
    }
}

/// T09, T47
async fn an_expired_record_is_not_returned(store: &Arc<dyn Store>) {
    let end = whole(SystemTime::now() + HOUR);
    for kind in RECORDS {
        let name = name(kind, "end");
        for (now, is_good) in [(end - MOMENT, true), (end, false), (end + HOUR, false)] {
            store.put(&name, record("x", 0, end)).await.unwrap();
            assert_eq!(store.get(&name, now).await.unwrap().is_some(), is_good);
            store.put(&name, record("x", 0, end)).await.unwrap();
            assert_eq!(store.head(&name, now).await.unwrap().is_some(), is_good);
            assert_eq!(store.take(&name, now).await.unwrap().is_some(), is_good);
            // And is gone in any case.
            assert!(store.take(&name, end - HOUR).await.unwrap().is_none());
        }
    }
}

/// T08
async fn a_record_is_taken_once(store: &Arc<dyn Store>) {
    let (name, now) = (name(Kind::Pending, "once"), SystemTime::now());
    assert!(store.take(&name, now).await.unwrap().is_none());
    store.put(&name, record("x", 0, now + HOUR)).await.unwrap();
    assert_eq!(store.take(&name, now).await.unwrap().unwrap().sealed, b"x");
    assert!(store.take(&name, now).await.unwrap().is_none());
}

/// T08
async fn of_many_concurrent_takers_of_a_record_one_gets_it(store: &Arc<dyn Store>) {
    let (name, now) = (name(Kind::Pending, "race"), SystemTime::now());
    for _ in 0..50 {
        store.put(&name, record("x", 0, now + HOUR)).await.unwrap();
        let takers = (0..8).map(|_| {
            let (store, name) = (store.clone(), name.clone());
            tokio::spawn(async move { store.take(&name, now).await.unwrap() })
        });
        let taken = join_all(takers).await.into_iter().filter_map(Result::unwrap).count();
        assert_eq!(taken, 1);
    }
}

async fn a_record_is_removed_once(store: &Arc<dyn Store>) {
    let (name, now) = (name(Kind::Session, "removed"), SystemTime::now());
    assert!(!store.remove(&name).await.unwrap());
    store.put(&name, record("x", 0, now + HOUR)).await.unwrap();
    assert!(store.remove(&name).await.unwrap());
    assert!(!store.remove(&name).await.unwrap());
    assert!(store.get(&name, now).await.unwrap().is_none());
}

async fn only_the_next_revision_replaces_a_record(store: &Arc<dyn Store>) {
    let (name, now) = (name(Kind::Session, "revision"), SystemTime::now());
    let of = |revision: u64| record(&revision.to_string(), revision, now + HOUR);
    assert!(!store.replace(&name, of(1)).await.unwrap());
    assert!(store.get(&name, now).await.unwrap().is_none());
    store.put(&name, of(0)).await.unwrap();
    for (revision, is_next) in [(0, false), (2, false), (1, true), (1, false), (0, false), (2, true)] {
        assert_eq!(store.replace(&name, of(revision)).await.unwrap(), is_next, "{revision}");
    }
    assert_eq!(store.get(&name, now).await.unwrap().unwrap().sealed, b"2");
}

/// T46
async fn of_many_concurrent_replacements_of_a_revision_one_succeeds(store: &Arc<dyn Store>) {
    let (name, now) = (name(Kind::Session, "replace race"), SystemTime::now());
    store.put(&name, record("x", 0, now + HOUR)).await.unwrap();
    for revision in 1..50 {
        let writers = (0..8).map(|writer: u32| {
            let (store, name) = (store.clone(), name.clone());
            let next = record(&writer.to_string(), revision, now + HOUR);
            tokio::spawn(async move { store.replace(&name, next).await.unwrap() })
        });
        let written = join_all(writers).await.into_iter().map(Result::unwrap).filter(|is_written| *is_written).count();
        assert_eq!(written, 1);
    }
}

async fn an_outdated_revision_is_not_removed(store: &Arc<dyn Store>) {
    let (name, now) = (name(Kind::Session, "removed revision"), SystemTime::now());
    assert!(!store.remove_revision(&name, 0).await.unwrap());
    store.put(&name, record("x", 0, now + HOUR)).await.unwrap();
    assert!(store.replace(&name, record("y", 1, now + HOUR)).await.unwrap());
    assert!(!store.remove_revision(&name, 0).await.unwrap());
    assert_eq!(store.get(&name, now).await.unwrap().unwrap().sealed, b"y");
    assert!(store.remove_revision(&name, 1).await.unwrap());
    assert!(store.get(&name, now).await.unwrap().is_none());
}

async fn a_removal_is_never_undone(store: &Arc<dyn Store>) {
    let (name, now) = (name(Kind::Session, "update race"), SystemTime::now());
    for round in 0..200 {
        store.put(&name, record("x", 0, now + HOUR)).await.unwrap();
        let replace = tokio::spawn({
            let (store, name) = (store.clone(), name.clone());
            async move { store.replace(&name, record("y", 1, now + HOUR)).await.unwrap() }
        });
        let remove = tokio::spawn({
            let (store, name) = (store.clone(), name.clone());
            async move { store.remove(&name).await.unwrap() }
        });
        replace.await.unwrap();
        assert!(remove.await.unwrap(), "round {round}");
        assert!(store.get(&name, now).await.unwrap().is_none(), "round {round}");
    }
}

/// T69
async fn a_name_is_consumed_once_until_it_expires(store: &Arc<dyn Store>) {
    let now = whole(SystemTime::now());
    for kind in [Kind::UsedProof, Kind::UsedLogoutToken] {
        a_name_of_this_kind_is_consumed_once(store, kind, now).await;
    }
}

async fn a_name_of_this_kind_is_consumed_once(store: &Arc<dyn Store>, kind: Kind, now: SystemTime) {
    let (key, end) = (name(kind, "spent"), now + HOUR);
    assert!(!store.is_used(&key, now).await.unwrap());
    assert!(store.consume(&key, end, now).await.unwrap());
    for later in [now, end - MOMENT] {
        // A refused attempt does not extend it.
        assert!(!store.consume(&key, end + HOUR, later).await.unwrap());
        assert!(store.is_used(&key, later).await.unwrap());
    }
    assert!(!store.is_used(&key, end).await.unwrap());
    assert!(store.consume(&name(kind, "spent other"), end, now).await.unwrap());
    assert!(store.consume(&key, end + HOUR / 20, end).await.unwrap());
    assert!(!store.consume(&key, end + HOUR / 20, end).await.unwrap());
}

/// T69
async fn of_many_concurrent_consumers_of_a_name_one_succeeds(store: &Arc<dyn Store>) {
    let now = SystemTime::now();
    for round in 0..50 {
        let name = name(Kind::UsedProof, &format!("spent race {round}"));
        // The second time, after its end.
        for now in [now, now + HOUR] {
            let spenders = (0..20).map(|_| {
                let (store, name) = (store.clone(), name.clone());
                tokio::spawn(async move { store.consume(&name, now + HOUR, now).await.unwrap() })
            });
            let new = join_all(spenders).await.into_iter().map(Result::unwrap).filter(|is_new| *is_new).count();
            assert_eq!(new, 1);
        }
    }
}

async fn a_lock_has_one_owner(store: &Arc<dyn Store>) {
    let name = name(Kind::RefreshLock, "one owner");
    let tries = (0..20).map(|n| {
        let (store, name) = (store.clone(), name.clone());
        tokio::spawn(async move { store.lock(&name, &owner(&n.to_string()), HOUR).await.unwrap() })
    });
    let got: Vec<bool> = join_all(tries).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(got.iter().filter(|got| **got).count(), 1);
    let holder = got.iter().position(|got| *got).unwrap();
    // Only the owner can release it.
    store.unlock(&name, &owner("another")).await.unwrap();
    assert!(!store.lock(&name, &owner("another"), HOUR).await.unwrap());
    store.unlock(&name, &owner(&holder.to_string())).await.unwrap();
    assert!(store.lock(&name, &owner("another"), HOUR).await.unwrap());
}

async fn a_lease_that_is_renewed_lasts_and_one_that_is_not_ends(store: &Arc<dyn Store>) {
    let (name, other) = (name(Kind::RefreshLock, "lease"), name(Kind::RefreshLock, "other lease"));
    let short = Duration::from_millis(100);
    let (first, second) = (owner("first"), owner("second"));
    assert!(store.lock(&name, &first, short).await.unwrap());
    assert!(store.renew(&name, &first, HOUR).await.unwrap());
    // A lease as short as the first one was, taken later, ends.
    assert!(store.lock(&other, &first, short).await.unwrap());
    wait_until("the other lease has ended", async || store.lock(&other, &second, HOUR).await.unwrap()).await;
    assert!(!store.lock(&name, &second, short).await.unwrap());
    assert!(!store.renew(&name, &second, short).await.unwrap(), "only the owner can renew it");
    assert!(store.renew(&name, &first, short).await.unwrap(), "made short again");
    wait_until("the lease has ended", async || store.lock(&name, &second, HOUR).await.unwrap()).await;
    assert!(!store.renew(&name, &first, HOUR).await.unwrap(), "the second one has it");
    store.unlock(&name, &second).await.unwrap();
    assert!(!store.renew(&name, &first, HOUR).await.unwrap(), "a lock that was lost is not acquired again");
    assert!(store.lock(&name, &second, HOUR).await.unwrap());
    // And the first one's release does not touch it.
    store.unlock(&name, &first).await.unwrap();
    assert!(!store.lock(&name, &first, short).await.unwrap());
}

async fn records_of_different_kinds_are_separate(store: &Arc<dyn Store>) {
    let now = SystemTime::now();
    let one = |kind| name(kind, "one name");
    assert!(store.consume(&one(Kind::UsedProof), now + HOUR, now).await.unwrap());
    assert!(store.lock(&one(Kind::RefreshLock), &owner("a"), HOUR).await.unwrap());
    assert!(store.get(&one(Kind::Session), now).await.unwrap().is_none());
    store.put(&one(Kind::Pending), record("pending", 0, now + HOUR)).await.unwrap();
    assert!(store.head(&one(Kind::Session), now).await.unwrap().is_none());
    assert!(store.head(&one(Kind::IssuedToken), now).await.unwrap().is_none());
    store.put(&one(Kind::Session), record("session", 0, now + HOUR)).await.unwrap();
    assert!(store.remove(&one(Kind::Session)).await.unwrap());
    assert_eq!(store.take(&one(Kind::Pending), now).await.unwrap().unwrap().sealed, b"pending");
}

/// T83
async fn a_member_is_in_its_set_until_its_end_or_its_removal(store: &Arc<dyn Store>) {
    let now = whole(SystemTime::now());
    for kind in SETS {
        let set = name(kind, "set");
        assert!(members(store, &set, now).await.is_empty());
        assert!(!store.remove_member(&set, &SecretHash::of("a")).await.unwrap());
        store.add(&set, &SecretHash::of("a"), now + HOUR, now).await.unwrap();
        store.add(&set, &SecretHash::of("b"), now + 2 * HOUR, now).await.unwrap();
        // Adding twice has no further effect, and later members do not remove earlier ones.
        store.add(&set, &SecretHash::of("b"), now + 2 * HOUR, now).await.unwrap();
        assert_eq!(members(store, &set, now).await, ["a", "b"]);
        assert_eq!(members(store, &set, now + HOUR - MOMENT).await, ["a", "b"]);
        assert_eq!(members(store, &set, now + HOUR).await, ["b"]);
        assert!(members(store, &name(kind, "another set"), now).await.is_empty());
        store.add(&set, &SecretHash::of("a"), now + 3 * HOUR, now).await.unwrap();
        assert_eq!(members(store, &set, now + HOUR).await, ["a", "b"], "it was given another end");
        assert!(store.remove_member(&set, &SecretHash::of("a")).await.unwrap());
        assert!(!store.remove_member(&set, &SecretHash::of("a")).await.unwrap());
        assert_eq!(members(store, &set, now).await, ["b"]);
        assert!(store.remove_member(&set, &SecretHash::of("b")).await.unwrap());
        assert!(members(store, &set, now).await.is_empty());
        store.add(&set, &SecretHash::of("c"), now + HOUR, now).await.unwrap();
        assert_eq!(members(store, &set, now).await, ["c"]);
    }
    assert!(members(store, &name(SETS[0], "of one kind"), now).await.is_empty());
    store.add(&name(SETS[1], "of one kind"), &SecretHash::of("a"), now + HOUR, now).await.unwrap();
    assert!(members(store, &name(SETS[0], "of one kind"), now).await.is_empty());
}

/// T83
async fn concurrent_additions_to_a_set_are_all_kept(store: &Arc<dyn Store>) {
    let (set, now) = (name(Kind::OfUser, "added at once"), SystemTime::now());
    let adders = (0..50).map(|n| {
        let (store, set) = (store.clone(), set.clone());
        tokio::spawn(async move { store.add(&set, &SecretHash::of(&n.to_string()), now + HOUR, now).await.unwrap() })
    });
    join_all(adders).await.into_iter().for_each(Result::unwrap);
    assert_eq!(store.members(&set, now).await.unwrap().len(), 50);
}

/// T87
async fn of_many_records_the_missing_ones_are_found(store: &Arc<dyn Store>) {
    let now = SystemTime::now();
    // More than a store checks at once.
    let names: Vec<RecordName> = (0..1_200).map(|n| name(Kind::Session, &format!("checked {n}"))).collect();
    let missing = async |names: &[RecordName]| {
        let missing: HashSet<_> = store.missing(names, now).await.unwrap().into_iter().collect();
        missing
    };
    let all = |names: &[RecordName]| names.iter().cloned().collect::<HashSet<_>>();
    assert_eq!(missing(&names).await, all(&names));
    for part in names.chunks(100) {
        join_all(part.iter().map(async |name| store.put(name, record("x", 0, now + HOUR)).await.unwrap())).await;
    }
    assert_eq!(missing(&names).await, HashSet::new());
    assert_eq!(missing(&[]).await, HashSet::new());
    let removed = [0, 1, 498, 499, 500, 777, 1_199].map(|n| names[n].clone());
    for name in &removed {
        assert!(store.remove(name).await.unwrap());
    }
    assert_eq!(missing(&names).await, all(&removed));
    assert_eq!(missing(&names[2..100]).await, HashSet::new());
    assert_eq!(missing(&names[777..=777]).await, all(&names[777..=777]));
}

/// Those of three that are in the set, and there is no other.
async fn members(store: &Arc<dyn Store>, set: &RecordName, now: SystemTime) -> Vec<&'static str> {
    let members = store.members(set, now).await.unwrap();
    let known = ["a", "b", "c"].into_iter().filter(|secret| members.contains(&SecretHash::of(secret)));
    let known: Vec<_> = known.collect();
    assert_eq!(known.len(), members.len(), "{members:?}");
    known
}

fn name(kind: Kind, secret: &str) -> RecordName {
    RecordName { kind, hash: SecretHash::of(secret) }
}

fn owner(name: &str) -> LockOwner {
    LockOwner(name.to_owned())
}

fn record(sealed: &str, revision: u64, ends_at: SystemTime) -> Record {
    Record { sealed: sealed.as_bytes().to_vec(), revision, ends_at }
}

/// Stores keep milliseconds.
fn whole(time: SystemTime) -> SystemTime {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(since.as_millis()).unwrap())
}

/// A store that can't be reached.
pub struct UnreachableStore {
    /// But could be a moment ago.
    pub can_spend: bool,
}

fn unreachable<T>() -> Result<T, StoreError> {
    Err(StoreError("unreachable".into()))
}

#[async_trait]
impl Store for UnreachableStore {
    async fn put(&self, _: &RecordName, _: Record) -> Result<(), StoreError> {
        unreachable()
    }

    async fn replace(&self, _: &RecordName, _: Record) -> Result<bool, StoreError> {
        unreachable()
    }

    async fn get(&self, _: &RecordName, _: SystemTime) -> Result<Option<Record>, StoreError> {
        unreachable()
    }

    async fn head(&self, _: &RecordName, _: SystemTime) -> Result<Option<Record>, StoreError> {
        unreachable()
    }

    async fn missing(&self, _: &[RecordName], _: SystemTime) -> Result<Vec<RecordName>, StoreError> {
        unreachable()
    }

    fn checked_at_once(&self) -> usize {
        1
    }

    async fn take(&self, _: &RecordName, _: SystemTime) -> Result<Option<Record>, StoreError> {
        unreachable()
    }

    async fn remove(&self, _: &RecordName) -> Result<bool, StoreError> {
        unreachable()
    }

    async fn remove_revision(&self, _: &RecordName, _: u64) -> Result<bool, StoreError> {
        unreachable()
    }

    async fn consume(&self, _: &RecordName, _: SystemTime, _: SystemTime) -> Result<bool, StoreError> {
        if self.can_spend { Ok(true) } else { unreachable() }
    }

    async fn is_used(&self, _: &RecordName, _: SystemTime) -> Result<bool, StoreError> {
        if self.can_spend { Ok(false) } else { unreachable() }
    }

    async fn add(&self, _: &RecordName, _: &SecretHash, _: SystemTime, _: SystemTime) -> Result<(), StoreError> {
        unreachable()
    }

    async fn members(&self, _: &RecordName, _: SystemTime) -> Result<Vec<SecretHash>, StoreError> {
        unreachable()
    }

    async fn remove_member(&self, _: &RecordName, _: &SecretHash) -> Result<bool, StoreError> {
        unreachable()
    }

    async fn lock(&self, _: &RecordName, _: &LockOwner, _: Duration) -> Result<bool, StoreError> {
        unreachable()
    }

    async fn renew(&self, _: &RecordName, _: &LockOwner, _: Duration) -> Result<bool, StoreError> {
        unreachable()
    }

    async fn unlock(&self, _: &RecordName, _: &LockOwner) -> Result<(), StoreError> {
        unreachable()
    }

    async fn check(&self) -> Result<(), StoreError> {
        unreachable()
    }

    async fn check_writes(&self) -> Result<(), StoreError> {
        unreachable()
    }

    fn has_worked(&self) -> bool {
        self.can_spend
    }

    fn clock_tolerance(&self) -> Duration {
        Duration::ZERO
    }

    fn sessions(&self, _: SystemTime) -> SessionCount {
        SessionCount::Unknown
    }
}
