//! Turns `a.ndim` of an array argument and `len(t)` of a tuple argument into constants, so that branches on them
//! can be pruned.

use super::definitions::Definitions;
use super::{Env, Fact};
use crate::hir::body::{Body, Inst, InstKind, Value};
use crate::ty::{Const, Ty};

pub fn rewrite_semantic_constants(body: &mut Body, args: &[Ty], env: &dyn Env) {
    let defs = Definitions::new(body);
    let mut found = Vec::new();
    for (block, b) in body.blocks.iter().zip(0..) {
        for (inst, i) in block.insts.iter().zip(0..) {
            if let Some(value) = constant(body, &defs, inst, args, env) {
                found.push((b, i, value));
            }
        }
    }
    for (b, i, constant) in found {
        let inst: &mut Inst = &mut body.blocks[b as usize].insts[i as usize];
        if let InstKind::Assign { value, .. } = &mut inst.kind {
            *value = Value::Const(Const::int(constant));
        }
    }
}

fn constant(body: &Body, defs: &Definitions, inst: &Inst, args: &[Ty], env: &dyn Env) -> Option<i128> {
    let arg = |var| match defs.value(body, var)? {
        Value::Param(index) => args.get(*index as usize),
        _ => None,
    };
    let InstKind::Assign { value, .. } = &inst.kind else { return None };
    match value {
        Value::Attr(array, attr) if &**attr == "ndim" => match arg(array.var)? {
            Ty::Array(array) => array.ndim.map(i128::from),
            Ty::NestedArray(nested) => Some(nested.1.len() as i128),
            _ => None,
        },
        Value::Call(call) => {
            let [tuple] = &call.args[..] else { return None };
            let len = arg(tuple.var)?.tuple_items()?.len();
            let Value::Global(name) = defs.value(body, call.func.var)? else { return None };
            (env.global(name) == Fact::Library("builtins.len".into())).then_some(len as i128)
        }
        _ => None,
    }
}
