/** The docker engine that the hosts run in: one that already answers, or a daemon of the lab's own. */
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { ensureDebianPackages } from "../debian";
import { LabError } from "../error";
import { withLock } from "../lock";
import { cacheDir, stateDir } from "../paths";
import { step } from "../say";
import { run, tail, waitFor, type RunOptions, type RunResult } from "../sh";
import { findPrograms } from "./programs";

/** How to reach the engine. */
export interface Engine {
  /** The docker client that this engine understands. */
  client: string;
  /** `unix:///…`, the value of DOCKER_HOST. */
  host: string;
  /** Whether it is the lab's own daemon. */
  own: boolean;
}

const START_LIMIT_S = 120;
const STOP_LIMIT_S = 60;

/** The lab's own daemon: its data in the cache, everything that goes with the process in the state folder. */
function ownDaemon() {
  const dir = stateDir("docker");
  return {
    dir,
    socket: join(dir, "docker.sock"),
    pidFile: join(dir, "docker.pid"),
    log: join(dir, "docker.log"),
    execRoot: join(dir, "exec"),
    dataRoot: cacheDir("docker"),
  };
}

let current: Engine | undefined;

/** Finds the engine, or starts the lab's own daemon. Safe to call again, from several commands at once. */
export async function ensureDocker(): Promise<Engine> {
  current ??= await findDocker();
  if (current) return current;
  const lock = { purpose: "starting docker", limit: 900 };
  return withLock(stateDir("docker.lock"), lock, async () => {
    current = await findDocker();
    if (current) return current;
    if (!findPrograms("dockerd").length || !findPrograms("docker").length) await ensureDebianPackages(["docker.io"]);
    // On a machine with an init system the package has started its own daemon.
    current = await findDocker();
    if (current) return current;
    await step("starting dockerd", startOwnDaemon);
    current = await findDocker();
    if (!current) {
      throw new LabError(
        `No docker client on PATH (${findPrograms("docker").join(", ")}) understands the dockerd of this machine.`,
        "Install a client and a daemon of like versions (apt-get install docker.io).",
      );
    }
    return current;
  });
}

/** The engine if one answers: DOCKER_HOST, else the lab's own daemon, else the machine's. */
export async function findDocker(): Promise<Engine | undefined> {
  const named = process.env.DOCKER_HOST;
  if (named) {
    const client = named.startsWith("unix://") ? await clientFor(named) : undefined;
    if (client) return { client, host: named, own: false };
    throw new LabError(
      `DOCKER_HOST=${named} is no engine on this machine that answers.`,
      "Start it, or unset DOCKER_HOST: the lab then uses the default socket or a daemon of its own.",
    );
  }
  for (const [socket, own] of [[ownDaemon().socket, true] as const, ["/var/run/docker.sock", false] as const]) {
    if (!existsSync(socket)) continue;
    const client = await clientFor(`unix://${socket}`);
    if (client) return { client, host: `unix://${socket}`, own };
  }
  return undefined;
}

/** Runs the docker client against the engine. */
export async function docker(args: string[], options: RunOptions = {}): Promise<RunResult> {
  const engine = await ensureDocker();
  return run(engine.client, ["--host", engine.host, ...args], options);
}

/** Several clients may be installed, and a new one refuses an old daemon: the first that gets an answer. */
async function clientFor(host: string): Promise<string | undefined> {
  for (const client of findPrograms("docker")) {
    const answer = await run(client, ["--host", host, "version", "--format", "{{.Server.Version}}"], {
      anyExit: true,
      limit: 15,
    }).catch(() => undefined);
    if (answer?.code === 0 && answer.stdout.trim() !== "") return client;
  }
  return undefined;
}

async function startOwnDaemon(): Promise<void> {
  const own = ownDaemon();
  const longest = join(own.execRoot, "containerd", "containerd-debug.sock");
  if (longest.length > 104) {
    throw new LabError(
      `The path of a socket may have 104 characters; ${longest} has ${longest.length}.`,
      "Set XDG_STATE_HOME to a shorter path.",
    );
  }
  mkdirSync(own.dir, { recursive: true, mode: 0o700 });
  mkdirSync(own.dataRoot, { recursive: true, mode: 0o700 });
  await clearLeftovers();

  if (existsSync(own.log) && statSync(own.log).size > 10_000_000) renameSync(own.log, `${own.log}.old`);
  const log = openSync(own.log, "a", 0o600);
  const child = spawn(
    findPrograms("dockerd")[0] ?? "dockerd",
    [
      `--host=unix://${own.socket}`,
      `--data-root=${own.dataRoot}`,
      `--exec-root=${own.execRoot}`,
      `--pidfile=${own.pidFile}`,
      // The labs have networks of their own: this daemon needs no bridge and leaves the machine's firewall alone.
      ...["--bridge=none", "--iptables=false", "--ip-forward=false"],
      "--insecure-registry=10.77.0.0/16",
    ],
    { cwd: "/", detached: true, stdio: ["ignore", log, log] },
  );
  closeSync(log);
  let ended: string | undefined;
  child.on("error", (error) => (ended = error.message));
  child.on("exit", (code, signal) => (ended = `it ended (${signal ?? `exit code ${code}`})`));

  await waitFor(
    {
      limit: START_LIMIT_S,
      problem: () => startFailure(`it gave no answer within ${START_LIMIT_S} s`),
    },
    async () => {
      if (ended) throw startFailure(ended);
      return existsSync(own.socket) ? clientFor(`unix://${own.socket}`) : undefined;
    },
  );
  child.removeAllListeners();
  child.unref();

  function startFailure(why: string): LabError {
    return new LabError(
      `dockerd did not start: ${why}. The end of ${own.log}:\n${tail(readFileSync(own.log, "utf8").trim())}`,
      "Correct what its log names, then run this again.",
    );
  }
}

/** What a daemon that was killed leaves behind and a new one would stumble over. */
async function clearLeftovers(): Promise<void> {
  const own = ownDaemon();
  // A recorded pid may be another program's by now: dockerd then refuses to start, or takes it for its containerd.
  rmSync(own.pidFile, { force: true });
  rmSync(own.socket, { force: true });
  const containerd = join(own.execRoot, "containerd");
  const orphan = pidIn(join(containerd, "containerd.pid"));
  if (orphan !== undefined && isRunning(orphan, containerd)) process.kill(orphan, "SIGKILL");
  rmSync(join(containerd, "containerd.pid"), { force: true });

  // dockerd joins a containerd whose socket it finds here, and waits for it for ever when nothing listens there.
  const systemSocket = "/run/containerd/containerd.sock";
  if (existsSync(systemSocket) && !(await listens(systemSocket))) rmSync(systemSocket);
}

/** Stops the lab's own daemon, by the pid that it wrote itself; any other daemon is left alone. */
export async function stopOwnDocker(): Promise<boolean> {
  const own = ownDaemon();
  const pid = pidIn(own.pidFile);
  if (pid === undefined || !isRunning(pid, own.pidFile)) return false;
  process.kill(pid, "SIGTERM");
  await waitFor(
    {
      limit: STOP_LIMIT_S,
      problem: () =>
        new LabError(`dockerd (pid ${pid}) did not end within ${STOP_LIMIT_S} s.`, `See ${own.log}, then kill ${pid}.`),
    },
    async () => !isRunning(pid, own.pidFile) || undefined,
  );
  current = undefined;
  // One that was killed left its mounts, and its successor takes them for somebody else's.
  for (const path of mountsUnder([own.dataRoot, own.execRoot], readFileSync("/proc/self/mounts", "utf8"))) {
    await run("umount", [path], { anyExit: true });
  }
  return true;
}

/** The mount points at or below these folders, the innermost first. */
export function mountsUnder(folders: string[], mounts: string): string[] {
  return mounts
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((path) => folders.some((folder) => path === folder || path.startsWith(`${folder}/`)))
    .reverse();
}

function pidIn(file: string): number | undefined {
  if (!existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, "utf8").trim());
  return Number.isInteger(pid) && pid > 1 ? pid : undefined;
}

/** Whether a process of that pid runs and its command line names that path: a pid alone may be another program's. */
function isRunning(pid: number, path: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(path);
  } catch {
    return false;
  }
}

function listens(socket: string): Promise<boolean> {
  return new Promise((done) => {
    const connection = connect({ path: socket });
    connection.setTimeout(5000, () => done(false));
    connection.on("connect", () => done(true));
    connection.on("error", () => done(false));
    connection.on("close", () => connection.destroy());
    connection.on("connect", () => connection.end());
  });
}
