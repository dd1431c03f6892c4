#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Questions about this node, asked with its own rights, which end at its own Node object and its own pods.
# Input: NODE_NAME.

NODE_KUBECONFIG=/etc/kubernetes/kubelet.conf

node_api() { kubectl --kubeconfig "$NODE_KUBECONFIG" --request-timeout 10s "$@" </dev/null; }

own_node() { node_api get node "$NODE_NAME" "$@"; }

node_is_gone() {
  local answer
  ! answer=$(own_node 2>&1) && [[ $answer == *NotFound* ]]
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
