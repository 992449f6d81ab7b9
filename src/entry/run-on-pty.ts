export { runOnPty } from "../cli/run-on-pty.ts";
