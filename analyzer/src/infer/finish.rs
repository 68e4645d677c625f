//! After the rounds: imprecise and undetermined variables, the return type, and which failure Numba raises first.

use std::sync::Arc;

use crate::hir::body::{Body, InstKind, Origin, Terminator, Value, VarId};
use crate::ty::unify::{Unified, unify_returns};
use crate::ty::{Const, Ty, Why};

use super::solve::Solver;
use super::{Problem, ProblemKind, TypedBody, legalize, sized};

/// The constant behind a literal type.
pub(super) fn literal_const(ty: &Ty) -> Option<Const> {
    match ty {
        Ty::Literal(literal) => literal.as_const(),
        Ty::Omitted(value) => Some((**value).clone()),
        _ => None,
    }
}

pub(super) fn finish(
    solver: Solver<'_>,
    body: Arc<Body>,
    found: Vec<Problem>,
    declared: Option<&Ty>,
) -> TypedBody {
    let mut problems: Vec<Problem> = syntax_problems(&body);
    problems.extend(solver.name_problems.iter().cloned());
    problems.extend(found);
    let mut whys: Vec<Why> = solver.callee_whys.clone();
    if body.broken {
        whys.push(Why::BrokenSource);
    }
    for ty in solver.vars.iter().flat_map(|var| var.hole.iter().chain(&var.known)) {
        match ty {
            // Most holes are copies of few.
            Ty::Hole(why) if whys.contains(why) => {}
            ty => whys.extend(ty.why()),
        }
    }
    let blind = !whys.is_empty() || !problems.is_empty() || solver.recursion_pending;
    problems.extend(imprecise(&solver, &body, blind));
    let ret = return_type(&solver, &body, declared, &mut problems);
    whys.sort();
    whys.dedup();
    let options = solver.options.clone();
    let resolved = solver.resolved;
    // A `collect` would keep the solver's memory, which is several times as large.
    let mut types = Vec::with_capacity(solver.vars.len());
    types.extend(solver.vars.into_iter().map(|var| var.hole.or(var.known).unwrap_or(Ty::Poison)));
    let mut typed = TypedBody { body, types, resolved, ret, problems, whys, options };
    if typed.problems.is_empty() {
        typed.problems = legalize::legalize(&typed);
    } else {
        let mut problems = std::mem::take(&mut typed.problems);
        sized::sized_loops(&typed, &mut problems);
        typed.problems = problems;
    }
    typed
}

fn syntax_problems(body: &Body) -> Vec<Problem> {
    let problem = |refused: &crate::hir::body::RefusedSyntax| Problem {
        origin: refused.origin,
        numba_origin: None,
        kind: ProblemKind::Syntax(refused.kind.clone()),
    };
    body.refused.iter().map(problem).collect()
}

/// Variables that no round gave a (precise) type. Numba reports the first by name, users' before its own.
fn imprecise(solver: &Solver<'_>, body: &Body, blind: bool) -> Vec<Problem> {
    let mut problems: Vec<(bool, String, Problem)> = Vec::new();
    let mut reported: Vec<Origin> = Vec::new();
    for block in &body.blocks {
        for inst in &block.insts {
            let InstKind::Assign { dst, value } = &inst.kind else {
                continue;
            };
            let var = &solver.vars[dst.0 as usize];
            if var.hole.is_some() {
                continue;
            }
            let name = &body.var(*dst).name;
            let key = || {
                name.as_ref().map_or_else(String::new, |name| format!("{name}.{}", body.var(*dst).version))
            };
            match &var.known {
                Some(ty) if !ty.is_precise() => {
                    let origin = container_origin(body, *dst).unwrap_or(inst.origin);
                    if reported.contains(&origin) {
                        continue;
                    }
                    reported.push(origin);
                    let kind = ProblemKind::Imprecise { name: name.clone(), ty: ty.clone() };
                    problems.push((name.is_none(), key(), Problem { origin, numba_origin: None, kind }));
                }
                None if !blind && !matches!(value, Value::Undef) => {
                    let kind = ProblemKind::Undetermined { name: name.clone() };
                    problems.push((
                        name.is_none(),
                        key(),
                        Problem { origin: inst.origin, numba_origin: None, kind },
                    ));
                }
                _ => {}
            }
        }
    }
    problems.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    let known = problems.iter().any(|(_, _, problem)| matches!(problem.kind, ProblemKind::Imprecise { .. }));
    problems
        .into_iter()
        .map(|(_, _, problem)| problem)
        // What depends on an imprecise container stays undetermined; one report is enough.
        .filter(|problem| !known || matches!(problem.kind, ProblemKind::Imprecise { .. }))
        .collect()
}

/// The display or call that a copy of a container comes from.
fn container_origin(body: &Body, var: VarId) -> Option<Origin> {
    let mut var = var;
    for _ in 0..16 {
        let inst =
            body.blocks.iter().flat_map(|block| &block.insts).find(|inst| inst.kind.dst() == Some(var))?;
        match &inst.kind {
            InstKind::Assign { value: Value::Copy(source), .. } => var = source.var,
            _ => return Some(inst.origin),
        }
    }
    None
}

fn return_type(solver: &Solver<'_>, body: &Body, declared: Option<&Ty>, problems: &mut Vec<Problem>) -> Ty {
    let mut returns: Vec<(Origin, Ty)> = Vec::new();
    for block in &body.blocks {
        if let Terminator::Return(value) = &block.term
            && let Some(ty) = solver.var_ty(value.var)
        {
            returns.push((block.term_origin, ty));
        }
    }
    if body.is_generator {
        return generator(solver, body, problems);
    }
    if let Some(declared) = declared {
        for (origin, ty) in &returns {
            if !ty.has_hole() && crate::ty::convert::can_convert(ty, declared).is_none() {
                let kind = ProblemKind::NoConversion { from: ty.clone(), to: declared.clone() };
                problems.push(Problem { origin: *origin, numba_origin: None, kind });
            }
        }
        return declared.clone();
    }
    let any_return = body.blocks.iter().any(|block| matches!(block.term, Terminator::Return(_)));
    if returns.is_empty() {
        // Returns that have no type yet belong to a recursion; without any return the function only raises.
        return if any_return { Ty::Undefined } else { Ty::None };
    }
    let mut types: Vec<Ty> = Vec::new();
    for (_, ty) in &returns {
        if !types.contains(ty) {
            types.push(ty.clone());
        }
    }
    match unify_returns(&types) {
        Unified::Ty(ty) => ty,
        Unified::Clash => {
            problems.push(Problem {
                origin: disagreeing(&returns),
                numba_origin: None,
                kind: ProblemKind::ReturnTypes(returns),
            });
            Ty::Poison
        }
    }
}

/// The first return that cannot be joined with those before it.
fn disagreeing(returns: &[(Origin, Ty)]) -> Origin {
    for end in 2..=returns.len() {
        let types: Vec<Ty> = returns[..end].iter().map(|(_, ty)| ty.clone()).collect();
        if unify_returns(&types) == Unified::Clash {
            return returns[end - 1].0;
        }
    }
    returns.last().map_or(Origin::NONE, |(origin, _)| *origin)
}

/// What a generator yields. Yields that cannot be merged are refused like returns, and so are yields of None beside
/// those of values: a generator gives no optional values.
fn generator(solver: &Solver<'_>, body: &Body, problems: &mut Vec<Problem>) -> Ty {
    let insts = || body.blocks.iter().flat_map(|block| &block.insts);
    let is_yield =
        |inst: &crate::hir::body::Inst| matches!(inst.kind, InstKind::Assign { value: Value::Yield(_), .. });
    if !body.broken && !insts().any(is_yield) {
        let what = "no `yield` of this generator is ever reached".into();
        let origin = insts().map(|inst| inst.origin).find(|origin| *origin != Origin::NONE);
        let origin = origin.unwrap_or(Origin::NONE);
        problems.push(Problem { origin, numba_origin: None, kind: ProblemKind::Lowering { what } });
        return Ty::Poison;
    }
    let types: Vec<Ty> = solver.yields.iter().map(|(_, ty)| ty.clone()).collect();
    let bare = types.contains(&Ty::None) && types.iter().any(|ty| *ty != Ty::None && !ty.is_hole());
    match unify_returns(&types) {
        Unified::Ty(_) if bare => {}
        Unified::Ty(Ty::Optional(_)) => {}
        Unified::Ty(ty) if !types.is_empty() => return Ty::Iter(Arc::new(crate::ty::IterTy::Generator(ty))),
        Unified::Ty(_) => return Ty::Hole(Why::NotModelled("a generator")),
        Unified::Clash => {}
    }
    problems.push(Problem {
        origin: solver.yields.last().map_or(Origin::NONE, |(origin, _)| *origin),
        numba_origin: None,
        kind: ProblemKind::ReturnTypes(solver.yields.clone()),
    });
    Ty::Poison
}
