/** gRPC methods from plain functions. */
import * as grpc from "@grpc/grpc-js";

function rpcError(error: unknown): Partial<grpc.ServiceError> {
  if (!(error instanceof Error)) return { code: grpc.status.UNKNOWN, details: String(error) };
  const { code, metadata } = error as Partial<grpc.ServiceError>;
  return {
    code: typeof code === "number" ? code : grpc.status.UNKNOWN,
    details: error.message,
    ...(metadata ? { metadata } : {}),
  };
}

/** Answers one request by one response; what the function throws becomes the call's error. */
export function unary<Q, S>(method: (request: Q) => S | Promise<S>): grpc.handleUnaryCall<Q, S> {
  return (call, callback) => {
    Promise.resolve()
      .then(() => method(call.request))
      .then(
        (response) => callback(null, response),
        (error: unknown) => callback(rpcError(error)),
      );
  };
}
