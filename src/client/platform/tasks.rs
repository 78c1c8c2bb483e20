//! Tasks that outlive the component, and the future, that starts them.

use futures_channel::oneshot;

pub fn spawn_detached(task: impl Future<Output = ()> + 'static) {
    wasm_bindgen_futures::spawn_local(task);
}

/// Runs `work` to its end even where the caller is dropped meanwhile. `None` only if the task was lost.
pub async fn run_to_completion<T: 'static>(work: impl Future<Output = T> + 'static) -> Option<T> {
    let (sender, outcome) = oneshot::channel();
    spawn_detached(async move {
        // Fails only when the caller was dropped.
        let _ = sender.send(work.await);
    });
    outcome.await.ok()
}
