//! Type inference: from a prepared body and argument types to the type of every variable.
//!
//! The algorithm is Numba's: every instruction is a constraint, visited in block order, round after round, until no
//! type changes; types only grow (by [`crate::ty::unify`]); what the last round refuses is reported.

pub mod attr;
mod call;
mod constrain;
pub mod context;
mod display;
mod elementwise;
mod finish;
mod fold_types;
mod glance;
pub mod index;
pub mod iter;
mod jitclass;
mod legalize;
pub mod ops;
pub(crate) mod overload;
mod parallel;
mod promotion;
pub(crate) mod query;
mod rerun;
mod sized;
mod solve;
#[cfg(test)]
mod testing;

use std::fmt;
use std::sync::Arc;

use crate::hir::JitOptions;
use crate::hir::body::{BinaryOp, Body, CmpOp, InstId, Origin, UnaryOp, VarId};
use crate::table;
use crate::ty::{KernelRef, Name, Ty, Why};

/// One kernel for one list of argument types: Numba's unit of compilation, and ours of caching.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SpecKey {
    pub kernel: KernelRef,
    pub args: Vec<Ty>,
    /// Options that override the decorator's (from `infer --batch`).
    pub options: Option<Arc<JitOptions>>,
    /// The declared return type, where a signature gives one.
    pub ret: Option<Ty>,
    /// A plain function, followed only to find the calls of kernels in it.
    pub python: bool,
}

/// The result of inference. Holds no positions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedBody {
    pub body: Arc<Body>,
    /// By [`VarId`].
    pub types: Vec<Ty>,
    /// By [`InstId`]: what an operation or call resolved to.
    pub resolved: Vec<Option<Box<Resolved>>>,
    pub ret: Ty,
    /// What Numba refuses, the one it raises first in front.
    pub problems: Vec<Problem>,
    /// Why the verdict is unknown, if nothing is refused and something could not be known.
    pub whys: Vec<Why>,
    pub options: JitOptions,
}

/// The signature chosen for one instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    pub callee: Callee,
    /// The types that the operands are cast to.
    pub args: Vec<Ty>,
    pub ret: Ty,
}

/// What an instruction calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Callee {
    Unary(UnaryOp),
    Binary(BinaryOp),
    InPlace(BinaryOp),
    Compare(CmpOp),
    GetItem,
    SetItem,
    DelItem,
    GetIter,
    IterNext,
    /// A library function, method or attribute.
    Library(LibraryRef),
    /// A jitted function, with the types it is compiled for (defaults and `*args` folded in).
    Kernel(Box<SpecKey>),
    /// `np.float32(x)`: a cast to this type.
    Cast(Box<Ty>),
    /// A field of a tuple, record or jitclass, by position.
    Field(u32),
    /// Known to the solver, of no use to a code generator.
    Other,
}

/// A row of the table, compared by its path.
#[derive(Clone, Copy, Debug)]
pub struct LibraryRef(pub &'static table::Function);

impl PartialEq for LibraryRef {
    fn eq(&self, other: &LibraryRef) -> bool {
        self.0.path == other.0.path
    }
}

impl Eq for LibraryRef {}

impl std::fmt::Debug for table::Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.path)
    }
}

/// Whether Numba compiles a function for some argument types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    Ok,
    /// It does not, whatever the unknown parts turn out to be.
    Error,
    /// That hangs on something unknown.
    Unknown,
}

/// One thing that Numba refuses, at the place in the body that causes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Problem {
    pub origin: Origin,
    /// Where Numba puts the blame, when that is another line.
    pub numba_origin: Option<Origin>,
    pub kind: ProblemKind,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// Refused before typing.
    Syntax(crate::hir::body::RefusedKind),
    /// A call, attribute, operator or index without a typing. `what` is the callee as the user knows it.
    Refused {
        what: Name,
        refusal: table::Refusal,
        args: Vec<Ty>,
    },
    /// Versions of a variable that meet and cannot be merged, with where each was assigned.
    CannotUnify {
        name: Option<Name>,
        var: VarId,
        inputs: Vec<(Origin, Ty)>,
    },
    /// Returns that cannot be merged.
    ReturnTypes(Vec<(Origin, Ty)>),
    /// A container that nothing gives an element type.
    Imprecise {
        name: Option<Name>,
        ty: Ty,
    },
    /// Nothing determines the variable's type.
    Undetermined {
        name: Option<Name>,
    },
    UndefinedGlobal(Name),
    /// A global that Numba cannot type, with what it is.
    UntypedGlobal {
        name: Name,
        what: Untyped,
    },
    /// A plain function of the project is called.
    UndecoratedCallee(KernelRef),
    /// A callee's own problem, seen from the call.
    InCallee {
        callee: KernelRef,
        args: Vec<Ty>,
        problem: Box<Problem>,
    },
    /// An argument's type that Numba cannot compile for.
    ArgumentType {
        index: u32,
        ty: Ty,
    },
    ArgumentCount {
        takes: u32,
        given: u32,
    },
    NoConversion {
        from: Ty,
        to: Ty,
    },
    /// Typed by Numba, and then refused by its code generator.
    Lowering {
        what: Name,
    },
    /// The index of a parallel loop is computed anew, or what starts out as a copy of it.
    PrangeIndex {
        name: Name,
        copy: bool,
    },
    /// A variable that a parallel loop carries from round to round is no reduction that Numba knows.
    Reduction {
        name: Name,
        fault: ReductionFault,
    },
    UnknownOption(Name),
}

/// What a global is that Numba has no type for, or none that code may use. Its `Display` is for a reader.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Untyped {
    /// Typed, if it has items, and refused where it is used.
    List,
    /// The same.
    Set,
    Dict,
    Class,
    /// An object of a class.
    Object(Name),
}

impl fmt::Display for Untyped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Untyped::List => f.write_str("a list"),
            Untyped::Set => f.write_str("a set"),
            Untyped::Dict => f.write_str("a dict"),
            Untyped::Class => f.write_str("an ordinary class"),
            Untyped::Object(class) => write!(f, "an object of class `{class}`"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReductionFault {
    /// The first operation is none that can be joined after the loop.
    Operation,
    FloorDivision,
    /// The variable is both operands.
    Itself,
    /// The variable is the right operand only.
    OnTheRight,
    /// The result of the first operation is not what the variable holds next.
    UsedOtherwise,
    /// In-place updates by different operators.
    TwoOperators,
}

impl Problem {
    /// The part of a chain of calls that goes through this callee already: a recursion adds nothing to it.
    fn through(&self, kernel: &KernelRef) -> Option<&Problem> {
        let ProblemKind::InCallee { callee, problem, .. } = &self.kind else { return None };
        problem.through(kernel).or((callee == kernel).then_some(self))
    }
}

impl TypedBody {
    /// The type of a variable of `body`.
    pub fn ty(&self, var: VarId) -> &Ty {
        &self.types[var.0 as usize]
    }

    /// Which implementation an operation of `body` was resolved to; `None` where it needs none or got none.
    pub fn resolved(&self, inst: InstId) -> Option<&Resolved> {
        self.resolved[inst.0 as usize].as_deref()
    }

    /// What Numba would say, as far as it is known.
    pub fn verdict(&self) -> Verdict {
        if !self.problems.is_empty() {
            Verdict::Error
        } else if self.whys.is_empty() {
            Verdict::Ok
        } else {
            Verdict::Unknown
        }
    }
}
