import { accessible as audited, eventually, expect, open, test } from "./support";
import type { Page } from "@playwright/test";

const send = (page: Page) => page.getByRole("button", { name: "Send" }).click();

/** Axe runs only where scripts do. */
const accessible = async (page: Page, project: string) => project === "hydrated" && audited(page);

/** Begins a conversation and waits for its first question. */
async function begin(page: Page, project: string, text: string) {
    await open(page, "/chat", project);
    await page.getByRole("textbox", { name: "Your question" }).fill(text);
    await send(page);
    await page.waitForURL(/\/chat\/[a-z2-7]{16}$/);
    if (project === "hydrated") await page.locator("html[data-hydrated]").waitFor();
}

async function questions(page: Page, project: string, count: number) {
    await eventually(page, project, (timeout) => expect(page.locator(".says")).toHaveCount(count, { timeout }));
}

test("a sample question is asked about, declined, corrected, answered, compared and marked", async ({ page }, { project }) => {
    await open(page, "/chat", project.name);
    await accessible(page, project.name);
    await page.locator(".samples a").first().click();
    const box = page.getByRole("textbox", { name: "Your question" });
    await expect(box).not.toHaveValue("");
    if (project.name === "hydrated") await page.locator("html[data-hydrated]").waitFor();
    await send(page);
    await page.waitForURL(/\/chat\/[a-z2-7]{16}$/);
    await questions(page, project.name, 1);
    await expect(page.locator(".who").first()).toHaveText("RAISE · question 1 of at most 5");
    await accessible(page, project.name);
    // A quick reply is known at once.
    const reply = page.locator(".quick button").first();
    const words = await reply.innerText();
    await reply.click();
    await questions(page, project.name, 2);
    await expect(page.locator(".know")).toContainText(words);
    // Another question is declined.
    await page.getByRole("button", { name: "I’d rather not say" }).click();
    await questions(page, project.name, 3);
    await expect(page.locator("#panel")).toContainText("You would rather not say");
    // A value is corrected.
    await page.locator(".know summary").first().click();
    await page.locator(".know input[name=value]").first().fill("quite all right");
    await page.getByRole("button", { name: "Save" }).first().click();
    await eventually(page, project.name, (timeout) => expect(page.locator(".know")).toContainText("quite all right", { timeout }));
    // Enough.
    await page.getByRole("button", { name: "Just answer" }).click();
    await eventually(page, project.name, (timeout) => expect(page.locator(".log .answer")).toContainText("asking early is no weakness.", { timeout }));
    await expect(page.locator(".log .answer")).toContainText("quite all right");
    await eventually(page, project.name, (timeout) => expect(page.getByRole("button", { name: "Compare with an answer" })).toBeVisible({ timeout }));
    await accessible(page, project.name);
    await page.getByRole("button", { name: "Compare with an answer" }).click();
    await eventually(page, project.name, async (timeout) => {
        await expect(page.locator("#beside .free .answer")).toContainText("asking early is no weakness.", { timeout });
        await expect(page.locator("#doing")).toHaveText("", { timeout });
    });
    await expect(page.locator("#beside .free .answer")).not.toContainText("quite all right");
    // The answer is marked, apart from everything else.
    const marks = page.locator(".log .marks");
    await marks.locator("summary").click();
    for (const row of [0, 1, 2]) await marks.locator("fieldset").nth(row).locator("label").nth(3).click();
    await marks.getByRole("button", { name: "Save" }).click();
    await expect(page.locator(".log .marks summary")).toHaveText("You gave 4, 4 and 4 of 5");
    await accessible(page, project.name);
});

test("somebody in danger is given numbers before anything else", async ({ page }, { project }) => {
    await begin(page, project.name, "My boss shouts at me and I want to die.");
    await expect(page.locator(".care strong").first()).toBeVisible();
    await expect(page.locator(".numbers")).toBeVisible();
    await expect(page.locator(".says")).toHaveCount(0);
    await accessible(page, project.name);
    await page.locator("select[name=country]").selectOption("IE");
    await page.getByRole("button", { name: "Show its lines" }).click();
    await expect(page.locator(".numbers")).toContainText("Samaritans");
    await page.getByRole("button", { name: /Answer my question as well/ }).click();
    await eventually(page, project.name, (timeout) => expect(page.locator(".log .answer")).toContainText("asking early is no weakness.", { timeout }));
    await expect(page.locator(".says")).toHaveCount(0);
});

test("an earlier message is said in another way, and the first conversation stays", async ({ page }, { project }) => {
    await begin(page, project.name, "Should I repaint the old boat?");
    await questions(page, project.name, 1);
    const first = page.url();
    await page.locator(".edit summary").first().click();
    await page.locator(".edit textarea").first().fill("Should I sell the old boat?");
    await page.getByRole("button", { name: "Go on from here" }).click();
    await page.waitForURL((url) => url.href !== first && /\/chat\/[a-z2-7]{16}$/.test(url.pathname));
    await questions(page, project.name, 1);
    await expect(page.locator(".me").first()).toContainText("Should I sell the old boat?");
    await page.getByRole("link", { name: "an earlier conversation" }).click();
    await page.waitForURL(first);
    await expect(page.locator(".me").first()).toContainText("Should I repaint the old boat?");
});

test("a wipe leaves nothing, and words for a conversation that is gone wait in the box of a new one", async ({ page, context }, { project }) => {
    await begin(page, project.name, "Should I learn the cello at sixty?");
    await questions(page, project.name, 1);
    const address = page.url();
    const other = await context.newPage();
    await open(other, address, project.name);
    await page.getByRole("button", { name: "Wipe now" }).click();
    await page.waitForURL(/\/chat\?wiped=1$/);
    await expect(page.getByRole("status").first()).toContainText("none of its words is kept here.");
    expect((await page.request.get(address)).status()).toBe(404);
    await other.getByRole("textbox", { name: "Your message" }).fill("I have small hands.");
    await other.getByRole("button", { name: "Send" }).click();
    await other.waitForURL((url) => url.href !== address);
    await expect(other.getByRole("textbox", { name: "Your message" })).toHaveValue("I have small hands.");
    await expect(other.getByRole("alert")).toContainText("What you wrote is in the box");
});

test("a conversation is kept on request, downloaded, and hidden from search engines", async ({ page }, { project }) => {
    await begin(page, project.name, "Should I move to the coast?");
    await questions(page, project.name, 1);
    await expect(page.locator("meta[name=robots]")).toHaveAttribute("content", /noindex/);
    await page.getByRole("button", { name: "Keep it for 30 days" }).click();
    await eventually(page, project.name, (timeout) => expect(page.locator(".kept")).toContainText("Kept on this server until", { timeout }));
    for (const [format, words] of [["md", "> Should I move to the coast?"], ["json", "\"alternatives\""]]) {
        const file = await page.request.get(`/api/v1${new URL(page.url()).pathname.replace("chat", "chats")}/transcript?format=${format}`);
        expect(file.headers()["content-disposition"]).toContain("attachment");
        expect(await file.text()).toContain(words);
    }
});

test("a plan's search is walked by keyboard", async ({ page }, { project }) => {
    await begin(page, project.name, "Is it wise to keep the house or to take the money when we split up?");
    await questions(page, project.name, 1);
    await page.getByText(/From \d similar questions/).click();
    await page.locator(".similar a").first().click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("What to ask first");
    await accessible(page, project.name);
    const first = page.locator(".walk a").first();
    const name = (await first.locator("text").first().textContent())!;
    await first.focus();
    await page.keyboard.press("Enter");
    await expect(page.locator(".walked [aria-current]")).toHaveText(name);
    await page.locator(".walked a").first().click();
    await expect(page.locator(".walked [aria-current]")).toHaveText("Nothing known");
});
