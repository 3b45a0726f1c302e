#include "lib/runfile/run.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <tuple>
#include <utility>

#include "lib/base/parse.h"
#include "lib/base/text.h"

namespace tcpstep {
namespace {

// BLAKE2b of the facts and samples of a run.
std::string hash_of(const Run& run) {
  crypto_generichash_state state;
  ::crypto_generichash_init(&state, nullptr, 0, crypto_generichash_BYTES);
  const auto add = [&](std::string_view text) {
    ::crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(text.data()),
                                text.size());
  };
  for (const auto& [key, value] : run.header.facts()) {
    add(fmt::format("{}: {}\n", key, value));
  }
  add(fmt::format("{}\n", run.status()));
  for (const auto& [size, series] : run.series) {
    const SampleSketch& rtts = series.rtts;
    add(fmt::format("{},{},{},{}", size.bytes(), series.pings(), series.lost,
                    series.resent.total()));
    for (const Duration rtt : rtts.first_samples()) {
      add(fmt::format(",{}", rtt.count()));
    }
    if (!rtts.is_exact()) {
      add(fmt::format(",{},{}", rtts.mean().count(), rtts.maximum().count()));
    }
    add("\n");
  }
  std::array<unsigned char, crypto_generichash_BYTES> hash{};
  ::crypto_generichash_final(&state, hash.data(), hash.size());
  std::string text;
  for (const unsigned char byte : hash) {
    text += fmt::format("{:02x}", byte);
  }
  return text;
}

std::string identity_of(const Run& run) {
  if (run.is_virtual()) {
    return std::filesystem::weakly_canonical(run.name);
  }
  const auto id = run.header.find("run_id");
  return id ? fmt::format("{} {}", *id, run.key.name()) : hash_of(run);
}

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

// Every MSS that cuts all counted sizes into the segments that they took.
struct MssRange {
  explicit MssRange(const Run& run) {
    // Larger payloads exceed the initial window, and a window may cut segments anywhere.
    constexpr std::uint32_t kInitialWindow = 10;  // segments, RFC 6928
    for (const auto& [size, series] : run.series) {
      const std::uint32_t segments = series.segments.value_or(0);
      if (segments == 0 || segments > kInitialWindow) {
        continue;
      }
      is_steady = is_steady && series.most_segments == segments;
      low = std::max(low, (size.bytes() + segments - 1) / segments);
      if (segments > 1) {
        high = std::min(high, (size.bytes() - 1) / (segments - 1));
      }
    }
  }
  [[nodiscard]] bool contains(Mss mss) const { return low <= mss.bytes() && mss.bytes() <= high; }

  std::uint32_t low = 0;  // 0: nothing is known
  std::uint32_t high = PayloadSize::kLargest;
  bool is_steady = true;  // each size always took the same number
};

// The MSS of the counted pings, and whether it changed between them.
std::pair<std::optional<Mss>, bool> mss_of(const Run& run) {
  const auto declared = run.header.mss();
  if (!declared) {
    return {std::nullopt, false};
  }
  const auto changed = run.trailer ? run.trailer->changed_mss : std::nullopt;
  const MssRange range(run);
  if (range.low == 0) {  // a change matters only to sizes beyond the smaller MSS
    const auto sizes = run.sizes();
    return {declared, changed && !sizes.empty() &&
                          sizes.back().bytes() > std::min(*declared, *changed).bytes()};
  }
  if (range.contains(*declared)) {
    return {declared, changed && !range.contains(*changed) && !range.is_steady};
  }
  if (range.low > range.high) {
    return {declared, true};
  }
  return {changed && range.contains(*changed) ? changed : Mss(range.low), !range.is_steady};
}

template <class Count>
std::uint64_t sum_over_sizes(const Run& run, Count count) {
  return std::accumulate(
      run.series.begin(), run.series.end(), std::uint64_t{0},
      [&](std::uint64_t sum, const auto& entry) { return sum + count(entry.second); });
}

}  // namespace

std::string LinkKey::name() const {
  const bool is_ambiguous =
      link.ends_with(".up") || link.ends_with(".down") || link.ends_with(".fresh");
  return fmt::format("{}{}{}{}{}", link,
                     is_up          ? ".up"
                     : is_ambiguous ? ".down"
                                    : "",
                     is_fresh ? ".fresh" : "", part.empty() ? "" : "@", part);
}

LinkKey key_of(const RunHeader& header) {
  return {.link = std::string(header.link()),
          .is_up = header.find("direction") == "up",
          .is_fresh = header.find("connection") == "fresh",
          .mss = {}};
}

std::string host_of(const RunHeader& header, std::string_view role) {
  const auto address = header.find(fmt::format("{}_addr", role));
  if (!address) {
    return std::string(header.find(fmt::format("{}_host", role)).value_or(""));
  }
  const std::string host(address->substr(0, address->rfind(':')));
  return host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
}

void ResentPings::merge(const ResentPings& other) {
  payload += other.payload;
  ack += other.ack;
  doubtful += other.doubtful;
  knows_acks = knows_acks || other.knows_acks;
}

std::string ResentPings::text() const {
  std::string causes;
  for (const auto& [count, cause] : {std::pair(payload, " with a resent payload"),
                                     {ack, " with a resent ack"},
                                     {doubtful, " doubtful"}}) {
    if (count > 0) {
      causes += fmt::format("{}{}{}", causes.empty() ? "" : ", ", count, cause);
    }
  }
  return causes.empty() ? causes
                        : fmt::format("{} left out: {}", count_of(total(), "ping"), causes);
}

void SizeSeries::merge(const SizeSeries& other) {
  rtts.merge(other.rtts);
  lost += other.lost;
  resent.merge(other.resent);
  unstamped += other.unstamped;
  if (other.segments) {
    segments = std::min(segments.value_or(*other.segments), *other.segments);
    most_segments = std::max(most_segments, other.most_segments);
  }
}

void Run::describe() {
  key = key_of(header);
  std::tie(key.mss, has_moved) = mss_of(*this);
  started = parse_utc(header.find("started_utc").value_or(""));
  identity = identity_of(*this);
}

void Run::divide(RunPart by) {
  constexpr std::size_t kLongest = 64;
  std::string part;
  if (by == RunPart::Label) {
    part = header.find("label").value_or("");
  } else if (by == RunPart::Host) {
    part = host_of(header, "client");
  } else if (by == RunPart::Day && started) {
    part = header.find("started_utc")->substr(0, std::string_view("2026-11-20").size());
  }
  // It becomes a part of file names; addresses keep their colons and zones.
  std::ranges::replace_if(
      part,
      [](char c) {
        return !is_valid_name({&c, 1}) && c != ':' && c != '%';
      },
      '_');
  key.part = part.empty() && by != RunPart::None ? "-" : part.substr(0, kLongest);
}

std::string Run::why_partial() const {
  if (is_complete()) {
    return {};
  }
  return is_unverified ? "archive cut off" : trailer ? trailer->status : "cut off";
}

std::vector<PayloadSize> Run::sizes() const {
  std::vector<PayloadSize> sizes;
  for (const auto& [size, pings] : series) {
    if (!pings.rtts.empty()) {
      sizes.push_back(size);
    }
  }
  return sizes;
}

std::span<const Duration> Run::samples_of(PayloadSize size) const {
  const auto found = series.find(size);
  return found == series.end() ? std::span<const Duration>() : found->second.rtts.first_samples();
}

std::uint64_t Run::rounds() const {
  std::uint64_t most = 0;
  for (const auto& [size, pings] : series) {
    most = std::max(most, pings.pings());
  }
  return most;
}

std::uint64_t Run::pings() const {
  return sum_over_sizes(*this, [](const SizeSeries& size) { return size.pings(); });
}

std::uint64_t Run::lost() const {
  return sum_over_sizes(*this, [](const SizeSeries& size) { return size.lost + size.unstamped; });
}

ResentPings Run::resent() const {
  ResentPings all;
  for (const auto& [size, pings] : series) {
    all.merge(pings.resent);
  }
  return all;
}

std::optional<std::chrono::sys_time<Duration>> parse_utc(std::string_view text) {
  const auto year = take_number(text, 4, "-");
  const auto month = take_number(text, 2, "-");
  const auto day = take_number(text, 2, "T");
  const auto hour = take_number(text, 2, ":");
  const auto minute = take_number(text, 2, ":");
  const bool is_fraction = text.size() > 3 && text[2] == '.';
  const auto second = take_number(text, 2, is_fraction ? "." : "Z");
  const auto micros = is_fraction ? take_number(text, 6, "Z") : std::optional(0U);
  if (!year || !month || !day || !hour || !minute || !second || !micros || !text.empty() ||
      !is_representable_year(*year)) {
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

}  // namespace tcpstep
