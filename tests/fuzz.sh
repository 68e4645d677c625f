#!/usr/bin/env sh
# Random input for every way in: texts through the analysis, typed kernels through the code generator and its verifier,
# edits and malformed messages through the server, damaged notebooks and `.npz` files through their readers.
#
#     sh tests/fuzz.sh [SECONDS of each] [SEED]
set -eu
cd "$(dirname "$0")/.."
export JITCHECK_FUZZ_SECONDS="${1:-10}" JITCHECK_SEED="${2:-$(date +%s)}"
echo "$JITCHECK_FUZZ_SECONDS seconds of each, seed $JITCHECK_SEED"
cargo test --locked -p jitcheck-tests --test fuzz -- --nocapture
cargo test --locked -p jitcheck --test lsp random_edits_and_messages
cargo test --locked -p jitcheck --test bad_input damaged_notebooks
cargo test --locked -p jitcheck --bin jitcheck damaged_files
