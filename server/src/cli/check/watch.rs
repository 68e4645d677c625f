//! `check --watch`: checks again what changed, as soon as it is saved.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use notify::event::{EventKind, ModifyKind};
use notify::{Event, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};

use super::group::Group;
use super::{Run, print};
use crate::args::CheckArgs;
use crate::exit::{Exit, error, note, warning};
use crate::files::{self, Source};
use crate::output;
use crate::report::count;

/// Saving a file is several events; they come closer together than this.
const PAUSE: Duration = Duration::from_millis(3);

/// How often files are looked at where the system cannot say that they changed.
const POLL: Duration = Duration::from_millis(300);

/// Files whose change changes what is checked, and how.
const SETTINGS: [&str; 5] = ["jitcheck.toml", ".jitcheck.toml", "pyproject.toml", ".gitignore", ".ignore"];

/// Checks, and checks again at every change, until interrupted.
pub(super) fn watch(args: &CheckArgs) -> Result<Exit, String> {
    loop {
        let (sender, events) = channel();
        let mut watcher = watcher(sender);
        let run = Run::new(args);
        let started = Instant::now();
        match run.and_then(|run| Session::new(run, &mut *watcher).map(|session| (session, started))) {
            Ok((mut session, started)) => {
                session.show(started);
                session.follow(&events, &mut *watcher);
            }
            // A configuration that is being edited is broken for a while.
            Err(message) => {
                error(message);
                for path in &args.paths {
                    follow(&mut *watcher, &files::absolute(path));
                }
                while events.recv().is_ok_and(|event| !is_change(&event)) {}
            }
        }
        clear();
    }
}

fn watcher(sender: std::sync::mpsc::Sender<Event>) -> Box<dyn Watcher> {
    let send = sender.clone();
    let tell = move |event: notify::Result<Event>| {
        if let Ok(event) = event {
            // Nobody listens any more when a session ends.
            let _ = send.send(event);
        }
    };
    match RecommendedWatcher::new(tell, notify::Config::default()) {
        Ok(watcher) => Box::new(watcher),
        Err(error) => {
            warning(format_args!("the system tells no changes ({error}); looking every 0.3 s"));
            let tell = move |event: notify::Result<Event>| {
                if let Ok(event) = event {
                    let _ = sender.send(event);
                }
            };
            let config = notify::Config::default().with_poll_interval(POLL);
            match PollWatcher::new(tell, config) {
                Ok(watcher) => Box::new(watcher),
                Err(_) => Box::new(notify::NullWatcher),
            }
        }
    }
}

fn follow(watcher: &mut dyn Watcher, directory: &Path) {
    if let Err(error) = watcher.watch(directory, RecursiveMode::NonRecursive) {
        warning(format_args!("{}: changes are not seen: {error}", files::shown(directory)));
    }
}

fn is_change(event: &Event) -> bool {
    match event.kind {
        EventKind::Create(_) | EventKind::Remove(_) => true,
        EventKind::Modify(kind) => !matches!(kind, ModifyKind::Metadata(_)),
        _ => false,
    }
}

/// The files between two changes of the configuration.
struct Session<'a> {
    run: Run<'a>,
    groups: Vec<Group>,
    directories: BTreeSet<PathBuf>,
    failed: bool,
}

impl<'a> Session<'a> {
    fn new(run: Run<'a>, watcher: &mut dyn Watcher) -> Result<Session<'a>, String> {
        // Directories are followed before files are read, so that no change falls between.
        let mut session = Session { run, groups: Vec::new(), directories: BTreeSet::new(), failed: false };
        session.follow_directories(watcher);
        let (sources, failed) = session.run.read()?;
        session.groups = session.run.groups(sources)?;
        session.failed = failed;
        for group in &session.groups {
            let parent = group.config.file.as_deref().and_then(Path::parent);
            if let Some(parent) = parent
                && session.directories.insert(parent.to_path_buf())
            {
                follow(watcher, parent);
            }
        }
        Ok(session)
    }

    fn follow_directories(&mut self, watcher: &mut dyn Watcher) {
        for directory in files::find(&self.run.args.paths, &self.run.configs).directories {
            if !self.directories.contains(&directory) {
                follow(watcher, &directory);
                self.directories.insert(directory);
            }
        }
    }

    /// Prints the present findings.
    fn show(&mut self, started: Instant) {
        let mut failed = self.failed;
        let checked = self.run.check(&mut self.groups, &mut failed);
        let shown = super::baseline::apply(&self.run, checked)
            .and_then(|checked| print::report(&self.run, checked, failed));
        if let Err(message) = shown {
            error(message);
        }
        let files = self.groups.iter().map(Group::len).sum();
        let ms = started.elapsed().as_secs_f64() * 1e3;
        note(format_args!(
            "checked {} in {ms:.0} ms; watching for changes, Ctrl+C stops",
            count(files, "file")
        ));
    }

    /// Answers changes until one of them asks for a new start.
    fn follow(&mut self, events: &Receiver<Event>, watcher: &mut dyn Watcher) {
        while let Ok(first) = events.recv() {
            let started = Instant::now();
            let mut paths = BTreeSet::new();
            let mut moved = false;
            let mut next = Ok(first);
            loop {
                match next {
                    Ok(event) if is_change(&event) => {
                        moved |= !matches!(event.kind, EventKind::Modify(ModifyKind::Data(_)));
                        paths.extend(event.paths);
                    }
                    Ok(_) => {}
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => return,
                }
                next = events.recv_timeout(PAUSE);
            }
            if paths.iter().any(|path| self.is_setting(path)) {
                return;
            }
            if self.update(&paths, moved, watcher) {
                clear();
                self.show(started);
            }
        }
    }

    fn is_setting(&self, path: &Path) -> bool {
        let named = path.file_name().is_some_and(|name| SETTINGS.iter().any(|setting| *setting == name));
        named || self.run.config().is_ok_and(|config| config.baseline.as_deref() == Some(path))
    }

    /// Takes over what changed; false if nothing did that matters.
    fn update(&mut self, paths: &BTreeSet<PathBuf>, moved: bool, watcher: &mut dyn Watcher) -> bool {
        let mut changed = false;
        for path in paths.iter().filter(|path| files::is_python(path)) {
            let text = Source::read(path);
            match self.groups.iter_mut().find(|group| group.has(path)) {
                Some(group) => changed |= group.change(path, text.ok()),
                // A module that a checked one imports.
                None => self.groups.iter_mut().for_each(|group| changed |= group.reload(path)),
            }
        }
        if moved
            && paths.iter().any(|path| files::is_python(path) || path.is_dir() || path.extension().is_none())
        {
            self.follow_directories(watcher);
            changed |= self.find_new();
        }
        changed
    }

    /// Adds the files that were not there before.
    fn find_new(&mut self) -> bool {
        let found = files::find(&self.run.args.paths, &self.run.configs).files;
        let new = found.into_iter().filter(|path| !self.groups.iter().any(|group| group.has(path)));
        let sources: Vec<Source> = new.filter_map(|path| Source::read(&path).ok()).collect();
        let any = !sources.is_empty();
        for source in sources {
            let Ok(config) = self.run.configs.of_file(&source.path) else { continue };
            match self.groups.iter_mut().find(|group| group.config.file == config.file) {
                Some(group) => group.set(&source.path.clone(), Some(source)),
                None => self.groups.push(Group::new(config, vec![source], Vec::new(), true)),
            }
        }
        any
    }
}

fn clear() {
    if std::io::IsTerminal::is_terminal(&std::io::stdout()) {
        output::print("\x1b[2J\x1b[H");
    }
}
