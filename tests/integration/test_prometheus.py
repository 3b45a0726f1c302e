"""Alert rules and dashboard: they are about figures that export prints, and promtool accepts them."""

import json
import re
import shutil
import subprocess

from harness import SOURCE, TestCase, main, run

FOLDER = SOURCE / "packaging" / "prometheus"
RULES = FOLDER / "tcpstep.rules.yml"
TEST = f"""
rule_files: [{RULES}]
evaluation_interval: 10m
tests:
  - interval: 5m
    input_series:
      - series: 'tcpstep_rtt_seconds{{link="a_b",segments="1",statistic="min"}}'
        values: '1x1000 1.5x100'
      - series: 'tcpstep_rtt_seconds{{link="b_a",segments="1",statistic="min"}}'
        values: '1x1100'
      - series: 'tcpstep_runs{{link="a_b",mss_bytes="1448"}}'
        values: '1x1000'
    alert_rule_test:
      - eval_time: 5010m
        alertname: TcpstepLinkSlower
        exp_alerts: []
      - eval_time: 5200m
        alertname: TcpstepLinkSlower
        exp_alerts:
          - exp_labels: {{severity: warning, link: a_b, segments: "1", statistic: min}}
            exp_annotations: {{summary: "a_b takes 1.5s: a fifth more than the median of a week"}}
      - eval_time: 5300m
        alertname: TcpstepLinkMissing
        exp_alerts:
          - exp_labels: {{severity: warning, link: a_b}}
            exp_annotations: {{summary: "a_b was measured yesterday, and is not any more"}}
"""


class Prometheus(TestCase):
    def test_is_about_what_export_prints(self):
        printed = run("tcpstep-analyze", "export", "--format=openmetrics", SOURCE / "results" / "lab" / "adsl.csv").stdout
        metrics = set(re.findall(r"^(tcpstep_\w+)\{", printed, re.M))
        labels = set(re.findall(r"(\w+)=\"", printed))
        dashboard = json.loads((FOLDER / "tcpstep-dashboard.json").read_text())
        queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
        queries.append(RULES.read_text())
        for query in queries:
            used = set(re.findall(r"\btcpstep_\w+", query))
            self.assertLessEqual(used, metrics)
            self.assertLessEqual(set(re.findall(r"[{,](\w+)=~?\"", query)) - {"file"}, labels)
        self.assertEqual(len({panel["id"] for panel in dashboard["panels"]}), len(dashboard["panels"]))

    def test_rules_raise_their_alerts(self):
        if not shutil.which("promtool"):
            self.skipTest("promtool is not installed")
        test = self.directory / "test.yml"
        test.write_text(TEST)
        for arguments in (("check", "rules", RULES), ("test", "rules", test)):
            result = subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False)
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)


if __name__ == "__main__":
    main()
