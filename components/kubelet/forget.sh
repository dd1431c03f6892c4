#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2153,SC2154
# Deletes the nodes of machines whose place fresh ones have taken, before these join: a kubelet takes a node of its name for
# its own, with pods that run nowhere, old marks and an old range of addresses. A node whose kubelet still answers stays,
# and the run ends: two machines would be one node.
# Input: REPLACED ("name machine host-key" …; machine: digits of the fresh one, as replaced.ts makes them). Functions of
# nodes.sh.

# Nobody has told of it for so long that the cluster has noticed; one that says that it is not ready still runs.
nobody_answers() {
  local status
  status=$(own_node -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}' 2>&1) || { node_is_gone && return 0; }
  printf 'Ready: %s\n' "$status"
  [ "$status" = Unknown ]
}

# A run that was cut off may have got as far as the kubelet's start.
is_fresh_one() {
  local machine=$1 key=$2 id
  id=$(own_node -o 'jsonpath={.status.nodeInfo.machineID}') || return 1
  [ "$(printf '%s %s' "$id" "$key" | sha256sum | cut -c1-12)" = "$machine" ]
}

forget() {
  local machine key
  read -r NODE_NAME machine key <<<"$1"
  if node_is_gone; then
    say "$NODE_NAME: the node of the machine that was replaced is gone already"
  elif ! nobody_answers >/dev/null && is_fresh_one "$machine" "$key"; then
    say "$NODE_NAME: its node is the fresh machine's own already"
  else
    wait_until 150 "the cluster misses the machine that was $NODE_NAME: if that still runs, switch it off" nobody_answers
    delete_node
    say "$NODE_NAME: the node of the machine that was replaced is deleted"
  fi
}

wait_until 120 "the API answers" api_answers
for entry in "${REPLACED[@]}"; do forget "$entry"; done
