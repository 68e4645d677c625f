//! Compares the rows of the table with recorded answers of Numba: `surface SURFACE.JSON [FUNCTION | RANKING.MD]`.
//!
//! Every recorded call of a function is typed by its row; a function without a row disagrees everywhere. With a
//! function's name, its disagreements are listed. With `--holes` every accepted call is repeated with holes in its
//! arguments: no rule may refuse them, or claim a type that the full arguments contradict.
#![expect(clippy::print_stdout, reason = "a measuring tool prints its figures")]

mod recorded;

use std::process::ExitCode;

use analyzer::table::args::NoCallees;
use analyzer::table::{self, Args, Function, Outcome};
use analyzer::ty::{ArrayTy, Layout, Name, Ty, Why};
use recorded::{Surface, accepted, combination, indices, pairs};
use serde_json::Value;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), selected) = (arguments.next(), arguments.next()) else {
        println!("usage: surface SURFACE.JSON [FUNCTION | RANKING.MD]");
        return ExitCode::from(2);
    };
    let Some(surface) = Surface::read(&path, |_| Ty::Function("a jitted function".into())) else {
        println!("{path} cannot be read");
        return ExitCode::from(2);
    };
    match selected {
        Some(flag) if flag == "--holes" => surface.holes(),
        Some(name) if !name.ends_with(".md") => surface.explain(&name),
        ranking => surface.summary(ranking.as_deref()),
    }
    ExitCode::SUCCESS
}

/// One recorded call: positional types, keywords, and what Numba answered (`None`: refused).
struct Probe {
    args: Vec<usize>,
    keyword: Option<(Name, usize)>,
    expected: Option<usize>,
}

#[derive(Default, Clone)]
struct Tally {
    probes: usize,
    agree: usize,
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
            "{:6.2}% of {:7}  false refusals {:6}  false accepts {:6}  other type {:6}  holes {:6}",
            100.0 * self.share(),
            self.probes,
            self.false_refusals,
            self.false_accepts,
            self.other_type,
            self.holes
        )
    }
}

impl Surface {
    fn functions(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.data["functions"].as_object().into_iter().flatten().filter(|(name, function)| {
            let module = name.split('.').next().unwrap_or("");
            matches!(module, "numpy" | "math" | "cmath" | "random") && function["kind"] != "NumberClass"
        })
    }

    fn probes(&self, function: &Value) -> Vec<Probe> {
        let mut probes = Vec::new();
        for (grid, results) in function["grids"].as_object().into_iter().flatten() {
            self.grid(&self.data["grids"][grid], results, &mut probes);
        }
        let p3 = indices(&self.data["P3"]);
        for entry in function["third"].as_array().into_iter().flatten() {
            let answers = pairs(&entry[1]);
            for value in &p3 {
                let mut args = indices(&entry[0]);
                args.push(*value);
                probes.push(Probe { args, keyword: None, expected: answers.get(value).copied() });
            }
        }
        if function["kind"] != "ufunc" {
            self.keywords(function, &mut probes);
        }
        // The code generator refuses classes, dtypes and enum members as operands, after they have been typed.
        if function["kind"] == "ufunc" {
            probes.retain(|probe| !probe.args.iter().any(|arg| is_class(&self.spellings[*arg])));
        }
        probes
    }

    fn keywords(&self, function: &Value, probes: &mut Vec<Probe>) {
        let values = indices(&self.data["KWV"]);
        for (name, entries) in function["kw"].as_object().into_iter().flatten() {
            for entry in entries.as_array().into_iter().flatten() {
                let answers = pairs(&entry[1]);
                for value in &values {
                    let keyword = Some((Name::from(name.as_str()), *value));
                    probes.push(Probe {
                        args: indices(&entry[0]),
                        keyword,
                        expected: answers.get(value).copied(),
                    });
                }
            }
        }
    }

    fn grid(&self, axes: &Value, results: &Value, probes: &mut Vec<Probe>) {
        let axes: Vec<Vec<usize>> = axes.as_array().into_iter().flatten().map(indices).collect();
        let (total, answers) = accepted(results);
        for number in 0..total {
            let args = combination(&axes, number);
            probes.push(Probe { args, keyword: None, expected: answers.get(&number).copied().flatten() });
        }
    }

    /// What the row answers, `None` where an argument's type cannot be read.
    fn answer(&self, row: &'static Function, probe: &Probe) -> Option<Outcome> {
        let args = self.types(&probe.args)?;
        let keywords = match &probe.keyword {
            Some((name, value)) => vec![(name.clone(), self.types[*value].clone()?)],
            None => Vec::new(),
        };
        Some(bound(row, &args, &keywords))
    }

    fn tally(&self, name: &str, function: &Value, mut report: impl FnMut(&Probe, &Outcome)) -> Tally {
        let mut tally = Tally::default();
        let row = table::find(name);
        for probe in self.probes(function) {
            let Some(row) = row else {
                tally.probes += 1;
                continue;
            };
            let Some(outcome) = self.answer(row, &probe) else { continue };
            tally.probes += 1;
            let expected = probe.expected.map(|index| &self.spellings[index]);
            let agrees = match (&outcome, expected) {
                (Outcome::Known(typed), Some(expected)) => typed.ret.to_string() == *expected,
                (Outcome::Refused(_), None) => true,
                _ => false,
            };
            if agrees {
                tally.agree += 1;
                continue;
            }
            match (&outcome, expected) {
                (Outcome::Hole(_), _) => tally.holes += 1,
                (Outcome::Refused(_), _) => tally.false_refusals += 1,
                (Outcome::Known(_), None) => tally.false_accepts += 1,
                (Outcome::Known(_), Some(_)) => tally.other_type += 1,
            }
            report(&probe, &outcome);
        }
        tally
    }

    fn holes(&self) {
        let (mut tried, mut refused, mut wrong) = (0, 0, 0);
        for (name, function) in self.functions() {
            let Some(row) = table::find(name) else { continue };
            let mut shown = 0;
            for probe in self.probes(function) {
                let (Some(expected), Some(args)) = (probe.expected, self.types_of(&probe)) else { continue };
                let Some(expected) = &self.types[expected] else { continue };
                if probe.keyword.is_some() || !matches!(self.answer(row, &probe), Some(Outcome::Known(_))) {
                    continue;
                }
                for holed in with_holes(&args) {
                    tried += 1;
                    let complaint = match bound(row, &holed, &[]) {
                        Outcome::Refused(_) => {
                            refused += 1;
                            "refused".to_owned()
                        }
                        Outcome::Known(typed) if !covers(&typed.ret, expected) => {
                            wrong += 1;
                            typed.ret.to_string()
                        }
                        _ => continue,
                    };
                    shown += 1;
                    if shown <= 4 {
                        println!("{name}({}) gives {complaint}, may be {expected}", spell(&holed));
                    }
                }
            }
        }
        println!("{tried} calls with holes: {refused} refused, {wrong} typed too narrowly");
    }

    fn types_of(&self, probe: &Probe) -> Option<Vec<Ty>> {
        probe.args.iter().map(|arg| self.types[*arg].clone()).collect()
    }

    fn explain(&self, name: &str) {
        let function = &self.data["functions"][name];
        let mut shown = 0;
        let tally = self.tally(name, function, |probe, outcome| {
            shown += 1;
            if shown > 120 {
                return;
            }
            let args: Vec<&str> = probe.args.iter().map(|arg| self.spellings[*arg].as_str()).collect();
            let keyword =
                probe.keyword.as_ref().map(|(name, value)| format!("{name}={}", self.spellings[*value]));
            let ours = match outcome {
                Outcome::Known(typed) => typed.ret.to_string(),
                Outcome::Refused(_) => "refused".to_owned(),
                Outcome::Hole(_) => "hole".to_owned(),
            };
            let numba = probe.expected.map_or("refused", |index| &self.spellings[index]);
            println!("({}{}) numba {numba}, ours {ours}", args.join(" ; "), keyword.unwrap_or_default());
        });
        println!("{name}: {tally}");
    }

    fn summary(&self, ranking: Option<&str>) {
        let tallies: Vec<(&String, Tally)> =
            self.functions().map(|(name, function)| (name, self.tally(name, function, |_, _| {}))).collect();
        let mut total = Tally::default();
        tallies.iter().for_each(|(_, tally)| total.add(tally));
        let mut worst: Vec<&(&String, Tally)> =
            tallies.iter().filter(|(_, tally)| tally.share() < 0.99).collect();
        worst.sort_by(|left, right| left.1.share().total_cmp(&right.1.share()));
        for (name, tally) in worst {
            println!("{name:45} {tally}{}", if table::find(name).is_none() { "  NO ROW" } else { "" });
        }
        println!("{:45} {total}", "all functions, by probe");
        let mean = tallies.iter().map(|(_, tally)| tally.share()).sum::<f64>() / tallies.len() as f64;
        println!("{:45} {:6.2}% of {}", "all functions, by function", 100.0 * mean, tallies.len());
        if let Some(used) = ranking.and_then(|path| std::fs::read_to_string(path).ok()) {
            self.most_used(&used, &tallies);
        }
    }

    fn most_used(&self, ranking: &str, tallies: &[(&String, Tally)]) {
        let calls = ranking.split("## calls").nth(1).unwrap_or("").split("##").next().unwrap_or("");
        let names = calls
            .lines()
            .filter_map(|line| line.split('|').nth(2))
            .map(|name| name.trim().replace("np.", "numpy."));
        let mut total = Tally::default();
        let (mut count, mut mean) = (0, 0.0);
        for name in names {
            let path = table::names::canonical(&name);
            let Some((_, tally)) = tallies.iter().find(|(listed, _)| *listed == path || **listed == name)
            else {
                continue;
            };
            count += 1;
            mean += tally.share();
            total.add(tally);
            if tally.share() < 0.99 {
                println!("used, rank {count:3}: {name:32} {tally}");
            }
            if count == 120 {
                break;
            }
        }
        println!("{:45} {total}", format!("the {count} most used, by probe"));
        println!("{:45} {:6.2}%", "the most used, by function", 100.0 * mean / f64::from(count.max(1)));
    }
}

fn bound(row: &'static Function, args: &[Ty], keywords: &[(Name, Ty)]) -> Outcome {
    match Args::bind(row.path, row.cached_params(), None, args, keywords, &NoCallees) {
        Ok(args) => (row.rule)(&args),
        Err(refusal) => Outcome::Refused(refusal),
    }
}

fn hole() -> Ty {
    Ty::Hole(Why::UntypedArgument("x".into()))
}

/// The arguments with a hole in one place, in every place where one can be.
fn with_holes(args: &[Ty]) -> Vec<Vec<Ty>> {
    let mut variants = vec![vec![hole(); args.len()]];
    for (index, arg) in args.iter().enumerate() {
        let mut replacements = vec![hole()];
        match arg {
            Ty::Array(array) => {
                replacements.push(Ty::Array(ArrayTy { elem: hole(), ..(**array).clone() }.into()));
                replacements.push(Ty::Array(ArrayTy { ndim: None, ..(**array).clone() }.into()));
                replacements.push(Ty::Array(ArrayTy { layout: Layout::Hole, ..(**array).clone() }.into()));
            }
            Ty::Tuple(items) if !items.is_empty() => {
                let mut items = items.to_vec();
                items[0] = hole();
                replacements.push(Ty::tuple(items));
            }
            Ty::List { .. } => replacements.push(Ty::list(hole())),
            Ty::TypedList(_) => replacements.push(Ty::TypedList(hole().into())),
            _ => {}
        }
        for replacement in replacements {
            let mut variant = args.to_vec();
            variant[index] = replacement;
            variants.push(variant);
        }
    }
    variants
}

fn spell(args: &[Ty]) -> String {
    args.iter().map(|arg| format!("{arg:?}")).collect::<Vec<_>>().join(" ; ")
}

/// Whether a type with holes leaves room for this full type.
fn covers(open: &Ty, full: &Ty) -> bool {
    match (open, full) {
        (Ty::Hole(_) | Ty::Poison | Ty::AnyTuple(_), _) => true,
        (Ty::Array(open), Ty::Array(full)) => {
            covers(&open.elem, &full.elem)
                && open.ndim.is_none_or(|ndim| Some(ndim) == full.ndim)
                && (open.layout == Layout::Hole || open.layout == full.layout)
        }
        (Ty::Tuple(open), Ty::Tuple(full)) => {
            open.len() == full.len() && open.iter().zip(full.iter()).all(|(open, full)| covers(open, full))
        }
        (Ty::Optional(open), Ty::Optional(full)) | (Ty::TypedList(open), Ty::TypedList(full)) => {
            covers(open, full)
        }
        (Ty::List { elem: open, .. }, Ty::List { elem: full, .. }) => covers(open, full),
        (Ty::Iter(_), Ty::Iter(_)) | (Ty::NamedTuple(_), Ty::NamedTuple(_)) => true,
        _ => open.to_string() == full.to_string(),
    }
}

fn is_class(spelling: &str) -> bool {
    ["class(", "dtype(", "IntEnum", "Enum"].iter().any(|start| spelling.starts_with(start))
}
