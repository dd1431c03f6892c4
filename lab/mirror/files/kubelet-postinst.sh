#!/bin/bash
set -euo pipefail
# The unit is left as it is, neither enabled nor started: its configuration comes from kubeadm.
if [ "$1" = configure ] && [ -d /run/systemd/system ]; then
    systemctl daemon-reload
fi
