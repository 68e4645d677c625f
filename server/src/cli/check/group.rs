//! The files of one configuration with their analyzer.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use analyzer::{Diagnostic, Host, Snapshot, rules};
use rayon::prelude::*;

use super::Run;
use super::progress::Progress;
use crate::config::Config;
use crate::exit::{panic_message, warning};
use crate::files::{Disk, Source};
use crate::report::FileReport;
use crate::{files, fix, suppress};

/// One fix may make room for another; more rounds than this mean that fixes undo each other.
const MAX_ROUNDS: usize = 10;

/// A path with what went wrong.
pub(super) type Failure = (PathBuf, String);

/// A file after its check.
pub(super) struct Checked {
    pub report: FileReport,
    /// Whether fixes changed the text.
    pub changed: bool,
    pub diff: Option<String>,
}

pub(super) struct Group {
    pub config: Arc<Config>,
    host: Host,
    sources: BTreeMap<PathBuf, Source>,
    /// Files of the project that are not checked: they may show how kernels are called.
    around: Vec<PathBuf>,
}

impl Group {
    /// `edited` says that texts will change.
    pub(super) fn new(
        config: Arc<Config>,
        sources: Vec<Source>,
        around: Vec<PathBuf>,
        edited: bool,
    ) -> Group {
        let mut settings = config.settings();
        // Without a configuration, what tests and scripts import is found from the project's folder.
        if config.file.is_none()
            && let Some(root) = sources.first().and_then(|source| files::project_root(&source.path))
        {
            let more = [root.to_path_buf(), root.join("src")];
            settings.roots.extend(more.into_iter().filter(|path| !config.settings().roots.contains(path)));
        }
        let workspace = sources.iter().map(|source| &source.path).chain(&around).cloned().collect();
        let mut host = Host::frozen(Arc::new(Disk), settings, workspace);
        if edited {
            host.thaw();
        }
        for source in &sources {
            host.set_shared_text(&source.path, Some(&source.code));
        }
        let sources = sources.into_iter().map(|source| (source.path.clone(), source)).collect();
        Group { config, host, sources, around }
    }

    fn tell_workspace(&mut self) {
        self.host.set_workspace(self.sources.keys().chain(&self.around).cloned().collect());
    }

    pub(super) fn len(&self) -> usize {
        self.sources.len()
    }

    pub(super) fn has(&self, path: &Path) -> bool {
        self.sources.contains_key(path)
    }

    /// A file's new text; `None` takes it out.
    pub(super) fn set(&mut self, path: &Path, source: Option<Source>) {
        self.host.set_shared_text(path, source.as_ref().map(|source| &source.code));
        let known = self.sources.contains_key(path);
        let exists = source.is_some();
        match source {
            Some(source) => self.sources.insert(path.to_path_buf(), source),
            None => self.sources.remove(path),
        };
        if known != exists {
            self.tell_workspace();
        }
    }

    /// A file's present text. Whether it is another one.
    pub(super) fn change(&mut self, path: &Path, source: Option<Source>) -> bool {
        let same = match (self.sources.get(path), &source) {
            (Some(old), Some(new)) => old.text == new.text,
            _ => false,
        };
        if !same {
            self.set(path, source);
        }
        !same
    }

    /// Reads a file again that is not checked itself, if a checked one imports it. Whether it changed.
    pub(super) fn reload(&mut self, path: &Path) -> bool {
        self.host.reload(path)
    }

    /// Checks every file. The order is that of the paths.
    pub(super) fn check(&self, run: &Run<'_>, progress: &Progress) -> Vec<Result<Checked, Failure>> {
        let config = &*self.config;
        let one = |snapshot: &mut Snapshot, source: &Source| {
            let report = check_file(run, config, snapshot, source.clone())?;
            progress.step();
            Ok(Checked { report, changed: false, diff: None })
        };
        let mut snapshot = self.host.snapshot();
        let sources: Vec<&Source> = self.sources.values().collect();
        if let [only] = sources.as_slice() {
            return vec![one(&mut snapshot, only)];
        }
        super::start_threads();
        sources.into_par_iter().map_with(snapshot, one).collect()
    }

    /// Fixes one file, round after round, until there is nothing left to fix.
    pub(super) fn fix(&mut self, run: &Run<'_>, first: Checked) -> Result<Checked, Failure> {
        let unsafe_fixes = run.unsafe_fixes(&self.config);
        let before = first.report.source.clone();
        let mut report = first.report;
        for _ in 0..MAX_ROUNDS {
            let Some(fixed) = fix::apply(&report.source, &report.findings, unsafe_fixes) else { break };
            let mut source = fixed.source(&report.source);
            source.shown.clone_from(&before.shown);
            let next = self.again(run, source)?;
            if is_broken(&next.findings) && !is_broken(&report.findings) {
                self.set(&report.source.path, Some(report.source.clone()));
                warning(format_args!("{}: the fixes would break the file and are left out", before.shown));
                break;
            }
            let done = std::mem::take(&mut report.fixed);
            report = FileReport { fixed: done.into_iter().chain(fixed.codes).collect(), ..next };
        }
        let changed = report.source.text != before.text;
        let diff = changed.then(|| fix::diff(&before, &report.source));
        Ok(Checked { report, changed, diff })
    }

    /// Checks another text of a file.
    pub(super) fn again(&mut self, run: &Run<'_>, source: Source) -> Result<FileReport, Failure> {
        self.set(&source.path.clone(), Some(source.clone()));
        check_file(run, &self.config, &self.host.snapshot(), source)
    }
}

/// A panic in one file is that file's failure.
fn check_file(
    run: &Run<'_>,
    config: &Config,
    snapshot: &Snapshot,
    source: Source,
) -> Result<FileReport, Failure> {
    let path = source.path.clone();
    catch_unwind(AssertUnwindSafe(|| findings(run, config, snapshot, source)))
        .map_err(|payload| (path, format!("internal error: {}", panic_message(&*payload))))
}

fn findings(run: &Run<'_>, config: &Config, snapshot: &Snapshot, source: Source) -> FileReport {
    let enabled = config.rules(&source.path, &run.selection);
    let mut findings = snapshot.diagnostics(&source.path);
    findings.retain(|finding| enabled.contains(finding.rule.code));
    if !run.args.ignore_suppressions {
        findings = suppress::apply(&source, &enabled, findings);
    }
    findings.sort_by(|a, b| order(a).cmp(&order(b)));
    let kernels = snapshot.kernel_count(&source.path);
    FileReport { source, findings, kernels, fixed: Vec::new() }
}

pub(super) fn is_broken(findings: &[Diagnostic]) -> bool {
    findings.iter().any(|finding| finding.rule.code == rules::SYNTAX_ERROR.code)
}

fn order(finding: &Diagnostic) -> (u32, u32, &str, &str) {
    (finding.start, finding.end, finding.rule.code, &finding.message)
}
