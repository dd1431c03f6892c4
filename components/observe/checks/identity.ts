/** Hosts are machines of their own: cloned ones share what must be unique. */
import {
  check,
  everyHost,
  onHost,
  seen,
  Severity,
  Weight,
  type Check,
  type Context,
  type Finding,
  type Seen,
} from "./check";
import { interfaceOf } from "./interfaces";
import { gravity } from "./running";

export const identityChecks: Check[] = [
  everyHost("hostname", "every host calls itself by its name in the configuration", Weight.Warning, (each) => {
    const { hostname } = each.facts;
    if (hostname === "" || hostname === each.host.name || hostname.split(".")[0] === each.host.name) return [];
    const reason = `is what the host calls itself, and its node is named ${each.host.name}`;
    const fix = `Run \`hostnamectl set-hostname ${each.host.name}\` there, or correct the entry: it may be another machine`;
    return [onHost(each, hostname, { reason, fix }, Severity.Warning)];
  }),

  unique(
    "hostname-unique",
    "no two hosts call themselves the same",
    ({ facts }) => facts.hostname,
    "is also the host name of",
    "Give each host a name of its own with `hostnamectl set-hostname`",
  ),

  unique(
    "machine-id-unique",
    "no two hosts share a machine ID",
    ({ facts }) => facts.machineId,
    "is also the machine ID of",
    "Run `rm /etc/machine-id /var/lib/dbus/machine-id; systemd-machine-id-setup` on the clone and reboot it: flannel's hardware address comes from it",
  ),

  unique(
    "product-uuid-unique",
    "no two hosts share a product UUID",
    ({ facts }) => facts.productUuid,
    "is also the product UUID of",
    "Give the virtual machine a UUID of its own in its hypervisor",
  ),

  unique(
    "mac-unique",
    "no two hosts share a hardware address",
    ({ facts, host }) => interfaceOf(facts, host.ip)?.mac ?? "",
    "is also the hardware address of",
    "Give the virtual machine's network card an address of its own in its hypervisor",
  ),
];

function unique(id: string, name: string, of: (seen: Seen) => string, is: string, fix: string): Check {
  return check(id, name, Weight.ByHost, (context) => repeated(context, of, is, fix));
}

function repeated(context: Context, of: (seen: Seen) => string, is: string, fix: string): Finding[] {
  const all = seen(context);
  return all.flatMap((each): Finding[] => {
    const value = of(each);
    const others = all.filter((other) => other !== each && of(other) === value);
    if (value === "" || others.length === 0) return [];
    const reason = `${is} ${others.map(({ host }) => host.name).join(", ")}`;
    return [onHost(each, value, { reason, fix }, gravity(context, each.host))];
  });
}
