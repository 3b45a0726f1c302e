#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

#include "lib/base/escape.h"
#include "lib/compare/render.h"
#include "lib/compare/rows.h"

namespace tcpstep {
namespace {

std::string test_case(const Comparison& comparison, std::string_view name,
                      const std::string& inside) {
  return fmt::format(R"(    <testcase classname="tcpstep.{}" name="{}"{})",
                     xml_escaped(comparison.link), xml_escaped(name),
                     inside.empty() ? "/>\n" : ">\n" + inside + "    </testcase>\n");
}

// The element `kind` ("failure", "error") of a test case.
std::string outcome(std::string_view kind, const std::string& message,
                    const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    text += (text.empty() ? "" : "\n") + xml_escaped(line);
  }
  return fmt::format("      <{} message=\"{}\">{}</{}>\n", kind, xml_escaped(message), text, kind);
}

bool is_refused(const Comparison& comparison) {
  return comparison.verdict == Verdict::Inconclusive ||
         comparison.verdict == Verdict::NotComparable;
}

}  // namespace

std::string render_junit(const Comparison& comparison) {
  const bool is_slower = comparison.verdict == Verdict::Regression;
  std::vector<std::string> details = remarks(comparison);
  details.insert(details.begin(), subject_line(comparison));
  for (const Warning& warning : comparison.caption.warnings) {
    details.push_back(fmt::format("! {} {}", warning.text, warning.remedy));
  }
  std::string cases =
      test_case(comparison, "verdict",
                is_slower                ? outcome("failure", headline(comparison), details)
                : is_refused(comparison) ? outcome("error", headline(comparison), details)
                                         : "");
  for (const ContrastResult& row : comparison.contrasts) {
    const auto cells = cells_of(row);
    cases += test_case(
        comparison, fmt::format("{} {}", cells[0], cells[1]),
        row.is_slower
            ? outcome("failure", fmt::format("{} slower", cells[4]),
                      {fmt::format("95 % interval {}, adjusted p {}", cells[5], cells[6])})
        : row.p_slower ? ""
                       : "      <skipped/>\n");
  }
  const auto failures = std::count_if(comparison.contrasts.begin(), comparison.contrasts.end(),
                                      [](const ContrastResult& row) { return row.is_slower; }) +
                        (is_slower ? 1 : 0);
  const auto skipped = std::count_if(comparison.contrasts.begin(), comparison.contrasts.end(),
                                     [](const ContrastResult& row) { return !row.p_slower; });
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
      "  <testsuite name=\"tcpstep compare {}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" "
      "skipped=\"{}\">\n{}  </testsuite>\n</testsuites>\n",
      xml_escaped(comparison.link), comparison.contrasts.size() + 1, failures,
      is_refused(comparison) ? 1 : 0, skipped, cases);
}

std::string render_github(const Comparison& comparison) {
  const std::string_view level = comparison.verdict == Verdict::Regression ? "error"
                                 : is_refused(comparison)                  ? "warning"
                                                                           : "notice";
  std::string text = github_escaped(headline(comparison));
  for (const std::string& remark : remarks(comparison)) {
    text += "%0A" + github_escaped(remark);
  }
  for (const Warning& warning : comparison.caption.warnings) {
    text += fmt::format("%0A! {} {}", github_escaped(warning.text), github_escaped(warning.remedy));
  }
  return fmt::format("::{} title=tcpstep compare {}::{}\n", level, github_escaped(comparison.link),
                     text);
}

}  // namespace tcpstep
