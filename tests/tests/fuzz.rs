//! Random texts through the analysis, and what still types through the code generator with its verifier.
//!
//! A few seconds in every run; `JITCHECK_FUZZ_SECONDS=600` takes longer, `JITCHECK_SEED` makes another choice. What
//! makes it fail is printed.

#![expect(clippy::print_stdout, reason = "a test that says how much it tried")]

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use analyzer::db::Snapshot;
use analyzer::query::InferRequest;
use analyzer::{Host, NoFiles, Settings};
use codegen::CompileOptions;
use fastrand::Rng;
use jitcheck_tests::mutate::{change, exchange, tokens};
use jitcheck_tests::{Block, blocks};

const PATH: &str = "/project/kernel.py";

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The literate tests: small, and of all kinds.
fn corpus() -> Vec<Block> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = blocks(&here.join("fixtures"));
    all.extend(blocks(&here.join("../analyzer/src/rules")));
    assert!(!all.is_empty(), "there are texts to change");
    all
}

/// Changes texts and asks `question` about each until the time is over; then says what failed, once for each reason.
fn run(name: &str, question: impl Fn(&Snapshot, &Block, &str) -> Result<u64, String>) {
    let corpus = corpus();
    let words: Vec<&str> = corpus.iter().flat_map(|block| tokens(&block.text)).collect();
    let seed = setting("JITCHECK_SEED", 1);
    let mut rng = Rng::with_seed(seed);
    let end = Instant::now() + Duration::from_secs(setting("JITCHECK_FUZZ_SECONDS", 4));
    let (mut tried, mut reached) = (0_u64, 0_u64);
    let mut failures: BTreeMap<String, String> = BTreeMap::new();
    while Instant::now() < end {
        let block = &corpus[rng.usize(..corpus.len())];
        let mut host = Host::new(Arc::new(NoFiles), Settings::default());
        let mut text = block.text.clone();
        // Each text stays in the host for a while, so that what is kept of the one before takes part.
        for _ in 0..rng.usize(1..12) {
            text = match rng.u8(..3) {
                0 => change(&text, &mut rng),
                _ => exchange(&text, &words, &mut rng),
            };
            host.set_text(Path::new(PATH), Some(&text));
            let asked = catch_unwind(AssertUnwindSafe(|| question(&host.snapshot(), block, &text)));
            tried += 1;
            match asked.unwrap_or_else(|panic| Err(said(&*panic))) {
                Ok(more) => reached += more,
                Err(reason) => {
                    failures.entry(reason).or_insert_with(|| text.clone());
                }
            }
        }
    }
    println!("{name}: {tried} texts, {reached} answers");
    let list: String = failures.iter().map(|(reason, text)| format!("\n--- {reason}\n{text}")).collect();
    assert!(failures.is_empty(), "{name}, seed {seed}, {} reasons:{list}", failures.len());
}

/// What a panic says.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

#[test]
fn random_texts_are_analysed() {
    run("analysis", |snapshot, _, text| {
        let path = Path::new(PATH);
        let found = snapshot.diagnostics(path).len() as u64;
        snapshot.kernels(path);
        snapshot.inlay_hints(path, 0, text.len() as u32);
        let at = (text.len() / 2) as u32;
        snapshot.hover(path, at);
        snapshot.references(path, at, &[PATH.into()]);
        snapshot.signature_help(path, at);
        snapshot.semantic_tokens(path, 0, text.len() as u32);
        snapshot.folds(path);
        snapshot.actions(path, 0, text.len() as u32);
        Ok(found)
    });
}

#[test]
fn what_types_passes_the_verifier_of_the_code_generator() {
    run("code", |snapshot, block, _| {
        let mut compiled = 0;
        for case in block.cases().iter().take(3) {
            let request = InferRequest {
                path: PATH.into(),
                function: case.function.clone(),
                line: None,
                args: Some(case.args.clone()),
                options: Vec::new(),
            };
            if let Ok(program) = snapshot.mono(&request) {
                codegen::compile(&program, &CompileOptions::default()).map_err(|error| error.to_string())?;
                compiled += 1;
            }
        }
        Ok(compiled)
    });
}
