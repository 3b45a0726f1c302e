// The lines of samples of a result file (docs/result_format.md): their columns, what is valid in
// each, and one line as numbers. Both ways of reading, row by row and in blocks, go by this table.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "lib/base/units.h"

namespace tcpstep {

// One counted or warm-up ping.
struct Row {
  std::uint32_t round = 1;  // 0 is warm-up, never counted
  PayloadSize size{1};
  std::optional<Duration> rtt;  // empty: the ping was lost
  std::optional<Duration> start;
  std::optional<Duration> kernel_rtt;
  std::optional<std::uint32_t> segments;          // data segments sent, retransmitted ones too
  std::optional<std::uint32_t> retransmits;       // of them
  std::optional<std::uint32_t> peer_retransmits;  // segments of the ack that the other end resent
  std::optional<std::uint32_t> doubtful;          // 1: the ack may have been resent
};

// A column that something here needs; all others are Ignored.
enum class Column : std::uint8_t {
  Ignored,
  Round,
  Size,
  Start,
  Rtt,
  KernelRtt,
  Segments,
  Retransmits,
  PeerRetransmits,
  Doubtful,
  Status
};

// A whole number from `smallest` to `largest`. Status has text instead: "ok", or why the ping was
// lost.
struct ColumnRule {
  Column column;
  std::string_view name;
  std::uint64_t smallest;
  std::uint64_t largest;
  bool may_be_empty;
};

inline constexpr std::uint64_t kLongestRtt = 24ULL * 3600 * 1'000'000'000;         // a day, in ns
inline constexpr std::uint64_t kLongestSpan = 100ULL * 24 * 3600 * 1'000'000'000;  // 100 days
inline constexpr std::uint64_t kLargestCount = std::numeric_limits<std::uint32_t>::max();

inline constexpr std::array<ColumnRule, 10> kColumnRules{{
    {Column::Round, "round", 0, kLargestCount, false},
    {Column::Size, "size_bytes", 1, PayloadSize::kLargest, false},
    {Column::Start, "start_ns", 0, kLongestSpan, true},
    {Column::Rtt, "rtt_ns", 1, kLongestRtt, true},
    {Column::KernelRtt, "kernel_rtt_ns", 1, kLongestRtt, true},
    {Column::Segments, "segments", 0, kLargestCount, true},
    {Column::Retransmits, "retransmits", 0, kLargestCount, true},
    {Column::PeerRetransmits, "peer_retransmits", 0, kLargestCount, true},
    {Column::Doubtful, "doubtful", 0, 1, true},
    {Column::Status, "status", 0, 0, false},
}};

// `column` is not Ignored.
[[nodiscard]] constexpr const ColumnRule& rule_of(Column column) {
  return kColumnRules[static_cast<std::size_t>(column) - 1];
}

// The column of that name.
[[nodiscard]] constexpr Column column_named(std::string_view name) {
  for (const ColumnRule& rule : kColumnRules) {
    if (rule.name == name) {
      return rule.column;
    }
  }
  return Column::Ignored;
}

// Puts a valid number of a column, other than Ignored and Status, into its place.
constexpr void set_field(Row& row, Column column, std::uint64_t number) {
  const auto as_time = [&] { return Duration(static_cast<Duration::rep>(number)); };
  const auto as_count = [&] { return static_cast<std::uint32_t>(number); };
  switch (column) {
    case Column::Round:
      row.round = as_count();
      break;
    case Column::Size:
      row.size = PayloadSize(as_count());
      break;
    case Column::Start:
      row.start = as_time();
      break;
    case Column::Rtt:
      row.rtt = as_time();
      break;
    case Column::KernelRtt:
      row.kernel_rtt = as_time();
      break;
    case Column::Segments:
      row.segments = as_count();
      break;
    case Column::Retransmits:
      row.retransmits = as_count();
      break;
    case Column::PeerRetransmits:
      row.peer_retransmits = as_count();
      break;
    case Column::Doubtful:
      row.doubtful = as_count();
      break;
    case Column::Ignored:
    case Column::Status:
      break;
  }
}

}  // namespace tcpstep
