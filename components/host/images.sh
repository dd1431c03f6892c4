#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Brings the images of the host's role and pins them: the kubelet's garbage collection deletes unpinned, unused images.
# Input: NODE_NAME, IMAGES.

have() { ctr -n k8s.io images ls -q "name==$1" | grep -qx "$1"; }

pull() {
  local image=$1
  if ! have "$image"; then
    quietly 600 "pulling $image" ctr -n k8s.io images pull --hosts-dir /etc/containerd/certs.d --snapshotter overlayfs "$image"
  fi
  ctr -n k8s.io images label "$image" io.cri-containerd.pinned=pinned >/dev/null
}

for image in "${IMAGES[@]}"; do
  pull "$image"
done
for image in "${IMAGES[@]}"; do
  ctr -n k8s.io images ls "name==$image" | grep -q io.cri-containerd.pinned=pinned || die "$NODE_NAME: $image is not there or not pinned"
done
