/** Lines for the engine's display. */
import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/engine_pb";
import type { Severity } from "./provider";

const SEVERITIES = {
  debug: pb.LogSeverity.DEBUG,
  info: pb.LogSeverity.INFO,
  warning: pb.LogSeverity.WARNING,
  error: pb.LogSeverity.ERROR,
};

/** Sends log lines one after another, so that they arrive in order. */
export class EngineLog {
  private address = "";
  private client: EngineClient | undefined;
  private last: Promise<void> = Promise.resolve();

  /** The engine that lines go to from now on. */
  connect(address: string): void {
    if (address === this.address) return;
    this.address = address;
    this.client = undefined;
  }

  write(severity: Severity, message: string, urn: string, status: boolean): void {
    if (this.address === "") return;
    this.client ??= new EngineClient(this.address, grpc.credentials.createInsecure());
    const client = this.client;
    const request = new pb.LogRequest();
    request.setSeverity(SEVERITIES[severity]);
    request.setMessage(message);
    request.setUrn(urn);
    request.setEphemeral(status);
    const send = () => new Promise<void>((done) => client.log(request, () => done()));
    this.last = this.last.then(send);
  }

  /** Resolves when everything written so far has been taken. */
  flush(): Promise<void> {
    return this.last;
  }
}
