#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Makes this host a worker. Input: NODE_NAME, KUBERNETES_VERSION; files: join.yaml; secret files: the node's join kubeconfig.

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
wait_until 60 "the kubelet of $NODE_NAME has registered its node" registered
ensure_kubelet_runs
