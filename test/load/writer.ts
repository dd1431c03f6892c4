/** Writes running numbers into a ring of ConfigMaps and knows which of them the API has acknowledged. */
import { sleep } from "../../lab/sh";
import { type Api, type ApiList, type ApiObject, eventually, isStatus } from "./api";
import { now } from "./clock";
import { type Attempt, type Availability, availability } from "./gaps";

export interface NumberedObject extends ApiObject {
  data: { number: string };
}

/** A write that the API has acknowledged. Numbers go up by one, whatever object they are in. */
export interface Write {
  name: string;
  number: number;
}

export interface WritesReport extends Availability {
  acknowledged: number;
  /** Numbers that were acknowledged and then were not there, or an older one was. */
  lost: number[];
}

const RING = 10;
const LABEL = "kubeadm-ha-load=numbers";

/** Path of the ring's list in a namespace. */
export function numbersPath(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/configmaps?labelSelector=${encodeURIComponent(LABEL)}`;
}

/** Acknowledged numbers that an object no longer holds, given the number that it does hold: 0 for an absent object. */
export function lostFrom(writes: Write[], name: string, stored: number): number[] {
  return writes.filter((write) => write.name === name && write.number > stored).map(({ number }) => number);
}

export class Writer {
  /** In the order in which they were acknowledged. */
  readonly acknowledged: Write[] = [];
  private readonly attempts: Attempt[] = [];
  private readonly lost = new Set<number>();
  /** resourceVersion by object, while it is known to be the last one. */
  private readonly versions = new Map<string, string>();
  private readonly path: string;
  private running: Promise<void> | undefined;
  private stopping = false;

  constructor(
    private readonly api: Api,
    private readonly namespace: string,
    private readonly intervalMs = 200,
  ) {
    this.path = `/api/v1/namespaces/${namespace}/configmaps`;
  }

  /** Makes the ring, then writes until stopped. */
  async start(): Promise<void> {
    for (let index = 0; index < RING; index++) {
      const object = this.object(nameOf(index), 0);
      this.remember(await this.api.json<NumberedObject>("POST", this.path, object));
    }
    this.running = this.write();
  }

  /** Ends with the write that is on its way, then reads everything back. */
  async stop(): Promise<WritesReport> {
    this.stopping = true;
    await this.running;
    const { items } = await eventually("reading back what was written", 60, () =>
      this.api.json<ApiList<NumberedObject>>("GET", numbersPath(this.namespace)),
    );
    const stored = new Map(items.map(({ metadata, data }) => [metadata.name, Number(data.number)]));
    for (let index = 0; index < RING; index++) this.judge(nameOf(index), stored.get(nameOf(index)) ?? 0);
    const lost = [...this.lost].sort((a, b) => a - b);
    return { ...availability(this.attempts), acknowledged: this.acknowledged.length, lost };
  }

  private async write(): Promise<void> {
    for (let number = 1; !this.stopping;) {
      const sent = now();
      try {
        await this.put(nameOf(number % RING), number);
        this.attempts.push({ sent, ended: now() });
        number += 1;
      } catch (error) {
        this.attempts.push({ sent, ended: now(), error: (error as Error).message });
      }
      await sleep(Math.max(0, this.intervalMs - (now() - sent)) / 1000);
    }
  }

  /**
   * Writes a number over the version that is known. After a failure nobody knows whether it was written, and the
   * request may still be on its way: the object is read first, and the known version keeps a late request from undoing
   * a newer write.
   */
  private async put(name: string, number: number): Promise<void> {
    let version = this.versions.get(name);
    if (version === undefined) {
      const found = await this.read(name);
      this.judge(name, found ? Number(found.data.number) : 0);
      version = found?.metadata.resourceVersion;
      if (found?.data.number === String(number)) {
        this.remember(found);
        this.acknowledged.push({ name, number });
        return;
      }
    }
    this.versions.delete(name);
    const object = this.object(name, number, version);
    const saved =
      version === undefined
        ? await this.api.json<NumberedObject>("POST", this.path, object)
        : await this.api.json<NumberedObject>("PUT", `${this.path}/${name}`, object);
    this.remember(saved);
    this.acknowledged.push({ name, number });
  }

  private async read(name: string): Promise<NumberedObject | undefined> {
    try {
      return await this.api.json<NumberedObject>("GET", `${this.path}/${name}`);
    } catch (error) {
      if (isStatus(error, 404)) return undefined;
      throw error;
    }
  }

  private judge(name: string, stored: number): void {
    lostFrom(this.acknowledged, name, stored).forEach((number) => this.lost.add(number));
  }

  private remember({ metadata }: NumberedObject): void {
    this.versions.set(metadata.name, metadata.resourceVersion);
  }

  private object(name: string, number: number, resourceVersion?: string): object {
    const [key = "", value = ""] = LABEL.split("=");
    return {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, labels: { [key]: value }, ...(resourceVersion && { resourceVersion }) },
      data: { number: String(number) },
    };
  }
}

function nameOf(index: number): string {
  return `numbers-${index}`;
}
