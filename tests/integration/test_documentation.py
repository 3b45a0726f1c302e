"""The documentation is right: manual pages, console examples, links, result files."""

import os
import re
import sys
import unittest

from harness import HERE, SOURCE, TestCase, environment, main, read_run, run

PAGES = [page for folder in (".", "docs", "docs/decisions", "results")
         for page in sorted((SOURCE / folder).glob("*.md"))]
RESULT_FORMAT = SOURCE / "docs" / "result_format.md"


def blocks(text, language):
    """The fenced blocks of one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)


def section(path, title):
    """The text below a heading, up to the next one of its level or above."""
    text = re.split(rf"^(#+) {re.escape(title)}$", path.read_text(), maxsplit=1, flags=re.M)
    return re.split(rf"^#{{1,{len(text[1])}}} ", text[2], maxsplit=1, flags=re.M)[0]


def code_spans(text):
    return set(re.findall(r"`([^`]+)`", text))


class ManualPages(TestCase):
    PAGE = re.compile(r"^(?:\*-(\S)\*, )?\*--([\w-]+)\*(?: _([A-Za-z|-]+)_)?(?: \(default (.+)\))?$", re.M)

    def assert_same(self, command, page):
        """Letter, name, value and default of every option, in the same order."""
        rows = [line.split("\t") for line in run(*command, "--help=table").stdout.splitlines()]
        declared = [(letter, name, value, default) for name, letter, value, default, *_ in rows]
        self.assertEqual(declared, self.PAGE.findall(page))
        self.assertEqual(len(self.PAGE.findall(page)), len(re.findall(r"^\*-", page, re.M)))

    def page(self, name):
        return SOURCE / "packaging" / "man" / f"{name}.1.scd"

    def test_of_the_server_has_the_options_of_its_help(self):
        self.assert_same(["tcpstep-server"], section(self.page("tcpstep-server"), "OPTIONS"))

    def test_of_the_client_has_the_options_of_its_help(self):
        self.assert_same(["tcpstep-client"], section(self.page("tcpstep-client"), "OPTIONS"))

    def test_of_the_analysis_has_the_options_of_its_help(self):
        page = self.page("tcpstep-analyze")
        filters = section(page, "WHICH RUNS")
        for command in ("report", "show", "plot", "compare", "ab", "history", "matrix", "export", "import", "validate", "repair"):
            with self.subTest(command):
                own = section(page, f"OPTIONS OF {command.upper()}")
                own += "" if command in ("ab", "import", "repair") else filters
                self.assert_same(["tcpstep-analyze", command], own + section(page, "GENERAL OPTIONS"))

    def test_of_the_mesh_has_the_options_of_its_help(self):
        self.assert_same(["tcpstep-mesh"], section(self.page("tcpstep-mesh"), "OPTIONS"))

    def test_of_the_lab_has_the_options_of_its_help(self):
        page = self.page("tcpstep-lab")
        for command, parts in (("list", []), ("show", []), ("netem", ["Link"]),
                               ("run", ["Link", "Place", "Packets"]),
                               ("measure", ["Sweep", "Link", "Place", "Results", "Packets"]),
                               ("table", ["Table"])):
            with self.subTest(command):
                self.assert_same(["tcpstep-lab", command],
                                 "".join(section(page, part) for part in [*parts, "General"]))


class ConsoleExamples(TestCase):
    """Every console example of README and docs, run between two namespaces: console.py."""

    def test_print_what_the_pages_show(self):
        pages = [page for page in PAGES if "```console" in page.read_text()]
        result = run(SOURCE / "scripts" / "veth-pair", sys.executable, HERE / "console.py", *pages,
                     env=environment(TCPSTEP_BUILD=os.environ["TCPSTEP_BUILD"], ASAN_OPTIONS="detect_leaks=0"),
                     timeout=580)  # no leak check: it needs a /proc, which the hosts of the lab have not
        if result.returncode == 77:
            self.skipTest(result.stderr)
        self.assertEqual((result.returncode, result.stderr), (0, ""), result.stdout)


class Links(unittest.TestCase):
    def anchors(self, path):
        """The anchors that GitHub gives to the headings."""
        headings = re.findall(r"^#+ (.*)$", path.read_text(), re.M)
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}

    def test_lead_to_files_and_headings(self):
        for page in PAGES:
            for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
                if "://" in link:
                    continue
                with self.subTest(page=page.name, link=link):
                    name, _, anchor = link.partition("#")
                    target = page.parent / name if name else page
                    self.assertTrue(target.exists(), "there is no such file")
                    if anchor:
                        self.assertIn(anchor, self.anchors(target))


class Threats(unittest.TestCase):
    """The tests of each row of the tables in docs/security.md, which are files with, in Python, classes."""

    def find(self, test):
        """The file of a test that is run."""
        folder, pattern, declared = (
            ("integration", test, rf"^tcpstep_integration_test\({test[5:-3]}\b") if test.endswith(".py") else
            ("fuzz", f"{test[5:]}_fuzz.cpp", rf"^tcpstep_fuzz_target\({test[5:]} ") if test.startswith("fuzz/") else
            ("unit", f"*/{test}.cpp", rf"/{test}\.cpp\b"))
        file, = (SOURCE / "tests" / folder).glob(pattern)
        self.assertRegex((SOURCE / "tests" / folder / "CMakeLists.txt").read_text(), re.compile(declared, re.M))
        return file

    def test_are_held_by_tests_that_exist(self):
        page = SOURCE / "docs" / "security.md"
        for title, fewest in (("Threats to the server", 20), ("Threats to the client, and to readers of files", 10)):
            rows = re.findall(r"^\| (?!threat|who)(.*) \|$", section(page, title), re.M)
            self.assertGreaterEqual(len(rows), fewest)
            for row in rows:
                for part in row.rsplit(" | ", 1)[1].split(", "):
                    with self.subTest(row=row.split(" |")[0], part=part):
                        if part.startswith("["):
                            continue  # a link, which leads somewhere
                        test, *classes = re.findall(r"`([^`]+)`", part)
                        text = self.find(test).read_text()
                        for name in classes:
                            self.assertRegex(text, rf"(?m)^class {name}\(")


class ResultFormat(TestCase):
    def test_example_can_be_reported(self):
        file = self.directory / "example.csv"
        file.write_text(blocks(RESULT_FORMAT.read_text(), "")[0])
        result = run("tcpstep-analyze", "report", file)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("veth", result.stdout)

    def test_names_every_key_and_column_of_a_real_run(self):
        server = self.start_server("--one-off", "--sizes=boundaries", "--rounds=1", "--label=desk",
                                   "--timestamps=software")
        self.assertEqual(server.run_client().returncode, 0)
        self.assertEqual(server.wait(), 0, server.messages)
        file, = server.files()
        real = read_run(file)
        example = self.directory / "example.csv"
        example.write_text(blocks(RESULT_FORMAT.read_text(), "")[0])
        self.assertEqual(list(real.rows[0]), list(read_run(example).rows[0]))
        self.assertLessEqual(set(real.rows[0]), code_spans(section(RESULT_FORMAT, "Columns")))
        keys = {re.sub("^(requested|effective)_", "", key) for key in real.header if key != "format"}
        self.assertEqual(keys - code_spans(section(RESULT_FORMAT, "Header")), set())
        trailer = section(RESULT_FORMAT, "Trailer")
        self.assertEqual([key for key in real.trailer if f"{key}=" not in trailer], [])


if __name__ == "__main__":
    main()
