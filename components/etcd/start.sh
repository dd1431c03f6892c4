#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2034,SC2154
# Starts this host's etcd member for the first time: with all others where no cluster was ever whole, as one that joins
# where there is one. A member that runs is left alone.
# Input: MEMBERS (names), ENDPOINTS (https://ip:2379 …, in the same order), BOOTSTRAPPED (yes|no: whether the last
# complete update left a cluster on other hosts).

others() { printf '%s\n' "${ENDPOINTS[@]}" | grep -vxF -- "$(own_url)" || true; }

# An empty data directory in a cluster that was once whole would vote with an empty log, so it never starts as a new one.
is_first_build() {
  [ "$BOOTSTRAPPED" = no ] || return 1
  find_cluster "${CANDIDATES[@]}" >/dev/null 2>&1 || return 0
  [ "$(ask get kubeadm-ha/bootstrapped --print-value-only)" != yes ] && [ "$(standing)" != out ]
}

start() {
  if has_data; then install_configuration; else install_first_start new; fi
  start_etcd
}

stage_secrets
ensure_user
ensure_binaries
ensure_folders
install_secrets
mapfile -t CANDIDATES < <(others)
if is_first_build; then
  unit_active etcd || start
elif must_join; then
  join_cluster
elif ! unit_active etcd; then
  start
fi
# For a run that finds this member down, until one knows better.
[ -f "$STATE/etcd-endpoints" ] || printf '%s\n' "${ENDPOINTS[@]}" >"$STATE/etcd-endpoints"
