/** The provider protocol over a stand-in's resource types. */
import { setMaxListeners } from "node:events";
import type * as grpc from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import * as plugin from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import type { EngineLog } from "./enginelog";
import type { Autonaming, Call, CheckResult, DiffResult, Provider } from "./provider";
import { fromStruct, toStruct } from "./structs";
import { servePlugin } from "./server";
import { unary } from "./unary";

const KINDS = {
  add: pb.PropertyDiff.Kind.ADD,
  "add-replace": pb.PropertyDiff.Kind.ADD_REPLACE,
  delete: pb.PropertyDiff.Kind.DELETE,
  "delete-replace": pb.PropertyDiff.Kind.DELETE_REPLACE,
  update: pb.PropertyDiff.Kind.UPDATE,
  "update-replace": pb.PropertyDiff.Kind.UPDATE_REPLACE,
};

function diffResponse(result: DiffResult): pb.DiffResponse {
  const response = new pb.DiffResponse();
  const { DIFF_SOME, DIFF_NONE } = pb.DiffResponse.DiffChanges;
  response.setChanges(result.changed ? DIFF_SOME : DIFF_NONE);
  response.setReplacesList(result.replaces ?? []);
  response.setDiffsList(result.diffs ?? []);
  response.setStablesList(result.stables ?? []);
  response.setDeletebeforereplace(result.deleteBeforeReplace ?? false);
  response.setHasdetaileddiff(result.detailed !== undefined);
  for (const [path, { kind, inputDiff }] of Object.entries(result.detailed ?? {})) {
    const property = new pb.PropertyDiff();
    property.setKind(KINDS[kind]);
    property.setInputdiff(inputDiff ?? false);
    response.getDetaileddiffMap().set(path, property);
  }
  return response;
}

function autonaming(request: pb.CheckRequest): { autonaming?: Autonaming } {
  const options = request.getAutonaming();
  if (!options) return {};
  const mode = (["propose", "enforce", "disable"] as const)[options.getMode()] ?? "propose";
  return { autonaming: { proposedName: options.getProposedName(), mode } };
}

function checkResponse(result: CheckResult): pb.CheckResponse {
  const response = new pb.CheckResponse();
  response.setInputs(toStruct(result.inputs));
  for (const { property, reason } of result.failures ?? []) {
    const failure = new pb.CheckFailure();
    failure.setProperty(property);
    failure.setReason(reason);
    response.addFailures(failure);
  }
  return response;
}

interface Addressed {
  getUrn(): string;
  getName?(): string;
  getType?(): string;
  getTimeout?(): number;
  getPreview?(): boolean;
}

/** The service's methods over a provider's resource types. */
export function service(provider: Provider, log: EngineLog): grpc.UntypedServiceImplementation {
  const cancelled = new AbortController();
  // Every operation under way listens; node would warn from the eleventh on.
  setMaxListeners(0, cancelled.signal);

  function callOf(request: Addressed): Call {
    const urn = request.getUrn();
    const parts = urn.split("::");
    return {
      urn,
      name: request.getName?.() || parts.slice(3).join("::"),
      type: request.getType?.() || (parts[2] ?? "").split("$").pop()!,
      timeout: request.getTimeout?.() ?? 0,
      preview: request.getPreview?.() ?? false,
      signal: cancelled.signal,
      log: (severity, message, options) => log.write(severity, message, urn, options?.status ?? false),
    };
  }

  function resourceOf(call: Call) {
    const resource = provider.resource(call.type);
    if (resource) return resource;
    throw new Error(
      `the ${provider.name} stand-in does not know the resource type ${call.type}: ` +
        `it serves only what the lab uses; use the official plugin (LAB_SOURCES=official) for others`,
    );
  }

  const diffCall = (request: pb.DiffRequest | pb.UpdateRequest) => ({
    ...callOf(request),
    id: request.getId(),
    olds: fromStruct(request.getOlds()),
    news: fromStruct(request.getNews()),
    oldInputs: fromStruct(request.getOldInputs()),
    ignoreChanges: request.getIgnorechangesList(),
  });

  return {
    handshake: unary((request: pb.ProviderHandshakeRequest) => {
      log.connect(request.getEngineAddress());
      const response = new pb.ProviderHandshakeResponse();
      response.setAcceptSecrets(true);
      response.setAcceptResources(true);
      response.setAcceptOutputs(provider.acceptsOutputs ?? false);
      response.setSupportsAutonamingConfiguration(provider.autonaming ?? false);
      return response;
    }),
    attach: unary((request: plugin.PluginAttach) => {
      log.connect(request.getAddress());
      return new Empty();
    }),
    getPluginInfo: unary((_: Empty) => new plugin.PluginInfo().setVersion(provider.version)),
    getSchema: unary((_: pb.GetSchemaRequest) =>
      new pb.GetSchemaResponse().setSchema(
        JSON.stringify({
          name: provider.name,
          version: provider.version,
          description: "Stand-in of a lab",
        }),
      ),
    ),
    checkConfig: unary((request: pb.CheckRequest) => {
      const news = fromStruct(request.getNews());
      return checkResponse(provider.checkConfig?.(news) ?? { inputs: news });
    }),
    diffConfig: unary((request: pb.DiffRequest) => {
      const call = diffCall(request);
      return diffResponse(provider.diffConfig?.(call) ?? { changed: false });
    }),
    configure: unary(async (request: pb.ConfigureRequest) => {
      await provider.configure?.(fromStruct(request.getArgs()));
      const response = new pb.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setAcceptresources(true);
      response.setSupportspreview(true);
      response.setAcceptoutputs(provider.acceptsOutputs ?? false);
      response.setSupportsAutonamingConfiguration(provider.autonaming ?? false);
      return response;
    }),
    invoke: unary(async (request: pb.InvokeRequest) => {
      const token = request.getTok();
      if (!provider.invoke) throw new Error(`the ${provider.name} stand-in has no function ${token}`);
      const result = await provider.invoke(token, fromStruct(request.getArgs()));
      return new pb.InvokeResponse().setReturn(toStruct(result));
    }),
    check: unary(async (request: pb.CheckRequest) => {
      const call = {
        ...callOf(request),
        olds: fromStruct(request.getOlds()),
        news: fromStruct(request.getNews()),
        randomSeed: request.getRandomseed_asU8(),
        ...autonaming(request),
      };
      return checkResponse(await resourceOf(call).check(call));
    }),
    diff: unary(async (request: pb.DiffRequest) => {
      const call = diffCall(request);
      return diffResponse(await resourceOf(call).diff(call));
    }),
    create: unary(async (request: pb.CreateRequest) => {
      const call = {
        ...callOf(request),
        properties: fromStruct(request.getProperties()),
      };
      const { id, properties } = await resourceOf(call).create(call);
      await log.flush();
      return new pb.CreateResponse().setId(id).setProperties(toStruct(properties));
    }),
    read: unary(async (request: pb.ReadRequest) => {
      const call = {
        ...callOf(request),
        id: request.getId(),
        properties: fromStruct(request.getProperties()),
        inputs: fromStruct(request.getInputs()),
      };
      const resource = resourceOf(call);
      const found = resource.read ? await resource.read(call) : call;
      const response = new pb.ReadResponse();
      if (!found) return response;
      return response.setId(found.id).setProperties(toStruct(found.properties)).setInputs(toStruct(found.inputs));
    }),
    update: unary(async (request: pb.UpdateRequest) => {
      const call = diffCall(request);
      const resource = resourceOf(call);
      if (!resource.update) throw new Error(`Update is not implemented for resource ${call.urn}`);
      const properties = await resource.update(call);
      await log.flush();
      return new pb.UpdateResponse().setProperties(toStruct(properties));
    }),
    delete: unary(async (request: pb.DeleteRequest) => {
      const call = {
        ...callOf(request),
        id: request.getId(),
        properties: fromStruct(request.getProperties()),
        oldInputs: fromStruct(request.getOldInputs()),
      };
      await resourceOf(call).delete?.(call);
      await log.flush();
      return new Empty();
    }),
    cancel: unary((_: Empty) => {
      cancelled.abort();
      provider.cancel?.();
      return new Empty();
    }),
    getMapping: unary((_: pb.GetMappingRequest) => new pb.GetMappingResponse()),
    getMappings: unary((_: pb.GetMappingsRequest) => new pb.GetMappingsResponse()),
  };
}

/** Serves the provider as a plugin. */
export function serveProvider(provider: Provider): void {
  servePlugin(ResourceProviderService, (log) => service(provider, log));
}
