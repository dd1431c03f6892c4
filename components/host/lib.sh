#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2034
# What every script on a host starts with: one run of a concern at a time, a private staging folder, read-back helpers.
set -euo pipefail
umask 077
export LC_ALL=C DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# kubectl's cache would stay in root's home.
export KUBECACHEDIR=/run/kubeadm-ha/kubectl

STATE=/var/lib/kubeadm-ha
CHANGED=()
MANAGED=()

say() { printf '%s\n' "$*"; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

[ "$(id -u)" = 0 ] || die "needs root: log in as root or as a user with password-less sudo"
mkdir -p /run/kubeadm-ha
exec 9>"/run/kubeadm-ha/$CONCERN.lock"
flock -w 300 9 || die "another run of '$CONCERN' still holds /run/kubeadm-ha/$CONCERN.lock after 300 s: wait for it or end it"
STAGE=/run/kubeadm-ha/$CONCERN
rm -rf "$STAGE"
mkdir -m 700 "$STAGE"
# A run that does not end well leaves no record as if it had.
if [ -f "$STATE/done/${RESOURCE:-}" ]; then
  cp "$STATE/done/$RESOURCE" "$STAGE/.record"
  printf 'unfinished\n%s\n' "${REPAIR:-}" >"$STATE/done/$RESOURCE"
fi
trap 'leave' EXIT
trap 'exit 143' TERM INT HUP PIPE

# at_exit FUNCTION: what has to be put right however the script ends; the last one comes first.
AT_EXIT=()
at_exit() { AT_EXIT=("$1" "${AT_EXIT[@]}"); }
leave() {
  local code=$? step
  set +e
  for step in "${AT_EXIT[@]}"; do "$step"; done
  if [ "$code" = 0 ] && [ -n "${RESOURCE:-}" ]; then keep_record; fi
  rm -rf "$STAGE"
  exit "$code"
}

# What a complete run leaves behind for whoever observes the host: the text that it ran, but for the line that names a
# repair, and what it left in the places that it manages.
keep_record() {
  local path line there=()
  install -d -m 0700 "$STATE/done" "$STATE/files"
  for path in "${MANAGED[@]}"; do
    if [ -f "$path" ]; then there+=("$path"); fi
  done
  grep -lsE -- "^$RESOURCE " "$STATE"/files/* | xargs -r rm -f
  if [ ${#there[@]} -gt 0 ]; then
    while IFS= read -r line; do
      printf '%s %s\n' "$RESOURCE" "$line" >"$STATE/files/$(tr / % <<<"/${line#* /}")"
    done < <(paste -d ' ' <(sha256sum "${there[@]}" | cut -c1-64) <(stat -c '%a %U:%G %n' "${there[@]}"))
  fi
  { grep -av '^REPAIR=' <<<"$BASH_EXECUTION_STRING" | sha256sum | cut -c1-32 && printf '%s\n' "${REPAIR:-}"; } >"$STATE/done/.$RESOURCE"
  mv -f "$STATE/done/.$RESOURCE" "$STATE/done/$RESOURCE"
}

# What ran before is back, and so is its record.
restore_record() { [ ! -f "$STAGE/.record" ] || cp "$STAGE/.record" "$STATE/done/$RESOURCE"; }

# manages PATH…: files that other programs write for this script.
manages() { MANAGED+=("$@"); }

# stage NAME: keeps standard input as a file for install_file.
stage() { cat >"$STAGE/$1"; }

# install_file NAME PATH MODE [OWNER]: makes PATH what was staged as NAME, in one rename; notes a change.
install_file() {
  local from=$STAGE/$1 path=$2 mode=$3 owner=${4:-root:root}
  [ -f "$from" ] || die "nothing was staged as $1"
  manages "$path"
  if cmp -s "$from" "$path" 2>/dev/null && [ "$(stat -c '%a %U:%G' "$path")" = "${mode#0} $owner" ]; then
    return 0
  fi
  [ -d "$(dirname "$path")" ] || install -d -m 0755 "$(dirname "$path")"
  install -m "$mode" -o "${owner%:*}" -g "${owner#*:}" "$from" "$path.kubeadm-ha-new"
  mv -f "$path.kubeadm-ha-new" "$path"
  CHANGED+=("$path")
}

# stage_secrets: standard input is one line of base64 for each entry "path mode owner" of SECRET_FILES.
stage_secrets() {
  local entry data number=0
  for entry in "${SECRET_FILES[@]}"; do
    read -r data || die "the secret file ${entry%% *} did not arrive"
    base64 -d <<<"$data" >"$STAGE/secret-$number" || die "the secret file ${entry%% *} did not arrive whole"
    number=$((number + 1))
  done
  exec </dev/null
}

# install_secrets: puts what stage_secrets kept in its places.
install_secrets() {
  local entry path mode owner number=0
  for entry in "${SECRET_FILES[@]}"; do
    read -r path mode owner <<<"$entry"
    install_file "secret-$number" "$path" "$mode" "$owner"
    number=$((number + 1))
  done
}

# changed PREFIX…: whether a file under one of the paths was written by this run.
changed() {
  local path prefix
  for path in "${CHANGED[@]}"; do
    for prefix in "$@"; do [[ $path == "$prefix"* ]] && return 0; done
  done
  return 1
}

# wait_until SECONDS "what should be true" COMMAND…: polls; says what it waited for when the time is over.
wait_until() {
  local limit=$1 what=$2 end
  shift 2
  end=$((SECONDS + limit))
  until "$@" </dev/null >"$STAGE/.last" 2>&1; do
    [ "$SECONDS" -lt "$end" ] || die "after ${limit} s still not so: $what. Last answer: $(tail -c 600 "$STAGE/.last" | tr '\n' ' ')"
    sleep 0.5
  done
}

# pass_gates "before changing x" LIMIT GATE…: each gate is "sentence|function"; LIMIT seconds for each.
pass_gates() {
  local when=$1 limit=$2 gate
  shift 2
  for gate in "$@"; do wait_until "$limit" "gate $when: ${gate%%|*}" "${gate##*|}"; done
}

# quietly LIMIT "what" COMMAND…: runs a talkative command; shows the end of its output only when it fails.
quietly() {
  local limit=$1 what=$2
  shift 2
  if ! timeout -k 10 "$limit" "$@" </dev/null >"$STAGE/.log" 2>&1; then
    tail -n 40 "$STAGE/.log" | cut -c1-400 >&2
    die "$what failed (or took over $limit s): $1"
  fi
}

# try COMMAND…: wait_until, quietly and die end the script; inside this they only end what was tried.
try() { ("$@"); }

# What a unit was last started or reloaded with: a run that was cut off may have left files that nothing runs with.
fingerprint() { cat "$@" 2>/dev/null | sha256sum | cut -c1-64; }
# runs_with UNIT PATH…
runs_with() {
  local unit=$1
  shift
  [ "$(cat "$STATE/runs-$unit" 2>/dev/null)" = "$(fingerprint "$@")" ]
}
# note_runs_with UNIT PATH…
note_runs_with() {
  local unit=$1
  shift
  fingerprint "$@" >"$STATE/runs-$unit"
}

# unit_active UNIT
unit_active() { [ "$(systemctl is-active "$1" 2>/dev/null)" = active ]; }

# runs_installed UNIT: its main process runs the program that is installed, not one that a package has since replaced.
runs_installed() {
  local pid
  pid=$(systemctl show -p MainPID --value "$1")
  [ "$pid" != 0 ] && [ "$(readlink "/proc/$pid/exe")" = "/usr/bin/$1" ]
}

# older A B: whether A is a version before B.
older() { [ "$1" != "$2" ] && [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

# interface_of IP: the interface that carries the address.
interface_of() {
  local found
  found=$(ip -o -4 addr show to "$1/32" | awk '{print $2; exit}')
  [ -n "$found" ] || die "address $1 is on no interface of this host: the 'ip' in the configuration is wrong, or the interface is down"
  printf '%s\n' "${found%%@*}"
}
