//! The literate fixtures and the examples of the rules' pages: each block is checked, and its comments must say
//! exactly what is found.

use std::path::Path;
use std::sync::Arc;

use analyzer::infer::Verdict;
use analyzer::query::{InferAnswer, InferRequest};
use analyzer::{Host, NoFiles, Settings, Severity, Snapshot};
use jitcheck_tests::{Block, Case, Claim, Expected, blocks, line_of};
use libtest_mimic::{Arguments, Failed, Trial};

const PATH: &str = "/fixture.py";

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = blocks(&root.join("fixtures"));
    all.extend(blocks(&root.join("../analyzer/src/rules")));
    let trials = all.into_iter().map(|block| Trial::test(block.name(), move || check(&block))).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn check(block: &Block) -> Result<(), Failed> {
    let newest = Settings::default();
    let settings = Settings { numba: block.numba().unwrap_or(newest.numba), ..newest };
    let mut host = Host::new(Arc::new(NoFiles), settings);
    host.set_text(Path::new(PATH), Some(&block.text));
    let snapshot = host.snapshot();
    let mut wrong = Vec::new();
    diagnostics(block, &snapshot, &mut wrong);
    for case in block.cases() {
        compiled(&case, &snapshot, &mut wrong);
    }
    revealed(block, &snapshot, &mut wrong);
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// The diagnostics of a block are those that its comments claim.
fn diagnostics(block: &Block, snapshot: &Snapshot, wrong: &mut Vec<String>) {
    let mut found: Vec<Claim> = Vec::new();
    let mut messages = String::new();
    // A rule that is off by default is on for the examples of its own page; fixtures state warnings by choice.
    let page = block.file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let is_page = analyzer::rules::find(&page).is_some();
    let claimed = block.claims();
    for diagnostic in snapshot.diagnostics(Path::new(PATH)) {
        let code = diagnostic.rule.code;
        let by_choice = !is_page && diagnostic.rule.severity != Severity::Error;
        let off = (!diagnostic.rule.default && code != page)
            || (by_choice && !claimed.iter().any(|claim| claim.code == code));
        if off {
            continue;
        }
        let line = line_of(&block.text, diagnostic.start);
        let severity = match diagnostic.rule.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Information => "information",
        };
        found.push(Claim { line, severity: severity.to_string(), code: diagnostic.rule.code.to_string() });
        messages.push_str(&format!(
            "  line {line}: {severity}[{}] {}\n",
            diagnostic.rule.code, diagnostic.message
        ));
    }
    let mut claimed = claimed;
    claimed.sort();
    found.sort();
    if claimed != found {
        wrong.push(format!("claimed {claimed:?}\nfound\n{messages}"));
    }
}

fn request(function: &str, line: Option<u32>, args: Option<Vec<String>>) -> InferRequest {
    InferRequest { path: PATH.into(), function: function.to_string(), line, args, options: Vec::new() }
}

/// A case is answered as it claims.
fn compiled(case: &Case, snapshot: &Snapshot, wrong: &mut Vec<String>) {
    let mut fail = |found: String| {
        wrong.push(format!("line {}: {}({}): {found}", case.line, case.function, case.args.join(", ")));
    };
    let answer = match snapshot.infer(&request(&case.function, None, Some(case.args.clone()))) {
        Ok(answer) => answer,
        Err(_) if case.expected == Expected::Unknown => return,
        Err(error) => return fail(error),
    };
    match (&case.expected, answer.verdict) {
        (Expected::Unknown, Verdict::Unknown) => {}
        (Expected::Ok(ty), Verdict::Ok) if answer.return_type.as_ref() == Some(ty) => {}
        (Expected::Error { code, line }, Verdict::Error) => {
            let Some(first) = answer.diagnostics.first() else { return fail("no diagnostic".to_string()) };
            if code.as_ref().is_some_and(|code| code != first.code)
                || line.is_some_and(|line| line != first.line as usize)
            {
                fail(describe(&answer));
            }
        }
        _ => fail(describe(&answer)),
    }
}

fn describe(answer: &InferAnswer) -> String {
    match answer.verdict {
        Verdict::Ok => format!("compiles, returns {}", answer.return_type.as_deref().unwrap_or("?")),
        Verdict::Unknown => format!(
            "is unknown: {}",
            answer.why.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        ),
        Verdict::Error => {
            let first = answer.diagnostics.first();
            first.map_or("fails".to_string(), |first| {
                format!("line {}: error [{}] {}", first.line, first.code, first.message)
            })
        }
    }
}

/// Every `# revealed:` names a version of a variable and its exact type.
fn revealed(block: &Block, snapshot: &Snapshot, wrong: &mut Vec<String>) {
    let cases = block.cases();
    for (line, name, ty) in block.revealed() {
        let case = cases.iter().rev().find(|case| case.line <= line);
        let declared = || {
            let kernels = snapshot.kernels(Path::new(PATH)).into_iter();
            let kernel = kernels.rev().find(|kernel| kernel.def_line as usize <= line)?;
            Some(request(&kernel.name, Some(kernel.def_line), None))
        };
        let asked = match case {
            Some(case) => Some(request(&case.function, None, Some(case.args.clone()))),
            None => declared(),
        };
        let Some(asked) = asked else {
            wrong.push(format!("line {line} is in no kernel"));
            continue;
        };
        let types = match snapshot.infer(&asked) {
            Ok(answer) => types_of(&answer, &name),
            Err(error) => vec![error],
        };
        if !types.contains(&ty) {
            wrong.push(format!("line {line}: `{name}` is {types:?}, not {ty}"));
        }
    }
}

fn types_of(answer: &InferAnswer, name: &str) -> Vec<String> {
    if name == "return" {
        return answer.return_type.clone().into_iter().collect();
    }
    let local = answer.locals.iter().find(|(local, _)| &**local == name);
    local.map(|(_, types)| types.clone()).unwrap_or_default()
}
