import AxeBuilder from "@axe-core/playwright";
import { test as base, expect, type Page } from "@playwright/test";

/** A test whose page may write nothing to the console and load nothing from elsewhere. */
export const test = base.extend<{ quiet: void }>({
    quiet: [
        async ({ page, baseURL }, use) => {
            const noise: string[] = [];
            page.on("console", (it) => noise.push(`${it.type()}: ${it.text()}`));
            page.on("pageerror", (it) => noise.push(`error: ${it.message}`));
            page.on("request", (it) => {
                if (!it.url().startsWith(baseURL!) && !it.url().startsWith("data:")) noise.push(`request: ${it.url()}`);
            });
            await use();
            const expected = /status of 40[04]/;
            expect(noise.filter((it) => !expected.test(it))).toEqual([]);
        },
        { auto: true },
    ],
});

export { expect };

/** Opens a page, and waits until it is live where JavaScript is on. */
export async function open(page: Page, path: string, project: string) {
    const response = await page.goto(path);
    if (project === "hydrated") await page.locator("html[data-hydrated]").waitFor();
    return response!;
}

/** Axe finds nothing to mend. */
export async function accessible(page: Page) {
    const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]).analyze();
    expect(violations.map((it) => `${it.id}: ${it.nodes.map((node) => node.html).slice(0, 3).join(" ")}`)).toEqual([]);
}
