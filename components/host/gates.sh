#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# What must hold before and after every step that takes a part of a control plane out of service.
# Input: NODE_NAME, NODE_IP, BIND_PORT, ENDPOINT_URL, CONTROL_PLANES (one|several).

PKI=/etc/kubernetes/pki

admin() { kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout 10s "$@" </dev/null; }

# A step may begin while this host's own API server is down: it may be what repairs it.
GATES_BEFORE=(
  "every etcd member is healthy, so that one may be lost|every_etcd_member_is_healthy"
  "every other API server is ready|other_api_servers_are_ready"
  "the API answers at its endpoint three times in a row|api_answers_three_times"
  "every other control plane's node is Ready|other_control_planes_are_ready"
)
# shellcheck disable=SC2034
GATES_AFTER=(
  "the API server of this host is ready|own_api_is_ready"
  "${GATES_BEFORE[@]}"
)

is_ready() { [ "$(curl -fsS --max-time 3 --cacert "$PKI/ca.crt" "$1/readyz" 2>&1)" = ok ]; }

own_api_is_ready() { is_ready "https://$NODE_IP:$BIND_PORT"; }

etcd_url() {
  curl -fsS --max-time 5 --cacert "$PKI/etcd/ca.crt" --cert "$PKI/apiserver-etcd-client.crt" --key "$PKI/apiserver-etcd-client.key" "$@" 2>&1
}

# As the API server of this host has them.
own_etcd_endpoints() { sed -n 's/^ *- --etcd-servers=//p' /etc/kubernetes/manifests/kube-apiserver.yaml 2>/dev/null | tr , '\n'; }

cluster_etcd_endpoints() {
  admin -n kube-system get configmap kubeadm-config -o 'jsonpath={.data.ClusterConfiguration}' |
    awk '$1 == "endpoints:" {listed = 1; next} listed && $1 == "-" {print $2; next} {listed = 0}'
}

# A line a member of etcd, as JSON: any one of them knows all.
etcd_members() {
  local source endpoint answer asked=""
  # Where its own member is down, the cluster may know others.
  for source in own_etcd_endpoints cluster_etcd_endpoints; do
    while read -r endpoint; do
      answer=$(etcd_url -d '{"linearizable":true}' "$endpoint/v3/cluster/member/list") && grep -o '{"ID":[^{}]*}' <<<"$answer" && return 0
      asked+=" $endpoint"
    done < <("$source")
  done
  printf 'no etcd member that this host knows tells the others:%s\n' "$asked"
  return 1
}

every_etcd_member_is_healthy() {
  local members member url
  members=$(etcd_members) || { printf '%s\n' "$members" && return 1; }
  while read -r member; do
    url=$(sed -n 's/.*"clientURLs":\["\([^"]*\)".*/\1/p' <<<"$member")
    [[ -n $url && $member != *'"isLearner":true'* ]] && etcd_url "$url/health" | grep '"health":"true"' >/dev/null && continue
    printf '%s is not healthy\n' "$member"
    return 1
  done <<<"$members"
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
  is_ready "$ENDPOINT_URL" && sleep 0.3 && is_ready "$ENDPOINT_URL" && sleep 0.3 && is_ready "$ENDPOINT_URL"
}
