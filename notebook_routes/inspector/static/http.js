// Messages of the page of its own: questions are posted, answers come as lines of one endless response.

const AWAY = "The server is away: this page goes on when it is back";
/** Milliseconds until the connection is tried again, the first and the longest time. */
const [SOON, LATE] = [500, 5000];

/**
 * A transport by HTTP.
 *
 * @param {string} base - the address of the channel, "/_routes/inspector/".
 * @param {string} token - the page's token.
 * @param {(state: "open"|"lost"|"refused", said?: string) => void} tell - called when the connection changes.
 */
export function byHTTP(base, token, tell) {
  const view = crypto.getRandomValues(new Uint32Array(4)).join("-");
  const headers = { authorization: `Bearer ${token}` };
  const stopped = new AbortController();
  let hear = () => {};
  let lost = false;
  // The view is there when the first line has come; what is sent before would find none.
  let begun;
  const first = new Promise((resolve) => (begun = resolve));

  const receive = async () => {
    const response = await fetch(`${base}events?view=${view}`, { headers, signal: stopped.signal });
    if (response.status === 401 || response.status === 403) return tell("refused");
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    let rest = "";
    for (let isFirst = true; ; isFirst = false) {
      const { done, value } = await reader.read();
      if (done) throw new Error("the server has closed the connection");
      if (isFirst) {
        lost = false;
        begun();
        tell("open");
      }
      const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
      rest = lines.pop();
      for (const line of lines) if (line) hear(JSON.parse(line));
    }
  };
  const follow = async () => {
    for (let pause = SOON; !stopped.signal.aborted; pause = lost ? Math.min(pause * 2, LATE) : SOON) {
      try {
        return await receive();
      } catch {
        if (stopped.signal.aborted) return;
        lost = true;
        tell("lost", AWAY);
        await new Promise((resume) => setTimeout(resume, pause));
      }
    }
  };
  const post = async (message) => {
    if (!lost) await first;
    const sent = { method: "POST", headers, body: JSON.stringify(message) };
    const response = lost ? null : await fetch(`${base}messages?view=${view}`, sent).catch(() => null);
    if (!response) hear({ re: message.id, error: AWAY });
    else if (!response.ok) hear({ re: message.id, error: `The server answered ${response.status}: ${await response.text()}` });
  };

  return {
    send: (message) => void post(message),
    listen: (listener) => {
      hear = listener;
      follow();
    },
    close: () => stopped.abort(),
  };
}
