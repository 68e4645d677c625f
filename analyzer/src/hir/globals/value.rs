//! What an expression outside kernels is worth.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use ruff_python_ast::{self as ast, StmtClassDef, StmtFunctionDef};

use super::super::decorator::Jit;
use super::super::{Declared, Signature};
use super::Global;
use super::eval::Env;
use super::imports::Module;
use crate::db::SourceFile;
use crate::ty::{Const, KernelRef, Name, Ty, Why};

/// A value of the evaluator.
#[derive(Clone)]
pub(in crate::hir) enum V<'db> {
    Global(Global),
    /// A type of Numba's as an object: `float64`, `float64[:]`.
    Type(Ty),
    Signature(Rc<Signature>),
    Seq(SeqKind, Rc<RefCell<Vec<V<'db>>>>),
    Dict(Rc<RefCell<Vec<(V<'db>, V<'db>)>>>),
    Module(Module),
    Function(Rc<Function<'db>>),
    Lambda(Rc<Lambda<'db>>),
    Class(Rc<Class<'db>>),
    /// `njit`, `njit(cache=True)`: what jits the function it is called with.
    Jit(Rc<Jit>),
    Jitted(Rc<Function<'db>>, Arc<Declared>),
    /// `functools.partial(...)`
    Partial(Rc<Partial<'db>>),
    /// A method of one of our own values: `signatures.append`.
    Method(Rc<V<'db>>, Name),
    /// Returns what it is given: `staticmethod`, `functools.wraps(f)`.
    Identity,
    Slice {
        full: bool,
        /// The step is written, and 1.
        step: bool,
        /// There is a step that is not 1.
        strided: bool,
    },
    Unknown(Why),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::hir) enum SeqKind {
    Tuple,
    List,
    Set,
}

pub(in crate::hir) struct Partial<'db> {
    pub(in crate::hir) func: V<'db>,
    pub(in crate::hir) args: Args<'db>,
}

pub(in crate::hir) struct Function<'db> {
    pub(in crate::hir) kernel: KernelRef,
    pub(in crate::hir) def: &'db StmtFunctionDef,
    /// Where it is defined.
    pub(in crate::hir) env: Env<'db>,
}

pub(in crate::hir) struct Lambda<'db> {
    pub(in crate::hir) def: &'db ast::ExprLambda,
    pub(in crate::hir) env: Env<'db>,
}

pub(in crate::hir) struct Class<'db> {
    pub(in crate::hir) file: SourceFile,
    pub(in crate::hir) qualname: Name,
    pub(in crate::hir) def: &'db StmtClassDef,
    pub(in crate::hir) env: Env<'db>,
}

/// The arguments of a call.
#[derive(Clone, Default)]
pub(in crate::hir) struct Args<'db> {
    pub(in crate::hir) positional: Vec<V<'db>>,
    pub(in crate::hir) keywords: Vec<(Name, V<'db>)>,
    /// There were `*args` or `**kwargs` of unknown content.
    pub(in crate::hir) open: bool,
    /// The keywords of calls that make mappings nobody can read here: `f(**options(cache=True))`. They may be among
    /// its own.
    pub(in crate::hir) within: Vec<(Name, V<'db>)>,
}

impl<'db> Args<'db> {
    pub(in crate::hir) fn of(positional: Vec<V<'db>>) -> Args<'db> {
        Args { positional, ..Args::default() }
    }

    /// An argument by position or name.
    pub(in crate::hir) fn get(&self, at: usize, name: &str) -> Option<&V<'db>> {
        self.positional.get(at).or_else(|| self.keyword(name))
    }

    pub(in crate::hir) fn keyword(&self, name: &str) -> Option<&V<'db>> {
        self.keywords.iter().find(|(keyword, _)| &**keyword == name).map(|(_, value)| value)
    }
}

impl<'db> V<'db> {
    pub(in crate::hir) fn truth(&self) -> Option<bool> {
        match self {
            V::Global(Global::Const(value) | Global::Scalar(_, value)) => Some(value.truth()),
            V::Seq(_, items) => Some(!items.borrow().is_empty()),
            V::Dict(items) => Some(!items.borrow().is_empty()),
            value => value.is_object().then_some(true),
        }
    }

    /// Certainly neither `None` nor a number.
    pub(in crate::hir) fn is_object(&self) -> bool {
        matches!(
            self,
            V::Function(_)
                | V::Lambda(_)
                | V::Class(_)
                | V::Jit(_)
                | V::Jitted(..)
                | V::Type(_)
                | V::Module(_)
                | V::Partial(_)
                | V::Signature(_)
                | V::Seq(..)
                | V::Dict(_)
        )
    }

    /// What iterating over the value gives, where that is known.
    pub(in crate::hir) fn items(&self) -> Option<Vec<V<'db>>> {
        match self {
            V::Seq(_, items) => Some(items.borrow().clone()),
            V::Dict(items) => Some(items.borrow().iter().map(|(key, _)| key.clone()).collect()),
            V::Global(Global::Const(Const::Tuple(items))) => {
                Some(items.iter().cloned().map(constant).collect())
            }
            _ => None,
        }
    }

    /// What a loop over it meets: the letters of a text, the items of a sequence.
    pub(in crate::hir) fn iterated(&self) -> Option<Vec<V<'db>>> {
        match self {
            V::Global(Global::Const(Const::Str(text))) => {
                Some(text.chars().map(|letter| constant(Const::Str(letter.to_string().into()))).collect())
            }
            other => other.items(),
        }
    }

    pub(in crate::hir) fn is_jit(&self) -> bool {
        match self {
            V::Jit(_) => true,
            V::Partial(partial) => partial.func.is_jit(),
            _ => false,
        }
    }

    pub(in crate::hir) fn as_const(&self) -> Option<&Const> {
        match self {
            V::Global(Global::Const(value) | Global::Scalar(_, value)) => Some(value),
            _ => None,
        }
    }

    pub(in crate::hir) fn as_str(&self) -> Option<&Name> {
        match self.as_const() {
            Some(Const::Str(text)) => Some(text),
            _ => None,
        }
    }
}

pub(in crate::hir) fn constant<'db>(value: Const) -> V<'db> {
    V::Global(Global::Const(value))
}

pub(in crate::hir) fn value<'db>(ty: Ty) -> V<'db> {
    V::Global(Global::Value(ty))
}

pub(in crate::hir) fn unknown<'db>(what: &'static str) -> V<'db> {
    V::Unknown(Why::NotModelled(what))
}
