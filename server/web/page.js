"use strict";
// The page: asks before it measures, draws while it does, shows what the server has computed.

const kLooks = 5;
const kBetweenSpoken = 5000;  // ms
const kLinkNames = {lan: "Cable (LAN)", wifi: "Wi-Fi", adsl: "DSL", "3g": "3G", lte: "4G or 5G", other: "Something else"};
const kSvg = "http://www.w3.org/2000/svg";
const find = (id) => document.getElementById(id);

let worker = null;
let state = "start";  // "start", "waiting", "running", "result"
let looks = 0;
let wasHidden = false;
let spokenAt = 0;

// --- Numbers as the reader writes them ---

const locale = navigator.languages;

function number(value, digits = 0) {
  return value.toLocaleString(locale, {minimumFractionDigits: digits, maximumFractionDigits: digits});
}

// Text of the server, such as "21.10 ms", with its decimal points as the reader has them. Addresses
// and versions have more than one point. No line ends between a number and its percent sign.
function localized(text) {
  return text.replace(/(\d) %/g, "$1\u00a0%").replace(/\d[\d.]*\d/g, (digits) => {
    if (!/^\d+\.\d+$/.test(digits)) {
      return digits;
    }
    const decimals = digits.length - digits.indexOf(".") - 1;
    return Number(digits).toLocaleString(locale, {
      minimumFractionDigits: decimals, maximumFractionDigits: decimals, useGrouping: false});
  });
}

function duration(ns) {
  const [value, unit] = ns < 2e6 ? [ns / 1e3, "µs"] : ns < 2e9 ? [ns / 1e6, "ms"] : [ns / 1e9, "s"];
  return `${number(value, value < 10 ? 2 : value < 100 ? 1 : 0)} ${unit}`;
}

function size(bytes) {
  return bytes < 1e6 ? `${number(bytes / 1e3)} kB` : `${number(bytes / 1e6, 1)} MB`;
}

function span(seconds) {
  const rounded = Math.max(1, Math.ceil(seconds));
  return rounded < 90 ? `${number(rounded)} ${rounded === 1 ? "second" : "seconds"}`
                      : `${number(Math.round(rounded / 60))} minutes`;
}

// --- What is visible ---

function show(next) {
  state = next;
  find("start").hidden = next !== "start";
  find("running").hidden = next !== "waiting" && next !== "running";
  find("result").hidden = next !== "result";
}

// Changes often: a screen reader gets it now and then.
function showStatus(text) {
  find("status").textContent = text;
  if (Date.now() - spokenAt > kBetweenSpoken) {
    spokenAt = Date.now();
    find("spoken").textContent = text;
  }
}

function tell(text) {
  find("message").textContent = text;
}

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  return made;
}

// --- Before the tap ---

function offerLinks(links) {
  const place = find("links");
  if (place.childElementCount > 0) {
    return;
  }
  for (const link of links) {
    const input = element("input", "", {type: "radio", name: "link", value: link, required: ""});
    const label = element("label", "");
    label.append(input, kLinkNames[link] || link);
    place.append(label);
  }
}

function showEstimate(estimate) {
  let text = `At most ${number(estimate.pings)} messages of up to ${number(estimate.largest_bytes)} bytes: ` +
             `${size(estimate.bytes)} to this device`;
  if (estimate.seconds) {
    text += `, and about ${span(estimate.seconds)}, less if the times settle early`;
  }
  if (estimate.rtt_ns) {
    text += `. A small message takes about ${duration(estimate.rtt_ns)} there and back`;
  }
  find("estimate").textContent = text + ".";
}

// --- While it measures ---

// Averages of the fastest round trips, by the number of packets of the messages.
function classesOf(progress) {
  const classes = new Map();
  progress.sizes_bytes.forEach((bytes, i) => {
    const fastest = progress.minima_ns[i];
    if (fastest !== null && progress.mss_bytes) {
      const packets = Math.ceil(bytes / progress.mss_bytes);
      const known = classes.get(packets) || {sum: 0, count: 0};
      classes.set(packets, {sum: known.sum + fastest, count: known.count + 1});
    }
  });
  return classes;
}

function draw(progress) {
  const points = progress.sizes_bytes.map((bytes, i) => [bytes, progress.minima_ns[i]]).filter(([, ns]) => ns !== null);
  if (points.length === 0) {
    return;
  }
  const width = Math.max(300, Math.min(920, find("live").clientWidth));
  const height = Math.round(Math.max(220, width * 0.42));
  const [left, right, top, bottom] = [56, width - 10, 14, height - 36];
  const times = points.map(([, ns]) => ns);
  const low = Math.min(...times);
  const high = Math.max(Math.max(...times), low * 1.05);
  const x = (bytes) => left + (right - left) * bytes / (points[points.length - 1][0] * 1.02);
  const y = (ns) => bottom - (bottom - top) * (ns - low) / (high - low);
  const svg = document.createElementNS(kSvg, "svg");
  const add = (name, look, attributes, text = "") => {
    const made = document.createElementNS(kSvg, name);
    made.setAttribute("class", look);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    made.textContent = text;
    svg.append(made);
  };
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", find("status").textContent);
  for (let i = 0; i <= 4; ++i) {
    const ns = low + (high - low) * i / 4;
    add("path", "grid", {d: `M${left},${y(ns)}H${right}`});
    add("text", "muted end", {x: left - 6, y: y(ns) + 4}, duration(ns));
  }
  const mss = progress.mss_bytes;
  for (let boundary = mss; mss && x(boundary) < right; boundary += mss) {
    add("path", "muted dashed", {d: `M${x(boundary)},${top}V${bottom}`});
  }
  const step = Math.max(1, Math.ceil(points[points.length - 1][0] / 5000)) * 1000;
  for (let bytes = 0; x(bytes) <= right; bytes += step * (width < 500 ? 2 : 1)) {
    add("text", "muted middle", {x: x(bytes), y: bottom + 16}, number(bytes));
  }
  add("text", "muted middle", {x: (left + right) / 2, y: bottom + 32}, "bytes of the message");
  add("path", "line blue", {d: "M" + points.map(([bytes, ns]) => `${x(bytes)},${y(ns)}`).join("L")});
  add("path", "dots blue", {d: points.map(([bytes, ns]) => `M${x(bytes)},${y(ns)}h0`).join("")});
  for (const [packets, {sum, count}] of classesOf(progress)) {
    const [begin, end] = [x((packets - 1) * mss), Math.min(x(packets * mss), right)];
    add("path", "line vermilion", {d: `M${begin},${y(sum / count)}H${end}`});
  }
  find("live").replaceChildren(svg);
}

function showProgress(progress) {
  find("progress").value = progress.done / progress.all;
  let text = `Round ${number(progress.done)} of at most ${number(progress.all)}`;
  const reference = progress.minima_ns[0];
  if (reference) {
    text += `: the smallest message takes ${duration(reference)}`;
    const second = classesOf(progress).get(2);
    if (second) {
      const percent = Math.round(100 * (second.sum / second.count / reference - 1));
      text += `, a second packet adds ${number(percent)} %`;
    }
  }
  showStatus(text + ".");
  draw(progress);
}

// --- At the end ---

// On a phone there is room for four columns: what is measured, and what it costs.
const kSpare = new Set([3, 4, 5]);

function showTable(result) {
  const look = (i) => kSpare.has(i) && result.title.length > 5 ? {class: "spare"} : {};
  const table = element("table", "");
  const head = element("tr", "");
  result.title.forEach((title, i) => {
    const text = i >= 5 ? `${title} ${result.added_to}` : title;
    head.append(element("th", text, {scope: "col", ...look(i)}));
  });
  table.append(element("thead", ""), element("tbody", ""));
  table.tHead.append(head);
  for (const row of result.rows) {
    const line = element("tr", "");
    row.forEach((cell, i) => line.append(
      i === 0 ? element("th", cell, {scope: "row"}) : element("td", localized(cell), look(i))));
    table.tBodies[0].append(line);
  }
  find("table").replaceChildren(table);
}

// The pictures are text of this server, which has escaped what others wrote.
function showPictures(pictures) {
  for (const [name, {wide, narrow}] of Object.entries(pictures)) {
    const made = new DOMParser().parseFromString(wide + narrow, "text/html").querySelectorAll("svg");
    find(name).replaceChildren(...[...made].map((svg) => document.importNode(svg, true)));
  }
}

function showResult(result) {
  if (!result.rows || result.rows.length === 0) {
    fail(`The run ended before anything was measured (${result.fault || result.status}).`);
    return;
  }
  show("result");
  find("sentence").textContent = localized(result.sentence);
  find("summary").textContent = localized(`${result.heading}. ${result.extent}.`);
  const warnings = [];
  if (result.status !== "complete") {
    warnings.push(`The run ended early: ${result.fault || result.status}.`);
  }
  if (wasHidden) {
    warnings.push("This page was hidden for a while. Browsers slow hidden pages down: measure again, and keep it visible.");
  }
  for (const warning of result.warnings) {
    warnings.push(`${warning.text} ${warning.remedy}`);
  }
  find("warnings").replaceChildren(...warnings.map((text) => element("p", localized(text), {class: "warning"})));
  showTable(result);
  showPictures(result.pictures);
  find("private").hidden = find("download").hidden = !result.file;
  find("page").href = `/runs/${result.run_id}`;
  find("file").href = `/runs/${result.run_id}.csv`;
  find("sentence").focus();
}

function fail(text) {
  show("start");
  find("measure").disabled = false;
  tell(text);
}

// --- Messages ---

const kHandlers = {
  hello(message) {
    offerLinks(message.links);
    find("tool").textContent = `tcpstep ${message.tool}`;
    if (state === "start") {
      worker.postMessage({order: "look"});
    }
  },
  estimate(message) {
    showEstimate(message);
    looks += 1;
    worker.postMessage({order: looks < kLooks ? "look" : "close"});
  },
  queued(message) {
    if (state === "waiting") {
      const left = message.seconds === undefined ? "" : `, about ${span(message.seconds)}`;
      showStatus(message.ahead === 0 ? "It is your turn."
                                     : `Others are being measured: ${number(message.ahead)} ahead of you${left}.`);
    }
  },
  begin() {
    show("running");
    showStatus("The first messages are on their way.");
  },
  progress: showProgress,
  result(message) {
    worker.postMessage({order: "close"});
    showResult(message);
  },
  refused(message) {
    worker.postMessage({order: "close"});
    fail(`The server refused: ${message.reason}. ${message.hint}`);
  },
  closed() {
    if (state === "waiting" || state === "running") {
      fail("The connection to the server was lost. The server has what was measured until then.");
    } else if (looks === 0) {
      find("estimate").textContent = "";
      tell("The server cannot be reached. Is it still running? Then load this page again.");
    }
  },
};

function start(event) {
  event.preventDefault();
  const form = new FormData(find("start"));
  if (!form.get("link")) {
    tell("Please choose how this device is connected.");
    return;
  }
  tell("");
  wasHidden = false;
  find("measure").disabled = true;
  find("live").replaceChildren();
  find("progress").value = 0;
  spokenAt = 0;
  showStatus("Connecting…");
  show("waiting");
  find("running-title").focus();
  worker.postMessage({order: "close"});
  worker.postMessage({order: "connect", request: {type: "run", link: form.get("link"), label: form.get("label")}});
}

function stop() {
  worker.postMessage({order: "close"});
  fail("Stopped. The server has what was measured until then.");
  find("measure").focus();
}

function restart() {
  show("start");
  find("measure").disabled = false;
  find("measure").focus();
}

document.addEventListener("visibilitychange", () => {
  wasHidden = wasHidden || (document.hidden && (state === "waiting" || state === "running"));
  if (!document.hidden && wasHidden && state === "running") {
    tell("This page was hidden for a while, and browsers slow hidden pages down. Keep it visible.");
  }
});
find("start").addEventListener("submit", start);
find("stop").addEventListener("click", stop);
find("again").addEventListener("click", restart);
worker = new Worker("/worker.js");
worker.onmessage = (event) => kHandlers[event.data.type](event.data);
worker.onerror = () => tell("This browser cannot run the part of this page that measures.");
worker.postMessage({order: "connect"});
