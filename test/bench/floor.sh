#!/usr/bin/env bash
# The floor of the build benchmark: the same steps as one parallel shell script, without a check, a guard or a diff.
# Keys, certificates and configuration files are there beforehand.
# Usage: floor.sh FOLDER, with FOLDER/hosts (name ip kind), files/NAME/… (a tree for /), packages-KIND, images-KIND,
# etcd-url, etcd-version, network.json, kubectl, kubeconfig, ssh_key, known_hosts.
set -euo pipefail
cd "$1"

names() { awk -v kind="$1" '$3 ~ kind {print $1}' hosts; }
address() { awk -v name="$1" '$1 == name {print $2}' hosts; }
kind() { awk -v name="$1" '$1 == name {print $3}' hosts; }

on() {
  local host=$1
  shift
  ssh -i ssh_key -o UserKnownHostsFile=known_hosts -o StrictHostKeyChecking=yes -o BatchMode=yes -o ConnectTimeout=10 \
    "root@$(address "$host")" "$@"
}

# together FUNCTION HOST…: all at the same time; fails when one fails.
together() {
  local what=$1 host pids=()
  shift
  for host in "$@"; do
    "$what" "$host" >"log-$what-$host" 2>&1 &
    pids+=($!)
  done
  for host in "${pids[@]}"; do wait "$host"; done
}

prepare() {
  local host=$1 packages images
  packages=$(tr '\n' ' ' <"packages-$(kind "$host")")
  images=$(tr '\n' ' ' <"images-$(kind "$host")")
  tar -C "files/$host" -cz . | on "$host" tar -xz --no-same-owner -C /
  on "$host" bash -s <<STEPS
set -e
export DEBIAN_FRONTEND=noninteractive
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
apt-get update
apt-get install -y --no-install-recommends -o Dpkg::Options::=--force-confold -o Dpkg::Options::=--force-unsafe-io $packages
rm /usr/sbin/policy-rc.d
sysctl --system
systemctl enable kubelet
systemctl restart containerd
if [ "$(kind "$host")" = control-plane ]; then
  useradd --system --user-group --no-create-home etcd
  useradd --system --no-create-home keepalived_script
  mkdir -p /opt/etcd/$(cat etcd-version) && curl -fsS "$(cat etcd-url)" | tar -xz -C /opt/etcd/$(cat etcd-version) --strip-components=1
  install -d -m 700 -o etcd -g etcd /var/lib/etcd-kubernetes
  chown -R etcd:etcd /etc/etcd
  systemctl daemon-reload
  systemctl enable etcd
  systemctl start --no-block etcd
  systemctl enable haproxy keepalived
  systemctl restart haproxy keepalived
fi
for image in $images; do ctr -n k8s.io images pull --hosts-dir /etc/containerd/certs.d "\$image"; done
STEPS
}

init() { on "$1" kubeadm init --config /root/init.yaml; }
join() { on "$1" kubeadm join --config /root/join.yaml; }
api() { ./kubectl --kubeconfig kubeconfig --request-timeout 20s "$@"; }

step() {
  local start=$EPOCHREALTIME
  "$@"
  awk -v a="$start" -v b="$EPOCHREALTIME" -v what="$2" 'BEGIN {printf "floor %s %.1f\n", what, b - a}'
}

mapfile -t all < <(names .)
mapfile -t control_planes < <(names control-plane)
mapfile -t workers < <(names worker)
step together prepare "${all[@]}"
step together init "${control_planes[0]}"
step together join "${control_planes[@]:1}" "${workers[@]}" &
api apply -f network.json >/dev/null
wait $!
api wait --for=condition=Ready nodes --all --timeout=180s >/dev/null
api -n kube-flannel rollout status daemonset/flannel --timeout=180s >/dev/null
api -n kube-system scale deployment/coredns --replicas="${#control_planes[@]}" >/dev/null
api -n kube-system rollout status deployment/coredns --timeout=180s >/dev/null
