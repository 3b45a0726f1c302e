"""tcpstep-analyze plot: pictures, their scripts, and a gnuplot that is missing or fails."""

import os
import shutil
import struct
import unittest
import xml.etree.ElementTree

from harness import TestCase, environment, main, run

STEMS = ("all-veth", "closeup-veth")
FILES = sorted(f"{stem}.{suffix}" for stem in STEMS for suffix in ("gp", "png", "svg"))


def result_file(path, link="veth", sizes=range(1, 9902, 100), rounds=3):
    """A made-up run: 100 µs, and 10 µs more for every segment after the first."""
    rows = (f"{number},{size},5,{100_000 + 10_000 * ((size - 1) // 1448) + 137 * number},ok"
            for number in range(1, rounds + 1) for size in sizes)
    path.write_text(f"# format: tcpstep-result/1\n# link: {link}\n# mss_bytes: 1448\n"
                    "round,size_bytes,start_ns,rtt_ns,status\n" + "\n".join(rows) + "\n"
                    f"# end: status=complete samples={len(sizes) * rounds} lost=0 elapsed_ns=5\n")
    return path


class Plot(TestCase):
    def setUp(self):
        super().setUp()
        self.out = self.directory / "plots"
        self.run_file = result_file(self.directory / "run.csv")

    def plot(self, *arguments, **options):
        out = [] if "-o" in arguments else ["-o", self.out]
        return run("tcpstep-analyze", "plot", *out, *(arguments or [self.run_file]), **options)

    def assert_nothing_left(self):
        left = sorted(self.out.iterdir()) if self.out.exists() else []
        self.assertEqual(left, [], "something half-made was left behind")


@unittest.skipIf(not shutil.which("gnuplot"), "gnuplot is not installed")
class Pictures(Plot):
    def test_are_written_as_png_svg_and_script_and_named_on_stdout(self):
        result = self.plot()
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(sorted(path.name for path in self.out.iterdir()), FILES)
        self.assertEqual(sorted(result.stdout.split()), sorted(str(self.out / name) for name in FILES))

    def test_are_1200_by_675_pixels(self):
        self.plot()
        for stem in STEMS:
            png = (self.out / f"{stem}.png").read_bytes()
            self.assertEqual(png[:8], b"\x89PNG\r\n\x1a\n")
            self.assertEqual(struct.unpack(">II", png[16:24]), (1200, 675))
            self.assertTrue(png.endswith(b"IEND\xaeB`\x82"), "the picture is whole")
            svg = xml.etree.ElementTree.parse(self.out / f"{stem}.svg").getroot()
            self.assertEqual(svg.get("viewBox"), "0 0 1200 675")

    def test_can_be_drawn_again_from_their_script(self):
        self.plot()
        elsewhere = self.directory / "elsewhere"
        elsewhere.mkdir()
        for stem in STEMS:
            result = run("gnuplot", self.out / f"{stem}.gp", cwd=elsewhere)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertEqual((elsewhere / f"{stem}.png").read_bytes(),
                             (self.out / f"{stem}.png").read_bytes())

    def test_replace_older_ones(self):
        self.out.mkdir()
        (self.out / "all-veth.png").write_text("old")
        self.assertEqual(self.plot().returncode, 0)
        self.assertEqual((self.out / "all-veth.png").read_bytes()[:4], b"\x89PNG")

    def test_are_drawn_for_every_link_that_can_be(self):
        other = result_file(self.directory / "other.csv", link="lan")
        bad = self.directory / "bad.csv"
        bad.write_text("not ours\n")
        lost = self.directory / "lost.csv"
        lost.write_text("# format: tcpstep-result/1\n# link: lost\nsize_bytes,rtt_ns,status\n1,,timeout\n")
        result = self.plot(bad, lost, self.run_file, other)
        self.assertEqual(result.returncode, 1)
        self.assertIn(str(bad), result.stderr)
        self.assertIn("link lost has no sample", result.stderr)
        self.assertEqual(sorted(path.name for path in self.out.glob("*.png")),
                         ["all-lan.png", "all-veth.png", "closeup-lan.png", "closeup-veth.png"])

    def test_do_not_depend_on_the_users_gnuplot_settings_or_locale(self):
        self.assertEqual(self.plot().returncode, 0)
        expected = {path.name: path.read_bytes() for path in self.out.iterdir()}
        home = self.directory / "home"
        (home / ".config/gnuplot").mkdir(parents=True)
        settings = 'set datafile separator ","\nset xrange [0:1]\nset key off\nset logscale\nset title "mine"\n'
        (home / ".gnuplot").write_text(settings)
        (home / ".config/gnuplot/gnuplotrc").write_text(settings)
        result = self.plot(env=environment(HOME=str(home), LC_ALL="C"))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual({path.name: path.read_bytes() for path in self.out.iterdir()}, expected)
        # Nor do those that the user draws with the scripts.
        result = run("gnuplot", self.out / "closeup-veth.gp", cwd=self.directory,
                     env=environment(HOME=str(home)))
        self.assertEqual(result.returncode, 0)
        self.assertNotIn("no valid points", result.stderr)
        self.assertEqual((self.directory / "closeup-veth.png").read_bytes(), expected["closeup-veth.png"])

    def test_of_virtual_time_say_so_instead_of_a_date(self):
        text = self.run_file.read_text()
        self.run_file.write_text(text.replace(
            "# mss", "# started_utc: 2020-01-01T00:11:01Z\n# lab_time: virtual\n# mss"))
        self.plot()
        script = (self.out / "closeup-veth.gp").read_text()
        self.assertIn("virtual time", script)
        self.assertNotIn("2020-01-01", script)

    def test_of_one_sample_are_drawn(self):
        result = self.plot(result_file(self.directory / "one.csv", sizes=[1], rounds=1))
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_a_standard_output_that_is_full_exits_with_1(self):
        with open("/dev/full", "w") as full:
            result = self.plot(stdout=full, stderr=-1)
        self.assertEqual(result.returncode, 1)
        self.assertIn("standard output: No space left on device", result.stderr)


@unittest.skipIf(not shutil.which("gnuplot"), "gnuplot is not installed")
class OnePicture(Plot):
    def links(self, count):
        return [result_file(self.directory / f"{number}.csv", link=f"link{number}") for number in range(count)]

    def test_of_a_link_goes_to_a_file_of_the_wanted_format(self):
        for format, begin in (("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")):
            file = self.directory / f"my.picture.{format}"
            result = self.plot("-o", file, "--title", "It's <mine>", self.run_file)
            self.assertEqual((result.returncode, result.stdout, result.stderr), (0, f"{file}\n", ""))
            self.assertEqual(file.read_bytes()[:len(begin)], begin)
        svg = xml.etree.ElementTree.parse(self.directory / "my.picture.svg").getroot()
        self.assertIn("It's <mine>", "".join(svg.itertext()))
        self.assertFalse(self.out.exists())

    def test_shows_all_links_together_with_their_names_and_smallest_rtts(self):
        for count in (3, 12):
            result = self.plot("--together", *self.links(count))
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            svg = (self.out / "together.svg").read_text()
            for number in range(count):
                self.assertIn(f"link{number}  100.1 µs", svg)

    def test_of_several_links_is_refused_unless_together(self):
        file = self.directory / "x.png"
        result = self.plot("-o", file, *self.links(2))
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertIn("--together", result.stderr)
        self.assertEqual(self.plot("--together", "-o", file, *self.links(2)).returncode, 0)

    def test_is_refused_with_another_suffix_or_a_title_without_it(self):
        for arguments, expected in ((["-o", "x.gif"], ".png, .svg or .pdf"), (["--title=x"], "--output closeup.png")):
            result = self.plot(*arguments, self.run_file)
            self.assertEqual((result.returncode, result.stdout), (2, ""))
            self.assertIn(expected, result.stderr)


class Gnuplot(Plot):
    def plot_with(self, fake):
        """Runs plot with this shell script as gnuplot, or with none at all."""
        folder = self.directory / "bin"
        folder.mkdir()
        if fake is not None:
            script = folder / "gnuplot"
            script.write_text(f"#!/bin/sh\n{fake}\n")
            script.chmod(0o755)
        return self.plot(env=environment(PATH=str(folder), REAL_PATH=os.environ["PATH"]))

    def assert_failed(self, result, expected):
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn(expected, result.stderr)
        self.assert_nothing_left()

    def test_that_is_absent_is_named_with_what_to_install(self):
        result = self.plot_with(None)
        self.assert_failed(result, "cannot run gnuplot: No such file")
        self.assertIn("apt-get install gnuplot-nox", result.stderr)

    def test_that_finds_no_data_is_an_error(self):
        fake = 'echo "warning: Skipping data file with no valid points" >&2; PATH=$REAL_PATH exec gnuplot "$@"'
        self.assert_failed(self.plot_with(fake), "gnuplot found no data to draw")

    def test_that_prints_what_is_wrong_is_quoted(self):
        self.assert_failed(self.plot_with("echo 'unknown terminal' >&2; exit 1"), "unknown terminal")

    def test_that_fails_at_once_is_an_error(self):
        self.assert_failed(self.plot_with("exit 1"), "gnuplot failed with exit status 1")

    def test_that_fails_in_the_end_is_an_error(self):
        self.assert_failed(self.plot_with("while read -r line; do :; done <$2; exit 3"),
                           "gnuplot failed with exit status 3")

    def test_that_dies_of_a_signal_is_an_error(self):
        self.assert_failed(self.plot_with("kill -9 $$"), "gnuplot failed with signal 9")

    def test_that_writes_nothing_is_an_error(self):
        self.assert_failed(self.plot_with("exit 0"), "gnuplot drew no picture")

    def test_that_writes_half_a_picture_leaves_nothing_behind(self):
        half = "printf '\\211PNG\\r\\n\\032\\n' >all-veth.png; exit 1"
        self.assert_failed(self.plot_with(half), "gnuplot failed with exit status 1")

    def test_that_writes_an_empty_picture_is_an_error(self):
        self.assert_failed(self.plot_with(": >all-veth.png"),
                           "gnuplot drew no picture")

    def test_that_cannot_write_keeps_the_older_pictures(self):
        self.out.mkdir()
        (self.out / "all-veth.png").write_text("old")
        self.assertEqual(self.plot_with("exit 1").returncode, 1)
        self.assertEqual([path.name for path in self.out.iterdir()], ["all-veth.png"])
        self.assertEqual((self.out / "all-veth.png").read_text(), "old")


class Folder(Plot):
    def test_without_a_name_is_refused(self):
        result = run("tcpstep-analyze", "plot", "--output=", self.run_file)
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertIn("--output", result.stderr)

    def test_that_cannot_be_made_is_an_error(self):
        self.out.write_text("precious")
        result = self.plot()
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn(str(self.out), result.stderr)
        self.assertEqual(self.out.read_text(), "precious")


if __name__ == "__main__":
    main()
