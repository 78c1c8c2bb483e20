//! Two of the framework's hooks, made once. The framework makes each anew for every closure it is given, 1.5 KB of
//! WebAssembly and more each time (docs/performance.md).

use dioxus::prelude::{spawn, use_hook};
use futures_util::{FutureExt, future::LocalBoxFuture};

/// Runs `effect` after the first rendering, and again whenever something changes that it has read.
pub fn use_effect(effect: impl FnMut() + 'static) {
    use_boxed_effect(Box::new(effect));
}

/// Runs a task for as long as the component is there.
pub fn use_future<F: Future<Output = ()> + 'static>(task: impl FnOnce() -> F + 'static) {
    use_boxed_future(Box::new(|| task().boxed_local()));
}

fn use_boxed_effect(effect: Box<dyn FnMut()>) {
    dioxus::prelude::use_effect(effect);
}

fn use_boxed_future(task: Box<dyn FnOnce() -> LocalBoxFuture<'static, ()>>) {
    use_hook(|| spawn(task()));
}
