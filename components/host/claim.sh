#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Claims the host for one cluster before anything on it changes. Refuses hosts that cannot serve or belong elsewhere.
# Input: CLUSTER, NODE_NAME, NODE_IP; secret file: the cluster's CA certificate.

refuse_unsuitable_host() {
  [ -d /run/systemd/system ] || die "$NODE_NAME does not run systemd"
  command -v apt-get >/dev/null || die "$NODE_NAME has no apt-get: only Debian and its kin are supported"
  case $(uname -m) in
    x86_64 | aarch64) ;;
    *) die "$NODE_NAME has the architecture $(uname -m): only x86_64 and aarch64 are supported" ;;
  esac
  interface_of "$NODE_IP" >/dev/null
}

# A kubelet.conf from another cluster, or none of ours where one stands, means that somebody else lives here.
refuse_foreign_cluster() {
  local theirs
  if [ -f "$STATE/ca.crt" ]; then
    cmp -s "$STATE/ca.crt" "$STAGE/secret-0" || die "$NODE_NAME belongs to another cluster ($(cat "$STATE/cluster" 2>/dev/null)," \
      "CA sha256 $(sha256sum <"$STATE/ca.crt" | cut -c1-16)). Destroy that cluster, or take this host off the list"
    return 0
  fi
  for theirs in /etc/kubernetes/kubelet.conf /etc/kubernetes/admin.conf /etc/kubernetes/manifests/kube-apiserver.yaml; do
    [ ! -e "$theirs" ] || die "$NODE_NAME is a node of a cluster that this program did not build ($theirs exists)." \
      "Remove it there (kubeadm reset), or take this host off the list"
  done
}

stage_secrets
refuse_unsuitable_host
refuse_foreign_cluster
printf '%s\n' "$CLUSTER" >"$STAGE/cluster"
install_file cluster "$STATE/cluster" 0644
install_secrets
