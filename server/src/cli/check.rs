//! `jitcheck check`

use std::collections::BTreeMap;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use analyzer::{Diagnostic, Host, Snapshot, rules};
use rayon::prelude::*;

use crate::args::CheckArgs;
use crate::config::{Config, Configs, Selection};
use crate::exit::{Exit, error, misuse, panic_message, warning};
use crate::files::{self, Disk, Source};
use crate::report::{FileReport, Report};
use crate::{fix, output, render, suppress};

/// One fix may make room for another; more rounds than this mean that fixes undo each other.
const MAX_ROUNDS: usize = 10;

pub(crate) fn check(args: &CheckArgs) -> Exit {
    let run = match Run::new(args) {
        Ok(run) => run,
        Err(message) => return misuse(message),
    };
    // Without it files are checked on threads that overflow sooner.
    let _ = rayon::ThreadPoolBuilder::new().stack_size(crate::STACK).build_global();
    if args.show_settings {
        return run.show_settings();
    }
    if args.show_files {
        return run.show_files();
    }
    let exit = run.once();
    if args.watch && !run.stdin { run.watch() } else { exit }
}

struct Run<'a> {
    args: &'a CheckArgs,
    configs: Arc<Configs>,
    selection: Selection,
    stdin: bool,
}

impl<'a> Run<'a> {
    fn new(args: &'a CheckArgs) -> Result<Run<'a>, String> {
        let stdin = args.paths.iter().any(|path| path.as_os_str() == "-");
        if stdin && args.paths.len() > 1 {
            return Err("`-` cannot be combined with other paths".to_owned());
        }
        Ok(Run {
            args,
            configs: Configs::new(&args.config, &args.exclude, args.no_respect_gitignore)?,
            selection: Selection::new(args)?,
            stdin,
        })
    }

    fn show_files(&self) -> Exit {
        let found = files::find(&self.args.paths, &self.configs);
        let lines: String = found.files.iter().map(|file| format!("{}\n", file.display())).collect();
        output::print(&lines);
        report_missing(&found.missing)
    }

    fn show_settings(&self) -> Exit {
        let path = files::absolute(self.args.paths.first().map_or(Path::new("."), PathBuf::as_path));
        let directory = if path.is_dir() { path.as_path() } else { path.parent().unwrap_or(&path) };
        match self.configs.get(directory) {
            Ok(config) => {
                output::print(&settings_text(&config, &path, &self.selection));
                Exit::Clean
            }
            Err(message) => misuse(message),
        }
    }

    fn once(&self) -> Exit {
        let (sources, mut failed) = match self.read() {
            Ok(read) => read,
            Err(message) => return misuse(message),
        };
        // Files with different settings are different projects to the analyzer.
        let mut groups: BTreeMap<Option<PathBuf>, (Arc<Config>, Vec<Source>)> = BTreeMap::new();
        for source in sources {
            match self.configs.of_file(&source.path) {
                Ok(config) => {
                    groups.entry(config.file.clone()).or_insert_with(|| (config, Vec::new())).1.push(source);
                }
                Err(message) => return misuse(message),
            }
        }
        let mut reports = Vec::new();
        for (config, sources) in groups.into_values() {
            let group = Group { config: &config, args: self.args, selection: &self.selection };
            for checked in group.check(sources) {
                match checked {
                    Ok(report) => reports.push(report),
                    Err((path, message)) => {
                        error(format_args!("{}: {message}", files::shown(&path)));
                        failed = true;
                    }
                }
            }
        }
        let exit = match self.finish(reports, failed) {
            Ok(exit) => exit,
            Err(message) => misuse(message),
        };
        if failed { Exit::Misuse } else { exit }
    }

    /// The texts to check, and whether any could not be read.
    fn read(&self) -> Result<(Vec<Source>, bool), String> {
        if self.stdin {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes).map_err(|error| format!("stdin: {error}"))?;
            let name = self.args.stdin_filename.clone().unwrap_or_else(|| PathBuf::from("stdin.py"));
            let mut source = Source::from_bytes(&files::absolute(&name), bytes)
                .map_err(|message| format!("stdin: {message}"))?;
            if self.args.stdin_filename.is_none() {
                source.shown = "-".to_owned();
            }
            return Ok((vec![source], false));
        }
        let found = files::find(&self.args.paths, &self.configs);
        let mut failed = report_missing(&found.missing) != Exit::Clean;
        if found.files.is_empty() && !failed {
            warning("no Python files found");
        }
        let read: Vec<_> = found.files.par_iter().map(|path| (path, Source::read(path))).collect();
        let mut sources = Vec::new();
        for (path, source) in read {
            match source {
                Ok(source) => sources.push(source),
                Err(message) => {
                    error(format_args!("{}: {message}", files::shown(path)));
                    failed = true;
                }
            }
        }
        Ok((sources, failed))
    }

    /// Prints, writes, and says how it ends.
    fn finish(&self, checked: Vec<Checked>, failed: bool) -> Result<Exit, String> {
        if self.args.diff {
            let diffs: String = checked.iter().filter_map(|checked| checked.diff.as_deref()).collect();
            output::write(color_diff(&diffs).as_bytes()).map_err(|error| error.to_string())?;
            let exit = if diffs.is_empty() || self.args.exit_zero { Exit::Clean } else { Exit::Problems };
            return Ok(exit);
        }
        let mut reports = Vec::new();
        for file in checked {
            if self.args.fix && file.changed {
                self.write(&file.report.source)?;
            } else if self.args.fix && self.stdin {
                let bytes = fix::contents(&file.report.source)?;
                output::write(&bytes).map_err(|error| error.to_string())?;
            }
            reports.push(file.report);
        }
        let report = Report::new(reports, self.args.unsafe_fixes);
        self.print(&report, failed).map_err(|error| error.to_string())?;
        let clean = self.args.exit_zero || report.findings().next().is_none();
        Ok(if clean { Exit::Clean } else { Exit::Problems })
    }

    fn write(&self, source: &Source) -> Result<(), String> {
        let bytes = fix::contents(source)?;
        let written = if self.stdin { output::write(&bytes) } else { std::fs::write(&source.path, bytes) };
        written.map_err(|error| format!("{}: {error}", source.shown))
    }

    fn print(&self, report: &Report, failed: bool) -> std::io::Result<()> {
        let format = self.args.output_format;
        let mut look = output::look();
        look.color &= self.args.output_file.is_none();
        let mut bytes = Vec::new();
        if self.args.statistics {
            render::statistics(format, report, &mut bytes)?;
        } else {
            render::render(format, report, look, &mut bytes)?;
        }
        let text = render::is_text(format);
        // What could not be read has not passed.
        let silent = failed && report.findings().next().is_none();
        if text && !self.args.quiet && !silent {
            bytes.extend_from_slice(report.summary().as_bytes());
            bytes.push(b'\n');
        }
        match &self.args.output_file {
            Some(path) => std::fs::write(path, bytes),
            // The fixed text is on stdout already.
            None if self.stdin && self.args.fix => std::io::Write::write_all(&mut anstream::stderr(), &bytes),
            None => output::write(&bytes),
        }
    }

    /// Checks again whenever something changed, until interrupted.
    fn watch(&self) -> Exit {
        let state = || -> Vec<(PathBuf, Option<SystemTime>, u64)> {
            let found = files::find(&self.args.paths, &self.configs);
            let stamp = |path: PathBuf| {
                let meta = std::fs::metadata(&path).ok();
                let (time, size) = meta.map_or((None, 0), |meta| (meta.modified().ok(), meta.len()));
                (path, time, size)
            };
            found.files.into_iter().map(stamp).collect()
        };
        let mut before = state();
        loop {
            std::thread::sleep(Duration::from_millis(300));
            let now = state();
            if now != before {
                before = now;
                if output::look().color {
                    output::print("\x1b[2J\x1b[H");
                }
                self.once();
                // What `--fix` wrote is no change of the user's.
                if self.args.fix {
                    before = state();
                }
            }
        }
    }
}

fn report_missing(missing: &[(PathBuf, String)]) -> Exit {
    for (path, message) in missing {
        error(format_args!("{}: {message}", files::shown(path)));
    }
    if missing.is_empty() { Exit::Clean } else { Exit::Misuse }
}

/// A file after its check.
struct Checked {
    report: FileReport,
    /// Whether fixes changed the text.
    changed: bool,
    diff: Option<String>,
}

/// The files of one configuration.
struct Group<'a> {
    config: &'a Config,
    args: &'a CheckArgs,
    selection: &'a Selection,
}

type Failure = (PathBuf, String);

impl Group<'_> {
    fn check(&self, sources: Vec<Source>) -> Vec<Result<Checked, Failure>> {
        let mut host = Host::new(Arc::new(Disk), self.config.settings());
        for source in &sources {
            host.set_text(&source.path, Some(&source.code));
        }
        let snapshot = host.snapshot();
        let checked: Vec<_> = sources
            .into_par_iter()
            .map_with(snapshot, |snapshot, source| {
                let report = self.check_file(snapshot, source)?;
                Ok(Checked { report, changed: false, diff: None })
            })
            .collect();
        if !self.args.fix && !self.args.diff {
            return checked;
        }
        checked.into_iter().map(|checked| self.fix(&mut host, checked?)).collect()
    }

    /// A panic in one file is that file's failure.
    fn check_file(&self, snapshot: &Snapshot, source: Source) -> Result<FileReport, Failure> {
        let path = source.path.clone();
        catch_unwind(AssertUnwindSafe(|| self.findings(snapshot, source)))
            .map_err(|payload| (path, format!("internal error: {}", panic_message(&*payload))))
    }

    fn findings(&self, snapshot: &Snapshot, source: Source) -> FileReport {
        let enabled = self.config.rules(&source.path, self.selection);
        let mut findings = snapshot.diagnostics(&source.path);
        findings.retain(|finding| enabled.contains(finding.rule.code));
        if !self.args.ignore_suppressions {
            findings = suppress::apply(&source, &enabled, findings);
        }
        findings.sort_by(|a, b| order(a).cmp(&order(b)));
        let kernels = snapshot.kernels(&source.path).len();
        FileReport { source, findings, kernels, fixed: Vec::new() }
    }

    /// Fixes one file, round after round, until there is nothing left to fix.
    fn fix(&self, host: &mut Host, first: Checked) -> Result<Checked, Failure> {
        let before = first.report.source.clone();
        let mut report = first.report;
        for _ in 0..MAX_ROUNDS {
            let Some(fixed) = fix::apply(&report.source, &report.findings, self.args.unsafe_fixes) else {
                break;
            };
            let mut source = fixed.source(&report.source);
            source.shown.clone_from(&before.shown);
            host.set_text(&source.path, Some(&source.code));
            let next = self.check_file(&host.snapshot(), source)?;
            if is_broken(&next.findings) && !is_broken(&report.findings) {
                host.set_text(&report.source.path, Some(&report.source.text));
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
}

fn is_broken(findings: &[Diagnostic]) -> bool {
    findings.iter().any(|finding| finding.rule.code == rules::SYNTAX_ERROR.code)
}

fn order(finding: &Diagnostic) -> (u32, u32, &str, &str) {
    (finding.start, finding.end, finding.rule.code, &finding.message)
}

fn color_diff(diff: &str) -> String {
    if !output::look().color {
        return diff.to_owned();
    }
    let mut text = String::new();
    for line in diff.split_inclusive('\n') {
        let color = match line.as_bytes().first() {
            _ if line.starts_with("+++") || line.starts_with("---") => "\x1b[1m",
            Some(b'+') => "\x1b[32m",
            Some(b'-') => "\x1b[31m",
            Some(b'@') => "\x1b[36m",
            _ => "",
        };
        let reset = if color.is_empty() { "" } else { "\x1b[0m" };
        text.push_str(&format!("{color}{}{reset}\n", line.trim_end_matches('\n')));
    }
    text
}

fn settings_text(config: &Config, path: &Path, selection: &Selection) -> String {
    let list = |items: &[String]| {
        format!("[{}]", items.iter().map(|item| format!("{item:?}")).collect::<Vec<_>>().join(", "))
    };
    let file = config.file.as_ref().map_or_else(|| "none".to_owned(), |file| files::shown(file));
    let rules: Vec<String> = config.rules(path, selection).into_iter().map(str::to_owned).collect();
    let src: Vec<String> = config.settings().roots.iter().map(|root| root.display().to_string()).collect();
    let ignores: String = config
        .per_file_ignores
        .iter()
        .map(|(pattern, codes)| format!("{pattern:?} = {}\n", list(codes)))
        .collect();
    format!(
        "# configuration file: {file}\n\
         exclude = {}\nextend-exclude = {}\nextra-decorators = {}\nnumba-version = \"{}.{}\"\n\
         respect-gitignore = {}\nselect = {}\nsrc = {}\n\n[per-file-ignores]\n{ignores}",
        list(&config.exclude),
        list(&config.extend_exclude),
        list(&config.extra_decorators),
        config.numba().0,
        config.numba().1,
        config.respect_gitignore,
        list(&rules),
        list(&src),
    )
}
