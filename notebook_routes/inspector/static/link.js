// The connection to Python: questions with answers, and what Python says by itself.
//
// Whatever carries the messages is a transport: { send(message), listen(hear), close() }. In a notebook that is the
// widget's comm, on the page below /_routes/ it is HTTP, see http.js. Python acknowledges a question as soon as it has it; while a
// kernel without subshells runs a cell that does not happen, and the page can say that the question waits.

/** Milliseconds without acknowledgement after which a question counts as waiting. */
const PATIENCE = 400;
/** And after which nobody is expected to answer, where the kernel has not said that it is busy. */
const SILENCE = 8000;

export class Link extends EventTarget {
  #transport;
  // Other views of the same widget hear the same answers: each begins at another number.
  #numbers = Math.floor(Math.random() * 2 ** 32) * 2 ** 20;
  #open = new Map();
  #waiting = new Set();
  #ended = null;

  constructor(transport) {
    super();
    this.#transport = transport;
    transport.listen((message) => this.#hear(message));
  }

  /** Ask Python; the answer, or an Error with its sentence. */
  ask(what, fields = {}) {
    const id = ++this.#numbers;
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(new Error(this.#ended));
      const timers = [setTimeout(() => this.#wait(id, true), PATIENCE), setTimeout(() => this.#say("silent", {}), SILENCE)];
      this.#open.set(id, { resolve, reject, timers });
      try {
        this.#transport.send({ do: what, id, ...fields });
      } catch (error) {
        this.#settle(id);
        reject(error);
      }
    });
  }

  /** Have `listener(message)` called for what Python says by itself; what takes it back. */
  on(push, listener) {
    const hear = (event) => listener(event.detail);
    this.addEventListener(push, hear);
    return () => this.removeEventListener(push, hear);
  }

  /** How many questions wait because the kernel is busy. */
  get waiting() {
    return this.#waiting.size;
  }

  /** Nobody answers any more, for the reason given; open questions fail. */
  end(reason) {
    if (this.#ended) return;
    this.#ended = reason;
    this.lose(reason);
  }

  /** What was asked will not be answered, for the reason given; what is asked later may be. */
  lose(reason) {
    for (const [id, { reject }] of [...this.#open]) {
      this.#settle(id);
      reject(new Error(reason));
    }
    this.#say("lost", { said: this.#ended ?? reason });
  }

  get ended() {
    return this.#ended;
  }

  close() {
    this.end("This view is closed");
    this.#transport.close();
  }

  #hear(message) {
    if (message.push === "bye") return this.end(message.said);
    if (message.push) return this.#say(message.push, message);
    if (message.ack) return this.#acknowledged(message.ack);
    const question = this.#open.get(message.re);
    // Another view's, perhaps.
    if (!question) return;
    this.#settle(message.re);
    if (message.error) question.reject(new Error(message.error));
    else question.resolve(message);
  }

  #acknowledged(id) {
    this.#open.get(id)?.timers.forEach(clearTimeout);
    this.#wait(id, false);
  }

  #settle(id) {
    this.#acknowledged(id);
    this.#open.delete(id);
  }

  #wait(id, waits) {
    const before = this.#waiting.size;
    if (waits) this.#waiting.add(id);
    else this.#waiting.delete(id);
    if (before !== this.#waiting.size) this.#say("waiting", { count: this.#waiting.size });
  }

  #say(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** Messages by the comm of an anywidget model. */
export function byWidget(model) {
  let hear = null;
  return {
    send: (message) => model.send(message),
    listen: (listener) => model.on("msg:custom", (hear = listener)),
    close: () => hear && model.off("msg:custom", hear),
  };
}
