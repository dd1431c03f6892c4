#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Brings this node's kubelet, containerd and their settings to the wanted state: drains where a package changes, restarts
# where only settings do, does nothing where nothing differs.
# Input: NODE_NAME, KUBERNETES_VERSION, CONTAINERD_VERSION, RELEASED (packages), HOLDS, ROLE (control-plane|worker),
# WAIT_READY (yes|no) and the inputs of drain and, on a control plane, of the gates; files: config.toml, kubelet.yaml.

APPLIED=$STATE/kubelet-settings
SETTINGS=$(fingerprint "$STAGE/kubelet.yaml")

settings_differ() { [ "$(cat "$APPLIED" 2>/dev/null)" != "$SETTINGS" ]; }

containerd_settings_differ() { ! cmp -s "$STAGE/config.toml" /etc/containerd/config.toml; }

reported() { own_node -o "jsonpath={.status.nodeInfo.$1}"; }

kubelet_answers() { [ "$(curl -fsS --max-time 2 http://127.0.0.1:10248/healthz)" = ok ]; }

# What runs, as the node itself reports it.
node_as_wanted() {
  kubelet_answers || return 1
  [ "$(reported kubeletVersion)" = "$KUBERNETES_VERSION" ] || return 1
  [[ $(reported containerRuntimeVersion) =~ ^containerd://v?"$CONTAINERD_VERSION"$ ]] || return 1
  [ "$MUST_BE_READY" = no ] || ready
}

ready() { [ "$(own_node -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')" = True ]; }

# The pod network and kube-proxy of this node: pods of DaemonSets that the node cannot do without.
network_pods_ready() {
  local waiting
  # A template, for kubectl.
  # shellcheck disable=SC2016
  waiting=$(node_api get pods --all-namespaces --field-selector "spec.nodeName=$NODE_NAME" -o go-template='
{{- range .items}}{{$kind := "-"}}{{range .metadata.ownerReferences}}{{if .controller}}{{$kind = .kind}}{{end}}{{end -}}
{{$ready := "-"}}{{range .status.conditions}}{{if eq .type "Ready"}}{{$ready = .status}}{{end}}{{end -}}
{{$kind}} {{.spec.priorityClassName}} {{$ready}} {{.metadata.namespace}}/{{.metadata.name}}
{{end}}' | awk '$1 == "DaemonSet" && $2 == "system-node-critical" && $3 != "True" {print $4}')
  printf 'not ready: %s\n' "$waiting"
  [ -z "$waiting" ]
}

settings_published() {
  [ "$(node_api -n kube-system get configmap kubelet-config -o 'jsonpath={.metadata.annotations.kubeadm-ha/settings}')" = "$SETTINGS" ]
}

gates() {
  if [ "$ROLE" = control-plane ]; then
    if [ "$1" = before ]; then pass_gates "before changing the kubelet of $NODE_NAME" 120 "${GATES_BEFORE[@]}"; else
      pass_gates "after changing the kubelet of $NODE_NAME" 180 "${GATES_AFTER[@]}"
    fi
  else
    wait_until 120 "gate $1 changing the kubelet of $NODE_NAME: the API answers it" own_node
  fi
}

# A kubelet that does not start with new settings gets its old ones back, and the run ends here.
restart_kubelet() {
  quietly 30 "reloading systemd" systemctl daemon-reload
  systemctl reset-failed kubelet 2>/dev/null || true
  systemctl restart kubelet
  try wait_until 90 "the kubelet of $NODE_NAME answers" kubelet_answers 2>/dev/null && return 0
  cp -a "$STAGE/old-config.yaml" /var/lib/kubelet/config.yaml
  systemctl restart kubelet
  try wait_until 60 "the kubelet answers" kubelet_answers 2>/dev/null || say "$NODE_NAME: nor does it answer with the old settings"
  die "$NODE_NAME: the kubelet did not start with its new settings; the old ones are back. It said:" \
    "$(journalctl -u kubelet -n 200 --no-pager -o cat 2>/dev/null | grep -iE 'err|fail|invalid|unknown' | tail -n 3 | cut -c1-500)"
}

minor_of() { cut -d. -f1,2 <<<"$1"; }

# A kubelet of another minor defaults static pods in another way, takes them for new ones, and would start each beside
# its predecessor that still shuts down. So the old kubelet ends them in good order first.
replaces_static_pods() {
  [ "$ROLE" = control-plane ] && [ "$(minor_of "$RUNNING_VERSION")" != "$(minor_of "$KUBERNETES_VERSION")" ]
}

# Every static pod is there and healthy: what was kept of them is of no more use.
static_pods_are_back() {
  put_missing_back
  become_healthy 240 "${COMPONENTS[@]}" || die "$NODE_NAME: the static pods do not become healthy under this kubelet: $(last_words "${COMPONENTS[@]}")"
  rm -rf "$OLD"
}

release() {
  RUNNING_VERSION=$(reported kubeletVersion 2>/dev/null || true)
  gates before
  MUST_BE_READY=$WAIT_READY
  if try ready; then MUST_BE_READY=yes; fi
  if [ "$DISRUPTIVE" = yes ]; then drain; fi
  wait_until 60 "the cluster's kubelet settings are those of this configuration" settings_published
  cp -a /var/lib/kubelet/config.yaml "$STAGE/old-config.yaml"
  ensure_packages "${RELEASED[@]}"
  quietly 120 "kubeadm upgrade node" kubeadm upgrade node --skip-phases=preflight,control-plane,addon
  if replaces_static_pods; then take_away "${COMPONENTS[@]}"; fi
  ensure_containerd
  restart_kubelet
  if [ "$ROLE" = control-plane ]; then static_pods_are_back; fi
  wait_until 240 "node $NODE_NAME is Ready with kubelet $KUBERNETES_VERSION and containerd $CONTAINERD_VERSION" node_as_wanted
  wait_until 180 "the network pods of $NODE_NAME are ready" network_pods_ready
  printf '%s\n' "$SETTINGS" >"$APPLIED"
  uncordon
  gates after
}

# A host that went down while its static pods were taken away.
finish_static_pods() {
  [ "$ROLE" = control-plane ] && [ -d "$OLD" ] || return 0
  say "$NODE_NAME: an earlier run was cut off while the static pods were away; putting them back"
  unit_active kubelet || systemctl restart kubelet
  static_pods_are_back
}

finish_static_pods
find_missing "${RELEASED[@]}"
DISRUPTIVE=no
# A run that was cut off may have installed a package and not restarted what comes from it.
if [ ${#MISSING[@]} -gt 0 ] || ! runs_installed kubelet || ! runs_installed containerd; then DISRUPTIVE=yes; fi
if [ "$DISRUPTIVE" = yes ] || settings_differ || containerd_settings_differ; then
  release
else
  if cordoned_by_us; then uncordon; fi
  wait_until 60 "the kubelet of $NODE_NAME answers" kubelet_answers
fi
ensure_holds "${HOLDS[@]}"
