//! Numba's types, as the solver and the rest of the analyzer see them.
//!
//! A type may contain holes ([`Ty::Hole`]): parts that cannot be known from the source. `Display` prints exactly
//! what `str(numba_type)` prints (see [`spell`]), and `FromStr` reads it back.

mod constant;
mod container;
pub mod convert;
mod integer;
pub mod parse;
pub mod repr;
mod scalar;
pub mod spell;
pub mod unify;
mod why;

use std::sync::Arc;

use crate::db::SourceFile;
use crate::hir::Declared;
use crate::hir::body::InnerFunction;
use crate::hir::globals::Global;
pub use constant::{Const, Literal, SliceLiteral};
pub use container::{DictTy, ListSource};
pub use integer::Integer;
pub use scalar::{ComplexTy, FloatTy, IntTy};
pub use why::Why;

/// A name or a dotted path; cheap to clone.
pub type Name = Arc<str>;

/// An array's memory order. `Hole` where only the element type or the rank is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layout {
    C,
    F,
    A,
    Hole,
}

/// The classes of Python objects that Numba types as buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BufferKind {
    Array,
    Bytes,
    ByteArray,
    MemoryView,
    /// `array.array`
    PyArray,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ArrayTy {
    pub elem: Ty,
    /// `None` where the rank is not known.
    pub ndim: Option<u8>,
    pub layout: Layout,
    pub readonly: bool,
    pub aligned: bool,
    pub kind: BufferKind,
}

/// A field of a record: name, type and byte offset.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RecordField {
    pub name: Name,
    pub ty: Ty,
    pub offset: u32,
    /// NumPy's title: such a field is listed twice, under its name and under its title.
    pub title: Option<Name>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RecordTy {
    pub fields: Vec<RecordField>,
    pub size: u32,
    pub aligned: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NamedTupleTy {
    pub name: Name,
    pub fields: Vec<(Name, Ty)>,
}

/// A generator by the kernel that makes it, and what that is called with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GeneratorTy {
    pub yields: Ty,
    pub kernel: KernelRef,
    pub args: Vec<Ty>,
}

/// A class of enums; `int` for those that derive from `IntEnum`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EnumTy {
    pub class: Name,
    pub base: Ty,
    pub int: bool,
}

/// A function of the project, by place and name. Stable under edits, so types that mention it stay equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KernelRef {
    pub file: SourceFile,
    /// Python's `__qualname__`.
    pub qualname: Name,
    /// Which of the functions of that name in the file, from 0.
    pub ordinal: u32,
    /// What the names around an inner function mean, if the call that made it is known. Without, they are what any
    /// call could make of them.
    pub captured: Option<Arc<Captured>>,
}

impl KernelRef {
    pub fn new(file: SourceFile, qualname: impl Into<Name>, ordinal: u32) -> KernelRef {
        KernelRef { file, qualname: qualname.into(), ordinal, captured: None }
    }

    /// The function as the source has it, whatever call made it.
    pub fn bare(&self) -> KernelRef {
        KernelRef { captured: None, ..self.clone() }
    }
}

/// One call of a function that makes functions, as the function made sees it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Captured {
    pub names: Vec<(Name, Global)>,
    /// What the decorators say in this call.
    pub declared: Option<Arc<Declared>>,
}

/// An inner function that survives as a value, with the types (and constants, as literals) of what it captures.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClosureTy {
    pub kernel: KernelRef,
    pub function: Arc<InnerFunction>,
    pub captures: Vec<(Name, Ty)>,
}

/// What a for loop walks over.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum IterTy {
    /// `range_iter_int64`
    Range(IntTy),
    Array(Ty),
    List(Ty),
    ListType(Ty),
    Set(Ty),
    Tuple(Ty),
    Str,
    Enumerate(Ty),
    Zip(Arc<[Ty]>),
    /// Over an array of any rank: `((i, j), value)`.
    NdEnumerate(Ty),
    NdIndex(u8),
    Flat(Ty),
    NdIter(Arc<[Ty]>),
    /// Iterators over the keys, values and items of a dict.
    DictKeys(Ty),
    DictValues(Ty),
    DictItems(Ty),
    Generator(Ty),
    /// An iterator that yields this and whose class we do not spell.
    Of(Ty),
}

/// One of Numba's types, possibly with holes. All variants but `Hole` fit in two words, so that a type takes three:
/// what is larger is shared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ty {
    /// Cannot be known. Never reported.
    Hole(Why),
    /// Already reported. Never reported again.
    Poison,
    /// Numba's `undefined`: the element type of a container that nothing has refined yet.
    Undefined,
    PyObject,
    None,
    Ellipsis,
    Bool,
    Int(IntTy),
    Float(FloatTy),
    Complex(ComplexTy),
    Literal(Literal),
    /// `unicode_type`
    Str,
    /// `[unichr x n]`
    UnicodeChars(u32),
    /// `[char x n]`
    Chars(u32),
    Array(Arc<ArrayTy>),
    /// `nestedarray(dtype, shape)`: an array field of a record.
    NestedArray(Arc<(Ty, Vec<u32>)>),
    /// Both `UniTuple` and `Tuple`: they are one type when their members are.
    Tuple(Arc<[Ty]>),
    /// A `*args` parameter. Prints as `StarArgTuple`, otherwise a tuple.
    StarArgs(Arc<[Ty]>),
    NamedTuple(Arc<NamedTupleTy>),
    /// The class of a named tuple; its fields' types are holes.
    NamedTupleClass(Arc<NamedTupleTy>),
    /// A tuple of unknown length, with the type of its members where they agree.
    AnyTuple(Arc<Ty>),
    List {
        elem: Arc<Ty>,
        source: ListSource,
    },
    LiteralList(Arc<[Ty]>),
    /// `ListType[T]` of `numba.typed`.
    TypedList(Arc<Ty>),
    Dict(Arc<DictTy>),
    LiteralStrKeyDict(Arc<[(Name, Ty)]>),
    Set {
        elem: Arc<Ty>,
        reflected: bool,
    },
    TypedSet(Arc<Ty>),
    Optional(Arc<Ty>),
    /// A parameter left out by the caller.
    Omitted(Box<Const>),
    /// `slice<a:b>`
    Slice2,
    /// `slice<a:b:c>`
    Slice3,
    /// `range_state_int64`: the object, before iteration.
    Range(IntTy),
    Iter(Arc<IterTy>),
    /// What `iternext` gives: the item and whether there was one.
    Pair(Arc<(Ty, Ty)>),
    Generator(Arc<GeneratorTy>),
    Record(Arc<RecordTy>),
    /// `datetime64[unit]`; an empty unit is the generic one.
    DateTime(Name),
    TimeDelta(Name),
    EnumMember(Arc<EnumTy>),
    EnumClass(Arc<EnumTy>),
    /// `class(float64)`: a NumPy or Numba scalar type as a value.
    NumberClass(Arc<Ty>),
    /// `dtype(float64)`
    DType(Arc<Ty>),
    /// `typeref[...]`
    TypeRef(Arc<Ty>),
    /// A module, by its real name: `numpy.linalg`.
    Module(Name),
    /// A function or class of the library, by its real path: `numpy.zeros`, `builtins.int`.
    Function(Name),
    /// A method taken from a value: `a.sum`.
    Method(Arc<(Ty, Name)>),
    /// A function of the project that is jitted.
    Dispatcher(Box<KernelRef>),
    Closure(Arc<ClosureTy>),
    /// One of several compiled functions, chosen at run time; in the order of their names.
    Functions(Arc<[Ty]>),
    /// `FunctionType[float64(float64)]`
    FunctionType(Arc<(Ty, Vec<Ty>)>),
    /// `ExternalFunctionPointer((float64,) -> float64)`: a function of C, by its result and its parameters.
    ExternalFunction(Arc<(Ty, Vec<Ty>)>),
    /// A class of exceptions: `ValueError`.
    ExceptionClass(Name),
    Exception(Name),
    /// `numba.objmode`, `prange` chunk sizes ...
    ContextManager(Name),
    /// An instance of a jitclass, by class path; its fields where they are declared.
    JitClassInstance(Arc<(Name, Vec<(Name, Ty)>)>),
    JitClass(Arc<(Name, Vec<(Name, Ty)>)>),
    /// `numba.T(('x', int64),)`: a mutable struct.
    StructRef(Arc<NamedTupleTy>),
    /// The class whose calls make such a struct; its fields have the types of the arguments, or nobody knows.
    StructRefClass(Arc<NamedTupleTy>),
    RandomGenerator,
    /// A type that we can spell but not reason about; everything done with it is a hole.
    Opaque(Name),
}

/// Marks what [`Ty::Opaque`] says of objects that have no type in Numba.
const PYTHON_OBJECT: &str = "object: ";

impl Ty {
    pub const INT64: Ty = Ty::Int(IntTy::I64);
    pub const UINT64: Ty = Ty::Int(IntTy::U64);
    pub const FLOAT32: Ty = Ty::Float(FloatTy::F32);
    pub const FLOAT64: Ty = Ty::Float(FloatTy::F64);
    pub const COMPLEX64: Ty = Ty::Complex(ComplexTy::C64);
    pub const COMPLEX128: Ty = Ty::Complex(ComplexTy::C128);

    pub fn array(elem: Ty, ndim: u8, layout: Layout) -> Ty {
        Ty::Array(Arc::new(ArrayTy {
            ndim: Some(ndim),
            layout,
            readonly: false,
            aligned: elem.is_aligned(),
            elem,
            kind: BufferKind::Array,
        }))
    }

    /// Whether arrays of this type keep their items aligned: those of packed records do not.
    pub fn is_aligned(&self) -> bool {
        !matches!(self, Ty::Record(record) if !record.aligned)
    }

    pub fn tuple(items: impl IntoIterator<Item = Ty>) -> Ty {
        Ty::Tuple(items.into_iter().collect())
    }

    pub fn uni_tuple(item: Ty, len: usize) -> Ty {
        Ty::Tuple(std::iter::repeat_n(item, len).collect())
    }

    pub fn list(elem: Ty) -> Ty {
        Ty::List { elem: Arc::new(elem), source: ListSource::default() }
    }

    /// A list that came from Python.
    pub fn reflected_list(elem: Ty) -> Ty {
        Ty::List { elem: Arc::new(elem), source: ListSource::reflected() }
    }

    /// A dict that no display of constants made.
    pub fn dict(key: Ty, value: Ty) -> Ty {
        Ty::Dict(Arc::new(DictTy { key, value, iv: None }))
    }

    pub fn optional(inner: Ty) -> Ty {
        match inner {
            Ty::Optional(_) | Ty::None | Ty::Hole(_) | Ty::Poison => inner,
            inner => Ty::Optional(Arc::new(inner)),
        }
    }

    /// A function of the project as a value.
    pub fn dispatcher(kernel: KernelRef) -> Ty {
        Ty::Dispatcher(Box::new(kernel))
    }

    /// A parameter left out by the caller.
    pub fn omitted(value: Const) -> Ty {
        Ty::Omitted(Box::new(value))
    }

    /// `None`, or a parameter left out that is `None` by default.
    pub fn is_none(&self) -> bool {
        match self {
            Ty::None => true,
            Ty::Omitted(value) => **value == Const::None,
            _ => false,
        }
    }

    pub fn int_literal(value: impl Into<Integer>) -> Ty {
        Ty::Literal(Literal::Int(value.into()))
    }

    pub fn str_literal(value: impl Into<Name>) -> Ty {
        Ty::Literal(Literal::Str(Arc::new(value.into())))
    }

    pub fn bool_literal(value: bool) -> Ty {
        Ty::Literal(Literal::Bool(value))
    }

    /// An object of plain Python that Numba has no type for, in words: `a dict`.
    pub fn python_object(what: &str) -> Ty {
        Ty::Opaque(format!("{PYTHON_OBJECT}{what}").into())
    }

    /// What kind of plain Python object this is.
    pub fn as_python_object(&self) -> Option<&str> {
        match self {
            Ty::Opaque(name) => name.strip_prefix(PYTHON_OBJECT),
            _ => None,
        }
    }

    /// `types.unliteral`: the type without its compile-time value, also inside tuples.
    pub fn unliteral(&self) -> Ty {
        match self {
            Ty::Tuple(items) if items.iter().any(Ty::is_literal) => {
                Ty::tuple(items.iter().map(Ty::unliteral))
            }
            Ty::Literal(Literal::Int(value)) => Ty::of_int(value.get()),
            Ty::Literal(Literal::Bool(_)) => Ty::Bool,
            Ty::Literal(Literal::Str(_)) => Ty::Str,
            Ty::Literal(Literal::Slice(slice)) => match slice.step {
                None | Some(1) => Ty::Slice2,
                Some(_) => Ty::Slice3,
            },
            Ty::List { .. } | Ty::Dict(_) => self.without_iv().unwrap_or_else(|| self.clone()),
            Ty::Omitted(value) => Ty::of_const(value).unliteral(),
            other => other.clone(),
        }
    }

    /// The type of a list or a dict without the constants of the display that made it, if they are part of it.
    pub fn without_iv(&self) -> Option<Ty> {
        match self {
            Ty::List { elem, source } if source.iv().is_some() => {
                Some(Ty::List { elem: elem.clone(), source: source.without_iv() })
            }
            Ty::Dict(dict) if dict.iv.is_some() => Some(Ty::dict(dict.key.clone(), dict.value.clone())),
            _ => None,
        }
    }

    /// Whether this is a list or a set that came from Python.
    pub fn is_reflected(&self) -> bool {
        match self {
            Ty::List { source, .. } => source.is_reflected(),
            Ty::Set { reflected, .. } => *reflected,
            _ => false,
        }
    }

    /// Whether [`Ty::unliteral`] gives another type.
    fn is_literal(&self) -> bool {
        match self {
            Ty::Literal(_) | Ty::Omitted(_) => true,
            Ty::List { source, .. } => source.iv().is_some(),
            Ty::Dict(dict) => dict.iv.is_some(),
            Ty::Tuple(items) => items.iter().any(Ty::is_literal),
            _ => false,
        }
    }

    /// The type of a Python int of this value: `int64`, or `uint64` above its range.
    pub fn of_int(value: i128) -> Ty {
        if i64::try_from(value).is_ok() { Ty::INT64 } else { Ty::UINT64 }
    }

    /// The type that a constant of the source has.
    pub fn of_const(value: &Const) -> Ty {
        match value {
            Const::None => Ty::None,
            Const::Ellipsis => Ty::Ellipsis,
            Const::Bool(value) => Ty::bool_literal(*value),
            Const::Int(value) => Ty::int_literal(value.clone()),
            Const::Float(_) => Ty::FLOAT64,
            Const::Complex(..) => Ty::COMPLEX128,
            Const::Str(value) => Ty::str_literal(value.clone()),
            Const::Bytes(_) => Ty::Array(Arc::new(ArrayTy {
                elem: Ty::Int(IntTy::U8),
                ndim: Some(1),
                layout: Layout::C,
                readonly: true,
                aligned: true,
                kind: BufferKind::Bytes,
            })),
            // Only the outermost of constant tuples has literals.
            Const::Tuple(items) => Ty::tuple(items.iter().map(|item| match item {
                Const::Tuple(_) => Ty::of_const(item).unliteral(),
                item => Ty::of_const(item),
            })),
        }
    }

    pub fn is_hole(&self) -> bool {
        matches!(self, Ty::Hole(_) | Ty::Poison)
    }

    /// Whether this is one of the commonest types that are known for certain and have no types inside.
    #[inline]
    fn is_plain(&self) -> bool {
        matches!(
            self,
            Ty::None
                | Ty::Bool
                | Ty::Int(_)
                | Ty::Float(_)
                | Ty::Complex(_)
                | Ty::Str
                | Ty::Literal(_)
                | Ty::Module(_)
                | Ty::Function(_)
        )
    }

    /// Whether a hole or a poison occurs anywhere inside.
    pub fn has_hole(&self) -> bool {
        if self.is_plain() {
            return false;
        }
        self.any(&mut |ty| {
            ty.is_hole()
                || matches!(ty, Ty::AnyTuple(_))
                || matches!(ty, Ty::Array(array) if array.ndim.is_none() || array.layout == Layout::Hole)
        })
    }

    /// Whether this is an array of something that has no types inside.
    fn is_plain_array(&self) -> bool {
        matches!(self, Ty::Array(array) if array.elem.is_plain())
    }

    /// The first reason for a hole inside this type.
    pub fn why(&self) -> Option<Why> {
        if self.is_plain() || self.is_plain_array() {
            return None;
        }
        let mut found = None;
        self.any(&mut |ty| match ty {
            Ty::Hole(why) => {
                found = Some(why.clone());
                true
            }
            _ => false,
        });
        found
    }

    /// Numba's `is_precise`: nothing `undefined` (or object-typed) inside. A dtype is precise, whatever it describes.
    pub fn is_precise(&self) -> bool {
        self.is_plain()
            || self.is_plain_array()
            || matches!(self, Ty::Hole(_) | Ty::DType(_))
            || !self.any(&mut |ty| matches!(ty, Ty::Undefined | Ty::PyObject))
    }

    /// Whether `test` holds for this type or one inside it, outside in.
    pub fn any(&self, test: &mut dyn FnMut(&Ty) -> bool) -> bool {
        test(self) || self.any_part(&mut |part| part.any(test))
    }

    /// Whether a type that this one is directly made of passes the test; where a closure's values or a generator's
    /// arguments have come from is no part of the type.
    pub fn any_part(&self, test: &mut dyn FnMut(&Ty) -> bool) -> bool {
        match self {
            Ty::Array(array) => test(&array.elem),
            Ty::NestedArray(nested) => test(&nested.0),
            Ty::Tuple(items) | Ty::StarArgs(items) | Ty::LiteralList(items) => items.iter().any(&mut *test),
            Ty::NamedTuple(tuple) | Ty::StructRef(tuple) => tuple.fields.iter().any(|(_, ty)| test(ty)),
            Ty::AnyTuple(ty)
            | Ty::List { elem: ty, .. }
            | Ty::TypedList(ty)
            | Ty::Set { elem: ty, .. }
            | Ty::TypedSet(ty)
            | Ty::Optional(ty)
            | Ty::NumberClass(ty)
            | Ty::DType(ty)
            | Ty::TypeRef(ty) => test(ty),
            Ty::Dict(dict) => test(&dict.key) || test(&dict.value),
            Ty::LiteralStrKeyDict(items) => items.iter().any(|(_, ty)| test(ty)),
            Ty::Iter(iter) => match &**iter {
                IterTy::Range(_) | IterTy::Str | IterTy::NdIndex(_) => false,
                IterTy::Array(ty)
                | IterTy::List(ty)
                | IterTy::ListType(ty)
                | IterTy::Set(ty)
                | IterTy::Tuple(ty)
                | IterTy::Enumerate(ty)
                | IterTy::NdEnumerate(ty)
                | IterTy::Flat(ty)
                | IterTy::DictKeys(ty)
                | IterTy::DictValues(ty)
                | IterTy::DictItems(ty)
                | IterTy::Generator(ty)
                | IterTy::Of(ty) => test(ty),
                IterTy::Zip(tys) | IterTy::NdIter(tys) => tys.iter().any(&mut *test),
            },
            Ty::Pair(pair) => test(&pair.0) || test(&pair.1),
            Ty::Method(method) => test(&method.0),
            Ty::Generator(generator) => test(&generator.yields),
            _ => false,
        }
    }

    /// The members of any kind of tuple.
    pub fn tuple_items(&self) -> Option<Vec<Ty>> {
        match self {
            Ty::Tuple(items) | Ty::StarArgs(items) => Some(items.to_vec()),
            Ty::NamedTuple(tuple) => Some(tuple.fields.iter().map(|(_, ty)| ty.clone()).collect()),
            _ => None,
        }
    }

    pub fn as_array(&self) -> Option<&ArrayTy> {
        match self {
            Ty::Array(array) => Some(array),
            _ => None,
        }
    }

    /// Bool, integer, float or complex, literal or not.
    pub fn is_number(&self) -> bool {
        matches!(
            self,
            Ty::Bool
                | Ty::Int(_)
                | Ty::Float(_)
                | Ty::Complex(_)
                | Ty::Literal(Literal::Int(_) | Literal::Bool(_))
        )
    }

    /// A member of an enum that derives from `IntEnum`.
    pub fn is_int_enum_member(&self) -> bool {
        matches!(self, Ty::EnumMember(of) if of.int)
    }

    pub fn is_integer(&self) -> bool {
        matches!(self, Ty::Int(_) | Ty::Literal(Literal::Int(_)))
    }
}
