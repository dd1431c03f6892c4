#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Makes this host a control plane. Bootstrapping is an event, not a role: it happens when no cluster answers and this
# host may do it; otherwise the host joins.
# Input: NODE_NAME, KUBERNETES_VERSION, CLUSTER, BOOTSTRAP (yes|no) and the inputs of the gates; files: join.yaml, kubeadm.yaml (of
# the static pods) and those of the documents; secret files: PKI, kubeconfigs, the node's join kubeconfig.

# The last thing that kubeadm does: labels on a control plane, and before that the cluster's own add-ons.
kubeadm_finished() {
  own_api_is_ready && registered || return 1
  admin get node "$NODE_NAME" -o 'jsonpath={.metadata.labels}' | grep -q node-role.kubernetes.io/control-plane &&
    admin -n kube-system get daemonset/kube-proxy deployment/coredns >/dev/null
}

# From this host's own documents: the cluster's, which a join would take, know nothing of what differs from host to host.
render_static_pods() {
  quietly 90 "kubeadm's rendering of the manifests" kubeadm init phase control-plane all --config "$STAGE/kubeadm.yaml"
}

bootstrap() {
  say "$NODE_NAME: no cluster answers at $ENDPOINT_URL: bootstrapping one"
  join_documents
  quietly 240 "kubeadm init's checks" kubeadm init phase preflight --config "$STAGE/whole.yaml"
  render_static_pods
  quietly 420 "kubeadm init" kubeadm init --skip-phases preflight,control-plane --config "$STAGE/whole.yaml"
  with_own_settings "$(kubelet_sum)" >"$STATE/kubelet-settings"
}

# Nothing joins by token, and nobody needs the account that is above RBAC once admin.conf is bound.
tidy_up_after_init() {
  [ -f /etc/kubernetes/super-admin.conf ] || return 0
  mark_published
  quietly 30 "deleting kubeadm's join token" kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout 10s \
    -n kube-system delete secret --field-selector type=bootstrap.kubernetes.io/token
  rm -f /etc/kubernetes/super-admin.conf
}

join() {
  outlive_predecessor
  note_kubelet_settings
  quietly 240 "kubeadm join's checks" kubeadm join phase preflight --config "$STAGE/join.yaml"
  render_static_pods
  quietly 420 "kubeadm join" kubeadm join --skip-phases preflight,control-plane-prepare/control-plane --config "$STAGE/join.yaml"
}

become_control_plane() {
  [ ! -f "$JOINED" ] || return 0
  if is_ready "$ENDPOINT_URL"; then
    join
  elif [ "$BOOTSTRAP" = yes ]; then
    bootstrap
  else
    wait_until 120 "the API answers at $ENDPOINT_URL, so that $NODE_NAME can join" is_ready "$ENDPOINT_URL"
    join
  fi
  mark_joined
}

stage_secrets
install_patch
finish_or_clean_up kubeadm_finished
install_secrets
become_control_plane
wait_until 240 "the API server of $NODE_NAME is ready at https://$NODE_IP:$BIND_PORT/readyz" own_api_is_ready
tidy_up_after_init
ensure_kubelet_runs
mark_node
