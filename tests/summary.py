#!/usr/bin/env python3
"""Sums up what ctest has run: failed tests, skipped tests with the reason, and how many of each.

usage: summary.py JUNIT_FILE...     as ctest --output-junit writes them
"""
import collections
import re
import sys
import xml.etree.ElementTree

CASES = re.compile(r"^Ran (\d+) tests? in ", re.M)  # Python's unittest, by tests/integration/harness.py
INNER_SKIP = re.compile(r"^skipped (\S+): (.*)$", re.M)
INNER_FAILURE = re.compile(r"^(?:FAIL|ERROR): (\S+ \(\S+\))", re.M)  # once for all subtests of a test
GTEST_SKIP = re.compile(r": Skipped\n(.*)$", re.M)
EXPLANATION = re.compile(r"^(\S.*)$", re.M)  # of a test that exits with SKIP_RETURN_CODE


def outcomes(test):
    """(passed, [failed], [(skipped, why)]) of one test of ctest, which may hold many of Python's."""
    name, output = test.get("name"), test.findtext("system-out") or ""
    if test.find("skipped") is not None:
        why = GTEST_SKIP.search(output) or EXPLANATION.search(output)
        return 0, [], [(name, why[1].strip() if why else "no reason given")]
    skipped = [(f"{name}: {inner}", why) for inner, why in INNER_SKIP.findall(output)]
    failed = [f"{name}: {inner}" for inner in dict.fromkeys(INNER_FAILURE.findall(output))]
    cases = CASES.search(output)
    if test.get("status") != "run":
        failed = failed if cases and failed else [name]
    return (int(cases[1]) if cases else 1) - len(skipped) - len(failed), failed, skipped


def main():
    passed, failed, skipped = 0, [], collections.defaultdict(list)
    for path in sys.argv[1:]:
        for test in xml.etree.ElementTree.parse(path).getroot().iter("testcase"):
            more_passed, more_failed, more_skipped = outcomes(test)
            passed += more_passed
            failed += more_failed
            for name, why in more_skipped:
                skipped[why].append(name)
    for why, names in sorted(skipped.items()):
        print(f"skipped, {why}:", *names, sep="\n  ")
    if failed:
        print("failed:", *failed, sep="\n  ")
    print(f"{max(passed, 0)} passed, {len(failed)} failed, {sum(map(len, skipped.values()))} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
