/** Runs the contract of seals over every seal there is. */
import { sealContract } from "./seal.contract.ts";
import { createEd25519Seal } from "../../src/seal/ed25519.ts";
import { createStandInSeal } from "../../src/seal/stand-in.ts";

sealContract("Ed25519", () => createEd25519Seal());
sealContract("stand-in", () => createStandInSeal(1));
