//! Calls of function values by rules of the table.

use crate::infer::context::Context;
use crate::infer::{Problem, SpecKey, TypedBody};
use crate::table::args::{Args, Callees};
use crate::table::{self, Outcome, RefusalKind, Version};
use crate::ty::{Ty, Why};

use super::Given;
use super::fold::{Fold, fold};

/// Lets rules type calls of function values: `sorted(key=f)`.
pub(super) struct RuleCallees<'a> {
    pub(super) cx: &'a dyn Context,
}

impl Callees for RuleCallees<'_> {
    fn numba(&self) -> Version {
        self.cx.numba()
    }

    fn call(&self, func: &Ty, args: &[Ty]) -> Outcome {
        match func {
            Ty::Dispatcher(kernel) => {
                let Some(body) = self.cx.body_of(kernel) else {
                    return Outcome::Hole(Why::Callee(kernel.qualname.clone()));
                };
                let given = Given { positional: args.to_vec(), keywords: Vec::new() };
                match fold(self.cx, kernel, &body.params, &given) {
                    Ok(args) => {
                        let key = SpecKey {
                            kernel: (**kernel).clone(),
                            args,
                            options: None,
                            ret: None,
                            python: false,
                        };
                        called(&self.cx.infer(&key), key.args)
                    }
                    Err(Fold::Unknown(why)) => Outcome::Hole(why),
                    Err(Fold::Refused(_)) => Outcome::refused(RefusalKind::NoOverload(args.to_vec())),
                }
            }
            Ty::Closure(closure) => {
                let given = Given { positional: args.to_vec(), keywords: Vec::new() };
                match fold(self.cx, &closure.kernel, &closure.function.body.params, &given) {
                    Ok(args) => called(&self.cx.infer_closure(closure, &args), args),
                    Err(Fold::Unknown(why)) => Outcome::Hole(why),
                    Err(Fold::Refused(_)) => Outcome::refused(RefusalKind::NoOverload(given.all())),
                }
            }
            Ty::Function(path) => match table::find(path) {
                Some(row) => match Args::bind(row.path, row.cached_params(), None, args, &[], self) {
                    Ok(bound) => (row.rule)(&bound),
                    Err(refusal) => Outcome::Refused(refusal),
                },
                None => Outcome::Hole(Why::NotInTable(path.clone())),
            },
            _ => Outcome::Hole(Why::NotModelled("a call inside a library function")),
        }
    }
}

/// What a function gives to a rule that calls it.
fn called(typed: &TypedBody, args: Vec<Ty>) -> Outcome {
    match typed.problems.first() {
        Some(Problem { .. }) => Outcome::refused(RefusalKind::NoOverload(args)),
        None if typed.ret == Ty::Undefined => {
            Outcome::Hole(Why::NotModelled("a recursive function passed on"))
        }
        None => match typed.whys.first() {
            Some(why) if !typed.ret.has_hole() => Outcome::Hole(why.clone()),
            _ => Outcome::known(typed.ret.clone()),
        },
    }
}
