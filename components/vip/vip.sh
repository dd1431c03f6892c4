#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Puts HAProxy and keepalived in place: each configuration is judged by its own program before it replaces a good one.
# Input: NODE_NAME, NODE_IP, VIP, API_PORT, READY_URL; files: haproxy.cfg, keepalived.conf;
# secret files: the VRRP password, the cluster CA's certificate.

ensure_script_user() {
  if ! id -u keepalived_script >/dev/null 2>&1; then
    useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin keepalived_script
    printf 'keepalived_script\n' >>"$STATE/users"
  fi
}

# start_or_reload UNIT PATH…: nothing when the unit runs with what is there. A reload ends no session and moves no
# address: HAProxy's old process keeps its connections, keepalived its state.
start_or_reload() {
  local unit=$1
  systemctl is-enabled --quiet "$unit" || quietly 30 "enabling $unit" systemctl enable "$unit"
  if ! unit_active "$unit"; then
    systemctl reset-failed "$unit" 2>/dev/null || true
    quietly 60 "starting $unit" systemctl restart "$unit"
  elif ! runs_with "$@"; then
    quietly 60 "reloading $unit" systemctl reload "$unit"
    say "$NODE_NAME: $unit reloaded"
  fi
  note_runs_with "$@"
}

haproxy_ready() { curl -fsS -o /dev/null --max-time 1 "$READY_URL"; }

# Somebody's HAProxy takes connections on the virtual IP.
vip_answers() { timeout 2 bash -c "exec 3<>/dev/tcp/$VIP/$API_PORT"; }


stage_secrets
ensure_script_user
interface=$(interface_of "$NODE_IP")
sed -i "s/@INTERFACE@/$interface/" "$STAGE/keepalived.conf"
install_secrets
quietly 30 "haproxy's check of its new configuration" haproxy -c -f "$STAGE/haproxy.cfg"
install_file haproxy.cfg /etc/haproxy/haproxy.cfg 0644
start_or_reload haproxy /etc/haproxy/haproxy.cfg /etc/haproxy/kubernetes-ca.crt
wait_until 20 "HAProxy on $NODE_NAME is ready" haproxy_ready
# keepalived 2.2 ends itself in this check when its parent is not the process it expects; as process 1 of a namespace
# of its own it has none.
quietly 30 "keepalived's check of its new configuration" unshare --fork --pid keepalived -t -f "$STAGE/keepalived.conf"
install_file keepalived.conf /etc/keepalived/keepalived.conf 0644
start_or_reload keepalived /etc/keepalived/keepalived.conf /etc/keepalived/authentication.conf
unit_active keepalived || die "$NODE_NAME: keepalived does not stay up: $(journalctl -u keepalived -n 5 --no-pager -o cat 2>/dev/null | tr '\n' ' ')"
wait_until 30 "the virtual IP $VIP takes connections on port $API_PORT" vip_answers
