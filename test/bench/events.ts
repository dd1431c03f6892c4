/** Reads Pulumi's event log: when each part of a run was in work. Its times are whole seconds. */

interface EngineEvent {
  /** Seconds since 1970. */
  timestamp: number;
  resourcePreEvent?: { metadata: Metadata };
  resOutputsEvent?: { metadata: Metadata };
  resOpFailedEvent?: { metadata: Metadata };
}

interface Metadata {
  op: string;
  urn: string;
  type: string;
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
  ["etcd", /EtcdMember.*-start$|-etcd-healthy$/],
  ["virtual IP", /-vip$/],
  ["kubeadm init", /PrimaryControlPlane.*-join$/],
  ["joins until Ready", /(JoiningControlPlane|Worker).*-join$/],
  ["releases", /-member$|-control-plane$|-settings$|-kubelet$/],
  ["pod network", /^kubernetes:/],
  ["cluster ready", /-ready$/],
];

/** One resource that a run changed. */
export interface Step {
  /** As in the program, `dev-cp1-control-plane`. */
  name: string;
  /** Seconds since 1970. */
  from: number;
  /** Undefined when the run ended before the resource did. */
  to: number | undefined;
  failed: boolean;
}

/** The resources that a run changed, in the order in which it began with them. */
export function steps(log: string): Step[] {
  const found = new Map<string, Step>();
  for (const event of parse(log)) {
    const metadata = metadataOf(event);
    if (!metadata || !isWork(metadata)) continue;
    const { urn } = metadata;
    const step = found.get(urn);
    if (event.resourcePreEvent) {
      const name = urn.split("::").at(-1) ?? urn;
      if (!step) found.set(urn, { name, from: event.timestamp, to: undefined, failed: false });
    } else if (step) {
      step.to = event.timestamp;
      step.failed ||= event.resOpFailedEvent !== undefined;
    }
  }
  return [...found.values()];
}

/** Neither something that stays as it is nor a component, which is only the sum of its parts. */
function isWork({ op, type }: Metadata): boolean {
  return op !== "same" && !/^(kubeadm-ha|pulumi):/.test(type);
}

/** From the start of the first to the end of the last resource of each part. */
export function phases(log: string): Phase[] {
  const events = parse(log);
  const start = events[0]?.timestamp ?? 0;
  return PARTS.map(([name, pattern]) => {
    const times = events.filter((event) => pattern.test(identity(event))).map((event) => event.timestamp - start);
    return { name, from: Math.min(...times), to: Math.max(...times) };
  });
}

/** A run that was cut off may leave half a line. */
function parse(log: string): EngineEvent[] {
  return log
    .split("\n")
    .slice(0, -1)
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as EngineEvent);
}

function metadataOf({ resourcePreEvent, resOutputsEvent, resOpFailedEvent }: EngineEvent): Metadata | undefined {
  return (resourcePreEvent ?? resOutputsEvent ?? resOpFailedEvent)?.metadata;
}

/** `type parents::name` of the event's resource. */
function identity(event: EngineEvent): string {
  const urn = metadataOf(event)?.urn ?? "";
  const [, , types = "", name = ""] = urn.split("::");
  return `${types.split("$").at(-1)} ${types}::${name}`;
}
