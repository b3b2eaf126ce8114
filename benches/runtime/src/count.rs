//! Counts the heap allocations of a process on request, and prints their number at its end.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

static COUNTS: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

struct Counting;

impl Counting {
    fn note() {
        if COUNTS.load(Relaxed) {
            ALLOCATIONS.fetch_add(1, Relaxed);
        }
    }
}

// SAFETY: every call is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::note();
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        Self::note();
        // SAFETY: the caller's promise.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Counts from now on.
#[allow(dead_code)] // for `tails` alone, as the next one
pub fn enable() {
    COUNTS.store(true, Relaxed);
}

/// Returns the number so far.
#[allow(dead_code)]
pub fn allocations() -> u64 {
    ALLOCATIONS.load(Relaxed)
}

/// Prints the number when it is dropped, even if a runtime panics at its end.
pub struct Count(());

impl Count {
    pub fn start() -> Self {
        COUNTS.store(std::env::var_os("BENCH_COUNT").is_some(), Relaxed);
        Self(())
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        if COUNTS.load(Relaxed) {
            println!("{}", ALLOCATIONS.load(Relaxed));
        }
    }
}
