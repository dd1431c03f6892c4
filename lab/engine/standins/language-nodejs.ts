/**
 * Stand-in for Pulumi's Node.js language host, `pulumi-language-nodejs`, for machines where the official one cannot be
 * downloaded. Only the lab uses it.
 */
import { execFile } from "node:child_process";
import type * as grpc from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/language_pb";
import { PackageDependency, PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { installedPackages, requiredPlugins } from "./language/packages";
import { runProgram, type RunRequest } from "./language/run";
import { servePlugin } from "./wire/server";
import { unary } from "./wire/unary";

/** The version of the CLI that this stand-in goes with. */
const VERSION = "3.259.0";

let engine = process.argv.slice(2).find((argument) => !argument.startsWith("-")) ?? "";
const cancelled = new AbortController();

function entriesOf(map: { forEach(callback: (value: string, key: string) => void): void }): Record<string, string> {
  const entries: Record<string, string> = {};
  map.forEach((value, key) => (entries[key] = value));
  return entries;
}

function runRequest(request: pb.RunRequest): RunRequest {
  const info = request.getInfo();
  return {
    engine,
    monitor: request.getMonitorAddress(),
    organization: request.getOrganization(),
    project: request.getProject(),
    stack: request.getStack(),
    rootDirectory: info?.getRootDirectory() ?? "",
    programDirectory: info?.getProgramDirectory() ?? request.getPwd(),
    entryPoint: info?.getEntryPoint() || ".",
    dryRun: request.getDryrun(),
    parallel: request.getParallel(),
    args: request.getArgsList(),
    config: entriesOf(request.getConfigMap()),
    configSecretKeys: request.getConfigsecretkeysList(),
    options: info?.getOptions()?.toJavaScript() ?? {},
  };
}

function requiredPackages(request: pb.GetRequiredPackagesRequest): pb.GetRequiredPackagesResponse {
  const response = new pb.GetRequiredPackagesResponse();
  for (const plugin of requiredPlugins(request.getInfo()?.getProgramDirectory() ?? "")) {
    const dependency = new PackageDependency();
    dependency.setName(plugin.name);
    dependency.setKind("resource");
    dependency.setVersion(plugin.version);
    dependency.setServer(plugin.server);
    response.addPackages(dependency);
  }
  return response;
}

function programDependencies(request: pb.GetProgramDependenciesRequest): pb.GetProgramDependenciesResponse {
  const response = new pb.GetProgramDependenciesResponse();
  const folder = request.getInfo()?.getProgramDirectory() ?? request.getPwd();
  for (const { name, version } of installedPackages(folder, request.getTransitivedependencies())) {
    response.addDependencies(new pb.DependencyInfo().setName(name).setVersion(version));
  }
  return response;
}

function about(): Promise<pb.AboutResponse> {
  return new Promise((resolve) => {
    execFile("node", ["--version"], { timeout: 10_000 }, (_error, stdout) => {
      const response = new pb.AboutResponse();
      response.setExecutable(process.execPath);
      response.setVersion(stdout.trim());
      response.getMetadataMap().set("packagemanager", "npm");
      response.getMetadataMap().set("languageHost", "stand-in of the lab");
      resolve(response);
    });
  });
}

servePlugin(LanguageRuntimeService, () => ({
  handshake: unary((request: pb.LanguageHandshakeRequest) => {
    engine = request.getEngineAddress();
    return new pb.LanguageHandshakeResponse();
  }),
  getPluginInfo: unary((_: Empty) => new PluginInfo().setVersion(VERSION)),
  getRequiredPackages: unary(requiredPackages),
  getProgramDependencies: unary(programDependencies),
  runtimeOptionsPrompts: unary((_: pb.RuntimeOptionsRequest) => new pb.RuntimeOptionsResponse()),
  about: unary((_: pb.AboutRequest) => about()),
  // Dependencies are the lab's business: it installs them by the lock file before it calls the CLI.
  installDependencies: (call: grpc.ServerWritableStream<unknown, unknown>) => call.end(),
  run: unary(async (request: pb.RunRequest) => {
    const { error, bail } = await runProgram(runRequest(request), cancelled.signal);
    return new pb.RunResponse().setError(error).setBail(bail);
  }),
  cancel: unary((_: Empty) => {
    cancelled.abort();
    return new Empty();
  }),
}));
