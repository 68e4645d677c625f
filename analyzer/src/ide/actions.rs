//! Changes that an editor offers though nothing is wrong.

use crate::db::{Db, SourceFile};
use crate::hir::{JitKind, KernelItem, module};
use crate::infer::Verdict;
use crate::infer::query::infer;
use crate::query::Action;
use crate::rules::Edit;
use crate::specialize::{Source, wanted};
use crate::ty::{BufferKind, Layout, Ty};

/// What can be done with the code in a range.
pub(crate) fn actions(db: &dyn Db, file: SourceFile, start: u32, end: u32) -> Vec<Action> {
    let Some(text) = file.text(db).as_deref() else { return Vec::new() };
    let items = module::kernels(db, file).iter();
    let touched = items.filter(|item| item.range.0 <= end && item.name_range.1 >= start);
    touched.filter_map(|item| add_signature(db, text, item)).collect()
}

/// `@njit` becomes `@njit("float64(float64[::1])")`, with the types of the calls that were found: it is then compiled
/// when the module is imported, and for nothing else.
fn add_signature(db: &dyn Db, text: &str, item: &KernelItem) -> Option<Action> {
    if item.declared.kind != JitKind::Jit || !item.declared.signatures.is_empty() {
        return None;
    }
    let mut signatures = Vec::new();
    for wanted in wanted(db, &item.kernel) {
        let typed = infer(db, &wanted.key);
        if !matches!(wanted.source, Source::Call(_)) || typed.verdict() != Verdict::Ok {
            return None;
        }
        let args: Option<Vec<String>> = wanted.key.args.iter().map(spell).collect();
        signatures.push(format!("{}({})", spell(&typed.ret)?, args?.join(", ")));
    }
    let (at, open) = decorator(text, item)?;
    let quoted: Vec<String> = signatures.iter().map(|signature| format!("\"{signature}\"")).collect();
    let given = match quoted.as_slice() {
        [] => return None,
        [only] => only.clone(),
        several => format!("[{}]", several.join(", ")),
    };
    let new = match open {
        Open::None => format!("({given})"),
        Open::Empty => given.clone(),
        Open::Filled => format!("{given}, "),
    };
    let title = match signatures.as_slice() {
        [only] => format!("jitcheck: add the signature {only}"),
        several => format!("jitcheck: add {} signatures", several.len()),
    };
    Some(Action { title, edits: vec![Edit { start: at, end: at, text: new }] })
}

enum Open {
    /// `@njit`
    None,
    /// `@njit()`
    Empty,
    /// `@njit(cache=True)`
    Filled,
}

/// Where the arguments of the decorator that jits start, if none of them is given by position.
fn decorator(text: &str, item: &KernelItem) -> Option<(u32, Open)> {
    let (start, end) = (item.range.0 as usize, item.name_range.0 as usize);
    let mut at = start;
    for line in text.get(start..end)?.split_inclusive('\n') {
        let path = line.trim_start().strip_prefix('@').unwrap_or_default();
        let name = path.split(['(', ' ', '#', '\n', '\r']).next().unwrap_or_default();
        if name.ends_with("jit") {
            let behind = at + (line.len() - path.len()) + name.len();
            let rest = text.get(behind..end)?;
            let offset = |at: usize| u32::try_from(at).ok();
            let Some(inside) = rest.strip_prefix('(') else { return Some((offset(behind)?, Open::None)) };
            let inside = inside.trim_start();
            if inside.starts_with(')') {
                return Some((offset(behind + 1)?, Open::Empty));
            }
            let word = inside.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_').trim_start();
            return word.starts_with('=').then_some((offset(behind + 1)?, Open::Filled));
        }
        at += line.len();
    }
    None
}

/// A type as it is written in a signature; not all can be.
fn spell(ty: &Ty) -> Option<String> {
    Some(match ty {
        Ty::Bool | Ty::Int(_) | Ty::Float(_) | Ty::Complex(_) | Ty::None | Ty::Str => ty.to_string(),
        Ty::Literal(_) => spell(&ty.unliteral())?,
        Ty::Tuple(items) if items.is_empty() => return None,
        Ty::Tuple(items) => {
            let spelled: Option<Vec<String>> = items.iter().map(spell).collect();
            format!("Tuple(({},))", spelled?.join(", "))
        }
        Ty::TypedList(item) => format!("ListType({})", spell(item)?),
        Ty::Optional(inner) => format!("optional({})", spell(inner)?),
        Ty::Array(array) if array.kind == BufferKind::Array && !array.readonly && array.aligned => {
            let elem = match &array.elem {
                elem @ (Ty::Bool | Ty::Int(_) | Ty::Float(_) | Ty::Complex(_)) => elem.to_string(),
                _ => return None,
            };
            let ndim = usize::from(array.ndim.filter(|ndim| *ndim > 0)?);
            let mut dims = vec![":"; ndim];
            match array.layout {
                Layout::C => dims[ndim - 1] = "::1",
                Layout::F => dims[0] = "::1",
                Layout::A => {}
                Layout::Hole => return None,
            }
            format!("{elem}[{}]", dims.join(", "))
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use crate::db::{Host, NoFiles, Settings};

    fn signed(code: &str) -> Option<String> {
        let mut host = Host::new(Arc::new(NoFiles), Settings::default());
        let path = Path::new("/m.py");
        host.set_text(path, Some(code));
        let at = u32::try_from(code.find("def").expect("a function")).expect("it is short");
        let action = host.snapshot().actions(path, at, at).into_iter().next()?;
        let edit = &action.edits[0];
        let (before, after) = code.split_at(edit.start as usize);
        let text = format!("{before}{}{after}", edit.text);
        text.lines().find(|line| line.starts_with('@')).map(str::to_owned)
    }

    #[test]
    fn a_signature_is_taken_from_the_calls() {
        let code = |decorator: &str, calls: &str| {
            format!(
                "import numpy as np\nfrom numba import njit\n\n{decorator}\ndef f(a, n):\n    return a[0] * n\n\n{calls}\n"
            )
        };
        let call = "f(np.zeros((2, 3)), 2)";
        assert_eq!(
            signed(&code("@njit", "f(np.zeros(3), 2)")).as_deref(),
            Some("@njit(\"float64(float64[::1], int64)\")")
        );
        assert_eq!(
            signed(&code("@njit(cache=True)", call)).as_deref(),
            Some("@njit(\"float64[::1](float64[:, ::1], int64)\", cache=True)")
        );
        assert_eq!(signed(&code("@njit(\"float64(float64[:], int64)\")", call)), None);
        assert_eq!(signed(&code("@njit", "")), None);
    }
}
