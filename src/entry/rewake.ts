import { homedir } from "node:os";
import { doorbellPath, waitAtDoor } from "../inbox/doorbell.ts";
import { notifyHome } from "../state/home.ts";

const words = await waitAtDoor(doorbellPath(notifyHome(process.env, homedir), Number(process.env["CLAUDE_PID"])));
if (words !== "") {
	process.stderr.write(words);
	// Exit code 2 of an asyncRewake hook wakes the session with what stands on stderr.
	process.exitCode = 2;
}
