#!/usr/bin/env sh
# All tests. Needs cargo and Python 3; installs the Python packages it compares with under target/.
set -eu
cd "$(dirname "$0")/.."
JITCHECK_TEST_PYTHON=$(sh tests/python.sh)
export JITCHECK_TEST_PYTHON
exec cargo test --workspace --locked "$@"
