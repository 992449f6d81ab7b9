import { ApiClient } from "../../src/api-client.ts";
import { Login } from "../../src/companion/login.ts";
import { createLog } from "../../src/log.ts";
import { AuthFile } from "../../src/state/auth.ts";

/** One process that wants an access token; prints the one that it got. */
const [home = "", server = ""] = process.argv.slice(2);
const now = () => new Date();
const api = new ApiClient({ server, fingerprint: "f".repeat(64) });
const log = createLog("error", (line) => process.stderr.write(`${line}\n`));
const login = new Login({ file: new AuthFile(home, now), api, log, now });
process.stdout.write(await login.accessToken());
