#!/bin/bash
set -euo pipefail
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
    deb-systemd-invoke stop containerd.service
    deb-systemd-helper disable containerd.service
fi
