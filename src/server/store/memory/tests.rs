use super::*;

const PENDING_LIFETIME: Duration = Duration::from_secs(10 * 60);

fn name(kind: Kind, n: usize) -> RecordName {
    RecordName { kind, hash: SecretHash::numbered(n as u64) }
}

fn record(ends_at: SystemTime) -> Record {
    Record { sealed: vec![7; 300], revision: 0, ends_at }
}

#[tokio::test]
async fn a_flood_of_begun_logins_takes_bounded_memory_and_evicts_no_session() {
    // T106
    let (store, now) = (MemoryStore::new(), SystemTime::now());
    let session = RecordName::of(Kind::Session, "somebody's");
    store.put(&session, record(now + PENDING_LIFETIME)).await.unwrap();
    let many = MAX_RECORDS / 2 * 3;
    for n in 0..many {
        store.put(&name(Kind::Pending, n), record(now + PENDING_LIFETIME)).await.unwrap();
    }
    assert!(
        (MAX_RECORDS / 10 * 9..=MAX_RECORDS).contains(&store.pending.entry_count()),
        "{}",
        store.pending.entry_count()
    );
    assert!(store.get(&session, now).await.unwrap().is_some());
    assert!(store.get(&name(Kind::Pending, many - 1), now).await.unwrap().is_some(), "the latest is there");
}

#[tokio::test]
async fn expired_records_are_removed() {
    let (store, begun) = (MemoryStore::new(), SystemTime::now());
    for n in 0..1_000 {
        let now = begun + Duration::from_secs(n as u64);
        store.put(&name(Kind::IssuedToken, n), record(now + Duration::from_secs(60))).await.unwrap();
        store.get(&name(Kind::IssuedToken, n), now).await.unwrap();
    }
    // Each part is swept when it is next used.
    let late = usize::try_from(KEPT_AFTER_EXPIRY.as_secs()).unwrap() + 60 + 100;
    assert!(store.issued_tokens.entry_count() <= late, "{}", store.issued_tokens.entry_count());
}

#[tokio::test]
async fn a_full_map_of_used_proofs_refuses_new_proofs_and_keeps_the_used_ones() {
    // T69
    let (store, now) = (MemoryStore::with_capacity(0, 0, 1_600), SystemTime::now());
    let until = now + Duration::from_secs(300);
    let mut accepted = vec![];
    for n in 0..2_000 {
        let consumed = store.consume(&name(Kind::UsedProof, n), until, now).await;
        accepted.extend(consumed.is_ok_and(|is_new| is_new).then_some(n));
    }
    assert!((1_400..=1_600).contains(&accepted.len()), "{}", accepted.len());
    for n in accepted {
        assert!(!store.consume(&name(Kind::UsedProof, n), until, now).await.unwrap(), "{n} is forgotten");
    }
    assert!(store.consume(&name(Kind::UsedProof, 2_000), until, until).await.unwrap(), "later there is space");
}

#[tokio::test]
async fn a_held_lock_is_not_evicted_when_the_map_is_full() {
    let store = MemoryStore::with_capacity(160, 0, 0);
    let (lease, owner) = (Duration::from_secs(60), |n: usize| LockOwner(n.to_string()));
    let mut held = vec![];
    for n in 0..400 {
        held.extend(store.lock(&name(Kind::RefreshLock, n), &owner(n), lease).await.is_ok().then_some(n));
    }
    assert!((100..=160).contains(&held.len()), "{}", held.len());
    for n in held {
        assert!(!store.lock(&name(Kind::RefreshLock, n), &owner(n + 1), lease).await.unwrap(), "{n}");
    }
}

#[tokio::test]
async fn a_session_that_cannot_be_indexed_is_an_error() {
    let (store, now) = (MemoryStore::with_capacity(0, 160, 0), SystemTime::now());
    let session = SecretHash::of("a session");
    let until = now + Duration::from_secs(60);
    let mut indexed = vec![];
    for n in 0..400 {
        indexed.extend(store.add(&name(Kind::OfUser, n), &session, until, now).await.is_ok().then_some(n));
    }
    assert!((100..=160).contains(&indexed.len()), "{}", indexed.len());
    for n in indexed {
        assert_eq!(store.members(&name(Kind::OfUser, n), now).await.unwrap(), std::slice::from_ref(&session), "{n}");
    }
}
