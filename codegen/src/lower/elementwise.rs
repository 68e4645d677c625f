//! Array expressions: one loop nest for a whole tree of elementwise operations.

use analyzer::mono::{BinaryOp, CmpOp, IntTy, Layout, MonoArray, MonoOp, MonoTy, Op, UnaryOp, ValueId};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value};

use super::array::{ArrayParts, itemsize};
use super::func::{FnLower, Vals};
use super::index::Mismatch;
use super::math::as_binary;
use super::promote;
use super::scalar::Operand;
use crate::opt::fusion::stored_arity;

/// An elementwise operation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ItemOp {
    Unary(UnaryOp),
    Binary(BinaryOp),
    Compare(CmpOp),
    Apply(Op),
}

/// A tree of operations over elements.
#[derive(Clone, Debug)]
pub(crate) enum Expr {
    /// Index into the leaves.
    Leaf(usize),
    Op {
        op: ItemOp,
        args: Vec<Expr>,
        ty: MonoTy,
    },
}

/// What a tree reads.
#[derive(Clone, Debug)]
pub(crate) enum Leaf {
    Array { parts: ArrayParts, ty: MonoArray },
    Scalar(Operand),
}

impl Leaf {
    fn ty(&self) -> &MonoTy {
        match self {
            Leaf::Array { ty, .. } => &ty.elem,
            Leaf::Scalar(operand) => &operand.ty,
        }
    }
}

/// A tree with its leaves.
#[derive(Default)]
pub(crate) struct Tree {
    pub(crate) leaves: Vec<Leaf>,
    ids: Vec<ValueId>,
}

impl FnLower<'_, '_> {
    /// The tree of an elementwise operation, fused operands expanded in place.
    pub(crate) fn expression(&mut self, op: &MonoOp, out: &MonoTy, tree: &mut Tree) -> Expr {
        let elem = element(out);
        let (item, operands): (ItemOp, Vec<ValueId>) = match op {
            MonoOp::Unary { op, value, .. } => (ItemOp::Unary(*op), vec![*value]),
            MonoOp::Binary { op, left, right, .. } => (ItemOp::Binary(*op), vec![*left, *right]),
            MonoOp::Compare { op, left, right, .. } => (ItemOp::Compare(*op), vec![*left, *right]),
            MonoOp::Apply { op, values, .. } => (ItemOp::Apply(*op), values.clone()),
            _ => (ItemOp::Unary(UnaryOp::Pos), Vec::new()),
        };
        let args: Vec<Expr> = operands.into_iter().map(|value| self.tree_operand(value, tree)).collect();
        let tys: Vec<MonoTy> = args.iter().map(|arg| expr_type(arg, tree)).collect();
        Expr::Op { op: item, args, ty: item_type(item, &tys, &elem) }
    }

    fn tree_operand(&mut self, value: ValueId, tree: &mut Tree) -> Expr {
        if self.fused[value.0 as usize]
            && let Some(op) = self.defs[value.0 as usize]
        {
            let ty = self.ty(value);
            return self.expression(op, ty, tree);
        }
        if let Some(place) = tree.ids.iter().position(|id| *id == value) {
            return Expr::Leaf(place);
        }
        let vals = self.get(value);
        let leaf = match self.ty(value) {
            MonoTy::Array(array) => {
                Leaf::Array { parts: ArrayParts::of(&vals, array.ndim), ty: (**array).clone() }
            }
            _ => Leaf::Scalar(self.operand(value)),
        };
        tree.leaves.push(leaf);
        tree.ids.push(value);
        Expr::Leaf(tree.leaves.len() - 1)
    }

    /// Computes a tree into a new array of this type.
    pub(crate) fn elementwise(&mut self, op: &MonoOp, array: &MonoArray) -> Vals {
        let mut tree = Tree::default();
        let out = MonoTy::Array(Box::new(array.clone()));
        let expr = self.expression(op, &out, &mut tree);
        let shape = self.broadcast_shape(&tree, array.ndim as usize);
        let dest = self.new_array(&array.elem, &shape, array.layout, false);
        self.fill(&expr, &tree, &dest, array);
        dest.vals()
    }

    /// The inputs and the output of an elementwise operation that is given the array to store into, after its inputs.
    pub(crate) fn output_of<'v>(&self, op: Op, values: &'v [ValueId]) -> Option<(&'v [ValueId], ValueId)> {
        let inputs = stored_arity(op, values.len())?;
        let output = values[inputs];
        matches!(self.ty(output), MonoTy::Array(_)).then_some((&values[..inputs], output))
    }

    /// Stores an elementwise operation into an array, each element as soon as it is computed: where the output shares
    /// memory with an input, later elements see the earlier ones, as in Numba. `args` is the type that is computed.
    pub(crate) fn fill_output(&mut self, op: Op, inputs: &[ValueId], output: ValueId, args: &[MonoTy]) {
        let MonoTy::Array(array) = self.ty(output).clone() else { return };
        let mut tree = Tree::default();
        let items = inputs.iter().map(|value| self.tree_operand(*value, &mut tree)).collect();
        let ty = args.first().cloned().unwrap_or_else(|| array.elem.clone());
        let expr = Expr::Op { op: ItemOp::Apply(op), args: items, ty };
        let vals = self.get(output);
        let dest = ArrayParts::of(&vals, array.ndim);
        self.fill(&expr, &tree, &dest, &strided(&array));
    }

    /// The shape that the leaves have together. Raises `ValueError` where they do not fit.
    pub(crate) fn broadcast_shape(&mut self, tree: &Tree, ndim: usize) -> Vec<Value> {
        let mut shape: Vec<Option<Value>> = vec![None; ndim];
        for leaf in &tree.leaves {
            let Leaf::Array { parts, .. } = leaf else { continue };
            let missing = ndim - parts.shape.len().min(ndim);
            for (dim, len) in parts.shape.iter().enumerate() {
                let slot = &mut shape[dim + missing];
                *slot = Some(match *slot {
                    None => *len,
                    Some(seen) if seen == *len => seen,
                    Some(seen) => {
                        let one = self.b.ins().icmp_imm_s(IntCC::Equal, seen, 1);
                        self.b.ins().select(one, *len, seen)
                    }
                });
            }
        }
        shape.into_iter().map(|len| len.unwrap_or_else(|| self.iconst(1))).collect()
    }

    /// Stores a tree's elements into a view.
    pub(crate) fn fill(&mut self, expr: &Expr, tree: &Tree, dest: &ArrayParts, array: &MonoArray) {
        let shape = dest.shape.clone();
        let mut leaves = tree.leaves.clone();
        for (place, leaf) in leaves.iter_mut().enumerate() {
            if let Leaf::Array { parts, ty } = leaf {
                let message = format!("unable to broadcast argument {place} to output array");
                *parts = self.broadcast_to(parts, &shape, Mismatch::Text(&message));
                ty.ndim = array.ndim;
            }
        }
        let Some((inner, outer)) = shape.split_last() else {
            let item = self.evaluate(expr, &leaves, &[], false);
            let item = self.cast(item.vals, &item.ty, &array.elem);
            return self.store_element(dest.data, &array.elem, &item);
        };
        let unit = self.unit_strides(&leaves, dest, array);
        let (inner, outer) = (*inner, outer.to_vec());
        let (fast, slow, done) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        self.b.ins().brif(unit, fast, &[], slow, &[]);
        for (block, unit) in [(fast, true), (slow, false)] {
            self.b.switch_to_block(block);
            self.nest(&outer, &mut |lower, index| {
                let bases: Vec<Value> = leaves.iter().map(|leaf| lower.row_base(leaf, index)).collect();
                let to = lower.base(dest, index);
                let stride = *dest.strides.last().expect("the nest has an inner dimension");
                lower.counted(inner, &[], |lower, at, _| {
                    let addresses: Vec<Value> = leaves
                        .iter()
                        .zip(&bases)
                        .map(|(leaf, base)| lower.inner_address(leaf, *base, at, unit))
                        .collect();
                    let item = lower.evaluate(expr, &leaves, &addresses, true);
                    let item = lower.cast(item.vals, &item.ty, &array.elem);
                    let address = lower.step(to, at, stride, itemsize(&array.elem), unit);
                    lower.store_element(address, &array.elem, &item);
                    Vec::new()
                });
            });
            self.b.ins().jump(done, &[]);
        }
        self.b.switch_to_block(done);
    }

    /// Whether every array's innermost stride is the size of its elements.
    fn unit_strides(&mut self, leaves: &[Leaf], dest: &ArrayParts, array: &MonoArray) -> Value {
        let last = |parts: &ArrayParts| *parts.strides.last().expect("the nest has an inner dimension");
        let mut unit = self.b.ins().icmp_imm_s(IntCC::Equal, last(dest), itemsize(&array.elem));
        for leaf in leaves {
            if let Leaf::Array { parts, ty } = leaf {
                let own = self.b.ins().icmp_imm_s(IntCC::Equal, last(parts), itemsize(&ty.elem));
                unit = self.b.ins().band(unit, own);
            }
        }
        unit
    }

    fn base(&mut self, parts: &ArrayParts, index: &[Value]) -> Value {
        let mut address = parts.data;
        for (at, stride) in index.iter().zip(&parts.strides) {
            let step = self.b.ins().imul(*at, *stride);
            address = self.b.ins().iadd(address, step);
        }
        address
    }

    fn row_base(&mut self, leaf: &Leaf, index: &[Value]) -> Value {
        match leaf {
            Leaf::Array { parts, .. } => self.base(parts, index),
            Leaf::Scalar(operand) => operand.vals.first().copied().unwrap_or_else(|| self.iconst(0)),
        }
    }

    fn inner_address(&mut self, leaf: &Leaf, base: Value, at: Value, unit: bool) -> Value {
        match leaf {
            Leaf::Array { parts, ty } => {
                let stride = *parts.strides.last().expect("the nest has an inner dimension");
                self.step(base, at, stride, itemsize(&ty.elem), unit)
            }
            Leaf::Scalar(_) => base,
        }
    }

    fn step(&mut self, base: Value, at: Value, stride: Value, item: i64, unit: bool) -> Value {
        let offset = match (unit, item.trailing_zeros()) {
            (true, shift) if item == 1 << shift => self.b.ins().ishl_imm_s(at, i64::from(shift)),
            (true, _) => self.b.ins().imul_imm_s(at, item),
            (false, _) => self.b.ins().imul(at, stride),
        };
        self.b.ins().iadd(base, offset)
    }

    /// One element of a tree. Division by zero gives inf or nan here, whatever the function's error model.
    pub(crate) fn evaluate(
        &mut self,
        expr: &Expr,
        leaves: &[Leaf],
        addresses: &[Value],
        looped: bool,
    ) -> Operand {
        match expr {
            Expr::Leaf(place) => match &leaves[*place] {
                Leaf::Scalar(operand) => operand.clone(),
                Leaf::Array { parts, ty } => {
                    let address = if looped { addresses[*place] } else { parts.data };
                    Operand::new(self.load_element(address, &ty.elem), ty.elem.clone())
                }
            },
            Expr::Op { op, args, ty } => {
                let args: Vec<Operand> =
                    args.iter().map(|arg| self.evaluate(arg, leaves, addresses, looped)).collect();
                let model = std::mem::replace(&mut self.numpy_errors, true);
                let vals = self.item_op(*op, &args, ty);
                self.numpy_errors = model;
                Operand::new(vals, ty.clone())
            }
        }
    }

    /// An elementwise operation on one element.
    pub(crate) fn item_op(&mut self, op: ItemOp, args: &[Operand], ty: &MonoTy) -> Vals {
        match (op, args) {
            (ItemOp::Unary(op), [value]) => self.unary(op, value, ty),
            (ItemOp::Binary(op), [left, right]) => self.arithmetic(op, left, right, ty),
            (ItemOp::Compare(op), [left, right]) => vec![self.compare_numbers(op, left, right)],
            (ItemOp::Apply(op), args) => self.scalar_apply(op, args, ty).unwrap_or_else(|| self.zero(ty)),
            _ => self.zero(ty),
        }
    }
}

pub(crate) fn element(ty: &MonoTy) -> MonoTy {
    match ty {
        MonoTy::Array(array) => array.elem.clone(),
        other => other.clone(),
    }
}

fn expr_type(expr: &Expr, tree: &Tree) -> MonoTy {
    match expr {
        Expr::Leaf(place) => tree.leaves[*place].ty().clone(),
        Expr::Op { ty, .. } => ty.clone(),
    }
}

/// The type in which an operation on elements of these types is computed, for a result array of `elem`. Python's
/// operators compute as they do on scalars: the sum of two `int32` is an `int64` until it is stored.
fn item_type(op: ItemOp, args: &[MonoTy], elem: &MonoTy) -> MonoTy {
    match (op, args) {
        (ItemOp::Compare(_), _) => MonoTy::Bool,
        (ItemOp::Binary(op), [left, right]) => match op {
            BinaryOp::Div => match promote::python(left, right) {
                MonoTy::Int(_) => MonoTy::Float(analyzer::mono::FloatTy::F64),
                wide => wide,
            },
            _ if *elem == MonoTy::Bool => MonoTy::Bool,
            _ if matches!(elem, MonoTy::DateTime | MonoTy::TimeDelta) => elem.clone(),
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mult | BinaryOp::FloorDiv | BinaryOp::Mod => {
                match (left, right) {
                    // One signed operand makes integers signed, however wide the other one is.
                    (MonoTy::Int(a), MonoTy::Int(b)) if a.signed() || b.signed() => MonoTy::Int(IntTy::I64),
                    _ => promote::python(left, right),
                }
            }
            _ => promote::python(left, right),
        },
        (ItemOp::Apply(op), _) if as_binary(op).is_some() => elem.clone(),
        _ => elem.clone(),
    }
}

/// The layout that is not known to be contiguous.
pub(crate) fn strided(array: &MonoArray) -> MonoArray {
    MonoArray { layout: Layout::A, ..array.clone() }
}
