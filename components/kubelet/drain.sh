#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Cordons and drains a node. A node drains itself with its own rights, which end at its own pods and its own Node object:
# no credential that could drain another node is ever on a worker. Pods of DaemonSets and static pods stay, and so do pods
# that nothing would create again, unless the node goes for good; containers outlive a restart of the kubelet.
# Input: NODE_NAME, DRAIN_TIMEOUT, DRAIN_GRACE (seconds, empty: each pod's own), DRAIN_BLOCKED (fail|skip|
# disableEviction), DRAIN_EMPTY_DIR (true|false).

CORDONED=kubeadm-ha/cordoned

# return: the node comes back; good: it does not, its last pods go with it, and nothing waits for a kubelet that is silent.
DRAIN_FOR="return"

# Whether a run of ours cordoned the node and has not put it back.
cordoned_by_us() { [ "$(own_node -o "jsonpath={.metadata.annotations.$CORDONED}")" = yes ]; }

cordon() {
  local already
  # Not knowing must not pass for "not cordoned": that mark would not be ours to take away.
  already=$(own_node -o 'jsonpath={.spec.unschedulable}') || die "$NODE_NAME: the API did not say whether the node is cordoned"
  if [ "$already" = true ] && ! cordoned_by_us; then
    say "$NODE_NAME: already cordoned by somebody else, and stays so"
    return 0
  fi
  node_patch "{\"metadata\":{\"annotations\":{\"$CORDONED\":\"yes\"}},\"spec\":{\"unschedulable\":true}}"
}

# On every way out; what a lost host could not do, the next run does.
uncordon() {
  local limit=20
  until cordoned_by_nobody || node_patch "{\"metadata\":{\"annotations\":{\"$CORDONED\":null}},\"spec\":{\"unschedulable\":null}}" 2>/dev/null; do
    limit=$((limit - 1))
    if [ "$limit" = 0 ]; then
      say "$NODE_NAME: could not be uncordoned: the API does not answer; the next run does it"
      return 0
    fi
    sleep 1
  done
}

# By nobody of ours; the API has to have said so.
cordoned_by_nobody() {
  local mark
  mark=$(own_node -o "jsonpath={.metadata.annotations.$CORDONED}" 2>/dev/null) && [ "$mark" != yes ]
}

node_patch() { node_api patch node "$NODE_NAME" --type merge -p "$1" >/dev/null; }

# namespace name uid controller emptyDir(yes|-), one line a pod that has to go.
pods_to_move() {
  # A template, for kubectl.
  # shellcheck disable=SC2016
  node_api get pods --all-namespaces --field-selector "spec.nodeName=$NODE_NAME,status.phase!=Succeeded,status.phase!=Failed" -o go-template='
{{- range .items}}{{$kind := "-"}}{{range .metadata.ownerReferences}}{{if .controller}}{{$kind = .kind}}{{end}}{{end -}}
{{$empty := "-"}}{{range .spec.volumes}}{{range $type, $_ := .}}{{if eq $type "emptyDir"}}{{$empty = "yes"}}{{end}}{{end}}{{end -}}
{{.metadata.namespace}} {{.metadata.name}} {{.metadata.uid}} {{$kind}} {{$empty}}
{{end}}' | awk -v drain_for="$DRAIN_FOR" '$4 != "DaemonSet" && $4 != "Node" && ($4 != "-" || drain_for == "good") && NF == 5'
}

# A drain outlives a question that the API did not answer.
still_to_move() {
  local tries
  for tries in 1 2 3 4 5; do
    pods_to_move && return 0
    sleep "$tries"
  done
  die "$NODE_NAME: the API did not say which pods are on the node"
}

grace_field() { [ -z "$DRAIN_GRACE" ] || printf ',"gracePeriodSeconds":%s' "$DRAIN_GRACE"; }

evict() {
  local namespace=$1 name=$2 uid=$3
  printf '{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"%s","namespace":"%s"},"deleteOptions":{"preconditions":{"uid":"%s"}%s}}' \
    "$name" "$namespace" "$uid" "$(grace_field)" |
    kubectl --kubeconfig "$NODE_KUBECONFIG" --request-timeout 20s create --raw "/api/v1/namespaces/$namespace/pods/$name/eviction" -f - >/dev/null 2>"$STAGE/.evict" && return 0
  grep -qiE 'not ?found|uid' "$STAGE/.evict"
}

# One round over what is left; prints what could not be evicted yet.
evict_all() {
  local namespace name uid
  while read -r namespace name uid _; do
    [ -z "$name" ] || evict "$namespace" "$name" "$uid" || printf '%s/%s: %s\n' "$namespace" "$name" "$(tr '\n' ' ' <"$STAGE/.evict" | cut -c1-200)"
  done <<<"$1"
}

refuse_local_data() {
  local kept
  [ "$DRAIN_EMPTY_DIR" = false ] || return 0
  kept=$(awk '$5 == "yes" {print $1 "/" $2}' <<<"$1" | tr '\n' ' ')
  [ -z "$kept" ] || die "$NODE_NAME was not drained: ${kept}have emptyDir data, and rollout.drain.deleteEmptyDirData is false." \
    "Move them yourself, or set it to true"
}

# Nothing ends on a node whose kubelet is silent. One that says that it is not ready may still end its pods.
is_silent() {
  local status tries
  for tries in 1 2 3 4 5; do
    status=$(own_node -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}') && {
      [ "$status" = Unknown ]
      return
    }
    sleep "$tries"
  done
  die "$NODE_NAME: the API did not say whether the node is ready"
}

drain() {
  at_exit uncordon
  cordon
  empty_node
}

empty_node() {
  local end=$((SECONDS + DRAIN_TIMEOUT)) left blocked=""
  left=$(still_to_move)
  refuse_local_data "$left"
  while [ -n "$left" ]; do
    if [ "$DRAIN_FOR" = good ] && is_silent; then return 0; fi
    blocked=$(evict_all "$left")
    sleep 2
    left=$(still_to_move)
    [ "$SECONDS" -lt "$end" ] || break
  done
  [ -n "$left" ] || return 0
  case $DRAIN_BLOCKED-$DRAIN_FOR in
    skip-good) try delete_rest "$left" || say "$NODE_NAME: going on with pods that have not ended" ;;
    skip-*) say "$NODE_NAME: going on with pods that could not be moved in $DRAIN_TIMEOUT s: ${blocked:-$left}" ;;
    disableEviction-*) delete_rest "$left" ;;
    *) die "$NODE_NAME was not drained in $DRAIN_TIMEOUT s: ${blocked:-still ending: $left}." \
      "Let the PodDisruptionBudget allow it, give more time (rollout.drain.timeoutSeconds), or change rollout.drain.onBlocked" ;;
  esac
}

delete_rest() {
  local namespace name
  while read -r namespace name _; do
    say "$NODE_NAME: deleting $namespace/$name, which its PodDisruptionBudget did not let go"
    node_api -n "$namespace" delete pod "$name" --wait=false --ignore-not-found ${DRAIN_GRACE:+--grace-period="$DRAIN_GRACE"} >/dev/null
  done <<<"$1"
  wait_until 120 "the deleted pods of $NODE_NAME have ended" nothing_to_move
}

nothing_to_move() {
  local left
  left=$(pods_to_move) && [ -z "$left" ]
}
