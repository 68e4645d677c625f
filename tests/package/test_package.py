"""The package as users get it: wheel, sdist, pre-commit hooks, action, reports. All tools are the real ones."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import textwrap
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = Path(sysconfig.get_path("scripts"))
BAD = "import numpy as np\nfrom numba import njit\n\n\n@njit\ndef table(n):\n    return np.zeros([n, 3])\n"
GOOD = BAD.replace("[n, 3]", "(n, 3)")

# Wheels are built from the debug artefacts of the other tests: what is tested is the packaging.
ENVIRONMENT = {
    **os.environ,
    "CARGO_TARGET_DIR": str(ROOT / "target"),
    "MATURIN_PEP517_ARGS": "--profile dev",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "NO_COLOR": "1",
    "GIT_AUTHOR_NAME": "t",
    "GIT_AUTHOR_EMAIL": "t@example.org",
    "GIT_COMMITTER_NAME": "t",
    "GIT_COMMITTER_EMAIL": "t@example.org",
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "init.defaultBranch",
    "GIT_CONFIG_VALUE_0": "main",
}
for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "VIRTUAL_ENV", "RUSTFLAGS"):
    ENVIRONMENT.pop(name, None)


# Builds of copies share the folder of artefacts with that of the checkout. With a commit of their own none of them is
# taken for another.
COPY = {"JITCHECK_COMMIT": "copy"}


def run(*command, cwd=None, env=None, code=0):
    """Runs a command; the exit code must be `code` unless that is None."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**ENVIRONMENT, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if code is not None and done.returncode != code:
        raise AssertionError(f"{command} exits with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def sources(folder):
    """A repository with the files of this checkout, committed and not."""
    listed = run("git", "ls-files", "-co", "--exclude-standard", "-z", cwd=ROOT).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    commit(folder)
    run("git", "tag", "v0", cwd=folder)


def commit(folder):
    run("git", "init", "-q", cwd=folder)
    run("git", "add", "-A", cwd=folder)
    run("git", "commit", "-q", "-m", "start", "--no-verify", cwd=folder)


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="jitcheck-package-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        cls.repository = cls.folder / "repository"
        cls.repository.mkdir()
        sources(cls.repository)
        cls.dist = cls.folder / "dist"
        run(TOOLS / "maturin", "build", "--profile", "dev", "--out", cls.dist, cwd=ROOT)
        cls.wheel = next(cls.dist.glob("*.whl"))
        cls.python = cls.environment("wheel")
        run(cls.python, "-m", "pip", "-q", "install", "--no-index", cls.wheel)
        cls.program = cls.python.parent / "jitcheck"

    @classmethod
    def environment(cls, name):
        run(sys.executable, "-m", "venv", cls.folder / name)
        return cls.folder / name / "bin" / "python"

    def project(self, files):
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(textwrap.dedent(text))
        return folder

    def hook(self, config, env=None):
        """A commit of a bad kernel is refused, and that of the repaired one is not."""
        project = self.project({".pre-commit-config.yaml": config, "kernels.py": "x = 1\n"})
        commit(project)
        env = {"PRE_COMMIT_HOME": str(self.folder / "pre-commit"), **(env or {})}
        run(TOOLS / "pre-commit", "install", cwd=project, env=env)
        (project / "kernels.py").write_text(BAD)
        run("git", "add", "-A", cwd=project)
        refused = run("git", "commit", "-m", "bad", cwd=project, env=env, code=None)
        self.assertNotEqual(refused.returncode, 0, refused.stdout + refused.stderr)
        self.assertIn("list-as-shape", refused.stdout + refused.stderr)
        if "jitcheck-fix" not in config:
            (project / "kernels.py").write_text(GOOD)
        self.assertEqual((project / "kernels.py").read_text(), GOOD)
        run("git", "add", "-A", cwd=project)
        run("git", "commit", "-m", "good", cwd=project, env=env)

    def test_the_wheel_brings_the_program_the_module_and_the_manual(self):
        version = run(self.program, "--version").stdout
        self.assertRegex(version, r"^jitcheck \d+\.\d+\.\d+")
        if (ROOT / ".git").exists():
            self.assertRegex(version, r"\([0-9a-f]{9} \d{4}-\d\d-\d\d\)$")
        self.assertEqual(run(self.python, "-m", "jitcheck", "--version").stdout, version)
        found = "from jitcheck import find_jitcheck_bin; print(find_jitcheck_bin())"
        self.assertEqual(run(self.python, "-c", found).stdout.strip(), str(self.program))
        self.assertEqual(run(self.python, "-m", "jitcheck", "check", "gone.py", code=2).stdout, "")
        manual = self.python.parents[1] / "share" / "man" / "man1"
        self.assertIn(".TH jitcheck 1", (manual / "jitcheck.1").read_text())
        self.assertIn(".TH jitcheck-check 1", (manual / "jitcheck-check.1").read_text())

    def test_the_sdist_builds_and_installs(self):
        run(TOOLS / "maturin", "sdist", "--out", self.dist, cwd=ROOT)
        python = self.environment("sdist")
        # The build tools come from the index, as they do for users.
        run(python, "-m", "pip", "-q", "install", next(self.dist.glob("*.tar.gz")), env=COPY)
        self.assertRegex(run(python, "-m", "jitcheck", "--version").stdout, r"^jitcheck \d+\.\d+\.\d+")

    def test_the_system_hook_blocks_a_bad_commit(self):
        path = f"{self.python.parent}{os.pathsep}{os.environ['PATH']}"
        self.hook(
            f"""\
            repos:
              - repo: {self.repository.as_uri()}
                rev: v0
                hooks:
                  - id: jitcheck-system
            """,
            {"PATH": path},
        )

    def test_the_hooks_of_the_repository_block_a_bad_commit_and_fix_it(self):
        for hook in ("jitcheck", "jitcheck-fix"):
            with self.subTest(hook):
                self.hook(
                    f"""\
                    repos:
                      - repo: {self.repository.as_uri()}
                        rev: v0
                        hooks:
                          - id: {hook}
                    """,
                    COPY,
                )

    def test_a_mirror_that_installs_the_wheel_blocks_a_bad_commit(self):
        version = self.wheel.name.split("-")[1]
        mirror = self.project(
            {
                "pyproject.toml": f"""\
                [project]
                name = "jitcheck-pre-commit"
                version = "0"
                dependencies = ["jitcheck=={version}"]
                [build-system]
                requires = ["setuptools"]
                build-backend = "setuptools.build_meta"
                [tool.setuptools]
                py-modules = []
                """,
            }
        )
        shutil.copy(ROOT / ".pre-commit-hooks.yaml", mirror)
        commit(mirror)
        run("git", "tag", "v0", cwd=mirror)
        self.hook(
            f"""\
            repos:
              - repo: {mirror.as_uri()}
                rev: v0
                hooks:
                  - id: jitcheck
            """,
            {"PIP_FIND_LINKS": str(self.dist)},
        )

    def test_excluded_files_stay_out_of_the_hooks(self):
        project = self.project(
            {"pyproject.toml": '[tool.jitcheck]\nextend-exclude = ["legacy"]\n', "legacy/old.py": BAD}
        )
        run(self.program, "check", "legacy/old.py", cwd=project, code=1)
        run(self.program, "check", "--force-exclude", "legacy/old.py", cwd=project)

    def test_files_that_git_ignores_are_left_out(self):
        project = self.project(
            {
                ".gitignore": "scratch/\n*_local.py\n!keep_local.py\n",
                "kernels.py": GOOD,
                "scratch/a.py": BAD,
                "b_local.py": BAD,
                "keep_local.py": GOOD,
                "sub/.gitignore": "/inner.py\n",
                "sub/inner.py": BAD,
                "sub/deeper/inner.py": GOOD,
            }
        )
        commit(project)
        (project / ".git" / "info" / "exclude").write_text("excluded.py\n")
        (project / "excluded.py").write_text(BAD)
        checked = run(self.program, "check", "--show-files", cwd=project).stdout.split()
        names = sorted(str(Path(path).relative_to(project.resolve())) for path in checked)
        known = run("git", "ls-files", "-co", "--exclude-standard", "*.py", cwd=project).stdout.split()
        self.assertEqual(names, sorted(known))
        run(self.program, "check", cwd=project)

    def test_sarif_is_valid(self):
        import jsonschema

        schema = json.loads(sarif_schema().read_text())
        project = self.project({"kernels.py": BAD, "empty.py": "x = 1\n", "broken.py": "def f(:\n"})
        for file in ("kernels.py", "empty.py", "broken.py"):
            text = run(self.program, "check", "--output-format", "sarif", file, cwd=project, code=None).stdout
            report = json.loads(text)
            jsonschema.validators.validator_for(schema)(schema).validate(report)
        report = json.loads(run(self.program, "check", "--output-format", "sarif", cwd=project, code=1).stdout)
        rules = report["runs"][0]["tool"]["driver"]["rules"]
        self.assertTrue(all(rule["help"]["text"] and rule["helpUri"] for rule in rules))
        self.assertTrue(any(result.get("fixes") for result in report["runs"][0]["results"]))

    def test_the_schema_accepts_what_the_program_accepts(self):
        import jsonschema

        schema = json.loads((ROOT / "jitcheck.schema.json").read_text())
        validator = jsonschema.validators.validator_for(schema)(schema)
        validator.check_schema(schema)
        for text, good in (
            ({"ignore": ["list-argument"], "per-file-ignores": {"tests/**": ["all"]}}, True),
            ({"extra-decorators": ["a.b", {"path": "a.c", "like": "vectorize"}], "presets": ["mne"]}, True),
            ({"ignor": []}, False),
            ({"select": ["list-as-shap"]}, False),
            ({"numba-version": 0.68}, False),
            ({"exclude": "a"}, False),
        ):
            self.assertEqual(validator.is_valid(text), good, text)
            project = self.project({"jitcheck.toml": toml(text), "kernels.py": GOOD})
            run(self.program, "check", cwd=project, code=0 if good else 2)

    def test_the_action_is_well_formed_and_its_steps_run(self):
        action = ROOT / "action.yml"
        run(TOOLS / "check-jsonschema", "--builtin-schema", "vendor.github-actions", action)
        import yaml

        steps = yaml.safe_load(action.read_text())["runs"]["steps"]
        project = self.project({"kernels.py": BAD})
        environment = {
            "PATH": f"{self.python.parent}{os.pathsep}{os.environ['PATH']}",
            "PIP_FIND_LINKS": str(self.dist),
            "PIP_NO_INDEX": "1",
            "VERSION": "",
            "PATHS": ".",
            "ARGS": "--ignore list-argument",
            "SARIF_FILE": "report.sarif",
        }
        codes = []
        for step in steps:
            done = run("bash", "-e", "-c", step["run"], cwd=project, env=environment, code=None)
            codes.append(done.returncode)
        self.assertEqual(codes, [0, 0, 1])
        self.assertIn("::error title=jitcheck (list-as-shape)", done.stdout)
        self.assertTrue(json.loads((project / "report.sarif").read_text())["runs"][0]["results"])


def toml(table):
    """A configuration as TOML; JSON's values are TOML's as far as they are used here."""
    lines = []
    for key, value in table.items():
        if isinstance(value, dict):
            lines.append(f"[{key}]\n" + "".join(f"{json.dumps(k)} = {json.dumps(v)}\n" for k, v in value.items()))
        else:
            items = value if isinstance(value, list) else None
            inline = json.dumps(value) if items is None else "[" + ", ".join(map(item, items)) + "]"
            lines.append(f"{key} = {inline}\n")
    return "".join(sorted(lines, key=lambda line: line.startswith("[")))


def item(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {json.dumps(part)}" for key, part in value.items()) + " }"
    return json.dumps(value)


def sarif_schema():
    """The schema of SARIF 2.1.0, from the npm package of its authors."""
    cached = ROOT / "target" / "tools" / "sarif-2.1.0.schema.json"
    if not cached.exists():
        with tempfile.TemporaryDirectory() as folder:
            run("npm", "pack", "--silent", "@microsoft/sarif-multitool-ts@5.7.0", cwd=folder)
            archive = next(Path(folder).glob("*.tgz"))
            shutil.unpack_archive(archive, folder)
            shutil.copy(Path(folder) / "package" / "assets" / "sarif-2.1.0.schema.json", cached)
    return cached


if __name__ == "__main__":
    unittest.main()
