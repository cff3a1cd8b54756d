import { defineConfig } from "@playwright/test";

/**
 * Real Chromium against the real server, twice: with JavaScript off (`nojs`), where every page must work, and
 * on (`hydrated`); a stub stands for the models. A second server (`local`) runs the smallest real model.
 * `cargo xtask test` names the program, the site's files and the browser.
 */
const port = Number(process.env.ROOKERY_PORT ?? 3917);
const chromium = {
    browserName: "chromium" as const,
    launchOptions: {
        executablePath: process.env.ROOKERY_CHROMIUM ?? "/usr/bin/chromium",
        args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    },
};

export default defineConfig({
    testDir: "tests",
    // Patience, not retries: two cores may be busy with both browsers at once.
    timeout: 60_000,
    expect: { timeout: 15_000 },
    fullyParallel: true,
    workers: 2,
    forbidOnly: true,
    reporter: [["list"]],
    use: { baseURL: `http://127.0.0.1:${port}`, trace: "retain-on-failure" },
    webServer: [port, `${port + 2} local`].map((it) => ({
        command: `node start-server.mjs ${it}`,
        url: `http://127.0.0.1:${String(it).split(" ")[0]}/readyz`,
        reuseExistingServer: false,
        gracefulShutdown: { signal: "SIGTERM" as const, timeout: 5000 },
    })),
    projects: [
        { name: "nojs", testIgnore: /(hydrate|local)\.spec/, use: { ...chromium, javaScriptEnabled: false } },
        { name: "hydrated", testIgnore: /local\.spec/, use: chromium },
        { name: "local", testMatch: /local\.spec/, use: { ...chromium, baseURL: `http://127.0.0.1:${port + 2}` } },
    ],
});
