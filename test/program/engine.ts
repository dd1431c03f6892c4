/**
 * A recording engine: serves Pulumi's resource monitor and engine protocols, runs the real index.ts against them the
 * way the language host does, and keeps every resource that the program registers. It changes nothing anywhere.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import * as grpc from "@grpc/grpc-js";
import * as engineService from "@pulumi/pulumi/proto/engine_grpc_pb";
import * as engineMessages from "@pulumi/pulumi/proto/engine_pb";
import * as providerMessages from "@pulumi/pulumi/proto/provider_pb";
import * as resourceService from "@pulumi/pulumi/proto/resource_grpc_pb";
import * as resourceMessages from "@pulumi/pulumi/proto/resource_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";

import { filesOf, repository, type StackConfig } from "../fixtures";
import { plausibleOutputs } from "./outputs";
import { Recording, type Resource } from "./recording";

const PROJECT = "kubeadm-ha";
const STACK = "dev";
/** Seconds for one run of the program; it takes two or three. */
const LIMIT = 120;

export interface RunOptions {
  /** Answers as in a preview of a first run: every output of every provider is unknown. */
  preview?: boolean;
  /** Name of a resource that its provider refuses, as a failing Check does. */
  refuse?: string;
  /** The stack output of that name which the last update left behind. */
  applied?: unknown;
}

/** Runs the program with a configuration and returns what it registered, printed and ended with. */
export async function record(config: StackConfig, options: RunOptions = {}): Promise<Recording> {
  const state = new Recording();
  const preview = options.preview ?? false;
  const server = new grpc.Server();
  server.addService(resourceService.ResourceMonitorService, monitor(state, options));
  server.addService(engineService.EngineService, engine(state));
  const port = await new Promise<number>((done, fail) =>
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? fail(error) : done(bound),
    ),
  );
  const folder = mkdtempSync(join(tmpdir(), "kubeadm-ha-program-"));
  try {
    for (const [path, content] of filesOf(config)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content, { mode: 0o600 });
    }
    await runProgram(state, `127.0.0.1:${port}`, folder, config, preview);
  } finally {
    server.forceShutdown();
    rmSync(folder, { recursive: true, force: true });
  }
  return state;
}

/** The same command line as the language host's. */
async function runProgram(
  state: Recording,
  address: string,
  folder: string,
  config: StackConfig,
  preview: boolean,
): Promise<void> {
  const runtime = join(repository, "node_modules/@pulumi/pulumi/cmd/run/index.js");
  const args = ["--require", "tsx/cjs", runtime];
  args.push("--monitor", address, "--engine", address, "--project", PROJECT, "--stack", STACK);
  args.push("--organization", "organization", "--pwd", repository, "--root-directory", folder, "--parallel", "16");
  if (preview) args.push("--dry-run");
  const env = {
    PATH: process.env["PATH"],
    HOME: folder,
    PULUMI_CONFIG: JSON.stringify(pulumiConfig(config)),
    PULUMI_CONFIG_SECRET_KEYS: "[]",
  };
  const child = spawn(process.execPath, [...args, "."], { cwd: repository, env, stdio: ["ignore", "pipe", "pipe"] });
  const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT * 1000);
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (state.printed += text));
  }
  state.exitCode = await new Promise<number>((done, fail) => {
    child.on("error", fail);
    child.on("close", (code) => done(code ?? -1));
  });
  clearTimeout(timer);
}

/** As the engine hands it over: text stays, everything else is JSON. */
function pulumiConfig(config: StackConfig): Record<string, string> {
  const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [`${PROJECT}:${key}`, text(value)]));
}

type Reply<T> = grpc.sendUnaryData<T>;
type Call<T> = grpc.ServerUnaryCall<T, unknown>;

function monitor(
  state: Recording,
  { preview = false, refuse, applied }: RunOptions,
): grpc.UntypedServiceImplementation {
  const empty = (_call: unknown, reply: Reply<Empty>) => reply(null, new Empty());
  return {
    supportsFeature(_call: unknown, reply: Reply<resourceMessages.SupportsFeatureResponse>) {
      const response = new resourceMessages.SupportsFeatureResponse();
      response.setHassupport(true);
      reply(null, response);
    },
    registerResource(
      { request }: Call<resourceMessages.RegisterResourceRequest>,
      reply: Reply<resourceMessages.RegisterResourceResponse>,
    ) {
      try {
        const resource = readRequest(request);
        if (resource.custom && resource.name === refuse) throw new Error(`${resource.name} is refused by this test`);
        state.add(resource);
        const response = new resourceMessages.RegisterResourceResponse();
        response.setUrn(resource.urn);
        if (resource.custom && !preview) response.setId(`id-of-${resource.name}`);
        const outputs = resource.custom ? plausibleOutputs(resource, preview, state.secrets) : {};
        response.setObject(struct({ ...resource.inputs, ...outputs }));
        reply(null, response);
      } catch (error) {
        reply({ code: grpc.status.INVALID_ARGUMENT, details: (error as Error).message });
      }
    },
    registerResourceOutputs({ request }: Call<resourceMessages.RegisterResourceOutputsRequest>, reply: Reply<Empty>) {
      state.outputs.set(request.getUrn(), request.getOutputs()?.toJavaScript() ?? {});
      reply(null, new Empty());
    },
    invoke({ request }: Call<resourceMessages.ResourceInvokeRequest>, reply: Reply<providerMessages.InvokeResponse>) {
      if (request.getTok() === "pulumi:pulumi:readStackOutputs") {
        // What is undefined does not travel.
        const outputs = JSON.parse(JSON.stringify({ applied })) as Record<string, JavaScriptValue>;
        reply(null, new providerMessages.InvokeResponse().setReturn(struct({ outputs })));
        return;
      }
      reply({ code: grpc.status.UNIMPLEMENTED, details: `no function ${request.getTok()} here` });
    },
    registerResourceHook: empty,
    registerErrorHook: empty,
    signalAndWaitForShutdown: empty,
  };
}

function engine(state: Recording): grpc.UntypedServiceImplementation {
  let root = "";
  return {
    log({ request }: Call<engineMessages.LogRequest>, reply: Reply<Empty>) {
      const isError = request.getSeverity() === engineMessages.LogSeverity.ERROR;
      (isError ? state.errors : state.messages).push(request.getMessage());
      reply(null, new Empty());
    },
    setRootResource(
      { request }: Call<engineMessages.SetRootResourceRequest>,
      reply: Reply<engineMessages.SetRootResourceResponse>,
    ) {
      root = request.getUrn();
      reply(null, new engineMessages.SetRootResourceResponse());
    },
    getRootResource(_call: unknown, reply: Reply<engineMessages.GetRootResourceResponse>) {
      const response = new engineMessages.GetRootResourceResponse();
      response.setUrn(root);
      reply(null, response);
    },
    requirePulumiVersion(_call: unknown, reply: Reply<engineMessages.RequirePulumiVersionResponse>) {
      reply(null, new engineMessages.RequirePulumiVersionResponse());
    },
  };
}

function readRequest(request: resourceMessages.RegisterResourceRequest): Resource {
  const type = request.getType();
  const name = request.getName();
  const parent = request.getParent();
  const parentTypes = parent === "" ? [] : [parent.split("::")[2] ?? ""].filter((path) => !path.startsWith("pulumi:"));
  const propertyDependencies = new Map<string, string[]>();
  request.getPropertydependenciesMap().forEach((list, key) => propertyDependencies.set(key, list.getUrnsList()));
  return {
    urn: `urn:pulumi:${STACK}::${PROJECT}::${[...parentTypes, type].join("$")}::${name}`,
    type,
    name,
    custom: request.getCustom(),
    parent,
    inputs: (request.getObject()?.toJavaScript() ?? {}) as Record<string, unknown>,
    dependencies: request.getDependenciesList(),
    propertyDependencies,
    replaceOnChanges: request.getReplaceonchangesList(),
    ignoreChanges: request.getIgnorechangesList(),
    deleteBeforeReplace: request.getDeletebeforereplace(),
    aliases: request.getAliasesList().map((alias) => alias.toObject()),
    hasHooks: request.hasHooks(),
    deletedWith: request.getDeletedwith(),
    provider: request.getProvider(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    hideDiffs: request.getHidediffsList(),
  };
}

function struct(value: Record<string, unknown>): Struct {
  return Struct.fromJavaScript(value as Record<string, JavaScriptValue>);
}
