// What to measure. Everything that names, reads or writes a setting of a sweep goes through
// kSweepFields: the options of both programs, request and accept, the result header.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "lib/base/parse.h"
#include "lib/base/units.h"

namespace tcpstep {

// --- Payload sizes as requested; some are known only once the MSS is ---

// The same sizes, ascending and without duplicates. In linear time: a stranger may ask for many.
[[nodiscard]] std::vector<PayloadSize> ascending(const std::vector<PayloadSize>& sizes);

struct SizeList {
  std::vector<PayloadSize> fixed;  // ascending, without duplicates
  bool has_boundaries = false;     // and the sizes around every multiple of the MSS
  std::string text;                // as given: "1:9901:100,boundaries"

  // What no size of a run will exceed, whatever the MSS.
  [[nodiscard]] PayloadSize largest() const;

  // How many sizes a run can have at most, whatever the MSS.
  [[nodiscard]] std::uint64_t most() const;

  // All sizes of a run, ascending and without duplicates, never empty. Boundaries are k·MSS - 1,
  // k·MSS, k·MSS + 1 and k·MSS + 2, up to the largest fixed size, or up to 9901 if that lies before
  // the first boundary; 1 is the reference if no size was given. Without an MSS there are no
  // boundaries.
  // Nothing if one pass over them were more than kLargestRoundBytes.
  [[nodiscard]] std::optional<std::vector<PayloadSize>> resolve(std::optional<Mss> mss) const;
};

// Payload sizes in bytes: numbers, ranges first:last:step, and "boundaries", joined by commas,
// for instance "1:9901:100" or "1,100,5000,boundaries" (see SizeList for what boundaries adds). One
// pass over them is at most 1 GiB. Throws UsageError, which quotes the text.
[[nodiscard]] SizeList parse_sizes(std::string_view text);

// --- The settings ---

enum class Order : std::uint8_t {
  Ascending,  // the order of 2014: smallest payload first in every round
  Shuffled,   // a new random order in every round: no size always follows the same other one
};
enum class Fill : std::uint8_t {
  Random,  // pseudo-random bytes: a link that compresses gains nothing
  Zero,    // all bytes 0x00: shows whether a link compresses
};
enum class MeasuredDirection : std::uint8_t {
  Down,  // the server sends payloads and times them
  Up,    // the client does
};
enum class ConnectionMode : std::uint8_t {
  Warm,   // one connection for all pings
  Fresh,  // a new one for each
};

inline constexpr std::uint32_t kFewestTimedRounds = 5;

// What is sent in a whole run.
struct RunVolume {
  std::uint64_t pings = 0;
  std::uint64_t bytes = 0;  // of payloads
};

[[nodiscard]] const SizeList& usual_sizes();  // 1:9901:100

struct SweepSpec {
  std::string link = "unnamed";
  std::string label;  // may be empty
  MeasuredDirection direction = MeasuredDirection::Down;
  ConnectionMode connection = ConnectionMode::Warm;
  SizeList sizes = usual_sizes();
  std::uint32_t rounds = 20;     // or fewer: see time
  std::optional<Duration> time;  // after which no round begins; empty: as long as it takes
  std::uint32_t warmup_rounds = 1;
  Order order = Order::Ascending;
  std::optional<std::uint64_t> seed;  // of shuffling and fill; empty: a new one for each run
  Duration interval{0};               // idle time before each ping
  Duration timeout = std::chrono::seconds(10);  // of each ping
  Fill fill = Fill::Random;

  // Warm-up included.
  [[nodiscard]] std::uint64_t all_rounds() const { return std::uint64_t{rounds} + warmup_rounds; }
  // How many rounds a complete run has at least, without warm-up.
  [[nodiscard]] std::uint32_t fewest_rounds() const {
    return time ? std::min(rounds, kFewestTimedRounds) : rounds;
  }
  // Whether a run with a time has all the rounds that it needs after `done`, warm-up included.
  [[nodiscard]] bool is_enough(std::uint32_t done) const {
    return time && done >= warmup_rounds + fewest_rounds();
  }
  // Whether it is over after them, if they took `elapsed`: the round during which the time is up is
  // the last.
  [[nodiscard]] bool is_over(std::uint32_t done, Duration elapsed) const {
    return is_enough(done) && elapsed >= *time;
  }
  // How many rounds it will probably have, warm-up included.
  [[nodiscard]] std::uint64_t expected_rounds(std::uint64_t done, Duration elapsed) const;
  // What a run sends, warm-up included, if it has all its rounds. Nothing if one round were more
  // than kLargestRoundBytes.
  [[nodiscard]] std::optional<RunVolume> volume(std::optional<Mss> mss) const;
  // How many pings a run can have at most, whatever the MSS.
  [[nodiscard]] std::uint64_t most_pings() const { return all_rounds() * sizes.most(); }
};

template <>
inline constexpr auto kNamesOf<Order> = std::to_array<Word<Order>>({{"ascending", Order::Ascending},
                                                                    {"shuffled", Order::Shuffled}});
template <>
inline constexpr auto kNamesOf<Fill> = std::to_array<Word<Fill>>({{"random", Fill::Random},
                                                                  {"zero", Fill::Zero}});
template <>
inline constexpr auto kNamesOf<MeasuredDirection> = std::to_array<Word<MeasuredDirection>>(
    {{"down", MeasuredDirection::Down}, {"up", MeasuredDirection::Up}});
template <>
inline constexpr auto kNamesOf<ConnectionMode> = std::to_array<Word<ConnectionMode>>(
    {{"warm", ConnectionMode::Warm}, {"fresh", ConnectionMode::Fresh}});

// As the command line takes it; empty if there is no value.
[[nodiscard]] std::string to_text(const std::string& name);
[[nodiscard]] std::string to_text(const SizeList& sizes);
[[nodiscard]] std::string to_text(std::uint32_t count);
[[nodiscard]] std::string to_text(const std::optional<std::uint64_t>& number);
[[nodiscard]] std::string to_text(Duration duration);
[[nodiscard]] std::string to_text(const std::optional<Duration>& duration);
template <class Enum>
requires std::is_enum_v<Enum>
[[nodiscard]] std::string to_text(Enum value) {
  return std::string(to_word(value));
}

// As in the result header: a time in nanoseconds, anything else as on the command line.
template <class T>
[[nodiscard]] std::string to_fact(const T& value) {
  return to_text(value);
}
template <>
[[nodiscard]] inline std::string to_fact(const Duration& value) {
  return std::to_string(value.count());
}
template <>
[[nodiscard]] inline std::string to_fact(const std::optional<Duration>& value) {
  return value ? to_fact(*value) : std::string();
}

// Parsers of the values, each with its limits. They throw UsageError.
[[nodiscard]] std::uint32_t parse_rounds(std::string_view text);
[[nodiscard]] std::uint32_t parse_warmup_rounds(std::string_view text);
[[nodiscard]] std::optional<std::uint64_t> parse_seed(std::string_view text);
[[nodiscard]] std::optional<Duration> parse_run_time(std::string_view text);
[[nodiscard]] Duration parse_interval(std::string_view text);
[[nodiscard]] Duration parse_timeout(std::string_view text);
template <class Enum>
[[nodiscard]] Enum parse_word(std::string_view text);

// Where a field can be set, and what it does there.
inline constexpr unsigned kServerOption = 1;
inline constexpr unsigned kClientOption = 2;
inline constexpr unsigned kInRequest = 4;
inline constexpr unsigned kAlwaysInRequest = 8;  // the client's default holds, not the server's
inline constexpr unsigned kMayBeEmpty = 16;
inline constexpr unsigned kLengthensRun = 32;  // a request with it is held to the server's limits
inline constexpr unsigned kOptions = kServerOption | kClientOption;

template <class T>
struct SweepField {
  T SweepSpec::*member;
  std::string_view key;         // in request, accept and result header
  std::string_view option;      // on the command line
  std::string_view letter;      // its short form, after a comma
  std::string_view value_name;  // of the option's value, in --help
  std::string_view meaning;     // in --help
  T (*parse)(std::string_view);
  unsigned where;
  std::string_view header_key = key;

  [[nodiscard]] std::string names() const { return std::string(option) + std::string(letter); }
};

// A new field is an optional with kMayBeEmpty: older peers neither send it nor write it into
// results.
inline constexpr auto kSweepFields = std::make_tuple(
    SweepField<std::string>{&SweepSpec::link, "link", "link", ",l", "NAME",
                            "name of the path, in tables and plots", parse_name,
                            kOptions | kInRequest | kMayBeEmpty},
    SweepField<std::string>{&SweepSpec::label, "label", "label", "", "NAME",
                            "name of this run, such as a place or a commit", parse_name,
                            kOptions | kInRequest | kMayBeEmpty},
    SweepField<SizeList>{&SweepSpec::sizes, "sizes", "sizes", ",s", "LIST",
                         "payload bytes: 1:9901:100, 1,1k,64KiB or boundaries", parse_sizes,
                         kOptions | kInRequest | kLengthensRun, "sizes_bytes"},
    SweepField<std::uint32_t>{&SweepSpec::rounds, "rounds", "rounds", ",n", "N",
                              "passes over all sizes", parse_rounds,
                              kOptions | kInRequest | kLengthensRun},
    SweepField<std::optional<Duration>>{
        &SweepSpec::time, "time_ns", "time", ",t", "TIME",
        "run for about this time, at least 5 rounds; on slow paths with fewer sizes, so less exact",
        parse_run_time, kClientOption | kInRequest | kMayBeEmpty | kLengthensRun},
    SweepField<std::uint32_t>{&SweepSpec::warmup_rounds, "warmup_rounds", "warmup", ",w", "N",
                              "passes before the rounds, recorded as round 0, not counted",
                              parse_warmup_rounds, kServerOption | kInRequest | kLengthensRun},
    SweepField<Order>{&SweepSpec::order, "order", "order", "", "WORD",
                      "order of the sizes; shuffled: a new random order each round",
                      parse_word<Order>, kOptions | kInRequest},
    SweepField<std::optional<std::uint64_t>>{&SweepSpec::seed, "seed", "seed", "", "N",
                                             "seed of order and fill [a new one for each run]",
                                             parse_seed, kServerOption | kInRequest},
    SweepField<Duration>{&SweepSpec::interval, "interval_ns", "interval", ",i", "TIME",
                         "idle time before each ping", parse_interval,
                         kOptions | kInRequest | kLengthensRun},
    SweepField<Duration>{&SweepSpec::timeout, "timeout_ns", "timeout", ",W", "TIME",
                         "give up on a ping after this time", parse_timeout, kServerOption},
    SweepField<Fill>{&SweepSpec::fill, "fill", "fill", "", "WORD", "payload bytes",
                     parse_word<Fill>, kServerOption},
    SweepField<MeasuredDirection>{
        &SweepSpec::direction, "direction", "direction", "", "WORD",
        "down: the server sends and times the payloads; up: the client; both: in turn",
        parse_word<MeasuredDirection>, kClientOption | kInRequest | kAlwaysInRequest},
    SweepField<ConnectionMode>{&SweepSpec::connection, "connection", "connection", "", "WORD",
                               "one for all pings, or a new one for each",
                               parse_word<ConnectionMode>,
                               kClientOption | kInRequest | kAlwaysInRequest});

// The words that a field's value may be, if these can be listed.
template <class T>
[[nodiscard]] constexpr const auto& words_of(const SweepField<T>&) {
  return kNamesOf<T>;
}

// Calls `visit` with each field of the table.
template <class Visit>
void for_each_sweep_field(Visit&& visit) {
  std::apply([&](const auto&... field) { (visit(field), ...); }, kSweepFields);
}

// Some settings of a sweep; the others are left to the server.
struct PartialSweep {
  SweepSpec values;
  std::set<std::string_view> chosen;  // keys of the fields that are set

  // `other` with the chosen settings in place of its own.
  [[nodiscard]] SweepSpec over(SweepSpec other) const;
  // What of this is not in `granted`, such as "rounds 7 instead of 1"; empty if all is.
  [[nodiscard]] std::string difference(const SweepSpec& granted) const;
  // True if a setting that lengthens a run is among them.
  [[nodiscard]] bool lengthens_run() const;
};

}  // namespace tcpstep
