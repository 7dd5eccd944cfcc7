// What a page costs, told from a trace of the browser: the same however busy the machine is.

/** What `pace` is on the machine that the limits of the tests are meant for, in ms. */
const PACE = 12;

/** Begins to record the tasks of a page. */
export const startTasks = (browser, page) => browser.startTracing(page, { categories: ["-*", "toplevel"] });

/**
 * Ends it and returns the time of each task of the page's main thread, in ms. It is the thread's own time: what the
 * thread waited for a processor is not in it.
 */
export async function stopTasks(browser) {
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const tasks = new Map();
  for (const e of traceEvents)
    if (e.name === "thread_name" && e.args.name === "CrRendererMain") tasks.set(`${e.pid}/${e.tid}`, []);
  for (const e of traceEvents)
    if (e.name === "ThreadControllerImpl::RunTask" && e.tdur !== undefined)
      tasks.get(`${e.pid}/${e.tid}`)?.push(e.tdur / 1000);
  // The browser has pages of its own; the one that is tested does the most.
  return [...tasks.values()].toSorted((a, b) => sum(b) - sum(a))[0] ?? [];
}

export const sum = (times) => times.reduce((all, time) => all + time, 0);

/**
 * By how much the machine is slower than the one that limits are meant for, at least 1: the best of many tries at a
 * piece of work like the app's own. Neighbours spoil most tries, and the slowness of a machine each of them.
 */
export async function slowness(page) {
  const best = await page.evaluate(async () => {
    const once = () => {
      const began = performance.now();
      const list = document.createElement("ol");
      list.style.cssText = "position:absolute;inset:0;visibility:hidden;overflow:hidden";
      for (let n = 0; n < 150; n++) {
        const item = document.createElement("li");
        item.textContent = JSON.stringify(JSON.parse(`{"n":${n},"text":"${"some words ".repeat(12)}"}`));
        list.append(item);
      }
      document.body.append(list);
      list.getBoundingClientRect();
      list.remove();
      return performance.now() - began;
    };
    const times = [];
    for (let n = 0; n < 60; n++) {
      times.push(once());
      await new Promise((done) => setTimeout(done, 5));
    }
    return Math.min(...times);
  });
  console.log(`the machine's pace: ${best.toFixed(1)} ms where ${PACE} ms are usual`);
  return Math.max(1, best / PACE);
}
