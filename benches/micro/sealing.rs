//! A record sealed, and opened: HKDF and AES-256-GCM over a kilobyte, the size of a session.

use std::hint::black_box;

use criterion::Criterion;
use oracle_ai::server::store::{KeyRing, Kind, RecordName};

const SECRET: &str = "a session id is as long as this text of 43 c";

pub fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sealing");
    let (ring, name, record) = (KeyRing::new([1; 32], []), RecordName::of(Kind::Session, SECRET), vec![7; 1024]);
    group.bench_function("seal 1 KB", |bencher| {
        bencher.iter(|| ring.seal(&name, SECRET, [2; 32], black_box(record.clone())).unwrap());
    });
    let sealed = ring.seal(&name, SECRET, [2; 32], record.clone()).unwrap();
    group.bench_function("open 1 KB", |bencher| {
        bencher.iter(|| ring.open(&name, SECRET, black_box(&sealed)).unwrap());
    });
}
