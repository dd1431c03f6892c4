#!/usr/bin/env bash
# Runs the benchmarks: `npm run bench -- NAME`, `npm run bench -- --list`. Figures, each with the floor it is compared to.
set -euo pipefail

repo=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)

# shellcheck source=lab/dependencies.sh
. "$repo/lab/dependencies.sh"
ensure_dependencies "$repo"

cd "$repo"
exec node --import tsx test/bench/main.ts "$@"
