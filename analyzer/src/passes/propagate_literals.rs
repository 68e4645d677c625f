//! Folds `isinstance` and `hasattr` by the types that a first inference finds, and prunes the branches on them.
//!
//! Numba does this only in functions that mention one of the two, and there it turns every value of a literal type
//! into a constant, calls of other functions excepted.

use super::definitions::Definitions;
use super::{Env, Fact, dead_branch_prune, rewrite_semantic_constants};
use crate::hir::body::{Body, Inst, InstKind, Origin, Value, VarId};
use crate::ty::{Const, Name, Ty};

/// The argument of `isinstance` or `hasattr` is a merge of several versions, which Numba refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedArgument {
    /// The call.
    pub origin: Origin,
    /// `isinstance` or `hasattr`.
    pub function: Name,
    pub variable: Option<Name>,
}

/// Whether the body has to be typed once before it can be typed: it mentions `isinstance` or `hasattr`.
pub fn asks_for_types(body: &Body, env: &dyn Env) -> bool {
    let mut values = body.blocks.iter().flat_map(|block| &block.insts).filter_map(|inst| match &inst.kind {
        InstKind::Assign { value, .. } => Some(value),
        _ => None,
    });
    values.any(|value| {
        matches!(value, Value::Global(_) | Value::Free(_)) && is_type_question(value, env).is_some()
    })
}

/// `isinstance` or `hasattr`, if the value is that function.
pub(crate) fn is_type_question(value: &Value, env: &dyn Env) -> Option<&'static str> {
    let fact = match value {
        Value::Global(name) => env.global(name),
        Value::Free(name) => env.free(name),
        _ => return None,
    };
    match fact {
        Fact::Library(path) if &*path == "builtins.isinstance" => Some("isinstance"),
        Fact::Library(path) if &*path == "builtins.hasattr" => Some("hasattr"),
        _ => None,
    }
}

/// Rewrites a prepared body by its types so far, and prunes it again. `types` is indexed by variable.
pub fn propagate_literals(
    body: &mut Body,
    types: &[Ty],
    args: &[Ty],
    env: &dyn Env,
) -> Result<(), MergedArgument> {
    let defs = Definitions::new(body);
    let mut found = Vec::new();
    for (block, b) in body.blocks.iter().zip(0..) {
        for (inst, i) in block.insts.iter().zip(0..) {
            let InstKind::Assign { dst, value } = &inst.kind else { continue };
            if folds(body, &defs, inst, value, types, env)?
                && let Some(constant) = types.get(dst.0 as usize).and_then(literal)
            {
                found.push((b, i, constant));
            }
        }
    }
    for (b, i, constant) in found {
        let inst: &mut Inst = &mut body.blocks[b as usize].insts[i as usize];
        if let InstKind::Assign { value, .. } = &mut inst.kind {
            *value = Value::Const(constant);
        }
    }
    rewrite_semantic_constants(body, args, env);
    dead_branch_prune(body, args, env);
    Ok(())
}

/// Whether Numba looks at the type of what this instruction assigns.
fn folds(
    body: &Body,
    defs: &Definitions,
    inst: &Inst,
    value: &Value,
    types: &[Ty],
    env: &dyn Env,
) -> Result<bool, MergedArgument> {
    match value {
        Value::Param(_)
        | Value::Const(_)
        | Value::Free(_)
        | Value::Global(_)
        | Value::Dict(_)
        | Value::List(_)
        | Value::ComprehensionList
        | Value::Tuple(_)
        | Value::Set(_) => Ok(false),
        Value::Call(call) => {
            let function = defs.value(body, call.func.var).and_then(|func| is_type_question(func, env));
            let Some(function) = function else { return Ok(false) };
            match call.args.iter().find(|arg| is_phi(body, defs, arg.var)) {
                Some(arg) => Err(MergedArgument {
                    origin: inst.origin,
                    function: function.into(),
                    variable: body.var(arg.var).name.clone(),
                }),
                None => Ok(true),
            }
        }
        Value::Phi(inputs) => {
            let mut incoming = inputs.iter().map(|(_, used)| types.get(used.var.0 as usize));
            let first = incoming.next().flatten();
            Ok(incoming.all(|ty| ty == first))
        }
        _ => Ok(true),
    }
}

fn is_phi(body: &Body, defs: &Definitions, var: VarId) -> bool {
    let Some((block, inst)) = defs.place(var) else { return false };
    let inst = &body.blocks[block as usize].insts[inst as usize];
    matches!(inst.kind, InstKind::Assign { value: Value::Phi(_), .. })
}

fn literal(ty: &Ty) -> Option<Const> {
    match ty {
        Ty::Literal(literal) => literal.as_const(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Builder, show};
    use super::*;
    use crate::hir::body::Call;

    struct Builtins;

    impl Env for Builtins {
        fn global(&self, name: &Name) -> Fact {
            Fact::Library(format!("builtins.{name}").into())
        }

        fn free(&self, _: &Name) -> Fact {
            Fact::Unknown
        }
    }

    /// `if isinstance(x, int): return x` and `return n` after it.
    fn asks(x: Value) -> Builder {
        let mut b = Builder::new(&["n"], 3);
        b.assign(0, "x", x);
        b.assign(0, "f", Value::Global("isinstance".into()));
        b.assign(0, "t", Value::Global("int".into()));
        let (func, args) = (b.used("f"), vec![b.used("x"), b.used("t")]);
        b.assign(0, "c", Value::Call(Box::new(Call { func, args, kwargs: Vec::new(), star: None })));
        b.branch(0, "c", 1, 2);
        b.ret(1, "x");
        b.ret(2, "n");
        b
    }

    fn types(b: &mut Builder, answer: Ty) -> Vec<Ty> {
        let mut types = vec![Ty::INT64; b.body.vars.len()];
        types[b.var("c").0 as usize] = answer;
        types
    }

    #[test]
    fn a_branch_on_isinstance_is_pruned_by_the_type() {
        let mut b = asks(Value::Const(Const::int(1)));
        assert!(asks_for_types(&b.body, &Builtins));
        let types = types(&mut b, Ty::bool_literal(false));
        let mut body = b.body;
        assert_eq!(propagate_literals(&mut body, &types, &[Ty::INT64], &Builtins), Ok(()));
        assert_eq!(show(&body, 1), ["return n"]);
        assert_eq!(body.blocks.len(), 2);
    }

    #[test]
    fn isinstance_of_a_merge_is_refused() {
        let mut b = asks(Value::Phi(Vec::new()));
        let types = types(&mut b, Ty::Bool);
        let refused = propagate_literals(&mut b.body, &types, &[Ty::INT64], &Builtins);
        assert_eq!(refused.map_err(|merged| merged.variable), Err(Some("x".into())));
    }

    #[test]
    fn an_answer_that_is_not_known_leaves_the_branch_open() {
        let mut b = asks(Value::Const(Const::int(1)));
        let types = types(&mut b, Ty::Hole(crate::ty::Why::BrokenSource));
        let mut body = b.body;
        assert_eq!(propagate_literals(&mut body, &types, &[Ty::INT64], &Builtins), Ok(()));
        assert_eq!(super::super::open_branches(&body, &[Ty::INT64], &Builtins).len(), 1);
    }
}
