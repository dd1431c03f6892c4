#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2153,SC2154
# What joining and bootstrapping share: is this host a node already.
# Input: NODE_NAME, KUBERNETES_VERSION, CLUSTER.

JOINED=$STATE/joined

# The node's own kubeconfig may read its own Node object, nothing more is needed.
knows_itself() { kubectl --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout 5s get node "$NODE_NAME" </dev/null >/dev/null; }

registered() { [ -f /etc/kubernetes/kubelet.conf ] && unit_active kubelet && knows_itself; }

mark_joined() {
  printf '%s\n' "$KUBERNETES_VERSION" >"$JOINED"
}

# The mark on the cluster's kubelet settings, read before the join, and this host's own: what this kubelet starts with.
note_kubelet_settings() {
  local cluster
  rm -f "$STATE/kubelet-settings"
  cluster=$(timeout 20 kubectl --kubeconfig "$STATE/join.conf" --request-timeout 10s -n kube-system get configmap kubelet-config \
    -o 'jsonpath={.metadata.annotations.kubeadm-ha/settings}' </dev/null) || return 0
  with_own_settings "$cluster" >"$STATE/kubelet-settings"
}

node_is_not_ready() {
  [ "$(kubectl --kubeconfig "$STATE/join.conf" --request-timeout 10s get node "$NODE_NAME" --ignore-not-found \
    -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}' </dev/null)" != True ]
}

# kubeadm refuses to join under the name of a node that is Ready: another machine of that name, which nobody knew of.
outlive_predecessor() { wait_until 150 "no other machine is the node $NODE_NAME: if one still runs under that name, switch it off" node_is_not_ready; }

# A run that was cut off after the kubelet registered needs no second join; one cut off earlier starts afresh.
finish_or_clean_up() {
  [ ! -f "$JOINED" ] || return 0
  [ -e /etc/kubernetes/kubelet.conf ] || [ -e /etc/kubernetes/bootstrap-kubelet.conf ] || compgen -G '/etc/kubernetes/manifests/*.yaml' >/dev/null || return 0
  if "$@"; then
    say "$NODE_NAME: an earlier run had got as far as joining; nothing is repeated"
    mark_joined
    return 0
  fi
  say "$NODE_NAME: an earlier run was cut off half way; cleaning up and starting again"
  if [ -f /etc/kubernetes/admin.conf ]; then
    kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout 10s delete node "$NODE_NAME" --ignore-not-found </dev/null >/dev/null 2>&1 ||
      say "$NODE_NAME: the API did not answer; its node object, if there is one, stays"
  fi
  quietly 180 "kubeadm reset" kubeadm reset --force --skip-phases=remove-etcd-member --cri-socket=unix:///run/containerd/containerd.sock
}

# Only a node with this mark is ever taken out of the cluster.
mark_node() {
  wait_until 60 "the kubelet of $NODE_NAME has registered its node" registered
  quietly 30 "marking $NODE_NAME" kubectl --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout 10s \
    annotate node "$NODE_NAME" --overwrite "kubeadm-ha/cluster=$CLUSTER"
}

ensure_kubelet_runs() { unit_active kubelet || quietly 60 "starting the kubelet" systemctl restart kubelet; }
