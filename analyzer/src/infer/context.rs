//! What the solver asks of the project around a body: what names mean and what callees return.

use std::sync::Arc;

use crate::hir::body::{Body, InnerFunction};
use crate::hir::globals::{Adds, ClassMember};
use crate::hir::{Declared, Signature};
use crate::table::Version;
use crate::ty::{ClosureTy, Const, KernelRef, Name, Ty};

use super::{ProblemKind, SpecKey, TypedBody};

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameValue {
    /// A value of this type; constants are literal types where Numba has them.
    Ty(Ty),
    /// Numba refuses the name itself.
    Refused(ProblemKind),
}

/// The project, seen from one body.
pub trait Context {
    /// A name of the module or of the builtins.
    fn global(&self, name: &Name) -> NameValue;
    /// A name of an enclosing function.
    fn free(&self, name: &Name) -> NameValue;
    /// An attribute of a module.
    fn member(&self, module: &Name, attr: &Name) -> NameValue;
    /// The value of an attribute of a module, if it is a constant.
    fn member_constant(&self, _module: &Name, _attr: &Name) -> Option<Const> {
        None
    }
    /// The untyped body of a function: its parameters are what calls bind to.
    fn body_of(&self, kernel: &KernelRef) -> Option<Arc<Body>>;
    fn declared(&self, kernel: &KernelRef) -> Declared;
    /// The type of a parameter's default that is not a plain constant.
    fn default_of(&self, kernel: &KernelRef, param: &Name) -> NameValue;
    /// Whether the project gives a plain function a compiled form.
    fn is_overloaded(&self, _kernel: &KernelRef) -> bool {
        false
    }
    /// What a function with overloads is compiled from for these arguments, if that is certain.
    fn implementation(
        &self,
        _kernel: &KernelRef,
        _args: &[Ty],
        _keywords: &[(Name, Ty)],
    ) -> Option<KernelRef> {
        None
    }
    /// The signature of an intrinsic for these arguments, if that is certain.
    fn intrinsic(&self, _kernel: &KernelRef, _args: &[Ty], _keywords: &[(Name, Ty)]) -> Option<Signature> {
        None
    }
    /// Whether the project gives some type of Numba's an attribute or method of this name.
    fn adds_attribute(&self, _name: &str) -> bool {
        false
    }
    /// What the project adds to a type under this name.
    fn added(&self, _on: &Ty, _name: &Name) -> Option<Adds> {
        None
    }
    /// What such a member is compiled from, if that is certain. The type that has it is the first argument.
    fn added_member(&self, _name: &Name, _args: &[Ty], _keywords: &[(Name, Ty)]) -> Option<KernelRef> {
        None
    }

    /// Whether this is the function whose body is typed.
    fn is_itself(&self, _kernel: &KernelRef) -> bool {
        false
    }
    /// Whether plain Python is followed: its plain functions can be called.
    fn is_python(&self) -> bool;
    /// Whether an installed package gives Numba implementations of functions that it lacks.
    fn is_extended(&self) -> bool {
        false
    }
    /// Whether the package around gives a function of a library a compiled form of its own.
    fn extends(&self, _path: &str) -> bool {
        false
    }
    /// The Numba whose answer is wanted.
    fn numba(&self) -> Version;
    fn infer(&self, key: &SpecKey) -> Arc<TypedBody>;
    /// A type written as text: `"float64[:]"`.
    fn type_expression(&self, spelling: &Name) -> Ty;
    /// The value of an inner function of this body, with what it captures.
    fn closure(&self, function: Arc<InnerFunction>, captures: Vec<(Name, Ty)>) -> Ty;
    /// The types of an inner function that is called as a value.
    fn infer_closure(&self, closure: &Arc<ClosureTy>, args: &[Ty]) -> Arc<TypedBody>;
    /// A method or property of a jitclass, by the class's path.
    fn class_member(&self, _class: &Name, _name: &Name) -> ClassMember {
        ClassMember::Unknown
    }
    /// Whether an enum's class has a member, where that is known.
    fn enum_has(&self, _class: &Name, _member: &Name) -> Option<bool> {
        None
    }
    /// Unwinds if an edit made this answer worthless.
    fn check_cancelled(&self);
}
