# shellcheck shell=bash
# Sourced by lab/run and test/run: checks what both need, and brings node_modules in step with package-lock.json.
# OpenSSH's client, which the program itself needs, is installed where it is missing.

fail() {
  printf 'kubeadm-ha: %s\n' "$1" >&2
  exit 1
}

check_machine() {
  local version major
  [ "$(id -u)" = 0 ] || fail "runs as root only: it installs packages, starts containers and bridges. Run it again as root (sudo -E)."
  command -v git >/dev/null || fail "git is missing. Install it: apt-get install git."
  command -v node >/dev/null || fail "Node.js is missing. Install Node 20 or newer."
  command -v npm >/dev/null || fail "npm is missing. Install it with Node 20 or newer."
  version=$(node --version)
  major=${version#v}
  major=${major%%.*}
  [ "$major" -ge 20 ] || fail "Node $version is too old. Install Node 20 or newer."
  # Go is asked for by the code that builds, and only when something must be built.
}

in_step() {
  local repo=$1 sum stamp
  stamp=$repo/node_modules/.lock-sha256
  sum=$(sha256sum <"$repo/package-lock.json")
  [ -f "$stamp" ] && [ "$(<"$stamp")" = "$sum" ]
}

install_packages() {
  local repo=$1
  # Two commands started at once must not install over each other: the lock file itself carries the lock.
  exec 9<"$repo/package-lock.json"
  flock -w 600 9 || fail "another npm ci has been running in $repo for 10 minutes. End it, then run this again."
  if ! in_step "$repo"; then
    printf 'kubeadm-ha: installing npm packages (npm ci)\n' >&2
    (cd "$repo" && timeout 900 npm ci --no-progress >&2 </dev/null) ||
      fail "npm ci failed. See its message above; check the registry that npm is set to (npm config get registry)."
    sha256sum <"$repo/package-lock.json" >"$repo/node_modules/.lock-sha256"
  fi
  exec 9<&-
}

ensure_ssh() {
  command -v ssh >/dev/null && return 0
  printf 'kubeadm-ha: installing openssh-client\n' >&2
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive timeout 300 apt-get install -y -qq --no-install-recommends openssh-client; } >/dev/null </dev/null ||
    fail "ssh is missing and could not be installed. Install it: apt-get install openssh-client."
}

# ensure_dependencies FOLDER: of the repository.
ensure_dependencies() {
  check_machine
  ensure_ssh
  in_step "$1" || install_packages "$1"
}
