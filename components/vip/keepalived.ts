/** keepalived's configuration: who holds the virtual IP. Pure. */
import { asksOwnMember, controlPlanes, hasHaproxy, virtualAddress } from "../spec/topology";
import type { ClusterSpec, HostSpec } from "../spec/types";
import { READY_PORT, READY_URI } from "./haproxy";

/** Priority of the first control plane; each further one has one less. 255 is for the address's owner, never used. */
const TOP_PRIORITY = 252;

/**
 * Seconds between adverts of the holder; three that do not come make another one take the address. Measured between
 * network namespaces with keepalived 2.2.7 and 2.3.3, as the longest gap that a prober sees after the holder is cut off:
 * 0.7–1.0 s (1.2 s once on a machine under load), at 1 s 2.3–2.8 s, at 0.5 s 1.1–2.0 s, at 0.2 s 0.4–0.9 s. What it bears
 * without a move: pauses of the holder up to 0.6 s (0.4 s at 0.2 s; 0.8 s is too much), and 30 busy processes beside
 * keepalived in 5 % of one processor, given real time; with ordinary priority even 0.5 s moves there.
 */
const ADVERT_INTERVAL = 0.3;

/**
 * Seconds for which keepalived listens before it counts missing adverts. A host that boots may hear nothing yet, while
 * what it sends gets through: without it, one of higher priority took the address from its holder after 1.1 s of
 * deafness. A holder that dies is followed as fast as before; an address that nobody holds, as after a power cut of all
 * or with an only control plane, comes 3 s later, before any API server is up.
 */
const STARTUP_DELAY = 3;

/** keepalived calls the interface by this name until the host puts in the one that carries its node address. */
export const INTERFACE_MARK = "@INTERFACE@";

/** What a stopped HAProxy writes, for keepalived to know at once. In a folder that is there from boot on. */
export const STOPPED_FILE = "/run/kubeadm-ha/haproxy-stopped";

/**
 * keepalived.conf. With HAProxy, the script asks it alone, not the API: the address has to be held before the first
 * API server runs and when none does; without, it asks whether this API server is ready or nobody's is. `nopreempt`
 * with a script weight would never move the address (keepalived #2599), so a failing check is a fault. VRRP 3, for
 * intervals below a second; it has no passwords, and adverts that come from no peer are ignored. `timer_expired_backup`,
 * by which a holder that stood still for too long leaves the address to its successor, came with 2.2.8: Debian 12's 2.2.7
 * refuses it, so a holder of higher priority takes the address back when it goes on.
 */
export function keepalivedConfig(spec: ClusterSpec, host: HostSpec): string {
  const address = virtualAddress(spec.api);
  if (address === undefined) throw new Error("without a virtual IP there is no keepalived");
  const all = controlPlanes(spec);
  const priority = TOP_PRIORITY - all.findIndex((other) => other.name === host.name);
  const device = host.vipInterface === undefined ? "" : ` dev ${host.vipInterface}`;
  const tracked = hasHaproxy(spec.api) ? haproxyTracking : apiTracking(spec, host);
  return `# Written by kubeadm-ha.
global_defs {
    router_id ${host.name}
    enable_script_security
    script_user keepalived_script
    vrrp_version 3
    vrrp_no_swap
    vrrp_startup_delay ${STARTUP_DELAY}
    max_auto_priority -1
    vrrp_garp_master_delay 1
    vrrp_garp_master_refresh 60
    vrrp_garp_master_refresh_repeat 2
    # After a partition, neighbours are told again by the one that keeps the address.
    vrrp_higher_prio_send_advert true
}

${tracked.definitions}
vrrp_instance api {
    state BACKUP
    nopreempt
    interface ${INTERFACE_MARK}
    virtual_router_id ${address.routerId}
    priority ${priority}
    advert_int ${ADVERT_INTERVAL}
    unicast_src_ip ${host.ip}
${unicast(all, host)}    track_src_ip
    virtual_ipaddress {
        ${address.vip}/${address.vipPrefix}${device}
    }
${tracked.uses}}
`;
}

interface Tracking {
  definitions: string;
  uses: string;
}

/** A stop or a crash shows in the file at once, by HAProxy's unit; a hang shows by the script. */
const haproxyTracking: Tracking = {
  definitions: `track_file haproxy_stopped {
    file "${STOPPED_FILE}"
    weight 0
}

vrrp_script haproxy_ready {
    script "/usr/bin/curl -fsS -o /dev/null --max-time 1 http://127.0.0.1:${READY_PORT}${READY_URI}"
    interval 2
    timeout 2
    fall 2
    rise 2
    weight 0
}
`,
  uses: `    track_file {
        haproxy_stopped weight 0
    }
    track_script {
        haproxy_ready
    }
`,
};

function apiTracking(spec: ClusterSpec, host: HostSpec): Tracking {
  const others = controlPlanes(spec).filter(({ name }) => name !== host.name);
  // Where all ask the same members, etcd's state says nothing about who should have the address.
  const path = asksOwnMember(host) ? "/readyz" : "/readyz?exclude=etcd&exclude=etcd-readiness";
  const urls = [host, ...others].map(({ ip }) => `https://${ip}:${spec.api.bindPort}${path}`);
  return {
    definitions: `vrrp_script may_hold {
    script "/etc/keepalived/may-hold ${urls.join(" ")}"
    interval 1
    timeout 4
    fall 2
    rise 2
    weight 0
}
`,
    uses: `    track_script {
        may_hold
    }
`,
  };
}

/**
 * An only control plane is its own peer, and hears itself as little as anybody: without peers keepalived takes the
 * address by multicast or never, and gives it up for a second when it gets peers by a reload.
 */
function unicast(all: HostSpec[], host: HostSpec): string {
  const others = all.filter(({ name }) => name !== host.name);
  const peers = others.length === 0 ? [host] : others;
  const list = peers.map((peer) => `        ${peer.ip}\n`).join("");
  return `    unicast_peer {\n${list}    }\n    check_unicast_src\n    unicast_fault_no_peer\n`;
}

/** Drop-in of haproxy.service. */
export function haproxyUnit(): string {
  const write = (value: number) => `/bin/sh -c 'mkdir -p /run/kubeadm-ha && echo ${value} >${STOPPED_FILE}'`;
  return `# Written by kubeadm-ha.
[Service]
ExecStartPost=${write(0)}
ExecStopPost=${write(1)}
`;
}

/**
 * Drop-in of keepalived.service. One that was killed leaves the address on the host until it runs again. Real time is
 * given from here, for with keepalived's own `vrrp_rt_priority` each reload takes the address away for a second (2.2.7
 * and 2.3.3); where it is not to be had, as in some containers, niceness is what remains.
 */
export function keepalivedUnit(): string {
  return `# Written by kubeadm-ha.
[Service]
ExecStartPre=/bin/mkdir -p /run/kubeadm-ha
ExecStartPost=-/bin/sh -c 'xargs -n1 chrt --rr --reset-on-fork -p 50 </proc/$MAINPID/task/$MAINPID/children'
Nice=-20
Restart=on-failure
`;
}
