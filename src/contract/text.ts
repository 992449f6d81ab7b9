import * as z from "zod";
import { cutText, storable } from "./cut-text.ts";

/** Text of at most `max` UTF-16 units; longer text is refused. */
export const text = (max: number) => z.string().overwrite(storable).max(max);

/** Text that is cut to `max` UTF-16 units instead of refused: for what an agent wrote and nobody can shorten. */
export const cutTo = (max: number) => z.string().overwrite((value) => cutText(storable(value), max));
