//! Loops over `prange`: their parts run in a pool of threads that is made by the first of them.

use std::sync::OnceLock;

use rayon::{ThreadPool, ThreadPoolBuilder};

/// More parts than these no loop has.
pub(crate) const MOST_PARTS: usize = 64;
/// Parts for each thread, so that a slow one does not keep the others waiting.
const PARTS_PER_THREAD: usize = 4;
/// Loops of fewer instructions than these take less time than it takes to wake a thread.
const LEAST_WORK: u64 = 50_000;
/// Compiled loops call nothing but mathematics.
const STACK: usize = 1 << 20;

/// The function that runs a part of a loop.
type Part = extern "C" fn(values: u64, start: i64, stop: i64, sums: u64);

/// As many threads as Numba would use; none where one is enough or the system gives no more.
fn pool() -> Option<&'static ThreadPool> {
    static POOL: OnceLock<Option<ThreadPool>> = OnceLock::new();
    POOL.get_or_init(|| {
        let asked = std::env::var("NUMBA_NUM_THREADS").ok().and_then(|text| text.trim().parse().ok());
        let present = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = asked.unwrap_or(present).min(MOST_PARTS);
        let builder = ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK);
        (threads > 1).then(|| builder.build().ok()).flatten()
    })
    .as_ref()
}

/// Runs the rounds from `start` to `stop`. Every part puts its sums, `width` bytes, behind those of the part before;
/// the result is the number of parts.
#[expect(unsafe_code, reason = "machine code names the function of a part by its address")]
pub(crate) extern "C" fn parallel(
    code: u64,
    values: u64,
    start: u64,
    stop: u64,
    sums: u64,
    width: u64,
    weight: u64,
) -> u64 {
    let (start, stop) = (start as i64, stop as i64);
    if start >= stop {
        return 0;
    }
    // SAFETY: machine code passes the address of a function that it has compiled with this signature.
    let part = unsafe { std::mem::transmute::<*const u8, Part>(code as *const u8) };
    let rounds = stop.wrapping_sub(start) as u64;
    let pool = if rounds.saturating_mul(weight) < LEAST_WORK { None } else { pool() };
    let Some(pool) = pool else {
        part(values, start, stop, sums);
        return 1;
    };
    let parts = (pool.current_num_threads() * PARTS_PER_THREAD).min(MOST_PARTS) as u64;
    let parts = parts.min(rounds);
    let bound =
        |index: u64| start.wrapping_add((u128::from(rounds) * u128::from(index) / u128::from(parts)) as i64);
    pool.scope(|scope| {
        for index in 0..parts {
            scope.spawn(move |_| part(values, bound(index), bound(index + 1), sums + index * width));
        }
    });
    parts
}
