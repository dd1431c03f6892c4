#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Cluster-wide documents and kubeadm's own add-ons, once every control plane runs the wanted version: kubeadm's
# ConfigMaps, which every later join and kubelet release reads, its RBAC rules, CoreDNS and kube-proxy.
# Input: NODE_NAME, KUBERNETES_VERSION, DNS_BY (kubeadm|image), DNS_IMAGE and the inputs of the gates and of the documents.

every_api_server_at_version() {
  local list
  list=$(admin -n kube-system get pods -l component=kube-apiserver -o 'jsonpath={range .items[*]}{.spec.nodeName} {.spec.containers[0].image}{"\n"}{end}')
  printf '%s\n' "$list"
  [ -n "$list" ] && ! grep -v ":$KUBERNETES_VERSION$" <<<"$list"
}

proxy_data() { admin -n kube-system get configmap kube-proxy -o 'jsonpath={.data}' | sha256sum; }
proxy_template() { admin -n kube-system get daemonset kube-proxy -o 'jsonpath={.metadata.generation}'; }

kubeadm_quietly() { quietly 240 "kubeadm $*" kubeadm "$@"; }

publish() {
  local data template
  wait_until 60 "every API server runs $KUBERNETES_VERSION" every_api_server_at_version
  data=$(proxy_data) template=$(proxy_template)
  kubeadm_quietly init phase upload-config all --config "$STAGE/whole.yaml"
  # RBAC of joins and whatever a release does once after an upgrade; what comes before and beside it is done here.
  kubeadm_quietly upgrade apply "$KUBERNETES_VERSION" --yes --skip-phases=preflight,control-plane,upload-config,kubelet-config,addon
  kubeadm_quietly init phase addon kube-proxy --config "$STAGE/whole.yaml"
  publish_dns
  # A changed ConfigMap alone restarts nothing.
  if [ "$data" != "$(proxy_data)" ] && [ "$template" = "$(proxy_template)" ]; then
    quietly 30 "restarting kube-proxy" kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system rollout restart daemonset/kube-proxy
  fi
  wait_until 300 "kube-proxy runs with its settings on every node that is Ready" proxies_updated
  mark_published
}

# kubeadm refuses to touch a CoreDNS release that it does not know, and one that the operator chose may be such: then
# only its image follows the configuration.
publish_dns() {
  if [ "$DNS_BY" = kubeadm ]; then
    kubeadm_quietly init phase addon coredns --config "$STAGE/whole.yaml"
  else
    quietly 30 "setting CoreDNS's image" kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout 10s \
      -n kube-system set image deployment/coredns "coredns=$DNS_IMAGE"
  fi
}

# A dead node must not hold up the others.
proxies_updated() {
  local generation nodes pods node
  generation=$(admin -n kube-system get daemonset kube-proxy -o 'jsonpath={.metadata.generation} {.status.observedGeneration}')
  [ "${generation% *}" = "${generation#* }" ] || return 1
  generation=$(admin -n kube-system get controllerrevisions -l k8s-app=kube-proxy --sort-by=.revision -o 'jsonpath={range .items[*]}{.metadata.labels.controller-revision-hash}{"\n"}{end}' | tail -n 1)
  nodes=$(admin get nodes -o 'jsonpath={range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}' | awk '$2 == "True" {print $1}')
  pods=$(admin -n kube-system get pods -l "k8s-app=kube-proxy,controller-revision-hash=$generation" -o 'jsonpath={range .items[*]}{.spec.nodeName} {.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}')
  for node in $nodes; do
    grep -qx "$node True" <<<"$pods" || {
      printf 'not yet on %s\n' "$node"
      return 1
    }
  done
}

if ! published; then
  join_documents
  pass_gates "before changing the cluster's settings" 120 "${GATES_AFTER[@]}"
  publish
  published || die "the cluster's ConfigMaps do not say what was written"
  pass_gates "after changing the cluster's settings" 120 "${GATES_AFTER[@]}"
fi
