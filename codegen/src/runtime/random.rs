//! NumPy's legacy random numbers and those of `random`: the Mersenne Twister MT19937, two states for each thread.

use std::cell::{Cell, RefCell};

const N: usize = 624;
const M: usize = 397;

struct State {
    words: [u32; N],
    next: usize,
    seeded: bool,
    /// The second number of the last pair of normal ones, until it is asked for.
    normal: Option<f64>,
}

thread_local! {
    /// NumPy's, then that of `random`.
    static STATES: [RefCell<State>; 2] = const { [RefCell::new(State::NEW), RefCell::new(State::NEW)] };
    static SELECTED: Cell<usize> = const { Cell::new(0) };
}

#[inline]
fn with<T>(work: impl FnOnce(&mut State) -> T) -> T {
    STATES.with(|states| work(&mut states[SELECTED.get()].borrow_mut()))
}

impl State {
    const NEW: State = State { words: [0; N], next: N, seeded: false, normal: None };

    /// Knuth's initialisation from one word, as NumPy's `init_genrand`.
    fn seed(&mut self, seed: u32) {
        self.words[0] = seed;
        for at in 1..N {
            let before = self.words[at - 1];
            self.words[at] = 1812433253u32.wrapping_mul(before ^ (before >> 30)).wrapping_add(at as u32);
        }
        self.next = N;
        self.seeded = true;
        self.normal = None;
    }

    /// The next words, of a state that was never seeded from an unpredictable seed.
    #[cold]
    #[inline(never)]
    fn refill(&mut self) {
        if !self.seeded {
            self.seed(unpredictable());
        }
        let twist = |high: u32, low: u32| {
            let word = (high & 0x8000_0000) | (low & 0x7fff_ffff);
            (word >> 1) ^ (0x9908_b0df & (word & 1).wrapping_neg())
        };
        let words = &mut self.words;
        for at in 0..N - M {
            words[at] = words[at + M] ^ twist(words[at], words[at + 1]);
        }
        for at in N - M..N - 1 {
            words[at] = words[at + M - N] ^ twist(words[at], words[at + 1]);
        }
        words[N - 1] = words[M - 1] ^ twist(words[N - 1], words[0]);
        self.next = 0;
    }

    #[inline]
    fn word(&mut self) -> u32 {
        if self.next >= N {
            self.refill();
        }
        let mut word = self.words[self.next];
        self.next += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    /// Uniform in [0, 1), with 53 bits.
    #[inline]
    fn double(&mut self) -> f64 {
        let (high, low) = (self.word() >> 5, self.word() >> 6);
        (f64::from(high) * 67108864.0 + f64::from(low)) / 9007199254740992.0
    }
}

impl State {
    /// Marsaglia's polar method, as NumPy's legacy generator.
    fn normal(&mut self) -> f64 {
        if let Some(kept) = self.normal.take() {
            return kept;
        }
        loop {
            let (x, y) = (2.0 * self.double() - 1.0, 2.0 * self.double() - 1.0);
            let square = x * x + y * y;
            if square < 1.0 && square != 0.0 {
                let scale = (-2.0 * super::math::c::log(square) / square).sqrt();
                self.normal = Some(scale * x);
                return scale * y;
            }
        }
    }
}

/// A seed for a program that sets none.
fn unpredictable() -> u32 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish() as u32
}

/// Which state the next numbers come from.
pub(crate) extern "C" fn select(state: u64) {
    SELECTED.set(usize::from(state != 0));
}

pub(crate) extern "C" fn seed(seed: u64) {
    with(|state| state.seed(seed as u32));
}

pub(crate) extern "C" fn double() -> f64 {
    with(State::double)
}

pub(crate) extern "C" fn word() -> u64 {
    u64::from(with(State::word))
}

pub(crate) extern "C" fn normal() -> f64 {
    with(State::normal)
}
