//! The literate fixtures and the examples of the rules' pages: each block is checked, and its comments must say
//! exactly what is found.

use std::path::Path;
use std::sync::Arc;

use analyzer::query::InferRequest;
use analyzer::{Host, NoFiles, Settings, Severity};
use jitcheck_tests::{Block, Claim, blocks, line_of};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = blocks(&root.join("fixtures"));
    all.extend(blocks(&root.join("../analyzer/src/rules")));
    let trials = all.into_iter().map(|block| Trial::test(block.name(), move || check(&block))).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn check(block: &Block) -> Result<(), Failed> {
    let path = Path::new("/fixture.py");
    let mut host = Host::new(Arc::new(NoFiles), Settings::default());
    host.set_text(path, Some(&block.text));
    let snapshot = host.snapshot();
    let mut found: Vec<Claim> = Vec::new();
    let mut messages = String::new();
    for diagnostic in snapshot.diagnostics(path) {
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
    let mut claimed = block.claims();
    claimed.sort();
    found.sort();
    if claimed != found {
        return Err(format!("claimed {claimed:?}\nfound\n{messages}").into());
    }
    revealed(block, &snapshot, path)
}

/// Every `# revealed:` names a version of a variable and its exact type.
fn revealed(block: &Block, snapshot: &analyzer::Snapshot, path: &Path) -> Result<(), Failed> {
    for (line, name, ty) in block.revealed() {
        let kernel = snapshot
            .kernels(path)
            .into_iter()
            .filter(|kernel| kernel.def_line as usize <= line)
            .next_back()
            .ok_or_else(|| format!("line {line} is in no kernel"))?;
        let request = InferRequest {
            path: path.to_path_buf(),
            function: kernel.name.to_string(),
            line: Some(kernel.def_line),
            args: None,
            options: Vec::new(),
        };
        let answer = snapshot.infer(&request)?;
        let types: Vec<String> = match &*name {
            "return" => answer.return_type.clone().into_iter().collect(),
            _ => {
                let local = answer.locals.iter().find(|(local, _)| &**local == name);
                local.map(|(_, types)| types.clone()).unwrap_or_default()
            }
        };
        if !types.contains(&ty) {
            return Err(format!("line {line}: `{name}` is {types:?}, not {ty}").into());
        }
    }
    Ok(())
}
