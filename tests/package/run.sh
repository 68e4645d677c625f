#!/usr/bin/env sh
# Tests of the package with the tools that install and use it. Needs cargo, git and Python 3; installs the tools under
# target/. The debug artefacts of the other tests are reused.
set -eu
cd "$(dirname "$0")/../.."
tools=target/tools
if ! cmp -s tests/package/requirements.txt "$tools/ready"; then
  python3 -m venv "$tools"
  "$tools/bin/pip" -q install --disable-pip-version-check -r tests/package/requirements.txt
  cp tests/package/requirements.txt "$tools/ready"
fi
exec "$tools/bin/python" -m unittest discover -s tests/package -v "$@"
