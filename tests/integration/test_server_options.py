"""What tcpstep-server is asked for: bad requests, and where options come from."""

from harness import TestCase, environment, free_port, main, read_run, run


class BadOptions(TestCase):
    """Exit status 2, a message that names the option and the value, and nothing is created."""

    def refuse(self, *arguments, naming, **options):
        with self.subTest(arguments=arguments):
            result = run("tcpstep-server", *arguments, cwd=self.directory, **options)
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertEqual(result.stdout, "")
            self.assertRegex(result.stderr, r"^tcpstep-server: ")
            for word in naming:
                self.assertIn(word, result.stderr)
            self.assertEqual(list(self.directory.iterdir()), [], "something was created")

    def test_an_invalid_port_is_rejected(self):
        for port in ("0", "65536", "-1", "abc", "99999999999999999999", "19901x", " 19901"):
            self.refuse(f"--port={port}", naming=["--port", port])
            self.refuse("-p", port, naming=["--port"])

    def test_invalid_sizes_are_rejected(self):
        for sizes in ("0", "5:1:1", "1:9901:0", "1:2:3:4", "1:2", "1e3", "1,,2", "1,", "-5", "nan",
                      "1048577", "99999999999999999999", "1:1048576:1"):
            self.refuse(f"--sizes={sizes}", naming=["--sizes", sizes])

    def test_an_empty_list_of_sizes_is_refused(self):
        self.refuse("--sizes", "", naming=["--sizes"])
        self.refuse("--sizes=", naming=["--sizes"])

    def test_sizes_of_more_than_1_gib_a_round_are_refused(self):
        self.refuse("--sizes", ",".join(["1048576"] * 1025), naming=["--sizes", "1 GiB"])

    def test_invalid_rounds_are_rejected(self):
        for rounds in ("0", "-3", "nan", "inf", "1.5", "1e3", "99999999999999999999"):
            self.refuse(f"--rounds={rounds}", naming=["--rounds", rounds])
            self.refuse("--rounds", rounds, naming=["--rounds", rounds])

    def test_invalid_durations_are_rejected(self):
        for duration in ("10", "-1s", "nan", "1hour", "1.5.1s", "99999999999999999999s", "61min"):
            self.refuse(f"--interval={duration}", naming=["--interval", duration])
            self.refuse(f"--timeout={duration}", naming=["--timeout", duration])
        self.refuse("--timeout=0", naming=["--timeout", "0"])

    def test_invalid_choices_are_rejected(self):
        self.refuse("--order", "random", naming=["--order", "random", "ascending", "shuffled"])
        self.refuse("--fill", "ones", naming=["--fill", "ones", "random", "zero"])
        self.refuse("--seed", "-1", naming=["--seed"])

    def test_names_that_could_leave_the_folder_are_refused(self):
        for name in ("../x", "a/b", "a b", "a\nb", "\033[31m", "ä", "x" * 65, "$(id)", "a,b"):
            self.refuse(f"--link={name}", naming=["--link"])
            self.refuse(f"--label={name}", naming=["--label"])
        self.refuse("--link=../x", naming=["--link", "'../x'"])

    def test_control_characters_of_a_value_do_not_reach_the_terminal(self):
        result = run("tcpstep-server", "--link=\033[31m", cwd=self.directory)
        self.assertNotIn("\033", result.stderr)

    def test_an_unknown_option_is_refused_with_the_nearest_one(self):
        self.refuse("--sises", "1", naming=["--sises", "Did you mean --sizes?"])

    def test_an_abbreviated_option_is_refused(self):
        self.refuse("--po", "19901", naming=["--po", "Did you mean --port?"])

    def test_a_missing_value_is_refused(self):
        self.refuse("--port", naming=["--port"])
        self.refuse("--sizes", "--rounds", "3", naming=["--sizes"])

    def test_an_option_given_twice_is_refused(self):
        self.refuse("--port", "19901", "--port", "19902", naming=["--port"])

    def test_ipv4_and_ipv6_at_once_are_refused(self):
        self.refuse("-4", "-6", naming=["--ipv4", "--ipv6"])

    def test_an_extra_argument_is_rejected(self):
        self.refuse("19901", naming=["19901"])

    def test_an_empty_output_name_is_rejected(self):
        self.refuse("--output", "", naming=["--output"])
        self.refuse("--results", "", naming=["--results"])

    def test_a_bad_value_in_the_environment_is_refused(self):
        self.refuse(naming=["port", "abc"], env=environment(TCPSTEP_PORT="abc"))
        self.refuse(naming=["quiet", "maybe"], env=environment(TCPSTEP_QUIET="maybe"))

    def test_a_config_file_that_is_not_there_is_refused(self):
        self.refuse("--config", "none.conf", naming=["none.conf"])


class Configuration(TestCase):
    """The command line wins over TCPSTEP_* variables, these over the file of --config."""

    def header_of_a_run(self, *arguments, **environment_changes):
        server = self.start_server("--one-off", "--sizes=1", *arguments,
                                   env=environment(**environment_changes))
        self.assertEqual(server.run_client().returncode, 0, server.messages)
        self.assertEqual(server.wait(), 0, server.messages)
        return read_run(server.files()[-1]).header

    def config(self, text):
        path = self.directory / "server.conf"
        path.write_text(text)
        return f"--config={path}"

    def test_options_are_read_from_a_file(self):
        header = self.header_of_a_run(self.config("rounds = 3\nlink=from-file  # remark\nipv4=yes\n"))
        self.assertEqual((header["rounds"], header["link"]), ("3", "from-file"))

    def test_options_are_read_from_the_environment(self):
        header = self.header_of_a_run(TCPSTEP_ROUNDS="4", TCPSTEP_LINK="from-variable")
        self.assertEqual((header["rounds"], header["link"]), ("4", "from-variable"))

    def test_the_environment_wins_over_the_file(self):
        header = self.header_of_a_run(self.config("rounds=3\nlink=from-file\n"), TCPSTEP_ROUNDS="4")
        self.assertEqual((header["rounds"], header["link"]), ("4", "from-file"))

    def test_the_command_line_wins_over_both(self):
        header = self.header_of_a_run(self.config("rounds=3\n"), "--rounds=5", TCPSTEP_ROUNDS="4")
        self.assertEqual(header["rounds"], "5")

    def test_variables_of_other_programs_do_not_disturb(self):
        header = self.header_of_a_run(TCPSTEP_RETRY="3", TCPSTEP_SOMETHING="x")
        self.assertEqual(header["rounds"], "20")

    def test_a_file_with_an_unknown_option_is_refused(self):
        result = run("tcpstep-server", self.config("raunds=3\n"), "--port", free_port())
        self.assertEqual(result.returncode, 2)
        self.assertIn("raunds", result.stderr)
        self.assertIn("Did you mean --rounds?", result.stderr)


class Help(TestCase):
    def test_help_and_version_go_to_stdout_and_create_nothing(self):
        for program in ("tcpstep-server", "tcpstep-client", "tcpstep-analyze"):
            for option in ("--help", "-h", "--version", "-V"):
                result = run(program, option, cwd=self.directory)
                self.assertEqual((result.returncode, result.stderr), (0, ""), (program, option))
                self.assertRegex(result.stdout, r"Usage: tcpstep-" if "h" in option else r"\d+\.\d+")
        self.assertEqual(list(self.directory.iterdir()), [])


if __name__ == "__main__":
    main()
