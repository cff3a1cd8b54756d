import { accessible, answered, column, columnsOf, comparison, eventually, expect, open, test } from "./support";

const usual = ["context-free", "context-rich"];

test("answers are made from a scenario's page, with scores and what was sent", async ({ page, pick }, { project }) => {
    const scenario = await pick("career", 0);
    await open(page, `/scenarios/${scenario.id}?domain=career`, project.name);
    await page.locator(".answers a.button").click();
    await expect(page).toHaveURL(new RegExp(`/compare/${scenario.id}\\?domain=career$`));
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(scenario.query);
    await expect(page.locator(".column h2").filter({ hasText: /^Context-(free|rich)$/ })).toHaveCount(2);

    // Answers that were shipped may stand here; what follows is of the stub alone.
    await open(page, comparison(scenario, usual, "domain=career"), project.name);
    await expect(page.locator(".column")).toHaveCount(2);
    await answered(page, project.name, "Generate answers", 2);

    await expect(column(page, 0).getByRole("heading")).toHaveText("Context-free");
    await expect(column(page, 1).getByRole("heading")).toHaveText("Context-rich");
    await expect(page.locator(".compare-bar")).toContainText("Judge: Stub model · 2 of 2 scored");
    await expect(column(page, 0).locator(".value")).toHaveText(["2.3", "2.3", "2.3"]);
    await expect(column(page, 0).locator(".change")).toHaveCount(0);
    await expect(column(page, 1).locator(".value")).toHaveText(["4.3", "4.3", "4.3"]);
    await expect(column(page, 1).locator(".change")).toHaveText(["+2", "+2", "+2"]);

    // The whole prompt is there; of the person only where the model was told.
    const age = await page.locator(".facts div", { hasText: /^Age/ }).locator("dd").innerText();
    for (const at of [0, 1]) {
        const sent = column(page, at).locator(".sent");
        await sent.locator("summary").click();
        await expect(sent.locator("pre").last()).toContainText(scenario.query);
        await expect(sent.locator("pre").last()).toBeVisible();
    }
    await expect(column(page, 0).locator(".sent")).not.toContainText(`Age: ${age}`);
    await expect(column(page, 1).locator(".sent")).toContainText(`Age: ${age}`);
    await expect(column(page, 1).locator(".answer li").first()).toContainText(age);
    if (project.name === "hydrated") await accessible(page);

    // The scenario's page now knows of them.
    await page.locator(".crumbs a").last().click();
    await expect(page.locator(".answers li", { hasText: "Stub model" })).toContainText("context-free, context-rich");
});

test("word differences are a link, and stand in the URL", async ({ page, pick }, { project }) => {
    const scenario = await pick("career", 1);
    await open(page, comparison(scenario, usual), project.name);
    await answered(page, project.name, "Generate answers", 2);
    await expect(page.locator(".answer mark")).toHaveCount(0);
    await page.getByRole("link", { name: "Word differences: off" }).click();
    await expect(page).toHaveURL(/[?&]diff=1/);
    await expect(column(page, 1).locator(".answer mark").first()).toBeVisible();
    await expect(column(page, 0).locator(".answer mark")).toHaveCount(0);
    await expect(column(page, 1).locator(".answer mark").filter({ hasText: "frightens you least" })).toHaveCount(1);
    await expect(column(page, 1).locator(".answer mark").filter({ hasText: "Thank you" })).toHaveCount(0);
    await page.getByRole("link", { name: "Word differences: on" }).click();
    await expect(page).not.toHaveURL(/diff=1/);
    await expect(page.locator(".answer mark")).toHaveCount(0);
});

test("another column can lead", async ({ page, pick }, { project }) => {
    const scenario = await pick("career", 2);
    await open(page, comparison(scenario, usual), project.name);
    await answered(page, project.name, "Generate answers", 2);
    await column(page, 1).getByRole("link", { name: "Compare the others with this" }).click();
    await expect(column(page, 0).getByRole("heading")).toHaveText("Context-rich");
    await expect(column(page, 1).locator(".change")).toHaveText(["−2", "−2", "−2"]);
    expect(columnsOf(page)).toEqual(["stub~context-rich", "stub~context-free"]);
});

test("previous and next keep the columns", async ({ page, request }, { project }) => {
    const { items } = await (await request.get("/api/v1/scenarios", { params: { domain: "health" } })).json();
    const columns = ["context-rich", "partial:age"];
    await open(page, comparison(items[0], columns, "diff=1&domain=health"), project.name);
    await expect(page.locator(".crumbs")).toContainText(/1 of \d/);
    await page.getByRole("link", { name: "Next" }).click();
    await expect(page.locator(".crumbs")).toContainText(/2 of \d/);
    await expect(page).toHaveURL(/diff=1&domain=health$/);
    expect(columnsOf(page)).toEqual(columns.map((it) => `stub~${it}`));
    await expect(page.locator(".column h2")).toHaveText(["Context-rich", "Only age"]);
    await page.getByRole("link", { name: "Previous" }).click();
    await expect(page).toHaveURL(new RegExp(`/compare/${items[0].id}`));
});

test("a model is shown only some of it", async ({ page, pick }, { project }) => {
    const scenario = await pick("education", 0);
    await open(page, comparison(scenario, usual, "domain=education"), project.name);
    await page.getByText("Show a model only some of it").click();
    await page.getByLabel("Age", { exact: true }).check();
    await page.getByLabel("Gender", { exact: true }).check();
    await page.getByLabel("Model").selectOption({ label: "Stub model" });
    await page.getByRole("button", { name: "Add the column" }).click();
    await expect(page.locator(".column h2")).toHaveText(["Context-free", "Context-rich", "Only age, gender"]);
    await answered(page, project.name, "Generate answers", 3);
    expect(page.url()).toContain("domain=education");
    await expect(column(page, 2).locator(".answer li")).toHaveCount(2);
    await expect(column(page, 2).locator(".change")).toHaveText(["+1", "+1", "+1"]);
    await expect(page.locator(".facts div", { hasText: /^Age/ }).locator(".seen")).toHaveCount(2);
    await column(page, 0).getByRole("link", { name: "Remove this column" }).click();
    await expect(page.locator(".column h2")).toHaveText(["Context-rich", "Only age, gender"]);
    expect(columnsOf(page)).toEqual(["stub~context-rich", "stub~partial:age,gender"]);
    await page.getByText("Other answers to this scenario").click();
    await page.getByRole("link", { name: "Stub model · Context-free" }).click();
    await expect(page.locator(".column h2")).toHaveText(["Context-rich", "Only age, gender", "Context-free"]);
});

test("a comparison is kept as JSON and as Markdown", async ({ page, pick }, { project }) => {
    const scenario = await pick("education", 1);
    await open(page, comparison(scenario, usual), project.name);
    await answered(page, project.name, "Generate answers", 2);
    const text = async (kind: string) => {
        const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: `Download as ${kind}` }).click()]);
        let body = "";
        for await (const chunk of await download.createReadStream()) body += chunk;
        return { name: download.suggestedFilename(), body };
    };
    const json = await text("JSON");
    expect(json.name).toBe(`comparison-${scenario.id}.json`);
    const read = JSON.parse(json.body);
    expect(read.view.scenario.query).toBe(scenario.query);
    expect(read.columns.map((it: { column: { shown: string } }) => it.column.shown)).toEqual(usual);
    const markdown = await text("Markdown");
    expect(markdown.name).toBe(`comparison-${scenario.id}.md`);
    expect(markdown.body).toContain(scenario.query);
    for (const it of read.columns) expect(markdown.body).toContain(it.answer.text.slice(0, 60));
});

test("what is written so far is on the page", async ({ page, pick, stub }, { project }) => {
    const scenario = await pick("health", 1);
    await stub.does(scenario, { words: 12, then: "hold" });
    await open(page, comparison(scenario, ["context-free"]), project.name);
    await page.getByRole("button", { name: "Generate answer" }).click();
    await eventually(page, project.name, (timeout) => expect(column(page, 0).locator(".answer")).toContainText("Thank you for asking.", { timeout }));
    await expect(page.locator(".writing")).toHaveText("Being written");
});

test("a stopped answer keeps its text", async ({ page, pick, stub }, { project }) => {
    const scenario = await pick("education", 2);
    await stub.does(scenario, { words: 12, then: "hold" });
    await open(page, comparison(scenario, ["context-free"]), project.name);
    await page.getByRole("button", { name: "Generate answer" }).click();
    await expect.poll(() => stub.seen(scenario)).toEqual({ asked: 1, open: 1 });
    await page.getByRole("button", { name: "Stop" }).click();
    await eventually(page, project.name, (timeout) => expect(page.getByText("This answer was stopped.")).toBeVisible({ timeout }));
    await expect(column(page, 0)).toContainText("Thank you for asking.");
    await expect.poll(() => stub.seen(scenario)).toEqual({ asked: 1, open: 0 });
    await stub.does(scenario);
    await answered(page, project.name, "Generate again", 1);
    await expect(page.getByText("This answer was stopped.")).toHaveCount(0);
});

for (const [status, said] of [[429, "takes no more requests"], [500, "Stub model broke off"]] as const) {
    test(`a model server that says ${status} is told of, and can be asked again`, async ({ page, pick, stub }, { project }) => {
        const scenario = await pick("financial", status === 429 ? 0 : 1);
        await stub.does(scenario, { status });
        await open(page, comparison(scenario, ["context-rich"]), project.name);
        await page.getByRole("button", { name: "Generate answer" }).click();
        await eventually(page, project.name, (timeout) => expect(column(page, 0).locator(".care")).toContainText(said, { timeout }));
        await stub.does(scenario);
        await answered(page, project.name, "Generate again", 1);
        await expect(column(page, 0).locator(".care")).toHaveCount(0);
    });
}

test("an answer whose judge rambles is there, and unscored", async ({ page, pick, stub }, { project }) => {
    const scenario = await pick("financial", 2);
    await stub.does(scenario, { judge: "ramble" });
    await open(page, comparison(scenario, ["context-free"]), project.name);
    await page.getByRole("button", { name: "Generate answer" }).click();
    await eventually(page, project.name, (timeout) => expect(column(page, 0).locator(".unscored")).toContainText("could not be read", { timeout }));
    await expect(column(page, 0).locator(".answer")).toContainText("asking early is no weakness");
    await column(page, 0).getByText("How it was judged").click();
    await expect(column(page, 0).locator("blockquote")).toContainText("Well");
});

test("an answer whose judge rambled is judged again when asked for", async ({ page, pick, stub }, { project }) => {
    const scenario = await pick("health", 0);
    await stub.does(scenario, { judge: "ramble" });
    await open(page, comparison(scenario, ["context-free"]), project.name);
    await page.getByRole("button", { name: "Generate answer" }).click();
    const again = page.getByRole("button", { name: "Judge this answer" });
    await eventually(page, project.name, (timeout) => expect(again).toBeVisible({ timeout }));
    await stub.does(scenario);
    await again.click();
    await expect(column(page, 0).locator(".value")).toHaveCount(3);
    await expect(again).toHaveCount(0);
});

test("a severe scenario's answers are covered until shown", async ({ page, request }, { project }) => {
    const { items } = await (await request.get("/api/v1/scenarios", { params: { severity: "severe" } })).json();
    await open(page, comparison(items[0], usual, "severity=severe"), project.name);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Answers to a scenario that speaks of present danger");
    await expect(page).toHaveTitle(/covered/);
    await expect(page.locator(".facts, .columns")).toHaveCount(0);
    if (project.name === "hydrated") await accessible(page);
    await page.getByRole("link", { name: "Show scenario and answers" }).click();
    await expect(page).toHaveURL(/uncovered=1/);
    await expect(page.locator(".facts")).toBeVisible();
    await expect(page.locator(".columns")).toBeVisible();
    await expect(page.locator(".pager a").first()).not.toHaveAttribute("href", /uncovered/);
    if (project.name === "hydrated") {
        await page.locator("html[data-hydrated]").waitFor();
        await accessible(page);
    }
});

test("an address without sense is said so", async ({ page, pick }) => {
    const scenario = await pick("social", 0);
    for (const query of ["c=stub", "c=stub~everything", "c=stub~partial:", "diff=yes", "severity=very"]) {
        const response = await page.goto(`/compare/${scenario.id}?${query}`);
        expect(response!.status(), query).toBe(400);
        await expect(page.getByRole("alert")).toBeVisible();
    }
    expect((await page.goto("/compare/aaaaaaaaaaaaaaaa"))!.status()).toBe(404);
});

test("a model that costs money is not offered, nor made to answer by a forged form", async ({ page, pick, stub }, { project }) => {
    const scenario = await pick("social", 1);
    await open(page, comparison(scenario, ["priced~context-free", "context-free"]), project.name);
    await expect(column(page, 0)).toContainText("No answer here.");
    await expect(column(page, 0).getByRole("button")).toHaveCount(0);
    await expect(page.getByRole("button", { name: "Generate answers" })).toHaveCount(0);
    await column(page, 1).locator("input[name=columns]").evaluate((it: HTMLInputElement) => (it.value = "c=priced~context-free"));
    await column(page, 1).getByRole("button", { name: "Generate answer" }).click();
    await expect(page).toHaveURL(new RegExp(`/compare/${scenario.id}`));
    await expect(page.getByRole("alert")).toContainText("What was under way goes on");
    expect(await stub.seen(scenario)).toEqual({ asked: 0, open: 0 });
});

test("one to four columns fit every screen", async ({ page, pick }, { project }) => {
    const scenario = await pick("life", 0);
    const columns = ["context-free", "context-rich", "partial:age,gender,profession", "partial:emotional_state,mental_health_status"];
    await open(page, comparison(scenario, columns), project.name);
    await answered(page, project.name, "Generate answers", 4);
    for (const width of [320, 900, 1280]) {
        await page.setViewportSize({ width, height: 740 });
        for (const count of [1, 2, 3, 4]) {
            for (const more of ["", "diff=1"]) {
                await open(page, comparison(scenario, columns.slice(0, count), more), project.name);
                expect(await page.evaluate(() => document.documentElement.scrollWidth), `${count} columns at ${width}`).toBeLessThanOrEqual(width);
            }
        }
    }
});

test("on a phone, tabs switch columns by touch and by keyboard", async ({ page, pick }, { project }) => {
    const scenario = await pick("life", 1);
    await page.setViewportSize({ width: 360, height: 740 });
    const columns = [...usual, "partial:age"];
    await open(page, comparison(scenario, columns), project.name);
    const visible = async (at: number) => {
        for (const other of columns.keys()) await expect(column(page, other)).toBeVisible({ visible: other === at });
    };
    await visible(0);
    await page.locator(".tabs label", { hasText: "Context-rich" }).click();
    await visible(1);
    await page.keyboard.press("ArrowRight");
    await visible(2);
    await page.keyboard.press("ArrowRight");
    await visible(0);
    await expect(page).toHaveURL(new RegExp(scenario.id));
    if (project.name === "hydrated") await accessible(page);
});
