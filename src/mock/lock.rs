//! Locks that survive a panic.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Every change under a lock of a mock is complete on its own, so the state is consistent even after a panic.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
