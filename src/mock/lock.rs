//! Locks that survive a panic.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// No rule of a mock spans two locks, so a panic elsewhere leaves nothing half done.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
