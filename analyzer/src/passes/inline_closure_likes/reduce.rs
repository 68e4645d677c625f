//! `functools.reduce`, which Numba inlines as if it were written in Python.
//!
//! ```python
//! def reduce(f, A, v=None):
//!     it = iter(A)
//!     if v is not None:
//!         s = v
//!     else:
//!         s = next(it)
//!     for a in it:
//!         s = f(s, a)
//!     return s
//! ```

use std::sync::Arc;

use crate::hir::body::{
    Block, BlockId, Body, Call, CmpOp, DefaultValue, InnerFunction, InnerKind, InstKind, Origin, Param,
    ParamKind, Terminator, Use, Value, VarId,
};
use crate::ty::Const;

/// The function as if it stood where it is called.
pub(super) fn reduce(origin: Origin) -> Arc<InnerFunction> {
    let mut make = Make { body: Body::default(), insts: Vec::new(), origin };
    let [f, a, v] = ["f", "A", "v"].map(|name| make.param(name));
    let (it, s, item) = (make.named("it"), make.named("s"), make.named("a"));

    let iter = make.temp(Value::Global("iter".into()));
    make.assign(it, call(iter, vec![a]));
    let none = make.temp(Value::Const(Const::None));
    let cond = make.temp(Value::Compare(CmpOp::IsNot, v, none));
    make.end(Terminator::Branch { cond, then: BlockId(1), orelse: BlockId(2) });

    make.assign(s, Value::Copy(v));
    make.end(Terminator::Jump(BlockId(3)));

    let next = make.temp(Value::Global("next".into()));
    make.assign(s, call(next, vec![it]));
    make.end(Terminator::Jump(BlockId(3)));

    let items = make.temp(Value::Iter(it));
    make.end(Terminator::Jump(BlockId(4)));

    let pair = make.temp(Value::Next(items));
    let first = make.temp(Value::PairFirst(pair));
    let cond = make.temp(Value::PairSecond(pair));
    make.end(Terminator::Branch { cond, then: BlockId(5), orelse: BlockId(6) });

    make.assign(item, Value::Copy(first));
    make.assign(s, call(f, vec![s, item]));
    make.end(Terminator::Jump(BlockId(4)));

    make.end(Terminator::Return(s));
    Arc::new(InnerFunction {
        name: "reduce".into(),
        kind: InnerKind::Def,
        body: make.body,
        free: Vec::new(),
        decorated: false,
        origin,
    })
}

struct Make {
    body: Body,
    insts: Vec<crate::hir::body::Inst>,
    origin: Origin,
}

impl Make {
    fn named(&mut self, name: &str) -> Use {
        Use { var: self.body.new_var(Some(name.into())), origin: self.origin }
    }

    fn param(&mut self, name: &str) -> Use {
        let used = self.named(name);
        let default = (name == "v").then_some(DefaultValue::Const(Const::None));
        let index = self.body.params.len() as u32;
        let (var, kind, origin) = (used.var, ParamKind::Positional, self.origin);
        self.body.params.push(Param { name: name.into(), var, kind, default, origin });
        self.assign(used, Value::Param(index));
        used
    }

    fn temp(&mut self, value: Value) -> Use {
        let dst: VarId = self.body.new_var(None);
        let used = Use { var: dst, origin: self.origin };
        self.assign(used, value);
        used
    }

    fn assign(&mut self, dst: Use, value: Value) {
        let inst = self.body.new_inst(self.origin, InstKind::Assign { dst: dst.var, value });
        self.insts.push(inst);
    }

    fn end(&mut self, term: Terminator) {
        let insts = std::mem::take(&mut self.insts);
        self.body.blocks.push(Block { insts, term, term_origin: self.origin, head: self.origin });
    }
}

fn call(func: Use, args: Vec<Use>) -> Value {
    Value::Call(Box::new(Call { func, args, kwargs: Vec::new(), star: None }))
}
