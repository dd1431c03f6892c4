#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# What joining and bootstrapping share: is this host a node already, and is the node ready.
# Input: NODE_NAME, WAIT_READY (yes|no).

JOINED=$STATE/joined

# The node's own kubeconfig may read its own Node object, nothing more is needed.
own_node() { kubectl --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout 5s get node "$NODE_NAME" "$@"; }

registered() { [ -f /etc/kubernetes/kubelet.conf ] && unit_active kubelet && own_node >/dev/null; }

settings_hash() { cat "$STAGE"/*.yaml | sha256sum | cut -c1-64; }

mark_joined() { settings_hash >"$JOINED"; }

# What kubeadm was told at the join is not changed under a running node by this step, and must not look as if it were.
refuse_changed_settings() {
  [ -s "$JOINED" ] || return 0
  [ "$(cat "$JOINED")" = "$(settings_hash)" ] || die "$NODE_NAME runs with other settings than the configuration now asks for" \
    "(flags, kubelet, kube-proxy, taints or addresses): rolling them out to a running node is not done here. Set them back"
}

# A run that was cut off after the kubelet registered needs no second join; one cut off earlier starts afresh.
finish_or_clean_up() {
  if [ -f "$JOINED" ]; then
    refuse_changed_settings
    return 0
  fi
  [ -e /etc/kubernetes/kubelet.conf ] || [ -e /etc/kubernetes/bootstrap-kubelet.conf ] || [ -n "$(ls -A /etc/kubernetes/manifests 2>/dev/null)" ] || return 0
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

# One watch, not many questions: on a small host every kubectl that starts takes from what it waits for.
ensure_ready() {
  unit_active kubelet || quietly 60 "starting the kubelet" systemctl restart kubelet
  [ "$WAIT_READY" = yes ] || return 0
  timeout -k 5 250 kubectl --kubeconfig /etc/kubernetes/kubelet.conf wait --for=condition=Ready "node/$NODE_NAME" \
    --timeout=240s </dev/null >"$STAGE/.log" 2>&1 && return 0
  die "after 240 s still not so: node $NODE_NAME is Ready. It says:" \
    "$(own_node -o 'jsonpath={.status.conditions[?(@.type=="Ready")].message}' 2>&1 | cut -c1-300) ($(tail -n 1 "$STAGE/.log"))"
}
