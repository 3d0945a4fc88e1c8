export {
  Admission,
  type AdmissionOptions,
  type ClientTier,
  inMemoryAdmission,
  inwardAdmission,
  type Place,
} from './admission.ts';
export type { ChannelSettings } from './channels.ts';
export type { CallOptions, ClientOptions, MeshClient } from './client.ts';
export { type Connection, type ConnectOptions, type ConnectTarget, connect } from './connect.ts';
export { type AnswerMetadata, defaultClient, type MeshContext } from './context.ts';
export type { MeshImplementation, MethodHandler, ServiceShape } from './definition.ts';
export { forMany } from './for-many.ts';
export type { GrpcServerSettings } from './grpc-server.ts';
export type { HedgeDelay, HedgeOptions } from './hedge.ts';
export { type Main, runMain } from './main.ts';
export { createMemoryNetwork, type MemoryNetwork } from './memory.ts';
export { sharedQueueing } from './queueing.ts';
export { replicasOf } from './replicas.ts';
export type { RetryOptions } from './retry.ts';
export { type MeshServer, type ServeOptions, serve } from './serve.ts';
export { type MeshService, meshService, type ServiceHandle } from './service.ts';
export { connectMesh, grpcServerCredentials } from './tls.ts';
export { spanOf } from './trace-service.ts';
