// Rows as RunReader reads them, several times faster: for files of millions of rows.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "lib/runfile/run_reader.h"

namespace tcpstep {

// What tables need of a row; 0 is a time that is not there, for no time in a file is 0.
struct ScannedRow {
  std::uint32_t round = 1;
  std::uint32_t size = 0;
  std::uint64_t rtt = 0;  // ns; 0 if the ping was lost
  std::uint64_t kernel_rtt = 0;
  std::uint32_t retransmits = 0;
};

// How a block of lines ended.
struct ScannedBlock {
  bool is_ordinary = true;  // false: only RunReader can say what is wrong, if anything
  std::optional<std::string_view> trailer;  // without its LF; the last line of the block
};

// Scans blocks of RunReader::next_block(). It judges nothing: at the first line that is not plainly
// right it gives up, and the file has to be read with RunReader::next(), which names line and
// column. What it does accept means the same to both; the fuzz target row_scanner compares them.
class RowScanner {
 public:
  explicit RowScanner(std::span<const Column> columns) : columns_(columns) {}

  // `lines` has to be followed by so many bytes that may be read, whatever they are.
  static constexpr std::size_t kPadding = 8;

  // Calls `visit` with every row. `lines` ends in LF or is empty.
  template <class Visit>
  [[nodiscard]] ScannedBlock scan(std::string_view lines, Visit&& visit) const {
    return std::ranges::equal(columns_, kServerOrder) ? scan_lines<true>(lines, visit)
                                                      : scan_lines<false>(lines, visit);
  }

 private:
  static constexpr std::ptrdiff_t kLongestLine = std::ptrdiff_t{64} * 1024;
  static constexpr std::ptrdiff_t kMostDigits = 19;  // these fit into 64 bits

  // Row by row, with the columns known to the compiler (the server's own order) or not.
  template <bool is_server_order, class Visit>
  [[nodiscard]] ScannedBlock scan_lines(std::string_view lines, Visit& visit) const {
    const char* at = lines.data();
    const char* const end = at + lines.size();
    while (at != end) {
      if (*at == '#') [[unlikely]] {
        const char* const begin = at;
        at = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
        const std::string_view line(begin, static_cast<std::size_t>(at - begin));
        ++at;
        if (at - begin > kLongestLine || line.ends_with('\r')) {
          return {.is_ordinary = false, .trailer = {}};
        }
        if (line.starts_with("# end:")) {
          return {.is_ordinary = at == end, .trailer = line};
        }
        continue;
      }
      ScannedRow row;
      if (!scan_row<is_server_order>(at, row)) [[unlikely]] {
        return {.is_ordinary = false, .trailer = {}};
      }
      visit(row);
    }
    return {};
  }

  // One line, with the limits of RunReader; `at` moves behind its LF.
  template <bool is_server_order>
  bool scan_row(const char*& at, ScannedRow& row) const {
    const char* const begin = at;
    bool is_ok = true;
    if constexpr (is_server_order) {
      const auto scan_all = [&]<std::size_t... index>(std::index_sequence<index...>) {
        return ((scan_field<kServerOrder[index]>(at, row, is_ok) &&
                 (index + 1 == kServerOrder.size() || *at++ == ',')) &&
                ...);
      };
      if (!scan_all(std::make_index_sequence<kServerOrder.size()>())) [[unlikely]] {
        return false;
      }
    } else {
      for (std::size_t index = 0; index < columns_.size(); ++index) {
        const bool is_last = index + 1 == columns_.size();
        if (!scan_any_field(columns_[index], at, row, is_ok) || (!is_last && *at++ != ',')) {
          return false;
        }
      }
    }
    if (*at != '\n' || at[-1] == '\r' || at - begin > kLongestLine || (is_ok && row.rtt == 0))
        [[unlikely]] {
      return false;
    }
    if (!is_ok) {
      row.rtt = 0;
    }
    ++at;
    return true;
  }

  static bool scan_any_field(Column column, const char*& at, ScannedRow& row, bool& is_ok) {
    switch (column) {
      case Column::Ignored:
        return scan_field<Column::Ignored>(at, row, is_ok);
      case Column::Round:
        return scan_field<Column::Round>(at, row, is_ok);
      case Column::Size:
        return scan_field<Column::Size>(at, row, is_ok);
      case Column::Start:
        return scan_field<Column::Start>(at, row, is_ok);
      case Column::Rtt:
        return scan_field<Column::Rtt>(at, row, is_ok);
      case Column::KernelRtt:
        return scan_field<Column::KernelRtt>(at, row, is_ok);
      case Column::Segments:
        return scan_field<Column::Segments>(at, row, is_ok);
      case Column::Retransmits:
        return scan_field<Column::Retransmits>(at, row, is_ok);
      case Column::Status:
        return scan_field<Column::Status>(at, row, is_ok);
    }
    return false;
  }

  // Moves `at` to the end of the field.
  template <Column column>
  static bool scan_field(const char*& at, ScannedRow& row, bool& is_ok) {
    if constexpr (column == Column::Status) {
      const char* const begin = at;
      skip_field(at);
      is_ok = at - begin == 2 && begin[0] == 'o' && begin[1] == 'k';
      return at != begin;
    } else if constexpr (column == Column::Ignored) {
      skip_field(at);
      return true;
    } else if constexpr (column == Column::Round) {
      return scan_number(at, row.round, 0, RowLimits::kLargestCount);
    } else if constexpr (column == Column::Size) {
      return scan_number(at, row.size, 1, PayloadSize::kLargest);
    } else if constexpr (column == Column::Rtt) {
      return is_field_end(*at) || scan_number(at, row.rtt, 1, RowLimits::kLongestRtt);
    } else if constexpr (column == Column::KernelRtt) {
      return is_field_end(*at) || scan_number(at, row.kernel_rtt, 1, RowLimits::kLongestRtt);
    } else if constexpr (column == Column::Retransmits) {
      return is_field_end(*at) || scan_number(at, row.retransmits, 0, RowLimits::kLargestCount);
    } else {
      constexpr std::uint64_t kLargest =
          column == Column::Start ? RowLimits::kLongestSpan : RowLimits::kLargestCount;
      std::uint64_t checked_only = 0;
      return is_field_end(*at) || scan_number(at, checked_only, 0, kLargest);
    }
  }

  static bool is_field_end(char c) { return c == ',' || c == '\n'; }

  static void skip_field(const char*& at) {
    while (!is_field_end(*at)) {
      ++at;
    }
  }

  // Digits up to the end of the field: at least one, nothing else.
  template <class Number>
  static bool scan_number(const char*& at, Number& number, std::uint64_t smallest,
                          std::uint64_t largest) {
    const char* const begin = at;
    std::uint64_t value = 0;
    for (unsigned digits = 8; digits == 8;) {
      std::uint64_t eight = 0;
      digits = scan_eight(at, eight);
      value = value * kPowersOfTen[digits] + eight;
      at += digits;
      if (at - begin > kMostDigits) [[unlikely]] {
        return false;
      }
    }
    number = static_cast<Number>(value);
    return at != begin && is_field_end(*at) && value >= smallest && value <= largest;
  }

  // How many of the next eight bytes are digits, and their value, without a branch for each: eight
  // bytes are one number whose neighbours are brought together, first by pairs, then by fours
  // (W. Muła, "SIMD-ized faster parse of IPv4 addresses" and "Parsing series of integers",
  // 0x80.pl).
  static unsigned scan_eight(const char* at, std::uint64_t& value) {
    static_assert(std::endian::native == std::endian::little);
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, at, sizeof bytes);
    bytes ^= 0x3030303030303030U;  // a digit is now 0 to 9, anything else is more
    const std::uint64_t others = ((bytes + 0x7676767676767676U) | bytes) & 0x8080808080808080U;
    const unsigned digits = others == 0 ? 8 : static_cast<unsigned>(std::countr_zero(others)) / 8;
    if (digits == 0) {
      return 0;
    }
    bytes <<= 64 - digits * 8;  // zeros in front
    bytes = bytes * 10 + (bytes >> 8U);
    value = (((bytes & 0x000000FF000000FFU) * 0x000F424000000064U) +
             (((bytes >> 16U) & 0x000000FF000000FFU) * 0x0000271000000001U)) >>
            32U;
    return digits;
  }

  static constexpr std::array<std::uint64_t, 9> kPowersOfTen{
      1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000};

  // kRunColumns.
  static constexpr std::array<Column, 13> kServerOrder{
      Column::Round,   Column::Size,     Column::Start,       Column::Rtt,     Column::KernelRtt,
      Column::Ignored, Column::Segments, Column::Retransmits, Column::Ignored, Column::Ignored,
      Column::Ignored, Column::Ignored,  Column::Status};

  std::span<const Column> columns_;
};

}  // namespace tcpstep
