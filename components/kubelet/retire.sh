#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2034,SC2153,SC2154
# Takes nodes of one role that left the configuration out of the cluster: all are cordoned, then each is emptied, unless it
# was drained before (leave.sh), and its object deleted. One that does not answer is deleted as it is. Nodes in maintenance
# are cordoned and emptied, and put back into service afterwards. Only nodes with our mark are touched.
# Input: CLUSTER, ROLE (control-plane|worker), NODES and of them MAINTENANCE (names), and those of a drain. Functions of
# nodes.sh.

# name|cluster|yes (cordoned by us)|yes (drained), one line a node of the role.
nodes_of_role() {
  local selector=node-role.kubernetes.io/control-plane
  if [ "$ROLE" = worker ]; then selector="!$selector"; fi
  node_api get nodes -l "$selector" -o "jsonpath={range .items[*]}{.metadata.name}|{.metadata.annotations.$MARK}|{.metadata.annotations.$CORDONED}|{.metadata.annotations.$DRAINED}{\"\n\"}{end}"
}

mark_wanted() {
  local name
  for name in "${NODES[@]}"; do
    if ! grep -q "^$name|" <<<"$list"; then say "$name: its node is not in the cluster at present"; continue; fi
    grep -q "^$name|$CLUSTER|" <<<"$list" || admin_quietly 30 "marking $name" annotate node "$name" --overwrite "$MARK=$CLUSTER"
  done
}

# find_unwanted: sets LEAVING, OUT (in maintenance), BACK (no longer) and EMPTY (drained before).
find_unwanted() {
  local name mark cordoned drained
  LEAVING=() OUT=() BACK=() EMPTY=()
  while IFS='|' read -r name mark cordoned drained; do
    if [ -z "$name" ]; then continue; fi
    if [ "$drained" = yes ]; then EMPTY+=("$name"); fi
    if one_of "$name" "${MAINTENANCE[@]}"; then
      OUT+=("$name")
    elif one_of "$name" "${NODES[@]}"; then
      if [ "$cordoned" = yes ]; then BACK+=("$name"); fi
    elif [ "$mark" = "$CLUSTER" ]; then
      LEAVING+=("$name")
    fi
  done <<<"$list"
}

put_back() {
  NODE_NAME=$1
  uncordon
  cordoned_by_nobody || die "$1 could not be put back into service: it is still cordoned"
  say "$1: back in service"
}

# One that was to leave, and is in the configuration again.
forget_drained() {
  NODE_NAME=$1
  node_patch "{\"metadata\":{\"annotations\":{\"$DRAINED\":null}}}"
}

# All of them before the first is emptied: no pod moves from one to the next.
take_out() {
  NODE_NAME=$1
  if ! one_of "$1" "${OUT[@]}" || ! cordoned_by_us; then UNFINISHED+=("$1"); fi
  cordon
}

maintain() {
  NODE_NAME=$1 DRAIN_FOR="return"
  if is_silent; then
    say "$1: does not answer, so its pods are left to the cluster"
  else
    empty_node
    say "$1: out of service"
  fi
  finished
}

# The API server of one that was drained has ended, and so its kubelet is silent.
retire() {
  NODE_NAME=$1 DRAIN_FOR=good
  if ! one_of "$1" "${EMPTY[@]}"; then
    if ! is_silent; then
      say_what_ends
      empty_node
    fi
    if is_silent; then say_what_is_lost; fi
  fi
  delete_node
  finished
  say "$NODE_NAME: is not a node of the cluster any more"
}

at_exit put_unfinished_back
wait_until 120 "the API answers" api_answers
list=$(nodes_of_role)
mark_wanted
find_unwanted
for name in "${EMPTY[@]}"; do
  if one_of "$name" "${NODES[@]}"; then forget_drained "$name"; fi
done
for name in "${BACK[@]}"; do put_back "$name"; done
for name in "${OUT[@]}" "${LEAVING[@]}"; do
  if one_of "$name" "${OUT[@]}" || ! one_of "$name" "${EMPTY[@]}"; then take_out "$name"; fi
done
for name in "${OUT[@]}"; do maintain "$name"; done
for name in "${LEAVING[@]}"; do retire "$name"; done
