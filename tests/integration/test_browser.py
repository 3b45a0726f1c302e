"""The page of tcpstep-server --web in a real browser: Debian's chromium, headless."""

import contextlib
import os
import pathlib
import subprocess
import sys
import tarfile
import unittest

from harness import PATIENCE, TestCase, environment, free_port, main, read_run, report, run, wait_until
from webdriver import Browser, why_missing
from websocket import WebSocket

AXE = "axe-core@4.14.1"
# Set by on_a_link(): how to run a command on the other host of the link, whose address is NEAR_ADDRESS.
NEAR = os.environ.get("TCPSTEP_NEAR", "").split()
NEAR_ADDRESS = "10.19.9.1"


def screenshot(browser, name):
    """For people, if they want to look."""
    if folder := os.environ.get("TCPSTEP_SCREENSHOTS"):
        browser.screenshot(pathlib.Path(folder) / f"{name}.png")


@unittest.skipIf(why_missing(), why_missing())
class BrowserCase(TestCase):
    def start_web(self, *arguments, address="127.0.0.1", **options):
        self.web = free_port()
        self.url = f"http://{address}:{self.web}/"
        return self.start_server(f"--web={address}:{self.web}", *arguments, **options)

    def open(self, **options):
        browser = Browser(**options)
        self.addCleanup(browser.close)
        browser.open(self.url)
        wait_until(lambda: "bytes" in browser.text("#estimate"), "the estimate")
        return browser

    def measure(self, browser, link="wifi"):
        browser.click(f"input[value={link}]")
        browser.click("#measure")
        browser.wait_for("#result")

    def assert_like_report(self, browser, file):
        """What the page shows is what tcpstep-analyze report says about the file."""
        cells = browser.run("return [...document.querySelectorAll('#table td, #table tbody th')].map(c => c.textContent)")
        self.assertGreater(len(cells), 5)
        text = run("tcpstep-analyze", "report", file, env=environment(COLUMNS="200")).stdout
        self.assertIn(" ".join(" ".join(cells).split()), " ".join(text.split()))


class OnALink(BrowserCase):
    """In one of two hosts that an emulated link joins; the server is on the other one."""

    def test_from_tap_to_table(self):
        server = self.start_web(address=NEAR_ADDRESS, prefix=NEAR)
        browser = self.open(width=360, height=740)
        screenshot(browser, "start-360-light")
        browser.type("#label", "kitchen")
        browser.click("input[value=adsl]")
        browser.click("#measure")
        wait_until(lambda: "Round" in browser.text("#status"), "progress")
        wait_until(lambda: "second packet" in browser.text("#status") or browser.is_visible("#result"), "minima")
        screenshot(browser, "running-360-light")
        browser.wait_for("#result")
        screenshot(browser, "result-360-light")
        file = server.files()[0]
        wait_until(lambda: "\n# end: " in file.read_text(), "the trailer")
        validated = run("tcpstep-analyze", "validate", file)
        self.assertEqual(validated.returncode, 0, validated.stderr)
        measured = read_run(file)
        self.assertEqual((measured.header["link"], measured.header["label"]), ("adsl", "kitchen"))
        self.assertIn("Chrome", measured.header["user_agent"])
        self.assertEqual(measured.header["client_kind"], "browser")
        mss = int(measured.header["mss_bytes"])
        for row in measured.rows:
            if row["round"] != "0" and row["retransmits"] == "0":
                self.assertEqual(int(row["segments"]), -(-int(row["size_bytes"]) // mss), row)
        second = round(report(file)[1][0]["second"]["penalty_percent"])
        sentence = browser.text("#sentence").replace("\xa0", " ")
        self.assertRegex(sentence, r"^On this link a second packet costs \d+ %, a fourth costs \d+ %")
        self.assertIn(f"second packet costs {second} %", sentence)
        self.assert_like_report(browser, file)
        self.assertEqual(browser.run("return document.querySelectorAll('#closeup svg, #spread svg').length"), 4)
        page = browser.run("return document.querySelector('#page').href")
        self.assertEqual(page, f"{self.url}runs/{measured.header['run_id']}")
        downloaded = browser.run_async("const done = arguments[0]; fetch(document.querySelector('#file').href)"
                                       ".then(r => r.text()).then(done);")
        self.assertEqual(downloaded, measured.text)
        width = browser.run("return document.documentElement.scrollWidth")
        self.assertLessEqual(width, 360)
        browser.open(page)
        self.assertIn("adsl", browser.text("h2"))
        screenshot(browser, "run-360-light")
        self.assertEqual(browser.messages(), [])

    def test_another_language_in_the_dark(self):
        server = self.start_web(address=NEAR_ADDRESS, prefix=NEAR)
        browser = self.open(width=1280, dark=True, language="de-DE")
        screenshot(browser, "start-1280-dark")
        self.measure(browser, "adsl")
        screenshot(browser, "result-1280-dark")
        text = browser.text("#table")
        self.assertRegex(text, r"\d,\d+ ms")
        self.assertNotRegex(text, r"\d\.\d")
        self.assertEqual(len(server.files()), 1)
        browser.open(browser.run("return document.querySelector('#page').href"))
        screenshot(browser, "run-1280-dark")
        self.assertEqual(browser.messages(), [])


if not NEAR:
    del OnALink  # see test_on_a_link


class Page(BrowserCase):
    def test_on_a_link(self):
        """Runs OnALink with the browser on one host of an emulated link, and the server on the other."""
        script = 'read -r pid rest < /proc/self/stat; TCPSTEP_NEAR="nsenter --net=/proc/$pid/ns/net" $TCPSTEP_FAR "$@"; exit $?'
        result = run("tcpstep-lab", "run", "adsl", "--scale=0.2", "--tolerance=1000%", "--", "sh", "-c", script, "sh",
                     sys.executable, __file__, "OnALink", env=os.environ | {"LC_ALL": "C.UTF-8", "ASAN_OPTIONS": "detect_leaks=0"})  # /proc is that of the host
        if result.returncode == 77:
            self.skipTest(result.stderr.strip())
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotIn("skipped", result.stderr)

    def test_with_the_keyboard(self):
        server = self.start_web()
        browser = self.open()
        tab, space, enter = "\ue004", " ", "\ue007"
        browser.press(tab, space, tab)
        self.assertEqual(browser.run("return document.activeElement.id"), "label")
        browser.press(tab, enter)
        browser.wait_for("#result")
        self.assertEqual(browser.run("return document.activeElement.id"), "sentence")
        self.assertEqual(read_run(server.files()[0]).header["link"], "lan")
        # Over loopback a browser is a part of every step: the page says so as report does.
        self.assertIn("browser", browser.text("#sentence"))
        self.assertNotIn("%", browser.text("#table"))
        self.assert_like_report(browser, server.files()[0])
        screenshot(browser, "loopback-1280-light")
        browser.click("#again")
        browser.click("#measure")
        browser.wait_for("#result")
        self.assertEqual(len(server.files()), 2)
        self.assertEqual(browser.messages(), [])

    def test_says_what_keeps_it_from_measuring(self):
        server = self.start_web("--timeout=60s")
        browser = self.open()
        browser.click("#measure")
        self.assertFalse(browser.run("return document.querySelector('#start').checkValidity()"))
        with WebSocket(self.web) as other:
            other.ask()
            browser.click("input[value=lan]")
            browser.click("#measure")
            wait_until(lambda: "1 ahead of you" in browser.text("#status"), "the place in the queue")
            other.finish()
        browser.wait_for("#result")
        browser.click("#again")
        with WebSocket(self.web) as other:
            other.ask()
            browser.click("#measure")
            wait_until(lambda: "ahead of you" in browser.text("#status"), "the place in the queue")
            browser.click("#stop")
            self.assertIn("Stopped", browser.text("#message"))
            browser.click("#measure")
            wait_until(lambda: "ahead of you" in browser.text("#status"), "the place in the queue")
            server.process.kill()
            wait_until(lambda: "lost" in browser.text("#message"), "the lost connection")
        self.assertTrue(browser.is_visible("#start"))

    def test_says_that_the_folder_is_full(self):
        (self.directory / "results").mkdir()
        (self.directory / "results" / "old").write_text("a result")
        self.start_web("--max-results=1")
        browser = self.open()
        browser.click("input[value=lan]")
        browser.click("#measure")
        wait_until(lambda: "--max-results" in browser.text("#message"), "the refusal")

    def test_is_accessible(self):
        axe = self.fetch_axe()
        self.start_web()
        for options in ({"width": 360, "height": 740}, {"width": 1280, "dark": True}):
            browser = self.open(**options)
            self.assert_accessible(browser, axe)
            self.measure(browser)
            self.assert_accessible(browser, axe)

    def fetch_axe(self):
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            # Its children must not keep the test waiting, as they would with a pipe for their output.
            subprocess.run(["npm", "pack", "--silent", AXE], cwd=self.directory, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, timeout=PATIENCE / 4)
            for packed in self.directory.glob("*.tgz"):
                with tarfile.open(packed) as archive:
                    return archive.extractfile("package/axe.min.js").read().decode()
        self.skipTest(f"needs {AXE} from npm, which cannot be reached")

    def assert_accessible(self, browser, axe):
        browser.run(axe)
        violations = browser.run_async("const done = arguments[0]; axe.run().then(r => done(r.violations));")
        self.assertEqual([(found["id"], node["html"]) for found in violations for node in found["nodes"]], [])


if __name__ == "__main__":
    main()
