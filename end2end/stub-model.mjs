// A model server for tests: speaks the OpenAI protocol, answers at once unless a test says otherwise, and echoes what it
// was told of the person. It judges by counting that.
//
// To the agent of a conversation it says what is well-formed and of no use.
//
// Tests steer it per scenario, by the words of the question, so that they can run beside each other:
//   POST /control {"query", "words": 12, "then": "hold" | "cut"}   stop or break off behind so many words
//   POST /control {"query", "status": 429}                          refuse
//   POST /control {"query", "judge": "hold" | "ramble"}             the judge waits, or does not answer with a digit
//   POST /control {"query"}                                         behave again; whatever was held goes on
//   GET  /control?query=…                                           {"asked", "open"}: answers asked for, and still being written
import { createServer } from "node:http";

export function stubModel(port) {
    const rules = new Map();
    const answers = [];

    async function respond(request, response) {
        const url = new URL(request.url, "http://stub");
        const body = request.method === "POST" ? JSON.parse(await text(request)) : undefined;
        if (url.pathname === "/control" && body) {
            const before = rules.get(body.query);
            rules.set(body.query, { ...body, ...released() });
            before?.release();
            return json(response, 200, {});
        }
        if (url.pathname === "/control") {
            const asked = answers.filter((it) => it.prompt.includes(url.searchParams.get("query")));
            return json(response, 200, { asked: asked.length, open: asked.filter((it) => it.open).length });
        }
        if (url.pathname === "/v1/models") return json(response, 200, { object: "list", data: [{ id: "stub", object: "model" }] });
        if (url.pathname !== "/v1/chat/completions" || !body) return json(response, 404, { error: { message: "no such address" } });
        const prompt = body.messages.filter((it) => it.role === "user").map((it) => it.content).join("\n");
        const rule = [...rules.values()].find((it) => prompt.includes(it.query)) ?? {};
        const form = body.response_format?.json_schema;
        if (form && form.name !== "marks") return agent(response, form, prompt);
        const isVerdict = body.logprobs || body.response_format;
        return isVerdict ? judge(response, body, prompt, rule) : answer(response, body, prompt, rule);
    }

    async function answer(response, body, prompt, rule) {
        const call = { prompt, open: true };
        answers.push(call);
        response.on("close", () => (call.open = false));
        if (rule.status) return json(response, rule.status, { error: { message: "the stub was told to refuse" } });
        const words = written(prompt).split(/(?<= )/);
        const usage = { prompt_tokens: prompt.split(/\s+/).length, completion_tokens: words.length };
        if (!body.stream) return json(response, 200, { ...reply({ message: { role: "assistant", content: words.join("") } }, "stop"), usage });
        response.writeHead(200, { "content-type": "text/event-stream" });
        // Each piece is on its way before the next: a connection that is cut loses none of them.
        const send = (chunk) => new Promise((done) => response.write(`data: ${JSON.stringify(chunk)}\n\n`, done));
        for (const [at, content] of words.entries()) {
            if (at === rule.words && rule.then === "cut") return response.destroy();
            if (at === rule.words && rule.then === "hold") await rule.held;
            await send(reply({ delta: { content } }, null));
        }
        await send({ ...reply({ delta: {} }, "stop"), usage });
        response.end("data: [DONE]\n\n");
    }

    const server = createServer((request, response) => {
        respond(request, response).catch((error) => json(response, 500, { error: { message: String(error) } }));
    });
    server.listen(port, "127.0.0.1");
    return server;
}

/** What waits for a rule to be replaced, and how it is let go. */
function released() {
    let release;
    const held = new Promise((resolve) => (release = resolve));
    return { held, release };
}

/** The facts of a person in a text: lines of a label and a value. */
const facts = (prompt) => [...prompt.matchAll(/^(?:- )?\**([A-Z][\w /()-]{1,40}?)\**: (.+)$/gm)].map((it) => `- **${it[1]}**: ${it[2]}`);

function written(prompt) {
    const query = prompt.split("My question: ").pop();
    const told = facts(prompt.slice(0, prompt.length - query.length));
    const known = told.length ? `You told me something about yourself, and it matters here:\n\n${told.join("\n")}\n\nSo go gently, and begin with the part that frightens you least. ` : "";
    return `Thank you for asking. You want to know: “${query.split(" ").slice(0, 6).join(" ")} …” Take your time, for little of this has to be decided today. ${known}Write down what speaks for it and what speaks against it, and read the list again tomorrow. Talk it over with somebody who has no part in it. If it keeps you awake, a doctor or a counsellor is the right person to ask, and asking early is no weakness.`;
}

/** What the agent of a conversation asks: nothing is read, the first field is chosen, the example is worded. */
function agent(response, form, prompt) {
    const said = {
        facts: () => ({ facts: [] }),
        next: () => ({ field: form.schema.properties.field.enum[0] }),
        question: () => ({ question: /For example: “([^”]+)”/.exec(prompt)?.[1] ?? "", why: "it shows what fits you" }),
    }[form.name];
    json(response, 200, reply({ message: { role: "assistant", content: JSON.stringify(said()) } }, "stop"));
}

async function judge(response, body, prompt, rule) {
    if (rule.judge === "hold") await rule.held;
    const known = facts(prompt.slice(prompt.indexOf("<answer>"), prompt.indexOf("</answer>"))).length;
    const digit = known === 0 ? 2 : known < 5 ? 3 : 4;
    if (body.response_format) {
        const mark = { score: digit, reason: `It names ${known} facts of the person.` };
        const content = JSON.stringify({ risk_sensitivity: mark, emotional_empathy: mark, user_specific_alignment: mark });
        return json(response, 200, reply({ message: { role: "assistant", content } }, "stop"));
    }
    const said = rule.judge === "ramble" ? "Well" : String(digit);
    const top = (token, probability) => ({ token, logprob: Math.log(probability) });
    const first = { ...top(said, 0.7), top_logprobs: [top(said, 0.7), top(rule.judge === "ramble" ? "Hm" : String(digit + 1), 0.3)] };
    json(response, 200, reply({ message: { role: "assistant", content: said }, logprobs: { content: [first] } }, "stop"));
}

const reply = (choice, finish_reason) => ({ id: "stub", object: "chat.completion", model: "stub", choices: [{ index: 0, ...choice, finish_reason }] });

function json(response, status, body) {
    if (response.headersSent) return response.destroy();
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function text(request) {
    let body = "";
    for await (const chunk of request) body += chunk;
    return body;
}
