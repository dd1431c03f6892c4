#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Brings this control plane's static pods to the wanted version and settings. kubeadm of the wanted version renders the
# manifests; only the components whose manifest differs are replaced, the API server first, and a manifest that does not
# become healthy gives way to the one before it.
# Input: NODE_NAME, KUBERNETES_VERSION, PACKAGES (kubeadm, kubectl), HOLDS, and the inputs of the gates;
# files: kubeadm.yaml; secret files: PKI, kubeconfigs.

NEW=$STAGE/manifests

render() {
  mkdir "$NEW"
  quietly 90 "kubeadm's rendering of the manifests" env KUBEADM_INIT_DRYRUN_DIR="$NEW" \
    kubeadm init phase control-plane all --dry-run --config "$STAGE/kubeadm.yaml"
}

# Sets DIFFERENT to the components whose manifest is not the rendered one.
find_different() {
  local component
  DIFFERENT=()
  for component in "${COMPONENTS[@]}"; do
    [ -s "$NEW/$component.yaml" ] || die "$NODE_NAME: kubeadm rendered no manifest for $component"
    cmp -s "$NEW/$component.yaml" "$MANIFESTS/$component.yaml" || DIFFERENT+=("$component")
  done
}

image_version() { sed -n 's/^ *image: .*:\(v[0-9.]*\)$/\1/p' "$1" | head -n 1; }

minor() { sed -E 's/^v?1\.([0-9]+)\..*/\1/' <<<"$1"; }

# The last word, on the host: state and configuration may have parted.
refuse_unsafe_step() {
  local have kubelet oldest
  have=$(image_version "$MANIFESTS/kube-apiserver.yaml" 2>/dev/null || image_version "$OLD/kube-apiserver.yaml" 2>/dev/null || true)
  if [ -n "$have" ]; then
    ! older "$KUBERNETES_VERSION" "$have" ||
      die "$NODE_NAME runs Kubernetes $have: going back to $KUBERNETES_VERSION is not supported. Set kubernetesVersion to $have or newer"
    [ $(($(minor "$KUBERNETES_VERSION") - $(minor "$have"))) -le 1 ] ||
      die "$NODE_NAME runs Kubernetes $have: upgrades go one minor at a time. Set kubernetesVersion to a release of 1.$(($(minor "$have") + 1)) first"
  fi
  [ "$CONTROL_PLANES" = several ] || own_api_is_ready || return 0
  kubelet=$(admin get nodes -o 'jsonpath={range .items[*]}{.status.nodeInfo.kubeletVersion}{"\n"}{end}' | sort -V | head -n 1)
  oldest=$(minor "$kubelet")
  [ $(($(minor "$KUBERNETES_VERSION") - oldest)) -le 3 ] ||
    die "a kubelet of this cluster is at $kubelet, more than three minors behind $KUBERNETES_VERSION: upgrade or remove that node first"
}

# roll_back COMPONENT…: never returns.
roll_back() {
  local component why
  why=$(last_words "$@")
  for component in "$@"; do
    [ -s "$OLD/$component.yaml" ] || die "$NODE_NAME: not healthy, and there is no manifest to go back to. $why"
    rm -f "$MANIFESTS/$component.yaml"
  done
  for component in "$@"; do wait_until 90 "the kubelet of $NODE_NAME has ended $component" pod_is_gone "$component"; done
  put "$OLD" "$@"
  for component in "$@"; do
    try wait_until 240 "$component is healthy" is_healthy "$component" || die "$NODE_NAME: neither the new nor the old manifests become healthy. $why"
  done
  restore_record
  die "$NODE_NAME did not become healthy with its new manifests and has the old ones back (${*}); no other control plane was touched. $why"
}

replace() {
  say "$NODE_NAME: replacing $*"
  take_away "$@"
  if [ "$1" = kube-apiserver ]; then
    put "$NEW" kube-apiserver
    become_healthy 240 kube-apiserver || { [ $# -eq 1 ] || put "$OLD" "${@:2}"; roll_back kube-apiserver; }
    shift
  fi
  [ $# -gt 0 ] || return 0
  put "$NEW" "$@"
  become_healthy 180 "$@" || roll_back "$@"
}

running_as_wanted() {
  local component image
  for component in "${COMPONENTS[@]}"; do
    image=$(admin -n kube-system get pod "$component-$NODE_NAME" -o 'jsonpath={.spec.containers[0].image} {.status.conditions[?(@.type=="Ready")].status}')
    [[ $image == *":$KUBERNETES_VERSION True" ]] || {
      printf '%s: %s\n' "$component" "$image"
      return 1
    }
  done
}

stage_secrets
ensure_packages "${PACKAGES[@]}"
ensure_holds "${HOLDS[@]}"
install_secrets
# The kubelet runs the static pods, and the cluster knows them by their node.
start_what_stands_still
if node_is_gone; then register_again; fi
render
find_different
if [ ${#DIFFERENT[@]} -gt 0 ]; then
  refuse_unsafe_step
  pass_gates "before changing ${DIFFERENT[*]} of $NODE_NAME" 120 "${GATES_BEFORE[@]}"
  replace "${DIFFERENT[@]}"
elif [ -d "$OLD" ]; then
  # A run that was cut off after it had put the manifests, and before it knew that they work.
  mapfile -t REPLACED < <(find "$OLD" -name '*.yaml' -printf '%f\n' | sed 's/\.yaml$//' | sort)
  become_healthy 240 "${REPLACED[@]}" || roll_back "${REPLACED[@]}"
fi
for component in "${COMPONENTS[@]}"; do manages "$MANIFESTS/$component.yaml"; done
if [ -d "$OLD" ]; then
  pass_gates "after changing $NODE_NAME" 180 "${GATES_AFTER[@]}"
  wait_until 120 "the static pods of $NODE_NAME run at $KUBERNETES_VERSION" running_as_wanted
  rm -rf "$OLD"
fi
