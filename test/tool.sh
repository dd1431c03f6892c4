#!/usr/bin/env bash
# Runs a tool that measures: `npm run bench -- NAME` (figures, each with the floor it is compared to) or
# `npm run drill -- NAME` (one long drill: figures and pass or fail). `--list` names what there is.
set -euo pipefail

repo=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
tool=$1
shift

# shellcheck source=lab/dependencies.sh
. "$repo/lab/dependencies.sh"
ensure_dependencies "$repo"

cd "$repo"
exec node --import tsx "test/$tool/main.ts" "$@"
