#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Gives the host back: ends everything that was started here and removes what was put here. Safe to run again.
# Input: NODE_NAME, ETCD_DATA_DIR.

stop_units() {
  local unit
  for unit in keepalived haproxy kubelet etcd; do
    if systemctl cat "$unit" >/dev/null 2>&1; then
      quietly 90 "stopping $unit" systemctl disable --now "$unit"
    fi
  done
}

# Pods are not asked to end: kubeadm's reset would wait half a minute for the API server alone.
end_pods() {
  local task
  unit_active containerd || return 0
  for task in $(timeout 20 ctr -n k8s.io tasks ls -q 2>/dev/null); do
    timeout 10 ctr -n k8s.io tasks kill --all --signal SIGKILL "$task" >/dev/null 2>&1 || true
  done
}

# kubeadm's own reset would wipe an etcd that it does not own, so that phase is always left out.
reset_node() {
  if command -v kubeadm >/dev/null && [ -d /etc/kubernetes ]; then
    timeout -k 10 150 kubeadm reset --force --skip-phases=remove-etcd-member \
      --cri-socket=unix:///run/containerd/containerd.sock </dev/null >"$STAGE/reset.log" 2>&1 ||
      say "$NODE_NAME: kubeadm reset ended with an error; going on by hand: $(tail -n 2 "$STAGE/reset.log" | tr '\n' ' ')"
  fi
}

end_containers() {
  local pid
  if unit_active containerd; then quietly 60 "stopping containerd" systemctl stop containerd; fi
  # Shims outlive containerd on purpose (KillMode=process); each ends with the containers that it holds.
  for pid in $(pgrep -f '^/usr/bin/containerd-shim-runc-v2 -namespace k8s.io' || true); do
    pkill -KILL -P "$pid" || true
    kill -KILL "$pid" 2>/dev/null || true
  done
  pkill -KILL -f '^/pause$' || true
}

unmount_below() {
  local path
  while read -r path; do
    umount -l "$path" 2>/dev/null || say "$NODE_NAME: $path is still mounted"
  done < <(awk -v top="$1/" 'index($2, top) == 1 {print $2}' /proc/self/mounts | sort -r)
}

remove_network() {
  local link table
  for link in cni0 flannel.1 kube-ipvs0; do
    if ip link show "$link" >/dev/null 2>&1; then ip link delete "$link" || true; fi
  done
  for link in $(ip -o link show type veth 2>/dev/null | awk -F'[ @:]+' '/veth[0-9a-f]{8}/ {print $2}'); do
    ip link delete "$link" 2>/dev/null || true
  done
  if command -v nft >/dev/null; then
    nft list tables 2>/dev/null | awk '$3 ~ /^(kube-proxy|flannel)/ {print $2, $3}' | while read -r family table; do
      nft delete table "$family" "$table" || true
    done
  fi
  if command -v iptables-save >/dev/null; then
    local tool
    for tool in iptables ip6tables; do
      "$tool-save" 2>/dev/null | grep -vE 'KUBE-|FLANNEL|cni|CNI' | "$tool-restore" 2>/dev/null || true
    done
  fi
}

# installed FILE: the packages listed there that are still installed.
installed() {
  local name
  [ -f "$1" ] || return 0
  sort -u "$1" | while read -r name; do
    if dpkg-query -W -f '${Status}\n' "$name" 2>/dev/null | grep -q ' installed$'; then printf '%s\n' "$name"; fi
  done
}

remove_packages() {
  local names=()
  mapfile -t names <<<"$(installed "$STATE/holds")"
  [ -z "${names[0]}" ] || quietly 30 "releasing packages" apt-mark unhold "${names[@]}"
  mapfile -t names <<<"$(installed "$STATE/packages")"
  [ -z "${names[0]}" ] || quietly 300 "removing packages" apt-get purge -y -o DPkg::Lock::Timeout=120 "${names[@]}"
}

remove_files() {
  local path
  for path in /var/lib/kubelet /var/lib/containerd "$ETCD_DATA_DIR" /var/lib/cni /run/flannel; do
    unmount_below "$path"
    # The folder itself may be a mount of the host's own: only what is in it goes.
    if [ -d "$path" ]; then find "$path" -mindepth 1 -xdev -delete 2>/dev/null || say "$NODE_NAME: could not empty $path"; fi
    mountpoint -q "$path" || rm -rf "$path"
  done
  rm -rf /etc/kubernetes /etc/etcd /etc/systemd/system/etcd.service /opt/etcd /etc/cni/net.d /etc/containerd \
    /etc/haproxy /etc/keepalived /etc/systemd/system/haproxy.service.d /etc/systemd/system/keepalived.service.d \
    /etc/sysctl.d/90-kubeadm-ha.conf /etc/modules-load.d/kubeadm-ha.conf /opt/cni/bin/flannel \
    /etc/apt/sources.list.d/kubeadm-ha-*.sources /etc/apt/keyrings/kubeadm-ha-*.asc \
    /usr/local/bin/etcdctl /usr/local/bin/etcdutl /var/log/pods /var/log/containers
  if [ -f /etc/fstab ] && grep -q '^#kubeadm-ha# ' /etc/fstab; then sed -i 's/^#kubeadm-ha# //' /etc/fstab; fi
  if ! command -v containerd >/dev/null; then rm -rf /opt/containerd; fi
  for path in /opt/cni/bin /opt/cni /etc/cni; do
    [ ! -d "$path" ] || rmdir --ignore-fail-on-non-empty "$path"
  done
  for path in etcd keepalived_script; do
    if grep -qx "$path" "$STATE/users" 2>/dev/null && id -u "$path" >/dev/null 2>&1; then userdel "$path"; fi
  done
  systemctl daemon-reload
  systemctl reset-failed || true
}

stop_units
end_pods
reset_node
end_containers
unmount_below /run/containerd
remove_network
remove_packages
remove_files
rm -rf "$STATE"
say "$NODE_NAME: given back"
