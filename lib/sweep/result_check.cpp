#include "lib/sweep/result_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <sstream>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/sample.h"
#include "lib/base/text.h"
#include "lib/protocol/messages.h"
#include "lib/runfile/run_reader.h"

namespace tcpstep {
namespace {

bool holds_only(std::string_view text, std::string_view others) {
  return std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           others.find(c) != std::string_view::npos;
  });
}

bool is_fact(std::string_view line) {
  if (!line.starts_with("# ")) {
    return false;
  }
  line.remove_prefix(2);
  const std::size_t colon = line.find(": ");
  return colon != std::string_view::npos && colon > 0 && holds_only(line.substr(0, colon), "_") &&
         header_safe(line.substr(colon + 2)) == line.substr(colon + 2);
}

// Header, columns, rows and trailer in this order. Readers ignore unknown lines; here they are
// errors.
void check_lines(std::string_view text, std::string_view columns) {
  enum class Part { Facts, Rows, End } part = Part::Facts;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    bool is_right = end != std::string_view::npos && part != Part::End;
    if (line.starts_with("# end: ")) {
      is_right = is_right && part == Part::Rows && holds_only(line.substr(7), "=_ ");
      part = Part::End;
    } else if (part == Part::Facts && line == columns) {
      part = Part::Rows;
    } else {
      is_right = is_right && (part == Part::Facts ? is_fact(line) : holds_only(line, ","));
    }
    if (!is_right) {
      throw WorldError(fmt::format("invalid line {} of the result: '{}'", number, printable(line)));
    }
    text.remove_prefix(end + 1);
  }
  if (part != Part::End) {
    throw WorldError("the result has no trailer");
  }
}

// These differ between the ends, or in time.
bool may_differ(std::string_view key) {
  return key == "started_utc" || key == "tool" || key.ends_with("_tool");
}

void check_facts(const RunHeader& header, const AgreedRun& agreed) {
  const auto check = [&](std::string_view key, std::string_view expected) {
    if (const auto found = header.find(key).value_or(""); found != expected) {
      throw WorldError(
          fmt::format("the result has {} '{}': expected '{}'", key, printable(found), expected));
    }
  };
  for (const auto& [key, value] : agreed.facts.facts()) {
    if (!may_differ(key)) {
      check(key, value);
    }
  }
  check("label", agreed.settings.sweep.label);
  for (const char* key : {"server_addr", "client_addr", "server_host", "client_host"}) {
    if (agreed.settings.is_anonymous && header.find(key)) {
      throw WorldError(fmt::format("the result has {}, but this server is anonymous", key));
    }
  }
}

// Accepts what the sweep can have measured: its sizes, its rounds in order, none too long.
class RowCheck {
 public:
  RowCheck(const RunHeader& header, const AgreedRun& agreed) : agreed_(agreed) {
    if (auto sizes = agreed.settings.sweep.sizes.resolve(header.mss())) {
      sizes_ = std::move(*sizes);
    }
  }

  void add(const Row& row) {
    if (row.round < round_ || row.round > agreed_.settings.sweep.rounds) {
      throw WorldError(
          fmt::format("the result has round {}, which is not in the sweep", row.round));
    }
    count_ = row.round == round_ ? count_ + 1 : 1;
    round_ = row.round;
    const bool is_opening = round_ == 0 && count_ == 1 && row.size == PayloadSize(1);
    if (!is_opening && !std::ranges::binary_search(sizes_, row.size)) {
      throw WorldError(fmt::format("the result has a payload of {}, which is not in the sweep",
                                   count_of(row.size.bytes(), "byte")));
    }
    const std::uint64_t passes = round_ == 0 ? agreed_.settings.sweep.warmup_rounds : 1;
    if (count_ > sizes_.size() * passes + (round_ == 0 ? 1 : 0)) {
      throw WorldError(fmt::format("the result has too many pings in round {}", row.round));
    }
    if (row.peer_retransmits.value_or(0) > kMostResends) {
      throw WorldError(
          fmt::format("the result has an ack that was resent {} times", *row.peer_retransmits));
    }
    last_end_ = std::max(
        last_end_,
        is_opening ? Duration(0) : row.start.value_or(Duration(0)) + row.rtt.value_or(Duration(0)));
  }

  void finish(const RunTrailer& trailer) const {
    const Duration longest = agreed_.longest + agreed_.longest / 100;  // clocks differ
    if (trailer.elapsed > longest || last_end_ > trailer.elapsed) {
      throw WorldError(fmt::format("the result claims {}, longer than the run took",
                                   format_duration(std::max(trailer.elapsed, last_end_))));
    }
  }

 private:
  const AgreedRun& agreed_;
  std::vector<PayloadSize> sizes_;
  std::uint32_t round_ = 0;
  std::uint64_t count_ = 0;  // of pings in this round
  Duration last_end_{0};
};

bool is_end_of_run(std::string_view status) {
  using enum PingStatus;
  return status == kComplete || status == kLimit ||
         std::ranges::any_of(std::array{Timeout, Reset, Closed, Protocol, Interrupted, Failed},
                             [&](PingStatus known) { return status == to_word(known); });
}

}  // namespace

RunTrailer check_result(std::string_view text, const AgreedRun& agreed) {
  check_lines(text, agreed.settings.has_peer_retransmits ? kRunColumns : kOldRunColumns);
  RunReader reader(ByteSource(std::make_unique<std::istringstream>(std::string(text))), "result");
  check_facts(reader.header(), agreed);
  RowCheck rows(reader.header(), agreed);
  while (const auto row = reader.next()) {
    rows.add(*row);
  }
  if (!reader.trailer()) {
    throw WorldError("the result has no trailer");
  }
  if (!is_end_of_run(reader.trailer()->status)) {
    throw WorldError(
        fmt::format("the result has an unknown status '{}'", printable(reader.trailer()->status)));
  }
  rows.finish(*reader.trailer());
  return *reader.trailer();
}

}  // namespace tcpstep
