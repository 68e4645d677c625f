//! What a function says of its own parameters: annotations, and the parameter section of its docstring.
//!
//! Numba enforces neither. So only what leaves no doubt is read: a parameter with a default may be left out and has a
//! type of its own then, a union or `array_like` may be many things.

use std::sync::Arc;

use ruff_python_ast::{Expr, Operator, Stmt, StmtFunctionDef};
use ruff_python_parser::parse_expression;

use super::globals::Global;
use super::globals::dtype;
use super::globals::eval::{Env, Eval};
use super::globals::imports::Module;
use super::globals::value::V;
use super::module::syntax;
use crate::db::Db;
use crate::ty::{ArrayTy, BufferKind, KernelRef, Layout, Name, Ty, Why};

/// What is said of a parameter. `None` where nothing is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Described {
    pub(crate) name: Name,
    pub(crate) annotated: Option<Ty>,
    pub(crate) documented: Option<Ty>,
}

/// What the function says of its parameters.
pub(crate) fn described(db: &dyn Db, of: &KernelRef) -> Vec<Described> {
    let Some((def, scopes)) = syntax(db, of.clone()) else { return Vec::new() };
    let documented = docstring(def).map(documented).unwrap_or_default();
    let env = Env::of_scopes(of.file, &scopes);
    let reader = Reader { eval: Eval::new(db), env };
    let mut described = Vec::new();
    for param in def.parameters.iter_non_variadic_params() {
        let name = param.parameter.name.as_str();
        let array_only = param.default.is_some();
        let keep = |ty: &Ty| !array_only || matches!(ty, Ty::Array(_));
        let annotated = param.parameter.annotation.as_deref().and_then(|annotation| reader.ty(annotation));
        let found = documented.iter().find(|(known, _)| known == name).map(|(_, ty)| ty.clone());
        described.push(Described {
            name: name.into(),
            annotated: annotated.filter(keep),
            documented: found.filter(keep),
        });
    }
    described
}

/// The text of a function's docstring.
fn docstring(def: &StmtFunctionDef) -> Option<&str> {
    let Some(Stmt::Expr(first)) = def.body.first() else { return None };
    match &*first.value {
        Expr::StringLiteral(text) => Some(text.value.to_str()),
        _ => None,
    }
}

fn hole() -> Ty {
    Ty::Hole(Why::NotModelled("what an annotation leaves open"))
}

/// An array of which the annotation says no more than this.
fn array(elem: Ty, ndim: Option<u8>) -> Ty {
    Ty::Array(Arc::new(ArrayTy {
        elem,
        ndim,
        layout: Layout::Hole,
        readonly: false,
        aligned: true,
        kind: BufferKind::Array,
    }))
}

struct Reader<'db> {
    eval: Eval<'db>,
    env: Env<'db>,
}

impl<'db> Reader<'db> {
    fn ty(&self, annotation: &Expr) -> Option<Ty> {
        match annotation {
            Expr::StringLiteral(text) => {
                let parsed = parse_expression(text.value.to_str()).ok()?;
                match parsed.expr() {
                    Expr::StringLiteral(_) => None,
                    inner => self.ty(inner),
                }
            }
            Expr::Name(_) | Expr::Attribute(_) => self.plain(annotation),
            Expr::Subscript(generic) => self.generic(&generic.value, &generic.slice),
            _ => None,
        }
    }

    fn plain(&self, annotation: &Expr) -> Option<Ty> {
        let value = self.value(annotation)?;
        if let V::Global(Global::Value(Ty::NumberClass(ty))) = &value {
            return Some((**ty).clone());
        }
        match &*path(&value)? {
            "builtins.int" => Some(Ty::INT64),
            "builtins.float" => Some(Ty::FLOAT64),
            "builtins.bool" => Some(Ty::Bool),
            "builtins.complex" => Some(Ty::COMPLEX128),
            "builtins.str" => Some(Ty::Str),
            "numpy.ndarray" | "numpy.typing.NDArray" => Some(array(hole(), None)),
            _ => None,
        }
    }

    fn generic(&self, generic: &Expr, slice: &Expr) -> Option<Ty> {
        let items: &[Expr] = match slice {
            Expr::Tuple(items) => &items.elts,
            one => std::slice::from_ref(one),
        };
        let value = self.value(generic)?;
        match (&*path(&value)?, items) {
            ("numpy.typing.NDArray", [elem]) => Some(array(self.elem(elem), None)),
            ("numpy.ndarray", [shape, dtype]) => Some(array(self.dtype(dtype), self.rank(shape))),
            ("builtins.tuple" | "typing.Tuple", [elem, Expr::EllipsisLiteral(_)]) => {
                Some(Ty::AnyTuple(Arc::new(self.ty(elem)?)))
            }
            ("builtins.tuple" | "typing.Tuple", items) if !items.is_empty() => {
                Some(Ty::tuple(items.iter().map(|item| self.ty(item).unwrap_or_else(hole))))
            }
            ("typing.Annotated" | "typing.Final", [ty, ..]) => self.ty(ty),
            _ => None,
        }
    }

    /// The type of the items that `NDArray[..]` names: a class of scalars, or something that covers several.
    fn elem(&self, elem: &Expr) -> Ty {
        self.value(elem).and_then(|value| dtype::of_value(&self.eval, &value)).unwrap_or_else(hole)
    }

    /// The items of `np.dtype[np.float64]`.
    fn dtype(&self, dtype: &Expr) -> Ty {
        match dtype {
            Expr::Subscript(generic) => self.elem(&generic.slice),
            _ => hole(),
        }
    }

    /// The rank of `tuple[int, int]`.
    fn rank(&self, shape: &Expr) -> Option<u8> {
        let Expr::Subscript(generic) = shape else { return None };
        let Expr::Tuple(items) = &*generic.slice else { return Some(1) };
        let open = items.elts.iter().any(|item| matches!(item, Expr::EllipsisLiteral(_) | Expr::Starred(_)));
        if open { None } else { u8::try_from(items.elts.len()).ok() }
    }

    /// The value of a dotted name.
    fn value(&self, expr: &Expr) -> Option<V<'db>> {
        match expr {
            Expr::Name(name) => Some(self.eval.name(&self.env, name.id.as_str())),
            Expr::Attribute(attribute) => {
                let on = self.value(&attribute.value)?;
                Some(match (&on, path(&on)) {
                    (V::Unknown(_), Some(path)) => {
                        V::Unknown(Why::UnresolvedImport(format!("{path}.{}", attribute.attr).into()))
                    }
                    _ => self.eval.attribute(&on, attribute.attr.as_str()),
                })
            }
            Expr::BinOp(union) if union.op == Operator::BitOr => None,
            _ => None,
        }
    }
}

/// The path under which a library knows what a name stands for.
fn path(value: &V<'_>) -> Option<Name> {
    match value {
        V::Global(Global::Value(Ty::Function(path))) => Some(path.clone()),
        V::Module(Module::Library(path)) => Some(path.clone()),
        V::Unknown(Why::UnresolvedImport(path) | Why::NotInTable(path) | Why::UnknownGlobal(path)) => {
            Some(path.clone())
        }
        _ => None,
    }
}

/// The parameters that a docstring in NumPy's form describes with a type that leaves no doubt.
fn documented(docstring: &str) -> Vec<(String, Ty)> {
    let lines: Vec<&str> = docstring.lines().collect();
    let underlined = |at: usize| {
        let line = lines.get(at + 1).map_or("", |line| line.trim());
        line.len() >= 3 && line.chars().all(|char| char == '-')
    };
    let Some(start) = (0..lines.len()).find(|at| lines[*at].trim() == "Parameters" && underlined(*at)) else {
        return Vec::new();
    };
    let indent = |line: &str| line.len() - line.trim_start().len();
    let own = indent(lines[start]);
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate().skip(start + 2) {
        if underlined(at) {
            break;
        }
        if line.trim().is_empty() || indent(line) != own {
            continue;
        }
        if let Some((names, described)) =
            line.trim().split_once(" : ").or_else(|| line.trim().split_once(": "))
            && let Some(ty) = documented_type(described)
        {
            found.extend(names.split(',').map(|name| (name.trim().to_string(), ty.clone())));
        }
    }
    found
}

/// `float`, `ndarray of float, shape (n, m)`, `(n, m) ndarray`, `1d array`.
fn documented_type(text: &str) -> Option<Ty> {
    let text = text.trim().trim_end_matches('.').to_ascii_lowercase();
    let text = text.as_str();
    let open = [
        "optional", " or ", "default", "like", "list", "tuple", "sequence", "none", "callable", "{", "|", "/",
    ];
    if open.iter().any(|word| text.contains(word)) {
        return None;
    }
    let words: Vec<&str> =
        text.split(|char: char| !(char.is_alphanumeric() || matches!(char, '.' | '_' | '-'))).collect();
    let is_array = words.iter().any(|word| {
        matches!(*word, "ndarray" | "np.ndarray" | "numpy.ndarray" | "array" | "np.array" | "numpy.array")
    });
    if !is_array {
        return None;
    }
    Some(array(documented_elem(&words), documented_rank(text)))
}

fn documented_elem(words: &[&str]) -> Ty {
    let elems: Vec<Ty> = words
        .iter()
        .filter_map(|word| match word.trim_start_matches("np.").trim_start_matches("numpy.") {
            "float64" => Some(Ty::FLOAT64),
            "float32" => Some(Ty::FLOAT32),
            "int64" => Some(Ty::INT64),
            "complex128" => Some(Ty::COMPLEX128),
            "uint8" => Some(Ty::Int(crate::ty::IntTy::U8)),
            "int32" => Some(Ty::Int(crate::ty::IntTy::I32)),
            "bool" | "boolean" => Some(Ty::Bool),
            _ => None,
        })
        .collect();
    match elems.as_slice() {
        [elem] => elem.clone(),
        _ => hole(),
    }
}

/// From `shape (n, m)`, `(n, m) array`, `2d array`, `ndim=2`: the one rank that the text names.
fn documented_rank(text: &str) -> Option<u8> {
    let mut ranks: Vec<u8> = Vec::new();
    for (rank, words) in [(1, ["1d ", "1-d "]), (2, ["2d ", "2-d "]), (3, ["3d ", "3-d "])] {
        if words.iter().any(|word| text.contains(word)) {
            ranks.push(rank);
        }
    }
    let sizes = text.split_once("shape").map(|(_, after)| after.trim_start_matches([' ', '=', ':']));
    if let Some(inside) = sizes.unwrap_or(text).strip_prefix('(')
        && let Some((inside, _)) = inside.split_once(')')
    {
        if inside.contains("..") || inside.contains('*') {
            return None;
        }
        let sizes = inside.split(',').filter(|size| !size.trim().is_empty());
        ranks.push(u8::try_from(sizes.count()).ok()?);
    }
    match ranks.as_slice() {
        [rank] if *rank > 0 => Some(*rank),
        [a, b] if a == b => Some(*a),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::db::{Host, NoFiles, Settings};
    use crate::hir::module;

    fn described_of(code: &str) -> Vec<Described> {
        let mut host = Host::new(Arc::new(NoFiles), Settings::default());
        let head = "import numpy as np\nimport numpy.typing as npt\nfrom numpy.typing import NDArray\n\
                    from typing import Optional, Tuple\n\n";
        host.set_text(Path::new("/m.py"), Some(&format!("{head}{code}")));
        let db = host.database();
        let kernel = module::find_function(db, db.source(Path::new("/m.py")), "f", None).unwrap();
        described(db, &kernel)
    }

    fn annotated(annotation: &str) -> String {
        let found = described_of(&format!("def f(x: {annotation}):\n    return x\n"));
        found[0].annotated.as_ref().map_or("nothing".to_string(), |ty| match ty {
            Ty::Array(array) => {
                let elem = if array.elem.is_hole() { "?".to_string() } else { array.elem.to_string() };
                format!("{elem} {:?}", array.ndim)
            }
            ty => ty.to_string(),
        })
    }

    #[test]
    fn annotations_say_what_they_say_and_no_more() {
        for (annotation, ty) in [
            ("int", "int64"),
            ("float", "float64"),
            ("\"bool\"", "bool"),
            ("np.float32", "float32"),
            ("np.ndarray", "? None"),
            ("NDArray[np.float64]", "float64 None"),
            ("npt.NDArray[np.int32]", "int32 None"),
            ("npt.NDArray[np.floating]", "? None"),
            ("np.ndarray[tuple[int, int], np.dtype[np.float64]]", "float64 Some(2)"),
            ("tuple[int, float]", "Tuple(int64, float64)"),
            ("Tuple[int, int]", "UniTuple(int64 x 2)"),
            ("Optional[int]", "nothing"),
            ("int | None", "nothing"),
            ("list[float]", "nothing"),
            ("int = 3", "nothing"),
        ] {
            assert_eq!(annotated(annotation), ty, "{annotation}");
        }
    }

    #[test]
    fn docstrings_are_believed_where_they_name_an_array() {
        let doc = "    \"\"\"Sums.\n\n    Parameters\n    ----------\n    x : ndarray of float64, shape (n, m)\n        \
                   The data.\n    y : array_like\n    z, w : (n,) array\n    v : float\n    \"\"\"\n";
        let found = described_of(&format!("def f(x, y, z, w, v):\n{doc}    return x\n"));
        let ranks: Vec<Option<Option<u8>>> = found
            .iter()
            .map(|param| match &param.documented {
                Some(Ty::Array(array)) => Some(array.ndim),
                _ => None,
            })
            .collect();
        assert_eq!(ranks, [Some(Some(2)), None, Some(Some(1)), Some(Some(1)), None]);
    }
}
