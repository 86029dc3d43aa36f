/**
 * Server reflection (grpc.reflection.v1, and v1alpha for older tools): names the services of this port and hands out
 * their descriptors, as grpcurl and its like ask for them. It tells what the published .proto says and nothing else, so
 * it asks nobody who they are. The messages are few and small, and are read and written by hand.
 */
import { toBinary } from "@bufbuild/protobuf";
import type { DescFile } from "@bufbuild/protobuf";
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { status } from "@grpc/grpc-js";
import type { ServerDuplexStream, ServiceDefinition, UntypedServiceImplementation } from "@grpc/grpc-js";
import { file_spanner } from "../../src/wire/gen/spanner_pb.ts";

/** What is asked: the number of the field that was set, and its text. */
interface Question {
  readonly field: number;
  readonly text: string;
}

const asks = { fileByName: 3, fileBySymbol: 4, listServices: 7 };
const answers = { files: 4, services: 6, error: 7 };
const questionsMax = 256;
const files: readonly DescFile[] = [file_spanner];

const method = {
  requestStream: true,
  responseStream: true,
  requestSerialize: (bytes: Buffer): Buffer => bytes,
  requestDeserialize: (bytes: Buffer): Buffer => bytes,
  responseSerialize: (bytes: Buffer): Buffer => bytes,
  responseDeserialize: (bytes: Buffer): Buffer => bytes,
} as const;

export const reflectionDefinition: ServiceDefinition = {
  V1: { ...method, path: "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo" },
  V1alpha: { ...method, path: "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo" },
};

export const reflectionService: UntypedServiceImplementation = { V1: reflect, V1alpha: reflect };

function reflect(call: ServerDuplexStream<Buffer, Buffer>): void {
  let asked = 0;
  call.on("data", (bytes: Buffer) => {
    asked++;
    if (asked > questionsMax) call.end();
    else call.write(Buffer.from(answer(bytes)));
  });
  call.on("end", () => call.end());
}

/** The answer to the bytes of a ServerReflectionRequest; any bytes have one. */
export function answer(request: Uint8Array): Uint8Array {
  const question = read(request);
  const writer = new BinaryWriter().tag(2, WireType.LengthDelimited).bytes(request);
  switch (question?.field) {
    case asks.listServices:
      for (const name of serviceNames()) {
        const service = new BinaryWriter().tag(1, WireType.LengthDelimited).string(name).finish();
        const list = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(service).finish();
        writer.tag(answers.services, WireType.LengthDelimited).bytes(list);
      }
      return writer.finish();
    case asks.fileByName:
      return withFile(
        writer,
        files.find(({ proto }) => proto.name === question?.text),
      );
    case asks.fileBySymbol:
      return withFile(
        writer,
        files.find((file) => declares(file, question?.text ?? "")),
      );
    default:
      return withError(writer, status.UNIMPLEMENTED, "this question is not answered here");
  }
}

function serviceNames(): string[] {
  return files.flatMap(({ proto }) => proto.service.map(({ name }) => `${proto.package}.${name}`));
}

/** Whether a full name is a service, a method of one, or a message of the file. */
function declares({ proto }: DescFile, symbol: string): boolean {
  const inside = (name: string): string => `${proto.package}.${name}`;
  return (
    proto.messageType.some(({ name }) => inside(name) === symbol) ||
    proto.service.some(
      ({ name, method: methods }) =>
        inside(name) === symbol || methods.some((one) => `${inside(name)}.${one.name}` === symbol),
    )
  );
}

function withFile(writer: BinaryWriter, file: DescFile | undefined): Uint8Array {
  if (file === undefined) return withError(writer, status.NOT_FOUND, "no such file or symbol");
  const descriptor = toBinary(FileDescriptorProtoSchema, file.proto);
  const response = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(descriptor).finish();
  return writer.tag(answers.files, WireType.LengthDelimited).bytes(response).finish();
}

function withError(writer: BinaryWriter, code: number, message: string): Uint8Array {
  const error = new BinaryWriter().tag(1, WireType.Varint).int32(code).tag(2, WireType.LengthDelimited).string(message);
  return writer.tag(answers.error, WireType.LengthDelimited).bytes(error.finish()).finish();
}

/** The last question of a request, as protobuf has it where one of several counts; undefined when unreadable. */
function read(request: Uint8Array): Question | undefined {
  try {
    const reader = new BinaryReader(request);
    let question: Question | undefined;
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      if (type === WireType.LengthDelimited && field !== 1) question = { field, text: textOf(reader.bytes()) };
      else reader.skip(type, field);
    }
    return question;
  } catch {
    return undefined;
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}
