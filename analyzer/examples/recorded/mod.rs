//! Recorded answers of Numba: types by number, and calls as lists of such numbers.

use std::collections::BTreeMap;

use analyzer::ty::Ty;
use serde_json::Value;

pub(crate) struct Surface {
    pub(crate) data: Value,
    pub(crate) spellings: Vec<String>,
    pub(crate) types: Vec<Option<Ty>>,
}

impl Surface {
    /// `jitted` is what a jitted function is taken for, by its spelling.
    pub(crate) fn read(path: &str, jitted: fn(&str) -> Ty) -> Option<Surface> {
        let data: Value = serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()?;
        let texts = data["results"].as_array()?;
        let spellings: Vec<String> = texts.iter().map(|text| spelled(text.as_str().unwrap_or(""))).collect();
        let types = spellings.iter().map(|text| parse(text, jitted)).collect();
        Some(Surface { data, spellings, types })
    }

    pub(crate) fn types(&self, args: &[usize]) -> Option<Vec<Ty>> {
        args.iter().map(|arg| self.types[*arg].clone()).collect()
    }
}

/// What was recorded of a grid: how many combinations it has, and the answers of those that were accepted.
pub(crate) fn accepted(results: &Value) -> (usize, BTreeMap<usize, Option<usize>>) {
    let total = results["n"].as_u64().unwrap_or(0) as usize;
    let listed = if results["c"] == "all" { (0..total).collect() } else { undelta(&indices(&results["c"])) };
    let answer = |place: usize| match &results["r"] {
        Value::Array(list) => list[place].as_u64().map(|index| index as usize),
        value => value.as_u64().map(|index| index as usize),
    };
    let answers = listed.iter().enumerate().map(|(place, combination)| (*combination, answer(place)));
    (total, answers.collect())
}

/// One choice of each axis, by the number of the combination; the last axis turns fastest.
pub(crate) fn combination(axes: &[Vec<usize>], number: usize) -> Vec<usize> {
    let mut rest = number;
    let mut args: Vec<usize> = axes
        .iter()
        .rev()
        .map(|axis| {
            let chosen = axis[rest % axis.len()];
            rest /= axis.len();
            chosen
        })
        .collect();
    args.reverse();
    args
}

pub(crate) fn indices(value: &Value) -> Vec<usize> {
    value.as_array().into_iter().flatten().filter_map(Value::as_u64).map(|index| index as usize).collect()
}

pub(crate) fn pairs(value: &Value) -> BTreeMap<usize, usize> {
    let pairs = value.as_array().into_iter().flatten().map(indices);
    pairs.filter(|pair| pair.len() == 2).map(|pair| (pair[0], pair[1])).collect()
}

/// Numbers that are recorded as steps from each to the next.
pub(crate) fn undelta(steps: &[usize]) -> Vec<usize> {
    let mut place = 0;
    let mut absolute = |step: &usize| {
        place += step;
        place
    };
    steps.iter().map(&mut absolute).collect()
}

/// The recording abbreviates one record type.
pub(crate) fn spelled(text: &str) -> String {
    text.replace("REC{x:f8,n:i4}", "Record(x[type=float64;offset=0],n[type=int32;offset=8];16;True)")
}

pub(crate) fn parse(text: &str, jitted: fn(&str) -> Ty) -> Option<Ty> {
    if let Some(name) = text.strip_prefix("pytype ") {
        return Some(Ty::Function(format!("builtins.{name}").into()));
    }
    if text.starts_with("jit(") {
        return Some(jitted(text));
    }
    text.parse::<Ty>().ok().filter(|ty| !matches!(ty, Ty::Opaque(_)))
}
