"""A browser that is told what to do: W3C WebDriver over the standard library, and Debian's chromium."""

import base64
import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import urllib.request

from harness import PATIENCE, free_port, wait_until

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # of the standard
TIME_TO_START = 90  # seconds
ATTEMPTS = 3  # at starting a browser, which may crash on a busy machine; the tests themselves are not repeated


def why_missing():
    """Why there is no browser to test with; empty if there is one."""
    missing = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return f"needs {' and '.join(missing)}" if missing else ""


class Browser:
    """A headless chromium, whose files are in a new folder of its own. `dark` is what the page may ask about the
    reader's taste."""

    def __init__(self, width=1280, height=900, dark=False, language="en-US"):
        for attempt in range(ATTEMPTS):
            try:
                self._start(width, height, dark, language)
                break
            except (RuntimeError, OSError):
                self.close()
                if attempt == ATTEMPTS - 1:
                    raise
        self.tell("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.tell("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def _start(self, width, height, dark, language):
        self._folder = tempfile.mkdtemp(prefix="test-tcpstep-browser-")
        port = free_port()
        self._driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, start_new_session=True,
                                        env=os.environ | {"TMPDIR": self._folder})
        self._base = f"http://127.0.0.1:{port}"
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                     "--disable-background-networking", "--disable-component-update", f"--lang={language}",
                     f"--user-data-dir={self._folder}/profile", f"--window-size={width},{height}"]
        if dark:
            arguments.append("--force-dark-mode")
        options = {"goog:chromeOptions": {"args": arguments, "prefs": {"intl.accept_languages": language}},
                   "goog:loggingPrefs": {"browser": "ALL"}}
        wait_until(self._is_ready, "the driver listens")
        session = self._send("POST", "/session", {"capabilities": {"alwaysMatch": options}}, TIME_TO_START)
        self._base += f"/session/{session['sessionId']}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self._driver.poll() is None:
            if "/session/" in self._base:
                with contextlib.suppress(RuntimeError, OSError):  # it is gone already
                    self._send("DELETE", "")
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._driver.pid, signal.SIGKILL)  # the browser, too
            self._driver.wait(PATIENCE)
        wait_until(self._is_removed, "the browser's folder is removed")

    def _is_removed(self):
        """A process of the browser that is still ending may write into the folder while it is removed."""
        shutil.rmtree(self._folder, ignore_errors=True)
        return not os.path.exists(self._folder)

    def _is_ready(self):
        try:
            return self._send("GET", "/status")["ready"]
        except OSError:
            return False

    def _send(self, method, path, body=None, timeout=PATIENCE):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:
                return json.load(response)["value"]
        except urllib.error.HTTPError as error:
            value = json.load(error)["value"]
            raise RuntimeError(f"{value['error']}: {value['message']}") from None

    def tell(self, command, **parameters):
        """A command of Chrome's own protocol."""
        return self._send("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def open(self, url):
        self._send("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        """The value of a function body in the page."""
        return self._send("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def run_async(self, script, *arguments):
        return self._send("POST", "/execute/async", {"script": script, "args": list(arguments)})

    def _find(self, selector):
        return self._send("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        self._send("POST", f"/element/{self._find(selector)}/click", {})

    def type(self, selector, text):
        self._send("POST", f"/element/{self._find(selector)}/value", {"text": text})

    def press(self, *keys):
        """Keys of the keyboard, one after the other, wherever the focus is."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._send("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def text(self, selector):
        return self._send("GET", f"/element/{self._find(selector)}/text")

    def is_visible(self, selector):
        return self._send("GET", f"/element/{self._find(selector)}/displayed")

    def wait_for(self, selector):
        wait_until(lambda: self.is_visible(selector), f"{selector} is visible")

    def messages(self):
        """What the console has got since the last call."""
        return [entry["message"] for entry in self._send("POST", "/se/log", {"type": "browser"})]

    def screenshot(self, file):
        """Of the whole page."""
        size = self.tell("Page.getLayoutMetrics")["cssContentSize"]
        shot = self.tell("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=size | {"scale": 1})
        file.write_bytes(base64.b64decode(shot["data"]))
