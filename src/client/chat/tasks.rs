//! Tasks that live as long as the page. A task of a component, such as a button that was pressed, is dropped with the
//! component.

use dioxus::prelude::*;
use futures_util::{FutureExt, future::LocalBoxFuture};

#[derive(Clone, Copy, PartialEq)]
pub struct Tasks(Callback<LocalBoxFuture<'static, ()>>);

impl Tasks {
    /// To be called in the page.
    pub fn use_tasks() -> Self {
        // A callback runs in the scope of the component that created it.
        Self(use_callback(|task: LocalBoxFuture<'static, ()>| {
            spawn(task);
        }))
    }

    pub fn start(self, task: impl Future<Output = ()> + 'static) {
        self.0.call(task.boxed_local());
    }
}
