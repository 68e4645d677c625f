//! What Numba types and then cannot compile: casts without an implementation, function objects returned, bad parallel loops.
//!
//! Only forms that fail whatever the types left open turn out to be.

use crate::hir::body::{Inst, InstKind, Terminator, Value, VarId};
use crate::table::builtins::hashable;
use crate::ty::{IterTy, Literal, Ty};

use super::{Problem, ProblemKind, TypedBody, parallel, sized};

/// The problems of a body whose typing succeeded, in the order in which Numba would meet them.
pub(super) fn legalize(typed: &TypedBody) -> Vec<Problem> {
    let mut problems = Vec::new();
    params(typed, &mut problems);
    returns(typed, &mut problems);
    raises(typed, &mut problems);
    parallel::parallel(typed, &mut problems);
    sized::sized_loops(typed, &mut problems);
    casts(typed, &mut problems);
    problems
}

/// Functions of the library and exception classes are no values that a compiled function can give back.
fn returns(typed: &TypedBody, problems: &mut Vec<Problem>) {
    for block in &typed.body.blocks {
        let Terminator::Return(value) = &block.term else { continue };
        let what = match typed.ty(value.var) {
            Ty::Function(path) => {
                format!("the function `{}` cannot be returned", crate::rules::words::callee(path))
            }
            Ty::ExceptionClass(name) => format!("the class `{name}` cannot be returned"),
            Ty::Iter(iter) if points_into_frame(iter) => "an iterator cannot be returned".to_string(),
            ty if ty.any(&mut |ty| matches!(ty, Ty::LiteralList(_))) => {
                "a list of items of several types cannot be returned".to_string()
            }
            ty if holds_array_of_containers(ty) => {
                "an array of tuples or lists cannot be returned: Numba makes the array before the loop, write `np.asarray(..)`".to_string()
            }
            ty if boxes_record(ty) => "records cannot be returned inside of something else".to_string(),
            ty if ty
                .any(&mut |ty| matches!(ty, Ty::Array(array) if matches!(array.elem, Ty::Optional(_)))) =>
            {
                "an array of values that may be None cannot be returned".to_string()
            }
            _ => continue,
        };
        problems.push(lowering(block.term_origin, what));
    }
}

/// Arguments of exceptions become Python objects, unless the exception is caught where it is raised.
fn raises(typed: &TypedBody, problems: &mut Vec<Problem>) {
    let insts = || typed.body.blocks.iter().flat_map(|block| &block.insts);
    if insts().any(|inst| matches!(inst.kind, InstKind::TryBegin { .. })) {
        return;
    }
    let defined = |var: VarId| {
        insts().find_map(|inst| match &inst.kind {
            InstKind::Assign { dst, value } if *dst == var => Some(value),
            _ => None,
        })
    };
    for block in &typed.body.blocks {
        let Terminator::Raise(Some(raised)) = &block.term else { continue };
        let Some(Value::Call(call)) = defined(raised.var) else { continue };
        if !matches!(typed.ty(call.func.var), Ty::ExceptionClass(_)) {
            continue;
        }
        if let Some(arg) = call.args.iter().map(|arg| typed.ty(arg.var)).find(|arg| no_object(arg)) {
            let what = format!("{} cannot be an argument of an exception", crate::rules::words::ty(arg));
            problems.push(lowering(block.term_origin, what));
        }
    }
}

/// Values that Numba makes no Python object of.
fn no_object(ty: &Ty) -> bool {
    match ty {
        Ty::Range(_) | Ty::Slice2 | Ty::Slice3 | Ty::Method(_) => true,
        Ty::Iter(iter) => !matches!(**iter, IterTy::Generator(_) | IterTy::Of(_)),
        Ty::LiteralStrKeyDict(items) => !items.iter().any(|(_, ty)| ty.is_hole()),
        _ => false,
    }
}

/// Whether a problem is that a value cannot be returned.
pub(super) fn of_return(typed: &TypedBody, problem: &Problem) -> bool {
    returned(typed, problem).is_some()
}

/// Whether a problem is that a value cannot be passed from or to Python, though it can between compiled functions.
pub(super) fn of_boxing(typed: &TypedBody, problem: &Problem) -> bool {
    if !matches!(problem.kind, ProblemKind::Lowering { .. }) {
        return false;
    }
    let boxed = |ty: &Ty| ty.any(&mut |ty| matches!(ty, Ty::LiteralList(_))) || boxes_record(ty);
    returned(typed, problem).is_some_and(boxed)
        || typed.body.params.iter().any(|param| param.origin == problem.origin)
}

/// The type that cannot be returned, if that is the problem.
fn returned<'t>(typed: &'t TypedBody, problem: &Problem) -> Option<&'t Ty> {
    if !matches!(problem.kind, ProblemKind::Lowering { .. }) {
        return None;
    }
    typed.body.blocks.iter().find_map(|block| match &block.term {
        Terminator::Return(value) if block.term_origin == problem.origin => Some(typed.ty(value.var)),
        _ => None,
    })
}

/// Whether an array, which was a list to Python, has items that NumPy has no dtype for.
fn holds_array_of_containers(ty: &Ty) -> bool {
    ty.any(&mut |ty| {
        let Ty::Array(array) = ty else { return false };
        sized::is_container(&array.elem)
    })
}

/// Whether a list, or a tuple of several types, has records in it, which are pointers to somewhere else. A tuple of
/// nothing but records, or of such tuples, is returned.
fn boxes_record(ty: &Ty) -> bool {
    if let Ty::List { elem, .. } = ty {
        return holds_record(elem);
    }
    let Some(items) = ty.tuple_items() else { return false };
    match items.split_first() {
        Some((first, rest)) if rest.iter().all(|item| item == first) => boxes_record(first),
        _ => items.iter().any(holds_record),
    }
}

/// Whether a type is a record, or a list or tuple with one in it; arrays of records are arrays.
fn holds_record(ty: &Ty) -> bool {
    match ty {
        Ty::Record(_) => true,
        Ty::List { elem, .. } => holds_record(elem),
        ty => ty.tuple_items().is_some_and(|items| items.iter().any(holds_record)),
    }
}

/// Iterators that keep their place in memory of the function, which ends with it. Those of dicts do not.
fn points_into_frame(iter: &IterTy) -> bool {
    if let IterTy::Zip(parts) = iter {
        return parts.iter().any(|part| matches!(part, Ty::Iter(iter) if points_into_frame(iter)));
    }
    matches!(
        iter,
        IterTy::Range(_)
            | IterTy::Array(_)
            | IterTy::List(_)
            | IterTy::ListType(_)
            | IterTy::Set(_)
            | IterTy::Tuple(_)
            | IterTy::Str
            | IterTy::Enumerate(_)
            | IterTy::NdEnumerate(_)
            | IterTy::Flat(_)
            | IterTy::NdIter(_)
    )
}

/// Python's lists are copied back after the call, but not those inside of them.
fn params(typed: &TypedBody, problems: &mut Vec<Problem>) {
    for param in &typed.body.params {
        let insts = typed.body.blocks.iter().flat_map(|block| &block.insts);
        let read = |inst: &Inst| matches!(&inst.kind, InstKind::Assign { dst, value: Value::Param(_) } if *dst == param.var);
        if let Ty::List { elem, source } = typed.ty(param.var)
            && source.is_reflected()
            && elem.is_reflected()
            && insts.into_iter().any(read)
        {
            let what =
                format!("`{}` is a list of lists, which cannot be passed to a compiled function", param.name);
            problems.push(lowering(param.origin, what));
        }
    }
}

/// Values are cast where they flow into a variable of a wider type; lists and sets cannot be.
fn casts(typed: &TypedBody, problems: &mut Vec<Problem>) {
    for inst in typed.body.blocks.iter().flat_map(|block| &block.insts) {
        let (dst, value) = match &inst.kind {
            InstKind::Assign { dst, value } => (dst, value),
            InstKind::DelItem { target, .. } => {
                if matches!(typed.ty(target.var), Ty::List { source, .. } if source.iv().is_some()) {
                    let what = "items of a list of constants cannot be deleted".to_string();
                    problems.push(lowering(inst.origin, what));
                }
                continue;
            }
            InstKind::SetItem { target, index, value } => {
                set_slice(typed, [target.var, index.var, value.var], inst.origin, problems);
                continue;
            }
            _ => continue,
        };
        match value {
            Value::Call(call) if is_reduce(typed.ty(call.func.var)) => {
                let what = "`functools.reduce` has to be imported by its name".to_string();
                problems.push(lowering(inst.origin, what));
            }
            // Numba looks into the first argument of each `np.array(..)` without asking whether there is one.
            Value::Call(call)
                if is_array(typed.ty(call.func.var)) && call.args.is_empty() && call.star.is_none() =>
            {
                let what = "`np.array` takes the object by position: leave `object=` out".to_string();
                problems.push(lowering(inst.origin, what));
            }
            Value::Call(_)
            | Value::Binary(..)
            | Value::InPlace(..)
            | Value::Unary(..)
            | Value::Item(..)
            | Value::Attr(..) => {
                if let Some(resolved) = typed.resolved(inst.id)
                    && !castable(&resolved.ret, typed.ty(*dst))
                {
                    problems.push(lowering(inst.origin, cannot_cast(&resolved.ret, typed.ty(*dst))));
                }
            }
            Value::List(items) => {
                if let Ty::List { elem, .. } = typed.ty(*dst) {
                    let narrow = items.iter().find(|item| !castable(typed.ty(item.var), elem));
                    if let Some(item) = narrow {
                        problems.push(lowering(inst.origin, cannot_cast(typed.ty(item.var), elem)));
                    }
                }
            }
            Value::Set(_) => {
                if let Ty::Set { elem, .. } = typed.ty(*dst)
                    && (matches!(**elem, Ty::Literal(Literal::Str(_))) || !hashable(elem))
                {
                    let what = match &**elem {
                        Ty::Literal(_) => "a set of one constant string cannot be made".to_string(),
                        Ty::Optional(_) | Ty::None => "a set cannot hold None".to_string(),
                        elem => format!("a set cannot hold {}", crate::rules::words::ty(elem)),
                    };
                    problems.push(lowering(inst.origin, what));
                }
            }
            Value::Copy(source) => cast(typed, source.var, *dst, inst.origin, problems),
            Value::Phi(inputs) => {
                for (_, input) in inputs {
                    cast(typed, input.var, *dst, inst.origin, problems);
                }
            }
            _ => {}
        }
    }
    for block in &typed.body.blocks {
        if let Terminator::Return(value) = &block.term
            && !castable(typed.ty(value.var), &typed.ret)
        {
            problems.push(lowering(block.term_origin, cannot_cast(typed.ty(value.var), &typed.ret)));
        }
    }
}

fn cast(
    typed: &TypedBody,
    from: VarId,
    to: VarId,
    origin: crate::hir::body::Origin,
    problems: &mut Vec<Problem>,
) {
    let (from, to) = (typed.ty(from), typed.ty(to));
    if !castable(from, to) {
        problems.push(lowering(origin, cannot_cast(from, to)));
    }
}

fn is_array(ty: &Ty) -> bool {
    matches!(ty, Ty::Function(path) if &**path == "numpy.array")
}

/// The function as an attribute of its module: Numba inlines the bare name, and has no code for a call.
fn is_reduce(func: &Ty) -> bool {
    matches!(func, Ty::Function(path) if &**path == "functools.reduce")
}

/// A slice of a list takes lists of the same items only.
fn set_slice(
    typed: &TypedBody,
    [target, index, value]: [VarId; 3],
    origin: crate::hir::body::Origin,
    problems: &mut Vec<Problem>,
) {
    let slice = matches!(typed.ty(index), Ty::Slice2 | Ty::Slice3 | Ty::Literal(Literal::Slice(..)));
    let (target, value) = (typed.ty(target), typed.ty(value));
    if let (true, Ty::List { elem, .. }) = (slice, target)
        && !value.has_hole()
        && !elem.has_hole()
        && !matches!(value, Ty::List { elem: other, .. } if other == elem)
    {
        problems.push(lowering(origin, cannot_cast(value, target)));
    }
}

fn castable(from: &Ty, to: &Ty) -> bool {
    let open = |ty: &Ty| ty.has_hole() || !ty.is_precise();
    match (from, to) {
        (Ty::List { .. }, Ty::List { .. })
        | (Ty::Set { .. }, Ty::Set { .. })
        | (Ty::Tuple(_), Ty::Tuple(_))
            if open(from) || open(to) =>
        {
            true
        }
        (Ty::List { elem: a, .. }, Ty::List { elem: b, .. }) => {
            a == b && (!from.is_reflected() || to.is_reflected())
        }
        (Ty::Set { elem: a, .. }, Ty::Set { elem: b, .. }) => a == b,
        (Ty::Tuple(a), Ty::Tuple(b)) => {
            a.len() != b.len() || a.iter().zip(b.iter()).all(|(a, b)| castable(a, b))
        }
        _ => true,
    }
}

fn cannot_cast(from: &Ty, to: &Ty) -> String {
    let (from, to) = (crate::rules::words::ty(from), crate::rules::words::ty(to));
    format!("{from} cannot become {to}: a list keeps the type it was made with")
}

fn lowering(origin: crate::hir::body::Origin, what: String) -> Problem {
    Problem { origin, numba_origin: None, kind: ProblemKind::Lowering { what: what.into() } }
}
