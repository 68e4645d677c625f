//! Calls through pointers to functions of C.

use crate::hir::body::{Call, Value, VarId};
use crate::ty::Ty;

use super::body::Translate;
use super::calls::Operand;
use super::types::mono_type;
use super::{MonoOp, NotCompiled, ValueId};

impl<'a> Translate<'a, '_> {
    /// A call through a pointer to a C function: we have some of them ourselves.
    pub(super) fn pointer_call(&mut self, out: ValueId, dst: VarId, call: &Call) -> Result<(), NotCompiled> {
        let (Ty::FunctionType(signature) | Ty::ExternalFunction(signature)) = self.ty(call.func.var).clone()
        else {
            return Ok(());
        };
        let mut at = call.func.var;
        let mut found = None;
        for _ in 0..16 {
            match self.defs.get(&at) {
                Some(Value::Copy(from)) => at = from.var,
                Some(Value::Global(name)) => {
                    found = self.gate.project.c_function(&self.key.kernel, name);
                    break;
                }
                _ => break,
            }
        }
        let Some(name) = found else {
            return Err(self.refuse("calling a function given as a value is not compiled yet".into()));
        };
        let Some(kernel) = self.gate.project.prelude(&format!("scipy_special_{name}")) else {
            return Err(self.refuse(format!("`scipy.special.{name}` is not compiled yet")));
        };
        let mut operands = Vec::new();
        for (operand, ty) in self.positional(call)?.into_iter().zip(&signature.1) {
            let mono = mono_type(ty).map_err(|why| self.refuse(why))?;
            let value = self.make(mono, MonoOp::Copy(operand.value));
            operands.push(Operand { value, ty: ty.clone() });
        }
        self.prelude_call(out, dst, kernel, &operands, &name)
    }
}
