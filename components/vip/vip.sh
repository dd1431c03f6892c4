#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Puts HAProxy, where it is wanted, and keepalived in place: each configuration is judged by its own program before it
# replaces a good one.
# Input: NODE_NAME, NODE_IP, VIP, VIP_INTERFACE (empty: the one with NODE_IP), API_PORT, READY_URL (empty: no HAProxy),
# STANDBY (yes: never holds the address); files: haproxy.cfg and haproxy-unit.conf, or may-hold; keepalived.conf,
# keepalived-unit.conf; secret file: the cluster CA's certificate. Functions of handover.sh.

ensure_script_user() {
  if ! id -u keepalived_script >/dev/null 2>&1; then
    useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin keepalived_script
    printf 'keepalived_script\n' >>"$STATE/users"
  fi
}

# start_or_reload UNIT PATH…: nothing when the unit runs with what is there; a file that had to be put right may have been
# read while it was wrong. A reload ends no session and moves no address: HAProxy's old process keeps its connections,
# keepalived its state.
start_or_reload() {
  local unit=$1
  systemctl is-enabled --quiet "$unit" || quietly 30 "enabling $unit" systemctl enable "$unit"
  if ! unit_active "$unit"; then
    systemctl reset-failed "$unit" 2>/dev/null || true
    quietly 60 "starting $unit" systemctl restart "$unit"
  elif changed "${@:2}" || ! runs_with "$@"; then
    quietly 60 "reloading $unit" systemctl reload "$unit"
    say "$NODE_NAME: $unit reloaded"
  fi
  note_runs_with "$@"
}

# install_drop_in NAME UNIT
install_drop_in() {
  local path=/etc/systemd/system/$2.service.d/kubeadm-ha.conf
  install_file "$1" "$path" 0644
  ! changed "$path" || quietly 30 "reading units again" systemctl daemon-reload
}

haproxy_ready() { curl -fsS -o /dev/null --max-time 1 "$READY_URL"; }

serve_haproxy() {
  quietly 30 "haproxy's check of its new configuration" haproxy -c -f "$STAGE/haproxy.cfg"
  install_drop_in haproxy-unit.conf haproxy
  install_file haproxy.cfg /etc/haproxy/haproxy.cfg 0644
  start_or_reload haproxy /etc/haproxy/haproxy.cfg /etc/haproxy/kubernetes-ca.crt
  wait_until 20 "HAProxy on $NODE_NAME is ready" haproxy_ready
}

hold_address() {
  start_or_reload keepalived /etc/keepalived/keepalived.conf
  # While it reloads, systemd calls it reloading.
  try wait_until 15 "keepalived is active" unit_active keepalived 2>/dev/null ||
    die "$NODE_NAME: keepalived does not stay up: $(journalctl -u keepalived -n 5 --no-pager -o cat 2>/dev/null | tr '\n' ' ')"
  wait_until 30 "the virtual IP $VIP answers on port $API_PORT" vip_answers
}

stage_secrets
ensure_script_user
interface=$(interface_of "$NODE_IP")
[ -z "$VIP_INTERFACE" ] || ip link show dev "$VIP_INTERFACE" >/dev/null 2>&1 ||
  die "$NODE_NAME has no interface $VIP_INTERFACE: correct 'vipInterface' of the host"
sed -i "s/@INTERFACE@/$interface/" "$STAGE/keepalived.conf"
install_secrets
if [ -n "$READY_URL" ]; then serve_haproxy; else install_file may-hold /etc/keepalived/may-hold 0755; fi
# keepalived 2.2 ends itself in this check when its parent is not the process it expects; as process 1 of a namespace
# of its own it has none.
quietly 30 "keepalived's check of its new configuration" unshare --fork --pid keepalived -t -f "$STAGE/keepalived.conf"
install_drop_in keepalived-unit.conf keepalived
install_file keepalived.conf /etc/keepalived/keepalived.conf 0644
if [ "$STANDBY" = yes ]; then hand_over; else hold_address; fi
