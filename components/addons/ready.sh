#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Gate: every node of the configuration is in the cluster, Ready, and at the wanted version.
# Input: NODES, KUBERNETES_VERSION.

not_ready() {
  local list node
  list=$(kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout 10s get nodes </dev/null -o \
    'jsonpath={range .items[*]}{.metadata.name} {.status.nodeInfo.kubeletVersion} {.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}')
  for node in "${NODES[@]}"; do
    grep -qx "$node $KUBERNETES_VERSION True" <<<"$list" || printf '%s ' "$node"
  done
}

all_ready() {
  local waiting
  waiting=$(not_ready)
  printf 'waiting for %s\n' "$waiting"
  [ -z "$waiting" ]
}

wait_until 240 "the nodes ${NODES[*]} are Ready at $KUBERNETES_VERSION" all_ready
