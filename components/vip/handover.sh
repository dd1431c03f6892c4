#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Takes this host out of those that may hold the virtual IP; a peer takes the address at once. Safe to run again.
# Input: NODE_NAME, VIP, API_PORT.

holds_vip() { ip -o -4 addr show to "$VIP/32" | grep -q .; }
vip_is_gone() { ! holds_vip; }

# Somebody answers at the virtual IP: takes the connection, or refuses it while no API server runs there yet.
vip_answers() {
  local said
  said=$(timeout 2 bash -c ": 3<>/dev/tcp/$VIP/$API_PORT" 2>&1) || [[ $said == *refused* ]]
}

# One that was killed may have left the address behind.
remove_vip() {
  local device
  ip -o -4 addr show to "$VIP/32" | awk '{print $2, $4}' | while read -r device address; do
    ip addr del "$address" dev "${device%%@*}" || true
  done
}

hand_over() {
  local held="was not here" began
  if ! systemctl cat keepalived >/dev/null 2>&1; then
    say "$NODE_NAME: keepalived is not installed, nothing to hand over"
    return 0
  fi
  if holds_vip; then held="was here and moved to another host"; fi
  began=$(date +%s%3N)
  quietly 30 "disabling keepalived" systemctl disable keepalived
  quietly 30 "stopping keepalived" systemctl stop keepalived
  remove_vip
  wait_until 5 "the virtual IP $VIP has left $NODE_NAME" vip_is_gone
  wait_until 15 "another control plane answers at the virtual IP $VIP" vip_answers
  say "$NODE_NAME: keepalived is stopped; the virtual IP $VIP $held, $(($(date +%s%3N) - began)) ms in all"
}
