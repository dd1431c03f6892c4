#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Makes a host ready for its role: kernel, swap, package sources, pinned and held packages, containerd.
# On a running node it stages: packages are fetched and verified, the configuration of containerd is judged.
# Input: NODE_NAME, NODE_IP, KUBERNETES_VERSION, CONTAINERD_VERSION, PACKAGES (name=version-pattern …), RELEASED (those
# that a running node gets by its release), HOLDS, SERVICES (yes where containerd and the kubelet run), SWAP (keep|off),
# APT_SOURCES, APT_KEYS (name=url …);
# files: modules, sysctl, <source>.sources, config.toml, certs.d/* as "registry--<host>".

# What the kubelet and kube-proxy set by themselves, beside what is set here.
OTHERS_SYSCTLS=(vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops kernel.keys.root_maxkeys
  kernel.keys.root_maxbytes net.ipv4.conf.all.route_localnet net.netfilter.nf_conntrack_max
  net.netfilter.nf_conntrack_tcp_timeout_established net.netfilter.nf_conntrack_tcp_timeout_close_wait)

# The host's own values, for when it is given back (reset.sh). Only once: later ones may be ours.
remember_sysctls() {
  local key
  [ ! -f "$STATE/sysctls" ] || return 0
  for key in $(sed -n 's/^\([^# ]*\) = .*/\1/p' "$STAGE/sysctl") "${OTHERS_SYSCTLS[@]}"; do
    sysctl -e "$key" 2>/dev/null | sed 's/ = /=/' || true
  done >"$STAGE/.sysctls"
  install -D -m 0644 "$STAGE/.sysctls" "$STATE/sysctls"
}

ensure_kernel() {
  local module key value
  install_file modules /etc/modules-load.d/kubeadm-ha.conf 0644
  install_file sysctl /etc/sysctl.d/90-kubeadm-ha.conf 0644
  while read -r module; do
    [ -d "/sys/module/$module" ] || modprobe "$module" 2>/dev/null || true
  done <"$STAGE/modules"
  [ "$SERVICES" != yes ] || [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ] ||
    die "$NODE_NAME: the kernel has no br_netfilter (modprobe br_netfilter failed)"
  while IFS='= ' read -r key value; do
    [ "$(sysctl -n "$key" 2>/dev/null)" = "$value" ] || sysctl -q -w "$key=$value" || true
    [ "$(sysctl -n "$key" 2>/dev/null)" = "$value" ] || die "$NODE_NAME: could not set sysctl $key=$value"
  done < <(grep -v '^#' "$STAGE/sysctl")
}

ensure_no_swap() {
  [ "$SWAP" = off ] || return 0
  [ "$(wc -l </proc/swaps)" -gt 1 ] || return 0
  swapoff -a || die "$NODE_NAME: swapoff -a failed; the kubelet does not start with swap on"
  if [ -f /etc/fstab ]; then sed -i -E 's/^([^#].*[[:space:]]swap[[:space:]].*)$/#kubeadm-ha# \1/' /etc/fstab; fi
  say "$NODE_NAME: swap is off, its lines in /etc/fstab are commented out"
}

ensure_sources() {
  local entry name codename
  # shellcheck source=/dev/null
  codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
  for entry in "${APT_KEYS[@]}"; do
    name=${entry%%=*}
    [ -s "/etc/apt/keyrings/kubeadm-ha-$name.asc" ] && continue
    install -d -m 0755 /etc/apt/keyrings
    quietly 60 "fetching the key of apt source $name" curl -fsSL --retry 3 --max-time 50 -o "$STAGE/$name.asc" "${entry#*=}"
    install_file "$name.asc" "/etc/apt/keyrings/kubeadm-ha-$name.asc" 0644
  done
  for name in "${APT_SOURCES[@]}"; do
    sed -i "s/\\\$codename/$codename/" "$STAGE/$name.sources"
    install_file "$name.sources" "/etc/apt/sources.list.d/kubeadm-ha-$name.sources" 0644
  done
}

ensure_registries() {
  local file registry
  # containerd reads these at every pull.
  for file in "$STAGE"/registry--*; do
    [ -e "$file" ] || continue
    registry=${file##*/registry--}
    install_file "registry--$registry" "/etc/containerd/certs.d/$registry/hosts.toml" 0644
  done
}

# Proof from the programs themselves, not from the package list.
read_back() {
  [ "$(kubeadm version -o short)" = "$KUBERNETES_VERSION" ] || die "$NODE_NAME: kubeadm says $(kubeadm version -o short), wanted $KUBERNETES_VERSION"
  [ "$(kubelet --version)" = "Kubernetes $KUBERNETES_VERSION" ] || die "$NODE_NAME: the kubelet says $(kubelet --version), wanted $KUBERNETES_VERSION"
  containerd --version | grep -qE " v?${CONTAINERD_VERSION//./\\.}( |$)" || die "$NODE_NAME: $(containerd --version), wanted $CONTAINERD_VERSION"
}

ensure_no_swap
ensure_sources
if [ -f /etc/kubernetes/kubelet.conf ]; then
  ensure_kernel
  # Under running pods nothing is replaced here: what the releases of this node will install is fetched and judged.
  stage_packages "${RELEASED[@]}"
  ensure_packages "${PACKAGES[@]}"
  ensure_registries
  containerd_config
else
  ensure_packages "${PACKAGES[@]}" "${RELEASED[@]}"
  remember_sysctls
  ensure_kernel
  ensure_holds "${HOLDS[@]}"
  if [ "$SERVICES" = yes ]; then
    ensure_registries
    ensure_containerd
    quietly 30 "enabling the kubelet" systemctl enable kubelet
    read_back
  fi
fi
