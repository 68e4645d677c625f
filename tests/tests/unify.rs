//! Conversion and unification of every pair of 110 types, as Numba answers: see `oracle/record_unify.py`.

use std::path::Path;

use analyzer::ty::Ty;
use analyzer::ty::convert::{Conversion, can_convert};
use analyzer::ty::unify::{Unified, unify};

struct Record {
    types: Vec<Ty>,
    spellings: Vec<String>,
    given: usize,
    convert: Vec<String>,
    unify: Vec<Vec<String>>,
}

fn record() -> Record {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("oracle/unify.txt");
    let text = std::fs::read_to_string(path).expect("the record is part of the repository");
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let given =
        lines.next().and_then(|line| line.strip_prefix("given ")).expect("the first line counts the types");
    let given = given.parse().expect("a count is a number");
    let spellings: Vec<String> =
        lines.by_ref().take_while(|line| *line != "convert").map(str::to_owned).collect();
    let types = spellings.iter().map(|text| text.parse().expect("every spelling can be read")).collect();
    let convert = lines.by_ref().take_while(|line| *line != "unify").map(str::to_owned).collect();
    let unify = lines.map(|line| line.split(' ').map(str::to_owned).collect()).collect();
    Record { types, spellings, given, convert, unify }
}

#[test]
fn conversions_are_numbas() {
    let record = record();
    let mut wrong = Vec::new();
    for (i, from) in record.types[..record.given].iter().enumerate() {
        for (j, to) in record.types[..record.given].iter().enumerate() {
            let ours = match can_convert(from, to) {
                None => ".",
                Some(Conversion::Exact) => "=",
                Some(Conversion::Promote) => "p",
                Some(Conversion::Safe) => "s",
                Some(Conversion::Unsafe) => "u",
                Some(Conversion::Possible) => "?",
            };
            let numbas = &record.convert[i][j..=j];
            if ours != numbas {
                wrong.push(format!(
                    "{} -> {}: {numbas}, not {ours}",
                    record.spellings[i], record.spellings[j]
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn unification_is_numbas() {
    let record = record();
    let mut wrong = Vec::new();
    for (i, a) in record.types[..record.given].iter().enumerate() {
        for (j, b) in record.types[..record.given].iter().enumerate() {
            let numbas =
                record.unify[i][j].parse().map_or("a clash", |index: usize| &record.spellings[index]);
            let ours = match unify(a, b) {
                Unified::Clash => "a clash".to_owned(),
                // Types that no program can use: an optional literal list, a range of floats.
                Unified::Ty(ty)
                    if ty.has_hole() && (numbas.contains("Poison") || numbas.contains("_float")) =>
                {
                    continue;
                }
                Unified::Ty(ty) => ty.to_string(),
            };
            // Numba prints the members of a literal list as a list or as a tuple, by the way it was made.
            let inner = numbas.strip_prefix("LiteralList([").and_then(|rest| rest.strip_suffix("])"));
            if ours != inner.map_or(numbas.to_owned(), |inner| format!("LiteralList(({inner}))")) {
                let (a, b) = (&record.spellings[i], &record.spellings[j]);
                wrong.push(format!("{a} + {b}: {numbas}, not {ours}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// No third type rescues a clash, except for members of an `IntEnum`, which meet any number by way of `int64`, and
/// named tuples, which meet uniform ones by way of others. Phis with holes rely on it.
#[test]
fn unification_is_associative() {
    let record = record();
    let special = |ty: &&Ty| matches!(ty, Ty::EnumMember(_) | Ty::NamedTuple(_) | Ty::LiteralList(_));
    let types: Vec<&Ty> = record.types[..record.given].iter().filter(|ty| !special(ty)).collect();
    let join = |a: &Ty, b: &Ty| unify(a, b).ty();
    let mut wrong = Vec::new();
    for a in &types {
        for b in &types {
            for c in &types {
                let left = join(a, b).and_then(|ab| join(&ab, c));
                let right = join(b, c).and_then(|bc| join(a, &bc));
                if left.is_some() != right.is_some() {
                    wrong.push(format!("{a} + {b} + {c}: {left:?}, {right:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(60)].join("\n"));
}
