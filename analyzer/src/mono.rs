//! The gate between typing and machine code.
//!
//! [`MonoProgram::from_typed`] turns a [`crate::infer::TypedBody`] into a program whose types cannot express a hole
//! and whose calls are all resolved, or says which value stands in the way. After it, code generation cannot fail
//! for a reason that the user could have caused.

pub mod prelude;
mod prelude_calls;

mod arguments;
mod body;
mod calls;
mod gate;
mod operands;
mod pointers;
pub(crate) mod project;
mod types;

pub use gate::Project;
pub use types::mono_type;

pub use crate::hir::body::{BinaryOp, CmpOp, UnaryOp};
pub use crate::table::Op;
pub use crate::ty::{ComplexTy, Const, FloatTy, IntTy, Layout, Name};

/// A compilation unit: the entry and every function it calls, each specialization once.
#[derive(Clone, Debug, PartialEq)]
pub struct MonoProgram {
    /// The entry is the first.
    pub functions: Vec<MonoFunction>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FuncId(pub u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValueId(pub u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MonoBlockId(pub u32);

/// A type with a known representation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MonoTy {
    /// No bits: `None`, functions, modules, dtypes, literal strings used as options.
    Unit,
    Bool,
    Int(IntTy),
    Float(FloatTy),
    Complex(ComplexTy),
    Str,
    Array(Box<MonoArray>),
    Tuple(Vec<MonoTy>),
    List(Box<MonoTy>),
    Set(Box<MonoTy>),
    Dict(Box<(MonoTy, MonoTy)>),
    Optional(Box<MonoTy>),
    /// Start, stop and step; absent bounds are what `slice.indices` makes of them at the array.
    Slice,
    Range(IntTy),
    Iter(Box<MonoIter>),
    /// The next item and whether there was one.
    Pair(Box<MonoTy>),
    Record(Box<MonoRecord>),
    /// Ticks since the epoch.
    DateTime,
    TimeDelta,
}

impl MonoTy {
    pub fn is_number(&self) -> bool {
        matches!(self, MonoTy::Bool | MonoTy::Int(_) | MonoTy::Float(_) | MonoTy::Complex(_))
    }

    /// A number, or a time that is counted in ticks.
    pub fn is_scalar(&self) -> bool {
        self.is_number() || matches!(self, MonoTy::DateTime | MonoTy::TimeDelta)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MonoArray {
    pub elem: MonoTy,
    pub ndim: u8,
    pub layout: Layout,
    pub readonly: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MonoRecord {
    pub fields: Vec<(Name, MonoTy, u32)>,
    pub size: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MonoIter {
    Range(IntTy),
    Array(MonoArray),
    List(MonoTy),
    Tuple(MonoTy, u32),
    Str,
    Enumerate(MonoIter2),
    Zip(Vec<MonoIter>),
    NdEnumerate(MonoArray),
    NdIndex(u8),
    Flat(MonoArray),
    Set(MonoTy),
    DictKeys(MonoTy, MonoTy),
    DictValues(MonoTy, MonoTy),
    DictItems(MonoTy, MonoTy),
    /// A generator of these. Which one is in the value.
    Generator(MonoTy),
}

/// A boxed iterator, so that [`MonoIter`] can hold one.
pub type MonoIter2 = Box<MonoIter>;

/// One function for one list of argument types, in SSA form.
#[derive(Clone, Debug, PartialEq)]
pub struct MonoFunction {
    /// `__qualname__`, for messages and symbol names.
    pub name: Name,
    pub params: Vec<ValueId>,
    pub ret: MonoTy,
    /// By [`ValueId`].
    pub values: Vec<MonoValue>,
    /// Block 0 is the entry.
    pub blocks: Vec<MonoBlock>,
    pub options: MonoOptions,
    /// A generator: a call makes one, and its `ret` is the pair that is given for each item.
    pub is_generator: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct MonoValue {
    pub ty: MonoTy,
    /// The user's name, for listings.
    pub name: Option<Name>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct MonoOptions {
    pub fastmath: bool,
    pub parallel: bool,
    pub boundscheck: bool,
    /// Division by zero gives inf or nan instead of raising.
    pub numpy_errors: bool,
    /// A function of the prelude: its indices are right, and its exceptions are blamed on the line of the call.
    pub library: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct MonoBlock {
    pub phis: Vec<MonoPhi>,
    pub insts: Vec<MonoInst>,
    pub term: MonoTerm,
    /// The line of the terminator, from 1 in the file.
    pub term_line: u32,
}

/// Joins values; each input is cast to the phi's type on its edge. An edge without an input leaves it undefined (zero).
#[derive(Clone, Debug, PartialEq)]
pub struct MonoPhi {
    pub dst: ValueId,
    pub inputs: Vec<(MonoBlockId, ValueId)>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct MonoInst {
    /// `None` for what is done for its effect.
    pub dst: Option<ValueId>,
    pub op: MonoOp,
    /// The line in the file, from 1, for exceptions.
    pub line: u32,
}

/// An operation over values. The operands are cast to `args` of the operation where it has them; the result has the
/// type of `dst`.
#[derive(Clone, Debug, PartialEq)]
pub enum MonoOp {
    Param(u32),
    Const(Const),
    /// A value that no path sets: zero.
    Undef,
    /// A frozen global array or other data, by its index in the program's constants.
    /// Also casts to the type of `dst`.
    Copy(ValueId),
    Unary {
        op: UnaryOp,
        args: [MonoTy; 1],
        value: ValueId,
    },
    Binary {
        op: BinaryOp,
        args: [MonoTy; 2],
        left: ValueId,
        right: ValueId,
        inplace: bool,
    },
    Compare {
        op: CmpOp,
        args: [MonoTy; 2],
        left: ValueId,
        right: ValueId,
    },
    /// An operation of the code generator's. `args` may be shorter than `values` where trailing values are units.
    Apply {
        op: Op,
        args: Vec<MonoTy>,
        values: Vec<ValueId>,
    },
    /// A call within the program.
    Call {
        func: FuncId,
        values: Vec<ValueId>,
    },
    /// A generator that stands before its first line.
    Generator {
        func: FuncId,
        values: Vec<ValueId>,
    },
    GetItem {
        target: ValueId,
        index: ValueId,
    },
    /// An item of a tuple or record by a constant position.
    Field {
        target: ValueId,
        field: u32,
    },
    SetItem {
        target: ValueId,
        index: ValueId,
        value: ValueId,
    },
    SetField {
        target: ValueId,
        field: u32,
        value: ValueId,
    },
    DelItem {
        target: ValueId,
        index: ValueId,
    },
    Tuple(Vec<ValueId>),
    List(Vec<ValueId>),
    Set(Vec<ValueId>),
    Dict(Vec<(ValueId, ValueId)>),
    Slice {
        start: Option<ValueId>,
        stop: Option<ValueId>,
        step: Option<ValueId>,
    },
    Iter(ValueId),
    Next(ValueId),
    PairFirst(ValueId),
    PairSecond(ValueId),
    /// A sequence unpacked into a tuple of this many items; raises `ValueError` on another length.
    Exhaust {
        value: ValueId,
        len: u32,
    },
    TupleConcat(ValueId, ValueId),
    FString(Vec<ValueId>),
    TryBegin {
        handler: MonoBlockId,
    },
    TryEnd,
    ExceptionCheck,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub enum MonoTerm {
    Jump(MonoBlockId),
    Branch {
        cond: ValueId,
        then: MonoBlockId,
        orelse: MonoBlockId,
    },
    /// The value is cast to the return type. Ends a generator.
    Return(ValueId),
    /// Gives an item of a generator, which goes on in a block without phis that follows nothing else.
    Yield {
        value: ValueId,
        resume: MonoBlockId,
    },
    Raise {
        class: Name,
        args: Vec<ValueId>,
    },
    /// Raises the exception that is being handled.
    Reraise,
    #[default]
    Unreachable,
}

/// Why a typed body cannot be compiled, in the user's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotCompiled {
    pub why: String,
    pub line: Option<u32>,
}
