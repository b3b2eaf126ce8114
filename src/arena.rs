//! The memory of one invocation: a bump arena, and futures that live in it.
//!
//! An island of `unsafe`: futures are pinned and owned without a `Box`, and the memory of a pinned future that was
//! leaked must not be used again.
#![allow(unsafe_code)] // futures are placed, pinned and dropped by hand

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll};

use bumpalo::Bump;
use smallvec::SmallVec;

use crate::high_water::HighWater;
use crate::unwind::discard;

/// The initial capacity of an arena, which never shrinks below it.
pub(crate) const INITIAL_CAPACITY: usize = 4 * 1024;

/// A bump arena that is emptied between invocations and keeps its high-water mark.
#[derive(Debug)]
pub(crate) struct Arena {
    bump: Bump,
    /// The number of pinned futures that were not dropped yet.
    live: Cell<usize>,
    high_water: HighWater,
}

impl Arena {
    pub(crate) fn new() -> Self {
        Self {
            bump: Bump::with_capacity(INITIAL_CAPACITY),
            live: Cell::new(0),
            high_water: HighWater::new(2 * INITIAL_CAPACITY),
        }
    }

    /// The allocator itself, for strings, bytes and values without a destructor.
    #[inline]
    pub(crate) fn bump(&self) -> &Bump {
        &self.bump
    }

    /// The number of bytes that the arena keeps.
    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.bump.allocated_bytes()
    }

    /// Empties the arena.
    ///
    /// If the last invocation needed several chunks, one chunk of their total size replaces them, so that the next
    /// similar invocation allocates nothing. `bumpalo` would keep only the largest chunk, which would be too small
    /// again.
    pub(crate) fn reset(&mut self) {
        if self.live.get() != 0 {
            self.abandon(Bump::with_capacity(INITIAL_CAPACITY));
            return;
        }
        let capacity = self.bump.allocated_bytes();
        let (used, several) = {
            let mut chunks = self.bump.iter_allocated_chunks();
            (chunks.next().map_or(0, <[_]>::len), chunks.next().is_some())
        };
        if several {
            self.bump = Bump::with_capacity(capacity);
            self.high_water.restart();
        } else if self.high_water.is_oversized(used, capacity) {
            self.bump = Bump::with_capacity((capacity / 4).max(INITIAL_CAPACITY));
        } else {
            self.bump.reset();
        }
    }

    /// Leaks the memory, because a pinned future in it was leaked. `Pin` promises that the memory of a future is not
    /// used again before it is dropped, and this future will never be dropped.
    #[cold]
    fn abandon(&mut self, next: Bump) {
        std::mem::forget(std::mem::replace(&mut self.bump, next));
        self.live.set(0);
    }

    /// Moves `future` into the arena and pins it there.
    pub(crate) fn pin<'r, F>(&'r self, future: F) -> PinnedFuture<'r>
    where
        F: Future<Output = ()> + 'r,
    {
        let place = NonNull::from(self.bump.alloc(future));
        self.live.set(self.live.get() + 1);
        PinnedFuture { future: place as NonNull<dyn Future<Output = ()> + 'r>, live: &self.live, owns: PhantomData }
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        if self.live.get() != 0 {
            self.abandon(Bump::new());
        }
    }
}

/// Values of any type that live in the arena during one invocation, and are dropped at its end.
pub(crate) struct Values<'r> {
    /// The borrow keeps the arena from being reset. A `Values` that is leaked never touches its values again.
    arena: &'r Arena,
    /// INVARIANT: each points to a live value in `arena`. Values are never removed, so references to them stay valid.
    values: RefCell<SmallVec<[NonNull<dyn Any>; 4]>>,
}

impl<'r> Values<'r> {
    pub(crate) fn new(arena: &'r Arena) -> Self {
        Self { arena, values: RefCell::default() }
    }

    /// Adds a value, and returns a reference to it.
    pub(crate) fn insert<T: 'static>(&self, value: T) -> &T {
        let place = NonNull::from(self.arena.bump.alloc(value));
        self.values.borrow_mut().push(place as NonNull<dyn Any>);
        // SAFETY: by the invariant the value is live as long as `self` is, and only shared references to it are ever
        // made.
        unsafe { place.as_ref() }
    }

    /// Drops all values, even if one of them panics. Returns the payload of the first panic.
    #[inline]
    pub(crate) fn end(mut self) -> Result<(), Box<dyn Any + Send>> {
        if self.values.get_mut().is_empty() { Ok(()) } else { self.drop_all() }
    }

    #[cold]
    fn drop_all(&mut self) -> Result<(), Box<dyn Any + Send>> {
        let mut outcome = Ok(());
        for mut value in self.values.get_mut().drain(..) {
            // SAFETY: by the invariant the value is live; it is forgotten now.
            let dropped = catch_unwind(AssertUnwindSafe(|| unsafe { std::ptr::drop_in_place(value.as_mut()) }));
            match dropped {
                Err(panic) if outcome.is_ok() => outcome = Err(panic),
                Err(panic) => discard(panic),
                Ok(()) => {}
            }
        }
        outcome
    }

    /// Returns the value of a type that was added last.
    pub(crate) fn get<T: 'static>(&self) -> Option<&T> {
        let values = self.values.borrow();
        // SAFETY: By the invariant the values are live, and only shared references to them are ever created.
        values.iter().rev().find_map(|value| unsafe { value.as_ref() }.downcast_ref())
    }
}

impl Drop for Values<'_> {
    #[inline]
    fn drop(&mut self) {
        if !self.values.get_mut().is_empty()
            && let Err(panic) = self.drop_all()
        {
            discard(panic);
        }
    }
}

/// The owning pointer to a future that [`Arena::pin`] placed: it drops the future, but frees no memory.
pub(crate) struct PinnedFuture<'r> {
    /// INVARIANT: points to a live future in the arena, and is the only pointer to it.
    future: NonNull<dyn Future<Output = ()> + 'r>,
    live: &'r Cell<usize>,
    owns: PhantomData<dyn Future<Output = ()> + 'r>,
}

/// The future stays in its place when the pointer to it moves.
impl Unpin for PinnedFuture<'_> {}

impl Future for PinnedFuture<'_> {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        debug_assert_ne!(self.live.get(), 0);
        // SAFETY: By the invariant of `future` this is the only reference to it.
        let future = unsafe { self.future.as_mut() };
        // SAFETY: The future never moves: the arena does not move its contents, nothing here moves it out, and
        // `Arena::reset` does not touch its memory before it is dropped.
        unsafe { Pin::new_unchecked(future) }.poll(context)
    }
}

impl Drop for PinnedFuture<'_> {
    fn drop(&mut self) {
        debug_assert_ne!(self.live.get(), 0);
        // SAFETY: By the invariant of `future` it is live, and nothing can reach it after this.
        unsafe { self.future.drop_in_place() };
        // Only after the destructor, so that the memory of a future that panics is not used again.
        self.live.set(self.live.get() - 1);
    }
}

#[cfg(any(test, kani))]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;
    use std::alloc::Layout;
    use std::rc::Rc;
    use std::task::Waker;

    fn poll(future: &mut PinnedFuture<'_>) -> Poll<()> {
        Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
    }

    /// Pending once, then ready. Holds a borrow across the wait, so its address matters.
    async fn step(witness: Rc<()>) {
        let text = String::from("held across the wait");
        let borrowed = &text;
        let mut waited = false;
        std::future::poll_fn(|_| if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending })
            .await;
        assert_eq!(borrowed.len(), 20);
        drop(witness);
    }

    #[test]
    fn a_future_runs_in_the_arena() {
        let mut arena = Arena::new();
        for _ in 0..3 {
            let witness = Rc::new(());
            let mut future = arena.pin(step(witness.clone()));
            assert!(poll(&mut future).is_pending());
            assert!(poll(&mut future).is_ready());
            assert_eq!(Rc::strong_count(&witness), 1);
            drop(future);
            arena.reset();
        }
    }

    #[test]
    fn a_future_that_is_dropped_early_runs_its_destructors() {
        let mut arena = Arena::new();
        let witness = Rc::new(());
        let mut future = arena.pin(step(witness.clone()));
        assert!(poll(&mut future).is_pending());
        drop(future);
        assert_eq!(Rc::strong_count(&witness), 1);
        arena.reset();
    }

    #[test]
    fn the_memory_of_a_leaked_future_is_never_used_again() {
        let mut arena = Arena::new();
        let witness = Rc::new(());
        let mut future = arena.pin(step(witness.clone()));
        assert!(poll(&mut future).is_pending());
        let place = future.future.cast::<u8>();
        std::mem::forget(future);
        arena.reset();
        let next = NonNull::from(arena.bump().alloc([0u8; 512])).cast::<u8>();
        assert!(next.addr().get().abs_diff(place.addr().get()) >= 512);
        assert_eq!(Rc::strong_count(&witness), 2);
    }

    #[test]
    fn values_are_found_by_their_type_and_dropped_at_the_end() {
        let mut arena = Arena::new();
        for _ in 0..2 {
            let witness = Rc::new(());
            let values = Values::new(&arena);
            values.insert((1u8, witness.clone()));
            let first = values.get::<(u8, Rc<()>)>().unwrap();
            for number in 0..10u32 {
                values.insert(number);
            }
            values.insert((2u8, witness.clone()));
            assert_eq!(values.get::<u32>(), Some(&9));
            assert_eq!((first.0, values.get::<(u8, Rc<()>)>().unwrap().0), (1, 2));
            assert!(values.get::<String>().is_none());
            assert_eq!(Rc::strong_count(&witness), 3);
            drop(values);
            assert_eq!(Rc::strong_count(&witness), 1);
            arena.reset();
        }
    }

    #[test]
    fn memory_grows_with_a_large_invocation_and_shrinks_after_small_ones() {
        let mut arena = Arena::new();
        // Memory that nothing writes to: Miri would write byte by byte.
        let take = |arena: &Arena, len| _ = arena.bump().alloc_layout(Layout::array::<u8>(len).unwrap());
        for _ in 0..20 {
            take(&arena, 10_000);
        }
        arena.reset();
        let grown = arena.capacity();
        assert!(grown >= 200_000);
        for _ in 0..20 {
            take(&arena, 10_000);
        }
        assert_eq!(arena.capacity(), grown, "the same again allocates nothing");
        for _ in 0..1000 {
            arena.reset();
            take(&arena, 100);
        }
        assert!(arena.capacity() <= 2 * INITIAL_CAPACITY + 1024, "{}", arena.capacity());
    }
}
