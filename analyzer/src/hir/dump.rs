//! A body as text, for tests and for reading.

use std::fmt::{Display, Formatter, Result, Write};

use super::body::{Block, Body, InstKind, Terminator, UnaryOp, Use, Value, VarId};
use crate::ty::Const;

impl Display for Body {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for (index, block) in self.blocks.iter().enumerate() {
            writeln!(f, "b{index}:")?;
            self.block_text(f, block)?;
        }
        for refused in &self.refused {
            writeln!(f, "refused {:?}", refused.kind)?;
        }
        if self.broken {
            writeln!(f, "broken")?;
        }
        for (index, function) in self.functions.iter().enumerate() {
            let free: Vec<&str> = function.free.iter().map(|name| &**name).collect();
            writeln!(f, "function {index} {} reads [{}]", function.name, free.join(", "))?;
            for line in function.body.to_string().lines() {
                writeln!(f, "    {line}")?;
            }
        }
        Ok(())
    }
}

impl Body {
    fn block_text(&self, f: &mut Formatter<'_>, block: &Block) -> Result {
        for inst in &block.insts {
            f.write_str("  ")?;
            match &inst.kind {
                InstKind::Assign { dst, value } => {
                    writeln!(f, "{} = {}", self.var_text(*dst), self.value_text(value))?
                }
                InstKind::SetItem { target, index, value } => {
                    writeln!(f, "{}[{}] = {}", self.used(target), self.used(index), self.used(value))?;
                }
                InstKind::SetAttr { target, attr, value } => {
                    writeln!(f, "{}.{attr} = {}", self.used(target), self.used(value))?;
                }
                InstKind::DelItem { target, index } => {
                    writeln!(f, "del {}[{}]", self.used(target), self.used(index))?
                }
                InstKind::TryBegin { handler } => writeln!(f, "try b{}", handler.0)?,
                InstKind::TryEnd => writeln!(f, "end try")?,
                InstKind::ObjMode { outputs, inputs } => {
                    let outputs: Vec<String> =
                        outputs.iter().map(|(var, ty)| format!("{}: {ty}", self.var_text(*var))).collect();
                    writeln!(f, "{} = objmode({})", outputs.join(", "), self.uses(inputs))?;
                }
            }
        }
        match &block.term {
            Terminator::Jump(to) => writeln!(f, "  jump b{}", to.0),
            Terminator::Branch { cond, then, orelse } => {
                writeln!(f, "  if {} then b{} else b{}", self.used(cond), then.0, orelse.0)
            }
            Terminator::Return(value) => writeln!(f, "  return {}", self.used(value)),
            Terminator::Raise(Some(value)) => writeln!(f, "  raise {}", self.used(value)),
            Terminator::Raise(None) => writeln!(f, "  raise"),
            Terminator::Unreachable => writeln!(f, "  unreachable"),
        }
    }

    /// `x`, `x.1` for a later version, `%3` for a temporary.
    fn var_text(&self, var: VarId) -> String {
        match (&self.var(var).name, self.var(var).version) {
            (None, _) => format!("%{}", var.0),
            (Some(name), 0) => name.to_string(),
            (Some(name), version) => format!("{name}.{version}"),
        }
    }

    fn used(&self, used: &Use) -> String {
        self.var_text(used.var)
    }

    fn uses(&self, uses: &[Use]) -> String {
        let parts: Vec<String> = uses.iter().map(|used| self.used(used)).collect();
        parts.join(", ")
    }

    fn value_text(&self, value: &Value) -> String {
        match value {
            Value::Param(index) => format!("param {index}"),
            Value::Const(value) => const_text(value),
            Value::Global(name) => format!("global {name}"),
            Value::Free(name) => format!("free {name}"),
            Value::Undef => "undef".to_owned(),
            Value::Copy(from) => self.used(from),
            Value::Unary(UnaryOp::Not, a) => format!("not {}", self.used(a)),
            Value::Unary(op, a) => format!("{}{}", op.symbol(), self.used(a)),
            Value::Binary(op, a, b) => format!("{} {} {}", self.used(a), op.symbol(), self.used(b)),
            Value::InPlace(op, a, b) => format!("{} {}= {}", self.used(a), op.symbol(), self.used(b)),
            Value::Compare(op, a, b) => format!("{} {} {}", self.used(a), op.symbol(), self.used(b)),
            Value::Call(call) => {
                let mut parts: Vec<String> = call.args.iter().map(|arg| self.used(arg)).collect();
                parts.extend(call.kwargs.iter().map(|(name, value)| format!("{name}={}", self.used(value))));
                parts.extend(call.star.iter().map(|star| format!("*{}", self.used(star))));
                format!("{}({})", self.used(&call.func), parts.join(", "))
            }
            Value::Attr(a, name) => format!("{}.{name}", self.used(a)),
            Value::Item(a, b) => format!("{}[{}]", self.used(a), self.used(b)),
            Value::Tuple(items) => format!("tuple({})", self.uses(items)),
            Value::List(items) => format!("list({})", self.uses(items)),
            Value::Set(items) => format!("set({})", self.uses(items)),
            Value::Dict(items) => {
                let parts: Vec<String> = items
                    .iter()
                    .map(|(key, value)| format!("{}: {}", self.used(key), self.used(value)))
                    .collect();
                format!("dict({})", parts.join(", "))
            }
            Value::Slice(bounds) => {
                let [start, stop, step] = bounds
                    .each_ref()
                    .map(|bound| bound.as_ref().map_or(String::new(), |bound| self.used(bound)));
                format!("slice({start}:{stop}:{step})")
            }
            Value::Iter(a) => format!("iter {}", self.used(a)),
            Value::Next(a) => format!("next {}", self.used(a)),
            Value::PairFirst(a) => format!("first {}", self.used(a)),
            Value::PairSecond(a) => format!("second {}", self.used(a)),
            Value::Exhaust(a, n) => format!("exhaust {} {n}", self.used(a)),
            Value::TupleConcat(a, b) => format!("concat {} {}", self.used(a), self.used(b)),
            Value::ToTuple(a) => format!("totuple {}", self.used(a)),
            Value::MakeFunction(index, captures) => {
                let parts: Vec<String> =
                    captures.iter().map(|(name, value)| format!("{name}={}", self.used(value))).collect();
                format!("function {index} [{}]", parts.join(", "))
            }
            Value::FString(items) => format!("fstring({})", self.uses(items)),
            Value::Yield(value) => {
                format!("yield {}", value.as_ref().map_or(String::new(), |value| self.used(value)))
            }
            Value::ExceptionCheck => "exception?".to_owned(),
            Value::ComprehensionList => "comprehension list".to_owned(),
            Value::Later(a) => format!("later {}", self.used(a)),
            Value::Phi(inputs) => {
                let parts: Vec<String> = inputs
                    .iter()
                    .map(|(block, value)| format!("b{} {}", block.0, self.used(value)))
                    .collect();
                format!("phi({})", parts.join(", "))
            }
        }
    }
}

fn const_text(value: &Const) -> String {
    match value {
        Const::None => "None".to_owned(),
        Const::Ellipsis => "...".to_owned(),
        Const::Bool(true) => "True".to_owned(),
        Const::Bool(false) => "False".to_owned(),
        Const::Int(value) => value.to_string(),
        Const::Float(bits) => format!("{:?}", f64::from_bits(*bits)),
        Const::Complex(re, im) => format!("({:?}+{:?}j)", f64::from_bits(*re), f64::from_bits(*im)),
        Const::Str(text) => format!("{text:?}"),
        Const::Bytes(bytes) => format!("b{:?}", String::from_utf8_lossy(bytes)),
        Const::Tuple(items) => {
            let mut text = "(".to_owned();
            for item in items.iter() {
                let _ = write!(text, "{}, ", const_text(item));
            }
            text + ")"
        }
    }
}
