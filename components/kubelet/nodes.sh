#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2034,SC2154
# Nodes as an administrator sees them: what it takes to put any of them out of service and out of the cluster.
# Functions of own.sh and drain.sh, whose settings it changes.

NODE_KUBECONFIG=/etc/kubernetes/admin.conf
CORDONED=kubeadm-ha/retired
DRAINED=kubeadm-ha/drained
MARK=kubeadm-ha/cluster

# Cordoned by this run, and not yet where they should be.
UNFINISHED=()

admin_quietly() { quietly "$1" "$2" kubectl --kubeconfig "$NODE_KUBECONFIG" --request-timeout 20s "${@:3}"; }

api_answers() { [ "$(node_api get --raw /readyz)" = ok ]; }

# one_of NAME NAME…
one_of() { [[ " ${*:2} " == *" $1 "* ]]; }

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

delete_node() {
  admin_quietly 60 "deleting the node $NODE_NAME" delete node "$NODE_NAME" --ignore-not-found --wait=false
  wait_until 60 "the node $NODE_NAME is gone" node_is_gone
  # Nobody reports of them any more, and StatefulSets wait until they are gone.
  admin_quietly 180 "deleting the pods of $NODE_NAME" delete pods --all-namespaces --field-selector "spec.nodeName=$NODE_NAME" \
    --force --grace-period=0 --wait=false
}
