#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Packages at the versions of the configuration. An entry is name=pattern; the pattern * takes what the distribution offers.
# Input: NODE_NAME.

APT=(-y --no-install-recommends --allow-change-held-packages -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3
  -o Dpkg::Options::=--force-confold -o Dpkg::Options::=--force-unsafe-io)

# installed_version PACKAGE: nothing when it is not installed.
installed_version() {
  { dpkg-query -W -f '${Status} ${Version}\n' "$1" 2>/dev/null || true; } | awk '$3 == "installed" {print $4}'
}

# find_missing ENTRY…: sets MISSING to the packages, as apt arguments, whose installed version is not the wanted one.
find_missing() {
  local entry name wanted have
  MISSING=()
  for entry in "$@"; do
    name=${entry%%=*} wanted=${entry#*=}
    have=$(installed_version "$name")
    # The pattern is a glob on purpose.
    # shellcheck disable=SC2053
    if [ -z "$have" ] || { [ "$wanted" != '*' ] && [[ $have != $wanted ]]; }; then
      if [ "$wanted" = '*' ]; then MISSING+=("$name"); else MISSING+=("$name=$wanted"); fi
    fi
  done
}

apt_update() {
  quietly 180 "apt-get update" apt-get update -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 -o APT::Update::Error-Mode=any
}

# A host that lost power while dpkg worked.
finish_interrupted_dpkg() {
  [ -n "$(dpkg --audit 2>/dev/null)" ] || [ -n "$(ls -A /var/lib/dpkg/updates 2>/dev/null)" ] || return 0
  hold_back_services
  quietly 300 "finishing an interrupted installation" dpkg --force-confold --configure -a
}

# ensure_packages ENTRY…
ensure_packages() {
  finish_interrupted_dpkg
  find_missing "$@"
  [ ${#MISSING[@]} -gt 0 ] || return 0
  # The lists are as fresh as the preparation that staged these versions, unless somebody cleaned up since.
  apt-get install -s "${APT[@]}" "${MISSING[@]}" >/dev/null 2>&1 || apt_update
  record_new_packages "${MISSING[@]}"
  hold_back_services
  quietly 420 "installing ${MISSING[*]}" apt-get install "${APT[@]}" "${MISSING[@]}"
  let_services_start
  find_missing "$@"
  [ ${#MISSING[@]} -eq 0 ] || die "$NODE_NAME: installed, but still not as wanted: ${MISSING[*]}"
}

# stage_packages ENTRY…: fetches and verifies what a later step installs, and asks apt whether it could.
stage_packages() {
  find_missing "$@"
  [ ${#MISSING[@]} -gt 0 ] || return 0
  apt_update
  quietly 120 "asking apt whether ${MISSING[*]} can be installed" apt-get install -s "${APT[@]}" "${MISSING[@]}"
  quietly 420 "fetching ${MISSING[*]}" apt-get install --download-only "${APT[@]}" "${MISSING[@]}"
  quietly 60 "finding what was fetched" apt-get install --download-only --no-download "${APT[@]}" "${MISSING[@]}"
  say "$NODE_NAME: staged ${MISSING[*]}"
}

# What apt would bring, dependencies included, is what a later removal may take away. Written down before it happens.
record_new_packages() {
  quietly 120 "asking apt about ${*}" apt-get install -s "${APT[@]}" "$@"
  install -d -m 0755 "$STATE"
  awk '$1 == "Inst" && $3 !~ /^\[/ {print $2}' "$STAGE/.log" >>"$STATE/packages"
}

# ensure_holds NAME…: packages at a version of ours, or with a configuration of ours, move only when the configuration
# says so.
ensure_holds() {
  local name held
  held=$(apt-mark showhold)
  for name in "$@"; do
    grep -qx "$name" <<<"$held" && continue
    quietly 30 "holding $name" apt-mark hold "$name"
    grep -qxs "$name" "$STATE/holds" || printf '%s\n' "$name" >>"$STATE/holds"
  done
}

# Debian starts services as it installs them, with configurations that are not ours yet, and restarts them as it upgrades.
NO_START=/run/kubeadm-ha/no-start

hold_back_services() {
  touch "$NO_START"
  at_exit let_services_start
  # Not in place of a policy of somebody else's.
  if [ -e /usr/sbin/policy-rc.d ] && ! grep -q "$NO_START" /usr/sbin/policy-rc.d; then return 0; fi
  printf '#!/bin/sh\n[ ! -e %s ] || exit 101\n' "$NO_START" >/usr/sbin/policy-rc.d
  chmod 0755 /usr/sbin/policy-rc.d
}

let_services_start() {
  rm -f "$NO_START"
  if grep -qs "$NO_START" /usr/sbin/policy-rc.d; then rm -f /usr/sbin/policy-rc.d; fi
}
