//! The table of everything outside of itself that machine code may call.

use cranelift_codegen::ir::{Type, types};

use super::object;

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
}

/// The runtime's functions with every pointer as a number, which is what machine code has.
mod wrap {
    use super::object::{self, Header};

    pub(super) extern "C" fn buffer_new(bytes: u64, zeroed: u64) -> u64 {
        object::jc_buffer_new(bytes, zeroed) as u64
    }

    pub(super) extern "C" fn free(object: u64) {
        object::jc_free(object as *mut Header);
    }
}
