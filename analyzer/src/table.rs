//! The library surface: one row per function, method and attribute that Numba supports.
//!
//! A row says how the parameters are called, what the result's type is ([`Rule`]) and how it is compiled
//! ([`Lower`]). Inference, diagnostics, hovers, signature help and the reference page all read these rows.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use crate::ty::{Name, Ty, Why};

pub mod args;
mod array_methods;
pub(crate) mod builtins;
mod bytes;
pub mod cmath;
pub mod concrete;
mod dict;
mod generator;
pub mod internal;
mod introspect;
mod isinstance;
mod library;
mod list;
pub mod math;
pub mod modules;
pub mod names;
mod numba_names;
pub mod numpy_create;
pub mod numpy_join;
pub mod numpy_linalg;
pub mod numpy_manip;
pub mod numpy_math;
pub mod numpy_misc;
pub mod numpy_random;
pub mod numpy_reduce;
pub mod numpy_sort;
pub mod numpy_stats;
pub mod operand;
mod operators;
mod scalars;
mod set;
mod strings;
mod typed;
pub mod ufunc;
pub mod ufuncs;

pub use args::{Args, Param, Params};
pub use names::unsupported;

/// What a rule answers for the types of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Known(Typed),
    /// The operands do not decide it. Silent.
    Hole(Why),
    /// Numba refuses whatever the holes turn out to be.
    Refused(Refusal),
}

/// The signature that Numba chooses for a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    pub ret: Ty,
    /// The types the arguments are cast to before the call; `None` where they stay as they are.
    pub args: Option<Vec<Ty>>,
    /// What the receiver of a method (or the target of `d[k] = v`) becomes: `list.append` refines `list(undefined)`.
    pub refine: Option<Ty>,
}

/// Why a call cannot compile.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Refusal {
    pub kind: RefusalKind,
    /// Which argument is to blame, by position in the call as written (keywords after positional ones).
    pub arg: Option<u32>,
}

/// Why a function or operator does not take its operands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RefusalKind {
    /// A list where the function wants an int or a tuple of ints.
    ListAsShape,
    /// A float where a size or an index must be an int.
    FloatAsShape(Ty),
    /// A list or other sequence of arrays where the function wants a tuple of arrays.
    ListOfArrays,
    /// `int`, `bool` ... where a NumPy dtype is needed.
    PythonDtype(Name),
    UnsupportedKeyword(Name),
    /// A later Numba has the function, or this parameter of it.
    TooNew {
        param: Option<Name>,
        since: Version,
    },
    UnknownKeyword(Name),
    TooManyArguments {
        takes: u32,
        given: u32,
    },
    MissingArgument(Name),
    /// The argument has a type that no overload takes.
    ArgumentType {
        param: Name,
        got: Ty,
    },
    /// No overload takes these types together.
    NoOverload(Vec<Ty>),
    Unsupported,
    NotContiguous,
    Readonly(Ty),
    IndexType(Ty),
    TooManyIndices {
        array: Ty,
        given: u32,
    },
    TupleIndex {
        len: u32,
        index: i64,
    },
    HeterogeneousIndex(Ty),
    WrongTupleLength {
        expected: u32,
        got: u32,
    },
    UnsafeCast {
        from: Ty,
        to: Ty,
    },
    NoAttribute(Name),
    NotIterable(Ty),
    NotCallable(Ty),
    NeedsLiteral(Name),
    /// A short sentence of the rule's own, in the user's words.
    Other(Name),
}

/// A version of Numba or NumPy: major and minor.
pub type Version = (u16, u16);

/// The oldest Numba whose surface the table knows. Rows say what came later.
pub const OLDEST: Version = (0, 60);

/// From the types of a call's arguments to Numba's answer. Knows no positions and reports nothing.
pub type Rule = fn(&Args<'_>) -> Outcome;

/// How a row is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lower {
    /// Typed only; running it says so by name.
    No,
    /// The function of this name in the prelude, written as a kernel.
    Prelude(&'static str),
    /// One of the code generator's own operations.
    Op(Op),
}

/// Operations that the code generator implements itself. It matches on this without a default arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    // builtins
    Len,
    Abs,
    Min,
    Max,
    Int,
    Float,
    Bool,
    Complex,
    Round,
    Pow,
    Range,
    Prange,
    Next,
    Enumerate,
    Zip,
    Print,
    TupleNew,
    ListNew,
    ExceptionNew,
    /// Casts to the type of a `class(float64)` callee.
    Cast,
    // math and NumPy scalars or element-wise; the argument types say which
    Sqrt,
    Exp,
    Expm1,
    Exp2,
    Log,
    Log2,
    Log10,
    Log1p,
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Atan2,
    Sinh,
    Cosh,
    Tanh,
    Asinh,
    Acosh,
    Atanh,
    Hypot,
    Floor,
    Ceil,
    Trunc,
    Rint,
    Fabs,
    Copysign,
    Fmod,
    Ldexp,
    Frexp,
    Nextafter,
    Erf,
    Erfc,
    Gamma,
    Lgamma,
    IsNan,
    IsInf,
    IsFinite,
    Sign,
    Square,
    Reciprocal,
    Cbrt,
    Degrees,
    Radians,
    Maximum,
    Minimum,
    Fmax,
    Fmin,
    FloorDivide,
    Remainder,
    Add,
    Subtract,
    Multiply,
    TrueDivide,
    Power,
    Negative,
    LogicalAnd,
    LogicalOr,
    LogicalXor,
    LogicalNot,
    BitwiseAnd,
    BitwiseOr,
    BitwiseXor,
    Invert,
    LeftShift,
    RightShift,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Conj,
    Real,
    Imag,
    Angle,
    Gcd,
    Lcm,
    Heaviside,
    Logaddexp,
    /// `np.where` of three arguments.
    Where,
    // arrays
    Empty,
    EmptyLike,
    Zeros,
    ZerosLike,
    ArrayFromSequence,
    ArrayShape,
    ArraySize,
    ArrayNdim,
    ArrayStrides,
    ArrayItemsize,
    ArrayTranspose,
    ArrayReshape,
    ArrayRavel,
    ArrayCopy,
    ArrayAstype,
    ArrayView,
    ArrayFlat,
    ArrayFill,
    ArrayItem,
    ArrayReal,
    ArrayImag,
    AsContiguous,
    Reinterpret,
    NdEnumerate,
    NdIndex,
    // lists
    ListAppend,
    ListPop,
    ListExtend,
    ListInsert,
    ListClear,
    ListCopy,
    ListReverse,
    // sets, dicts and strings
    SetAdd,
    SetDiscard,
    SetRemove,
    TableClear,
    DictGet,
    DictPop,
    DictKeys,
    DictValues,
    DictItems,
    Str,
    StrLower,
    StrUpper,
    // dot products of arrays
    Dot,
    // factorizations of matrices, with their results in the last arguments
    Cholesky,
    Eig,
    Eigh,
    Lu,
    Qr,
    Solve,
    Svd,
    // random numbers: NumPy's legacy generator
    RandomSeed,
    /// Which state random numbers come from: 1 is `random`'s, 0 NumPy's.
    RandomSelect,
    RandomRaw,
    /// 32 random bits.
    RandomWord,
    /// A number of the standard normal distribution; every second one is kept from the draw before.
    RandomNormal,
}

/// One supported function, method or attribute.
pub struct Function {
    /// `numpy.zeros`, `builtins.len`, `array.sum`, `list.append`, `array.T`.
    pub path: &'static str,
    /// The parameters as Numba has them, in Python's notation: `"shape, dtype=float, /"`.
    pub params: &'static str,
    pub rule: Rule,
    pub lower: Lower,
    /// The first Numba of the supported range that has it; [`OLDEST`] where older.
    pub since: Version,
    /// Parameters that came later than the function itself.
    pub params_since: &'static [(&'static str, Version)],
    /// Attributes are typed by the receiver alone.
    pub is_attribute: bool,
    /// Written in Python by Numba without a look at the first argument's type, so that an optional array or number does.
    pub opens_optional: bool,
}

impl Function {
    pub const fn new(path: &'static str, params: &'static str, rule: Rule) -> Function {
        Function {
            path,
            params,
            rule,
            lower: Lower::No,
            since: OLDEST,
            params_since: &[],
            is_attribute: false,
            opens_optional: false,
        }
    }

    pub const fn attribute(path: &'static str, rule: Rule) -> Function {
        Function {
            path,
            params: "",
            rule,
            lower: Lower::No,
            since: OLDEST,
            params_since: &[],
            is_attribute: true,
            opens_optional: false,
        }
    }

    pub const fn op(mut self, op: Op) -> Function {
        self.lower = Lower::Op(op);
        self
    }

    pub const fn prelude(mut self, name: &'static str) -> Function {
        self.lower = Lower::Prelude(name);
        self
    }

    pub const fn opens_optional(mut self) -> Function {
        self.opens_optional = true;
        self
    }

    pub const fn since(mut self, version: Version) -> Function {
        self.since = version;
        self
    }

    pub const fn params_since(mut self, params: &'static [(&'static str, Version)]) -> Function {
        self.params_since = params;
        self
    }

    /// Refuses a call that this Numba cannot compile because the function, or a parameter that the call gives, is
    /// of a later one.
    pub fn too_new(&self, numba: Version, args: &Args<'_>) -> Option<Outcome> {
        if self.since > numba {
            return Some(Outcome::refused(RefusalKind::TooNew { param: None, since: self.since }));
        }
        let (param, since) =
            self.params_since.iter().find(|(param, since)| *since > numba && args.get(param).is_some())?;
        Some(args.refuse(param, RefusalKind::TooNew { param: Some((*param).into()), since: *since }))
    }

    /// The parsed parameter list.
    pub fn cached_params(&self) -> &'static Params {
        static PARSED: OnceLock<FxHashMap<&'static str, Params>> = OnceLock::new();
        let parsed = PARSED.get_or_init(|| all().map(|row| (row.path, Params::parse(row.params))).collect());
        parsed.get(self.path).expect("every row is listed in a table")
    }
}

/// Every table, in the order in which the reference page lists them.
fn tables() -> impl Iterator<Item = &'static [Function]> {
    [
        builtins::ROWS,
        array_methods::ROWS,
        bytes::ROWS,
        dict::ROWS,
        generator::ROWS,
        operators::ROWS,
        library::ROWS,
        list::ROWS,
        numba_names::ROWS,
        scalars::ROWS,
        set::ROWS,
        strings::ROWS,
        typed::ROWS,
        cmath::ROWS,
        math::ROWS,
        numpy_create::ROWS,
        numpy_join::ROWS,
        numpy_linalg::ROWS,
        numpy_manip::ROWS,
        numpy_math::ROWS,
        numpy_misc::ROWS,
        numpy_random::ROWS,
        numpy_reduce::ROWS,
        numpy_sort::ROWS,
        numpy_stats::ROWS,
        ufuncs::ROWS,
    ]
    .into_iter()
}

/// All rows that users can name.
pub fn functions() -> impl Iterator<Item = &'static Function> {
    tables().flatten()
}

fn all() -> impl Iterator<Item = &'static Function> {
    functions().chain(internal::ROWS)
}

/// The row of a path such as `numpy.zeros`, aliases (`numpy.amax`) included.
pub fn find(path: &str) -> Option<&'static Function> {
    static INDEX: OnceLock<FxHashMap<&'static str, &'static Function>> = OnceLock::new();
    let index = INDEX.get_or_init(|| all().map(|function| (function.path, function)).collect());
    index.get(names::canonical(path)).copied()
}

impl Outcome {
    pub fn known(ret: Ty) -> Outcome {
        Outcome::Known(Typed { ret, args: None, refine: None })
    }

    pub fn signature(args: Vec<Ty>, ret: Ty) -> Outcome {
        Outcome::Known(Typed { ret, args: Some(args), refine: None })
    }

    pub fn refused(kind: RefusalKind) -> Outcome {
        Outcome::Refused(Refusal { kind, arg: None })
    }

    pub fn refused_arg(arg: usize, kind: RefusalKind) -> Outcome {
        Outcome::Refused(Refusal { kind, arg: u32::try_from(arg).ok() })
    }

    pub fn ty(&self) -> Option<&Ty> {
        match self {
            Outcome::Known(typed) => Some(&typed.ret),
            _ => None,
        }
    }
}

#[cfg(test)]
mod numpy_tests;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_their_paths_unique() {
        for table in tables() {
            assert!(table.is_sorted_by(|left, right| left.path < right.path), "{}", table[0].path);
        }
        let mut paths: Vec<&str> = functions().map(|function| function.path).collect();
        paths.sort_unstable();
        assert!(paths.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
