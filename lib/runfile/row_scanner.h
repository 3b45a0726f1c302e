// The fast path of reading rows, a part of read_run(): blocks of lines, several times as fast as
// RunReader::next().
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

#include "lib/runfile/row.h"
#include "lib/runfile/run_header.h"

namespace tcpstep {

// How a block of lines ended.
struct ScannedBlock {
  bool is_ordinary = true;  // false: only RunReader can say what is wrong, if anything
  std::optional<std::string_view> trailer;  // without its LF; the last line of the block
};

// It reports no errors: at the first line that is not plainly right it gives up, and
// RunReader::next() has to read the file, which names line and column. A line that it accepts means
// the same to both; the fuzz target run_model holds them against each other.
class RowScanner {
 public:
  explicit RowScanner(std::span<const Column> columns) : columns_(columns) {}

  // This many bytes after `lines` must be readable, whatever they are.
  static constexpr std::size_t kPadding = 8;

  // Calls `visit` with every row. `lines` ends in LF or is empty.
  template <class Visit>
  [[nodiscard]] ScannedBlock scan(std::string_view lines, Visit&& visit) const {
    return std::ranges::equal(columns_, kUsualOrder) ? scan_lines<true>(lines, visit)
                                                     : scan_lines<false>(lines, visit);
  }

 private:
  static constexpr std::ptrdiff_t kLongestLine = std::ptrdiff_t{64} * 1024;
  static constexpr std::ptrdiff_t kMostDigits = 19;  // these fit into 64 bits

  // Row by row, with columns that the compiler knows (those this version writes) or not.
  template <bool is_usual_order, class Visit>
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
      Row row;
      if (!scan_row<is_usual_order>(at, row)) [[unlikely]] {
        return {.is_ordinary = false, .trailer = {}};
      }
      visit(row);
    }
    return {};
  }

  // One line, with the limits of RunReader; `at` moves behind its LF.
  template <bool is_usual_order>
  bool scan_row(const char*& at, Row& row) const {
    const char* const begin = at;
    bool is_ok = true;
    if constexpr (is_usual_order) {
      const auto scan_all = [&]<std::size_t... index>(std::index_sequence<index...>) {
        return ((scan_field<kUsualOrder[index]>(at, row, is_ok) &&
                 (index + 1 == kUsualOrder.size() || *at++ == ',')) &&
                ...);
      };
      if (!scan_all(std::make_index_sequence<kUsualOrder.size()>())) [[unlikely]] {
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
    if (*at != '\n' || at[-1] == '\r' || at - begin > kLongestLine || (is_ok && !row.rtt))
        [[unlikely]] {
      return false;
    }
    if (!is_ok) {
      row.rtt.reset();
    }
    ++at;
    return true;
  }

  static bool scan_any_field(Column column, const char*& at, Row& row, bool& is_ok) {
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
      case Column::PeerRetransmits:
        return scan_field<Column::PeerRetransmits>(at, row, is_ok);
      case Column::Doubtful:
        return scan_field<Column::Doubtful>(at, row, is_ok);
      case Column::Status:
        return scan_field<Column::Status>(at, row, is_ok);
    }
    return false;
  }

  // Moves `at` to the end of the field.
  template <Column column>
  static bool scan_field(const char*& at, Row& row, bool& is_ok) {
    if constexpr (column == Column::Status) {
      const char* const begin = at;
      skip_field(at);
      is_ok = at - begin == 2 && begin[0] == 'o' && begin[1] == 'k';
      return at != begin;
    } else if constexpr (column == Column::Ignored) {
      skip_field(at);
      return true;
    } else {
      constexpr ColumnRule kRule = rule_of(column);
      if (kRule.may_be_empty && is_field_end(*at)) {
        return true;
      }
      if constexpr (column == Column::Start) {  // no table needs it
        return check_number<kRule.largest>(at);
      }
      std::uint64_t number = 0;
      if (!scan_number(at, number, kRule.smallest, kRule.largest)) [[unlikely]] {
        return false;
      }
      set_field(row, column, number);
      return true;
    }
  }

  static bool is_field_end(char c) { return c == ',' || c == '\n'; }

  static void skip_field(const char*& at) {
    while (!is_field_end(*at)) {
      ++at;
    }
  }

  // The same as scan_number(), of a number that is not needed: usually no more than counting
  // digits.
  template <std::uint64_t kLargest>
  [[gnu::always_inline]] static bool check_number(const char*& at) {
    const char* after = at;
    for (unsigned digits = 8; digits == 8 && after - at < kMostDigits;) {
      digits = count_digits(digits_at(after));
      after += digits;
    }
    if (after - at <= digits_of(kLargest) - 1 && after != at && is_field_end(*after)) [[likely]] {
      at = after;
      return true;
    }
    std::uint64_t number = 0;
    return scan_number(at, number, 0, kLargest);
  }

  static constexpr std::ptrdiff_t digits_of(std::uint64_t number) {
    return number < 10 ? 1 : 1 + digits_of(number / 10);
  }

  // Digits up to the end of the field: at least one, nothing else.
  [[gnu::always_inline]] static bool scan_number(const char*& at, std::uint64_t& number,
                                                 std::uint64_t smallest, std::uint64_t largest) {
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
    number = value;
    return at != begin && is_field_end(*at) && value >= smallest && value <= largest;
  }

  // The next eight bytes; a digit is 0 to 9, anything else is more.
  static std::uint64_t digits_at(const char* at) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, at, sizeof bytes);
    if constexpr (std::endian::native == std::endian::big) {
      bytes = __builtin_bswap64(bytes);  // the first digit is the lowest byte below
    }
    return bytes ^ 0x3030303030303030U;
  }

  // How many of these are digits, from the first one on.
  static unsigned count_digits(std::uint64_t bytes) {
    const std::uint64_t others = ((bytes + 0x7676767676767676U) | bytes) & 0x8080808080808080U;
    return others == 0 ? 8 : static_cast<unsigned>(std::countr_zero(others)) / 8;
  }

  // How many of the next eight bytes are digits, and their value, without a branch for each: eight
  // bytes are one number whose neighbours are combined, first in pairs, then in fours
  // (W. Muła, "SIMD-ized faster parse of IPv4 addresses" and "Parsing series of integers",
  // 0x80.pl).
  [[gnu::always_inline]] static unsigned scan_eight(const char* at, std::uint64_t& value) {
    std::uint64_t bytes = digits_at(at);
    const unsigned digits = count_digits(bytes);
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

  // kRunColumns, the columns that this version writes.
  static constexpr auto kUsualOrder = [] {
    std::array<Column, std::ranges::count(kRunColumns, ',') + 1> columns{};
    std::string_view rest = kRunColumns;
    for (Column& column : columns) {
      column = column_named(rest.substr(0, rest.find(',')));
      rest.remove_prefix(std::min(rest.find(','), rest.size() - 1) + 1);
    }
    return columns;
  }();

  std::span<const Column> columns_;
};

}  // namespace tcpstep
