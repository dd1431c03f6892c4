/** keepalived's configuration: who holds the virtual IP. Pure. */
import { controlPlanes } from "../spec/topology";
import type { ClusterSpec, HostSpec } from "../spec/types";
import { READY_PORT } from "./haproxy";

/** Priority of the first control plane; each further one has one less. 255 is for the address's owner, never used. */
const TOP_PRIORITY = 252;

/** keepalived calls the interface by this name until the host puts in the one that carries its node address. */
export const INTERFACE_MARK = "@INTERFACE@";

/**
 * keepalived.conf. The script asks HAProxy alone, not the API: the address has to be held before the first API
 * server runs and when none does. `nopreempt` with a script weight would never move the address (keepalived #2599),
 * so a failing check is a fault. The password stands in a file of its own, which this one includes.
 */
export function keepalivedConfig(spec: ClusterSpec, host: HostSpec): string {
  const all = controlPlanes(spec);
  const peers = all.filter((other) => other.name !== host.name);
  const priority = TOP_PRIORITY - all.findIndex((other) => other.name === host.name);
  return `# Written by kubeadm-ha.
global_defs {
    router_id ${host.name}
    enable_script_security
    script_user keepalived_script
    vrrp_garp_master_refresh 60
    vrrp_garp_master_refresh_repeat 2
    max_auto_priority -1
}

vrrp_script haproxy_ready {
    script "/usr/bin/curl -fsS -o /dev/null --max-time 1 http://127.0.0.1:${READY_PORT}/haproxy_ready"
    interval 2
    timeout 2
    fall 2
    rise 2
    weight 0
}

vrrp_instance api {
    state BACKUP
    nopreempt
    interface ${INTERFACE_MARK}
    virtual_router_id ${spec.api.routerId}
    priority ${priority}
    advert_int 1
    unicast_src_ip ${host.ip}
${unicast(peers)}    track_src_ip
    include /etc/keepalived/authentication.conf
    virtual_ipaddress {
        ${spec.api.vip}/${spec.api.vipPrefix}
    }
    track_script {
        haproxy_ready
    }
}
`;
}

/** The secret part: VRRP's plain-text password, of which eight characters count. */
export function authentication(password: string): string {
  return `authentication {\n    auth_type PASS\n    auth_pass ${password}\n}\n`;
}

function unicast(peers: HostSpec[]): string {
  const list = peers.map((peer) => `        ${peer.ip}\n`).join("");
  return `    unicast_peer {\n${list}    }\n    check_unicast_src\n    unicast_fault_no_peer\n`;
}
