//! The rounds: every instruction is a constraint on its variables, visited in block order until nothing changes.
//!
//! A variable holds the join of everything any round said about it. What a round refuses counts only if it is
//! refused in the last one. To report every failure and not the first, the results of refused instructions are
//! then poisoned and the rounds go on: a poison behaves like a hole, so it never causes a second report.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::hir::JitOptions;
use crate::hir::body::{BlockId, Body, Inst, InstKind, Origin, Param, Use, Value, VarId};
use crate::table::{Outcome, Refusal, RefusalKind, Typed};
use crate::ty::convert::can_convert;
use crate::ty::unify::{Unified, unify, unify_all};
use crate::ty::{Const, Name, Ty, Why};

use super::context::{Context, NameValue};
use super::finish;
use super::rerun::Rerun;
use super::{Callee, Problem, ProblemKind, Resolved, TypedBody};

/// More rounds than any body needs; each one grows a type, and types have few steps to grow.
const MAX_ROUNDS: usize = 64;

/// Numba's type variable: the join of what is known, and whether a part cannot be known.
#[derive(Clone, Debug, Default)]
pub(super) struct TypeVar {
    pub(super) known: Option<Ty>,
    pub(super) hole: Option<Ty>,
    /// Arguments of `locals=`, globals and declared returns do not grow: later types must convert to theirs.
    locked: bool,
    /// The assignment that gave `known`, as long as there is no other.
    only: Option<Origin>,
    /// Each assignment that reached this variable, for the message of a clash; without `only`.
    inputs: Vec<(Origin, Ty)>,
}

impl TypeVar {
    /// To be called before `known` changes, or another assignment counts.
    fn keep_only(&mut self) {
        if let (Some(origin), Some(known)) = (self.only.take(), &self.known) {
            self.inputs.push((origin, known.clone()));
        }
    }
}

/// Where a refinement of a variable (`list(undefined)` that was appended to) travels on to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Refines {
    Copy(VarId),
    /// The receiver that a bound method was taken from.
    Receiver(VarId),
}

pub(super) struct Solver<'a> {
    pub(super) cx: &'a dyn Context,
    pub(super) body: &'a Body,
    pub(super) vars: Vec<TypeVar>,
    pub(super) refines: Vec<Option<Refines>>,
    pub(super) resolved: Vec<Option<Box<Resolved>>>,
    /// Instructions whose name could not be typed: found while building, before any round.
    pub(super) name_problems: Vec<Problem>,
    /// Problems of the present round.
    pub(super) problems: Vec<Problem>,
    /// The verdict of a callee is unknown though its return type is not.
    pub(super) callee_whys: Vec<Why>,
    /// A recursive call has no result yet: what depends on it is not to be reported.
    pub(super) recursion_pending: bool,
    pub(super) changed: bool,
    pub(super) args: &'a [Ty],
    pub(super) options: &'a JitOptions,
    pub(super) yields: Vec<(Origin, Ty)>,
    /// The present constraint reported something.
    reported: bool,
    rerun: Rerun,
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
        vars: std::iter::repeat_with(TypeVar::default).take(body.vars.len()).collect(),
        refines: vec![None; body.vars.len()],
        resolved: std::iter::repeat_with(|| None).take(body.n_insts as usize).collect(),
        name_problems: Vec::new(),
        problems: Vec::new(),
        callee_whys: Vec::new(),
        recursion_pending: false,
        changed: false,
        args,
        options,
        yields: Vec::new(),
        reported: false,
        rerun: Rerun::new(body.vars.len(), body.n_insts as usize),
    };
    solver.seed();
    let mut found: Vec<Problem> = Vec::new();
    loop {
        solver.rounds();
        for problem in std::mem::take(&mut solver.problems) {
            if !found.contains(&problem) {
                found.push(problem);
            }
        }
        // Each time more variables are poisoned, so this ends.
        if !solver.poison_undecided(&found) {
            break;
        }
    }
    finish::finish(solver, body.clone(), found, ret)
}

impl<'a> Solver<'a> {
    fn seed(&mut self) {
        for (var, slot) in self.body.vars.iter().zip(&mut self.vars) {
            let declared = var
                .name
                .as_ref()
                .and_then(|name| self.options.locals.iter().find(|(known, _)| known == name));
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
            Value::Const(Const::Int(value))
                if i64::try_from(value.get()).is_err() && u64::try_from(value.get()).is_err() =>
            {
                let kind = RefusalKind::Other("this int does not fit into 64 bits".into());
                let refusal = Refusal { kind, arg: None };
                NameValue::Refused(ProblemKind::Refused { what: "int".into(), refusal, args: Vec::new() })
            }
            Value::Const(value) => {
                // A constant tuple is built from its items; one that is a value itself stands inside another.
                let ty = Ty::of_const(value);
                let ty = if matches!(value, Const::Tuple(_)) { ty.unliteral() } else { ty };
                self.add(dst, ty, inst.origin);
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
                self.name_problems.push(Problem { origin: inst.origin, numba_origin: None, kind });
                self.vars[dst.0 as usize].hole = Some(Ty::Poison);
            }
        }
    }

    /// Runs every constraint until no variable changes.
    fn rounds(&mut self) {
        for _ in 0..MAX_ROUNDS {
            self.changed = false;
            self.recursion_pending = false;
            self.problems.clear();
            self.callee_whys.clear();
            self.yields.clear();
            self.cx.check_cancelled();
            let body = self.body;
            for block in &body.blocks {
                for inst in &block.insts {
                    if self.rerun.is_due(inst) {
                        self.visit(inst);
                    }
                }
                self.terminator(block.term_origin, &block.term);
            }
            if !self.changed {
                break;
            }
        }
    }

    fn visit(&mut self, inst: &Inst) {
        let said = (self.callee_whys.len(), self.yields.len());
        let pending = std::mem::take(&mut self.recursion_pending);
        self.reported = false;
        self.rerun.start();
        self.constrain(inst);
        let quiet =
            !self.reported && !self.recursion_pending && said == (self.callee_whys.len(), self.yields.len());
        self.recursion_pending |= pending;
        self.rerun.finish(inst, quiet);
    }

    /// Notes that a variable has another type than before.
    pub(super) fn note_change(&mut self, var: VarId) {
        self.changed = true;
        self.rerun.changed(var);
    }

    /// Gives a poison to every variable that a reported failure left without a type. Returns whether there was one.
    fn poison_undecided(&mut self, found: &[Problem]) -> bool {
        if found.is_empty() && self.name_problems.is_empty() {
            return false;
        }
        let mut any = false;
        let body = self.body;
        self.rerun.start();
        let failed = |origin: Origin| {
            found.iter().any(|problem| problem.origin == origin || problem.numba_origin == Some(origin))
        };
        for block in &body.blocks {
            for inst in &block.insts {
                if let InstKind::Assign { dst, value } = &inst.kind {
                    let var = &self.vars[dst.0 as usize];
                    let empty = var.known.is_none() && var.hole.is_none();
                    let ready = self.operands_decided(value);
                    if empty && (failed(inst.origin) || ready) {
                        self.vars[dst.0 as usize].hole = Some(Ty::Poison);
                        self.rerun.changed(*dst);
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

    /// The type of a variable in its place. Whoever decides by it says so by [`Solver::note_reads`].
    pub(super) fn peek(&self, used: Use) -> Option<&Ty> {
        let var = &self.vars[used.var.0 as usize];
        var.hole.as_ref().or(var.known.as_ref())
    }

    pub(super) fn note_reads(&self, operands: [Use; 2]) {
        operands.into_iter().for_each(|used| self.rerun.read(used.var));
    }

    pub(super) fn var_ty(&self, var: VarId) -> Option<Ty> {
        self.rerun.read(var);
        let var = &self.vars[var.0 as usize];
        var.hole.clone().or_else(|| var.known.clone())
    }

    /// `TypeVar.add_type`: joins a type into a variable.
    pub(super) fn add(&mut self, dst: VarId, ty: Ty, origin: Origin) {
        self.join(dst, ty, origin, false);
    }

    /// `TypeInferer.add_type`: joins, and tells the variable's source if it was refined.
    pub(super) fn add_refining(&mut self, dst: VarId, ty: Ty, origin: Origin) {
        let tells_nobody = match self.refines[dst.0 as usize] {
            Some(Refines::Copy(source)) => self.vars[source.0 as usize].locked,
            Some(Refines::Receiver(_)) | None => true,
        };
        if tells_nobody {
            self.rerun.read(dst);
            self.join(dst, ty, origin, false);
            return;
        }
        let before = self.var_ty(dst);
        self.join(dst, ty, origin, false);
        let after = self.var_ty(dst);
        if let Some(after) = after
            && before.is_some_and(|before| before != after)
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

    pub(super) fn join(&mut self, dst: VarId, ty: Ty, origin: Origin, phi: bool) {
        let slot = &mut self.vars[dst.0 as usize];
        if ty.is_hole() {
            if slot.hole.is_none() && !slot.locked {
                slot.hole = Some(ty);
                self.note_change(dst);
            }
            return;
        }
        let Some(known) = &slot.known else {
            slot.known = Some(ty);
            slot.only = Some(origin);
            self.note_change(dst);
            return;
        };
        if slot.only == Some(origin) && *known == ty {
            return;
        }
        slot.keep_only();
        if !slot.inputs.iter().any(|(place, known)| *place == origin && *known == ty)
            && slot.inputs.len() < 16
        {
            slot.inputs.push((origin, ty.clone()));
        }
        let Some(known) = &slot.known else { return };
        if *known == ty {
            return;
        }
        if slot.locked {
            if !ty.has_hole() && can_convert(&ty, known).is_none() {
                let kind = ProblemKind::NoConversion { from: ty, to: known.clone() };
                self.report(origin, None, kind);
            }
            return;
        }
        match unify(known, &ty) {
            Unified::Ty(joined) => {
                if joined != *known {
                    slot.known = Some(joined);
                    self.note_change(dst);
                }
            }
            Unified::Clash => {
                let mut inputs = slot.inputs.clone();
                if !inputs.iter().any(|(_, known)| *known == ty) {
                    inputs.push((origin, ty));
                }
                let name = self.body.var(dst).name.clone();
                if !phi {
                    self.report(origin, None, ProblemKind::CannotUnify { name, var: dst, inputs });
                }
            }
        }
    }

    /// A phi joins its inputs all at once, so that every clash among them is one report.
    pub(super) fn phi(&mut self, inst: &Inst, dst: VarId, inputs: &[(BlockId, Use)]) {
        let mut known: SmallVec<[(VarId, Ty); 2]> = SmallVec::new();
        for (_, input) in inputs {
            if let Some(ty) = self.var_ty(input.var) {
                if ty.is_hole() {
                    self.join(dst, ty, inst.origin, true);
                    if let Some(partly) = self.vars[input.var.0 as usize].known.clone() {
                        known.push((input.var, partly));
                    }
                } else {
                    known.push((input.var, ty));
                }
                self.refines[dst.0 as usize] = Some(Refines::Copy(input.var));
            }
        }
        if self.vars[dst.0 as usize].locked {
            for (var, ty) in known {
                self.join(dst, ty, self.definition(var), false);
            }
            return;
        }
        // What an earlier round said about the phi takes part: types only grow.
        let mut all: Vec<Ty> = self.vars[dst.0 as usize].known.iter().cloned().collect();
        all.extend(known.iter().map(|(_, ty)| ty.clone()));
        if all.is_empty() {
            return;
        }
        let unified = match unify_all(&all) {
            Unified::Ty(Ty::Functions(members)) if !self.alike(&members) => Unified::Clash,
            unified => unified,
        };
        match unified {
            Unified::Ty(joined) => {
                if joined.is_hole() {
                    self.join(dst, joined, inst.origin, true);
                } else if self.vars[dst.0 as usize].known.as_ref() != Some(&joined) {
                    let slot = &mut self.vars[dst.0 as usize];
                    slot.keep_only();
                    slot.known = Some(joined);
                    self.note_change(dst);
                }
            }
            Unified::Clash => {
                let mut known: Vec<(Origin, Ty)> =
                    known.into_iter().map(|(var, ty)| (self.definition(var), ty)).collect();
                let before = self.vars[dst.0 as usize].known.clone();
                if let Some(before) = before.filter(|before| !known.iter().any(|(_, ty)| ty == before)) {
                    known.insert(0, (inst.origin, before));
                }
                let name = self.body.var(dst).name.clone();
                let place = known.last().map_or(inst.origin, |(origin, _)| *origin);
                self.report(
                    place,
                    Some(inst.origin),
                    ProblemKind::CannotUnify { name, var: dst, inputs: known },
                );
            }
        }
    }

    /// Whether functions take the same numbers of arguments: others cannot be chosen between.
    pub(super) fn alike(&self, members: &[Ty]) -> bool {
        let range = |params: &[Param]| {
            let needed = params.iter().filter(|param| param.default.is_none()).count();
            (needed, params.len())
        };
        let ranges: Vec<_> = members
            .iter()
            .filter_map(|member| match member {
                Ty::Dispatcher(kernel) => self.cx.body_of(kernel).map(|body| range(&body.params)),
                Ty::Closure(closure) => Some(range(&closure.function.body.params)),
                _ => None,
            })
            .collect();
        ranges.windows(2).all(|pair| pair[0] == pair[1])
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
        self.reported = true;
        let problem = Problem { origin, numba_origin, kind };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    pub(super) fn refuse(&mut self, origin: Origin, what: impl Into<Name>, refusal: Refusal, args: Vec<Ty>) {
        self.report(origin, None, ProblemKind::Refused { what: what.into(), refusal, args });
    }

    /// Records what an operator or index resolved to, or reports it.
    pub(super) fn settle(
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
            Outcome::Refused(refusal) if is_consequence(&refusal, &args) => {
                dst.into_iter().for_each(|dst| self.add(dst, Ty::Poison, inst.origin));
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
        let mut ret = typed.ret.clone();
        if let Some(dst) = dst {
            self.add_refining(dst, typed.ret, inst.origin);
            // An imprecise result takes the type its variable was refined to: `s = set(); s.add(1)`.
            if !ret.is_precise()
                && let Some(refined) = self.var_ty(dst)
            {
                ret = refined;
            }
        }
        self.resolved[inst.id.0 as usize] =
            Some(Box::new(Resolved { callee, args: typed.args.unwrap_or(args), ret }));
    }
}

/// Whether a refusal may only say again that an argument was refused where it comes from, or that nothing was ever put
/// into the container it comes from.
pub(super) fn is_consequence(refusal: &Refusal, args: &[Ty]) -> bool {
    let of_types = !matches!(
        &refusal.kind,
        RefusalKind::Unsupported
            | RefusalKind::UnsupportedKeyword(_)
            | RefusalKind::UnknownKeyword(_)
            | RefusalKind::MissingArgument(_)
            | RefusalKind::TooManyArguments { .. }
            | RefusalKind::TooNew { .. }
    );
    let refused = |arg: &Ty| *arg == Ty::Undefined || arg.any(&mut |part| *part == Ty::Poison);
    of_types && args.iter().any(refused)
}
