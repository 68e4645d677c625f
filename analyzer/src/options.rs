//! Options given beside a request, as texts, laid over the decorator's own.

use crate::hir::JitOptions;
use crate::ty::Ty;

/// The options of a decorator, with these replaced. Values are spelled as in JSON or Python.
pub(crate) fn apply(declared: &JitOptions, given: &[(String, String)]) -> JitOptions {
    let mut options = declared.clone();
    for (name, value) in given {
        let truth = !matches!(value.trim(), "false" | "False" | "0" | "null" | "None" | "{}" | "[]");
        match name.as_str() {
            "parallel" => options.parallel = truth,
            "fastmath" => {
                options.fastmath = truth;
                options.no_nans = truth && (!value.contains(['[', '{']) || value.contains("nnan"));
            }
            "cache" => options.cache = truth,
            "nogil" => options.nogil = truth,
            "boundscheck" => options.boundscheck = Some(truth),
            "forceobj" => options.forceobj = truth,
            "inline" => options.inline_always = value.contains("always"),
            "error_model" => options.numpy_errors = value.contains("numpy"),
            "locals" => options.locals = locals(value),
            _ => {}
        }
    }
    options
}

/// `{"x": "float64", "y": "int64"}`
fn locals(text: &str) -> Vec<(crate::ty::Name, Ty)> {
    let inner = text.trim().trim_start_matches('{').trim_end_matches('}');
    let unquote = |part: &str| part.trim().trim_matches(|quote| quote == '"' || quote == '\'').to_string();
    inner
        .split(", \"")
        .filter_map(|pair| {
            let (name, ty) = pair.split_once(':')?;
            let ty: Ty = unquote(ty).parse().ok()?;
            Some((unquote(name).into(), ty))
        })
        .collect()
}
