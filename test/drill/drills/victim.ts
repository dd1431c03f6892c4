/** Whom the drills of API servers meet: one that their criteria can tell something of. */
import { Proxy, quietest } from "../proxy";
import type { Scene } from "../scene";

/** For a stream to be opened again, and be seen where it is. */
const MOVE_S = 30;

/**
 * A control plane that does not hold the virtual IP, whose API server gets the next new connections and carries the watch
 * and the kept connection: a fault elsewhere would meet neither. New connections go where the fewest are, so it is the
 * one with the fewest; both streams are ended where they are and opened again while HAProxy leads nowhere else.
 */
export async function victim(scene: Scene): Promise<string> {
  const { hosts, figures } = scene;
  const holder = await hosts.holder();
  const proxy = new Proxy(hosts, holder);
  const backups = hosts.controlPlanes.filter((host) => host !== holder);
  const chosen = quietest(await proxy.sessions(), backups);
  const others = hosts.controlPlanes.filter((host) => host !== chosen);
  scene.undoWith("HAProxy leads everywhere", () => proxy.serve(others));
  await proxy.drain(others);
  const moved = await scene.until(MOVE_S, () => carries(scene, proxy, chosen));
  await proxy.serve(others);
  figures.carried = moved === undefined ? 0 : 1;
  return chosen;
}

/** Whether both streams are there; those that are not are ended. */
async function carries(scene: Scene, proxy: Proxy, host: string): Promise<boolean> {
  const sources = Object.values(await scene.sources());
  const sessions = await proxy.sessions();
  const streams = sources.map((source) => sessions.find((session) => session.source === source));
  await proxy.end(streams.flatMap((stream) => (stream && stream.server !== host ? [stream] : [])));
  return streams.length > 0 && streams.every((stream) => stream?.server === host);
}
