//! Bodies built by hand, and their listing, for the tests of the passes.

use crate::hir::body::{
    Block, BlockId, Body, InstKind, Origin, Param, ParamKind, Terminator, Use, Value, VarId,
};
use crate::ty::Const;

pub(crate) struct Builder {
    pub(crate) body: Body,
}

impl Builder {
    /// A function of these parameters with so many empty blocks.
    pub(crate) fn new(params: &[&str], n_blocks: usize) -> Builder {
        let mut builder =
            Builder { body: Body { blocks: vec![Block::default(); n_blocks], ..Body::default() } };
        for (param, index) in params.iter().zip(0..) {
            let var = builder.var(param);
            let name = (*param).into();
            let origin = Origin::NONE;
            builder.body.params.push(Param { name, var, kind: ParamKind::Positional, default: None, origin });
            builder.assign(0, param, Value::Param(index));
        }
        builder
    }

    pub(crate) fn var(&mut self, name: &str) -> VarId {
        let found = self.body.vars.iter().position(|var| var.name.as_deref() == Some(name));
        found.map_or_else(|| self.body.new_var(Some(name.into())), |index| VarId(index as u32))
    }

    pub(crate) fn used(&mut self, name: &str) -> Use {
        Use { var: self.var(name), origin: Origin::NONE }
    }

    pub(crate) fn assign(&mut self, block: usize, name: &str, value: Value) {
        let dst = self.var(name);
        let inst = self.body.new_inst(Origin::NONE, InstKind::Assign { dst, value });
        self.body.blocks[block].insts.push(inst);
    }

    pub(crate) fn constant(&mut self, block: usize, name: &str, value: i128) {
        self.assign(block, name, Value::Const(Const::int(value)));
    }

    pub(crate) fn copy(&mut self, block: usize, name: &str, from: &str) {
        let from = self.used(from);
        self.assign(block, name, Value::Copy(from));
    }

    pub(crate) fn jump(&mut self, block: usize, to: u32) {
        self.body.blocks[block].term = Terminator::Jump(BlockId(to));
    }

    pub(crate) fn branch(&mut self, block: usize, cond: &str, then: u32, orelse: u32) {
        let cond = self.used(cond);
        self.body.blocks[block].term =
            Terminator::Branch { cond, then: BlockId(then), orelse: BlockId(orelse) };
    }

    pub(crate) fn ret(&mut self, block: usize, name: &str) {
        let value = self.used(name);
        self.body.blocks[block].term = Terminator::Return(value);
    }
}

/// The lines of a block, without the parameters.
pub(crate) fn show(body: &Body, block: usize) -> Vec<String> {
    let name = |var: VarId| {
        let data = body.var(var);
        let name = data.name.as_deref().map_or_else(|| format!("${}", var.0), str::to_owned);
        if data.version == 0 { name } else { format!("{name}.{}", data.version) }
    };
    let value = |value: &Value| match value {
        Value::Const(Const::Int(value)) => value.to_string(),
        Value::Copy(from) => name(from.var),
        Value::Phi(inputs) => {
            let inputs: Vec<String> =
                inputs.iter().map(|(from, used)| format!("{}: {}", from.0, name(used.var))).collect();
            format!("phi({})", inputs.join(", "))
        }
        other => format!("{other:?}"),
    };
    let mut lines = Vec::new();
    for inst in &body.blocks[block].insts {
        match &inst.kind {
            InstKind::Assign { value: Value::Param(_), .. } => {}
            InstKind::Assign { dst, value: assigned } => {
                lines.push(format!("{} = {}", name(*dst), value(assigned)));
            }
            other => lines.push(format!("{other:?}")),
        }
    }
    lines.push(match &body.blocks[block].term {
        Terminator::Jump(to) => format!("jump {}", to.0),
        Terminator::Branch { cond, then, orelse } => {
            format!("branch {} {} {}", name(cond.var), then.0, orelse.0)
        }
        Terminator::Return(value) => format!("return {}", name(value.var)),
        other => format!("{other:?}"),
    });
    lines
}
