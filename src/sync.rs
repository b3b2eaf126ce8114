//! The types by which threads wait for each other: those of std. Under `cfg(gatewire_loom)`, tests get those of the model
//! checker `loom` instead, which runs a model with the orders that the steps of its threads can have, and finds lost wake-ups.

#[cfg(all(test, gatewire_loom))]
pub(crate) use loom::{
    sync::{Arc, Condvar, Mutex, MutexGuard, atomic},
    thread, thread_local,
};
#[cfg(not(all(test, gatewire_loom)))]
#[allow(unused_imports)] // `Arc` in some combinations of features
pub(crate) use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, atomic},
    thread, thread_local,
};
