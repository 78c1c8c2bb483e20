//! Animation frames.

use std::time::Duration;

use futures_channel::oneshot;
use futures_util::future::select;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Window, window};

use super::clock;

/// Returns before the browser paints next; after a short time where it does not paint, as in a page that is not visible.
pub async fn next_frame() {
    const TIMEOUT: Duration = Duration::from_millis(250);
    let (painted, frame) = oneshot::channel();
    let _request = FrameRequest::new(move || {
        // Fails only after the timeout.
        let _ = painted.send(());
    });
    select(frame, Box::pin(clock::sleep(TIMEOUT))).await;
}

/// Cancelled when it is dropped.
struct FrameRequest {
    id: Option<i32>,
    _on_frame: Closure<dyn FnMut()>,
}

impl FrameRequest {
    fn new(on_frame: impl FnOnce() + 'static) -> Self {
        let on_frame = Closure::once(on_frame);
        let request = |window: Window| window.request_animation_frame(on_frame.as_ref().unchecked_ref()).ok();
        Self { id: window().and_then(request), _on_frame: on_frame }
    }
}

impl Drop for FrameRequest {
    fn drop(&mut self) {
        if let (Some(window), Some(id)) = (window(), self.id) {
            // Cancelling a frame that was painted is no error.
            let _ = window.cancel_animation_frame(id);
        }
    }
}
