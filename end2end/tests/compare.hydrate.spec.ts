import { accessible, answered, column, columnsOf, comparison, expect, open, test } from "./support";

const held = { words: 12, then: "hold" } as const;
const end = "asking early is no weakness.";

test("an answer is read while it is written, through a reload, to its end", async ({ page, pick, stub }) => {
    const scenario = await pick("life", 2);
    await stub.does(scenario, held);
    await open(page, comparison(scenario, ["context-free"]), "hydrated");
    await accessible(page);
    await page.getByRole("button", { name: "Generate answer" }).click();
    const answer = column(page, 0).locator(".answer");
    await expect(answer).toContainText("Thank you for asking.");
    await expect(page.locator(".writing")).toHaveText("Being written");
    await expect(page.getByRole("button", { name: "Generate" })).toHaveCount(0);
    await accessible(page);
    const before = await answer.innerText();
    await page.reload();
    await expect(answer).toHaveText(before);
    await expect(page.locator(".writing")).toHaveText("Being written");
    await stub.does(scenario, { judge: "hold" });
    await expect(page.locator(".writing")).toHaveText("Being judged");
    await expect(answer.first()).toContainText(end);
    await accessible(page);
    await stub.does(scenario);
    await expect(column(page, 0).locator(".value")).toHaveCount(3);
    await expect(answer).toContainText(before);
    await expect(answer).toContainText(end);
    await accessible(page);
    expect(await stub.seen(scenario)).toEqual({ asked: 1, open: 0 });
});

test("an answer that is judged stands there once", async ({ page, pick, stub }) => {
    const scenario = await pick("life", 3);
    await stub.does(scenario, { judge: "hold" });
    await open(page, comparison(scenario, ["context-free"]), "hydrated");
    await page.getByRole("button", { name: "Generate answer" }).click();
    await expect(page.locator(".writing")).toHaveText("Being judged");
    await page.reload();
    await page.locator("html[data-hydrated]").waitFor();
    await expect(page.locator(".writing")).toHaveText("Being judged");
    await expect(column(page, 0).getByText(end)).toHaveCount(1);
});

test("a stream that is cut says what happened, keeps the text, and is asked for again", async ({ page, pick, stub }) => {
    const scenario = await pick("relationship", 0);
    await stub.does(scenario, { words: 12, then: "cut" });
    await open(page, comparison(scenario, ["context-free"]), "hydrated");
    await page.getByRole("button", { name: "Generate answer" }).click();
    await expect(column(page, 0).locator(".care")).toContainText("Stub model broke off");
    await expect(column(page, 0).locator(".partial-text")).toContainText("Thank you for asking.");
    await page.locator("html[data-hydrated]").waitFor();
    await accessible(page);
    await stub.does(scenario);
    await answered(page, "hydrated", "Generate again", 1);
    await expect(column(page, 0).locator(".care, .partial-text")).toHaveCount(0);
});

test("two pages that ask for one answer both get it, and the model is asked once", async ({ page, context, pick, stub }) => {
    const scenario = await pick("relationship", 1);
    await stub.does(scenario, held);
    const other = await context.newPage();
    const pages = [page, other];
    for (const it of pages) await open(it, comparison(scenario, ["context-free"]), "hydrated");
    for (const it of pages) {
        await it.getByRole("button", { name: "Generate answer" }).click();
        await expect(it.locator(".answer")).toContainText("Thank you for asking.");
    }
    await stub.does(scenario);
    for (const it of pages) {
        await expect(it.locator(".value")).toHaveCount(3);
        await expect(it.locator(".answer")).toContainText(end);
    }
    expect(await stub.seen(scenario)).toEqual({ asked: 1, open: 0 });
});

test("one answer is stopped while the other goes on", async ({ page, pick, stub }) => {
    const scenario = await pick("relationship", 2);
    await stub.does(scenario, held);
    await open(page, comparison(scenario, ["context-free", "context-rich"]), "hydrated");
    await page.getByRole("button", { name: "Generate answers" }).click();
    await expect(page.locator(".answer").filter({ hasText: "Thank you for asking." })).toHaveCount(2);
    await column(page, 0).getByRole("button", { name: "Stop" }).click();
    await expect(column(page, 0).getByText("This answer was stopped.")).toBeVisible();
    await expect(column(page, 1).locator(".writing")).toHaveText("Being written");
    await stub.does(scenario);
    await expect(column(page, 1).locator(".value")).toHaveCount(3);
    await expect(column(page, 0).locator(".partial-text")).toContainText("Thank you for asking.");
    await expect(column(page, 0).locator(".value")).toHaveCount(0);
    await page.locator("html[data-hydrated]").waitFor();
    await accessible(page);
});

test("a click is not lost where an answer ends meanwhile", async ({ page, pick, stub, request }) => {
    const scenario = await pick("education", 3);
    await stub.does(scenario, held);
    await open(page, comparison(scenario, ["context-free"], "domain=education"), "hydrated");
    await page.getByRole("button", { name: "Generate answer" }).click();
    await expect(page.locator(".answer")).toContainText("Thank you for asking.");
    const previous = page.getByRole("link", { name: "Previous" });
    const wanted = new URL((await previous.getAttribute("href"))!, page.url()).href;
    await page.route(wanted, async (route) => {
        await stub.does(scenario);
        const told = async () => (await request.get(`/api/v1${comparison(scenario, ["context-free"])}`)).json();
        await expect.poll(async () => (await told()).verdicts.length).toBe(1);
        await route.continue();
    });
    await previous.click();
    await expect(page).toHaveURL(wanted);
    await expect(page.locator(".column h2")).toHaveText("Context-free");
});

test("arrow keys turn scenarios and keep columns", async ({ page, request }) => {
    const { items } = await (await request.get("/api/v1/scenarios", { params: { domain: "social" } })).json();
    await open(page, comparison(items[0], ["context-rich", "partial:age"], "domain=social"), "hydrated");
    await page.keyboard.press("ArrowRight");
    await expect(page).toHaveURL(new RegExp(`/compare/${items[1].id}`));
    expect(columnsOf(page)).toEqual(["stub~context-rich", "stub~partial:age"]);
    await page.locator("html[data-hydrated]").waitFor();
    await page.keyboard.press("ArrowLeft");
    await expect(page).toHaveURL(new RegExp(`/compare/${items[0].id}`));
});

test("a link to a comparison is copied with its columns", async ({ page, context, pick, baseURL }) => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const scenario = await pick("social", 2);
    await open(page, comparison(scenario, ["context-rich", "partial:age,gender"], "diff=1"), "hydrated");
    await page.getByRole("button", { name: "Copy link" }).click();
    await expect(page.getByRole("button", { name: "Link copied" })).toBeVisible();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied.startsWith(`${baseURL}/compare/${scenario.id}?`)).toBe(true);
    await open(page, copied, "hydrated");
    expect(columnsOf(page)).toEqual(["stub~context-rich", "stub~partial:age,gender"]);
    await expect(page).toHaveURL(/diff=1/);
});
