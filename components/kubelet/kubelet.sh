#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Brings this node's kubelet, containerd and their settings to the wanted state: drains where a package changes, restarts
# where only settings do, does nothing where nothing differs.
# Input: NODE_NAME, KUBERNETES_VERSION, CONTAINERD_VERSION, RELEASED (packages), HOLDS, ROLE (control-plane|worker),
# WAIT_READY (yes|no) and the inputs of drain and, on a control plane, of the gates; files: config.toml, kubelet.yaml and
# this host's own fields.

APPLIED=$STATE/kubelet-settings
SETTINGS=$(fingerprint "$STAGE/kubelet.yaml")

# What kubeadm writes when a node joins and a release renews. Of the first two nothing else has a copy.
KEPT=$STATE/kubelet
WRITTEN=(/var/lib/kubelet/kubeadm-flags.env /var/lib/kubelet/instance-config.yaml /var/lib/kubelet/config.yaml)

settings_differ() {
  [ "$(cat "$APPLIED" 2>/dev/null)" != "$(with_own_settings "$SETTINGS")" ] || { [ -d "$KEPT" ] && ! runs_with kubelet "${WRITTEN[@]}"; } || changed /var/lib/kubelet
}

put_kept_back() {
  local path
  for path in "${WRITTEN[@]:0:2}"; do
    [ -f "$KEPT/${path##*/}" ] || continue
    cp "$KEPT/${path##*/}" "$STAGE/${path##*/}"
    install_file "${path##*/}" "$path" 0600
  done
}

keep_written() {
  local path
  install -d -m 0700 "$KEPT"
  for path in "${WRITTEN[@]:0:2}"; do
    [ ! -f "$path" ] || install -m 0600 "$path" "$KEPT/${path##*/}"
  done
  note_runs_with kubelet "${WRITTEN[@]}"
  manages "${WRITTEN[@]}" /etc/containerd/config.toml
}

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
  [ ! -f "$STAGE/old-config.yaml" ] || cp -a "$STAGE/old-config.yaml" /var/lib/kubelet/config.yaml
  systemctl restart kubelet
  if try wait_until 60 "the kubelet answers" kubelet_answers 2>/dev/null; then restore_record; else
    say "$NODE_NAME: nor does it answer with the old settings"
  fi
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

upgrade_node() {
  local flags=("--skip-phases=preflight,control-plane,addon")
  if [ -d "$PATCHES" ]; then flags+=(--patches="$PATCHES"); fi
  quietly 120 "kubeadm upgrade node" kubeadm upgrade node "${flags[@]}"
}

release() {
  RUNNING_VERSION=$(reported kubeletVersion 2>/dev/null || true)
  gates before
  MUST_BE_READY=$WAIT_READY
  if try ready; then MUST_BE_READY=yes; fi
  if [ "$DISRUPTIVE" = yes ]; then drain; fi
  wait_until 60 "the cluster's kubelet settings are those of this configuration" settings_published
  [ ! -f /var/lib/kubelet/config.yaml ] || cp -a /var/lib/kubelet/config.yaml "$STAGE/old-config.yaml"
  ensure_packages "${RELEASED[@]}"
  upgrade_node
  if replaces_static_pods; then take_away "${COMPONENTS[@]}"; fi
  ensure_containerd
  restart_kubelet
  if [ "$ROLE" = control-plane ]; then static_pods_are_back; fi
  wait_until 240 "node $NODE_NAME is Ready with kubelet $KUBERNETES_VERSION and containerd $CONTAINERD_VERSION" node_as_wanted
  wait_until 180 "the network pods of $NODE_NAME are ready" network_pods_ready
  with_own_settings "$SETTINGS" >"$APPLIED"
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

runs_another_than_installed() { unit_active "$1" && ! runs_installed "$1"; }

put_kept_back
install_patch
start_what_stands_still
finish_static_pods
if node_is_gone; then register_again; fi
find_missing "${RELEASED[@]}"
DISRUPTIVE=no
# A run that was cut off may have installed a package and not restarted what comes from it.
if [ ${#MISSING[@]} -gt 0 ] || runs_another_than_installed kubelet || runs_another_than_installed containerd; then DISRUPTIVE=yes; fi
if [ "$DISRUPTIVE" = yes ] || settings_differ || containerd_settings_differ; then
  release
else
  if cordoned_by_us; then uncordon; fi
  wait_until 60 "the kubelet of $NODE_NAME answers" kubelet_answers
fi
ensure_holds "${HOLDS[@]}"
keep_written
