#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "lib/base/text.h"
#include "lib/compare/render.h"
#include "lib/compare/rows.h"

namespace tcpstep {
namespace {

// XML has no control characters, not even escaped.
std::string xml_safe(std::string_view text) {
  std::string safe;
  for (const char c : without_controls(text)) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

std::string test_case(const Comparison& comparison, std::string_view name,
                      const std::string& inside) {
  return fmt::format(R"(    <testcase classname="tcpstep.{}" name="{}"{})",
                     xml_safe(comparison.link), xml_safe(name),
                     inside.empty() ? "/>\n" : ">\n" + inside + "    </testcase>\n");
}

// The element `kind` ("failure", "error") of a test case.
std::string outcome(std::string_view kind, const std::string& message, const std::string& text) {
  return fmt::format("      <{} message=\"{}\">{}</{}>\n", kind, xml_safe(message), xml_safe(text),
                     kind);
}

// A workflow command ends at the end of its line.
std::string command_safe(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '%') {
      safe += "%25";
    } else if (c == '\r') {
      safe += "%0D";
    } else if (c == '\n') {
      safe += "%0A";
    } else {
      safe += c;
    }
  }
  return safe;
}

bool is_refused(const Comparison& comparison) {
  return comparison.verdict == Verdict::Inconclusive ||
         comparison.verdict == Verdict::NotComparable;
}

}  // namespace

std::string render_junit(const Comparison& comparison) {
  const bool is_slower = comparison.verdict == Verdict::Regression;
  const std::string details =
      fmt::format("{}\n{}", subject_line(comparison), fmt::join(remarks(comparison), "\n"));
  std::string cases =
      test_case(comparison, "verdict",
                is_slower                ? outcome("failure", headline(comparison), details)
                : is_refused(comparison) ? outcome("error", headline(comparison), details)
                                         : "");
  for (const ContrastResult& row : comparison.contrasts) {
    const auto cells = cells_of(row);
    cases += test_case(
        comparison, fmt::format("{} {}", cells[0], cells[1]),
        row.is_slower  ? outcome("failure", fmt::format("{} slower", cells[4]),
                                 fmt::format("95 % interval {}, adjusted p {}", cells[5], cells[6]))
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
      xml_safe(comparison.link), comparison.contrasts.size() + 1, failures,
      is_refused(comparison) ? 1 : 0, skipped, cases);
}

std::string render_github(const Comparison& comparison) {
  const std::string_view level = comparison.verdict == Verdict::Regression ? "error"
                                 : is_refused(comparison)                  ? "warning"
                                                                           : "notice";
  std::string text = headline(comparison);
  for (const std::string& remark : remarks(comparison)) {
    text += '\n' + remark;
  }
  return fmt::format("::{} title=tcpstep compare {}::{}\n", level, comparison.link,
                     command_safe(text));
}

}  // namespace tcpstep
