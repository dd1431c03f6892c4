#!/bin/bash
set -euo pipefail
if [ "$1" = configure ] && [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    deb-systemd-helper enable containerd.service
    if [ -n "${2:-}" ]; then
        deb-systemd-invoke restart containerd.service
    else
        deb-systemd-invoke start containerd.service
    fi
fi
