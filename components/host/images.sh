#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Brings the images of the host's role and pins them: the kubelet's garbage collection deletes unpinned, unused images.
# Input: NODE_NAME, IMAGES.

# ctr warns of what it will not support one day at every call: only an error is worth reading.
ctr() { command ctr "$@" 2>"$STAGE/.ctr" || { cat "$STAGE/.ctr" >&2 && return 1; }; }

have() { ctr -n k8s.io images ls -q "name==$1" | grep -x "$1" >/dev/null; }

pull() {
  local image=$1
  if ! have "$image"; then
    quietly 600 "pulling $image" ctr -n k8s.io images pull --hosts-dir /etc/containerd/certs.d --snapshotter overlayfs "$image"
  fi
  ctr -n k8s.io images label "$image" io.cri-containerd.pinned=pinned kubeadm-ha=wanted >/dev/null
}

# What an earlier release needed and neither runs nor is wanted any more is left to the kubelet's collection.
unpin_old() {
  local image needed
  needed=$(printf '%s\n' "${IMAGES[@]}" && ctr -n k8s.io containers ls | awk 'NR > 1 {print $2}')
  for image in $(ctr -n k8s.io images ls -q 'labels."kubeadm-ha"==wanted'); do
    grep -qxF "$image" <<<"$needed" && continue
    ctr -n k8s.io images label "$image" io.cri-containerd.pinned= kubeadm-ha= >/dev/null
  done
}

unit_active containerd || quietly 60 "starting containerd" systemctl start containerd
for image in "${IMAGES[@]}"; do
  pull "$image"
done
unpin_old
for image in "${IMAGES[@]}"; do
  ctr -n k8s.io images ls "name==$image" | grep io.cri-containerd.pinned=pinned >/dev/null || die "$NODE_NAME: $image is not there or not pinned"
done
