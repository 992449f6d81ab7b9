import { V7Generator } from "uuidv7";
import { randomBytes } from "./state/random-bytes.ts";

/** The global `crypto` costs a quarter of the start of a process that does little else. */
const ids = new V7Generator({ nextUint32: () => randomBytes(4).readUInt32LE() });

/** A new UUIDv7. */
export const newId = (): string => ids.generate().toString();
