//! Compares operators, subscripts, builtins, methods and attributes with recorded answers of Numba:
//! `surface_core SURFACE.JSON [ENTRY [COUNT]]`. With an entry's name, its disagreements are listed.
#![expect(clippy::print_stdout, reason = "a measuring tool prints its figures")]

mod recorded;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

use analyzer::hir::body::{BinaryOp, CmpOp, UnaryOp};
use analyzer::infer::{attr, index, ops};
use analyzer::table::args::{Callees, NoCallees};
use analyzer::table::{self, Args, Function, Outcome};
use analyzer::ty::{Literal, Name, Ty};
use recorded::{Surface, accepted, combination, indices, pairs, spelled, undelta};
use serde_json::Value;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(surface) = arguments.next().and_then(|path| Surface::read(&path, jitted)) else {
        println!("usage: surface_core SURFACE.JSON [ENTRY [COUNT]]");
        return ExitCode::from(2);
    };
    let selected = arguments.next();
    let count = arguments.next().and_then(|count| count.parse().ok()).unwrap_or(60);
    let mut run = Run { surface: &surface, selected, count, tallies: BTreeMap::new() };
    run.operators();
    run.subscripts();
    run.functions();
    run.attributes();
    run.summary();
    ExitCode::SUCCESS
}

#[derive(Default, Clone)]
struct Tally {
    probes: usize,
    agree: usize,
    accepted: usize,
    accepted_agree: usize,
    false_refusals: usize,
    false_accepts: usize,
    other_type: usize,
    holes: usize,
}

impl Tally {
    fn share(&self) -> f64 {
        if self.probes == 0 { 1.0 } else { self.agree as f64 / self.probes as f64 }
    }

    fn add(&mut self, other: &Tally) {
        self.probes += other.probes;
        self.agree += other.agree;
        self.accepted += other.accepted;
        self.accepted_agree += other.accepted_agree;
        self.false_refusals += other.false_refusals;
        self.false_accepts += other.false_accepts;
        self.other_type += other.other_type;
        self.holes += other.holes;
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:6.2}% of {:7}, accepted {:6}/{:6}; false refusals {:5}, false accepts {:5}, other type {:5}, holes {:5}",
            100.0 * self.share(),
            self.probes,
            self.accepted_agree,
            self.accepted,
            self.false_refusals,
            self.false_accepts,
            self.other_type,
            self.holes
        )
    }
}

/// What Numba answered: `Some(None)` refused, `None` not decidable from types alone (a literal is asked for).
type Expected = Option<Option<usize>>;

impl Surface {
    /// Every combination of a grid with Numba's answer.
    fn grid(&self, name: &str, results: &Value) -> Vec<(Vec<usize>, Expected)> {
        let axes = &self.data["grids"][name];
        let axes: Vec<Vec<usize>> = match axes.get(0) {
            Some(Value::Number(_)) => vec![indices(axes)],
            _ => axes.as_array().into_iter().flatten().map(indices).collect(),
        };
        let (total, listed) = accepted(results);
        let mut answers: BTreeMap<usize, Expected> =
            listed.into_iter().map(|(number, answer)| (number, Some(answer))).collect();
        for (kind, list) in results["x"].as_object().into_iter().flatten() {
            if kind.starts_with('L') {
                answers.extend(undelta(&indices(list)).into_iter().map(|number| (number, None)));
            }
        }
        let expected = |number: usize| answers.get(&number).copied().unwrap_or(Some(None));
        (0..total).map(|number| (combination(&axes, number), expected(number))).collect()
    }
}

struct Run<'a> {
    surface: &'a Surface,
    selected: Option<String>,
    count: usize,
    tallies: BTreeMap<String, Tally>,
}

impl Run<'_> {
    fn record(
        &mut self,
        entry: &str,
        call: impl FnOnce() -> String,
        outcome: &Outcome,
        expected: Option<&str>,
    ) {
        let tally = self.tallies.entry(entry.to_owned()).or_default();
        tally.probes += 1;
        tally.accepted += usize::from(expected.is_some());
        let agrees = match (outcome, expected) {
            (Outcome::Known(typed), Some(expected)) => typed.ret.to_string() == expected,
            (Outcome::Refused(_), None) => true,
            _ => false,
        };
        if agrees {
            tally.agree += 1;
            tally.accepted_agree += usize::from(expected.is_some());
            return;
        }
        match (outcome, expected) {
            (Outcome::Hole(_), _) => tally.holes += 1,
            (Outcome::Refused(_), _) => tally.false_refusals += 1,
            (Outcome::Known(_), None) => tally.false_accepts += 1,
            (Outcome::Known(_), Some(_)) => tally.other_type += 1,
        }
        if self.count > 0 && self.selected.as_deref() == Some(entry) {
            self.count -= 1;
            let ours = match outcome {
                Outcome::Known(typed) => typed.ret.to_string(),
                Outcome::Refused(refusal) => {
                    format!("refused ({:?})", refusal.kind).chars().take(70).collect()
                }
                Outcome::Hole(why) => format!("hole ({why:?})"),
            };
            println!("{}: numba {}, ours {ours}", call(), expected.unwrap_or("refused"));
        }
    }

    fn probe(
        &mut self,
        entry: &str,
        args: &[usize],
        expected: Expected,
        rule: impl FnOnce(&[Ty]) -> Outcome,
    ) {
        let Some(expected) = expected else { return };
        let Some(types) = self.surface.types(args) else { return };
        if refused_later(entry, &types) {
            return;
        }
        let outcome = rule(&types);
        let spellings = &self.surface.spellings;
        let call = || args.iter().map(|arg| spellings[*arg].as_str()).collect::<Vec<_>>().join(" ; ");
        self.record(entry, call, &outcome, expected.map(|index| spellings[index].as_str()));
    }

    fn operators(&mut self) {
        let surface = self.surface;
        let groups = ["functions", "operators"];
        for (name, entry) in groups.iter().filter_map(|group| surface.data[*group].as_object()).flatten() {
            let Some(rule) = operator(name) else { continue };
            for (grid, results) in entry["grids"].as_object().into_iter().flatten() {
                for (args, expected) in surface.grid(grid, results) {
                    self.probe(name, &args, expected, &rule);
                }
            }
        }
    }

    fn functions(&mut self) {
        let surface = self.surface;
        for (name, entry) in surface.data["functions"].as_object().into_iter().flatten() {
            let module = name.split('.').next().unwrap_or("");
            // `reduce` is recorded as a stub that types no call of its function.
            if matches!(module, "numpy" | "math" | "cmath" | "random" | "operator" | "functools") {
                continue;
            }
            let row = table::find(name);
            for (grid, results) in entry["grids"].as_object().into_iter().flatten() {
                for (args, expected) in surface.grid(grid, results) {
                    self.probe(name, &args, expected, |types| call(row, None, types, &[]));
                }
            }
            let p3 = indices(&surface.data["P3"]);
            for third in entry["third"].as_array().into_iter().flatten() {
                let answers = pairs(&third[1]);
                for value in &p3 {
                    let mut args = indices(&third[0]);
                    args.push(*value);
                    let expected = Some(answers.get(value).copied());
                    self.probe(name, &args, expected, |types| call(row, None, types, &[]));
                }
            }
            self.keywords(name, row, None, &entry["kw"]);
        }
    }

    fn keywords(&mut self, name: &str, row: Option<&'static Function>, recv: Option<&Ty>, keywords: &Value) {
        if recv.is_some_and(|recv| uncast(recv, &[Ty::Undefined])) {
            return;
        }
        let values = indices(&self.surface.data["KWV"]);
        for (keyword, entries) in keywords.as_object().into_iter().flatten() {
            for entry in entries.as_array().into_iter().flatten() {
                let answers = pairs(&entry[1]);
                for value in &values {
                    let mut args = indices(&entry[0]);
                    args.push(*value);
                    let keyword = Name::from(keyword.as_str());
                    self.probe(name, &args, Some(answers.get(value).copied()), |types| {
                        let (value, types) = types.split_last().expect("the keyword's value is last");
                        call(row, recv, types, &[(keyword, value.clone())])
                    });
                }
            }
        }
    }

    fn attributes(&mut self) {
        let surface = self.surface;
        for (text, entry) in surface.data["attributes"].as_object().into_iter().flatten() {
            let spelling = spelled(text);
            let Some(ty) = parse(&spelling) else { continue };
            for (name, answer) in entry["attrs"].as_object().into_iter().flatten() {
                if name.starts_with("__") {
                    continue;
                }
                let expected = answer.as_u64().map(|index| surface.spellings[index as usize].as_str());
                let outcome = attr::attribute(&ty, name);
                self.record("attributes", || format!("{spelling}.{name}"), &outcome, expected);
            }
            for (name, method) in entry["methods"].as_object().into_iter().flatten() {
                if name.starts_with('_') {
                    continue;
                }
                let path = attr::method_path(&ty, name);
                let entry = path.clone().unwrap_or_else(|| format!("?.{name}"));
                let row = path.as_deref().and_then(table::find);
                for (grid, results) in method["grids"].as_object().into_iter().flatten() {
                    for (args, expected) in surface.grid(grid, results) {
                        let Some(expected) = expected else { continue };
                        let Some(types) = surface.types(&args) else { continue };
                        if uncast(&ty, &types) {
                            continue;
                        }
                        let outcome = call(row, Some(&ty), &types, &[]);
                        let spellings = &surface.spellings;
                        let args = || {
                            args.iter().map(|arg| spellings[*arg].as_str()).collect::<Vec<_>>().join(" ; ")
                        };
                        let expected = expected.map(|index| spellings[index].as_str());
                        self.record(&entry, || format!("{spelling}.{name}({})", args()), &outcome, expected);
                    }
                }
                self.keywords(&format!("{entry} keywords"), row, Some(&ty), &method["kw"]);
            }
        }
    }

    fn subscripts(&mut self) {
        let surface = self.surface;
        let operators = &surface.data["operators"];
        let indices = &operators["operator.getitem"]["index_types"];
        let named = |name: &str| indices[name].as_str().and_then(parse);
        let columns: Vec<&str> = operators["operator.getitem"]["columns"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        for (target, row) in operators["operator.getitem"]["table"].as_object().into_iter().flatten() {
            let Some(ty) = parse(&spelled(target)) else { continue };
            for (column, answer) in columns.iter().zip(row.as_array().into_iter().flatten()) {
                let (Some(answer), Some(index)) = (answer.as_i64(), named(column)) else { continue };
                let expected = usize::try_from(answer).ok().map(|index| surface.spellings[index].as_str());
                // Typed, and then not compiled.
                if *column == "..."
                    || column.contains("ba2")
                    || column.matches("ba").count() > 1
                    || refused_later("operator.getitem", &[ty.clone(), index.clone()])
                {
                    continue;
                }
                let outcome = index::getitem(&ty, &index);
                self.record("getitem", || format!("{target}[{column}]"), &outcome, expected);
            }
        }
        for (target, row) in operators["static_getitem"]["table"].as_object().into_iter().flatten() {
            let Some(ty) = parse(&spelled(target)) else { continue };
            for (column, answer) in row.as_object().into_iter().flatten() {
                // `!N`: there is no rule for constants, so the general one decides.
                let expected = match answer {
                    Value::String(text) if text == "!N" => continue,
                    Value::String(text) if !text.starts_with('!') => Some(text.as_str()),
                    Value::Number(index) => {
                        index.as_u64().map(|index| surface.spellings[index as usize].as_str())
                    }
                    _ => None,
                };
                let outcome = index::getitem(&ty, &constant_index(column));
                self.record("static_getitem", || format!("{target}[{column}]"), &outcome, expected);
            }
        }
        let values: Vec<Option<Ty>> = operators["operator.setitem"]["values"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(parse)
            .collect();
        for (target, row) in operators["operator.setitem"]["table"].as_object().into_iter().flatten() {
            let Some(ty) = parse(&spelled(target)) else { continue };
            for (column, bits) in row.as_object().into_iter().flatten() {
                let (Some(bits), Some(index)) = (bits.as_str(), named(column)) else { continue };
                for (bit, value) in bits.chars().zip(&values) {
                    let Some(value) = value else { continue };
                    // Typed, and then not compiled.
                    if refused_later("operator.setitem", &[ty.clone(), index.clone()])
                        || column.contains("ba2")
                        || matches!(ty, Ty::List { .. }) && column.starts_with(':')
                    {
                        continue;
                    }
                    let outcome = index::setitem(&ty, &index, value);
                    self.record(
                        "setitem",
                        || format!("{target}[{column}] = {value}"),
                        &outcome,
                        (bit == '1').then_some("none"),
                    );
                }
            }
        }
        for (target, row) in operators["operator.delitem"]["table"].as_object().into_iter().flatten() {
            let Some(ty) = parse(&spelled(target)) else { continue };
            for (column, answer) in row.as_object().into_iter().flatten() {
                let Some(index) = named(column) else { continue };
                let outcome = index::delitem(&ty, &index);
                let expected =
                    answer.as_str().filter(|text| !text.starts_with('!')).or(answer.as_u64().map(|_| "none"));
                self.record(
                    "delitem",
                    || format!("del {target}[{column}]"),
                    &outcome,
                    expected.map(|_| "none"),
                );
            }
        }
    }

    fn summary(&self) {
        if let Some(selected) = &self.selected {
            if let Some(tally) = self.tallies.get(selected) {
                println!("{selected}: {tally}");
            }
            return;
        }
        let mut total = Tally::default();
        self.tallies.values().for_each(|tally| total.add(tally));
        let mut worst: Vec<_> = self.tallies.iter().filter(|(_, tally)| tally.agree < tally.probes).collect();
        worst.sort_by(|left, right| left.1.share().total_cmp(&right.1.share()));
        for (name, tally) in worst {
            println!("{name:32} {tally}");
        }
        println!("{:32} {total}", "all");
        let mean = self.tallies.values().map(Tally::share).sum::<f64>() / self.tallies.len().max(1) as f64;
        println!("mean over {} entries {:.2}%", self.tallies.len(), 100.0 * mean);
    }
}

fn call(row: Option<&'static Function>, recv: Option<&Ty>, args: &[Ty], keywords: &[(Name, Ty)]) -> Outcome {
    let Some(row) = row else { return Outcome::Hole(analyzer::ty::Why::NotInTable("".into())) };
    match Args::bind(row.path, row.cached_params(), recv, args, keywords, &Recorded) {
        Ok(args) => (row.rule)(&args),
        Err(refusal) => Outcome::Refused(refusal),
    }
}

/// The jitted functions of the recording.
struct Recorded;

impl Callees for Recorded {
    fn numba(&self) -> (u16, u16) {
        (0, 68)
    }

    fn call(&self, func: &Ty, args: &[Ty]) -> Outcome {
        let Ty::Opaque(name) = func else { return NoCallees.call(func, args) };
        match (&**name, args) {
            ("jit(x)->x", [x]) => Outcome::known(x.clone()),
            ("jit(x)->x>0", [x]) => ops::compare(CmpOp::Gt, x, &Ty::int_literal(0)),
            ("jit(x,y)->x+y", [x, y]) => ops::binary(BinaryOp::Add, x, y),
            (name, _) if name.starts_with("jit(") => Outcome::refused(table::RefusalKind::Unsupported),
            _ => NoCallees.call(func, args),
        }
    }
}

/// What our rules answer for operands of these types.
type Answer = Box<dyn Fn(&[Ty]) -> Outcome>;

fn operator(name: &str) -> Option<Answer> {
    let short = name.strip_prefix("operator.").unwrap_or(name);
    let unary = |op: UnaryOp| -> Option<Answer> { Some(Box::new(move |args| ops::unary(op, &args[0]))) };
    let compare =
        |op: CmpOp| -> Option<Answer> { Some(Box::new(move |args| ops::compare(op, &args[0], &args[1]))) };
    match short {
        "neg" => return unary(UnaryOp::Neg),
        "pos" => return unary(UnaryOp::Pos),
        "invert" => return unary(UnaryOp::Invert),
        "not_" => return unary(UnaryOp::Not),
        "eq" => return compare(CmpOp::Eq),
        "ne" => return compare(CmpOp::NotEq),
        "lt" => return compare(CmpOp::Lt),
        "le" => return compare(CmpOp::LtE),
        "gt" => return compare(CmpOp::Gt),
        "ge" => return compare(CmpOp::GtE),
        "is_" => return compare(CmpOp::Is),
        "is_not" => return compare(CmpOp::IsNot),
        "contains" => return Some(Box::new(|args| ops::compare(CmpOp::In, &args[1], &args[0]))),
        _ => {}
    }
    let (inplace, short) = match short.strip_prefix('i') {
        Some(rest) if binary(rest).is_some() => (true, rest),
        _ => (false, short),
    };
    let op = binary(short)?;
    Some(Box::new(move |args| {
        if inplace { ops::inplace(op, &args[0], &args[1]) } else { ops::binary(op, &args[0], &args[1]) }
    }))
}

fn binary(name: &str) -> Option<BinaryOp> {
    Some(match name {
        "add" => BinaryOp::Add,
        "sub" => BinaryOp::Sub,
        "mul" => BinaryOp::Mult,
        "matmul" => BinaryOp::MatMult,
        "truediv" => BinaryOp::Div,
        "floordiv" => BinaryOp::FloorDiv,
        "mod" => BinaryOp::Mod,
        "pow" => BinaryOp::Pow,
        "lshift" => BinaryOp::LShift,
        "rshift" => BinaryOp::RShift,
        "and" | "and_" => BinaryOp::BitAnd,
        "or" | "or_" => BinaryOp::BitOr,
        "xor" => BinaryOp::BitXor,
        _ => return None,
    })
}

/// What the recording accepts and Numba's code generator refuses; and omitted arguments, which are no operands.
fn refused_later(entry: &str, types: &[Ty]) -> bool {
    let has = |test: fn(&Ty) -> bool| types.iter().any(test);
    let array = has(|ty| matches!(ty, Ty::Array(_)));
    let class = has(|ty| matches!(ty, Ty::NumberClass(_) | Ty::DType(_) | Ty::EnumMember(_)));
    let omitted = has(|ty| matches!(ty, Ty::Omitted(_)));
    let keyed = |ty: &Ty| matches!(ty, Ty::Dict(dict) if dict.key == Ty::Str);
    let keys = |ty: &Ty| matches!(ty, Ty::Str | Ty::UnicodeChars(_) | Ty::Literal(Literal::Str(_)));
    let wrong_key = types.iter().any(keyed) && !types.iter().any(keys);
    let element = |ty: &Ty| matches!(ty, Ty::Opaque(_));
    let takes_function =
        ["sorted", "sort", "map", "filter", "isinstance"].iter().any(|name| entry.contains(name));
    if !takes_function && types.iter().any(element) {
        return true;
    }
    entry.starts_with("operator.") && (omitted || array && class || wrong_key)
}

/// A typed container of anything but numbers takes all arguments in the recording, and casts few later on.
fn uncast(recv: &Ty, args: &[Ty]) -> bool {
    let item = match recv {
        Ty::TypedList(item) => &**item,
        Ty::Dict(dict) => &dict.key,
        _ => return false,
    };
    !item.is_number() && args.iter().any(|arg| !arg.is_integer() && arg.unliteral() != *item)
        || matches!(args, [first, ..] if !item.is_number() && first.is_integer())
}

/// `0`, `-1`, `s1:`, `x`.
fn constant_index(text: &str) -> Ty {
    if let Ok(place) = text.parse::<i128>() {
        return Ty::int_literal(place);
    }
    match text.strip_prefix('s') {
        Some(slice) if slice.contains(':') => {
            let mut parts = slice.split(':').map(|part| part.parse::<i64>().ok());
            let mut next = || parts.next().flatten();
            let slice = analyzer::ty::SliceLiteral { start: next(), stop: next(), step: next() };
            Ty::Literal(Literal::Slice(Arc::new(slice)))
        }
        _ => Ty::str_literal(text),
    }
}

fn parse(text: &str) -> Option<Ty> {
    recorded::parse(text, jitted)
}

fn jitted(spelling: &str) -> Ty {
    Ty::Opaque(spelling.into())
}
