#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Brings this control plane's static pods to the wanted version and settings. kubeadm of the wanted version renders the
# manifests; only the components whose manifest differs are replaced, the API server first, and a manifest that does not
# become healthy gives way to the one before it. Taking the old manifest away, waiting until the kubelet has forgotten
# the pod and only then putting the new one spares the kubelet's 10 s of waiting between two pods of one name.
# Input: NODE_NAME, KUBERNETES_VERSION, PACKAGES (kubeadm, kubectl), HOLDS, and the inputs of the gates;
# files: kubeadm.yaml; secret files: PKI, kubeconfigs.

MANIFESTS=/etc/kubernetes/manifests
OLD=$STATE/old-manifests
NEW=$STAGE/manifests
COMPONENTS=(kube-apiserver kube-controller-manager kube-scheduler)

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
    [ "$(printf '%s\n%s\n' "$have" "$KUBERNETES_VERSION" | sort -V | tail -n 1)" = "$KUBERNETES_VERSION" ] ||
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

# The directory of a pod is there until the kubelet has forgotten the pod.
pod_is_gone() { ! compgen -G "/var/lib/kubelet/pods/*/containers/$1" >/dev/null; }

# The logs of containers that started after the manifest was put, the newest first.
new_logs() {
  find /var/log/pods -path "/var/log/pods/kube-system_$1-${NODE_NAME}_*.log" -newer "$STAGE/put-$1" -printf '%T@ %p\n' 2>/dev/null | sort -rn | cut -d' ' -f2
}

# Two exits: the next try will not go better.
keeps_exiting() { [ -f "$STAGE/put-$1" ] && [ "$(new_logs "$1" | wc -l)" -ge 3 ]; }

take_away() {
  local component
  mkdir -p "$OLD"
  for component in "$@"; do
    if [ -f "$MANIFESTS/$component.yaml" ]; then
      install -m 0600 "$MANIFESTS/$component.yaml" "$OLD/$component.yaml"
      rm -f "$MANIFESTS/$component.yaml"
    fi
  done
  for component in "$@"; do wait_until 90 "the kubelet of $NODE_NAME has ended $component" pod_is_gone "$component"; done
}

# put FOLDER COMPONENT…: in one rename each.
put() {
  local from=$1 component
  shift
  for component in "$@"; do
    touch "$STAGE/put-$component"
    install -m 0600 "$from/$component.yaml" "/etc/kubernetes/.$component.yaml"
    mv -f "/etc/kubernetes/.$component.yaml" "$MANIFESTS/$component.yaml"
  done
}

is_healthy() {
  case $1 in
    kube-apiserver) own_api_is_ready ;;
    kube-controller-manager) [ "$(curl -fsSk --max-time 3 https://127.0.0.1:10257/healthz)" = ok ] ;;
    kube-scheduler) [ "$(curl -fsSk --max-time 3 https://127.0.0.1:10259/healthz)" = ok ] ;;
  esac
}

healthy_or_hopeless() { is_healthy "$1" || keeps_exiting "$1"; }

# become_healthy LIMIT COMPONENT…
become_healthy() {
  local limit=$1 component
  shift
  for component in "$@"; do
    try wait_until "$limit" "$component of $NODE_NAME is healthy" healthy_or_hopeless "$component" || return 1
    is_healthy "$component" || return 1
  done
}

last_words() {
  local component log
  for component in "$@"; do
    log=$(new_logs "$component" 2>/dev/null | head -n 1)
    is_healthy "$component" || printf '%s: %s ' "$component" "$([ -z "$log" ] || tail -n 3 "$log" | cut -d' ' -f4- | cut -c1-400 | tr '\n' ' ')"
  done
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
  die "$NODE_NAME did not become healthy with its new manifests and has the old ones back (${*}); no other control plane was touched. $why"
}

replace() {
  local rest=()
  say "$NODE_NAME: replacing $*"
  take_away "$@"
  if [ "$1" = kube-apiserver ]; then
    put "$NEW" kube-apiserver
    become_healthy 240 kube-apiserver || { [ $# -eq 1 ] || put "$OLD" "${@:2}"; roll_back kube-apiserver; }
    shift
  fi
  rest=("$@")
  [ ${#rest[@]} -gt 0 ] || return 0
  put "$NEW" "${rest[@]}"
  become_healthy 180 "${rest[@]}" || roll_back "${rest[@]}"
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
if [ -d "$OLD" ]; then
  pass_gates "after changing $NODE_NAME" 180 "${GATES_AFTER[@]}"
  wait_until 120 "the static pods of $NODE_NAME run at $KUBERNETES_VERSION" running_as_wanted
  rm -rf "$OLD"
fi
