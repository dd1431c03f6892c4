#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Gives the host back: ends everything that was started here and removes what was put here. Safe to run again, and goes
# on where something is broken. A host of another cluster, or of nobody, is left alone.
# Input: NODE_NAME, ETCD_DATA_DIR; secret file: the cluster's CA certificate, as the claim put it here.

refuse_foreign_host() {
  if [ ! -e "$STATE" ]; then
    say "$NODE_NAME: nothing of this cluster is here"
    exit 0
  fi
  if [ -f "$STATE/ca.crt" ] && ! cmp -s "$STATE/ca.crt" "$STAGE/secret-0"; then
    say "$NODE_NAME: belongs to another cluster ($(cat "$STATE/cluster" 2>/dev/null)) by now and is left alone"
    exit 0
  fi
}

# A run that was cut off may go on here without anybody who waits for it. apt and dpkg come to their end, all else ends.
end_other_runs() {
  local descriptor holders pid tries
  for tries in 1 2 3 4 5 6; do
    holders=()
    for descriptor in /proc/[0-9]*/fd/9; do
      case $(readlink "$descriptor" 2>/dev/null) in
        "/run/kubeadm-ha/$CONCERN.lock") ;;
        /run/kubeadm-ha/*.lock) pid=${descriptor#/proc/} && holders+=("${pid%%/*}") ;;
      esac
    done
    [ ${#holders[@]} -gt 0 ] || return 0
    for pid in "${holders[@]}"; do
      case $(cat "/proc/$pid/comm" 2>/dev/null) in
        apt-get | dpkg | dpkg-*) ;;
        *) if [ "$tries" -lt 4 ]; then kill "$pid" 2>/dev/null || true; else kill -KILL "$pid" 2>/dev/null || true; fi ;;
      esac
    done
    sleep 2
  done
}

# stop UNIT SIGNAL: the signal is for what does not stop when it is asked to.
stop() {
  systemctl cat "$1" >/dev/null 2>&1 || return 0
  try quietly 60 "stopping $1" systemctl disable --now "$1" && return 0
  systemctl kill -s "$2" "$1" 2>/dev/null || true
  timeout 30 systemctl stop "$1" 2>/dev/null || say "$NODE_NAME: $1 does not stop"
}

stop_units() {
  local unit
  # Gives the virtual IP up first, while its neighbours still listen.
  for unit in keepalived haproxy kubelet etcd; do stop "$unit" KILL; done
}

# A keepalived that was killed leaves the virtual IP where it was.
remove_virtual_ip() {
  local address link
  [ -f /etc/keepalived/keepalived.conf ] || return 0
  while read -r address; do
    link=$(ip -o addr show to "${address%/*}" 2>/dev/null | awk '{print $2; exit}')
    [ -z "$link" ] || ip addr del "$address" dev "$link" || true
  done < <(awk '$1 == "virtual_ipaddress" {inside = 1; next} $1 == "}" {inside = 0} inside {print $1}' /etc/keepalived/keepalived.conf)
}

# Pods are not asked to end: kubeadm's reset would wait half a minute for the API server alone.
end_pods() {
  local task
  unit_active containerd || return 0
  for task in $(timeout 20 ctr -n k8s.io tasks ls -q 2>/dev/null); do
    timeout 10 ctr -n k8s.io tasks kill --all --signal SIGKILL "$task" >/dev/null 2>&1 || true
  done
}

# kubeadm's own reset would wipe an etcd that it does not own, so that phase is always left out. It asks containerd for
# every pod; without an answer there are only its minutes to lose.
reset_node() {
  command -v kubeadm >/dev/null && [ -d /etc/kubernetes ] || return 0
  timeout 10 ctr version >/dev/null 2>&1 || return 0
  timeout -k 10 150 kubeadm reset --force --skip-phases=remove-etcd-member \
    --cri-socket=unix:///run/containerd/containerd.sock </dev/null >"$STAGE/reset.log" 2>&1 ||
    say "$NODE_NAME: kubeadm reset ended with an error; going on by hand: $(tail -n 2 "$STAGE/reset.log" | tr '\n' ' ')"
}

end_containers() {
  local pid
  stop containerd KILL
  # Shims outlive containerd on purpose (KillMode=process); each ends with the containers that it holds.
  for pid in $(pgrep -f '^/usr/bin/containerd-shim-runc-v2 -namespace k8s.io' || true); do
    pkill -KILL -P "$pid" || true
    kill -KILL "$pid" 2>/dev/null || true
  done
  pkill -KILL -f '^/pause$' || true
  end_cgroups
}

our_cgroups() {
  find /sys/fs/cgroup -depth -type d \( -path '*/kubepods' -o -path '*/kubepods/*' -o -path '*/kubepods.slice*' \) 2>/dev/null || true
}

# Whatever still runs in a pod ends, also where containerd cannot be asked. Kubelets leave the groups themselves: with the
# driver cgroupfs empty folders, with systemd a slice.
end_cgroups() {
  local folder left
  systemctl stop kubepods.slice 2>/dev/null || true
  for _ in 1 2 3 4 5; do
    left=no
    while IFS= read -r folder; do
      xargs -r kill -KILL 2>/dev/null <"$folder/cgroup.procs" || true
      rmdir "$folder" 2>/dev/null || left=yes
    done < <(our_cgroups)
    [ "$left" = yes ] || return 0
    sleep 1
  done
  say "$NODE_NAME: control groups of pods are left: $(our_cgroups | tail -n 1)"
}

unmount_below() {
  local path
  while read -r path; do
    umount -l "$path" 2>/dev/null || say "$NODE_NAME: $path is still mounted"
  done < <(awk -v top="$1/" 'index($2, top) == 1 {print $2}' /proc/self/mounts | sort -r)
}

remove_network() {
  local link network
  # Routes to the pods of other nodes go with flannel's interface, or stand for themselves (its back end host-gw).
  network=$(sed -n 's/^FLANNEL_NETWORK=//p' /run/flannel/subnet.env 2>/dev/null || true)
  [ -z "$network" ] || ip route flush root "$network" 2>/dev/null || true
  for link in cni0 flannel.1 flannel-wg flannel-v6.1 kube-ipvs0 kube-bridge nodelocaldns; do
    if ip link show "$link" >/dev/null 2>&1; then ip link delete "$link" || true; fi
  done
  for link in $(ip -o link show type veth 2>/dev/null | awk -F'[ @:]+' '/veth[0-9a-f]{8}/ {print $2}'); do
    ip link delete "$link" 2>/dev/null || true
  done
  for link in /run/netns/cni-*; do
    [ -e "$link" ] || continue
    umount -l "$link" 2>/dev/null || true
    rm -f "$link"
  done
  remove_ipvs
  remove_rules
}

# kube-proxy in the mode ipvs; without its tools the kernel's modules are the only way.
remove_ipvs() {
  [ "$(wc -l 2>/dev/null </proc/net/ip_vs || echo 0)" -gt 3 ] || return 0
  if command -v ipvsadm >/dev/null; then
    ipvsadm -C || true
  else
    modprobe -r ip_vs_sh ip_vs_wrr ip_vs_rr ip_vs 2>/dev/null || say "$NODE_NAME: IPVS services stay until the next boot: install ipvsadm and run ipvsadm -C"
  fi
}

# Our chains go, from both back ends of iptables, and then tables that are nothing any more: no rule, no policy but accept.
remove_rules() {
  local tool table family
  for tool in iptables-nft ip6tables-nft iptables-legacy ip6tables-legacy; do
    command -v "$tool-save" >/dev/null || continue
    "$tool-save" 2>/dev/null | grep -qE 'KUBE-|FLANNEL|CNI' || continue
    "$tool-save" 2>/dev/null | grep -vE 'KUBE-|FLANNEL|cni|CNI' | "$tool-restore" 2>/dev/null || say "$NODE_NAME: $tool: its rules could not be removed"
  done
  command -v nft >/dev/null || return 0
  nft list tables 2>/dev/null | while read -r _ family table; do
    case "$family $table" in
      *" kube-proxy" | *" flannel"*) nft delete table "$family" "$table" || true ;;
      "ip filter" | "ip nat" | "ip mangle" | "ip raw" | "ip6 filter" | "ip6 nat" | "ip6 mangle" | "ip6 raw")
        if ! nft list table "$family" "$table" 2>/dev/null |
          grep -qvE '^(table |[[:space:]]*(chain .* \{|type .* policy accept;|\}|#.*)?$)'; then
          nft delete table "$family" "$table" || true
        fi
        ;;
    esac
  done
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
  local names=() name
  # A host that lost power, or a run that ended, while dpkg worked.
  if [ -n "$(dpkg --audit 2>/dev/null)" ] || [ -n "$(ls -A /var/lib/dpkg/updates 2>/dev/null)" ]; then
    try quietly 300 "finishing an interrupted installation" dpkg --force-confold --configure -a || true
  fi
  mapfile -t names <<<"$(installed "$STATE/holds")"
  [ -z "${names[0]}" ] || quietly 30 "releasing packages" apt-mark unhold "${names[@]}"
  mapfile -t names <<<"$(installed "$STATE/packages")"
  [ -z "${names[0]}" ] || quietly 400 "removing packages" apt-get purge -y -o DPkg::Lock::Timeout=120 "${names[@]}"
  # What was fetched of them, and what their sources offered.
  while read -r name; do
    rm -f /var/cache/apt/archives/"$name"_*.deb
  done < <(sort -u "$STATE/packages" "$STATE/holds" 2>/dev/null)
  remove_source_lists
}

remove_source_lists() {
  local file key
  # apt fills these in, not the shell.
  # shellcheck disable=SC2016
  while read -r file key; do
    rm -f "$file"* "${file%"${key//\//_}"*}"{InRelease,Release,Release.gpg}
  done < <(apt-get indextargets --format '$(SOURCESENTRY) $(FILENAME) $(METAKEY)' 2>/dev/null | sed -n 's/^[^ ]*kubeadm-ha-[^ ]* //p')
}

remove_files() {
  local path
  for path in /var/lib/kubelet /var/lib/containerd "$ETCD_DATA_DIR" /var/lib/cni /run/flannel /run/containerd; do
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
  if grep -qs kubeadm-ha /usr/sbin/policy-rc.d; then rm -f /usr/sbin/policy-rc.d; fi
  if grep -qs '^#kubeadm-ha# ' /etc/fstab; then
    sed -i 's/^#kubeadm-ha# //' /etc/fstab
    swapon -a || say "$NODE_NAME: swapon -a failed"
  fi
  remove_leftovers
}

# What packages and programs leave when they are removed.
remove_leftovers() {
  local path
  if ! command -v containerd >/dev/null; then
    rm -rf /opt/containerd /run/nri
    find /var/lib/systemd/deb-systemd-helper-enabled -name 'containerd.service*' -delete 2>/dev/null || true
  fi
  if ! command -v haproxy >/dev/null; then rm -rf /var/lib/haproxy /run/haproxy /run/haproxy.pid /run/haproxy-master.sock; fi
  if ! command -v keepalived >/dev/null; then rm -f /etc/iproute2/rt_addrprotos.d/keepalived.conf /run/keepalived.pid /run/vrrp.pid; fi
  for path in /opt/cni/bin /opt/cni /etc/cni /etc/iproute2/rt_addrprotos.d /etc/iproute2; do
    [ ! -d "$path" ] || rmdir --ignore-fail-on-non-empty "$path"
  done
}

remove_users() {
  local name
  for name in etcd keepalived_script; do
    if grep -qxs "$name" "$STATE/users" && id -u "$name" >/dev/null 2>&1; then
      pkill -KILL -u "$name" || true
      userdel "$name" || say "$NODE_NAME: the user $name could not be removed"
    fi
  done
}

# The kernel's settings as they were before the host was prepared (prepare.sh).
restore_sysctls() {
  local key value
  [ -f "$STATE/sysctls" ] || return 0
  while IFS='=' read -r key value; do
    [ "$(sysctl -n "$key" 2>/dev/null | tr '\t' ' ')" = "$value" ] || sysctl -q -w "$key=$value" 2>/dev/null || true
  done <"$STATE/sysctls"
}

forget_runs() { rm -rf /run/kubeadm-ha; }

stage_secrets
refuse_foreign_host
end_other_runs
stop_units
remove_virtual_ip
end_pods
reset_node
end_containers
unmount_below /run/containerd
remove_network
remove_packages
remove_files
remove_users
restore_sysctls
systemctl daemon-reload
systemctl reset-failed || true
rm -rf "$STATE"
at_exit forget_runs
say "$NODE_NAME: given back"
