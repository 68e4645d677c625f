//! The table of everything outside of itself that machine code may call.

use cranelift_codegen::ir::{Type, types};

use super::math::c;
use super::object;
use super::random;
use super::text;
use super::vector_math;

/// A function that machine code may call, with its signature.
pub(crate) struct Symbol {
    pub(crate) name: &'static str,
    pub(crate) address: *const u8,
    pub(crate) params: &'static [Type],
    pub(crate) ret: Option<Type>,
}

/// Declares each function once: its variant, its name in the module, its signature for both sides.
macro_rules! symbols {
    ($($variant:ident = $path:path: ($($param:ident),*) $(-> $ret:ident)?;)*) => {
        /// The functions that machine code may call.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Rt { $($variant),* }

        impl Rt {
            pub(crate) const ALL: &[Rt] = &[$(Rt::$variant),*];

            pub(crate) fn symbol(self) -> Symbol {
                match self {
                    $(Rt::$variant => Symbol {
                        name: stringify!($variant),
                        address: ($path as unsafe extern "C" fn($(symbols!(@rust $param)),*) $(-> symbols!(@rust $ret))?) as *const u8,
                        params: &[$(types::$param),*],
                        ret: symbols!(@ret $($ret)?),
                    }),*
                }
            }
        }
    };
    (@rust I64) => { u64 };
    (@rust I32) => { u32 };
    (@rust F64) => { f64 };
    (@rust F32) => { f32 };
    (@ret) => { None };
    (@ret $ret:ident) => { Some(types::$ret) };
}

symbols! {
    BufferNew = wrap::buffer_new: (I64, I64) -> I64;
    Free = wrap::free: (I64);
    ListNew = wrap::list_new: (I64, I64, I64) -> I64;
    ListReserve = wrap::list_reserve: (I64, I64) -> I64;
    ListClear = wrap::list_clear: (I64);
    CopyBytes = wrap::copy_bytes: (I64, I64, I64);
    TableNew = super::table::table_new: (I64, I64, I64, I64, I64) -> I64;
    TableInsert = super::table::table_insert: (I64, I64, I64);
    TableGet = super::table::table_get: (I64, I64, I64) -> I64;
    TableRemove = super::table::table_remove: (I64, I64, I64) -> I64;
    TableNext = super::table::table_next: (I64, I64, I64, I64) -> I64;
    TableClear = super::table::table_clear: (I64);
    StrConcat = text::concat: (I64, I64) -> I64;
    StrRepeat = text::repeat: (I64, I64) -> I64;
    StrLower = text::lower: (I64) -> I64;
    StrUpper = text::upper: (I64) -> I64;
    StrAt = text::at: (I64, I64) -> I64;
    StrSlice = text::slice: (I64, I64, I64, I64) -> I64;
    StrCompare = text::compare: (I64, I64) -> I64;
    StrFind = text::find: (I64, I64) -> I64;
    StrRepr = text::repr: (I64) -> I64;
    IntText = text::int_text: (I64, I64) -> I64;
    FloatText = text::float_text: (F64) -> I64;
    ComplexText = text::complex_text: (F64, F64) -> I64;
    Print = text::print: (I64);
    RandomSeed = random::seed: (I64);
    RandomSelect = random::select: (I64);
    RandomDouble = random::double: () -> F64;
    RandomWord = random::word: () -> I64;
    RandomNormal = random::normal: () -> F64;
    Frexp = super::math::frexp: (F64, I64) -> F64;
    RoundDigits = super::math::round_digits: (F64, I64, I64) -> F64;
    Blame = super::error::blame: (I64);
    Raise = wrap::raise: (I64, I64, I64);
    Linalg = linalg::call: (I64, I64) -> I64;
    ComplexCall = super::complex::call: (I64, I64, I64);
    Exp = c::exp: (F64) -> F64;
    Expf = c::expf: (F32) -> F32;
    Expm1 = c::expm1: (F64) -> F64;
    Expm1f = c::expm1f: (F32) -> F32;
    Exp2 = c::exp2: (F64) -> F64;
    Exp2f = c::exp2f: (F32) -> F32;
    Log = c::log: (F64) -> F64;
    Logf = c::logf: (F32) -> F32;
    Log2 = c::log2: (F64) -> F64;
    Log2f = c::log2f: (F32) -> F32;
    Log10 = c::log10: (F64) -> F64;
    Log10f = c::log10f: (F32) -> F32;
    Log1p = c::log1p: (F64) -> F64;
    Log1pf = c::log1pf: (F32) -> F32;
    Sin = c::sin: (F64) -> F64;
    Sinf = c::sinf: (F32) -> F32;
    Cos = c::cos: (F64) -> F64;
    Cosf = c::cosf: (F32) -> F32;
    Tan = c::tan: (F64) -> F64;
    Tanf = c::tanf: (F32) -> F32;
    Asin = c::asin: (F64) -> F64;
    Asinf = c::asinf: (F32) -> F32;
    Acos = c::acos: (F64) -> F64;
    Acosf = c::acosf: (F32) -> F32;
    Atan = c::atan: (F64) -> F64;
    Atanf = c::atanf: (F32) -> F32;
    Sinh = c::sinh: (F64) -> F64;
    Sinhf = c::sinhf: (F32) -> F32;
    Cosh = c::cosh: (F64) -> F64;
    Coshf = c::coshf: (F32) -> F32;
    Tanh = c::tanh: (F64) -> F64;
    Tanhf = c::tanhf: (F32) -> F32;
    Asinh = c::asinh: (F64) -> F64;
    Asinhf = c::asinhf: (F32) -> F32;
    Acosh = c::acosh: (F64) -> F64;
    Acoshf = c::acoshf: (F32) -> F32;
    Atanh = c::atanh: (F64) -> F64;
    Atanhf = c::atanhf: (F32) -> F32;
    Erf = c::erf: (F64) -> F64;
    Erff = c::erff: (F32) -> F32;
    Erfc = c::erfc: (F64) -> F64;
    Erfcf = c::erfcf: (F32) -> F32;
    Tgamma = c::tgamma: (F64) -> F64;
    Tgammaf = c::tgammaf: (F32) -> F32;
    Lgamma = c::lgamma: (F64) -> F64;
    Lgammaf = c::lgammaf: (F32) -> F32;
    Cbrt = c::cbrt: (F64) -> F64;
    Cbrtf = c::cbrtf: (F32) -> F32;
    Ceil = c::ceil: (F64) -> F64;
    Ceilf = c::ceilf: (F32) -> F32;
    Floor = c::floor: (F64) -> F64;
    Floorf = c::floorf: (F32) -> F32;
    Trunc = c::trunc: (F64) -> F64;
    Truncf = c::truncf: (F32) -> F32;
    Rint = c::rint: (F64) -> F64;
    Rintf = c::rintf: (F32) -> F32;
    Pow = c::pow: (F64, F64) -> F64;
    Powf = c::powf: (F32, F32) -> F32;
    Atan2 = c::atan2: (F64, F64) -> F64;
    Atan2f = c::atan2f: (F32, F32) -> F32;
    Hypot = c::hypot: (F64, F64) -> F64;
    Hypotf = c::hypotf: (F32, F32) -> F32;
    Fmod = c::fmod: (F64, F64) -> F64;
    Fmodf = c::fmodf: (F32, F32) -> F32;
    Nextafter = c::nextafter: (F64, F64) -> F64;
    Nextafterf = c::nextafterf: (F32, F32) -> F32;
    Ldexp = super::math::ldexp: (F64, I64) -> F64;
    Gcd = super::math::gcd: (I64, I64) -> I64;
    Lcm = super::math::lcm: (I64, I64) -> I64;
    Logaddexp = super::math::logaddexp: (F64, F64) -> F64;
    Parallel = super::threads::parallel: (I64, I64, I64, I64, I64, I64, I64) -> I64;
    SinRow = vector_math::sin: (I64, I64, I64);
    CosRow = vector_math::cos: (I64, I64, I64);
    ExpRow = vector_math::exp: (I64, I64, I64);
    LogRow = vector_math::log: (I64, I64, I64);
    PowerRow = vector_math::power: (I64, I64, I64, F64, F64, F64);
}

/// More words than any function of the runtime that [takes long](Rt::takes_long) has parameters.
pub(crate) const MOST_WORDS: u32 = 8;

impl Rt {
    /// Whether it costs more than to keep every register does, or ends the loop that it is called in.
    pub(crate) fn takes_long(self) -> bool {
        use Rt::*;
        let strings = Rt::StrConcat as usize..=Rt::Print as usize;
        strings.contains(&(self as usize)) && !matches!(self, StrAt | StrCompare)
            || matches!(
                self,
                BufferNew
                    | ListNew
                    | ListReserve
                    | ListClear
                    | TableNew
                    | TableClear
                    | RandomSeed
                    | RandomSelect
                    | Blame
                    | Raise
                    | Linalg
            )
    }

    /// Whether it depends on nothing but its arguments and changes nothing. The logarithm of the gamma function
    /// leaves a sign in the C library.
    pub(crate) fn is_pure(self) -> bool {
        let mathematics = Rt::Exp as usize..=Rt::Logaddexp as usize;
        mathematics.contains(&(self as usize)) && !matches!(self, Rt::Lgamma | Rt::Lgammaf)
    }
}

/// The runtime's functions with every pointer as a number, which is what machine code has.
mod wrap {
    use super::object::{self, Header};

    pub(super) extern "C" fn buffer_new(bytes: u64, zeroed: u64) -> u64 {
        object::jc_buffer_new(bytes, zeroed) as u64
    }

    pub(super) extern "C" fn list_new(slots: u64, objects: u64, cap: u64) -> u64 {
        object::jc_list_new(slots, objects, cap) as u64
    }

    pub(super) extern "C" fn list_reserve(list: u64, cap: u64) -> u64 {
        object::jc_list_reserve(list as *mut Header, cap)
    }

    pub(super) extern "C" fn list_clear(list: u64) {
        object::clear_list(list as *mut Header);
    }

    #[expect(unsafe_code, reason = "machine code names the bytes by address")]
    pub(super) extern "C" fn copy_bytes(to: u64, from: u64, len: u64) {
        // SAFETY: both are elements of arrays, which have at least this many bytes; they may be the same element.
        unsafe { std::ptr::copy(from as *const u8, to as *mut u8, len as usize) };
    }

    pub(super) extern "C" fn raise(class: u64, message: u64, line: u64) {
        let text = |raw: u64| object::str_text(raw as *const Header);
        super::super::error::raise(&text(class), text(message), line as u32);
    }

    pub(super) extern "C" fn free(object: u64) {
        object::jc_free(object as *mut Header);
    }
}

#[cfg(test)]
mod tests {
    use super::Rt;

    #[test]
    fn every_function_has_a_name_and_an_address_of_its_own() {
        let names: std::collections::HashSet<&str> = Rt::ALL.iter().map(|rt| rt.symbol().name).collect();
        assert_eq!(names.len(), Rt::ALL.len());
        assert!(Rt::ALL.iter().all(|rt| !rt.symbol().address.is_null()));
    }
}
