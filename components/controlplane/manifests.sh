#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Takes the manifests of static pods away and puts them back. Taking an old manifest away, waiting until the kubelet has
# forgotten the pod and only then putting the new one spares the kubelet's 10 s of waiting between two pods of one name.
# What was taken away is kept until it is known that what came instead works. Input: those of the gates.

MANIFESTS=/etc/kubernetes/manifests
OLD=$STATE/old-manifests
COMPONENTS=(kube-apiserver kube-controller-manager kube-scheduler)

# The directory of a pod is there until the kubelet has forgotten the pod.
pod_is_gone() { ! compgen -G "/var/lib/kubelet/pods/*/containers/$1" >/dev/null; }

# new_logs COMPONENT [TEST…]: the logs of containers that started after the manifest was put, the newest first.
new_logs() {
  find /var/log/pods -path "/var/log/pods/kube-system_$1-${NODE_NAME}_*.log" -newer "$STAGE/put-$1" "${@:2}" -printf '%T@ %p\n' 2>/dev/null | sort -rn | cut -d' ' -f2
}

# Two exits: the next try will not go better. Logs are numbered by start, and only the last ones are kept.
keeps_exiting() {
  local newest first=$STAGE/first-$1
  [ -f "$STAGE/put-$1" ] || return 1
  newest=$(new_logs "$1" | head -n 1 | sed 's|.*/\([0-9]*\)\.log$|\1|')
  [ -n "$newest" ] || return 1
  [ -f "$first" ] || printf '%s\n' "$newest" >"$first"
  [ $((newest - $(cat "$first"))) -ge 2 ]
}

# What ended by itself, as on a host that was powered off with its manifests away. The kubelet forgets such a pod only
# when it has reached the API server, which may be the very one.
is_not_running() { ! pgrep -f "^$1 " >/dev/null; }

take_away() {
  local component
  local -A ended=()
  mkdir -p "$OLD"
  at_exit put_missing_back
  for component in "$@"; do
    ended[$component]=is_not_running
    [ -f "$MANIFESTS/$component.yaml" ] || continue
    ended[$component]=pod_is_gone
    install -m 0600 "$MANIFESTS/$component.yaml" "$OLD/$component.yaml"
    rm -f "$MANIFESTS/$component.yaml"
  done
  for component in "$@"; do
    wait_until 90 "the kubelet of $NODE_NAME has ended $component" "${ended[$component]}" "$component"
  done
}

# A script that ends between the two leaves no host without its static pods, unless the host itself goes down.
put_missing_back() {
  local component
  for component in "${COMPONENTS[@]}"; do
    if [ -s "$OLD/$component.yaml" ] && [ ! -f "$MANIFESTS/$component.yaml" ]; then put "$OLD" "$component"; fi
  done
}

# put FOLDER COMPONENT…: in one rename each.
put() {
  local from=$1 component
  shift
  for component in "$@"; do
    touch "$STAGE/put-$component"
    rm -f "$STAGE/first-$component"
    install -m 0600 "$from/$component.yaml" "/etc/kubernetes/.$component.yaml"
    mv -f "/etc/kubernetes/.$component.yaml" "$MANIFESTS/$component.yaml"
  done
}

is_healthy() {
  case $1 in
    kube-apiserver) own_api_is_ready ;;
    kube-controller-manager) [ "$(curl -fsSk --max-time 3 https://127.0.0.1:10257/healthz)" = ok ] ;;
    kube-scheduler) [ "$(curl -fsSk --max-time 3 https://127.0.0.1:10259/healthz)" = ok ] ;;
  esac
}

healthy_or_hopeless() { is_healthy "$1" || keeps_exiting "$1"; }

# become_healthy LIMIT COMPONENT…
become_healthy() {
  local limit=$1 component
  shift
  for component in "$@"; do
    try wait_until "$limit" "$component of $NODE_NAME is healthy" healthy_or_hopeless "$component" || return 1
    is_healthy "$component" || return 1
  done
}

# What those that are not healthy said last: one that has only just started again has said nothing yet.
last_words() {
  local component log
  for component in "$@"; do
    log=$(new_logs "$component" -size +0c 2>/dev/null | head -n 1)
    is_healthy "$component" || printf '%s: %s ' "$component" "$([ -z "$log" ] || tail -n 3 "$log" | cut -d' ' -f4- | cut -c1-400 | tr '\n' ' ')"
  done
}
