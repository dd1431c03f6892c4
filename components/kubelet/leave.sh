#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2034,SC2153,SC2154
# Drains nodes that leave while all that they need still runs, their etcd member and API server among it: a kubelet whose
# own API server has ended tells nobody that a pod has. All are cordoned, then each is emptied and marked, for retire.sh
# to delete. One that does not answer stays as it is. Only nodes with our mark are touched.
# Input: CLUSTER, LEAVING (names), and those of a drain. Functions of nodes.sh.

# Sets OURS to those that are there and have our mark.
find_ours() {
  local mark
  OURS=()
  for NODE_NAME in "${LEAVING[@]}"; do
    if node_is_gone; then say "$NODE_NAME: its node is not in the cluster at present"; continue; fi
    mark=$(own_node -o "jsonpath={.metadata.annotations.$MARK}") || die "$NODE_NAME: the API did not say whose node it is"
    if [ "$mark" = "$CLUSTER" ]; then OURS+=("$NODE_NAME"); else say "$NODE_NAME: its node is not one of this cluster, and is left alone"; fi
  done
}

drain_for_good() {
  NODE_NAME=$1 DRAIN_FOR=good
  if ! is_silent; then
    say_what_ends
    empty_node
  fi
  if is_silent; then
    say "$NODE_NAME: does not answer, so it is not drained"
  else
    node_patch "{\"metadata\":{\"annotations\":{\"$DRAINED\":\"yes\"}}}"
    say "$NODE_NAME: drained"
  fi
  finished
}

at_exit put_unfinished_back
wait_until 120 "the API answers" api_answers
find_ours
for NODE_NAME in "${OURS[@]}"; do
  UNFINISHED+=("$NODE_NAME")
  cordon
done
for name in "${OURS[@]}"; do drain_for_good "$name"; done
