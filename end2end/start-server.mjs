// Starts the built server on a fresh database of its own, and ends it when it is told to end.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "rookery-end2end-"));
const child = spawn(
    process.env.ROOKERY_BIN,
    ["serve", "--db", join(folder, "test.db"), "--listen", `127.0.0.1:${process.argv[2]}`],
    { stdio: "inherit" },
);
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code) => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(code ?? 0);
});
