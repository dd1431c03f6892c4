#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Makes this host a worker. Input: NODE_NAME, KUBERNETES_VERSION, CLUSTER; files: join.yaml; secret files: the node's join kubeconfig.

stage_secrets
install_patch
finish_or_clean_up registered
install_secrets
if [ ! -f "$JOINED" ]; then
  outlive_predecessor
  note_kubelet_settings
  quietly 420 "kubeadm join" kubeadm join --config "$STAGE/join.yaml"
  mark_joined
fi
ensure_kubelet_runs
mark_node
