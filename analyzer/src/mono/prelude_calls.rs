//! Calls of the prelude's functions: which one a row of the table means, and at which types it is compiled.

use std::sync::Arc;

use super::body::Translate;
use super::calls::Operand;
use super::gate::prelude_options;
use super::types::mono_type;
use super::{Layout, MonoOp, MonoTy, NotCompiled, ValueId};
use crate::hir::body::VarId;
use crate::infer::SpecKey;
use crate::table::{Function, Lower};
use crate::ty::{Const, KernelRef, Literal, Ty};

impl Translate<'_, '_> {
    /// The lengths that a call gives one by one, as the one tuple that a function of the prelude takes.
    pub(super) fn as_shape(&mut self, lengths: Vec<Operand>) -> Result<Vec<Operand>, NotCompiled> {
        let ty = Ty::tuple(lengths.iter().map(|length| length.ty.unliteral()));
        let made = mono_type(&ty).map_err(|why| self.refuse(why))?;
        let values = lengths.into_iter().map(|length| length.value).collect();
        Ok(vec![Operand { value: self.make(made, MonoOp::Tuple(values)), ty }])
    }

    /// An option that the call gives and the function of the prelude never looks at. Those that only choose between
    /// ways to the same result are none.
    pub(super) fn unread_option(
        &self,
        row: &Function,
        operands: &[Operand],
        kernel: &KernelRef,
    ) -> Option<&'static str> {
        const SAME_RESULT: [&str; 4] = ["dtype", "kind", "assume_unique", "replace"];
        let params = &row.cached_params().0;
        let receivers = operands.len().saturating_sub(params.len());
        let unread = self.gate.project.unread_params(kernel);
        params.iter().zip(operands.iter().skip(receivers)).enumerate().find_map(
            |(place, (param, operand))| {
                let given = param.default.is_some() && !matches!(operand.ty, Ty::None | Ty::Omitted(_));
                let lost = unread.contains(&(place + receivers)) && !SAME_RESULT.contains(&param.name);
                (given && lost).then_some(param.name)
            },
        )
    }

    /// The names that the prelude may have the function under, best first: for the option that the call gives
    /// (`numpy_sum_with_axis`), for the rank of the array (`numpy_sum_2d`), for all; a method like NumPy's function.
    pub(super) fn prelude_names(&self, row: &'static Function, operands: &[Operand]) -> Vec<String> {
        let mut bases = match row.lower {
            Lower::Prelude(name) => vec![name.to_string()],
            _ => vec![row.path.replace('.', "_")],
        };
        bases.extend(row.path.strip_prefix("array.").map(|method| format!("numpy_{method}")));
        let rank = operands.iter().find_map(|operand| rank_of(&operand.ty));
        let strided =
            operands.iter().any(|op| op.ty.as_array().is_some_and(|array| array.layout == Layout::A));
        let receivers = operands.len().saturating_sub(row.cached_params().0.len());
        // The last option that is given has most to say.
        let option = row.cached_params().0.iter().zip(operands.iter().skip(receivers)).rev().find_map(
            |(param, operand)| {
                let given = param.default == Some("None") && !matches!(operand.ty, Ty::None | Ty::Omitted(_));
                (given && param.name != "dtype").then_some(param.name)
            },
        );
        let mut names = Vec::new();
        for base in bases {
            let with = option.map(|option| format!("{base}_with_{option}"));
            for name in with.into_iter().chain([base]) {
                names.extend(strided.then(|| format!("{name}_strided")));
                names.extend(rank.map(|rank| format!("{name}_{rank}d")));
                names.push(name);
            }
        }
        names
    }

    /// A call of a function of the prelude, at the types of the operands.
    pub(super) fn prelude_call(
        &mut self,
        out: ValueId,
        dst: VarId,
        kernel: KernelRef,
        operands: &[Operand],
        path: &str,
    ) -> Result<(), NotCompiled> {
        let mut args: Vec<Ty> = operands.iter().map(|operand| argument_type(&operand.ty)).collect();
        let mut values: Vec<ValueId> = operands.iter().map(|operand| operand.value).collect();
        if self.gate.project.last_param(&kernel).is_some_and(|name| &*name == RESULT) {
            args.push(Ty::NumberClass(Arc::new(result_number(self.ty(dst)))));
            values.push(self.constant(&Const::None));
        }
        let options = Some(Arc::new(prelude_options()));
        let key = SpecKey { kernel, args, options, ret: None, python: false };
        let typed = self.gate.project.infer(&key);
        let wanted = self.ty(dst).unliteral();
        if !typed.problems.is_empty() || !typed.whys.is_empty() || typed.ret.has_hole() {
            let shown: Vec<String> = key.args.iter().map(Ty::to_string).collect();
            return Err(self.refuse(format!("`{path}` of ({}) is not compiled yet", shown.join(", "))));
        }
        let (found, expected) = (mono_type(&typed.ret), mono_type(&wanted));
        if found != expected && !castable(found.as_ref().ok(), expected.as_ref().ok()) {
            return Err(self.refuse(format!("`{path}` gives `{}` here, not `{wanted}`", typed.ret)));
        }
        let func = self.gate.function(&key)?;
        self.emit(Some(out), MonoOp::Call { func, values });
        Ok(())
    }
}

/// A function of the prelude whose last parameter has this name is given the number type of its result there.
const RESULT: &str = "result_type";

/// The type of the numbers in a result: of the items of an array, of the members of a tuple.
pub(super) fn result_number(ty: &Ty) -> Ty {
    match ty {
        Ty::Array(array) => array.elem.clone(),
        Ty::Tuple(items) => items.first().map_or(Ty::None, result_number),
        Ty::Optional(inner) => result_number(inner),
        other => other.unliteral(),
    }
}

/// The rank of an array, or of the first array in a sequence.
fn rank_of(ty: &Ty) -> Option<u8> {
    match ty {
        Ty::Array(array) => array.ndim,
        Ty::Tuple(items) => items.first().and_then(rank_of),
        Ty::List { elem, .. } | Ty::TypedList(elem) => rank_of(elem),
        _ => None,
    }
}

/// The type that a parameter of the prelude sees: strings and small options stay literal, values do not.
fn argument_type(ty: &Ty) -> Ty {
    match ty {
        Ty::Literal(Literal::Str(_)) | Ty::Omitted(_) => ty.clone(),
        Ty::Tuple(items) => Ty::tuple(items.iter().map(argument_type)),
        other => other.unliteral(),
    }
}

/// Whether the code generator turns one into the other without loss of meaning.
fn castable(from: Option<&MonoTy>, to: Option<&MonoTy>) -> bool {
    match (from, to) {
        // A result in another layout than the type says would be read wrongly; any layout fits the general one.
        (Some(MonoTy::Array(from)), Some(MonoTy::Array(to))) => {
            // One dimension that is contiguous is so in both orders.
            let both = from.ndim == 1 && from.layout != Layout::A;
            let layout = from.layout == to.layout || to.layout == Layout::A || both;
            layout && from.elem == to.elem && from.ndim == to.ndim
        }
        (Some(MonoTy::Tuple(from)), Some(MonoTy::Tuple(to))) => {
            let fits = |(from, to): (&MonoTy, &MonoTy)| from == to || castable(Some(from), Some(to));
            from.len() == to.len() && from.iter().zip(to).all(fits)
        }
        (Some(from), Some(MonoTy::Optional(to))) => castable(Some(from), Some(to)) || from == &**to,
        (Some(from), Some(to)) => from == to || from.is_number() && to.is_number(),
        _ => false,
    }
}
