/**
 * A small Kubernetes API over https: enough of creating, applying, field managers, dry runs and finalizers to see what a
 * provider asks for. The lab's own cluster is the real test.
 */
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject, KubernetesObject, ManagedFields } from "../standins/kubernetes/json";

export interface Seen {
  method: string;
  path: string;
  query: Record<string, string>;
  contentType: string;
  body: unknown;
}

interface Refusal {
  code: number;
  reason: string;
  message: string;
}

type Stored = KubernetesObject & { metadata: JsonObject & { name: string; managedFields: ManagedFields[] } };

const refuse = (code: number, reason: string, message: string): Refusal => ({ code, reason, message });
const isRefusal = (value: unknown): value is Refusal => typeof value === "object" && value !== null && "code" in value;

/** A key and a certificate for 127.0.0.1, made by openssl: the fake is not to share code with what it tests. */
function selfSigned(): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), "kubeadm-ha-fakeapi-"));
  try {
    const [key, cert] = [join(folder, "key"), join(folder, "cert")];
    const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    execFileSync("openssl", ["req", "-x509", ...curve, "-keyout", key, "-out", cert, "-days", "2", ...subject], {
      stdio: "ignore",
    });
    return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The leaves of an object as field paths: `spec.replicas`. */
function leaves(value: unknown, path = ""): Map<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return new Map([[path, value]]);
  const found = new Map<string, unknown>();
  for (const [key, item] of Object.entries(value))
    for (const [at, leaf] of leaves(item, path ? `${path}.${key}` : key)) found.set(at, leaf);
  return found;
}

function merge(into: JsonObject, from: JsonObject): JsonObject {
  for (const [key, value] of Object.entries(from)) {
    const old = into[key];
    const both =
      typeof value === "object" &&
      value !== null &&
      !Array.isArray(value) &&
      typeof old === "object" &&
      old !== null &&
      !Array.isArray(old);
    into[key] = both ? merge({ ...old }, value) : value;
  }
  return into;
}

const owned = (object: KubernetesObject): JsonObject => {
  const { apiVersion: _a, kind: _k, metadata: _m, ...rest } = object;
  return Object.fromEntries([...leaves(rest).keys()].map((path) => [path, {}]));
};

export class FakeApi {
  readonly seen: Seen[] = [];
  readonly objects = new Map<string, Stored>();
  /** Changes objects as controllers would, after each write. */
  controller: (object: Stored) => void = () => undefined;
  /** Deletions that only mark the object, as finalizers make them. */
  holdDeletions = false;

  private constructor(
    private readonly server: Server,
    private readonly cert: string,
  ) {}

  static async start(): Promise<FakeApi> {
    const { key, cert } = selfSigned();
    const server = createServer({ key, cert });
    const api = new FakeApi(server, cert);
    server.on("request", (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const url = new URL(request.url ?? "/", "https://x");
        const text = Buffer.concat(chunks).toString();
        const answer = api.answer({
          method: request.method ?? "",
          path: url.pathname,
          query: Object.fromEntries(url.searchParams),
          contentType: request.headers["content-type"] ?? "",
          body: text ? (JSON.parse(text) as unknown) : undefined,
        });
        const status = isRefusal(answer) ? answer.code : 200;
        const body = isRefusal(answer) ? { kind: "Status", status: "Failure", ...answer } : answer;
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return api;
  }

  get kubeconfig(): string {
    const { port } = this.server.address() as AddressInfo;
    const ca = Buffer.from(this.cert).toString("base64");
    return JSON.stringify({
      "current-context": "c",
      clusters: [{ name: "k", cluster: { server: `https://127.0.0.1:${port}`, "certificate-authority-data": ca } }],
      users: [{ name: "u", user: { token: "t" } }],
      contexts: [{ name: "c", context: { cluster: "k", user: "u" } }],
    });
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private answer(request: Seen): JsonObject | Refusal {
    this.seen.push(request);
    if (request.path === "/version") return { gitVersion: "v1.35.4" };
    if (request.path === "/apis/lab.example/v1")
      return { resources: [{ name: "things", kind: "Thing", namespaced: true }] };
    if (/^\/apis\/[^/]+\/[^/]+$/.test(request.path))
      return refuse(404, "NotFound", "the server could not find the requested resource");
    const object = this.objects.get(request.path);
    const dry = request.query["dryRun"] === "All";
    switch (request.method) {
      case "GET":
        return object ?? refuse(404, "NotFound", `${request.path} not found`);
      case "POST":
        return this.create(request, dry);
      case "PATCH":
        return request.contentType === "application/json-patch+json"
          ? this.jsonPatch(request)
          : this.apply(request, dry);
      case "DELETE":
        if (!object) return refuse(404, "NotFound", `${request.path} not found`);
        if (this.holdDeletions) object.metadata["finalizers"] = ["foregroundDeletion"];
        else this.objects.delete(request.path);
        return { kind: "Status", status: "Success" };
      default:
        return refuse(405, "MethodNotAllowed", request.method);
    }
  }

  private create(request: Seen, dry: boolean): JsonObject | Refusal {
    const body = request.body as Stored;
    const path = `${request.path}/${body.metadata.name}`;
    if (this.objects.has(path)) return refuse(409, "AlreadyExists", `"${body.metadata.name}" already exists`);
    const namespace = /\/namespaces\/([^/]+)\/[^/]+$/.exec(request.path)?.[1];
    const managedFields = [{ manager: request.query["fieldManager"]!, operation: "Update", fieldsV1: owned(body) }];
    const stored = structuredClone(body);
    Object.assign(stored.metadata, {
      uid: randomUUID(),
      generation: 1,
      resourceVersion: "1",
      managedFields,
      ...(namespace ? { namespace } : {}),
    });
    return this.store(path, stored, dry);
  }

  private apply(request: Seen, dry: boolean): JsonObject | Refusal {
    const body = request.body as Stored;
    const manager = request.query["fieldManager"]!;
    const old = this.objects.get(request.path);
    const wanted = Object.keys(owned(body));
    const others = (old?.metadata.managedFields ?? []).filter(
      (entry) => entry.manager !== manager || entry.operation !== "Apply",
    );
    for (const path of wanted) {
      const holder = others.find((entry) => path in (entry.fieldsV1 ?? {}));
      const [was, is] = [leaves(old).get(path), leaves(body).get(path)];
      if (holder && JSON.stringify(was) !== JSON.stringify(is) && request.query["force"] !== "true")
        return refuse(409, "Conflict", `Apply failed with 1 conflict: conflict with "${holder.manager}": .${path}`);
    }
    const entry = { manager, operation: "Apply", fieldsV1: owned(body) };
    const stored = merge(
      structuredClone(old ?? ({ metadata: { uid: randomUUID() } } as never)),
      structuredClone(body),
    ) as Stored;
    stored.metadata.managedFields = [...others, entry];
    return this.store(request.path, stored, dry);
  }

  private jsonPatch(request: Seen): JsonObject | Refusal {
    const object = this.objects.get(request.path);
    if (!object) return refuse(404, "NotFound", request.path);
    for (const { path, value } of request.body as { path: string; value: never }[]) {
      const [, , field] = path.split("/");
      object.metadata[field!] = value;
    }
    return object;
  }

  private store(path: string, object: Stored, dry: boolean): Stored {
    if (dry) return object;
    this.objects.set(path, object);
    this.controller(object);
    return object;
  }
}
