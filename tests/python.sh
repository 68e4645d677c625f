#!/usr/bin/env sh
# Prints the path of a Python that has NumPy and Numba; makes a virtual environment under target/ on first use.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
venv=$root/target/python
if [ ! -f "$venv/ready" ]; then
  python3 -m venv "$venv" >&2
  "$venv/bin/pip" -q install --disable-pip-version-check -r "$root/tests/requirements.txt" >&2
  touch "$venv/ready"
fi
echo "$venv/bin/python"
