#include "lib/sweep/result_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <sstream>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/sample.h"
#include "lib/base/text.h"
#include "lib/protocol/messages.h"
#include "lib/runfile/run_reader.h"
#include "lib/sweep/sweep_plan.h"

namespace tcpstep {
namespace {

constexpr std::uint64_t kLongestRow = 256;  // bytes
constexpr std::uint64_t kLongestHeader = std::uint64_t{2} << 20U;
constexpr std::size_t kMostFacts = 100;
constexpr std::size_t kLongestFact = 1024;  // bytes; lists of sizes have limits of their own
constexpr std::size_t kMostDigits = 19;     // fit into 64 bits

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

constexpr std::array kEndsOfPings{PingStatus::Timeout,     PingStatus::Reset,
                                  PingStatus::Closed,      PingStatus::Protocol,
                                  PingStatus::Interrupted, PingStatus::Failed};

bool is_end_of_ping(std::string_view status) {
  return std::ranges::any_of(kEndsOfPings,
                             [&](PingStatus known) { return status == to_word(known); });
}

// Numbers or nothing in as many columns, but for the last one, which has a known status. What the
// numbers may be is the reader's to say, where it needs them.
bool is_row(std::string_view line, std::ptrdiff_t columns) {
  const std::size_t last = line.rfind(',') + 1;
  const std::string_view status = line.substr(last);
  if (last == 0 || std::ranges::count(line, ',') + 1 != columns ||
      (status != to_word(PingStatus::Ok) && !is_end_of_ping(status))) {
    return false;
  }
  std::size_t digits = 0;
  for (const char c : line.substr(0, last)) {
    digits = c == ',' ? 0 : digits + 1;
    if ((c != ',' && (c < '0' || c > '9')) || digits > kMostDigits) {
      return false;
    }
  }
  return true;
}

// Header, columns, rows and trailer in this order. Readers ignore unknown lines; here they are
// errors.
void check_lines(std::string_view text, std::string_view columns) {
  enum class Part { Facts, Rows, End } part = Part::Facts;
  const std::ptrdiff_t count = std::ranges::count(columns, ',') + 1;
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
      is_right = is_right && (part == Part::Facts ? is_fact(line) && number <= kMostFacts
                                                  : is_row(line, count));
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

// These differ between the ends.
bool may_differ(std::string_view key) {
  return key == "tool" || key.ends_with("_tool");
}

// What the end that measures never writes: it is added once a run is over (by `ab`, the lab, the
// mesh), to a file without samples, or by the server to the run of a browser. Analysis acts on it.
bool is_fact_of_others(std::string_view key) {
  constexpr std::array<std::string_view, 4> kPrefixes{"ab_", "browser_", "lab_", "mesh_"};
  constexpr std::array<std::string_view, 5> kKeys{"client_kind", "ends_when_settled",
                                                  "host_started_utc", "samples_at", "user_agent"};
  return std::ranges::find(kKeys, key) != kKeys.end() ||
         std::ranges::any_of(kPrefixes, [&](auto prefix) { return key.starts_with(prefix); });
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
  for (const char* key : {"label", "claimed_server_addr", "claimed_client_addr",
                          "claimed_by_server", "claimed_by_client"}) {
    check(key, agreed.facts.find(key).value_or(""));
  }
  for (const auto& [key, value] : header.facts()) {
    if (is_fact_of_others(key)) {
      throw WorldError(fmt::format("the result has {}, which the other end must not set", key));
    }
    if (value.size() > kLongestFact && !key.ends_with("sizes_bytes")) {
      throw WorldError(fmt::format("the result has {} of {} bytes", key, value.size()));
    }
  }
  const auto mss = header.mss();
  if (mss && (mss->bytes() < agreed.mss.least || mss->bytes() > agreed.mss.most)) {
    throw WorldError(fmt::format("the result has an MSS of {} bytes; this connection's is {} to {}",
                                 mss->bytes(), agreed.mss.least, agreed.mss.most));
  }
  for (const char* key : {"server_addr", "client_addr", "server_host", "client_host"}) {
    if (agreed.settings.is_anonymous && header.find(key)) {
      throw WorldError(fmt::format("the result has {}, but this server is anonymous", key));
    }
  }
}

std::vector<PayloadSize> sizes_of(const RunHeader& header, const SweepSpec& sweep) {
  auto sizes = sweep.sizes.resolve(header.mss());
  if (!sizes) {
    throw WorldError("the result has an MSS with which one round would be more than 1 GiB");
  }
  const auto listed = header.find("resolved_sizes_bytes");
  if (sweep.sizes.has_boundaries && listed) {
    std::vector<std::uint32_t> bytes;
    for (const PayloadSize size : *sizes) {
      bytes.push_back(size.bytes());
    }
    if (*listed != fmt::format("{}", fmt::join(bytes, " "))) {
      throw WorldError("the result has resolved_sizes_bytes that are not those of its MSS");
    }
  }
  return std::move(*sizes);
}

// Accepts what the sweep can have measured: its pings in their order, each after the one before.
// Only the last one may have failed.
class RowCheck {
 public:
  RowCheck(const RunHeader& header, const AgreedRun& agreed)
      : agreed_(agreed), plan_(sizes_of(header, agreed.settings.sweep), agreed.settings.sweep) {
    round_ = plan_.round(0);
  }

  void add(const Row& row) {
    const bool is_opening = rows_ == 0 && !has_opening_ && is_opening_ping(row);
    if (has_failed_) {
      throw WorldError("the result goes on after a ping that failed");
    }
    has_failed_ = !row.rtt;
    if (is_opening) {  // timed by another clock reading: it is before the others in any case
      has_opening_ = true;
      return;
    }
    check_place(row);
    if (row.peer_retransmits.value_or(0) > kMostResends) {
      throw WorldError(
          fmt::format("the result has an ack that was resent {} times", *row.peer_retransmits));
    }
    if (!row.start || *row.start < last_end_) {
      throw WorldError(
          fmt::format("the result has a ping of round {} that begins before the one "
                      "before has ended",
                      row.round));
    }
    last_end_ = *row.start + row.rtt.value_or(Duration(0));
    ++rows_;
  }

  void finish(const RunTrailer& trailer) const {
    const Duration longest = agreed_.longest + agreed_.longest / 100;  // clocks differ
    if (trailer.elapsed > longest || last_end_ > trailer.elapsed) {
      throw WorldError(fmt::format("the result claims {}, longer than the run took",
                                   format_duration(std::max(trailer.elapsed, last_end_))));
    }
    if (trailer.status != agreed_.status) {
      throw WorldError(fmt::format("the result has the status '{}', and '{}' was announced",
                                   printable(trailer.status), printable(agreed_.status)));
    }
    if (trailer.status != kComplete) {
      return;
    }
    const std::uint64_t all = all_pings();
    if (rows_ != all || has_failed_) {
      throw WorldError(
          fmt::format("the result has {} of the sweep's {}", rows_, count_of(all, "ping")));
    }
    // One that discovers the path has no row.
    if (agreed_.acked != all && agreed_.acked != all + 1) {
      throw WorldError(fmt::format("the result has {}, this end has acked {}",
                                   count_of(all, "ping"), agreed_.acked));
    }
  }

 private:
  // Where the server measures, the ping that greets the client comes first.
  [[nodiscard]] bool is_opening_ping(const Row& row) const {
    return agreed_.settings.sweep.direction == MeasuredDirection::Down && row.round == 0 &&
           row.size == PayloadSize(1);
  }

  // Of a complete run: of all rounds, or if the sweep has a time of enough of them, each whole.
  [[nodiscard]] std::uint64_t all_pings() const {
    const SweepSpec& sweep = agreed_.settings.sweep;
    const std::uint64_t fewest = std::uint64_t{sweep.warmup_rounds} + sweep.fewest_rounds();
    return std::max<std::uint64_t>(index_ + 1, fewest) * plan_.sizes().size();
  }

  void check_place(const Row& row) {
    const SweepSpec& sweep = agreed_.settings.sweep;
    if (row.round > sweep.rounds) {
      throw WorldError(
          fmt::format("the result has round {}, which is not in the sweep", row.round));
    }
    if (!std::ranges::binary_search(plan_.sizes(), row.size)) {
      throw WorldError(fmt::format("the result has a payload of {}, which is not in the sweep",
                                   count_of(row.size.bytes(), "byte")));
    }
    if (rows_ == 0 && !row.rtt && row.round == 0) {
      return;  // perhaps the one that discovers the path, of any size
    }
    if (at_ == round_.sizes.size() && index_ + 1 < plan_.rounds_with_warmup()) {
      round_ = plan_.round(++index_);
      at_ = 0;
    }
    const bool is_over = at_ == round_.sizes.size();
    if (is_over || row.round != round_.number || row.size != round_.sizes[at_]) {
      throw WorldError(fmt::format(
          "the result has {} in round {} where the sweep has {}",
          count_of(row.size.bytes(), "byte"), row.round,
          is_over ? std::string("no ping")
                  : fmt::format("{} in round {}", round_.sizes[at_].bytes(), round_.number)));
    }
    ++at_;
  }

  const AgreedRun& agreed_;
  SweepPlan plan_;
  Round round_{};            // the current one
  std::uint32_t index_ = 0;  // of it
  std::size_t at_ = 0;       // in it
  bool has_opening_ = false;
  bool has_failed_ = false;
  std::uint64_t rows_ = 0;
  Duration last_end_{0};
};

bool is_end_of_run(std::string_view status) {
  return status == kComplete || status == kLimit || is_end_of_ping(status);
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

std::uint64_t largest_result(std::uint64_t pings) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max() / 2;
  return kLongestHeader + kLongestRow * std::min(pings, kMost / kLongestRow);
}

}  // namespace tcpstep
