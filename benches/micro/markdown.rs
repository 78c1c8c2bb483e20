//! An answer split into blocks while it is streamed, and its blocks parsed: the browser's code, compiled for this
//! machine, where it runs two to three times as fast as in a browser.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use oracle_ai::client::markdown::{Splitter, parse};

/// As answers have them, with every kind of block.
const PART: &str = "## A heading\n\nSome *text* with `code`, a [link](https://example.com) and **more** of it, in a \
                    paragraph of two lines\nor so.\n\n- one\n- two\n  - three\n\n```rust\nfn main() { println!(\"{}\", 1); }\n\
                    ```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> quoted\n\n";

pub fn bench(criterion: &mut Criterion) {
    let answer = PART.repeat(40);
    let mut group = criterion.benchmark_group("Markdown");
    group.throughput(Throughput::Bytes(answer.len() as u64));
    group.bench_function("13 KB cut, token by token", |bencher| bencher.iter(|| cut(black_box(&answer))));
    let blocks = cut(&answer).blocks();
    group.bench_function("13 KB parsed", |bencher| {
        bencher.iter(|| blocks.iter().map(|block| parse(black_box(block)).len()).sum::<usize>());
    });
}

fn cut(answer: &str) -> Splitter {
    let mut splitter = Splitter::default();
    // The answer is ASCII: any place is a boundary.
    for token in 0..answer.len().div_ceil(4) {
        splitter.push(&answer[token * 4..answer.len().min(token * 4 + 4)]);
    }
    splitter
}
