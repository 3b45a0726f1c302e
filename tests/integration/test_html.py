"""The HTML report in a real browser: it draws, prints nothing on its console and requests nothing."""

import html.parser
import json
import os
import re
import shutil
import subprocess

from harness import PATIENCE, SOURCE, TestCase, main, run

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
VOID = {"meta", "link", "br"}  # and what closes itself in SVG


class Balanced(html.parser.HTMLParser):
    """Fails unless every element that is opened is closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.references, self.ids = [], [], set()

    def handle_starttag(self, tag, attributes):
        if tag not in VOID:
            self.open.append(tag)
        self.ids |= {value for name, value in attributes if name == "id"}
        self.references += [value for name, value in attributes if name in ("href", "src", "data")]

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, tag

    def handle_startendtag(self, tag, attributes):
        pass


class Html(TestCase):
    def setUp(self):
        super().setUp()
        files = sorted((SOURCE / "results").glob("*.csv"))
        files = [file for file in files if file.name != "reference_2014.csv"]
        result = run("tcpstep-analyze", "report", "--format=html", *files)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.page = self.directory / "report.html"
        self.page.write_text(result.stdout)

    def test_is_well_formed_and_refers_to_nothing(self):
        parser = Balanced()
        parser.feed(self.page.read_text())
        self.assertEqual(parser.open, [])
        inside = [reference[1:] for reference in parser.references if reference.startswith("#")]
        self.assertEqual(set(inside), parser.ids)
        self.assertEqual([reference for reference in parser.references if reference[1:] not in inside], ["data:,"])

    def console(self, page, *arguments):
        """What a browser without network prints on its console, and its standard output."""
        result = subprocess.run(
            [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
             f"--user-data-dir={self.directory}/profile", "--host-resolver-rules=MAP * ~NOTFOUND",
             *arguments, page.as_uri()],
            capture_output=True, text=True, timeout=4 * PATIENCE, env=os.environ | {"HOME": str(self.directory)})
        return [line for line in result.stderr.splitlines() if "CONSOLE" in line], result.stdout

    def test_is_silent_in_a_browser(self):
        if not CHROMIUM:
            self.skipTest("chromium is not installed")
        control = self.directory / "control.html"
        control.write_text("<!DOCTYPE html><script>console.error('logged')</script>")
        lines, _ = self.console(control, "--dump-dom")
        if not any("logged" in line for line in lines):
            self.skipTest("this chromium does not run here, or does not show its console")
        lines, dom = self.console(self.page, "--dump-dom")
        self.assertEqual(lines, [])
        self.assertEqual(dom.count("<svg "), self.page.read_text().count("<svg "))
        self.assert_fits_a_phone()
        for scheme in ("0", "1"):  # dark, light
            picture = self.directory / f"{scheme}.png"
            self.console(self.page, f"--screenshot={picture}", "--window-size=1000,1600",
                         f"--blink-settings=preferredColorScheme={scheme}")
            self.assertGreater(picture.stat().st_size, 20_000)

    def assert_fits_a_phone(self):
        """In a frame of 390 pixels nothing needs to be scrolled sideways, and no text is below 12 pixels."""
        frame = self.directory / "frame.html"
        page = self.page.read_text().replace("Content-Security-Policy", "x-none")
        script = """<script>addEventListener("load", () => {
            const root = document.documentElement, seen = element => element.getClientRects().length > 0;
            const wide = [...document.querySelectorAll("div.wide")].filter(box => box.scrollWidth > box.clientWidth);
            const svgs = [...document.querySelectorAll("figure svg")].filter(seen);
            const scales = svgs.map(svg => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width
                                           * parseFloat(getComputedStyle(svg.querySelector("text")).fontSize));
            parent.document.title = JSON.stringify([root.scrollWidth, wide.length, svgs.length, Math.min(...scales)]);
        })</script>"""
        frame.write_text("<!DOCTYPE html><title></title><iframe style='width: 390px; height: 800px; border: 0'></iframe>"
                         f"<script>document.querySelector('iframe').srcdoc = {json.dumps(page + script)}</script>"
                         .replace("</script>\"", "<\\/script>\""))
        _, dom = self.console(frame, "--dump-dom", "--hide-scrollbars", "--virtual-time-budget=5000")
        width, wide, pictures, smallest = json.loads(re.search(r"<title>(\[.*?\])</title>", dom)[1])
        self.assertEqual((width, wide, pictures), (390, 0, self.page.read_text().count('<svg class="narrow"')))
        self.assertGreaterEqual(smallest, 12)


if __name__ == "__main__":
    main()
