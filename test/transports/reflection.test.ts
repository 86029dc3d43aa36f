/** What tools that ask by reflection are told. */
import fc from "fast-check";
import { fromBinary } from "@bufbuild/protobuf";
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Client, credentials } from "@grpc/grpc-js";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { answer } from "../../transports/grpc/reflection.ts";
import { PeerEnd } from "../support/peer-ends.ts";

const serviceName = "vigo.spanner.v1.VigoSpanner";

function question(field: number, text: string): Uint8Array {
  return new BinaryWriter().tag(field, WireType.LengthDelimited).string(text).finish();
}

/** The parts of a message by field number, without looking into them. */
function parts(bytes: Uint8Array): Map<number, Uint8Array> {
  const reader = new BinaryReader(bytes);
  const found = new Map<number, Uint8Array>();
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (type === WireType.LengthDelimited) found.set(field, reader.bytes());
    else reader.skip(type, field);
  }
  return found;
}

function at(bytes: Uint8Array, ...path: number[]): Uint8Array {
  return path.reduce((inner, field) => parts(inner).get(field) ?? new Uint8Array(0), bytes);
}

test("TR-18 the services of the port are named, and files come by name and by symbol", () => {
  expect(Buffer.from(at(answer(question(7, "")), 6, 1, 1)).toString()).toBe(serviceName);
  const asked = [
    question(3, "spanner.proto"),
    question(4, serviceName),
    question(4, `${serviceName}.Stream`),
    question(4, "vigo.spanner.v1.PeerMessage"),
  ];
  for (const bytes of asked) {
    const file = fromBinary(FileDescriptorProtoSchema, at(answer(bytes), 4, 1));
    expect(file.service.map(({ name }) => name)).toEqual(["VigoSpanner"]);
  }
});

test("TR-18 what is not there is said, and any bytes have an answer", () => {
  expect(Buffer.from(at(answer(question(4, "google.protobuf.Any")), 7, 2)).toString()).toBe("no such file or symbol");
  expect(parts(answer(question(6, "x"))).has(7)).toBe(true);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => answer(bytes).length > 0));
});

test("TR-18 it is served on the peers' port, in both versions of the protocol", async () => {
  const east = await PeerEnd.open();
  const secure = credentials.createSsl(Buffer.from(east.tls.caPem));
  const client = new Client(`localhost:${east.port}`, secure, { "grpc.enable_http_proxy": 0 });
  onTestFinished(() => client.close());
  const same = (bytes: Buffer): Buffer => bytes;
  for (const version of ["v1", "v1alpha"]) {
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
    const stream = client.makeBidiStreamRequest<Buffer, Buffer>(path, same, same);
    stream.write(Buffer.from(question(7, "")));
    const [bytes] = (await once(stream, "data")) as [Buffer];
    stream.end();
    expect(Buffer.from(at(bytes, 6, 1, 1)).toString()).toBe(serviceName);
  }
});
