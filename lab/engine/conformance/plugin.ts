/** A provider plugin under test: started as the engine starts it, called over gRPC, answers as plain JSON. */
import { spawn, type ChildProcess } from "node:child_process";
import * as grpc from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { ResourceProviderClient, ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { unary } from "./unary";

/** Wire JSON: secrets and unknowns as their signatures. */
export type Wire = Record<string, unknown>;

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
export const secret = (value: unknown): Wire => ({ [SIGNATURE]: "1b47061264138c4ac30d75fd1eb44270", value });

/** One spelling for what may be spelt in several ways: an unknown secret is a secret unknown, an output without marks its value. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  const fields = value as Wire;
  if (fields[SIGNATURE] === OUTPUT) {
    const inner = "value" in fields ? canonical(fields["value"]) : UNKNOWN;
    return fields["secret"] ? secret(inner) : inner;
  }
  return Object.fromEntries(Object.entries(fields).map(([key, item]) => [key, canonical(item)]));
}

const toStruct = (value: Wire): Struct => Struct.fromJavaScript(value as Record<string, JavaScriptValue>);
const fromStruct = (struct: Struct | undefined): Wire => canonical(struct?.toJavaScript() ?? {}) as Wire;

const KINDS = ["add", "add-replace", "delete", "delete-replace", "update", "update-replace"];

export interface DiffAnswer {
  changes: "none" | "some" | "unknown";
  replaces: string[];
  diffs: string[];
  deleteBeforeReplace: boolean;
  detailed: Record<string, string>;
}

export interface CallOptions {
  preview?: boolean;
  timeout?: number;
  ignoreChanges?: string[];
  oldInputs?: Wire;
}

/** A line that the plugin has sent to the engine. */
export interface LogLine {
  severity: number;
  message: string;
  status: boolean;
}

const START_LIMIT_MS = 60_000;

export class Plugin {
  logs: LogLine[] = [];

  private constructor(
    private readonly child: ChildProcess,
    private readonly engine: grpc.Server,
    private readonly client: ResourceProviderClient,
    private readonly type: string,
  ) {}

  /** Starts the executable and configures it; `type` is the token of the resource under test. */
  static async start(
    executable: string,
    type: string,
    config: Wire = {},
    env: NodeJS.ProcessEnv = {},
  ): Promise<Plugin> {
    const logs: LogLine[] = [];
    const engine = new grpc.Server();
    engine.addService(EngineService, {
      log: (call: grpc.ServerUnaryCall<LogRequest, Empty>, done: grpc.sendUnaryData<Empty>) => {
        const { severity, message, ephemeral } = call.request.toObject();
        logs.push({ severity, message, status: ephemeral });
        done(null, new Empty());
      },
    });
    const address = await new Promise<string>((resolve, reject) =>
      engine.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(`127.0.0.1:${port}`),
      ),
    );
    const child = spawn(executable, [address], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, SSH_AUTH_SOCK: undefined, ...env },
    });
    const port = await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${executable} printed no port`)), START_LIMIT_MS);
      let text = "";
      child.once("exit", (code) => reject(new Error(`${executable} ended with ${code}`)));
      child.stdout.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        if (!text.includes("\n")) return;
        clearTimeout(timer);
        resolve(text.trim());
      });
    });
    const client = new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    const plugin = new Plugin(child, engine, client, type);
    plugin.logs = logs;
    await plugin.configure(address, config);
    return plugin;
  }

  private call<Q, S>(method: grpc.MethodDefinition<Q, S>, request: Q): Promise<S> {
    return unary(this.client, method, request);
  }

  private async configure(engine: string, config: Wire): Promise<void> {
    const handshake = new pb.ProviderHandshakeRequest().setEngineAddress(engine).setConfigureWithUrn(true);
    await this.call(ResourceProviderService.handshake, handshake).catch((error: grpc.ServiceError) => {
      if (error.code !== grpc.status.UNIMPLEMENTED) throw error;
    });
    const request = new pb.ConfigureRequest();
    request.setArgs(toStruct(config));
    request.setAcceptsecrets(true);
    request.setAcceptresources(true);
    request.setSendsOldInputs(true);
    request.setSendsOldInputsToDelete(true);
    for (const [key, value] of Object.entries(config))
      request.getVariablesMap().set(`kubernetes:config:${key}`, String(value));
    await this.call(ResourceProviderService.configure, request);
  }

  urn(name: string): string {
    return `urn:pulumi:dev::kubeadm-ha::${this.type}::${name}`;
  }

  async check(news: Wire, olds: Wire = {}, name = "x") {
    const request = new pb.CheckRequest().setUrn(this.urn(name)).setName(name).setType(this.type);
    request.setNews(toStruct(news));
    request.setOlds(toStruct(olds));
    request.setRandomseed(Buffer.alloc(32, 7));
    const answer = await this.call(ResourceProviderService.check, request);
    const failures = answer.getFailuresList().map((failure) => failure.toObject());
    return { inputs: fromStruct(answer.getInputs()), failures };
  }

  async diffConfig(olds: Wire, news: Wire): Promise<DiffAnswer> {
    const request = new pb.DiffRequest().setUrn(this.urn("provider"));
    request.setOlds(toStruct(olds));
    request.setNews(toStruct(news));
    return diffAnswer(await this.call(ResourceProviderService.diffConfig, request));
  }

  async diff(state: Wire, oldInputs: Wire, news: Wire, id = "id", options: CallOptions = {}): Promise<DiffAnswer> {
    const request = new pb.DiffRequest().setUrn(this.urn("x")).setName("x").setType(this.type).setId(id);
    request.setOlds(toStruct(state));
    request.setOldInputs(toStruct(oldInputs));
    request.setNews(toStruct(news));
    request.setIgnorechangesList(options.ignoreChanges ?? []);
    return diffAnswer(await this.call(ResourceProviderService.diff, request));
  }

  async create(inputs: Wire, options: CallOptions = {}) {
    const request = new pb.CreateRequest().setUrn(this.urn("x")).setName("x").setType(this.type);
    request.setProperties(toStruct(inputs));
    request.setPreview(options.preview ?? false);
    request.setTimeout(options.timeout ?? 0);
    const answer = await this.call(ResourceProviderService.create, request);
    return { id: answer.getId(), state: fromStruct(answer.getProperties()) };
  }

  async update(id: string, state: Wire, oldInputs: Wire, news: Wire, options: CallOptions = {}): Promise<Wire> {
    const request = new pb.UpdateRequest().setUrn(this.urn("x")).setName("x").setType(this.type).setId(id);
    request.setOlds(toStruct(state));
    request.setOldInputs(toStruct(oldInputs));
    request.setNews(toStruct(news));
    request.setPreview(options.preview ?? false);
    request.setTimeout(options.timeout ?? 0);
    request.setIgnorechangesList(options.ignoreChanges ?? []);
    return fromStruct((await this.call(ResourceProviderService.update, request)).getProperties());
  }

  async read(id: string, state: Wire, inputs: Wire) {
    const request = new pb.ReadRequest().setUrn(this.urn("x")).setName("x").setType(this.type).setId(id);
    request.setProperties(toStruct(state));
    request.setInputs(toStruct(inputs));
    const answer = await this.call(ResourceProviderService.read, request);
    return { id: answer.getId(), state: fromStruct(answer.getProperties()), inputs: fromStruct(answer.getInputs()) };
  }

  async delete(id: string, state: Wire, oldInputs: Wire = {}, options: CallOptions = {}): Promise<void> {
    const request = new pb.DeleteRequest().setUrn(this.urn("x")).setName("x").setType(this.type).setId(id);
    request.setProperties(toStruct(state));
    request.setOldInputs(toStruct(oldInputs));
    request.setTimeout(options.timeout ?? 0);
    await this.call(ResourceProviderService.delete, request);
  }

  async invoke(token: string, args: Wire): Promise<Wire> {
    const request = new pb.InvokeRequest().setTok(token);
    request.setArgs(toStruct(args));
    return fromStruct((await this.call(ResourceProviderService.invoke, request)).getReturn());
  }

  async version(): Promise<string> {
    return (await this.call(ResourceProviderService.getPluginInfo, new Empty())).getVersion();
  }

  async cancel(): Promise<void> {
    await this.call(ResourceProviderService.cancel, new Empty());
  }

  /** Ends the process and waits for it. */
  async stop(): Promise<void> {
    this.client.close();
    this.engine.forceShutdown();
    if (this.child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGKILL");
    await ended;
  }
}

function diffAnswer(answer: pb.DiffResponse): DiffAnswer {
  const detailed: Record<string, string> = {};
  answer.getDetaileddiffMap().forEach((property, path) => (detailed[path] = KINDS[property.getKind()]!));
  return {
    changes: (["unknown", "none", "some"] as const)[answer.getChanges()]!,
    replaces: answer.getReplacesList().sort(),
    diffs: answer.getDiffsList().sort(),
    deleteBeforeReplace: answer.getDeletebeforereplace(),
    detailed,
  };
}
