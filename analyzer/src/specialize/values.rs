//! What Numba's `typeof` makes of the values that plain Python hands to kernels.

use std::sync::Arc;

use crate::db::Db;
use crate::hir::JitKind;
use crate::hir::body::{BinaryOp, InstKind, UnaryOp, Value, VarId};
use crate::hir::module;
use crate::infer::TypedBody;
use crate::ty::{Const, Literal, Ty, Why};

/// Whether a variable holds what a dict display made.
pub(super) fn is_dict_display(typed: &TypedBody, mut var: VarId) -> bool {
    let insts = || typed.body.blocks.iter().flat_map(|block| &block.insts);
    for _ in 0..8 {
        match insts().find(|inst| inst.kind.dst() == Some(var)).map(|inst| &inst.kind) {
            Some(InstKind::Assign { value: Value::Copy(from), .. }) => var = from.var,
            Some(InstKind::Assign { value: Value::Dict(_), .. }) => return true,
            _ => return false,
        }
    }
    false
}

/// The value of a variable of one assignment.
fn value_of(typed: &TypedBody, var: VarId) -> Option<&Value> {
    let mut insts = typed.body.blocks.iter().flat_map(|block| &block.insts);
    match &insts.find(|inst| inst.kind.dst() == Some(var))?.kind {
        InstKind::Assign { value, .. } => Some(value),
        _ => None,
    }
}

/// What an argument that is written out in the call is, if Numba cannot take it: a list that is empty or of several
/// types, or an integer of more than 64 bits.
pub(super) fn refused_display(typed: &TypedBody, var: VarId) -> Option<String> {
    if typed.body.var(var).name.is_some() {
        return None;
    }
    match value_of(typed, var)? {
        Value::List(items) if items.is_empty() => Some(EMPTY_LIST.to_string()),
        Value::List(items) => mixed_items(typed, items),
        Value::Unary(..) | Value::Binary(..) | Value::Const(Const::Int(_)) => {
            let value = integer(typed, var, 0)?;
            let fits = i64::try_from(value).is_ok() || u64::try_from(value).is_ok();
            (!fits).then(|| "an integer of more than 64 bits".to_string())
        }
        _ => None,
    }
}

pub(super) const EMPTY_LIST: &str = "an empty list";

/// The value of an expression of integer constants.
fn integer(typed: &TypedBody, var: VarId, depth: u32) -> Option<i128> {
    if depth > 8 {
        return None;
    }
    let operand = |var: VarId| integer(typed, var, depth + 1);
    match value_of(typed, var)? {
        Value::Const(Const::Int(value)) => Some(value.get()),
        Value::Copy(from) if typed.body.var(from.var).name.is_none() => operand(from.var),
        Value::Unary(UnaryOp::Neg, of) => operand(of.var)?.checked_neg(),
        Value::Binary(op, left, right) => {
            let (left, right) = (operand(left.var)?, operand(right.var)?);
            let count = u32::try_from(right).ok();
            match op {
                BinaryOp::Add => left.checked_add(right),
                BinaryOp::Sub => left.checked_sub(right),
                BinaryOp::Mult => left.checked_mul(right),
                BinaryOp::Pow => left.checked_pow(count?),
                BinaryOp::LShift => left.checked_mul(2_i128.checked_pow(count?)?),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The types of the constants in a list, if they are several. Numba goes by the first item and refuses the others.
fn mixed_items(typed: &TypedBody, items: &[crate::hir::body::Use]) -> Option<String> {
    let mut types: Vec<Ty> = Vec::new();
    for item in items {
        let is_constant = match value_of(typed, item.var)? {
            Value::Const(_) => true,
            Value::Unary(UnaryOp::Neg, of) => matches!(value_of(typed, of.var), Some(Value::Const(_))),
            _ => false,
        };
        let ty = typed.ty(item.var).unliteral();
        if !is_constant || ty.has_hole() {
            return None;
        }
        if !types.contains(&ty) {
            types.push(ty);
        }
    }
    let names: Vec<String> = types.iter().map(crate::rules::words::ty).collect();
    let (last, first) = names.split_last()?;
    (!first.is_empty()).then(|| format!("a list of {} and {last}", first.join(", ")))
}

/// What an argument is that stands for something of Python's own, which no value of compiled code is.
fn python_value(ty: &Ty) -> Option<String> {
    const TYPES: &[&str] =
        &["bool", "complex", "dict", "float", "int", "list", "object", "range", "set", "str", "tuple"];
    match ty {
        Ty::Module(path) => Some(format!("the module `{path}`")),
        Ty::Range(_) => Some("a `range`".to_string()),
        Ty::Iter(_) => Some("an iterator".to_string()),
        Ty::Function(path) => {
            let (module, name) = path.rsplit_once('.')?;
            let known = matches!(module, "builtins" | "math" | "cmath" | "operator")
                || module == "numpy"
                || module.starts_with("numpy.");
            let kind = if module == "builtins" && TYPES.contains(&name) { "type" } else { "function" };
            known.then(|| format!("the {kind} `{}`", crate::rules::words::callee(path)))
        }
        _ => None,
    }
}

/// Numba's `typeof` of a Python value whose type in compiled code would be this.
pub(super) fn type_of_value(db: &dyn Db, ty: &Ty) -> Ty {
    let type_of_value = |ty: &Ty| type_of_value(db, ty);
    let unknown = || Ty::Hole(Why::NotModelled("an argument of this Python type"));
    if let Some(what) = python_value(ty) {
        return Ty::python_object(&what);
    }
    match ty {
        Ty::Omitted(_) => ty.clone(),
        Ty::Literal(Literal::Slice(..)) => ty.unliteral(),
        Ty::Literal(_) => ty.unliteral(),
        Ty::Opaque(_) if ty.as_python_object().is_some() => ty.clone(),
        Ty::LiteralStrKeyDict(_) => Ty::python_object("a dict"),
        Ty::List { elem, .. } if elem.as_python_object().is_some() => Ty::python_object("a list of objects"),
        Ty::Dispatcher(kernel) if module::declared(db, (**kernel).clone()).kind == JitKind::Plain => {
            Ty::python_object(&format!("the plain Python function `{}`", kernel.qualname))
        }
        Ty::Tuple(items) => Ty::tuple(items.iter().map(type_of_value)),
        Ty::StarArgs(items) => Ty::StarArgs(items.iter().map(type_of_value).collect()),
        Ty::List { elem, .. } => Ty::reflected_list(type_of_value(elem)),
        Ty::Set { elem, .. } => Ty::Set { elem: Arc::new(type_of_value(elem)), reflected: true },
        Ty::None
        | Ty::Bool
        | Ty::Int(_)
        | Ty::Float(_)
        | Ty::Complex(_)
        | Ty::Str
        | Ty::Array(_)
        | Ty::NamedTuple(_)
        | Ty::TypedList(_)
        | Ty::Slice2
        | Ty::Slice3
        | Ty::NumberClass(_)
        | Ty::DType(_)
        | Ty::Dispatcher(_)
        | Ty::Record(_)
        | Ty::DateTime(_)
        | Ty::TimeDelta(_)
        | Ty::Hole(_) => ty.clone(),
        _ => unknown(),
    }
}
