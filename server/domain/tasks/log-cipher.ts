import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const cipherName = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

/** Where a piece of a log belongs. It opens nowhere else: not in another log, another place, or as the end of a log that was cut short. */
export interface ChunkPlace {
	userId: string;
	taskId: string;
	logId: string;
	position: number;
	last: boolean;
}

/** AES-256-GCM: nonce, encrypted text, tag. A key is good for 2^32 pieces, since each nonce is random. */
export function sealChunk(key: Uint8Array, place: ChunkPlace, text: Uint8Array): Uint8Array {
	const nonce = randomBytes(nonceBytes);
	const cipher = createCipheriv(cipherName, key, nonce).setAAD(written(place));
	return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
}

/** Throws for a piece that was changed or stands in another place: none of its text is given out. */
export function openChunk(key: Uint8Array, place: ChunkPlace, sealed: Uint8Array): Uint8Array {
	if (sealed.length < nonceBytes + tagBytes) throw new Error("A piece of a log is too short.");
	const decipher = createDecipheriv(cipherName, key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes })
		.setAAD(written(place))
		.setAuthTag(sealed.subarray(-tagBytes));
	return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final()]);
}

function written({ userId, taskId, logId, position, last }: ChunkPlace): Buffer {
	return Buffer.from(`claude-notify/v1/log/${userId}/${taskId}/${logId}/${position}/${last ? "last" : "more"}`);
}
