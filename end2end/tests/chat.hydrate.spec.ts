import { expect, open, test, type Scenario } from "./support";
import type { Page } from "@playwright/test";

const box = (page: Page) => page.locator("#text");

async function begin(page: Page, text: string) {
    await open(page, "/chat", "hydrated");
    await box(page).fill(text);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/chat\/[a-z2-7]{16}$/);
    await page.locator("html[data-hydrated]").waitFor();
    await expect(page.locator(".says")).toHaveCount(1);
}

/** A question that no other test asks. */
const own = (query: string): Scenario => ({ id: query, query });

test("nothing typed is lost: a reply that is begun outlives a reload and another page's message", async ({ page, context }) => {
    await begin(page, "Should I keep bees on the roof?");
    await box(page).fill("I am not sure yet");
    await page.reload();
    await page.locator("html[data-hydrated]").waitFor();
    await expect(box(page)).toHaveValue("I am not sure yet");
    const other = await context.newPage();
    await open(other, page.url(), "hydrated");
    await other.locator(".quick button").first().click();
    await expect(page.locator(".says")).toHaveCount(2);
    await expect(other.locator(".says")).toHaveCount(2);
    await expect(box(page)).toHaveValue("I am not sure yet");
    await page.keyboard.press("Shift+Enter");
    await expect(page.locator(".me")).toHaveCount(2);
});

test("an answer is read while it is written, through a reload, and stopped", async ({ page, stub }) => {
    const scenario = own("Should I paint the barn red?");
    await stub.does(scenario, { words: 12, then: "hold" });
    await begin(page, scenario.query);
    await page.getByRole("button", { name: "Just answer" }).click();
    const answer = page.locator(".log .answer");
    await expect(answer).toContainText("Thank you for asking.");
    await expect(page.locator("#doing")).toContainText("Writing an answer");
    await page.reload();
    await page.locator("html[data-hydrated]").waitFor();
    await expect(answer).toContainText("Thank you for asking.");
    await page.getByRole("button", { name: "Stop" }).click();
    await expect(page.locator(".log")).toContainText("Stopped; what was written is kept.");
    await expect.poll(async () => (await stub.seen(scenario)).open).toBe(0);
    await stub.does(scenario);
    await page.getByRole("button", { name: "Answer again" }).click();
    await expect(answer).toHaveCount(2);
    await expect(answer.last()).toContainText("asking early is no weakness.");
});

test("a model that breaks off is said to, and the answer is tried again", async ({ page, stub }) => {
    const scenario = own("Should I rent out the attic?");
    await stub.does(scenario, { words: 12, then: "cut" });
    await begin(page, scenario.query);
    await page.getByRole("button", { name: "Just answer" }).click();
    await expect(page.locator(".log")).toContainText("Stub model broke off");
    await expect(page.locator(".log .answer")).toContainText("Thank you for asking.");
    await stub.does(scenario);
    await page.getByRole("button", { name: "Answer again" }).click();
    await expect(page.locator(".log .answer").last()).toContainText("asking early is no weakness.");
});

test("a message that does not reach the server stays in the box", async ({ page, context }) => {
    await begin(page, "Should I adopt an old dog?");
    await context.setOffline(true);
    await box(page).fill("I have a garden");
    await page.keyboard.press("Enter");
    await expect(page.locator(".connection")).toContainText("could not be reached");
    await expect(box(page)).toHaveValue("I have a garden");
    await context.setOffline(false);
    await page.keyboard.press("Enter");
    await expect(page.locator(".me")).toHaveCount(2);
    await expect(box(page)).toHaveValue("");
});

test("a wipe in another tab is said at once", async ({ page, context }) => {
    await begin(page, "Should I take up rowing?");
    const other = await context.newPage();
    await open(other, page.url(), "hydrated");
    await other.getByRole("button", { name: "Wipe now" }).click();
    await expect(page.locator(".connection")).toContainText("was wiped");
});
