#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# kubeadm's documents of the whole cluster, and the marks that say which of them the cluster's ConfigMaps hold.
# Files: init.yaml (this node's part), cluster.yaml, kubelet.yaml, kube-proxy.yaml.

cluster_sum() { fingerprint "$STAGE/cluster.yaml" "$STAGE/kubelet.yaml" "$STAGE/kube-proxy.yaml"; }

kubelet_sum() { fingerprint "$STAGE/kubelet.yaml"; }

# Makes whole.yaml, the file that kubeadm takes.
join_documents() {
  local part
  cp "$STAGE/init.yaml" "$STAGE/whole.yaml"
  for part in cluster kubelet kube-proxy; do
    printf -- '---\n' >>"$STAGE/whole.yaml"
    cat "$STAGE/$part.yaml" >>"$STAGE/whole.yaml"
  done
}

mark_of() { admin -n kube-system get configmap "$1" -o 'jsonpath={.metadata.annotations.kubeadm-ha/settings}'; }

mark() {
  quietly 30 "marking $1" kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout 10s \
    -n kube-system annotate --overwrite configmap "$1" "kubeadm-ha/settings=$2"
}

# kubeadm-config last: it stands for the whole.
mark_published() {
  mark kubelet-config "$(kubelet_sum)"
  mark kubeadm-config "$(cluster_sum)"
}

published() { [ "$(mark_of kubeadm-config)" = "$(cluster_sum)" ] && [ "$(mark_of kubelet-config)" = "$(kubelet_sum)" ]; }
