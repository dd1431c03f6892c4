/** Reads Pulumi's event log: when each part of a build ran. */

interface EngineEvent {
  /** Seconds since 1970. */
  timestamp: number;
  resourcePreEvent?: { metadata: { urn: string } };
  resOutputsEvent?: { metadata: { urn: string } };
}

export interface Phase {
  name: string;
  /** Seconds from the first event of the run. */
  from: number;
  to: number;
}

const PARTS: [name: string, pattern: RegExp][] = [
  ["keys and certificates", /^tls:/],
  ["claims", /-claim$/],
  ["packages, kernel, containerd", /-prepare$/],
  ["images", /-images$/],
  ["etcd", /-member$|-etcd-healthy$/],
  ["virtual IP", /-vip$/],
  ["kubeadm init", /PrimaryControlPlane.*-control-plane$/],
  ["joins until Ready", /JoiningControlPlane.*-control-plane$|-worker$/],
  ["pod network", /^kubernetes:/],
  ["cluster ready", /-ready$/],
];

/** From the start of the first to the end of the last resource of each part. */
export function phases(log: string): Phase[] {
  const events = log
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as EngineEvent);
  const start = events[0]?.timestamp ?? 0;
  return PARTS.map(([name, pattern]) => {
    const times = events.filter((event) => pattern.test(identity(event))).map((event) => event.timestamp - start);
    return { name, from: Math.min(...times), to: Math.max(...times) };
  });
}

/** `type parents::name` of the event's resource. */
function identity(event: EngineEvent): string {
  const urn = (event.resourcePreEvent ?? event.resOutputsEvent)?.metadata.urn ?? "";
  const [, , types = "", name = ""] = urn.split("::");
  return `${types.split("$").at(-1)} ${types}::${name}`;
}
