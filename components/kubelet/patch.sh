#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# This host's own kubelet fields. kubeadm lays them over the cluster's whenever it writes the kubelet's configuration.
# File, of a host that has such fields: kubeletconfiguration+merge.yaml.

PATCHES=$STATE/patches
PATCH=kubeletconfiguration+merge.yaml

install_patch() {
  if [ -f "$STAGE/$PATCH" ]; then install_file "$PATCH" "$PATCHES/$PATCH" 0600; else rm -rf "$PATCHES"; fi
}

# with_own_settings CLUSTER: the mark of all settings that this kubelet runs with.
with_own_settings() { printf '%s\n%s\n' "$1" "$([ ! -f "$STAGE/$PATCH" ] || fingerprint "$STAGE/$PATCH")"; }
