#include "lib/compare/run_samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace tcpstep {
namespace {

// FNV-1a (Fowler, Noll, Vo): tells files apart that were not made to deceive.
class Digest {
 public:
  void add(std::uint64_t number) {
    for (int byte = 0; byte < 8; ++byte) {
      state_ = (state_ ^ (number >> (8 * byte) & 0xFFU)) * 0x100000001B3ULL;
    }
  }
  void add(std::string_view text) {
    for (const char c : text) {
      state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
    }
  }
  [[nodiscard]] std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = 0xCBF29CE484222325ULL;
};

// Takes `digits` digits and then `separator` off the front of `text`.
std::optional<unsigned> take_number(std::string_view& text, std::size_t digits,
                                    std::string_view separator) {
  unsigned number = 0;
  if (text.size() < digits + separator.size() || text[0] < '0' || text[0] > '9' ||
      text.substr(digits, separator.size()) != separator) {
    return std::nullopt;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number);
  if (error != std::errc{} || end != text.data() + digits) {
    return std::nullopt;
  }
  text.remove_prefix(digits + separator.size());
  return number;
}

}  // namespace

std::optional<std::chrono::sys_time<Duration>> parse_utc(std::string_view text) {
  const auto year = take_number(text, 4, "-");
  const auto month = take_number(text, 2, "-");
  const auto day = take_number(text, 2, "T");
  const auto hour = take_number(text, 2, ":");
  const auto minute = take_number(text, 2, ":");
  const bool is_fraction = text.size() > 3 && text[2] == '.';
  const auto second = take_number(text, 2, is_fraction ? "." : "Z");
  const auto micros = is_fraction ? take_number(text, 6, "Z") : std::optional(0U);
  if (!year || !month || !day || !hour || !minute || !second || !micros || !text.empty()) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day));
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) {
    return std::nullopt;
  }
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second) + std::chrono::microseconds(*micros);
}

RunSamples read_run_samples(RunReader& reader, std::string name, RttClock clock) {
  RunSamples run;
  run.name = std::move(name);
  run.header = reader.header();
  Digest digest;
  std::map<PayloadSize, std::size_t> pings;
  while (const auto row = reader.next()) {
    if (row->round == 0) {
      continue;
    }
    ++run.pings;
    run.rounds = std::max(run.rounds, ++pings[row->size]);
    const auto rtt = clock == RttClock::Kernel ? row->kernel_rtt : row->rtt;
    digest.add(row->size.bytes());
    digest.add(rtt ? static_cast<std::uint64_t>(rtt->count()) : 0);
    if (!row->rtt || !rtt) {
      ++run.lost;
    } else if (row->retransmits.value_or(0) > 0) {
      ++run.retransmitted;
    } else {
      run.series[row->size].push_back(*rtt);
    }
  }
  if (reader.trailer()) {
    run.status = reader.trailer()->status;
  }
  const auto text_of = [&](std::string_view key) { return run.header.find(key).value_or(""); };
  run.started = parse_utc(text_of("started_utc"));
  if (run.is_virtual()) {  // virtual time may draw the same ids, times and samples again
    run.identity = std::filesystem::weakly_canonical(run.name);
  } else if (const auto id = run.header.find("run_id")) {
    run.identity = *id;
  } else {
    for (const auto& [key, value] : run.header.facts()) {
      digest.add(key);
      digest.add(value);
    }
    run.identity = fmt::format("{:016x}", digest.value());
  }
  return run;
}

}  // namespace tcpstep
