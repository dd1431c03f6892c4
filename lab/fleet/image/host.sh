#!/usr/bin/env bash
# Makes the root file system of the lab's hosts: a bare Debian with SSH, nothing of Kubernetes.
# Usage: host.sh TARGET ARCHIVE, in a mount namespace of its own.
set -euo pipefail

target=$1
archive=$2
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
suite=trixie
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

packages=(
  systemd systemd-sysv dbus openssh-server iproute2 iptables nftables kmod ca-certificates sudo
  python3-minimal curl procps conntrack socat ethtool iputils-ping
)

install_debian() {
  local list
  list=$(IFS=,; printf '%s' "${packages[*]}")
  debootstrap --variant=minbase "--include=$list" "$suite" "$target" "$archive"
}

# Hosts of the lab reach no archive but their own mirror: that one is configured by whoever sets the host up.
remove_apt_traces() {
  rm -f "$target/etc/apt/sources.list" "$target"/etc/apt/sources.list.d/*
  rm -rf "$target"/var/lib/apt/lists/* "$target"/var/cache/apt/*.bin "$target"/var/cache/apt/archives/*.deb
}

# What must differ between hosts is made at their first boot.
remove_identity() {
  rm -f "$target"/etc/ssh/ssh_host_* "$target/etc/hostname" "$target/var/lib/dbus/machine-id"
  : >"$target/etc/machine-id"
}

configure() {
  cp -r --no-preserve=ownership "$here/host/." "$target/"
  chmod 755 "$target/usr/local/lib/lab/become-host"
  install -d -m 700 "$target/etc/lab"
  # docker owns eth0: networkd would wait for it for two minutes and hold back whatever wants the network.
  chroot "$target" systemctl mask \
    systemd-firstboot.service systemd-networkd.service systemd-networkd.socket systemd-networkd-wait-online.service \
    systemd-resolved.service systemd-udevd.service systemd-timesyncd.service \
    getty@.service console-getty.service getty.target apt-daily.timer apt-daily-upgrade.timer
  chroot "$target" systemctl enable become-host.service ssh-host-key.service ssh.service
}

# Otherwise every host rebuilds its linker cache and journal catalog at its first boot.
mark_up_to_date() {
  touch "$target/etc/.updated" "$target/var/.updated"
}

install_debian
configure
remove_identity
remove_apt_traces
mark_up_to_date
