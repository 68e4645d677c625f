//! `jitcheck check`

mod baseline;
mod group;
mod ignore;
mod print;
mod progress;
mod settings;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use analyzer::table::Version;
use rayon::prelude::*;

use self::group::{Checked, Failure, Group};
use self::progress::Progress;
use crate::args::CheckArgs;
use crate::config::{Config, Configs, Selection};
use crate::exit::{Exit, error, misuse, warning};
use crate::files::{self, Source};
use crate::output;

pub(crate) fn check(args: &CheckArgs) -> Exit {
    let run = match Run::new(args) {
        Ok(run) => run,
        Err(message) => return misuse(message),
    };
    let done = if args.show_settings {
        settings::show(&run)
    } else if args.show_files {
        Ok(run.show_files())
    } else if args.watch {
        watch::watch(args)
    } else {
        run.once()
    };
    done.unwrap_or_else(misuse)
}

/// Starts the threads that files are checked on. Without it those would overflow sooner.
fn start_threads() {
    let _ = rayon::ThreadPoolBuilder::new().stack_size(crate::STACK).build_global();
}

/// One check with everything that the command line and the configuration files say.
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
        if stdin && (args.add_ignore || args.update_baseline) {
            return Err("stdin has no file to write to".to_owned());
        }
        if stdin && args.watch {
            return Err("stdin cannot be watched".to_owned());
        }
        Ok(Run { args, configs: Configs::of_check(args)?, selection: Selection::new(args)?, stdin })
    }

    fn show_files(&self) -> Exit {
        let found = files::find(&self.args.paths, &self.configs);
        let lines: String = found.files.iter().map(|file| format!("{}\n", file.display())).collect();
        output::print(&lines);
        report_missing(&found.missing)
    }

    /// The configuration that holds for what the command line names first.
    fn config(&self) -> Result<Arc<Config>, String> {
        let path = files::absolute(self.args.paths.first().map_or(Path::new("."), PathBuf::as_path));
        let directory = if path.is_dir() { path.as_path() } else { path.parent().unwrap_or(&path) };
        self.configs.get(directory)
    }

    fn once(&self) -> Result<Exit, String> {
        let (sources, mut failed) = self.read()?;
        let mut groups = self.groups(sources)?;
        let checked = self.check(&mut groups, &mut failed);
        let exit = self.finish(&mut groups, checked, failed)?;
        // The process ends: taking the memos apart would be the slowest part of a small check.
        std::mem::forget(groups);
        Ok(if failed { Exit::Misuse } else { exit })
    }

    /// The texts to check, and whether any could not be read.
    fn read(&self) -> Result<(Vec<Source>, bool), String> {
        if self.stdin {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes).map_err(|error| format!("stdin: {error}"))?;
            let name = self.args.stdin_filename.clone().unwrap_or_else(|| PathBuf::from("stdin.py"));
            let path = files::absolute(&name);
            if self.configs.leaves_out(&path) {
                return Ok((Vec::new(), false));
            }
            let mut source =
                Source::from_bytes(&path, bytes).map_err(|message| format!("stdin: {message}"))?;
            if self.args.stdin_filename.is_none() {
                source.shown = "-".to_owned();
            }
            return Ok((vec![source], false));
        }
        let found = files::find(&self.args.paths, &self.configs);
        let mut failed = report_missing(&found.missing) != Exit::Clean;
        if found.files.is_empty() && !found.left_out && !failed {
            warning("no Python files found");
        }
        let read: Vec<_> = match found.files.as_slice() {
            // Threads cost more than a file.
            [only] => vec![Source::read(only)],
            files => {
                start_threads();
                files.par_iter().map(|path| Source::read(path)).collect()
            }
        };
        let mut sources = Vec::with_capacity(read.len());
        for (path, source) in found.files.iter().zip(read) {
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

    /// Files with different settings are different projects to the analyzer.
    fn groups(&self, sources: Vec<Source>) -> Result<Vec<Group>, String> {
        let mut warned = BTreeSet::new();
        let mut groups: BTreeMap<Option<PathBuf>, (Arc<Config>, Vec<Source>)> = BTreeMap::new();
        for source in sources {
            let config = self.configs.of_file(&source.path)?;
            warn_of_version(&config, &mut warned);
            groups.entry(config.file.clone()).or_insert_with(|| (config, Vec::new())).1.push(source);
        }
        let group = |(config, sources): (Arc<Config>, Vec<Source>)| {
            let around = self.around(&sources);
            Group::new(config, sources, around, self.changes_texts())
        };
        Ok(groups.into_values().map(group).collect())
    }

    /// Whether texts are checked again after they changed.
    fn changes_texts(&self) -> bool {
        let args = self.args;
        args.watch || args.fix || args.diff || args.add_ignore
    }

    /// The files of the project around the checked ones: tests and scripts show with which types kernels are called.
    fn around(&self, sources: &[Source]) -> Vec<PathBuf> {
        let Some(source) = sources.iter().find(|source| source.code.contains("jit")) else {
            return Vec::new();
        };
        let Some(root) = files::project_root(&source.path) else { return Vec::new() };
        let whole = |path: &PathBuf| root.starts_with(files::absolute(path));
        if self.args.paths.iter().any(whole) {
            return Vec::new();
        }
        files::find(&[root.to_path_buf()], &self.configs).files
    }

    /// Checks all files; what fails is said, and noted in `failed`.
    fn check(&self, groups: &mut [Group], failed: &mut bool) -> Vec<Checked> {
        let files = groups.iter().map(Group::len).sum();
        let progress = Progress::new(files, self.args);
        let fixing = self.args.fix || self.args.diff;
        let mut all = Vec::with_capacity(files);
        for group in groups {
            let mut checked = group.check(self, &progress);
            if fixing {
                checked = checked.into_iter().map(|checked| group.fix(self, checked?)).collect();
            }
            all.extend(checked.into_iter().filter_map(|checked| self.succeeded(checked, failed)));
        }
        progress.finish();
        all
    }

    fn succeeded(&self, checked: Result<Checked, Failure>, failed: &mut bool) -> Option<Checked> {
        match checked {
            Ok(checked) => Some(checked),
            Err((path, message)) => {
                error(format_args!("{}: {message}", files::shown(&path)));
                *failed = true;
                None
            }
        }
    }

    /// Does with the findings what was asked for, and says how it ends.
    fn finish(&self, groups: &mut [Group], checked: Vec<Checked>, failed: bool) -> Result<Exit, String> {
        if self.args.diff {
            return print::diff(self, &checked);
        }
        if self.args.add_ignore {
            return ignore::add(self, groups, checked);
        }
        if self.args.update_baseline {
            return baseline::update(self, &checked);
        }
        let checked = baseline::apply(self, checked)?;
        print::report(self, checked, failed)
    }

    fn unsafe_fixes(&self, config: &Config) -> bool {
        self.args.unsafe_fixes || config.unsafe_fixes
    }
}

/// Says once that the Numba asked for is older or newer than those that are known.
fn warn_of_version(config: &Config, warned: &mut BTreeSet<Version>) {
    let used = config.numba();
    if let Some(asked) = config.numba.filter(|asked| *asked != used)
        && warned.insert(asked)
    {
        let word = |version: Version| format!("{}.{}", version.0, version.1);
        warning(format_args!("Numba {} is not known; the verdicts are those of {}", word(asked), word(used)));
    }
}

fn report_missing(missing: &[(PathBuf, String)]) -> Exit {
    for (path, message) in missing {
        error(format_args!("{}: {message}", files::shown(path)));
    }
    if missing.is_empty() { Exit::Clean } else { Exit::Misuse }
}
