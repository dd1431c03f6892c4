#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# What must hold before and after every step that takes a part of a control plane out of service.
# Input: NODE_NAME, NODE_IP, BIND_PORT, VIP_URL, ETCD_ENDPOINTS, CONTROL_PLANES (one|several).

PKI=/etc/kubernetes/pki

admin() { kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout 10s "$@" </dev/null; }

# A step may begin while this host's own API server is down: it may be what repairs it.
GATES_BEFORE=(
  "every etcd member is healthy, so that one may be lost|every_etcd_member_is_healthy"
  "every other API server is ready|other_api_servers_are_ready"
  "the API answers through the virtual IP three times in a row|api_answers_three_times"
  "every other control plane's node is Ready|other_control_planes_are_ready"
)
# shellcheck disable=SC2034
GATES_AFTER=(
  "the API server of this host is ready|own_api_is_ready"
  "${GATES_BEFORE[@]}"
)

is_ready() { [ "$(curl -fsS --max-time 3 --cacert "$PKI/ca.crt" "$1/readyz" 2>&1)" = ok ]; }

own_api_is_ready() { is_ready "https://$NODE_IP:$BIND_PORT"; }

every_etcd_member_is_healthy() {
  local endpoint
  for endpoint in "${ETCD_ENDPOINTS[@]}"; do
    curl -fsS --max-time 5 --cacert "$PKI/etcd/ca.crt" --cert "$PKI/apiserver-etcd-client.crt" \
      --key "$PKI/apiserver-etcd-client.key" "$endpoint/health" 2>&1 | grep '"health":"true"' >/dev/null && continue
    printf '%s is not healthy\n' "$endpoint"
    return 1
  done
}

# name ip Ready, one line a control plane but this one. Nodes of dead hosts are among them.
other_control_planes() {
  [ "$CONTROL_PLANES" = several ] || return 0
  admin get nodes -l node-role.kubernetes.io/control-plane -o 'jsonpath={range .items[*]}{.metadata.name} {.status.addresses[?(@.type=="InternalIP")].address} {.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}' |
    grep -v "^$NODE_NAME "
}

other_api_servers_are_ready() {
  local list name ip
  list=$(other_control_planes)
  while read -r name ip _; do
    [ -z "$name" ] || is_ready "https://$ip:$BIND_PORT" || {
      printf 'the API server of %s at %s is not ready\n' "$name" "$ip"
      return 1
    }
  done <<<"$list"
}

other_control_planes_are_ready() {
  local list
  list=$(other_control_planes)
  [ -z "$list" ] || ! grep -v ' True$' <<<"$list"
}

api_answers_three_times() {
  [ "$CONTROL_PLANES" = several ] || own_api_is_ready || return 0
  is_ready "$VIP_URL" && sleep 0.3 && is_ready "$VIP_URL" && sleep 0.3 && is_ready "$VIP_URL"
}
