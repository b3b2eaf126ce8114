//! `Error`: the type that `?` turns any error into, without a heap allocation for the usual ones.
//!
//! An island of `unsafe`: the error is kept inline, and its type is stored next to it.
#![allow(unsafe_code)] // an error of any type in a fixed number of words

use std::cell::UnsafeCell;
use std::error::Error as StdError;
use std::fmt;
use std::mem::MaybeUninit;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::http_error::HttpError;
use crate::http::StatusCode;
use crate::unwind::discard;

/// The most errors of a chain of sources that are looked at: it need not have an end.
pub(super) const SOURCES_LIMIT: usize = 64;

/// Room for the errors that people return: a string, an enum with a string in it, a number.
type Words = [usize; 5];

/// The error of a handler: any [`std::error::Error`], whose type the error handlers still know.
///
/// `?` converts any error into one. Errors of up to five words are kept inline, larger ones on the heap.
///
/// ```
/// use gatewire::{App, Error, Request};
///
/// fn double(req: Request<'_>) -> Result<String, Error> {
///     let number: u32 = req.param("number").parse()?; // a `ParseIntError`
///     Ok((number * 2).to_string())
/// }
///
/// let app = App::new()
///     .get("/double/{number}", double)
///     .on_error(|error: &std::num::ParseIntError, _| (400, error.to_string()));
/// # app.build().unwrap();
/// ```
///
/// `?` takes these types:
///
/// | error | how |
/// | --- | --- |
/// | any type that implements [`std::error::Error`] and is `Send + Sync + 'static` | `?` |
/// | [`HttpError`], [`BodyError`](crate::error::BodyError), [`FormError`](crate::error::FormError), [`ParamError`](crate::error::ParamError) | `?` |
/// | [`StatusCode`] | `?`: an [`HttpError`] with its reason |
/// | `anyhow::Error`, `eyre::Report`, `Box<dyn Error + Send + Sync>` (which is `lambda_http::Error`), `Arc<dyn Error + Send + Sync>` | [`.or_fail()?`](OrFail::or_fail) |
/// | `Box<dyn Error>` | not at all, since it is not `Send`: make it `Box<dyn Error + Send + Sync>` |
///
/// It does not implement `std::error::Error` itself: the conversion from every type that does so would conflict.
pub struct Error {
    /// INVARIANT: `table` is the one of the type whose value is in `words`.
    table: &'static Table,
    /// In a cell, because the error may have interior mutability: what `&Error` points to may change.
    words: UnsafeCell<MaybeUninit<Words>>,
}

/// The operations on the words of one type.
struct Table {
    type_name: fn() -> &'static str,
    /// SAFETY: to be called with words that hold a value of the type. The result is valid as long as the value.
    get: unsafe fn(*const MaybeUninit<Words>) -> *const (dyn StdError + 'static),
    /// SAFETY: likewise, and once.
    drop: unsafe fn(&mut MaybeUninit<Words>),
    /// True if error handlers have seen the error, and none answered it.
    unanswered: bool,
    /// The table of the same type with `unanswered` set.
    when_unanswered: fn() -> &'static Self,
}

/// Returns whether a `T` fits into the words, in size and alignment.
const fn fits<T>() -> bool {
    size_of::<T>() <= size_of::<Words>() && align_of::<T>() <= align_of::<Words>()
}

struct TableOf<E>(E);

impl<E: StdError + Send + Sync + 'static> TableOf<E> {
    const INLINE: bool = fits::<E>();
    const TABLE: Table = if Self::INLINE {
        Self::table(get::<E>, drop_in_place::<E>)
    } else {
        Self::table(get_boxed::<E>, drop_in_place::<Box<E>>)
    };
    const UNANSWERED: Table = Table { unanswered: true, ..Self::TABLE };

    const fn table(
        get: unsafe fn(*const MaybeUninit<Words>) -> *const (dyn StdError + 'static),
        drop: unsafe fn(&mut MaybeUninit<Words>),
    ) -> Table {
        Table {
            type_name: std::any::type_name::<E>,
            get,
            drop,
            unanswered: false,
            when_unanswered: || const { &Self::UNANSWERED },
        }
    }
}

/// Returns a pointer to the error in the words.
///
/// # Safety
/// `words` points to words that hold an `E`. The pointer that is returned is valid as long as these words are borrowed.
unsafe fn get<E: StdError + 'static>(words: *const MaybeUninit<Words>) -> *const (dyn StdError + 'static) {
    debug_assert!(fits::<E>() && words.is_aligned() && !words.is_null());
    // No operation here is unsafe by itself: the caller reads through the pointer, and relies on the promise above.
    words.cast::<E>()
}

/// Returns a pointer to the error in the box that the words hold.
///
/// # Safety
/// `words` points to words that hold a `Box<E>`. The pointer that is returned is valid as long as these words are borrowed.
unsafe fn get_boxed<E: StdError + 'static>(words: *const MaybeUninit<Words>) -> *const (dyn StdError + 'static) {
    debug_assert!(fits::<Box<E>>() && words.is_aligned() && !words.is_null());
    // SAFETY: The caller promises a `Box<E>`. It owns the error, and is not changed as long as the words are borrowed.
    let error: &E = unsafe { &*words.cast::<Box<E>>() };
    std::ptr::from_ref(error)
}

/// Drops the value in the words.
///
/// # Safety
/// `words` holds a `T`, which is not used again.
unsafe fn drop_in_place<T>(words: &mut MaybeUninit<Words>) {
    debug_assert!(fits::<T>());
    // SAFETY: The caller promises a `T` that nobody uses after this, and the exclusive borrow keeps others away from it.
    unsafe { words.as_mut_ptr().cast::<T>().drop_in_place() }
}

// `From` below takes only what is `Send` and `Sync`.
// SAFETY: the value in the words is `Send`.
unsafe impl Send for Error {}
// SAFETY: the value in the words is `Sync`.
unsafe impl Sync for Error {}

impl<E: StdError + Send + Sync + 'static> From<E> for Error {
    #[inline]
    fn from(error: E) -> Self {
        let mut words = MaybeUninit::<Words>::uninit();
        if TableOf::<E>::INLINE {
            debug_assert!(fits::<E>());
            // SAFETY: `INLINE` says that an `E` fits into the words, in size and alignment.
            unsafe { words.as_mut_ptr().cast::<E>().write(error) };
        } else {
            const { assert!(fits::<Box<E>>()) };
            // SAFETY: The assertion says that a box fits into the words.
            unsafe { words.as_mut_ptr().cast::<Box<E>>().write(Box::new(error)) };
        }
        Self { table: const { &TableOf::<E>::TABLE }, words: UnsafeCell::new(words) }
    }
}

impl Error {
    /// Converts the error in a pointer: a `Box<dyn Error + Send + Sync>`, an `anyhow::Error` or an `eyre::Report`.
    ///
    /// Error handlers find the error inside by its type, and those that it has as its [sources](StdError::source), as
    /// `context` and `wrap_err` leave them. [`OrFail::or_fail`] does this for a `Result`.
    ///
    /// ```
    /// use gatewire::Error;
    ///
    /// let boxed: Box<dyn std::error::Error + Send + Sync> = "x".parse::<u8>().unwrap_err().into();
    /// let error = Error::from_pointer(boxed);
    /// assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
    /// ```
    #[cold]
    pub fn from_pointer<P>(pointer: P) -> Self
    where
        P: Deref<Target = dyn StdError + Send + Sync> + Send + Sync + 'static,
    {
        Self::from(Pointer(Box::new(Held(pointer))))
    }

    /// Returns the error itself.
    pub fn get(&self) -> &(dyn StdError + 'static) {
        let error = self.kept();
        error.downcast_ref().map_or(error, |pointer: &Pointer| pointer.0.error())
    }

    /// Returns the value in the words: the error, or the pointer to it.
    fn kept(&self) -> &(dyn StdError + 'static) {
        // SAFETY: the invariant of `table`; the borrow of `self` covers the words and the value in them.
        unsafe { &*(self.table.get)(self.words.get()) }
    }

    /// Returns the error as a value of its type, or `None` if it has another type. If it was made [from a
    /// pointer](Self::from_pointer), the sources of the error are searched too.
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        self.find(|error| error.is::<E>())?.downcast_ref()
    }

    /// Notes that error handlers have seen the error, and none answered it.
    pub(crate) fn mark_unanswered(&mut self) {
        self.table = (self.table.when_unanswered)();
    }

    pub(crate) fn is_unanswered(&self) -> bool {
        self.table.unanswered
    }

    /// Returns the error for which `is` holds: this one or, if it was made from a pointer, also one of its sources.
    pub(crate) fn find(&self, is: impl Fn(&(dyn StdError + 'static)) -> bool) -> Option<&(dyn StdError + 'static)> {
        let kept = self.kept();
        let Some(pointer) = kept.downcast_ref::<Pointer>() else { return is(kept).then_some(kept) };
        let search = || {
            let mut error = pointer.0.error();
            // Bounded, since a source may lead back to where it came from.
            for _ in 0..SOURCES_LIMIT {
                if is(error) {
                    return Some(error);
                }
                error = error.source()?;
            }
            None
        };
        // The pointer and the sources are user code. If that panics, the search ends there.
        catch_unwind(AssertUnwindSafe(search)).unwrap_or_else(|panic| {
            discard(panic);
            None
        })
    }

    /// Returns the Rust name of the type, or `Error` for an error made from a pointer, whose type is unknown.
    pub(crate) fn type_name(&self) -> &'static str {
        if self.kept().is::<Pointer>() { "Error" } else { (self.table.type_name)() }
    }
}

/// An error made from a pointer: one type for all kinds of pointers.
struct Pointer(Box<dyn Hold + Send + Sync>);

trait Hold {
    fn error(&self) -> &(dyn StdError + 'static);
}

struct Held<P>(P);

impl<P: Deref<Target = dyn StdError + Send + Sync>> Hold for Held<P> {
    fn error(&self) -> &(dyn StdError + 'static) {
        &*self.0
    }
}

impl fmt::Debug for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0.error(), f)
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0.error(), f)
    }
}

impl StdError for Pointer {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.error().source()
    }
}

/// `or_fail`, which makes an [`Error`] from the errors that `?` does not take by itself: `anyhow::Error`,
/// `eyre::Report`, `Box<dyn Error + Send + Sync>`.
///
/// These do not implement [`std::error::Error`], so `?` alone cannot convert them.
///
/// ```
/// use gatewire::{App, Error, OrFail, Request};
///
/// fn load(id: &str) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
///     let id: u32 = id.parse()?;
///     Ok(format!("todo {id}"))
/// }
///
/// fn read(req: Request<'_>) -> Result<String, Error> {
///     Ok(load(req.param("id")).or_fail()?)
/// }
///
/// let app = App::new()
///     .get("/todos/{id}", read)
///     .on_error(|error: &std::num::ParseIntError, _: Request| (400, error.to_string())); // found inside the box
/// # let client = gatewire::testing::Client::new(app)?;
/// # assert_eq!(client.get("/todos/x").send().status(), 400);
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
pub trait OrFail {
    /// The value of the `Result`.
    type Value;

    /// Returns the value, or the error as an [`Error`]: see [`Error::from_pointer`].
    ///
    /// # Errors
    /// The error of the `Result`.
    fn or_fail(self) -> Result<Self::Value, Error>;
}

impl<T, P> OrFail for Result<T, P>
where
    P: Deref<Target = dyn StdError + Send + Sync> + Send + Sync + 'static,
{
    type Value = T;

    fn or_fail(self) -> Result<T, Error> {
        self.map_err(Error::from_pointer)
    }
}

/// An [`HttpError`] with the reason of the status as its message.
impl From<StatusCode> for Error {
    #[cold]
    fn from(status: StatusCode) -> Self {
        Self::from(HttpError::from(status))
    }
}

impl Drop for Error {
    fn drop(&mut self) {
        let Self { table, words } = self;
        // A destructor that panics must not end an invocation that has been answered, or the report of one that has
        // failed. SAFETY: the invariant of `table`; this is the only drop.
        let dropped = catch_unwind(AssertUnwindSafe(|| unsafe { (table.drop)(words.get_mut()) }));
        if let Err(panic) = dropped {
            std::mem::forget(panic);
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.get(), f)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.get(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    /// An error of `N` words, and the witness of its drop.
    #[derive(Debug)]
    struct Sized<const N: usize>(#[allow(dead_code)] Arc<()>, [usize; N]);

    impl<const N: usize> fmt::Display for Sized<N> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{N} words, the last {:?}", self.1.last())
        }
    }

    impl<const N: usize> StdError for Sized<N> {}

    fn round_trip<const N: usize>() {
        let witness = Arc::new(());
        let error = Error::from(Sized::<N>(witness.clone(), [7; N]));
        assert_eq!(error.to_string(), format!("{N} words, the last {:?}", [7; N].last()));
        assert_eq!(error.downcast_ref::<Sized<N>>().unwrap().1, [7; N]);
        assert!(error.downcast_ref::<fmt::Error>().is_none());
        let moved = Box::new(error);
        assert_eq!(Arc::strong_count(&witness), 2);
        drop(moved);
        assert_eq!(Arc::strong_count(&witness), 1);
    }

    #[test]
    fn errors_of_every_size_keep_their_type() {
        round_trip::<0>();
        round_trip::<3>();
        round_trip::<4>(); // the last that is kept inline
        round_trip::<5>();
        round_trip::<100>();
    }

    /// Aligned more strictly than the words are.
    #[derive(Debug)]
    #[repr(align(64))]
    struct Aligned(u8);

    impl fmt::Display for Aligned {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{}", self.0)
        }
    }

    impl StdError for Aligned {}

    #[test]
    fn an_alignment_beyond_the_words_goes_to_the_heap() {
        let error = Error::from(Aligned(3));
        let aligned = error.downcast_ref::<Aligned>().unwrap();
        assert_eq!(std::ptr::from_ref(aligned).addr() % 64, 0);
        assert_eq!(error.to_string(), "3");
    }

    /// Changed through a shared reference.
    #[derive(Debug)]
    struct Counted<const N: usize>(std::sync::atomic::AtomicU32, [usize; N]);

    impl<const N: usize> fmt::Display for Counted<N> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{} of {N}", self.0.load(std::sync::atomic::Ordering::Relaxed))
        }
    }

    impl<const N: usize> StdError for Counted<N> {}

    fn change<const N: usize>() {
        let error = Error::from(Counted::<N>(1.into(), [0; N]));
        let before = error.get();
        error.downcast_ref::<Counted<N>>().unwrap().0.store(7, std::sync::atomic::Ordering::Relaxed);
        assert_eq!((before.to_string(), error.to_string()), (format!("7 of {N}"), format!("7 of {N}")));
    }

    #[test]
    fn errors_with_interior_mutability_change_through_shared_references() {
        change::<0>();
        change::<4>();
        change::<5>();
    }

    #[test]
    fn an_error_knows_whether_it_was_answered() {
        let witness = Arc::new(());
        let mut error = Error::from(Sized::<1>(witness.clone(), [1]));
        assert!(!error.is_unanswered());
        error.mark_unanswered();
        error.mark_unanswered();
        assert!(error.is_unanswered());
        assert_eq!(error.downcast_ref::<Sized<1>>().unwrap().1, [1]);
        drop(error);
        assert_eq!(Arc::strong_count(&witness), 1);
    }

    #[derive(Debug)]
    struct Bomb;

    impl fmt::Display for Bomb {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("bomb")
        }
    }

    impl StdError for Bomb {}

    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("on purpose: destructor");
        }
    }

    #[test]
    fn a_destructor_that_panics_ends_in_the_error() {
        drop(Error::from(Bomb));
    }

    #[test]
    fn an_error_has_the_size_of_six_words() {
        assert_eq!(size_of::<Error>(), 6 * size_of::<usize>());
    }
}
