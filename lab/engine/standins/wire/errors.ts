/** Errors with details, as gRPC carries them. */
import * as grpc from "@grpc/grpc-js";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { toStruct } from "./structs";
import type { Props } from "./values";

function metadataOf(message: string, detail: pb.ErrorResourceInitFailed): grpc.Metadata {
  const any = new Any();
  any.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new Status();
  status.setCode(grpc.status.UNKNOWN);
  status.setMessage(message);
  status.addDetails(any);
  const metadata = new grpc.Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return metadata;
}

/** The resource exists but did not become ready: the engine records it with its problems, the next run tries again. */
export class InitializationFailed extends Error {
  readonly code = grpc.status.UNKNOWN;
  readonly metadata: grpc.Metadata;

  constructor(id: string, properties: Props, inputs: Props, reasons: string[], message = reasons.join("; ")) {
    super(message);
    const detail = new pb.ErrorResourceInitFailed();
    detail.setId(id);
    detail.setProperties(toStruct(properties));
    detail.setInputs(toStruct(inputs));
    detail.setReasonsList(reasons);
    this.metadata = metadataOf(message, detail);
  }
}
