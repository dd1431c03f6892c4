#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Tells what a host is and runs, changing nothing: one JSON document with the answers of the host's own programs, each
# as base64, for answers.ts to read. Works in one private folder. A question that was cut off is named as unanswered: its
# half would be read as things that are not there.
# Input: NODE_NAME, NODE_IP, VIP (empty: none), API_PORT, BIND_PORT, ETCD_DATA_DIR, WANTED_PACKAGES (name=glob …),
# FURTHER_PACKAGES, APT_SOURCES (names), APT_SOURCE_TEXTS (deb822, in the same order), APT_KEYS (name=url …),
# PROBES (ip:port …), ANSWER_SECONDS (for all questions together).
set -uo pipefail
umask 077
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

STATE=/var/lib/kubeadm-ha
SYSCTLS=/etc/sysctl.d/90-kubeadm-ha.conf
MANIFESTS=/etc/kubernetes/manifests
TABLE='Accept: application/json;as=Table;v=v1;g=meta.k8s.io,application/json'
UNITS=(etcd haproxy keepalived containerd kubelet firewalld ufw)
# What a cluster is made with and keeps; a URL with a password in it is none of ours.
SETTINGS='^ *- --(service-cluster-ip-range|cluster-cidr|secure-port)=|^ *server: https://[^@]*$|^(clusterDomain|data-dir): '
SIGNS=(/etc/kubernetes/kubelet.conf /etc/kubernetes/admin.conf "$MANIFESTS/kube-apiserver.yaml" /var/lib/rancher /var/lib/k0s)

# within SECONDS COMMAND…: and no longer than there is time for all questions. In the foreground, so that the group ends
# as one.
within() {
  local limit=$1 left=$((ANSWER_SECONDS - SECONDS))
  shift
  [ "$left" -gt 0 ] || return 124
  timeout --foreground -k 1 "$((limit < left ? limit : left))" "$@" </dev/null
}

# cut_off CODE: of a command that timeout or a signal ended, or that could not begin. One that is not there (126, 127) has
# nothing to tell, and other codes are part of an answer: grep, stat and dpkg-query do not find all that they are asked for.
cut_off() { [ "$1" -ge 124 ] && [[ $1 != 12[67] ]]; }

# lose ANSWER: nothing is known of it.
lose() {
  rm -f "$WORK/$1" "$WORK/.$1"
  : >"$WORK/.lost/$1"
}

# ask ANSWER SECONDS COMMAND…: keeps what the command says, all of it or nothing; a dot in front keeps it here.
ask() {
  local answer=$1 limit=$2 code=0
  shift 2
  within "$limit" "$@" >"$WORK/$answer" 2>/dev/null || code=$?
  ! cut_off "$code" || lose "${answer#.}"
  return "$code"
}

# A line a file and line, `path NUL line`: of whole small files, and of larger ones what matters.
ask_files() {
  local key _ live=()
  while IFS='= ' read -r key _; do
    [[ $key != [#\;]* && -n $key ]] && live+=("/proc/sys/${key//./\/}")
  done 2>/dev/null <"$SYSCTLS"
  ask files 5 grep -asHZ '' /etc/os-release /etc/machine-id /sys/class/dmi/id/product_uuid /proc/swaps /etc/ufw/ufw.conf \
    /proc/sys/kernel/{osrelease,hostname} /sys/fs/selinux/enforce "$STATE"/{cluster,ca.crt,done/*,files/*} \
    "$SYSCTLS" "${live[@]}" /etc/kubernetes/pki/ca.crt
  ask lines 5 grep -asHZE "^MemTotal:|^ *(- )?image: |client-certificate-data: |^ *sandbox(_image)? = |^quota-backend-bytes:|$SETTINGS" \
    /proc/meminfo "$MANIFESTS"/kube-{apiserver,controller-manager,scheduler}.yaml /etc/etcd/etcd.yaml \
    /etc/kubernetes/{admin,controller-manager,scheduler,kubelet}.conf /etc/containerd/config.toml /var/lib/kubelet/config.yaml
}

# What takes no program: a word or `key value` a line.
ask_shell() {
  local sign
  {
    for sign in "${SIGNS[@]}"; do [ ! -e "$sign" ] || printf 'sign %s\n' "$sign"; done
    [ ! -e "$ETCD_DATA_DIR/member" ] || echo etcd-data
    [ ! -d /run/systemd/system ] || echo systemd
    ! command -v apt-get >/dev/null || echo apt
    if [ -e /sys/fs/cgroup/cgroup.controllers ]; then echo cgroup 2; elif [ -d /sys/fs/cgroup/memory ]; then echo cgroup 1; fi
  } >"$WORK/shell"
}

ask_disks() {
  local path paths=()
  for path in / "$ETCD_DATA_DIR" /var/lib/containerd /var/lib/kubelet; do
    until [ -z "$path" ] || [ -d "$path" ]; do path=${path%/*}; done
    paths+=("${path:-/}")
  done
  ask disks 5 df -B1 --output=size,avail,iavail,source "${paths[@]}"
}

# Content and mode of what scripts of the program left; the records themselves are among the files.
ask_managed() {
  local record path paths=()
  for record in "$STATE"/files/*; do
    read -r _ _ _ _ path 2>/dev/null <"$record" && [[ $path == /* ]] && paths+=("$path")
  done
  [ ${#paths[@]} -gt 0 ] || return 0
  ask hashes 15 sha256sum -z -- "${paths[@]}"
  ask modes 5 stat --printf '%a %U:%G %n\0' -- "${paths[@]}"
}

# Certificates and nothing else of files that may hold a key as well: `path NUL PEM NUL`.
ask_certificates() {
  local file line pem
  for file in /etc/kubernetes/pki/*.crt /etc/kubernetes/pki/etcd/*.crt /etc/etcd/pki/*.crt /var/lib/kubelet/pki/kubelet-client-current.pem; do
    [ -f "$file" ] || continue
    pem=""
    while IFS= read -r line || [ -n "$line" ]; do
      case $line in
        "-----BEGIN CERTIFICATE-----") pem=$line$'\n' ;;
        "-----END CERTIFICATE-----") [ -z "$pem" ] || printf '%s\0%s%s\n\0' "$file" "$pem" "$line" && pem="" ;;
        -----*) pem="" ;;
        *) [ -z "$pem" ] || pem+=$line$'\n' ;;
      esac
    done 2>/dev/null <"$file"
  done >"$WORK/certificates"
}

# A program that is the installed one has its package's version; one that a package has since replaced says it itself.
ask_units() {
  local line id pid program
  # With systemd there it fails for want of an answer only.
  ask units 5 systemctl show -p Id,LoadState,ActiveState,SubState,UnitFileState,MainPID "${UNITS[@]}" ||
    [ ! -d /run/systemd/system ] || lose units
  [ -f "$WORK/units" ] || return 0
  while IFS= read -r line; do
    case $line in
      MainPID=*) pid=${line#*=} ;;
      Id=*) id=${line#*=} ;;
      "") id="" pid="" ;;
    esac
    [[ ${pid:-0} != 0 && ${id:-} =~ ^(containerd|kubelet)\.service$ ]] || continue
    program=${id%.service}
    if [ "/proc/$pid/exe" -ef "/usr/bin/$program" ] && grep -qsE "^(hi|ii) +$program(\.io)? " "$WORK/packages"; then
      printf '%s\n' "$program" >>"$WORK/installed"
    else
      ask "version-$program" 5 "/proc/$pid/exe" --version
    fi
    pid=""
  done <"$WORK/units"
}

ask_images() { [ ! -S /run/containerd/containerd.sock ] || ask images 8 ctr -n k8s.io images ls || lose images; }

ask_clock() { [ -e /run/systemd/container ] || ask synchronised 3 timedatectl show -p NTPSynchronized --value; }

ask_health() {
  local url=(-o /dev/null)
  [ -e "$MANIFESTS/kube-apiserver.yaml" ] || return 0
  ask health 6 curl -sk -Z --connect-timeout 2 --max-time 4 -w '%{http_code} %{url_effective}\n' \
    "${url[@]}" "https://$NODE_IP:$BIND_PORT/readyz" "${url[@]}" https://127.0.0.1:10257/healthz "${url[@]}" https://127.0.0.1:10259/healthz
}

ask_etcd() {
  local at=https://127.0.0.1:2379 pki=/etc/etcd/pki
  [ -f "$pki/server.key" ] || return 0
  local tls=(-s --connect-timeout 2 --max-time 4 --cacert "$pki/ca.crt" --cert "$pki/server.crt" --key "$pki/server.key")
  ask etcd 8 curl --fail-early "${tls[@]}" -d '{}' -o "$WORK/etcd-status" "$at/v3/maintenance/status" \
    --next "${tls[@]}" -d '{}' -o "$WORK/etcd-members" "$at/v3/cluster/member/list" \
    --next "${tls[@]}" -d '{"action":"GET"}' -o "$WORK/etcd-alarms" "$at/v3/maintenance/alarm" \
    --next "${tls[@]}" -o "$WORK/etcd-health" "$at/health"
}

# decoded FIELD: of the administrator's kubeconfig; never in an argument or a file.
decoded() { sed -n "s/^ *$1: //p" /etc/kubernetes/admin.conf | base64 -d; }

# api CURL-ARGUMENT…: as administrator, of the API server on this host.
api() {
  within 15 curl -s --fail-early --connect-timeout 2 --max-time 8 -A kubeadm-ha --cacert /etc/kubernetes/pki/ca.crt \
    --cert <(decoded client-certificate-data) --key <(decoded client-key-data) "$@" 2>/dev/null
}

# Tables made by the server: of a node a line, not its whole state.
ask_cluster() {
  local at=https://$NODE_IP:$BIND_PORT codes
  [ -f /etc/kubernetes/admin.conf ] && [ -f /etc/kubernetes/pki/ca.crt ] || return 0
  api -H "$TABLE" -o "$WORK/api-ready" "$at/readyz" -o "$WORK/api-version" "$at/version" \
    -o "$WORK/nodes" "$at/api/v1/nodes?includeObject=None" \
    -o "$WORK/cordoned" "$at/api/v1/nodes?includeObject=Metadata&fieldSelector=spec.unschedulable%3Dtrue" ||
    { ! cut_off $? || lose api; return; }
  api "$at/apis/policy/v1/poddisruptionbudgets" | grep -a '"disruptionsAllowed":0[,}]' >/dev/null
  codes=("${PIPESTATUS[@]}")
  if cut_off "${codes[0]}"; then lose budgets; elif [ "${codes[1]}" = 0 ]; then ask_budgets; fi
}

# `namespace name selector`, of budgets that have pods and let none go; then the nodes of those pods.
ask_budgets() {
  local namespace name selector number=0
  # shellcheck disable=SC2016
  ask .budgets 8 kubectl --kubeconfig /etc/kubernetes/admin.conf --server "https://$NODE_IP:$BIND_PORT" --request-timeout 6s \
    get poddisruptionbudgets --all-namespaces -o go-template='
{{- range .items}}{{if and (eq (printf "%v" .status.disruptionsAllowed) "0") (ne (printf "%v" .status.expectedPods) "0") -}}
{{.metadata.namespace}} {{.metadata.name}} {{range $key, $value := .spec.selector.matchLabels}}{{$key}}={{$value}},{{end -}}
{{range .spec.selector.matchExpressions}}{{if eq .operator "DoesNotExist"}}!{{end}}{{.key -}}
{{if eq .operator "In"}} in {{end}}{{if eq .operator "NotIn"}} notin {{end -}}
{{if .values}}({{range $index, $value := .values}}{{if $index}},{{end}}{{$value}}{{end}}){{end}},{{end}}
{{end}}{{end}}' || return
  while read -r namespace name selector && [ "$number" -lt 20 ]; do
    number=$((number + 1))
    printf '%s %s\n' "$namespace" "$name" >>"$WORK/budgets"
    api -H "$TABLE" -G -o "$WORK/pods-$number" --data-urlencode "labelSelector=${selector%,}" -d includeObject=None \
      "https://$NODE_IP:$BIND_PORT/api/v1/namespaces/$namespace/pods" || ! cut_off $? || { lose budgets; return; }
  done <"$WORK/.budgets"
}

# The node's own certificate and key stand in one file.
ask_registered() {
  local pem=/var/lib/kubelet/pki/kubelet-client-current.pem server
  server=$(sed -n 's/^ *server: *//p' /etc/kubernetes/kubelet.conf 2>/dev/null)
  [[ $server == https://* ]] && [ -f "$pem" ] || return 0
  ask registered 7 curl -s --connect-timeout 2 --max-time 5 --cacert /etc/kubernetes/pki/ca.crt --cert "$pem" --key "$pem" \
    -H 'Accept: application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' -o /dev/null -w '%{http_code}' "$server/api/v1/nodes/$NODE_NAME"
}

# reach SECONDS IP:PORT…: a line for each that was decided in time, with bash's own words.
reach() {
  local limit=$1
  shift
  # The inner shell's, on purpose.
  # shellcheck disable=SC2016
  timeout -k 1 "$limit" bash -c 'for target; do
    { : 3<>"/dev/tcp/${target%:*}/${target##*:}" && echo open; } 2>&1 | { IFS= read -r said; printf "%s %s\n" "$target" "$said"; } &
  done; wait' bash "$@" </dev/null 2>/dev/null
}

ask_probes() { [ ${#PROBES[@]} -eq 0 ] || reach 3 "${PROBES[@]}" >"$WORK/probes"; }

# Trying to connect makes the kernel ask who has the address.
connect_to_vip() {
  reach 1 "$VIP:$API_PORT" >"$WORK/vip"
  ask neighbour 2 ip -4 neigh show "$VIP"
}

# A neighbour that answered counts as reachable for up to 45 s, gone or not. Where nothing but this memory speaks for
# it, the kernel forgets it and asks again.
ask_vip() {
  [ -n "$VIP" ] || return 0
  grep -qsF "\"local\":\"$VIP\"" "$WORK/interfaces" && return 0
  connect_to_vip
  grep -qsE ' open$|refused$' "$WORK/vip" || ! grep -qs lladdr "$WORK/neighbour" && return 0
  ask neighbour 2 ip -4 neigh flush to "$VIP"
  connect_to_vip
}

print_document() {
  local file separator=""
  printf ',"unanswered":['
  for file in "$WORK"/.lost/*; do
    [ -e "$file" ] || continue
    printf '%s"%s"' "$separator" "${file##*/}"
    separator=,
  done
  separator=""
  printf '],"answers":{'
  for file in "$WORK"/*; do
    [ -s "$file" ] || continue
    printf '%s"%s":"' "$separator" "${file##*/}"
    base64 -w0 "$file"
    printf '"'
    separator=,
  done
  printf '}}\n'
}

main() {
  # An answer is small; this ends what is not.
  ulimit -Sf 2048
  mkdir "$WORK/.lost"
  printf '{"epochMs":%s' "$(date +%s%3N)"
  # Fields for dpkg-query.
  # shellcheck disable=SC2016
  ask packages 10 dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Version}\n' "${WANTED_PACKAGES[@]%%=*}" "${FURTHER_PACKAGES[@]}"
  # 1: not all of them are installed.
  [ $? != 2 ] || lose packages
  ask_units & ask_images & ask_clock & ask_health & ask_etcd & ask_cluster & ask_registered & ask_probes & ask_sources &
  ask interfaces 3 ip -j addr show || lose interfaces
  ask_vip &
  ask_managed & ask_disks &
  ask routes 3 ip -j -4 route show || lose routes
  ask listeners 3 ss -Hltnp
  ask machine 2 uname -m
  ask processors 2 nproc
  ask_files
  ask_shell
  ask_certificates
  wait
  print_document
}

[ "$EUID" = 0 ] || { echo "error: not root" >&2 && exit 77; }
WORK=$(mktemp -d /run/kubeadm-ha-facts.XXXXXXXX 2>/dev/null || mktemp -d /tmp/kubeadm-ha-facts.XXXXXXXX) || exit 1
trap 'rm -rf "$WORK"' EXIT
trap 'exit 143' TERM INT HUP PIPE
main </dev/null
