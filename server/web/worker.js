"use strict";
// Acks messages, away from the page: drawing must not make an ack late. The page gets all texts.

let socket = null;
let isRunning = false;  // between begin and result every message is acked
const kAck = new Uint8Array([0x31]);

function connect(request) {
  const base = new URL(self.location.href);
  socket = new WebSocket(`ws://${base.host}/ws`);
  const own = socket;
  socket.binaryType = "arraybuffer";
  socket.onmessage = (event) => {
    if (typeof event.data !== "string") {
      own.send(kAck);
      return;
    }
    const message = JSON.parse(event.data);
    if (message.type === "hello" && request) {
      own.send(JSON.stringify(request));
    }
    isRunning = isRunning ? message.type === "progress" : message.type === "begin";
    if (isRunning) {
      own.send(kAck);
    }
    postMessage(message);
  };
  socket.onclose = () => {
    if (own === socket) {
      postMessage({type: "closed"});
    }
  };
}

onmessage = (event) => {
  const {order, request} = event.data;
  if (order === "connect") {
    isRunning = false;
    connect(request);
  } else if (order === "look" && socket.readyState === WebSocket.OPEN) {
    socket.send(JSON.stringify({type: "look"}));
  } else if (order === "close") {
    const old = socket;
    socket = null;  // its end is no news
    if (old) {
      old.close();
    }
  }
};
