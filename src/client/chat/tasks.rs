//! What the page has under way. A task of a component ends when the component goes, as a button does that was pressed;
//! one that is started here goes on for as long as the page.

use dioxus::prelude::*;
use futures_util::{FutureExt, future::LocalBoxFuture};

#[derive(Clone, Copy, PartialEq)]
pub struct Tasks(Callback<LocalBoxFuture<'static, ()>>);

impl Tasks {
    /// To be called in the page.
    pub fn use_tasks() -> Self {
        // A callback runs in the component that made it.
        Self(use_callback(|task: LocalBoxFuture<'static, ()>| {
            spawn(task);
        }))
    }

    pub fn start(self, task: impl Future<Output = ()> + 'static) {
        self.0.call(task.boxed_local());
    }
}
