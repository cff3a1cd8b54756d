import { expect, open, test } from "./support";

test("arrow keys turn the page", async ({ page }) => {
    await open(page, "/scenarios", "hydrated");
    await page.locator(".card h2 a").first().click();
    await expect(page.locator(".crumbs")).toContainText(/1 of/);
    await page.locator("html[data-hydrated]").waitFor();
    await page.keyboard.press("ArrowRight");
    await expect(page.locator(".crumbs")).toContainText(/2 of/);
    await page.locator("html[data-hydrated]").waitFor();
    await page.keyboard.press("ArrowLeft");
    await expect(page.locator(".crumbs")).toContainText(/1 of/);
});

test("a page without anything that moves downloads no program", async ({ page }) => {
    const loaded: string[] = [];
    page.on("request", (it) => loaded.push(it.url()));
    await open(page, "/about", "hydrated");
    expect(loaded.filter((it) => /\.(wasm|js)$/.test(it))).toEqual([]);
});

test("a link to a scenario is copied without its filter", async ({ page, context }) => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await open(page, "/scenarios?domain=life", "hydrated");
    await page.locator(".card h2 a").first().click();
    await page.getByRole("button", { name: "Copy link" }).click();
    await expect(page.getByRole("button", { name: "Link copied" })).toBeVisible();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/\/scenarios\/[a-z2-7]{16}$/);
});
