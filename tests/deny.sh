#!/usr/bin/env sh
# Licences, sources and duplicates of what the program is made of, as `deny.toml` allows them; known vulnerabilities too
# where RustSec's database can be had. Builds cargo-deny into `target/tools` when the machine has none.
set -eu
cd "$(dirname "$0")/.."
version=0.18.9
if ! cargo deny --version >/dev/null 2>&1; then
    PATH="$PWD/target/tools/deny/bin:$PATH"
    # Its speed does not matter here, that of its build does.
    CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
        cargo install --quiet cargo-deny --version "$version" --locked --root target/tools/deny
fi
cargo deny --log-level error check licenses bans sources
if cargo deny --log-level error fetch db 2>/dev/null; then
    cargo deny --log-level error check --disable-fetch advisories
else
    echo "RustSec's database is out of reach: advisories were not checked"
fi
