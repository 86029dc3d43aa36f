/** Kept state and its second copy, spoilt in every way a disk can. */
import { existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadKept, previousOf, saveKept, saveTwice } from "../../../src/system/kept-file.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const one = Uint8Array.of(1);
const two = Uint8Array.of(2, 2);
const three = Uint8Array.of(3, 3, 3);

test("SY-3 nothing was saved: nothing is loaded", () => {
  expect(loadKept(join(tempFolder(), "state"), 10)).toBeUndefined();
});

test("SY-3 the newest content is loaded and the one before it is kept, with the mode", () => {
  const path = join(tempFolder(), "state");
  saveKept(path, one, 0o600);
  expect(existsSync(previousOf(path))).toBe(false);
  saveKept(path, two, 0o600);
  expect(loadKept(path, 10)).toEqual({ bytes: two, from: "current", warning: null });
  rmSync(path);
  expect(loadKept(path, 10)?.bytes).toEqual(one);
  expect(statSync(previousOf(path)).mode & 0o777).toBe(0o600);
});

test("SY-3 T51 any flipped byte, any cut and a missing file fall back to the previous copy and say so", () => {
  const path = join(tempFolder(), "state");
  saveKept(path, one, 0o600);
  saveKept(path, two, 0o600);
  const sound = readFileSync(path);
  const spoils: (() => void)[] = [() => rmSync(path), () => truncateSync(path, 0), () => writeFileSync(path, "x")];
  for (let at = 0; at < sound.length; at++) {
    spoils.push(() => truncateSync(path, at));
    spoils.push(() => {
      const flipped = Buffer.from(sound);
      flipped.writeUInt8(sound.readUInt8(at) ^ 0x10, at);
      writeFileSync(path, flipped);
    });
  }
  for (const spoil of spoils) {
    writeFileSync(path, sound);
    expect(loadKept(path, 10)?.from).toBe("current");
    spoil();
    const kept = loadKept(path, 10);
    expect(kept).toMatchObject({ bytes: one, from: "previous" });
    expect(kept?.warning).toContain(previousOf(path));
  }
});

test("SY-3 a spoilt file does not push out the sound previous copy", () => {
  const path = join(tempFolder(), "state");
  saveKept(path, one, 0o600);
  saveKept(path, two, 0o600);
  writeFileSync(path, "spoilt");
  saveKept(path, three, 0o600);
  rmSync(path);
  expect(loadKept(path, 10)?.bytes).toEqual(one);
});

test("SY-3 two spoilt copies, or one spoilt and none beside it, are refused and not taken for a first boot", () => {
  const path = join(tempFolder(), "state");
  writeFileSync(path, "spoilt");
  expect(refusalOf(() => loadKept(path, 10))).toMatchObject({ code: "STATE_CORRUPT", value: path });
  writeFileSync(previousOf(path), "spoilt too");
  expect(refusalOf(() => loadKept(path, 10)).code).toBe("STATE_CORRUPT");
});

test("SY-3 saved twice, both copies are the newest", () => {
  const path = join(tempFolder(), "state");
  saveTwice(path, one, 0o600);
  saveTwice(path, two, 0o600);
  rmSync(path);
  expect(loadKept(path, 10)?.bytes).toEqual(two);
});
