#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2034,SC2154
# Takes nodes of one role that left the configuration out of the cluster: all are cordoned, then each is emptied and its
# object deleted. One that does not answer is deleted as it is. Nodes in maintenance are cordoned and emptied, and put back
# into service afterwards. Only nodes with our mark are touched.
# Input: CLUSTER, ROLE (control-plane|worker), NODES and of them MAINTENANCE (names), and those of a drain.

NODE_KUBECONFIG=/etc/kubernetes/admin.conf
CORDONED=kubeadm-ha/retired
MARK=kubeadm-ha/cluster

# Cordoned by this run, and not yet where they should be.
UNFINISHED=()

admin_quietly() { quietly "$1" "$2" kubectl --kubeconfig "$NODE_KUBECONFIG" --request-timeout 20s "${@:3}"; }

api_answers() { [ "$(node_api get --raw /readyz)" = ok ]; }

# name|cluster|yes (cordoned by us), one line a node of the role.
nodes_of_role() {
  local selector=node-role.kubernetes.io/control-plane
  if [ "$ROLE" = worker ]; then selector="!$selector"; fi
  node_api get nodes -l "$selector" -o "jsonpath={range .items[*]}{.metadata.name}|{.metadata.annotations.$MARK}|{.metadata.annotations.$CORDONED}{\"\n\"}{end}"
}

# one_of NAME NAME…
one_of() { [[ " ${*:2} " == *" $1 "* ]]; }

mark_wanted() {
  local name
  for name in "${NODES[@]}"; do
    if ! grep -q "^$name|" <<<"$list"; then say "$name: its node is not in the cluster at present"; continue; fi
    grep -q "^$name|$CLUSTER|" <<<"$list" || admin_quietly 30 "marking $name" annotate node "$name" --overwrite "$MARK=$CLUSTER"
  done
}

# find_unwanted: sets LEAVING, OUT (in maintenance) and BACK (no longer).
find_unwanted() {
  local name mark cordoned
  LEAVING=() OUT=() BACK=()
  while IFS='|' read -r name mark cordoned; do
    if [ -z "$name" ]; then
      continue
    elif one_of "$name" "${MAINTENANCE[@]}"; then
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

# All of them before the first is emptied: no pod moves from one to the next.
take_out() {
  NODE_NAME=$1
  if ! one_of "$1" "${OUT[@]}" || ! cordoned_by_us; then UNFINISHED+=("$1"); fi
  cordon
}

put_unfinished_back() {
  for NODE_NAME in "${UNFINISHED[@]}"; do
    uncordon
    say "$NODE_NAME: uncordoned again"
  done
}

finished() {
  local name left=()
  for name in "${UNFINISHED[@]}"; do
    [ "$name" = "$NODE_NAME" ] || left+=("$name")
  done
  UNFINISHED=("${left[@]}")
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

names_of() { cut -d' ' -f1,2 <<<"$1" | tr ' ' / | tr '\n' ' ' | cut -c1-600; }

say_what_ends() {
  local bare
  bare=$(still_to_move | awk '$4 == "-"')
  [ -z "$bare" ] || say "$NODE_NAME: these pods have no controller and end with their node, nothing makes them again: $(names_of "$bare")"
}

say_what_is_lost() {
  local pods
  pods=$(still_to_move)
  say "$NODE_NAME: does not answer, so it is deleted without a drain. If the host runs on, so do its containers: switch it off."
  [ -z "$pods" ] || say "$NODE_NAME: these pods are given up, and their controllers may start others at once: $(names_of "$pods")"
}

retire() {
  NODE_NAME=$1 DRAIN_FOR=good
  if ! is_silent; then
    say_what_ends
    empty_node
  fi
  if is_silent; then say_what_is_lost; fi
  admin_quietly 60 "deleting the node $NODE_NAME" delete node "$NODE_NAME" --ignore-not-found --wait=false
  wait_until 60 "the node $NODE_NAME is gone" node_is_gone
  # Nobody reports of them any more, and StatefulSets wait until they are gone.
  admin_quietly 180 "deleting the pods of $NODE_NAME" delete pods --all-namespaces --field-selector "spec.nodeName=$NODE_NAME" \
    --force --grace-period=0 --wait=false
  finished
  say "$NODE_NAME: is not a node of the cluster any more"
}

at_exit put_unfinished_back
wait_until 120 "the API answers" api_answers
list=$(nodes_of_role)
mark_wanted
find_unwanted
for name in "${BACK[@]}"; do put_back "$name"; done
for name in "${OUT[@]}" "${LEAVING[@]}"; do take_out "$name"; done
for name in "${OUT[@]}"; do maintain "$name"; done
for name in "${LEAVING[@]}"; do retire "$name"; done
