#!/usr/bin/env bash
# Plugs a host into its lab's bridge, as eth0. Safe to run again.
# Usage: attach.sh PID PORT BRIDGE MAC ADDRESS/PREFIX, where PID is the host's first process.
set -euo pipefail

pid=$1
port=$2
bridge=$3
mac=$4
address=$5

in_host() {
  nsenter --target "$pid" --net "$@"
}

if ! in_host ip link show eth0 >/dev/null 2>&1; then
  # A host that was just killed may still be on its way out, and its cable with it.
  ip link delete "$port" 2>/dev/null || true
  ip link add "$port" type veth peer name eth0 address "$mac" netns "$pid"
fi
ip link set "$port" master "$bridge" up
in_host ip address replace "$address" dev eth0
in_host ip link set eth0 up
