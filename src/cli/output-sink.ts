/** Something that listens to what a command prints. The chunk is used again afterwards: who keeps of it, copies. */
export interface OutputSink {
	push(chunk: Buffer): void;
}
