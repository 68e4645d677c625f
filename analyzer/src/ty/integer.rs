//! Integers of Python's that are part of constants and types.

use std::fmt;

/// An integer of Python's, of up to 128 bits. One that fits in 64 is kept in place: types and instructions hold
/// these by the thousand, and an `i128` of their own would make all of them larger.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Integer(Stored);

/// An integer has only one of these forms, so that equal ones compare equal.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Stored {
    Word(i64),
    /// No `i64`.
    Wide(Box<i128>),
}

impl Integer {
    pub fn get(&self) -> i128 {
        match &self.0 {
            Stored::Word(value) => i128::from(*value),
            Stored::Wide(value) => **value,
        }
    }
}

impl fmt::Debug for Integer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.get(), f)
    }
}

impl fmt::Display for Integer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.get(), f)
    }
}

impl From<i128> for Integer {
    fn from(value: i128) -> Integer {
        Integer(match i64::try_from(value) {
            Ok(word) => Stored::Word(word),
            Err(_) => Stored::Wide(Box::new(value)),
        })
    }
}

macro_rules! from_smaller {
    ($($smaller:ty),*) => {$(
        impl From<$smaller> for Integer {
            fn from(value: $smaller) -> Integer {
                Integer::from(i128::from(value))
            }
        }
    )*};
}

from_smaller!(bool, u8, i32, u32, i64, u64);

impl From<usize> for Integer {
    fn from(value: usize) -> Integer {
        Integer::from(value as i128)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A check keeps one of each for nearly every expression of every kernel, and spends much of its time on writing
    /// them to memory.
    #[cfg(target_pointer_width = "64")]
    #[test]
    fn types_and_instructions_stay_small() {
        assert_eq!(size_of::<crate::ty::Ty>(), 24);
        assert_eq!(size_of::<crate::hir::body::Inst>(), 48);
    }

    #[test]
    fn an_integer_of_any_width_comes_back_as_it_was() {
        for value in [0, -1, i128::from(i64::MIN), i128::from(u64::MAX), i128::MIN, i128::MAX] {
            let integer = Integer::from(value);
            assert_eq!(integer.get(), value);
            assert_eq!(
                (format!("{integer}"), format!("{integer:?}")),
                (value.to_string(), value.to_string())
            );
        }
        assert_eq!(Integer::from(3i128), Integer::from(3u8));
        assert_ne!(Integer::from(i128::from(u64::MAX)), Integer::from(-1));
    }
}
