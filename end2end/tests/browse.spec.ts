import { accessible, expect, open, test } from "./support";

test("searching marks what it found, and stands in the URL", async ({ page }, { project }) => {
    await open(page, "/", project.name);
    await page.getByRole("searchbox").fill("job");
    await page.getByRole("searchbox").press("Enter");
    await expect(page).toHaveURL(/\/scenarios\?q=job/);
    await expect(page.locator(".card mark").first()).toBeVisible();
    await expect(page.getByRole("searchbox")).toHaveValue("job");
});

test("facets narrow, chips widen, counts are true", async ({ page }, { project }) => {
    await page.setViewportSize({ width: 1280, height: 900 });
    await open(page, "/scenarios", project.name);
    const health = page.locator(".facet a", { hasText: "Health" }).first();
    const promised = Number(await health.locator(".count").innerText());
    await health.click();
    await expect(page).toHaveURL(/domain=health/);
    await expect(page.locator(".results-line p")).toContainText(String(promised));
    await expect(page.locator(".card .domain")).toHaveText(Array(await page.locator(".card").count()).fill("Health"));
    await page.getByRole("link", { name: "Remove the filter Domain: Health" }).click();
    await expect(page).toHaveURL(/\/scenarios$/);
});

test("paging forth and back shows the same scenarios", async ({ page }, { project }) => {
    await open(page, "/scenarios", project.name);
    const first = await page.locator(".card h2").allInnerTexts();
    await page.getByRole("link", { name: "Next page" }).click();
    await expect(page.locator(".results-line p")).toContainText("25–");
    expect(await page.locator(".card h2").first().innerText()).not.toBe(first[0]);
    await page.getByRole("link", { name: "Previous page" }).click();
    await expect(page.locator(".results-line p")).toContainText("1–24");
    expect(await page.locator(".card h2").allInnerTexts()).toEqual(first);
});

test("a scenario is read, turned, and left again within its filter", async ({ page }, { project }) => {
    await open(page, "/scenarios?domain=career", project.name);
    await page.locator(".card h2 a").first().click();
    await expect(page.locator(".crumbs")).toContainText(/1 of \d/);
    await expect(page.locator("dl.facts").first()).toContainText("Age");
    if (project.name === "hydrated") await accessible(page);
    await page.getByRole("link", { name: "Next" }).click();
    await expect(page.locator(".crumbs")).toContainText(/2 of \d/);
    await page.getByRole("link", { name: "Previous" }).click();
    await expect(page.locator(".crumbs")).toContainText(/1 of \d/);
    await page.locator(".crumbs").getByRole("link", { name: "Scenarios" }).click();
    await expect(page).toHaveURL(/\/scenarios\?domain=career$/);
});

test("severe scenarios are in no default view, and covered until shown", async ({ page }, { project }) => {
    await open(page, "/scenarios", project.name);
    await expect(page.locator('.severity[data-severity="severe"]')).toHaveCount(0);
    await open(page, "/scenarios?severity=severe", project.name);
    await expect(page.locator(".card").first()).toContainText("Covered");
    await page.locator(".card h2 a").first().click();
    await expect(page.locator(".query")).toBeHidden();
    await page.locator(".cover summary").click();
    await expect(page.locator(".query")).toBeVisible();
});

test("the theme is chosen without script and remembered", async ({ page }, { project }) => {
    await page.emulateMedia({ colorScheme: "light" });
    await open(page, "/scenarios?domain=health", project.name);
    await page.getByRole("button", { name: "Use dark colours" }).click();
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
    await expect(page).toHaveURL(/\/scenarios\?domain=health$/);
    await page.reload();
    await expect(page.getByRole("button", { name: "Use light colours" })).toBeVisible();
});

test("the keyboard alone finds a scenario", async ({ page }, { project }) => {
    await open(page, "/scenarios", project.name);
    await page.keyboard.press("Tab");
    await expect(page.getByRole("link", { name: "Skip to the content" })).toBeFocused();
    await page.getByRole("searchbox").focus();
    await page.keyboard.type("exam");
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/q=exam/);
    await page.locator(".card h2 a").first().focus();
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/\/scenarios\/[a-z2-7]{16}/);
});
