import { defineConfig } from "@playwright/test";

/**
 * Real Chromium against the real server, twice: with JavaScript off (`nojs`), where every page must work, and
 * on (`hydrated`). `cargo xtask test` names the program, the site's files and the browser.
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
    webServer: {
        command: `node start-server.mjs ${port}`,
        url: `http://127.0.0.1:${port}/readyz`,
        reuseExistingServer: false,
        gracefulShutdown: { signal: "SIGTERM", timeout: 5000 },
    },
    projects: [
        { name: "nojs", testIgnore: /hydrate\.spec/, use: { ...chromium, javaScriptEnabled: false } },
        { name: "hydrated", use: chromium },
    ],
});
