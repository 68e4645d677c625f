//! The kernel IR: basic blocks of instructions over variables, as Numba has after reading the bytecode.
//!
//! One structure serves every stage. Before `reconstruct_ssa` a variable may be assigned many times; after it each
//! has one definition and `Value::Phi` joins them. Positions are not here: an [`Origin`] indexes the source map.

use std::sync::Arc;

use crate::ty::{Const, Name};

/// Index into the kernel's source map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin(pub u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VarId(pub u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlockId(pub u32);

/// An instruction's number, unique in its body; what the solver found about it is stored under this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstId(pub u32);

/// A variable read at a place of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Use {
    pub var: VarId,
    pub origin: Origin,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Var {
    /// The user's name; `None` for a temporary.
    pub name: Option<Name>,
    /// `x` is version 0, `x.1` version 1 ...; given by `reconstruct_ssa`.
    pub version: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParamKind {
    /// Stands before a `/`.
    PositionalOnly,
    Positional,
    KeywordOnly,
    /// `*args`
    VarArgs,
    /// `**kwargs`, which Numba refuses.
    KwArgs,
}

impl ParamKind {
    /// Whether arguments without a name fill it one by one.
    pub fn is_positional(self) -> bool {
        matches!(self, ParamKind::PositionalOnly | ParamKind::Positional)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Param {
    pub name: Name,
    pub var: VarId,
    pub kind: ParamKind,
    pub default: Option<DefaultValue>,
    pub origin: Origin,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DefaultValue {
    Const(Const),
    /// A name or dotted path evaluated where the function is defined.
    Global(Name),
    Other,
}

/// A loop that fills a list which becomes an array at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SizedLoop {
    /// Takes the next item.
    pub next: InstId,
    /// Puts an item into the list.
    pub append: InstId,
    /// Makes the array, or puts the list into one that is made so.
    pub call: InstId,
    /// What cannot be done with the list, which is an array by then, and where it is.
    pub refused: Option<(InstId, SizedRefusal)>,
    /// Something else reads the list before its loop ends.
    pub is_read_early: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SizedRefusal {
    /// An array is made of it once more.
    Again,
    /// A loop walks over it. Numba asks what its items are before it knows what the loop puts in.
    Walked,
    /// Only what runs before its loop reads it, when there is no array yet.
    ReadBefore,
    /// What a call gives has the dtype. Numba writes the call twice and trips over that.
    DtypeOfCall,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Body {
    pub params: Vec<Param>,
    pub vars: Vec<Var>,
    /// In Numba's order, which is the order of the bytecode. Block 0 is the entry.
    pub blocks: Vec<Block>,
    /// Inner functions, lambdas, generator expressions.
    pub functions: Vec<Arc<InnerFunction>>,
    pub is_generator: bool,
    /// What Numba refuses before typing, in the order in which it would be met.
    pub refused: Vec<RefusedSyntax>,
    /// How many instruction numbers were given out.
    pub n_insts: u32,
    /// Parts of this body are missing because the text does not parse.
    pub broken: bool,
    /// Calls with keywords where exceptions are caught.
    pub guarded_calls: Vec<InstId>,
    /// Comprehensions were compiled in place. To Numba they are inner functions, which it inlines.
    pub comprehensions: bool,
    /// Loops whose list Numba makes an array of before they run.
    pub sized_loops: Vec<SizedLoop>,
    /// In a loop over `literal_unroll(t)` some `t[j]` is read as if `j` were the loop's index.
    pub misread: bool,
}

impl Body {
    /// The names of enclosing functions that this one and those inside it use, and that defaults are.
    pub fn free_names(&self) -> Vec<Name> {
        let mut names: Vec<Name> = Vec::new();
        self.each_free(&mut |name| {
            if !names.contains(name) {
                names.push(name.clone());
            }
        });
        names
    }

    fn each_free(&self, each: &mut dyn FnMut(&Name)) {
        for param in &self.params {
            if let Some(DefaultValue::Global(name)) = &param.default
                && !name.contains('.')
            {
                each(name);
            }
        }
        for inst in self.blocks.iter().flat_map(|block| &block.insts) {
            if let InstKind::Assign { value: Value::Free(name), .. } = &inst.kind {
                each(name);
            }
        }
        for function in &self.functions {
            function.body.each_free(each);
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InnerFunction {
    /// `<lambda>`, `<listcomp>` or the name after `def`.
    pub name: Name,
    pub kind: InnerKind,
    pub body: Body,
    /// Names of the enclosing function that this one reads or (with `nonlocal`) sets, in order of first use. A
    /// variable of the body that has one of these names is the outer one.
    pub free: Vec<Name>,
    /// Decorators other than none make it a call of the decorator.
    pub decorated: bool,
    pub origin: Origin,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InnerKind {
    Def,
    Lambda,
    Comprehension,
    GeneratorExpression,
}

/// Syntax that no argument types can save.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RefusedSyntax {
    pub origin: Origin,
    pub kind: RefusedKind,
}

/// One variant for each statement or expression form that Numba's front end turns down.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RefusedKind {
    Import(Name),
    Class,
    GlobalStore(Name),
    NonlocalStore(Name),
    StarredTarget,
    SequencePattern,
    YieldFrom,
    Await,
    FormatSpec,
    FormatConversion,
    PercentFormat,
    BareReraise,
    RaiseFrom,
    ExceptAs(Name),
    ExceptClass(Name),
    GeneratorExpression,
    SetComprehension,
    WalrusInOperator(Name),
    DeleteVariable(Name),
    UndefinedLocal(Name),
    KwArgs(Name),
    KeywordSplat,
    With(Name),
    ObjModeWithoutTypes(Name),
    /// Declared for an `objmode` block that does not set it, or after which nobody reads it.
    ObjModeUnused(Name),
    /// Stands in an `objmode` block, in words.
    InObjMode(Name),
    PrintKeyword(Name),
    /// An inner function reads a variable that is not set yet when it is made, often its own name.
    EarlyCapture,
    /// An inner function that is used as a value captures this variable, which is no constant.
    EscapingCapture(Name),
    /// Part of an expression is missing in the text, which is told as a syntax error.
    Missing,
    /// Anything else, by the words a user would use.
    Other(Name),
}

impl RefusedKind {
    /// Whether Numba turns it down when it types the code around it, and so not where that is never reached.
    pub fn is_met_by_typing(&self) -> bool {
        use RefusedKind::{ExceptClass, PrintKeyword, SetComprehension, WalrusInOperator};
        matches!(self, ExceptClass(_) | PrintKeyword(_) | SetComprehension | WalrusInOperator(_))
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Block {
    pub insts: Vec<Inst>,
    pub term: Terminator,
    pub term_origin: Origin,
    /// Where a clash of types at this block's head is blamed: its first statement.
    pub head: Origin,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Inst {
    pub id: InstId,
    pub origin: Origin,
    pub kind: InstKind,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum InstKind {
    Assign {
        dst: VarId,
        value: Value,
    },
    SetItem {
        target: Use,
        index: Use,
        value: Use,
    },
    SetAttr {
        target: Use,
        attr: Name,
        value: Use,
    },
    DelItem {
        target: Use,
        index: Use,
    },
    /// Start and end of the region that a `try` protects; the block named handles exceptions.
    TryBegin {
        handler: BlockId,
    },
    TryEnd,
    /// `with objmode(y="float64[:]")`: outputs get these types, the body is Python's.
    ObjMode {
        outputs: Box<[(VarId, Name)]>,
        inputs: Box<[Use]>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    Param(u32),
    Const(Const),
    /// A name of the module or of the builtins.
    Global(Name),
    /// A name of an enclosing function, by how many functions out.
    Free(Name),
    /// No definition reaches here.
    Undef,
    Copy(Use),
    Unary(UnaryOp, Use),
    Binary(BinaryOp, Use, Use),
    /// `a += b` on a name.
    InPlace(BinaryOp, Use, Use),
    Compare(CmpOp, Use, Use),
    Call(Box<Call>),
    Attr(Use, Name),
    Item(Use, Use),
    Tuple(Vec<Use>),
    List(Vec<Use>),
    Set(Vec<Use>),
    Dict(Vec<(Use, Use)>),
    /// Start, stop and step.
    Slice(Box<[Option<Use>; 3]>),
    /// `iter(x)` of a for loop.
    Iter(Use),
    /// The next item and whether there was one, a pair.
    Next(Use),
    PairFirst(Use),
    PairSecond(Use),
    /// An iterable turned into exactly this many items, for unpacking.
    Exhaust(Use, u32),
    /// Two tuples joined by `*` displays and calls.
    TupleConcat(Use, Use),
    /// `tuple(x)` of a starred part.
    ToTuple(Use),
    /// Index into `functions`, and the captured variables by name.
    MakeFunction(u32, Vec<(Name, Use)>),
    /// The parts of an f-string, each already turned into a string.
    FString(Vec<Use>),
    Yield(Option<Use>),
    /// Whether an exception is pending: what Numba asks at the end of a `try` region.
    ExceptionCheck,
    /// An empty list whose items come from a comprehension (`list` built by `append`).
    ComprehensionList,
    /// The list of a [`SizedLoop`] before the loop ends: of the type of the array that it becomes.
    Later(Use),
    Phi(Vec<(BlockId, Use)>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Call {
    pub func: Use,
    pub args: Vec<Use>,
    pub kwargs: Vec<(Name, Use)>,
    /// `f(*t)`: one tuple that follows `args`.
    pub star: Option<Use>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Terminator {
    Jump(BlockId),
    Branch {
        cond: Use,
        then: BlockId,
        orelse: BlockId,
    },
    Return(Use),
    /// The exception's class or instance; `None` where the syntax was refused.
    Raise(Option<Use>),
    #[default]
    Unreachable,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    Neg,
    Pos,
    Invert,
    Not,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    Add,
    Sub,
    Mult,
    MatMult,
    Div,
    FloorDiv,
    Mod,
    Pow,
    LShift,
    RShift,
    BitAnd,
    BitOr,
    BitXor,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CmpOp {
    Eq,
    NotEq,
    Lt,
    LtE,
    Gt,
    GtE,
    Is,
    IsNot,
    In,
    NotIn,
}

impl UnaryOp {
    /// The operator as it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            UnaryOp::Neg => "-",
            UnaryOp::Pos => "+",
            UnaryOp::Invert => "~",
            UnaryOp::Not => "not",
        }
    }
}

impl BinaryOp {
    /// The operator as it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mult => "*",
            BinaryOp::MatMult => "@",
            BinaryOp::Div => "/",
            BinaryOp::FloorDiv => "//",
            BinaryOp::Mod => "%",
            BinaryOp::Pow => "**",
            BinaryOp::LShift => "<<",
            BinaryOp::RShift => ">>",
            BinaryOp::BitAnd => "&",
            BinaryOp::BitOr => "|",
            BinaryOp::BitXor => "^",
        }
    }
}

impl CmpOp {
    /// The operator as it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            CmpOp::Eq => "==",
            CmpOp::NotEq => "!=",
            CmpOp::Lt => "<",
            CmpOp::LtE => "<=",
            CmpOp::Gt => ">",
            CmpOp::GtE => ">=",
            CmpOp::Is => "is",
            CmpOp::IsNot => "is not",
            CmpOp::In => "in",
            CmpOp::NotIn => "not in",
        }
    }
}

impl Default for Origin {
    fn default() -> Self {
        Origin::NONE
    }
}

impl Origin {
    /// For what has no place in the source.
    pub const NONE: Origin = Origin(u32::MAX);
}

impl Body {
    pub fn var(&self, id: VarId) -> &Var {
        &self.vars[id.0 as usize]
    }

    pub fn block(&self, id: BlockId) -> &Block {
        &self.blocks[id.0 as usize]
    }

    pub fn new_var(&mut self, name: Option<Name>) -> VarId {
        self.vars.push(Var { name, version: 0 });
        VarId(u32::try_from(self.vars.len() - 1).expect("a body has fewer than 2^32 variables"))
    }

    pub fn new_inst(&mut self, origin: Origin, kind: InstKind) -> Inst {
        let id = InstId(self.n_insts);
        self.n_insts += 1;
        Inst { id, origin, kind }
    }

    pub fn block_ids(&self) -> impl Iterator<Item = BlockId> + use<> {
        (0..u32::try_from(self.blocks.len()).unwrap_or(u32::MAX)).map(BlockId)
    }
}

impl Terminator {
    pub fn successors(&self) -> impl Iterator<Item = BlockId> {
        let (first, second) = match self {
            Terminator::Jump(to) => (Some(*to), None),
            Terminator::Branch { then, orelse, .. } => (Some(*then), Some(*orelse)),
            Terminator::Return(_) | Terminator::Raise(_) | Terminator::Unreachable => (None, None),
        };
        first.into_iter().chain(second)
    }

    pub fn uses_mut(&mut self, each: &mut dyn FnMut(&mut Use)) {
        match self {
            Terminator::Branch { cond, .. } => each(cond),
            Terminator::Return(value) => each(value),
            Terminator::Raise(Some(value)) => each(value),
            Terminator::Jump(_) | Terminator::Raise(None) | Terminator::Unreachable => {}
        }
    }
}

impl Value {
    /// Every variable read, in evaluation order. The inputs of a phi included.
    pub fn uses_mut(&mut self, each: &mut dyn FnMut(&mut Use)) {
        match self {
            Value::Param(_)
            | Value::Const(_)
            | Value::Global(_)
            | Value::Free(_)
            | Value::Undef
            | Value::ExceptionCheck
            | Value::ComprehensionList => {}
            Value::Copy(a)
            | Value::Later(a)
            | Value::Unary(_, a)
            | Value::Attr(a, _)
            | Value::Iter(a)
            | Value::Next(a)
            | Value::PairFirst(a)
            | Value::PairSecond(a)
            | Value::ToTuple(a)
            | Value::Exhaust(a, _) => each(a),
            Value::Binary(_, a, b)
            | Value::InPlace(_, a, b)
            | Value::Compare(_, a, b)
            | Value::TupleConcat(a, b)
            | Value::Item(a, b) => {
                each(a);
                each(b);
            }
            Value::Call(call) => {
                each(&mut call.func);
                call.args.iter_mut().for_each(&mut *each);
                call.kwargs.iter_mut().for_each(|(_, value)| each(value));
                if let Some(star) = &mut call.star {
                    each(star);
                }
            }
            Value::Tuple(items) | Value::List(items) | Value::Set(items) | Value::FString(items) => {
                items.iter_mut().for_each(each);
            }
            Value::Dict(items) => {
                for (key, value) in items {
                    each(key);
                    each(value);
                }
            }
            Value::Slice(bounds) => bounds.iter_mut().flatten().for_each(each),
            Value::MakeFunction(_, captures) => captures.iter_mut().for_each(|(_, value)| each(value)),
            Value::Yield(value) => value.iter_mut().for_each(each),
            Value::Phi(inputs) => inputs.iter_mut().for_each(|(_, value)| each(value)),
        }
    }
}

impl InstKind {
    /// The variable this defines.
    pub fn dst(&self) -> Option<VarId> {
        match self {
            InstKind::Assign { dst, .. } => Some(*dst),
            _ => None,
        }
    }

    pub fn uses_mut(&mut self, each: &mut dyn FnMut(&mut Use)) {
        match self {
            InstKind::Assign { value, .. } => value.uses_mut(each),
            InstKind::SetItem { target, index, value } => {
                each(target);
                each(index);
                each(value);
            }
            InstKind::SetAttr { target, value, .. } => {
                each(target);
                each(value);
            }
            InstKind::DelItem { target, index } => {
                each(target);
                each(index);
            }
            InstKind::ObjMode { inputs, .. } => inputs.iter_mut().for_each(each),
            InstKind::TryBegin { .. } | InstKind::TryEnd => {}
        }
    }
}
