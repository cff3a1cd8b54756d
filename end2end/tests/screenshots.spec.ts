import { open, test } from "./support";

/** Pictures of every page for people to look at; written only where a folder is named. */
const folder = process.env.ROOKERY_SCREENSHOTS;
const paths: Record<string, string> = {
    home: "/", scenarios: "/scenarios", search: "/scenarios?q=job&domain=career", nothing: "/scenarios?q=xyzzyq",
    severe: "/scenarios?severity=severe", "help-lines": "/help-lines", about: "/about", methods: "/methods", missing: "/nowhere",
};

for (const width of folder ? [360, 1280, 1920] : []) {
    for (const colorScheme of ["light", "dark"] as const) {
        test(`pictures at ${width} ${colorScheme}`, async ({ page }, { project }) => {
            test.setTimeout(120_000);
            await page.emulateMedia({ colorScheme });
            await page.setViewportSize({ width, height: width === 360 ? 740 : 900 });
            const shoot = (name: string) => page.screenshot({ path: `${folder}/${name}-${width}-${colorScheme}-${project.name}.png`, fullPage: width !== 1920 && name !== "help-lines" });
            for (const [name, path] of Object.entries(paths)) {
                await open(page, path, project.name);
                await shoot(name);
            }
            for (const [name, list] of [["scenario", "/scenarios"], ["sensitive", "/scenarios?severity=sensitive"], ["covered", "/scenarios?severity=severe"]]) {
                await open(page, list, project.name);
                if (!(await page.locator(".card h2 a").count())) continue;
                await page.locator(".card h2 a").first().click();
                await page.locator(".crumbs").waitFor();
                await shoot(name);
            }
        });
    }
}
