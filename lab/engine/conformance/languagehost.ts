/** A Node.js language host under test: started as the engine starts it, called over gRPC. */
import { spawn, type ChildProcess } from "node:child_process";
import * as grpc from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LanguageRuntimeClient, LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/language_pb";
import { unary } from "./unary";

const START_LIMIT_MS = 60_000;

export interface Program {
  folder: string;
  entryPoint?: string;
  options?: Record<string, unknown>;
}

export interface Run extends Program {
  config?: Record<string, string>;
  secretKeys?: string[];
  dryRun?: boolean;
  parallel?: number;
}

async function listen(server: grpc.Server): Promise<string> {
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return `127.0.0.1:${port}`;
}

export class LanguageHost {
  /** What the host and its programs have printed. */
  output = "";

  private constructor(
    private readonly child: ChildProcess,
    private readonly engine: grpc.Server,
    private readonly client: LanguageRuntimeClient,
    readonly address: string,
  ) {}

  static async start(executable: string, cwd: string, env: NodeJS.ProcessEnv): Promise<LanguageHost> {
    const engine = new grpc.Server();
    engine.addService(EngineService, {
      log: (_call: unknown, done: grpc.sendUnaryData<Empty>) => done(null, new Empty()),
    });
    const address = await listen(engine);
    const child = spawn(executable, [address], {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    const lines: string[] = [];
    let host: LanguageHost | undefined;
    const port = await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${executable} printed no port`)), START_LIMIT_MS);
      child.once("exit", (code) => reject(new Error(`${executable} ended with ${code}`)));
      child.stderr.setEncoding("utf8").on("data", (text: string) => host && (host.output += text));
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        if (host) host.output += text;
        else lines.push(text);
        if (!lines.join("").includes("\n")) return;
        clearTimeout(timer);
        resolve(lines.join("").trim());
      });
    });
    const client = new LanguageRuntimeClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    host = new LanguageHost(child, engine, client, address);
    return host;
  }

  private call<Q, S>(method: grpc.MethodDefinition<Q, S>, request: Q): Promise<S> {
    return unary(this.client, method, request);
  }

  private info({ folder, entryPoint = ".", options = {} }: Program): pb.ProgramInfo {
    const info = new pb.ProgramInfo().setRootDirectory(folder).setProgramDirectory(folder).setEntryPoint(entryPoint);
    return info.setOptions(Struct.fromJavaScript(options as Record<string, JavaScriptValue>));
  }

  async run(run: Run): Promise<{ error: string; bail: boolean }> {
    const request = new pb.RunRequest().setProject("kubeadm-ha").setStack("dev").setOrganization("organization");
    request
      .setInfo(this.info(run))
      .setMonitorAddress(this.address)
      .setDryrun(run.dryRun ?? false)
      .setParallel(run.parallel ?? 8);
    for (const [key, value] of Object.entries(run.config ?? {})) request.getConfigMap().set(key, value);
    request.setConfigsecretkeysList(run.secretKeys ?? []);
    const answer = await this.call(LanguageRuntimeService.run, request);
    return { error: answer.getError(), bail: answer.getBail() };
  }

  async requiredPackages(program: Program): Promise<string[]> {
    const request = new pb.GetRequiredPackagesRequest().setInfo(this.info(program));
    const answer = await this.call(LanguageRuntimeService.getRequiredPackages, request);
    return answer
      .getPackagesList()
      .map((item) => `${item.getKind()} ${item.getName()} ${item.getVersion()}`)
      .sort();
  }

  async version(): Promise<string> {
    return (await this.call(LanguageRuntimeService.getPluginInfo, new Empty())).getVersion();
  }

  async stop(): Promise<void> {
    this.client.close();
    this.engine.forceShutdown();
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGKILL");
    await ended;
  }
}
