//! Typings of one body that differ in which branches exist.
//!
//! `isinstance` and `hasattr` are answered by a first, partial typing, as Numba does. Branches that an unknown
//! argument may remove are tried both ways: only what is refused in every variant is certain.

use std::sync::Arc;

use crate::hir::JitOptions;
use crate::hir::body::{BlockId, Body};
use crate::passes::{self, Env};
use crate::table::{Refusal, RefusalKind};
use crate::ty::{Ty, Why};

use super::context::Context;
use super::{Problem, ProblemKind, TypedBody, Untyped, solve};

/// More open branches than this are not tried in all combinations; what they may decide is then unknown.
const MAX_OPEN: usize = 4;

/// What a body is typed for.
pub(super) struct Question<'a> {
    pub(super) cx: &'a dyn Context,
    pub(super) env: &'a dyn Env,
    pub(super) args: &'a [Ty],
    pub(super) ret: Option<&'a Ty>,
    pub(super) options: &'a JitOptions,
}

impl Question<'_> {
    /// Types a prepared body.
    pub(super) fn answer(&self, body: Arc<Body>) -> TypedBody {
        let mut typed = self.solve(body);
        if !typed.problems.is_empty() {
            self.keep_certain(&mut typed);
        }
        typed
    }

    /// One typing, or two with the questions about types folded in between.
    fn solve(&self, body: Arc<Body>) -> TypedBody {
        let typed = self.solve_once(&body);
        if !passes::asks_for_types(&body, self.env) {
            return typed;
        }
        let mut folded = (*body).clone();
        match passes::propagate_literals(&mut folded, &typed.types, self.args, self.env) {
            Ok(()) => {
                let mut answer = self.solve_once(&Arc::new(folded));
                let lost = typed.problems.into_iter().filter(of_name).collect();
                add_missing(&mut answer.problems, lost);
                answer
            }
            Err(merged) => {
                let mut typed = typed;
                let name =
                    merged.variable.map_or_else(|| "its argument".to_string(), |name| format!("`{name}`"));
                let sentence = format!(
                    "`{}` cannot tell the type of {name}: it was merged from branches",
                    merged.function
                );
                let refusal = Refusal { kind: RefusalKind::Other(sentence.into()), arg: None };
                let kind = ProblemKind::Refused { what: merged.function, refusal, args: Vec::new() };
                typed.problems = vec![Problem { origin: merged.origin, numba_origin: None, kind }];
                typed
            }
        }
    }

    fn solve_once(&self, body: &Arc<Body>) -> TypedBody {
        solve::solve(self.cx, body, self.args, self.ret, self.options)
    }

    /// Drops the problems that some filling of the holes would prune away.
    fn keep_certain(&self, typed: &mut TypedBody) {
        let open = passes::open_branches(&typed.body, self.args, self.env);
        if open.is_empty() {
            return;
        }
        let before = typed.problems.len();
        if open.len() > MAX_OPEN {
            typed.problems.retain(before_typing);
        } else {
            // Each branch stays, or goes one way or the other.
            for combination in 1..3_usize.pow(open.len() as u32) {
                let taken = choices(&open, combination);
                let mut variant = (*typed.body).clone();
                passes::take_branches(&mut variant, &taken);
                let other = self.solve(Arc::new(variant));
                typed.problems.retain(|problem| other.problems.iter().any(|known| same(problem, known)));
                if typed.problems.iter().all(before_typing) {
                    break;
                }
            }
        }
        if typed.problems.len() < before {
            typed.whys.push(Why::NotModelled("a branch that an unknown value decides"));
        }
    }
}

/// The ways that a combination, read in base 3, sends the open branches.
fn choices(open: &[BlockId], combination: usize) -> Vec<(BlockId, bool)> {
    let mut rest = combination;
    let mut taken = Vec::new();
    for block in open {
        match rest % 3 {
            1 => taken.push((*block, true)),
            2 => taken.push((*block, false)),
            _ => {}
        }
        rest /= 3;
    }
    taken
}

/// Numba meets most refused syntax before it prunes anything.
fn before_typing(problem: &Problem) -> bool {
    matches!(&problem.kind, ProblemKind::Syntax(kind) if !kind.is_met_by_typing())
}

/// Whether a name has no type. Numba asks for those of all names before it folds what asks for types, and fails there
/// even if the name is read in a branch that is pruned then. A list or set has one, if it has items.
fn of_name(problem: &Problem) -> bool {
    match &problem.kind {
        ProblemKind::UndefinedGlobal(_) | ProblemKind::UndecoratedCallee(_) => true,
        ProblemKind::UntypedGlobal { what, .. } => !matches!(what, Untyped::List | Untyped::Set),
        ProblemKind::Refused { refusal, args, .. } => {
            matches!((&refusal.kind, args.as_slice()), (RefusalKind::NoAttribute(_), [Ty::Module(_)]))
        }
        _ => false,
    }
}

/// Puts problems in front of those that are known.
fn add_missing(problems: &mut Vec<Problem>, mut more: Vec<Problem>) {
    more.retain(|problem| !problems.iter().any(|known| same(problem, known)));
    problems.splice(0..0, more);
}

fn same(a: &Problem, b: &Problem) -> bool {
    a.origin == b.origin && std::mem::discriminant(&a.kind) == std::mem::discriminant(&b.kind)
}
