#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Ends the static pods of a control plane that leaves, in good order and while its etcd member still answers: an API server
# that is told to stop takes its address out of the Service `kubernetes`, one that is killed stays there until its lease is
# over. The host is given back later in any case, so nothing here holds a run up. Safe to run again.
# Input: NODE_NAME, CLUSTER.

MANIFESTS=/etc/kubernetes/manifests
COMPONENTS=(kube-apiserver kube-controller-manager kube-scheduler)

has_ended() { ! pgrep -f "^$1 " >/dev/null; }

is_ours() { [ "$(cat "$STATE/cluster" 2>/dev/null)" = "$CLUSTER" ]; }

stop_static_pods() {
  local component
  for component in "${COMPONENTS[@]}"; do rm -f "$MANIFESTS/$component.yaml"; done
  for component in "${COMPONENTS[@]}"; do
    # Without a kubelet nobody ends it, nor starts it again.
    unit_active kubelet || pkill -TERM -f "^$component " || true
    try wait_until 90 "$component has ended" has_ended "$component" || say "$NODE_NAME: $component goes on until the host is given back"
  done
  say "$NODE_NAME: its API server, controller manager and scheduler have been stopped"
}

if is_ours; then stop_static_pods; else say "$NODE_NAME: is no host of $CLUSTER any more, and is left alone"; fi
