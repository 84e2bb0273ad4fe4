//! An allocator that searches every block that is freed for planted secrets.
//!
//! A test plants the secrets, then runs code under [`watch`]. [`watch`] returns the name of each
//! secret that was still readable in a block when the block was freed, with the call stack of the
//! first such block. Only the thread that called [`watch`] is watched.

use std::alloc::{GlobalAlloc, Layout, System};
use std::backtrace::Backtrace;
use std::cell::{Cell, RefCell};

/// The allocator: `#[global_allocator] static ALLOCATOR: Searching = Searching;`.
#[derive(Debug)]
pub struct Searching;

/// A text or key that must not be found in freed memory.
#[derive(Clone, Debug)]
pub struct Planted {
    /// The name to report.
    pub name: String,
    /// The bytes to search for.
    pub bytes: Vec<u8>,
}

/// A secret that was found in a block when it was freed.
#[derive(Clone, Debug)]
pub struct Found {
    /// The name of the secret.
    pub name: String,
    /// How many blocks contained it.
    pub blocks: usize,
    /// Where the first of them was freed.
    pub backtrace: String,
}

thread_local! {
    /// What is searched for. Empty while the thread is not watched.
    static PLANTED: Cell<&'static [Planted]> = const { Cell::new(&[]) };
    static FOUND: RefCell<Vec<Found>> = const { RefCell::new(Vec::new()) };
}

impl Planted {
    /// A secret.
    pub fn new(name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.to_owned(), bytes: bytes.into() }
    }
}

/// Runs `code` and returns what it left behind in freed memory.
///
/// # Panics
/// If a planted secret is shorter than 8 bytes: it would be found by chance.
pub fn watch<T>(planted: &[Planted], code: impl FnOnce() -> T) -> (T, Vec<Found>) {
    assert!(planted.iter().all(|secret| secret.bytes.len() >= 8), "{planted:?}");
    FOUND.with_borrow_mut(Vec::clear);
    // Leaked: the allocator reads it without a lock, and a test has few.
    PLANTED.set(Vec::leak(planted.to_vec()));
    let output = code();
    PLANTED.set(&[]);
    (output, FOUND.take())
}

/// Runs `code` without watching it: the part of somebody else, such as a server in this process.
pub fn unwatched<T>(code: impl FnOnce() -> T) -> T {
    let planted = PLANTED.replace(&[]);
    let output = code();
    PLANTED.set(planted);
    output
}

fn search(block: &[u8]) {
    let planted = PLANTED.get();
    for secret in planted {
        if !block.windows(secret.bytes.len()).any(|window| window == secret.bytes) {
            continue;
        }
        // What follows allocates and frees, and would search itself.
        PLANTED.set(&[]);
        FOUND.with_borrow_mut(|found| {
            match found.iter_mut().find(|found| found.name == secret.name) {
                Some(again) => again.blocks += 1,
                None => found.push(Found {
                    name: secret.name.clone(),
                    blocks: 1,
                    backtrace: Backtrace::force_capture().to_string(),
                }),
            }
        });
        PLANTED.set(planted);
    }
}

// SAFETY: every call is passed on to the system's allocator, with the layout that it came with.
// `realloc` is the provided one, which allocates, copies and frees, so that a block that was
// outgrown is searched like any other.
unsafe impl GlobalAlloc for Searching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Zeroed, so that a block never contains what an earlier owner left in it, and so that all
        // of it may be read when it is freed.
        // SAFETY: the caller's promise about `layout` is the one that is needed.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // The thread's variables are gone while the thread ends.
        let watched = PLANTED.try_with(Cell::get).is_ok_and(|planted| !planted.is_empty());
        if watched {
            // SAFETY: the block is `layout.size()` bytes long, was zeroed when it was allocated, and
            // nobody else uses it any more.
            search(unsafe { std::slice::from_raw_parts(block, layout.size()) });
        }
        // SAFETY: `block` came from `alloc` above, with this layout.
        unsafe { System.dealloc(block, layout) }
    }
}
