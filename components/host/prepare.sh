#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Makes a host ready for its role: kernel, swap, package sources, pinned and held packages, containerd.
# Input: NODE_NAME, NODE_IP, KUBERNETES_VERSION, CONTAINERD_VERSION, PACKAGES (name=version-pattern …), HOLDS, SERVICES
# (yes where containerd and the kubelet run), SWAP (keep|off), APT_SOURCES, APT_KEYS (name=url …);
# files: modules, sysctl, <source>.sources, config.toml, certs.d/* as "registry--<host>".

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

# installed_version PACKAGE: nothing when it is not installed.
installed_version() {
  { dpkg-query -W -f '${Status} ${Version}\n' "$1" 2>/dev/null || true; } | awk '$3 == "installed" {print $4}'
}

# Sets MISSING to the packages, as apt arguments, whose installed version is not the wanted one.
find_missing() {
  local entry name wanted have
  MISSING=()
  for entry in "${PACKAGES[@]}"; do
    name=${entry%%=*} wanted=${entry#*=}
    have=$(installed_version "$name")
    # The pattern is a glob on purpose.
    # shellcheck disable=SC2053
    if [ -z "$have" ] || { [ "$wanted" != '*' ] && [[ $have != $wanted ]]; }; then
      if [ "$wanted" = '*' ]; then MISSING+=("$name"); else MISSING+=("$name=$wanted"); fi
    fi
  done
}

# A node's kubelet or containerd is never replaced under running pods by this step.
refuse_change_under_a_running_node() {
  local entry name have
  [ -f /etc/kubernetes/kubelet.conf ] || return 0
  for entry in "$@"; do
    name=${entry%%=*}
    have=$(installed_version "$name")
    [ -z "$have" ] || die "$NODE_NAME is a running node with $name $have, and the configuration asks for ${entry#*=}:" \
      "a version change of a running node is not done here. Set the version back to what runs"
  done
}

ensure_packages() {
  find_missing
  if [ ${#MISSING[@]} -gt 0 ]; then
    refuse_change_under_a_running_node "${MISSING[@]}"
    quietly 180 "apt-get update" apt-get update -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 -o APT::Update::Error-Mode=any
    record_new_packages "${MISSING[@]}"
    hold_back_services
    quietly 420 "installing ${MISSING[*]}" apt-get install -y --no-install-recommends --allow-change-held-packages \
      -o DPkg::Lock::Timeout=120 -o Dpkg::Options::=--force-confold -o Dpkg::Options::=--force-unsafe-io \
      -o Acquire::Retries=3 "${MISSING[@]}"
    rm -f "$STAGE/no-start"
    find_missing
    [ ${#MISSING[@]} -eq 0 ] || die "$NODE_NAME: installed, but still not as wanted: ${MISSING[*]}"
  fi
  ensure_holds
}

# What apt would bring, dependencies included, is what a later removal may take away. Written down before it happens.
record_new_packages() {
  quietly 120 "asking apt about ${*}" apt-get install -s --no-install-recommends --allow-change-held-packages "$@"
  install -d -m 0755 "$STATE"
  awk '$1 == "Inst" && $3 !~ /^\[/ {print $2}' "$STAGE/.log" >>"$STATE/packages"
}

# Packages at a version of ours, or with a configuration of ours, move only when the configuration says so.
ensure_holds() {
  local name held
  held=$(apt-mark showhold)
  for name in "${HOLDS[@]}"; do
    grep -qx "$name" <<<"$held" && continue
    quietly 30 "holding $name" apt-mark hold "$name"
    printf '%s\n' "$name" >>"$STATE/holds"
  done
}

# Debian starts services as it installs them, with configurations that are not ours yet.
hold_back_services() {
  [ ! -e /usr/sbin/policy-rc.d ] || return 0
  touch "$STAGE/no-start"
  printf '#!/bin/sh\n[ ! -e %s/no-start ] || exit 101\n' "$STAGE" >/usr/sbin/policy-rc.d
  chmod 0755 /usr/sbin/policy-rc.d
  trap 'rm -f /usr/sbin/policy-rc.d; rm -rf "$STAGE"' EXIT
}

ensure_containerd() {
  local file registry
  [ "$SERVICES" = yes ] || return 0
  install_file config.toml /etc/containerd/config.toml 0644
  for file in "$STAGE"/registry--*; do
    [ -e "$file" ] || continue
    registry=${file##*/registry--}
    install_file "registry--$registry" "/etc/containerd/certs.d/$registry/hosts.toml" 0644
  done
  if changed /etc/containerd/config.toml || ! unit_active containerd; then
    quietly 20 "checking containerd's configuration" containerd --config /etc/containerd/config.toml config dump
    quietly 60 "enabling containerd" systemctl enable containerd
    quietly 90 "starting containerd" systemctl restart containerd
  fi
  wait_until 30 "containerd on $NODE_NAME answers" ctr --connect-timeout 2s version
}

# Proof from the programs themselves, not from the package list.
read_back() {
  [ "$SERVICES" = yes ] || return 0
  [ "$(kubeadm version -o short)" = "$KUBERNETES_VERSION" ] || die "$NODE_NAME: kubeadm says $(kubeadm version -o short), wanted $KUBERNETES_VERSION"
  [ "$(kubelet --version)" = "Kubernetes $KUBERNETES_VERSION" ] || die "$NODE_NAME: the kubelet says $(kubelet --version), wanted $KUBERNETES_VERSION"
  containerd --version | grep -qE " v?${CONTAINERD_VERSION//./\\.}( |$)" || die "$NODE_NAME: $(containerd --version), wanted $CONTAINERD_VERSION"
  quietly 30 "enabling the kubelet" systemctl enable kubelet
}

ensure_no_swap
ensure_sources
ensure_packages
ensure_kernel
ensure_containerd
read_back
