//! The rounds: every instruction is a constraint on its variables, visited in block order until nothing changes.
//!
//! A variable holds the join of everything any round said about it. What a round refuses counts only if it is
//! refused in the last one. To report every failure and not the first, the results of refused instructions are
//! then poisoned and the rounds go on: a poison behaves like a hole, so it never causes a second report.

use std::sync::Arc;

use crate::hir::JitOptions;
use crate::hir::body::{
    BinaryOp, BlockId, Body, Inst, InstKind, Origin, Terminator, UnaryOp, Use, Value, VarId,
};
use crate::table::{Outcome, Refusal, RefusalKind, Typed};
use crate::ty::convert::can_convert;
use crate::ty::unify::{Unified, unify, unify_all};
use crate::ty::{Const, FloatTy, Name, Ty, Why};

use super::context::{Context, NameValue};
use super::{Callee, Problem, ProblemKind, Resolved, TypedBody};
use super::{attr, display, finish, index, iter, ops};

/// More rounds than any body needs; each one grows a type, and types have few steps to grow.
const MAX_ROUNDS: usize = 64;

/// Numba's type variable: the join of what is known, and whether a part cannot be known.
#[derive(Clone, Debug, Default)]
pub(super) struct TypeVar {
    pub(super) known: Option<Ty>,
    pub(super) hole: Option<Ty>,
    /// Arguments of `locals=`, globals and declared returns do not grow: later types must convert to theirs.
    locked: bool,
    /// Each assignment that reached this variable, for the message of a clash.
    inputs: Vec<(Origin, Ty)>,
}

/// Where a refinement of a variable (`list(undefined)` that was appended to) travels on to.
#[derive(Clone, Copy, Debug)]
enum Refines {
    Copy(VarId),
    /// The receiver that a bound method was taken from.
    Receiver(VarId),
}

pub(super) struct Solver<'a> {
    pub(super) cx: &'a dyn Context,
    pub(super) body: &'a Body,
    pub(super) vars: Vec<TypeVar>,
    refines: Vec<Option<Refines>>,
    pub(super) resolved: Vec<Option<Resolved>>,
    /// Instructions whose name could not be typed: found while building, before any round.
    pub(super) name_problems: Vec<Problem>,
    /// Problems of the present round.
    pub(super) problems: Vec<Problem>,
    /// The verdict of a callee is unknown though its return type is not.
    pub(super) callee_whys: Vec<Why>,
    changed: bool,
    args: &'a [Ty],
    pub(super) options: &'a JitOptions,
    pub(super) yields: Vec<(Origin, Ty)>,
}

/// Infers the types of a prepared body.
pub(super) fn solve(
    cx: &dyn Context,
    body: &Arc<Body>,
    args: &[Ty],
    ret: Option<&Ty>,
    options: &JitOptions,
) -> TypedBody {
    let mut solver = Solver {
        cx,
        body,
        vars: vec![TypeVar::default(); body.vars.len()],
        refines: vec![None; body.vars.len()],
        resolved: vec![None; body.n_insts as usize],
        name_problems: Vec::new(),
        problems: Vec::new(),
        callee_whys: Vec::new(),
        changed: false,
        args,
        options,
        yields: Vec::new(),
    };
    solver.seed();
    let mut found: Vec<Problem> = Vec::new();
    solver.rounds();
    loop {
        let fresh: Vec<Problem> = solver
            .problems
            .drain(..)
            .filter(|problem| !found.contains(problem))
            .collect();
        let stuck = fresh.is_empty();
        found.extend(fresh);
        if found.is_empty() && solver.name_problems.is_empty() || stuck && !solver.poison_undecided(&found) {
            break;
        }
        if !stuck && !solver.poison_undecided(&found) {
            break;
        }
        solver.rounds();
    }
    finish::finish(solver, body.clone(), found, ret)
}

impl<'a> Solver<'a> {
    fn seed(&mut self) {
        for (var, slot) in self.body.vars.iter().zip(&mut self.vars) {
            let declared = var.name.as_ref().and_then(|name| self.options.locals.iter().find(|(known, _)| known == name));
            if let Some((_, ty)) = declared {
                slot.known = Some(ty.clone());
                slot.locked = true;
            }
        }
        let body = self.body;
        for block in &body.blocks {
            for inst in &block.insts {
                if let InstKind::Assign { dst, value } = &inst.kind {
                    self.seed_value(inst, *dst, value);
                }
            }
        }
    }

    /// Constants and names are typed before the first round, as in Numba: an undefined name beats every other error.
    fn seed_value(&mut self, inst: &Inst, dst: VarId, value: &Value) {
        let named = match value {
            Value::Const(Const::Int(value)) if i64::try_from(*value).is_err() && u64::try_from(*value).is_err() => {
                let kind = RefusalKind::Other("this int does not fit into 64 bits".into());
                let refusal = Refusal { kind, arg: None };
                NameValue::Refused(ProblemKind::Refused { what: "int".into(), refusal, args: Vec::new() })
            }
            Value::Const(value) => {
                self.add(dst, Ty::of_const(value), inst.origin);
                return;
            }
            Value::Global(name) => self.cx.global(name),
            Value::Free(name) => self.cx.free(name),
            _ => return,
        };
        match named {
            NameValue::Ty(ty) => {
                self.add(dst, ty, inst.origin);
                self.vars[dst.0 as usize].locked = true;
            }
            NameValue::Refused(kind) => {
                self.name_problems.push(Problem {
                    origin: inst.origin,
                    numba_origin: None,
                    kind,
                });
                self.vars[dst.0 as usize].hole = Some(Ty::Poison);
            }
        }
    }

    /// Runs every constraint until no variable changes.
    fn rounds(&mut self) {
        for _ in 0..MAX_ROUNDS {
            self.changed = false;
            self.problems.clear();
            self.callee_whys.clear();
            self.yields.clear();
            self.cx.check_cancelled();
            let body = self.body;
            for (number, block) in body.blocks.iter().enumerate() {
                let _ = number;
                for inst in &block.insts {
                    self.constrain(inst);
                }
                self.terminator(block.term_origin, &block.term);
            }
            if !self.changed {
                break;
            }
        }
    }

    /// Gives a poison to every variable that a reported failure left without a type. Returns whether there was one.
    fn poison_undecided(&mut self, found: &[Problem]) -> bool {
        if found.is_empty() && self.name_problems.is_empty() {
            return false;
        }
        let mut any = false;
        let body = self.body;
        let failed = |origin: Origin| {
            found
                .iter()
                .any(|problem| problem.origin == origin || problem.numba_origin == Some(origin))
        };
        for block in &body.blocks {
            for inst in &block.insts {
                if let InstKind::Assign { dst, value } = &inst.kind {
                    let var = &self.vars[dst.0 as usize];
                    let empty = var.known.is_none() && var.hole.is_none();
                    let ready = self.operands_decided(value);
                    if empty && (failed(inst.origin) || ready) {
                        self.vars[dst.0 as usize].hole = Some(Ty::Poison);
                        any = true;
                    }
                }
            }
        }
        any
    }

    fn operands_decided(&self, value: &Value) -> bool {
        let mut decided = true;
        value.clone().uses_mut(&mut |used| {
            let var = &self.vars[used.var.0 as usize];
            decided &= var.known.as_ref().is_some_and(Ty::is_precise) || var.hole.is_some();
        });
        decided
    }

    /// The type of a variable as far as it is known; `None` while nothing reached it.
    pub(super) fn ty(&self, used: Use) -> Option<Ty> {
        self.var_ty(used.var)
    }

    pub(super) fn var_ty(&self, var: VarId) -> Option<Ty> {
        let var = &self.vars[var.0 as usize];
        var.hole.clone().or_else(|| var.known.clone())
    }

    /// `TypeVar.add_type`: joins a type into a variable.
    pub(super) fn add(&mut self, dst: VarId, ty: Ty, origin: Origin) {
        self.join(dst, ty, origin, false);
    }

    /// `TypeInferer.add_type`: joins, and tells the variable's source if it was refined.
    fn add_refining(&mut self, dst: VarId, ty: Ty, origin: Origin) {
        let before = self.var_ty(dst);
        self.join(dst, ty, origin, false);
        let after = self.var_ty(dst);
        if let Some(after) = after
            && before.as_ref() != Some(&after)
            && before.is_some_and(|before| !before.is_precise())
            && after.is_precise()
        {
            self.propagate_refined(dst, after, origin);
        }
    }

    fn propagate_refined(&mut self, dst: VarId, ty: Ty, origin: Origin) {
        match self.refines[dst.0 as usize] {
            Some(Refines::Copy(source)) if !self.vars[source.0 as usize].locked => {
                self.add_refining(source, ty, origin);
            }
            Some(Refines::Receiver(_) | Refines::Copy(_)) | None => {}
        }
    }

    fn join(&mut self, dst: VarId, ty: Ty, origin: Origin, phi: bool) {
        let slot = &mut self.vars[dst.0 as usize];
        if ty.is_hole() {
            if slot.hole.is_none() && !slot.locked {
                slot.hole = Some(ty);
                self.changed = true;
            }
            return;
        }
        if !slot
            .inputs
            .iter()
            .any(|(place, known)| *place == origin && *known == ty)
            && slot.inputs.len() < 16
        {
            slot.inputs.push((origin, ty.clone()));
        }
        let Some(known) = &slot.known else {
            slot.known = Some(ty);
            self.changed = true;
            return;
        };
        if *known == ty {
            return;
        }
        if slot.locked {
            if can_convert(&ty, known).is_none() {
                let kind = ProblemKind::NoConversion {
                    from: ty,
                    to: known.clone(),
                };
                self.report(origin, None, kind);
            }
            return;
        }
        match unify(known, &ty) {
            Unified::Ty(joined) => {
                if joined != *known {
                    slot.known = Some(joined);
                    self.changed = true;
                }
            }
            Unified::Clash => {
                let mut inputs = slot.inputs.clone();
                if !inputs.iter().any(|(_, known)| *known == ty) {
                    inputs.push((origin, ty));
                }
                let name = self.body.var(dst).name.clone();
                if !phi {
                    self.report(
                        origin,
                        None,
                        ProblemKind::CannotUnify {
                            name,
                            var: dst,
                            inputs,
                        },
                    );
                }
            }
        }
    }

    /// A phi joins its inputs all at once, so that every clash among them is one report.
    fn phi(&mut self, inst: &Inst, dst: VarId, inputs: &[(BlockId, Use)]) {
        let mut known: Vec<(Origin, Ty)> = Vec::new();
        for (_, input) in inputs {
            if let Some(ty) = self.var_ty(input.var) {
                let place = self.definition(input.var);
                if ty.is_hole() {
                    self.join(dst, ty, inst.origin, true);
                    if let Some(partly) = self.vars[input.var.0 as usize].known.clone() {
                        known.push((place, partly));
                    }
                } else {
                    known.push((place, ty));
                }
                self.refines[dst.0 as usize] = Some(Refines::Copy(input.var));
            }
        }
        if self.vars[dst.0 as usize].locked {
            for (origin, ty) in known {
                self.join(dst, ty, origin, false);
            }
            return;
        }
        // What an earlier round said about the phi takes part: types only grow.
        let mut all: Vec<Ty> = self.vars[dst.0 as usize].known.iter().cloned().collect();
        all.extend(known.iter().map(|(_, ty)| ty.clone()));
        if all.is_empty() {
            return;
        }
        match unify_all(&all) {
            Unified::Ty(joined) => {
                if joined.is_hole() {
                    self.join(dst, joined, inst.origin, true);
                } else if self.vars[dst.0 as usize].known.as_ref() != Some(&joined) {
                    self.vars[dst.0 as usize].known = Some(joined);
                    self.changed = true;
                }
            }
            Unified::Clash => {
                let before = self.vars[dst.0 as usize].known.clone();
                if let Some(before) = before.filter(|before| !known.iter().any(|(_, ty)| ty == before)) {
                    known.insert(0, (inst.origin, before));
                }
                let name = self.body.var(dst).name.clone();
                let place = known.last().map_or(inst.origin, |(origin, _)| *origin);
                self.report(
                    place,
                    Some(inst.origin),
                    ProblemKind::CannotUnify {
                        name,
                        var: dst,
                        inputs: known,
                    },
                );
            }
        }
    }

    /// Where a variable is assigned; through phis, the first assignment behind them.
    fn definition(&self, var: VarId) -> Origin {
        let mut var = var;
        let mut seen = 0;
        'search: loop {
            seen += 1;
            for block in &self.body.blocks {
                for inst in &block.insts {
                    if let InstKind::Assign { dst, value } = &inst.kind
                        && *dst == var
                    {
                        match value {
                            Value::Phi(inputs) if seen < 8 => match inputs.first() {
                                Some((_, first)) if first.var != var => {
                                    var = first.var;
                                    continue 'search;
                                }
                                _ => return inst.origin,
                            },
                            _ => return inst.origin,
                        }
                    }
                }
            }
            return Origin::NONE;
        }
    }

    pub(super) fn report(&mut self, origin: Origin, numba_origin: Option<Origin>, kind: ProblemKind) {
        let problem = Problem {
            origin,
            numba_origin,
            kind,
        };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    fn refuse(&mut self, origin: Origin, what: impl Into<Name>, refusal: Refusal, args: Vec<Ty>) {
        self.report(
            origin,
            None,
            ProblemKind::Refused {
                what: what.into(),
                refusal,
                args,
            },
        );
    }

    /// Records what an operator or index resolved to, or reports it.
    fn settle(
        &mut self,
        inst: &Inst,
        dst: Option<VarId>,
        what: &str,
        callee: Callee,
        args: Vec<Ty>,
        outcome: Outcome,
    ) {
        match outcome {
            Outcome::Known(typed) => self.accept(inst, dst, callee, args, typed),
            Outcome::Hole(why) => {
                if let Some(dst) = dst {
                    self.add(dst, Ty::Hole(why), inst.origin);
                } else {
                    self.callee_whys.push(why);
                }
            }
            Outcome::Refused(refusal) => self.refuse(inst.origin, what, refusal, args),
        }
    }

    pub(super) fn accept(
        &mut self,
        inst: &Inst,
        dst: Option<VarId>,
        callee: Callee,
        args: Vec<Ty>,
        typed: Typed,
    ) {
        let ret = typed.ret.clone();
        if let Some(dst) = dst {
            self.add_refining(dst, typed.ret, inst.origin);
        }
        // An imprecise result takes the type its variable was refined to: `s = set(); s.add(1)`.
        let ret = match dst.and_then(|dst| self.var_ty(dst)) {
            Some(refined) if !ret.is_precise() => refined,
            _ => ret,
        };
        self.resolved[inst.id.0 as usize] = Some(Resolved {
            callee,
            args: typed.args.unwrap_or(args),
            ret,
        });
    }

    fn constrain(&mut self, inst: &Inst) {
        match &inst.kind {
            InstKind::Assign { dst, value } => self.assign(inst, *dst, value),
            InstKind::SetItem { target, index, value } => self.set_item(inst, *target, *index, *value),
            InstKind::DelItem { target, index } => {
                let (Some(target), Some(index)) = (self.ty(*target), self.ty(*index)) else {
                    return;
                };
                let outcome = index::delitem(&target, &index);
                self.settle(inst, None, "del", Callee::DelItem, vec![target, index], outcome);
            }
            InstKind::SetAttr { target, attr, value } => {
                let (Some(target), Some(value)) = (self.ty(*target), self.ty(*value)) else {
                    return;
                };
                let outcome = display::set_attribute(&target, attr, &value);
                self.settle(
                    inst,
                    None,
                    &format!(".{attr} ="),
                    Callee::Other,
                    vec![target, value],
                    outcome,
                );
            }
            InstKind::ObjMode { outputs, .. } => {
                for (var, spelling) in outputs {
                    let ty = self.cx.type_expression(spelling);
                    self.add(*var, ty, inst.origin);
                }
            }
            InstKind::TryBegin { .. } | InstKind::TryEnd => {}
        }
    }

    fn assign(&mut self, inst: &Inst, dst: VarId, value: &Value) {
        match value {
            Value::Const(_) | Value::Global(_) | Value::Free(_) | Value::Undef => {}
            Value::Param(number) => self.param(inst, dst, *number),
            Value::Copy(source) => {
                if let Some(ty) = self.ty(*source) {
                    self.add(dst, ty, inst.origin);
                    self.refines[dst.0 as usize] = Some(Refines::Copy(source.var));
                }
            }
            Value::Phi(inputs) => self.phi(inst, dst, inputs),
            Value::Unary(op, a) => {
                let Some(a) = self.ty(*a) else { return };
                let outcome = ops::unary(*op, &a);
                self.settle(
                    inst,
                    Some(dst),
                    unary_name(*op),
                    Callee::Unary(*op),
                    vec![a],
                    outcome,
                );
            }
            Value::Binary(op, a, b) => {
                let (Some(a), Some(b)) = (self.precise(*a), self.precise(*b)) else {
                    return;
                };
                let outcome = ops::binary(*op, &a, &b);
                self.settle(
                    inst,
                    Some(dst),
                    binary_name(*op),
                    Callee::Binary(*op),
                    vec![a, b],
                    outcome,
                );
            }
            Value::InPlace(op, a, b) => {
                let (Some(a), Some(b)) = (self.precise(*a), self.precise(*b)) else {
                    return;
                };
                let outcome = ops::inplace(*op, &a, &b);
                self.settle(
                    inst,
                    Some(dst),
                    binary_name(*op),
                    Callee::InPlace(*op),
                    vec![a, b],
                    outcome,
                );
            }
            Value::Compare(op, a, b) => {
                let (Some(a), Some(b)) = (self.precise(*a), self.precise(*b)) else {
                    return;
                };
                let outcome = ops::compare(*op, &a, &b);
                self.settle(
                    inst,
                    Some(dst),
                    display::compare_name(*op),
                    Callee::Compare(*op),
                    vec![a, b],
                    outcome,
                );
            }
            Value::Call(call) => self.call(inst, dst, call),
            Value::Attr(target, name) => self.attribute(inst, dst, *target, name),
            Value::Item(target, index) => {
                let (Some(target), Some(index)) = (self.ty(*target), self.precise(*index)) else {
                    return;
                };
                if !target.is_precise() && !matches!(target, Ty::Array(_)) {
                    return;
                }
                let outcome = index::getitem(&target, &index);
                self.settle(
                    inst,
                    Some(dst),
                    "[]",
                    Callee::GetItem,
                    vec![target, index],
                    outcome,
                );
            }
            Value::Iter(source) => {
                let Some(source) = self.precise(*source) else {
                    return;
                };
                let outcome = iter::getiter(&source);
                self.settle(inst, Some(dst), "for", Callee::GetIter, vec![source], outcome);
            }
            Value::Next(source) => {
                let Some(source) = self.ty(*source) else { return };
                let outcome = match iter::iternext(&source) {
                    Outcome::Known(typed) => Outcome::known(Ty::Pair(Arc::new((typed.ret, Ty::Bool)))),
                    other => other,
                };
                self.settle(inst, Some(dst), "next", Callee::IterNext, vec![source], outcome);
            }
            Value::PairFirst(pair) => self.pair(inst, dst, *pair, |pair| pair.0.clone()),
            Value::PairSecond(pair) => match self.ty(*pair) {
                Some(Ty::Hole(_) | Ty::Poison) => self.add(dst, Ty::Bool, inst.origin),
                _ => self.pair(inst, dst, *pair, |pair| pair.1.clone()),
            },
            Value::Exhaust(source, count) => {
                let Some(source) = self.ty(*source) else { return };
                let outcome = iter::exhaust(&source, *count);
                self.settle(inst, Some(dst), "unpacking", Callee::Other, vec![source], outcome);
            }
            Value::Tuple(items) => {
                let items: Option<Vec<Ty>> = items.iter().map(|item| self.ty(*item)).collect();
                if let Some(items) = items
                    && items.iter().all(Ty::is_precise)
                {
                    self.add(dst, Ty::tuple(items), inst.origin);
                }
            }
            Value::List(items) => self.list_display(inst, dst, items),
            Value::Set(items) => {
                let items: Option<Vec<Ty>> = items.iter().map(|item| self.ty(*item)).collect();
                if let Some(items) = items
                    && let Unified::Ty(elem) = unify_all(&items)
                {
                    let elem = if items.is_empty() {
                        Ty::Undefined
                    } else {
                        elem.unliteral()
                    };
                    self.add_refining(
                        dst,
                        Ty::Set {
                            elem: Arc::new(elem),
                            reflected: false,
                        },
                        inst.origin,
                    );
                }
            }
            Value::Dict(items) => self.dict_display(inst, dst, items),
            Value::Slice(start, stop, step) => self.slice(inst, dst, [*start, *stop, *step]),
            Value::TupleConcat(a, b) => {
                let (Some(a), Some(b)) = (self.ty(*a), self.ty(*b)) else {
                    return;
                };
                let outcome = ops::binary(BinaryOp::Add, &a, &b);
                self.settle(
                    inst,
                    Some(dst),
                    "*",
                    Callee::Binary(BinaryOp::Add),
                    vec![a, b],
                    outcome,
                );
            }
            Value::ToTuple(source) => {
                let Some(source) = self.ty(*source) else { return };
                let outcome = match source.tuple_items() {
                    Some(items) => Outcome::known(Ty::tuple(items)),
                    None if source.has_hole() => {
                        Outcome::Hole(Why::NotModelled("a starred value of unknown type"))
                    }
                    None => Outcome::refused(RefusalKind::NotIterable(source.clone())),
                };
                self.settle(inst, Some(dst), "*", Callee::Other, vec![source], outcome);
            }
            Value::MakeFunction(function, captures) => {
                let captures: Option<Vec<(Name, Ty)>> = captures
                    .iter()
                    .map(|(name, used)| self.ty(*used).map(|ty| (name.clone(), ty)))
                    .collect();
                if let Some(captures) = captures {
                    let ty = self.cx.closure(*function, captures);
                    self.add(dst, ty, inst.origin);
                }
            }
            Value::FString(parts) => {
                if parts.iter().all(|part| self.ty(*part).is_some()) {
                    self.add(dst, Ty::Str, inst.origin);
                }
            }
            Value::Yield(value) => {
                let ty = match value {
                    Some(value) => self.ty(*value),
                    None => Some(Ty::None),
                };
                self.yields.extend(ty.map(|ty| (inst.origin, ty)));
                self.add(dst, Ty::None, inst.origin);
            }
            Value::ExceptionCheck => self.add(dst, Ty::Bool, inst.origin),
            Value::ComprehensionList => self.add_refining(dst, Ty::list(Ty::Undefined), inst.origin),
        }
    }

    /// The type of an operand, once it is known and precise.
    fn precise(&self, used: Use) -> Option<Ty> {
        self.operand(used).filter(|ty| ty.is_precise() || matches!(ty, Ty::Array(_)))
    }

    /// The type of an operand as rules see it: an array field of a record is an array.
    pub(super) fn operand(&self, used: Use) -> Option<Ty> {
        self.ty(used).map(|ty| match ty {
            Ty::NestedArray(_) => index::plain_array(&ty),
            ty => ty,
        })
    }

    fn param(&mut self, inst: &Inst, dst: VarId, number: u32) {
        let Some(ty) = self.args.get(number as usize) else {
            return;
        };
        let ty = match ty {
            Ty::Omitted(value) => Ty::of_const(value),
            other => other.clone(),
        };
        if !ty.is_precise() || ty.any(&mut |ty| *ty == Ty::Float(FloatTy::F16)) || too_long(&ty) {
            self.report(inst.origin, None, ProblemKind::ArgumentType { index: number, ty });
            return;
        }
        self.add(dst, ty, inst.origin);
    }

    fn pair(&mut self, inst: &Inst, dst: VarId, pair: Use, part: impl Fn(&(Ty, Ty)) -> Ty) {
        match self.ty(pair) {
            Some(Ty::Pair(pair)) => {
                let ty = part(&pair);
                self.add(dst, ty, inst.origin);
            }
            Some(hole @ (Ty::Hole(_) | Ty::Poison)) => self.add(dst, hole, inst.origin),
            _ => {}
        }
    }

    fn list_display(&mut self, inst: &Inst, dst: VarId, items: &[Use]) {
        let items: Option<Vec<Ty>> = items.iter().map(|item| self.ty(*item)).collect();
        let Some(items) = items else { return };
        if items.is_empty() {
            self.add_refining(dst, Ty::list(Ty::Undefined), inst.origin);
            return;
        }
        let ty = match unify_all(&items) {
            Unified::Ty(elem) => {
                let iv: Option<Vec<_>> = items.iter().map(finish::literal_const).collect();
                Ty::List {
                    elem: Arc::new(elem.unliteral()),
                    reflected: false,
                    iv: iv.map(Arc::from),
                }
            }
            Unified::Clash => Ty::LiteralList(items.into()),
        };
        self.add_refining(dst, ty, inst.origin);
    }

    fn dict_display(&mut self, inst: &Inst, dst: VarId, items: &[(Use, Use)]) {
        let items: Option<Vec<(Ty, Ty)>> = items
            .iter()
            .map(|(key, value)| Some((self.ty(*key)?, self.ty(*value)?)))
            .collect();
        let Some(items) = items else { return };
        let outcome = display::dict_display(&items);
        let args = items.into_iter().flat_map(|(key, value)| [key, value]).collect();
        self.settle(inst, Some(dst), "{}", Callee::Other, args, outcome);
    }

    fn slice(&mut self, inst: &Inst, dst: VarId, bounds: [Option<Use>; 3]) {
        let mut types = Vec::with_capacity(3);
        for bound in bounds {
            match bound {
                None => types.push(None),
                Some(bound) => match self.ty(bound) {
                    Some(ty) => types.push(Some(ty)),
                    None => return,
                },
            }
        }
        let outcome = display::slice(types[0].as_ref(), types[1].as_ref(), types[2].as_ref());
        let args = types.into_iter().flatten().collect();
        self.settle(inst, Some(dst), "slice", Callee::Other, args, outcome);
    }

    fn set_item(&mut self, inst: &Inst, target: Use, index: Use, value: Use) {
        let (Some(target_ty), Some(index_ty), Some(value_ty)) =
            (self.ty(target), self.ty(index), self.ty(value))
        else {
            return;
        };
        let outcome = index::setitem(&target_ty, &index_ty, &value_ty);
        let args = vec![target_ty, index_ty, value_ty];
        if let Outcome::Known(Typed {
            refine: Some(refined),
            ..
        }) = &outcome
        {
            self.add_refining(target.var, refined.clone(), inst.origin);
        }
        self.settle(inst, None, "[] =", Callee::SetItem, args, outcome);
    }

    fn attribute(&mut self, inst: &Inst, dst: VarId, target: Use, name: &Name) {
        let Some(recv) = self.ty(target) else { return };
        match &recv {
            Ty::Module(module) => match self.cx.member(module, name) {
                NameValue::Ty(ty) => self.add(dst, ty, inst.origin),
                NameValue::Refused(kind) => self.report(inst.origin, None, kind),
            },
            Ty::Dispatcher(_) | Ty::JitClass(_) | Ty::Opaque(_) => {
                self.add(
                    dst,
                    Ty::Hole(Why::NotModelled("an attribute of a class or function")),
                    inst.origin,
                );
            }
            _ => {
                let outcome = attr::attribute(&recv, name);
                if let Outcome::Known(typed) = &outcome
                    && matches!(typed.ret, Ty::Method(_))
                {
                    self.refines[dst.0 as usize] = Some(Refines::Receiver(target.var));
                    // A refined receiver gives another method type, which replaces the first.
                    let slot = &mut self.vars[dst.0 as usize];
                    if slot.hole.is_none() && slot.known.as_ref() != Some(&typed.ret) {
                        slot.known = Some(typed.ret.clone());
                        self.changed = true;
                    }
                    return;
                }
                self.settle(
                    inst,
                    Some(dst),
                    &format!(".{name}"),
                    display::attribute_callee(&recv, name),
                    vec![recv.clone()],
                    outcome,
                );
            }
        }
    }

    /// A method call refined its receiver: `x.append(1)` on `list(undefined)`.
    pub(super) fn refine_receiver(&mut self, func: Use, refined: Ty, origin: Origin) {
        if let Some(Refines::Receiver(receiver)) = self.refines[func.var.0 as usize] {
            self.add_refining(receiver, refined, origin);
        }
    }

    fn terminator(&mut self, origin: Origin, term: &Terminator) {
        match term {
            Terminator::Branch { cond, .. } => {
                let Some(cond_ty) = self.ty(*cond) else { return };
                if let Outcome::Refused(refusal) = ops::truth(&cond_ty) {
                    let place = if cond.origin == Origin::NONE {
                        origin
                    } else {
                        cond.origin
                    };
                    self.refuse(place, "bool", refusal, vec![cond_ty]);
                }
            }
            Terminator::Raise(Some(value)) => {
                let Some(ty) = self.ty(*value) else { return };
                if ty.is_number() || matches!(ty, Ty::Literal(_) | Ty::None | Ty::Tuple(_) | Ty::Array(_)) {
                    let kind = RefusalKind::Other("only exceptions can be raised".into());
                    self.refuse(origin, "raise", Refusal { kind, arg: None }, vec![ty]);
                }
            }
            Terminator::Return(_) | Terminator::Raise(None) | Terminator::Jump(_) | Terminator::Unreachable => {}
        }
    }
}

/// Numba refuses tuples of a thousand items as arguments.
fn too_long(ty: &Ty) -> bool {
    matches!(ty, Ty::Tuple(items) if items.len() >= 1000)
}

pub(super) fn unary_name(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Neg => "-",
        UnaryOp::Pos => "+",
        UnaryOp::Invert => "~",
        UnaryOp::Not => "not",
    }
}

pub(super) fn binary_name(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mult => "*",
        BinaryOp::MatMult => "@",
        BinaryOp::Div => "/",
        BinaryOp::FloorDiv => "//",
        BinaryOp::Mod => "%",
        BinaryOp::Pow => "**",
        BinaryOp::LShift => "<<",
        BinaryOp::RShift => ">>",
        BinaryOp::BitAnd => "&",
        BinaryOp::BitOr => "|",
        BinaryOp::BitXor => "^",
    }
}
