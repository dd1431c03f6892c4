#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# containerd's configuration. Files: config.toml.

containerd_config() { quietly 20 "containerd's check of its configuration" containerd --config "$STAGE/config.toml" config dump; }

containerd_answers() { ctr --connect-timeout 2s version; }

# ensure_containerd: the configuration is in place and containerd runs with it and at the installed version.
ensure_containerd() {
  containerd_config
  install_file config.toml /etc/containerd/config.toml 0644
  systemctl is-enabled --quiet containerd || quietly 60 "enabling containerd" systemctl enable containerd
  # Pods outlive containerd, so a package can be newer than what runs.
  if changed /etc/containerd/config.toml || ! unit_active containerd || ! runs_installed containerd; then
    quietly 90 "restarting containerd" systemctl restart containerd
  fi
  wait_until 30 "containerd on $NODE_NAME answers" containerd_answers
}
