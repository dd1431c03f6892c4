#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Makes this host a control plane. Bootstrapping is an event, not a role: it happens when no cluster answers and this
# host may do it; otherwise the host joins.
# Input: NODE_NAME, NODE_IP, VIP_URL, BIND_PORT, BOOTSTRAP (yes|no), WAIT_READY; files: init.yaml, join.yaml;
# secret files: PKI, kubeconfigs, the node's join kubeconfig.

admin() { kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout 10s "$@" </dev/null; }

cluster_answers() {
  [ "$(curl -fsS --max-time 3 --cacert /etc/kubernetes/pki/ca.crt "$VIP_URL/readyz" 2>/dev/null)" = ok ]
}

own_api_ready() {
  [ "$(curl -fsS --max-time 3 --cacert /etc/kubernetes/pki/ca.crt "https://$NODE_IP:$BIND_PORT/readyz" 2>/dev/null)" = ok ]
}

# The last thing that kubeadm does: labels on a control plane, and before that the cluster's own add-ons.
kubeadm_finished() {
  own_api_ready && registered || return 1
  admin get node "$NODE_NAME" -o 'jsonpath={.metadata.labels}' | grep -q node-role.kubernetes.io/control-plane &&
    admin -n kube-system get daemonset/kube-proxy deployment/coredns >/dev/null
}

bootstrap() {
  say "$NODE_NAME: no cluster answers at $VIP_URL: bootstrapping one"
  quietly 420 "kubeadm init" kubeadm init --config "$STAGE/init.yaml"
}

# Nothing joins by token, and nobody needs the account that is above RBAC once admin.conf is bound.
tidy_up_after_init() {
  [ -f /etc/kubernetes/super-admin.conf ] || return 0
  quietly 30 "deleting kubeadm's join token" kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout 10s \
    -n kube-system delete secret --field-selector type=bootstrap.kubernetes.io/token
  rm -f /etc/kubernetes/super-admin.conf
}

join() {
  quietly 420 "kubeadm join" kubeadm join --config "$STAGE/join.yaml"
}

become_control_plane() {
  [ ! -f "$JOINED" ] || return 0
  if cluster_answers; then
    join
  elif [ "$BOOTSTRAP" = yes ]; then
    bootstrap
  else
    wait_until 120 "the API answers at $VIP_URL, so that $NODE_NAME can join" cluster_answers
    join
  fi
  mark_joined
}

stage_secrets
finish_or_clean_up kubeadm_finished
install_secrets
become_control_plane
wait_until 240 "the API server of $NODE_NAME is ready at https://$NODE_IP:$BIND_PORT/readyz" own_api_ready
tidy_up_after_init
ensure_ready
