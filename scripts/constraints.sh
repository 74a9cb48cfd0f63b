#!/usr/bin/env bash
# Writes constraints.txt: the version and the hashes of everything that a checkout or CI installs, for every platform and every Python from 3.11 on.
#
#   scripts/constraints.sh              add what is missing, drop what is not needed; a pin that still fits stays
#   scripts/constraints.sh --upgrade    the newest of everything (or: --upgrade-package NAME)
#   scripts/constraints.sh --check      say whether the file fits the pyproject files; change nothing
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

check=
if [[ "${1:-}" == --check ]]; then
    check=yes
    shift
fi

own=()
while read -r name; do
    own+=(--no-emit-package "$name")
done < <(sed -n 's/^name = "\(.*\)"$/\1/p' packages/*/pyproject.toml)

compile() {
    uv pip compile pyproject.toml packages/*/pyproject.toml --all-extras --group dev --group fuzz --group build "${own[@]}" \
        --universal --python-version 3.11 --custom-compile-command scripts/constraints.sh --quiet "$@" >/dev/null
}

if [[ -z "$check" ]]; then
    compile --generate-hashes --output-file constraints.txt "$@"
    exit
fi

# Hashes are left out of the comparison: a wheel that is published later for a pinned version adds one.
wanted=$(mktemp)
trap 'rm -f "$wanted"' EXIT
pins() { sed -n -E 's/^([a-z0-9][^ ]*==[^ ]+( ; [^\\]*[^ \\])?)( \\)?$/\1/p' "$1"; }
pins constraints.txt >"$wanted"
compile --output-file "$wanted" "$@"
if ! diff <(pins constraints.txt) <(pins "$wanted"); then
    echo "constraints.txt does not fit the pyproject files: run scripts/constraints.sh and commit the result" >&2
    exit 1
fi
