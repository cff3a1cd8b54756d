import { expect, open, test } from "./support";

// Structure, never wording: the model is real, and very small.
test("a newcomer asks a sample question of the model on this machine, and compares", async ({ page }) => {
    test.setTimeout(240_000);
    const patient = { timeout: 120_000 };
    await open(page, "/chat", "hydrated");
    await page.locator(".samples a").first().click();
    await page.locator("html[data-hydrated]").waitFor();
    await expect(page.locator(".begin")).toContainText("A small model that runs on this machine; not advice.");
    await page.getByRole("button", { name: "Send" }).click();
    await page.waitForURL(/\/chat\/[a-z2-7]{16}$/);
    await expect(page.locator(".quick")).toHaveCount(1, patient);
    await expect(page.locator(".log details summary", { hasText: "Why this question" })).toHaveCount(1);
    const reply = page.locator(".quick button").first();
    const words = await reply.innerText();
    await reply.click();
    await expect(page.locator(".says")).toHaveCount(2, patient);
    await expect(page.locator(".know")).toContainText(words);
    await page.getByRole("button", { name: "I’d rather not say" }).click();
    await expect(page.locator("#panel")).toContainText("You would rather not say", patient);
    await page.locator(".know summary").first().click();
    await page.locator(".know input[name=value]").first().fill("changed by hand");
    await page.getByRole("button", { name: "Save" }).first().click();
    await expect(page.locator(".know")).toContainText("changed by hand");
    // At most five questions, whatever the model does.
    const answer = page.locator(".log .answer");
    for (let asked = 3; asked <= 6; asked += 1) {
        await expect(page.locator(".quick").or(answer).first()).toBeVisible(patient);
        if (await answer.count()) break;
        const before = await page.locator(".says").count();
        await page.locator(".quick button").first().click();
        await expect.poll(async () => (await page.locator(".says").count()) + (await answer.count()), patient).toBeGreaterThan(before);
    }
    expect(await page.locator(".says").count()).toBeLessThanOrEqual(5);
    await expect(page.getByRole("button", { name: "Compare with an answer" })).toBeVisible(patient);
    await expect(answer).not.toHaveText("");
    await page.getByRole("button", { name: "Compare with an answer" }).click();
    await expect(page.locator("#doing")).toHaveText("", patient);
    await expect(page.locator("#beside .free .answer")).not.toHaveText("");
    await expect(page.locator("#beside .raise .answer")).not.toHaveText("");
});
