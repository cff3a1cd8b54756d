import { expect, open, test } from "./support";

test("following links loads no document again", async ({ page }) => {
    await open(page, "/scenarios", "hydrated");
    await page.evaluate(() => ((window as unknown as { stayed: boolean }).stayed = true));
    await page.locator(".card h2 a").first().click();
    await expect(page.locator(".crumbs")).toBeVisible();
    await page.keyboard.press("ArrowRight");
    await expect(page.locator(".crumbs")).toContainText(/2 of/);
    await page.goBack();
    await expect(page.locator(".crumbs")).toContainText(/1 of/);
    expect(await page.evaluate(() => (window as unknown as { stayed?: boolean }).stayed)).toBe(true);
});

test("a link to a scenario is copied without its filter", async ({ page, context }) => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await open(page, "/scenarios?domain=life", "hydrated");
    await page.locator(".card h2 a").first().click();
    await page.getByRole("button", { name: "Copy link" }).click();
    await expect(page.getByRole("button", { name: "Link copied" })).toBeVisible();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/\/scenarios\/[a-z2-7]{16}$/);
});
