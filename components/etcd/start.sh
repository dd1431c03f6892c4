#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Starts this host's etcd member for the first time. A member that runs is left alone.

other_endpoints() {
  local endpoint list=()
  for endpoint in "${ENDPOINTS[@]}"; do
    [ "$endpoint" = "https://$NODE_IP:2379" ] || list+=("$endpoint")
  done
  (IFS=, && printf '%s' "${list[*]}")
}

# An empty data directory although the cluster was once whole: this member lost its data. Starting it as new would
# make it vote with an empty log. While the first members still come up, the mark is not there.
refuse_lost_data() {
  local others
  [ ! -d "$DATA_DIR/member" ] || return 0
  others=$(other_endpoints)
  [ -n "$others" ] || return 0
  if ctl --endpoints "$others" get kubeadm-ha/bootstrapped --print-value-only 2>/dev/null | grep -q yes; then
    die "the etcd cluster of $NODE_NAME is already bootstrapped, but $DATA_DIR is empty: the member's data is lost." \
      "Remove the member and add it again as a learner; it must not start as a new one"
  fi
}

stage_secrets
ensure_user
ensure_binaries
ensure_folders
install_secrets
if ! unit_active etcd; then
  refuse_lost_data
  install_configuration
  link_tools
  quietly 30 "enabling etcd" systemctl enable etcd
  systemctl reset-failed etcd 2>/dev/null || true
  # Not waited for here: the first start needs a quorum, and the other members may come later.
  systemctl start --no-block etcd
  note_runs_with etcd "${RUNS[@]}"
fi
